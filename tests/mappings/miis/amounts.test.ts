/** Amounts that are written as numbers and that no reader could hold. */
import { expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { readAll, sample } from '../support.ts'

type Json = { [field: string]: Json }

/** A sample with the number put in as it stands, as JSON.stringify would not write it. */
function withAmount(name: string, place: (body: Json) => Json | undefined, field: string, sent: string): string {
  const body = JSON.parse(sample(`miis/${name}.json`).toString()) as Json
  Object.assign(place(body) as Json, { [field]: 'HERE' })
  return JSON.stringify(body).replace('"HERE"', sent)
}

const charge = (sent: string): string =>
  withAmount('2204-outpatient-charges', (body) => body.input?.feedetail?.[0], 'det_item_fee_sumamt', sent)
const total = (sent: string): string => withAmount('2207-response', (body) => body.output?.setlinfo, 'medfee_sumamt', sent)
const fund = (sent: string): string => withAmount('2207-response', (body) => body.output?.setldetail?.[0], 'fund_payamt', sent)

test.each(['1e400', '1e9999', '-1e400'])('%s, which no double holds, is no amount', async (sent) => {
  for (const [text, at] of [
    [charge(sent), 'input.feedetail[0].det_item_fee_sumamt'],
    [total(sent), 'output.setlinfo.medfee_sumamt'],
    [fund(sent), 'output.setldetail[0].fund_payamt'],
  ] as const) {
    const { mapped } = await readAll(miisInterface, text)
    expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ severity: 'error', code: 'mapping-number-invalid', at }))
    expect(JSON.stringify(mapped[0]?.resources)).not.toMatch(/e400|e9999/)
  }
})

/** No field of the interface; some add it. */
test('a currency that is said is kept, one that nobody knows is told', async () => {
  const moneyIn = async (sent: object, currency: string): Promise<[unknown[], unknown[]]> => {
    const { mapped } = await readAll(miisInterface, JSON.stringify(sent).replaceAll('"CURRENCY"', JSON.stringify(currency)))
    const found = JSON.stringify(mapped[0]?.resources).match(/"currency":"[A-Z]+"/g) ?? []
    const told = mapped[0]?.issues.filter(({ code, severity }) => code === 'mapping-value-unknown' && severity === 'error')
    return [[...new Set(found)], [...new Set(told?.map(({ at }) => at))]]
  }
  const sentWith = (name: string, places: (body: Json) => (Json | undefined)[]): object => {
    const body = JSON.parse(sample(`miis/${name}.json`).toString()) as Json
    for (const place of places(body)) Object.assign(place as Json, { currency: 'CURRENCY' })
    return body
  }
  const charges = sentWith('2204-outpatient-charges', (body) => Object.values(body.input?.feedetail ?? {}))
  const answer = sentWith('2207-response', (body) => [body.output?.setlinfo])
  const listed = sentWith('4101-settlement-list', (body) => [body.input?.setlinfo])
  for (const sent of [charges, answer, listed]) {
    expect(await moneyIn(sent, 'HKD')).toEqual([['"currency":"HKD"'], []])
    expect(await moneyIn(sent, '人民币')).toEqual([['"currency":"CNY"'], []])
  }
  expect(await moneyIn(charges, '???')).toEqual([[], [0, 1, 2, 3].map((line) => `input.feedetail[${line}].currency`)])
  expect(await moneyIn(answer, '???')).toEqual([[], ['output.setlinfo.currency']])
  expect(await moneyIn(listed, '???')).toEqual([[], ['input.setlinfo.currency']])
})

test('an amount with a control character is no amount: 18.50 is not made of what is left', async () => {
  const { mapped } = await readAll(miisInterface, charge('"1\\u00008.50"'))
  const at = 'input.feedetail[0].det_item_fee_sumamt'
  expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ severity: 'error', code: 'mapping-number-invalid', at }))
  expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ severity: 'warning', code: 'mapping-character-unreadable', at }))
})
