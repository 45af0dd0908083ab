import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { serialise } from '../../../mappings/engine/serialise.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

const read = (name: string) => readAll(miisInterface, sample(`miis/${name}.json`))
const one = async (name: string) => {
  const { mapped, rejected } = await read(name)
  expect(rejected).toEqual([])
  expect(mapped).toHaveLength(1)
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const VISIT = { $key: { type: 'Encounter', scope: 'miis:MIA', parts: ['110105G0000000000001'] } }
const PSN = { kind: 'PSN', value: '31000000000000000000067890', strong: true }
const MDTRT = { kind: 'VISIT', value: '110105G0000000000001', strong: false }

describe('2203 visit and diagnoses', () => {
  test('the delivery is the msgid, the patient is known by psn_no', async () => {
    const record = await one('2203-outpatient-visit')
    expect(record).toMatchObject({ recordType: '2203', deliveryId: 'H11010500001202603091012000001', issues: [], unmapped: [] })
    expect(record?.patient).toEqual({ local: [PSN, MDTRT] })
  })

  test('the visit, with ranked diagnoses', async () => {
    const visit = ofType(await one('2203-outpatient-visit'), 'Encounter')[0]
    expect(visit?.key).toEqual(VISIT.$key)
    expect(visit?.statedAt).toBe('2026-03-09T02:12:00.000Z')
    expect(plain(visit)).toMatchObject({
      identifier: [{ system: 'https://fhir-cn.example/sid/nhsa/mdtrt-id', value: '110105G0000000000001' }],
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      period: { start: '2026-03-09T09:40:00+08:00' },
      reasonCode: [{ text: '多饮、多尿 1 月' }],
      diagnosis: [
        {
          condition: { $key: { type: 'Condition', parts: ['110105G0000000000001', '1|E11.900'] } },
          use: { coding: [{ code: 'billing' }] },
          rank: 1,
        },
        { condition: { $key: { type: 'Condition', parts: ['110105G0000000000001', '1|I10.x00'] } }, rank: 2 },
      ],
      serviceProvider: { $key: { type: 'Organization', scope: 'H1', parts: [] } },
    })
  })

  test('the diagnoses carry the insurance edition of ICD-10', async () => {
    const conditions = ofType(await one('2203-outpatient-visit'), 'Condition').map(plain)
    expect(conditions).toHaveLength(2)
    expect(conditions[0]).toMatchObject({
      category: [{ coding: [{ code: 'encounter-diagnosis' }, { code: '1' }] }],
      code: {
        coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'insurance-2.0', code: 'E11.900', display: '2型糖尿病' }],
        text: '2型糖尿病',
      },
      encounter: VISIT,
      recordedDate: '2026-03-09T09:55:00+08:00',
      recorder: { display: '吴医生' },
    })
  })
})

describe('2204 charges', () => {
  test('a line each; amounts keep their digits', async () => {
    const record = await one('2204-outpatient-charges')
    const lines = ofType(record, 'ChargeItem')
    expect(lines.map((line) => (line.key as { parts: string[] }).parts[1])).toEqual(['F0001', 'F0002', 'F0003', 'F0004'])
    const [first] = lines
    expect(first && serialise(first.resource)).toContain('"priceOverride":{"value":37.00,"currency":"CNY"}')
    expect(first && serialise(first.resource)).toContain('"value":18.5000')
    expect(plain(first)).toMatchObject({
      status: 'billable',
      code: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-drug', code: 'XA10BAE046A001010100001' }, { code: 'YP000871' }] },
      context: VISIT,
      quantity: { value: 2 },
      requestingOrganization: { display: '内分泌科' },
    })
    expect(record?.issues).toEqual([])
  })

  test('the charge without a national code keeps its own and stands on the work list', async () => {
    const record = await one('2204-outpatient-charges')
    expect(record?.unmapped).toEqual([
      { map: 'nhsa-item', system: 'https://fhir-cn.example/sid/H1/charge-item-code', code: 'ZJ000007', display: '院内制剂·降糖合剂' },
    ])
    expect(plain(ofType(record, 'ChargeItem')[3]).code).toEqual({
      coding: [{ system: 'https://fhir-cn.example/sid/H1/charge-item-code', code: 'ZJ000007', display: '院内制剂·降糖合剂' }],
      text: '院内制剂·降糖合剂',
    })
  })

  test('the drug line is a prescription too: group, dose, frequency, route, days', async () => {
    const prescriptions = ofType(await one('2204-outpatient-charges'), 'MedicationRequest')
    expect(prescriptions).toHaveLength(1)
    expect(plain(prescriptions[0])).toMatchObject({
      status: 'active',
      intent: 'order',
      groupIdentifier: { system: 'https://fhir-cn.example/sid/H1/rx-no', value: 'RX20260309001' },
      authoredOn: '2026-03-09T10:00:00+08:00',
      dosageInstruction: [
        {
          text: '0.5g bid 口服',
          timing: { code: { coding: [{ code: 'BID' }], text: 'bid' } },
          route: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.158', code: '1' }], text: '口服' },
          doseAndRate: [{ doseQuantity: { value: 0.5, code: 'g' } }],
        },
      ],
      dispenseRequest: { quantity: { value: 2 }, expectedSupplyDuration: { value: 30, code: 'd' } },
    })
  })
})

