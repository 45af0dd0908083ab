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

test('an amount with a control character is no amount: 18.50 is not made of what is left', async () => {
  const { mapped } = await readAll(miisInterface, charge('"1\\u00008.50"'))
  const at = 'input.feedetail[0].det_item_fee_sumamt'
  expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ severity: 'error', code: 'mapping-number-invalid', at }))
  expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ severity: 'warning', code: 'mapping-character-unreadable', at }))
})
