/** Transactions without a sample file: each with the smallest message that shows it, made from the field lists. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const HEAD = {
  msgid: 'H11010500001202603091012009999',
  insuplc_admdvs: '310100',
  mdtrtarea_admvs: '110105',
  inf_time: '2026-03-13 10:00:00',
  fixmedins_code: 'H11010500001',
  fixmedins_name: '示例市第一人民医院',
}
const request = (infno: string, input: Json): Json => ({ ...HEAD, infno, input })
const one = async (body: Json) => {
  const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const VISIT = '110105G0000000000002'
const PSN = '11000000000000000000012345'

describe('1101 person and schemes', () => {
  const response = {
    infcode: '0',
    inf_refmsgid: 'R1',
    respond_time: '20260309100000000',
    output: {
      baseinfo: {
        psn_no: PSN,
        psn_cert_type: '01',
        certno: '110100195803120019',
        psn_name: '王建国',
        gend: '1',
        naty: '01',
        brdy: '1958-03-12',
      },
      insuinfo: [{ insutype: '310', psn_type: '21', insuplc_admdvs: '110105', balc: 1 }, { insutype: '330' }],
    },
  }

  test('a coverage per scheme, from the answer alone', async () => {
    const record = await one(response)
    expect(record?.patient).toMatchObject({ local: [{ kind: 'PSN', value: PSN }], legal: { type: '01', number: '110100195803120019' } })
    expect(ofType(record, 'Coverage').map((each) => (each.key as { parts: string[] }).parts)).toEqual([
      [PSN, '310'],
      [PSN, '330'],
    ])
    expect(record?.unread).toEqual(['output.insuinfo[0].balc'])
  })

  test('employer and civil servant of a scheme; what the person is besides stays in the original', async () => {
    const insuinfo = [{ insutype: '310', psn_type: '21', cvlserv_flag: '1', emp_name: '示例机械厂' }]
    const output = { ...response.output, insuinfo, idetinfo: [{ psn_idet_type: '3', begntime: '2026-01-01' }] }
    const record = await one({ ...response, output })
    expect(plain(ofType(record, 'Coverage')[0])).toMatchObject({
      class: [{ type: { coding: [{ code: 'group' }] }, value: '示例机械厂', name: '示例机械厂' }],
      extension: [
        { url: 'https://fhir-cn.example/StructureDefinition/cn-person-type' },
        { url: 'https://fhir-cn.example/StructureDefinition/cn-civil-servant', valueBoolean: true },
      ],
    })
    expect(record?.unread).toEqual(['output.idetinfo[0].psn_idet_type', 'output.idetinfo[0].begntime'])
  })

  test('the request alone only asks', async () => {
    expect(await one(request('1101', { data: { certno: '110100195803120019' } }))).toMatchObject({ nothingToStore: true, resources: [] })
  })
})

describe('2301 and 2302 inpatient charges', () => {
  const line = (fields: Json) => ({
    feedetl_sn: 'F1',
    mdtrt_id: VISIT,
    psn_no: PSN,
    fee_ocur_time: '2026-03-06 08:00:00',
    cnt: '2',
    pric: '18.5',
    det_item_fee_sumamt: '37.00',
    med_list_codg: 'XA10BAE046A001010100001',
    medins_list_codg: 'YP1',
    medins_list_name: '盐酸二甲双胍片',
    sin_dos: '0.5',
    sin_dosunt: 'g',
    frqu_dscr: 'tid',
    used_days: '3',
    ...fields,
  })

  test('dose, frequency and days in the spelling of inpatients', async () => {
    const record = await one(request('2301', { feedetail: [line({})] }))
    expect(plain(ofType(record, 'MedicationRequest')[0])).toMatchObject({
      dosageInstruction: [
        { text: '0.5g tid', timing: { code: { coding: [{ code: 'TID' }] } }, doseAndRate: [{ doseQuantity: { value: 0.5, code: 'g' } }] },
      ],
      dispenseRequest: { expectedSupplyDuration: { value: 3, code: 'd' } },
    })
  })

  test('a refund is a negative line of its own that names the first one, and prescribes nothing', async () => {
    const refund = line({ feedetl_sn: 'F2', init_feedetl_sn: 'F1', cnt: '-2', det_item_fee_sumamt: '-37.00' })
    const record = await one(request('2301', { feedetail: [refund] }))
    expect(plain(ofType(record, 'ChargeItem')[0])).toMatchObject({
      partOf: [{ $key: { type: 'ChargeItem', parts: [VISIT, 'F1'] } }],
      quantity: { value: -2 },
      priceOverride: { value: -37, currency: 'CNY' },
    })
    expect(ofType(record, 'MedicationRequest')).toEqual([])
    expect(record?.issues).toEqual([])
  })

  test('a reversal withdraws the line', async () => {
    const record = await one(request('2302', { feeinfo: [{ feedetl_sn: 'F1', mdtrt_id: VISIT, psn_no: PSN }] }))
    const charge = ofType(record, 'ChargeItem')[0]
    expect(charge?.key).toEqual({ type: 'ChargeItem', scope: 'miis:MIA', parts: [VISIT, 'F1'] })
    expect(charge?.state).toBe('withdrawn')
  })
})

describe('2208 and 2305 reversals', () => {
  test.each([
    ['2208', 'outpatient'],
    ['2305', 'inpatient'],
  ])('%s: the settlement is void, whether or not it is known', async (infno, kind) => {
    const record = await one(request(infno, { mdtrtinfo: { setl_id: 'S1', mdtrt_id: VISIT, psn_no: PSN } }))
    const benefit = ofType(record, 'ExplanationOfBenefit')[0]
    expect(benefit?.key).toEqual({ type: 'ExplanationOfBenefit', scope: 'miis:MIA', parts: ['S1'] })
    expect(benefit?.state).toBe('withdrawn')
    expect(plain(benefit)).toMatchObject({ type: { coding: [{ code: kind }] } })
  })

  test('a pair: the settlement is void, the reversal is a refund of its own', async () => {
    const answer = JSON.parse(sample('miis/2207-response.json').toString()) as { output: { setlinfo: Json; setldetail: Json[] } }
    const info = answer.output.setlinfo
    for (const field of ['medfee_sumamt', 'fund_pay_sumamt', 'psn_part_amt', 'acct_pay', 'psn_cash_pay']) info[field] = -Number(info[field])
    Object.assign(answer.output.setldetail[0] ?? {}, { fund_payamt: -58.2 })
    info.setl_id = '110105S0000000000009'
    const reversal = request('2208', { mdtrtinfo: { setl_id: '110105S0000000000001', mdtrt_id: info.mdtrt_id, psn_no: info.psn_no } })
    const record = await one({ request: reversal, response: answer })
    const states = ofType(record, 'ExplanationOfBenefit').map(({ key, state }) => [(key as { parts: string[] }).parts[0], state])
    expect(states).toEqual([
      ['110105S0000000000009', 'current'],
      ['110105S0000000000001', 'withdrawn'],
    ])
    expect(record?.issues).toEqual([])
  })
})

test('2304: the claim of a stay is an inpatient one, even with a med_type of a province', async () => {
  const record = await one(
    request('2304', { mdtrtinfo: { psn_no: PSN, mdtrt_id: VISIT, insutype: '310', med_type: '9921', medfee_sumamt: '1' } }),
  )
  expect(plain(ofType(record, 'Claim')[0])).toMatchObject({ type: { coding: [{ code: 'inpatient' }] } })
  expect(record?.unmapped.map(({ map }) => map)).toContain('miis-claim-type')
})

test('4101A has no money: the stay, diagnoses and home page are there all the same', async () => {
  const setlinfo = {
    psn_no: PSN,
    mdtrt_id: VISIT,
    setl_id: 'S2',
    medcasno: 'BA1',
    adm_time: '2026-03-05 09:15:00',
    dscg_time: '2026-03-12 15:00:00',
    dscg_way: '1',
  }
  const diseinfo = [{ maindiag_flag: '1', diag_type: '1', diag_code: 'I25.103', diag_name: '冠状动脉粥样硬化性心脏病' }]
  const record = await one(request('4101A', { setlinfo, diseinfo }))
  const made = record?.resources.filter(({ placeholder }) => !placeholder).map(({ resource }) => resource.resourceType)
  expect(made?.sort()).toEqual(['Claim', 'Composition', 'Condition', 'Encounter', 'Patient'])
})

describe('5401, 5402: what is asked, and what others were answered, is nothing to store', () => {
  const reply = { infcode: '0', inf_refmsgid: '1', respond_time: '20260313100001000', output: { bilgiteminfo: [{ rpotc_no: 'R1' }] } }
  const asked = request('5401', { bilgiteminfo: { psn_no: PSN } })
  test.each<[string, Json]>([
    ['5401', asked],
    ['5401 with its answer', { request: asked, response: reply }],
    ['5402', request('5402', { rptdetailinfo: { psn_no: PSN, rpotc_no: 'R1', fixmedins_code: 'H11010500001' } })],
  ])('%s', async (_, body) => {
    expect(await one(body)).toMatchObject({ nothingToStore: true, resources: [], issues: [] })
  })

  test('a field without which it asks nothing is named', async () => {
    const { rejected } = await readAll(miisInterface, JSON.stringify(request('5402', { rptdetailinfo: { psn_no: PSN, rpotc_no: 'R1' } })))
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'input.rptdetailinfo.fixmedins_code']])
  })

  test('an answer alone is of no known transaction', async () => {
    const { rejected } = await readAll(miisInterface, JSON.stringify(reply))
    expect(rejected.map(({ reason }) => reason.code)).toEqual(['miis-response-unknown'])
  })
})