test('2206 is a question: nothing is stored', async () => {
  const record = await one('2206-outpatient-presettlement')
  expect(record).toMatchObject({ nothingToStore: true, resources: [], deliveryId: 'H11010500001202603091012000003' })
})

describe('2207 settlement', () => {
  test('the request is the claim; the identity card of mdtrt_cert_type 02 is a legal number', async () => {
    const record = await one('2207-outpatient-settlement')
    expect(record?.patient).toEqual({ local: [PSN, MDTRT], legal: { type: '01', number: '310100196511080248' } })
    const claim = ofType(record, 'Claim')[0]
    expect(claim?.key).toEqual({ type: 'Claim', scope: 'miis:MIA', parts: ['110105G0000000000001'] })
    expect(plain(claim)).toMatchObject({
      status: 'active',
      use: 'claim',
      type: { coding: [{ code: 'outpatient' }] },
      created: '2026-03-09T10:20:00+08:00',
      provider: { $key: { scope: 'H1' } },
      insurance: [{ sequence: 1, focal: true, coverage: { $key: { type: 'Coverage', parts: ['31000000000000000000067890', '390'] } } }],
      total: { value: 128.5, currency: 'CNY' },
    })
    expect(plain(ofType(record, 'Coverage')[0])).toMatchObject({
      type: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-insutype', code: '390' }] },
      subscriberId: '31000000000000000000067890',
    })
    expect(ofType(record, 'ExplanationOfBenefit')).toEqual([])
  })

  test('the response carries the money and joins by mdtrt_id', async () => {
    const record = await one('2207-response')
    expect(record?.issues).toEqual([])
    expect(record?.patient).toEqual({
      local: [PSN, MDTRT],
      legal: { type: '01', number: '310100196511080248' },
      name: '李秀兰',
      birthDate: '1965-11-08',
      gender: 'female',
    })
    const benefit = ofType(record, 'ExplanationOfBenefit')[0]
    expect(benefit?.key).toEqual({ type: 'ExplanationOfBenefit', scope: 'miis:MIA', parts: ['110105S0000000000001'] })
    expect(benefit?.statedAt).toBe('2026-03-09T02:20:01.456Z')
    const resource = plain(benefit)
    expect(resource).toMatchObject({
      identifier: [
        { system: 'https://fhir-cn.example/sid/nhsa/setl-id', value: '110105S0000000000001' },
        { system: 'https://fhir-cn.example/sid/H1/medins-setl-id', value: 'H11010500001202603090001' },
      ],
      type: { coding: [{ code: 'outpatient' }] },
      created: '2026-03-09T10:20:01+08:00',
      claim: { $key: { type: 'Claim', parts: ['110105G0000000000001'] } },
      outcome: 'complete',
      payment: { date: '2026-03-09', amount: { value: 58.2, currency: 'CNY' } },
    })
    const totals = resource.total as { category: { coding: { code: string }[] }; amount: { value: number } }[]
    expect(Object.fromEntries(totals.map((total) => [total.category.coding[0]?.code, total.amount.value]))).toEqual({
      medfee_sumamt: 128.5,
      fulamt_ownpay_amt: 25.5,
      overlmt_selfpay: 0,
      preselfpay_amt: 6,
      inscp_scp_amt: 97,
      act_pay_dedc: 0,
      hifp_pay: 58.2,
      cvlserv_pay: 0,
      hifes_pay: 0,
      hifmi_pay: 0,
      hifob_pay: 0,
      maf_pay: 0,
      oth_pay: 0,
      fund_pay_sumamt: 58.2,
      psn_part_amt: 70.3,
      acct_pay: 30,
      psn_cash_pay: 40.3,
      acct_mulaid_pay: 0,
      hosp_part_amt: 0,
    })
    expect(resource.adjudication).toMatchObject([
      {
        category: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-fund-pay-type', code: '390100' }] },
        amount: { value: 58.2 },
      },
      { category: { text: '基本医疗保险统筹基金支付比例' }, value: 0.6 },
    ])
    // It says no more of the claim than that it stands as long as the settlement does.
    expect(ofType(record, 'Claim')).toMatchObject([
      { apart: { parts: ['settled', '110105S0000000000001'] }, batches: [{ parts: ['settled', '110105S0000000000001'] }] },
    ])
  })

  test('settling an outpatient visit ends it, without a word on its period', async () => {
    const visit = ofType(await one('2207-response'), 'Encounter')[0]
    expect(visit?.key).toEqual(VISIT.$key)
    expect(plain(visit)).toMatchObject({ status: 'finished', class: { code: 'AMB' } })
    expect(plain(visit).period).toBeUndefined()
  })

  test('a tapped pair makes what request and response make apart', async () => {
    const pair = `{"request":${sample('miis/2207-outpatient-settlement.json')},"response":${sample('miis/2207-response.json')}}`
    const { mapped, rejected } = await readAll(miisInterface, pair)
    expect(rejected).toEqual([])
    expect(mapped.flatMap(brokenRules)).toEqual([])
    expect(mapped[0]).toMatchObject({ recordType: '2207', deliveryId: 'H11010500001202603091020000004' })
    const types = mapped[0]?.resources.filter((each) => !each.placeholder).map((each) => each.resource.resourceType)
    expect(types?.sort()).toEqual(['Claim', 'Coverage', 'Encounter', 'ExplanationOfBenefit', 'Patient'])
    expect(plain(ofType(mapped[0], 'Patient')[0])).toMatchObject({ name: [{ text: '李秀兰' }] })
    const apart = ofType(await one('2207-outpatient-settlement'), 'Claim')[0]
    expect(plain(ofType(mapped[0], 'Claim')[0])).toEqual(plain(apart))
  })
})

