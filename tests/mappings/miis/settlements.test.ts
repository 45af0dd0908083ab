/** Charges with their answers, their reversals, and settlements across provinces. Expected values are read from the samples by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const one = async (body: Buffer | Json) => {
  const { mapped, rejected } = await readAll(miisInterface, Buffer.isBuffer(body) ? body : JSON.stringify(body))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const file = (name: string) => sample(`miis/${name}.json`)
const json = (name: string) => JSON.parse(file(name).toString()) as Json
const VISIT = '110105G0000000000001'
const LI = '31000000000000000000067890'

describe('2301 with its answer', () => {
  test('lines carry how the insurance sees them; a refund names the line that it takes back', async () => {
    const record = await one(file('2301-inpatient-charges'))
    expect(record?.issues).toEqual([])
    expect(record?.unread).not.toContain('output.result[0].chrgitm_lv')
    const lines = ofType(record, 'ChargeItem').map(plain)
    expect(lines).toHaveLength(3)
    expect(lines[0]?.extension).toEqual([
      { url: 'https://fhir-cn.example/StructureDefinition/cn-unit-price', valueMoney: { value: 2.15, currency: 'CNY' } },
      {
        url: 'https://fhir-cn.example/StructureDefinition/cn-fee-category',
        valueCoding: { system: 'https://fhir-cn.example/CodeSystem/nhsa-fee-category', code: '09' },
      },
      {
        url: 'https://fhir-cn.example/StructureDefinition/cn-item-level',
        valueCoding: { system: 'https://fhir-cn.example/CodeSystem/nhsa-chrgitm-lv', code: '02' },
      },
      { url: 'https://fhir-cn.example/StructureDefinition/cn-self-pay-ratio', valueDecimal: 0.1 },
      { url: 'https://fhir-cn.example/StructureDefinition/cn-limit-price', valueMoney: { value: 2.5, currency: 'CNY' } },
    ])
    expect(lines[2]).toMatchObject({
      partOf: [{ $key: { type: 'ChargeItem', parts: ['110105G0000000000002', 'ZY0001'] } }],
      quantity: { value: -1 },
      priceOverride: { value: -2.15 },
    })
    expect(ofType(record, 'MedicationRequest')).toHaveLength(1)
  })

  test('a share that is none is flagged and left out', async () => {
    const sent = json('2301-inpatient-charges') as { response: { output: { result: Json[] } } }
    Object.assign(sent.response.output.result[0] ?? {}, { selfpay_prop: '10' })
    const record = await one(sent as unknown as Json)
    expect(record?.issues).toMatchObject([{ code: 'mapping-number-invalid', at: 'output.result[0].selfpay_prop' }])
    expect(JSON.stringify(ofType(record, 'ChargeItem')[0]?.resource)).not.toContain('cn-self-pay-ratio')
  })

  test('the answer alone names no visit: it is kept in quarantine', async () => {
    const { response } = json('2301-inpatient-charges')
    const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(response))
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => reason.code)).toEqual(['miis-response-unknown'])
  })
})

test('10,000 lines of one message are one record', async () => {
  const sent = json('2301-inpatient-charges') as { request: Json & { input: { feedetail: Json[] } } }
  const [, bed] = sent.request.input.feedetail
  const feedetail = Array.from({ length: 10_000 }, (_, at) => ({ ...bed, feedetl_sn: `L${at}` }))
  const { mapped, rejected } = await readAll(miisInterface, JSON.stringify({ ...sent.request, input: { feedetail } }))
  expect([mapped.length, rejected.length]).toEqual([1, 0])
  expect(ofType(mapped[0], 'ChargeItem')).toHaveLength(10_000)
}, 60_000)

describe('what takes lines back without naming them', () => {
  const lines = (...parts: string[]) => ({ type: 'ChargeItem', scope: 'miis:MIA', parts: ['lines', VISIT, ...parts] })
  const reversal = (infno: string, input: Json) => ({ ...json('2204-outpatient-charges'), infno, input })

  test('a line stands in its batch and in its visit', async () => {
    const record = await one(file('2204-outpatient-charges'))
    const [line] = (json('2204-outpatient-charges').input as { feedetail: Json[] }).feedetail
    expect(ofType(record, 'ChargeItem')[0]?.batches).toEqual([lines(String(line?.chrg_bchno)), lines()])
  })

  test.each([
    ['2205', { data: { mdtrt_id: VISIT, psn_no: LI, chrg_bchno: 'B1' } }, lines('B1')],
    ['2205', { data: { mdtrt_id: VISIT, psn_no: LI, chrg_bchno: '0000' } }, lines()],
    ['2302', { feeinfo: [{ mdtrt_id: VISIT, psn_no: LI, feedetl_sn: '0000' }] }, lines()],
    ['2302', { data: { mdtrt_id: VISIT, psn_no: LI, feedetl_sn: '0000' } }, lines()],
  ])('%s %j', async (infno, input, batch) => {
    const record = await one(reversal(infno, input))
    expect(record?.batchWords).toMatchObject([{ batch, word: 'reversed' }])
    expect(ofType(record, 'ChargeItem')).toEqual([])
    expect(record?.unread).toEqual([])
  })

  test('2205 without a batch says so', async () => {
    const record = await one(reversal('2205', { data: { mdtrt_id: VISIT, psn_no: LI } }))
    expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-required', at: 'input.data.chrg_bchno' }])
    expect(record?.batchWords).toBeUndefined()
  })

  test('a settlement says that its batch is paid for, its reversal that it no longer is', async () => {
    const settled = await one(file('2207-outpatient-settlement'))
    const batch = (json('2207-outpatient-settlement').input as { mdtrtinfo: Json }).mdtrtinfo.chrg_bchno
    expect(settled?.batchWords).toMatchObject([
      { batch: lines(String(batch)), word: 'settled', ofPerson: { parts: ['insured', LI] } },
      { batch: { parts: ['exchanges', VISIT, LI] }, word: 'asked', sum: '128.50' },
      { batch: { parts: ['apart', VISIT, LI] }, word: 'told' },
    ])
    const released = await one(reversal('2208', { mdtrtinfo: { setl_id: 'S1', mdtrt_id: VISIT, psn_no: LI } }))
    expect(released?.batchWords).toMatchObject([
      { batch: lines(), word: 'released' },
      { batch: { type: 'Claim', parts: ['settled', 'S1'] }, word: 'reversed', ofPerson: { parts: ['insured', LI] } },
      { batch: { parts: ['exchanges', VISIT, LI] }, word: 'asked', refunds: true },
      { batch: { parts: ['exchanges', VISIT, LI] }, word: 'answered', settlement: { parts: ['settled', 'S1'] }, before: true },
      { batch: { parts: ['apart', VISIT, LI] }, word: 'told' },
    ])
  })
})

describe('a settlement across provinces', () => {
  const place = (division: string) => ({ $key: { type: 'Organization', scope: `MIA~${division}`, parts: [] } })

  test('the administration of the insurance place pays, that of the care place is paid', async () => {
    const record = await one(file('2304-inpatient-settlement'))
    expect(record?.issues).toEqual([])
    expect(plain(ofType(record, 'ExplanationOfBenefit')[0])).toMatchObject({
      identifier: [{ value: '110105S0000000000021' }, { value: 'H11010500001202603121520000024' }],
      insurer: { ...place('310100'), display: '医疗保障经办机构（310100）' },
      payee: { type: { coding: [{ code: 'other' }] }, party: place('110105') },
      adjudication: [{ category: { coding: [{ code: '310101' }] }, amount: { value: 54.3 } }, { value: 0.85 }],
      payment: { amount: { value: 54.3, currency: 'CNY' } },
      extension: [{ valueCoding: { code: '21' } }, { valueCoding: { code: '310100' } }, { valueString: '310100' }, { valueBoolean: true }],
    })
    expect(plain(ofType(record, 'Claim')[0])).toMatchObject({ insurer: place('310100') })
    expect(plain(ofType(record, 'Coverage')[0])).toMatchObject({ payor: [place('310100')] })
    const places = ofType(record, 'Organization').filter(({ key }) => (key as { scope: string }).scope.startsWith('MIA~'))
    expect(places.map(plain)).toMatchObject([
      {
        identifier: [{ system: 'urn:oid:2.16.156.10011.2.3.3.2', value: '310100' }],
        extension: [{ valueCode: 'prefectural' }, { valueCoding: { code: '310100' } }],
      },
      { identifier: [{ value: '110105' }], extension: [{ valueCode: 'county' }, { valueCoding: { code: '110105' } }] },
    ])
  })

  test('at home there is nobody else to be paid', async () => {
    const sent = json('2304-inpatient-settlement') as { request: Json }
    const record = await one({ ...sent, request: { ...sent.request, insuplc_admdvs: '110105' } })
    expect(plain(ofType(record, 'ExplanationOfBenefit')[0])).not.toHaveProperty('payee')
  })

  test.each([
    ['31', '110105', 'insuplc_admdvs'],
    ['000000', '110105', 'insuplc_admdvs'],
    ['310100', '北京', 'mdtrtarea_admvs'],
  ])('%s and %s: what names no place is told, and nobody is paid for being elsewhere', async (insuplc_admdvs, mdtrtarea_admvs, at) => {
    const sent = json('2304-inpatient-settlement') as { request: Json }
    const record = await one({ ...sent, request: { ...sent.request, insuplc_admdvs, mdtrtarea_admvs } })
    expect(record?.issues).toMatchObject([{ severity: 'warning', code: 'mapping-value-unknown', at }])
    const benefit = plain(ofType(record, 'ExplanationOfBenefit')[0]) as Json
    expect(benefit).not.toHaveProperty('payee')
    expect(JSON.stringify(benefit)).not.toContain('cn-offsite')
    expect(JSON.stringify(benefit.extension).includes('cn-pool-area')).toBe(at === 'mdtrtarea_admvs')
  })

  test('a division in full-width digits is that division', async () => {
    const sent = json('2304-inpatient-settlement') as { request: Json }
    const record = await one({ ...sent, request: { ...sent.request, insuplc_admdvs: '３１０１００' } })
    expect(record?.issues).toEqual([])
    expect(plain(ofType(record, 'ExplanationOfBenefit')[0])).toMatchObject({ insurer: place('310100'), payee: { party: place('110105') } })
  })

  test.each([
    ['2304', '-0.00', false],
    ['2304', '-64.30', true],
    ['2305', '0', true],
    ['2305', '64.30', true],
  ])('%s over %s: whether it is a refund', async (infno, medfee_sumamt, isRefund) => {
    const sent = json('2304-inpatient-settlement') as { request: Json; response: { output: { setlinfo: Json } } }
    const info = sent.response.output.setlinfo
    Object.assign(info, { setl_id: 'S2', medfee_sumamt })
    const input = { mdtrtinfo: { setl_id: 'S1', mdtrt_id: info.mdtrt_id, psn_no: info.psn_no } }
    const request = infno === '2305' ? { ...sent.request, infno, input } : sent.request
    const record = await one({ request, response: sent.response } as Json)
    expect(JSON.stringify(plain(ofType(record, 'ExplanationOfBenefit')[0])).includes('cn-refund')).toBe(isRefund)
  })

  test('a refund names the settlement that it takes back', async () => {
    const sent = json('2304-inpatient-settlement') as { request: Json; response: { output: { setlinfo: Json; setldetail: Json[] } } }
    const info = sent.response.output.setlinfo
    for (const field of ['medfee_sumamt', 'fund_pay_sumamt', 'psn_part_amt', 'psn_cash_pay']) info[field] = `-${String(info[field])}`
    Object.assign(sent.response.output.setldetail[0] ?? {}, { fund_payamt: '-54.30' })
    info.setl_id = '110105S0000000000022'
    const input = { mdtrtinfo: { setl_id: '110105S0000000000021', mdtrt_id: info.mdtrt_id, psn_no: info.psn_no } }
    const record = await one({ request: { ...sent.request, infno: '2305', input }, response: sent.response } as Json)
    expect(record?.issues).toEqual([])
    expect(ofType(record, 'ExplanationOfBenefit').map(({ key, state }) => [(key as { parts: string[] }).parts[0], state])).toEqual([
      ['110105S0000000000022', 'current'],
      ['110105S0000000000021', 'withdrawn'],
    ])
    expect(plain(ofType(record, 'ExplanationOfBenefit')[0])).toMatchObject({
      related: [{ reference: { system: 'https://fhir-cn.example/sid/nhsa/setl-id', value: '110105S0000000000021' } }],
    })
  })
})

test('an amount whose fund is not named is paid all the same', async () => {
  const sent = json('2207-response') as Json & { output: { setldetail: Json[] } }
  sent.output.setldetail = [
    { fund_pay_type: '390100', fund_payamt: 50 },
    { fund_pay_type: '', fund_payamt: '8.20' },
  ]
  const settled = await one(sent)
  expect(settled?.issues).toEqual([])
  expect(plain(ofType(settled, 'ExplanationOfBenefit')[0])).toMatchObject({
    adjudication: [{ amount: { value: 50 } }, { category: { text: '基金支付类型未说明' }, amount: { value: 8.2 } }, { value: 0.6 }],
  })
  const list = json('4101-settlement-list') as Json & { input: { payinfo: Json[] } }
  list.input.payinfo = [{ fund_payamt: '8.20' }]
  expect(plain(ofType(await one(list), 'ExplanationOfBenefit')[0])).toMatchObject({
    adjudication: [{ category: { text: '基金支付类型未说明' }, amount: { value: 8.2 } }],
  })
})
