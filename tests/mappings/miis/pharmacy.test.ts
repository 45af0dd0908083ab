/** 2101 to 2103 of pharmacies, 2601, 4102, and what states nothing of a record. Expected values are read from the samples by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { UNSUPPORTED, TRANSACTIONS } from '../../../mappings/miis/transactions/index.ts'
import { WITHOUT_RECORD } from '../../../mappings/miis/transactions/without-record.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const file = (name: string): Json => JSON.parse(sample(`miis/${name}.json`).toString()) as Json
const pair = (name: string) => file(name) as { request: Json & { input: Json }; response: Json }
const read = (body: Json) => readAll(miisInterface, JSON.stringify(body))
const one = async (body: Json) => {
  const { mapped, rejected } = await read(body)
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const parts = (key: unknown) => (key as { parts: string[] }).parts
const PURCHASE = '110105G0000000000041'

describe('2102 a purchase', () => {
  test('lines, what was prescribed among them, claim and settlement of one purchase', async () => {
    const record = await one(pair('2102-pharmacy-purchase'))
    expect(record?.issues).toEqual([])
    expect(ofType(record, 'ChargeItem').map(({ key }) => parts(key))).toEqual([
      [PURCHASE, 'Y0001'],
      [PURCHASE, 'Y0002'],
    ])
    expect(plain(ofType(record, 'ChargeItem')[0])).toMatchObject({
      context: { $key: { type: 'Encounter', scope: 'miis:MIA', parts: [PURCHASE] } },
      priceOverride: { value: 37 },
      extension: [
        { valueMoney: { value: 18.5 } },
        { valueCoding: { code: '09' } },
        { valueCoding: { code: '01' } },
        { valueDecimal: 0.3 },
        { valueMoney: { value: 20 } },
      ],
    })
    // The second was bought without a prescription.
    expect(ofType(record, 'MedicationRequest').map(({ key }) => parts(key))).toEqual([[PURCHASE, 'Y0001']])
    expect(plain(ofType(record, 'Claim')[0])).toMatchObject({ type: { coding: [{ code: 'pharmacy' }] }, total: { value: 55.5 } })
    expect(plain(ofType(record, 'ExplanationOfBenefit')[0])).toMatchObject({
      type: { coding: [{ code: 'pharmacy' }] },
      payment: { amount: { value: 25.9 } },
      provider: { $key: { type: 'Organization', scope: 'MIA~P11010500009' } },
    })
    expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({ status: 'finished', class: { code: 'AMB' } })
  })

  test('the request alone has no number of the purchase', async () => {
    const record = await one(pair('2102-pharmacy-purchase').request)
    expect(ofType(record, 'ChargeItem')).toEqual([])
    expect(ofType(record, 'Coverage')).toHaveLength(1)
    expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-required', at: 'output.setlinfo.mdtrt_id' }])
  })

  test('2101 only asks', async () => {
    expect(await one({ ...pair('2102-pharmacy-purchase').request, infno: '2101' })).toMatchObject({ nothingToStore: true, resources: [] })
  })

  test('2103: the settlement is void, and what was bought is taken back with it', async () => {
    const { request } = pair('2102-pharmacy-purchase')
    const input = { data: { setl_id: '110105S0000000000041', mdtrt_id: PURCHASE, psn_no: '31000000000000000000067890' } }
    const record = await one({ ...request, infno: '2103', input })
    expect(ofType(record, 'ExplanationOfBenefit')[0]).toMatchObject({ state: 'withdrawn', key: { parts: ['110105S0000000000041'] } })
    expect(plain(ofType(record, 'ExplanationOfBenefit')[0])).toMatchObject({ type: { coding: [{ code: 'pharmacy' }] } })
    expect(record?.batchWords?.map(({ batch, word }) => [batch.parts, word])).toEqual([
      // Paid for by a settlement whose number is not known: it pays no longer.
      [['lines', PURCHASE], 'released'],
      [['lines', PURCHASE], 'reversed'],
      [['settled', '110105S0000000000041'], 'reversed'],
      [['exchanges', PURCHASE, '31000000000000000000067890'], 'asked'],
      [['exchanges', PURCHASE, '31000000000000000000067890'], 'answered'],
      // Where its answer, which comes by itself, belongs.
      [['apart', PURCHASE, '31000000000000000000067890'], 'told'],
    ])
  })
})

describe('2601', () => {
  const MESSAGE = {
    type: 'MessageHeader',
    scope: 'miis:MIA',
    parts: ['H11010500001', 'H11010500001202603121520000024', '11000000000000000000012345'],
  }

  test('takes back all that a message said, under the number that the message’s own things carry', async () => {
    const record = await one(file('2601-message-reversal'))
    expect(record?.issues).toEqual([])
    const unknown = { message: 'miis-message-unknown', answer: 'miis-answer-unknown', at: 'input.data.omsgid' }
    expect(record?.batchWords).toEqual([{ batch: MESSAGE, word: 'reversed', statedAt: '2026-03-12T07:40:00.000Z', unknown }])
    const settled = await one(pair('2304-inpatient-settlement'))
    for (const type of ['Claim', 'ExplanationOfBenefit']) expect(ofType(settled, type)[0]?.saidBy).toEqual(MESSAGE)
    // The person and his scheme are so, whatever became of the money.
    for (const type of ['Patient', 'Coverage']) expect(ofType(settled, type)[0]?.saidBy).toBeUndefined()
  })

  test('an admission carries its message, a change of it does not', async () => {
    const sent = pair('2401-admission')
    const admitted = await one(sent)
    for (const type of ['Encounter', 'Condition']) expect(ofType(admitted, type)[0]?.saidBy).toMatchObject({ type: 'MessageHeader' })
    const info = { ...(sent.request.input.mdtrtinfo as Json), mdtrt_id: '110105G0000000000002' }
    const changed = await one({ ...sent.request, infno: '2403', input: { mdtrtinfo: info } })
    expect(ofType(changed, 'Encounter')[0]?.saidBy).toBeUndefined()
  })

  test.each([
    ['omsgid', 'mapping-required'],
    ['oinfno', 'mapping-required'],
    ['psn_no', 'mapping-required'],
  ])('without %s it is refused', async (field, code) => {
    const sent = file('2601-message-reversal') as Json & { input: { data: Json } }
    const { [field]: _, ...data } = sent.input.data
    const { rejected } = await read({ ...sent, input: { data } })
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([[code, `input.data.${field}`]])
  })

  test('of a transaction that cannot be taken back so it is refused', async () => {
    const sent = file('2601-message-reversal') as Json & { input: { data: Json } }
    const { rejected } = await read({ ...sent, input: { data: { ...sent.input.data, oinfno: '4101' } } })
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-value-unknown', 'input.data.oinfno']])
  })
})

describe('4102 state of a settlement list', () => {
  const LIST = { type: 'Composition', scope: 'miis:MIA', parts: ['C0032', '110105S0000000000002'] }

  test.each([
    ['1', 'final'],
    ['0', 'preliminary'],
  ])('%s is %s, and the rest is the list’s own to say', async (state, status) => {
    const text = JSON.stringify(file('4102-settlement-list-state')).replace('"stas_type":"1"', `"stas_type":"${state}"`)
    const record = await one(JSON.parse(text) as Json)
    const [list] = ofType(record, 'Composition')
    expect(list?.key).toEqual(LIST)
    expect(plain(list)).toMatchObject({ status, type: { coding: [{ code: 'C0032' }] } })
    expect(list?.yielding).toEqual(['identifier', 'type', 'title', 'date', 'author', 'custodian'])
    expect(ofType(await one(file('4101-settlement-list')), 'Composition')[0]?.key).toEqual(LIST)
    expect(record?.unread).toEqual([])
  })

  test('lists of several persons are one record for each', async () => {
    const row = (psn_no: string, setl_id: string) => ({ psn_no, setl_id, stas_type: '1' })
    const input = { stastinfo: [row('A', 'S1'), row('B', 'S2'), row('A', 'S3')] }
    const { mapped, rejected } = await read({ ...file('4102-settlement-list-state'), input })
    expect(rejected).toEqual([])
    expect(
      mapped.map((record) => [record.patient?.local[0]?.value, ofType(record, 'Composition').map(({ key }) => parts(key)[1])]),
    ).toEqual([
      ['A', ['S1', 'S3']],
      ['B', ['S2']],
    ])
    expect(new Set(mapped.map(({ deliveryId }) => deliveryId)).size).toBe(2)
  })

  test('an unknown state is told, and nothing is said of the list', async () => {
    const text = JSON.stringify(file('4102-settlement-list-state')).replace('"stas_type":"1"', '"stas_type":"7"')
    const record = await one(JSON.parse(text) as Json)
    expect(ofType(record, 'Composition')).toEqual([])
    expect(record?.issues.map(({ at }) => at)).toContain('input.data[0].stastinfo[0].stas_type')
  })
})

describe('what states nothing of a record', () => {
  const head = file('2601-message-reversal')

  test.each([...WITHOUT_RECORD])('%s alone is refused: %s', async (infno, code) => {
    const { mapped, rejected } = await read({ ...head, infno, input: { data: { psn_no: 'P' } } })
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([[code, 'infno']])
  })

  test.each(['1301', '2001', '5203', '3202', '3505'])('%s with its answer is taken, and nothing of it is stored', async (infno) => {
    const request = { ...head, infno, input: { data: { psn_no: 'P' } } }
    const response = { infcode: '0', inf_refmsgid: 'R', respond_time: '20260312154001000', output: { data: { psn_no: 'P' } } }
    expect(await one({ request, response })).toMatchObject({ nothingToStore: true, resources: [], issues: [] })
  })

  test('each number is of one kind', () => {
    const all = [...Object.keys(TRANSACTIONS), ...WITHOUT_RECORD.keys(), ...UNSUPPORTED]
    expect(new Set(all).size).toBe(all.length)
  })
})