describe('4101 settlement list', () => {
  test('hi_no is the psn_no; the certificate is legal', async () => {
    const record = await one('4101-settlement-list')
    expect(record?.issues).toEqual([])
    expect(record?.patient).toEqual({
      local: [
        { kind: 'PSN', value: '11000000000000000000012345', strong: true },
        { kind: 'VISIT', value: '110105G0000000000002', strong: false },
      ],
      legal: { type: '01', number: '110100195803120019' },
      name: '王建国',
      birthDate: '1958-03-12',
      gender: 'male',
    })
  })

  test('the stay: class, period, admission and discharge ways, main diagnosis first', async () => {
    expect(plain(ofType(await one('4101-settlement-list'), 'Encounter')[0])).toMatchObject({
      status: 'finished',
      class: { code: 'IMP' },
      period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
      length: { value: 7, code: 'd' },
      hospitalization: { admitSource: { coding: [{ code: '2' }] }, dischargeDisposition: { coding: [{ code: '1' }] } },
      diagnosis: [
        {
          extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-admission-condition', valueCoding: { code: '1' } }],
          condition: { $key: { parts: ['110105G0000000000002', '1|I25.103'] } },
          use: { coding: [{ code: 'DD' }] },
          rank: 1,
        },
        { rank: 2 },
      ],
    })
  })

  test('the operation, in the insurance edition of ICD-9-CM-3', async () => {
    expect(plain(ofType(await one('4101-settlement-list'), 'Procedure')[0])).toMatchObject({
      code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.12', version: 'insurance-2.0', code: '36.0700x004' }] },
      performedDateTime: '2026-03-06',
      performer: [{ actor: { display: '赵医生' } }],
    })
  })

  test('the money: an item per fee category, what the funds and the person paid', async () => {
    const record = await one('4101-settlement-list')
    expect(plain(ofType(record, 'Claim')[0])).toMatchObject({
      type: { coding: [{ code: 'inpatient' }] },
      billablePeriod: { start: '2026-03-05', end: '2026-03-12' },
      item: [
        { sequence: 1, category: { coding: [{ code: '06' }] }, net: { value: 12000, currency: 'CNY' } },
        { sequence: 2, category: { coding: [{ code: '08' }] }, net: { value: 22000 } },
        { sequence: 3, category: { coding: [{ code: '09' }] }, net: { value: 6000 } },
      ],
      diagnosis: [{ sequence: 1, type: [{ coding: [{ code: 'principal' }] }] }, { sequence: 2 }],
    })
    const benefit = ofType(record, 'ExplanationOfBenefit')[0]
    expect(benefit?.key).toEqual({ type: 'ExplanationOfBenefit', scope: 'miis:MIA', parts: ['110105S0000000000002'] })
    expect(plain(benefit)).toMatchObject({
      adjudication: [{ category: { coding: [{ code: '310100' }] }, amount: { value: 32000 } }],
      total: [
        { category: { coding: [{ code: 'acct_pay' }] }, amount: { value: 2000 } },
        { category: { coding: [{ code: 'psn_cash_pay' }] }, amount: { value: 6000 } },
        { category: { coding: [{ code: 'fulamt_ownpay_amt' }] }, amount: { value: 1800 } },
      ],
    })
  })

  test('the home page C0032 refers to all of it', async () => {
    const page = plain(ofType(await one('4101-settlement-list'), 'Composition')[0])
    expect(page).toMatchObject({
      status: 'final',
      type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0032' }] },
      date: '2026-03-13T09:00:00+08:00',
      section: [
        { code: { coding: [{ code: '11535-2' }] }, entry: [{}, {}] },
        { code: { coding: [{ code: '47519-4' }] }, entry: [{}] },
        { code: { coding: [{ code: '48768-6' }] }, entry: [{ $key: { type: 'Claim' } }, { $key: { type: 'ExplanationOfBenefit' } }] },
      ],
    })
  })
})

describe('4502 laboratory report', () => {
  test('keys are those of the hospital, so that it is one report with what the hospital and the platform send', async () => {
    const record = await one('4502-lab-report')
    // The interface has a day here, and `issued` needs an hour.
    expect(record?.issues).toMatchObject([{ severity: 'information', code: 'mapping-instant-day', at: 'input.labinfo.rpt_date' }])
    expect(record?.unmapped).toEqual([])
    expect(ofType(record, 'DiagnosticReport')[0]?.key).toEqual({ type: 'DiagnosticReport', scope: 'H1', parts: ['BG2026030900311'] })
    expect(ofType(record, 'Observation')[0]?.key).toEqual({ type: 'Observation', scope: 'H1', parts: ['BG2026030900311', 'GLU'] })
    expect(ofType(record, 'Specimen')[0]?.key).toEqual({ type: 'Specimen', scope: 'H1', parts: ['report', 'BG2026030900311'] })
  })

  test('report, result and specimen', async () => {
    const record = await one('4502-lab-report')
    expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({
      status: 'final',
      code: { coding: [{ code: '002503020010000-250302001' }, { code: 'JY000120' }], text: '血糖' },
      effectiveDateTime: '2026-03-09',
      encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['MZ20260309077'] } },
      result: [{ $key: { type: 'Observation', scope: 'H1', parts: ['BG2026030900311', 'GLU'] } }],
    })
    const result = ofType(record, 'Observation')[0]
    expect(result && serialise(result.resource)).toContain('"value":9.80')
    expect(plain(result)).toMatchObject({
      code: { coding: [{ system: 'http://loinc.org', code: '14749-6' }, { code: 'GLU' }] },
      valueQuantity: { value: 9.8, unit: 'mmol/L', code: 'mmol/L' },
      interpretation: [{ coding: [{ code: 'H' }] }],
      referenceRange: [{ low: { value: 3.9 }, high: { value: 6.1 } }],
      method: { text: '葡萄糖氧化酶法' },
      encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['MZ20260309077'] } },
      performer: [{ $key: { type: 'Organization', scope: 'H1', parts: [] } }],
    })
    expect(plain(ofType(record, 'Specimen')[0])).toMatchObject({
      identifier: [{ value: 'SP0900311' }],
      type: { coding: [{ code: 'SER' }, { code: '血清' }] },
    })
  })
})
