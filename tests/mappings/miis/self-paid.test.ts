/** 4201 to 4206, visits that the insurance does not pay for, and 4302. Expected values are read from the samples by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const file = (name: string): Json & { input: Json } => JSON.parse(sample(`miis/${name}.json`).toString()) as Json & { input: Json }
const one = async (body: Json) => {
  const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(body))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const parts = (key: unknown) => (key as { parts: string[] }).parts

describe('4202 a stay', () => {
  test('the visit is the hospital’s, its person is known by the certificate, and by the visit for what has nothing else', async () => {
    const record = await one(file('4202-self-paid-stay'))
    expect(record?.issues).toEqual([])
    expect(record?.patient).toEqual({
      local: [{ kind: 'VISIT', value: 'H1|ZY20260310007', strong: false }],
      legal: { type: '01', number: '440100199001010023' },
      name: '赵明',
      birthDate: '1990-01-01',
      gender: 'female',
    })
    const [stay] = ofType(record, 'Encounter')
    expect(stay?.key).toEqual({ type: 'Encounter', scope: 'H1', parts: ['ZY20260310007'] })
    expect(plain(stay)).toMatchObject({
      identifier: [
        { system: 'https://fhir-cn.example/sid/H1/visit-no', value: 'ZY20260310007' },
        { system: 'https://fhir-cn.example/sid/H1/inpatient-no', value: 'ZY20260310007' },
        { system: 'https://fhir-cn.example/sid/H1/mrn', value: 'BA0001099001' },
      ],
      status: 'finished',
      class: { code: 'IMP' },
      participant: [{ individual: { $key: { type: 'Practitioner', scope: 'nhsa', parts: ['D110105000009'] }, display: '沈医生' } }],
      period: { start: '2026-03-10T08:30:00+08:00', end: '2026-03-14T10:00:00+08:00' },
      reasonCode: [{ text: '转移性右下腹痛 1 天' }, { text: '腹痛待查' }],
      diagnosis: [
        { condition: { $key: { parts: ['ZY20260310007', '1|K35.800'] } }, use: { coding: [{ code: 'DD' }] }, rank: 1 },
        { condition: { $key: { parts: ['ZY20260310007', '1|R10.400'] } }, use: { coding: [{ code: 'AD' }] }, rank: 2 },
      ],
      hospitalization: { dischargeDisposition: { coding: [{ code: '1' }] } },
      serviceType: { coding: [{ code: 'A04.01' }], text: '普通外科' },
      location: [{ location: { $key: { type: 'Location', scope: 'H1', parts: ['A04.01', '21'] } } }],
    })
    expect(plain(ofType(record, 'Condition')[1])).toMatchObject({
      code: { coding: [{ code: 'K35.800', version: 'insurance-2.0' }] },
      encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260310007'] } },
      recorder: { $key: { parts: ['D110105000009'] } },
    })
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({
      identifier: [{ value: '440100199001010023' }],
      contact: [{ name: { text: '钱芳' }, telecom: [{ value: '13900000002' }], address: { text: '广州市越秀区示例路 2 号' } }],
    })
    expect(record?.unread).toEqual([
      'input.ownPayPatnDiagListD[0].diag_dept',
      'input.ownPayPatnDiagListD[1].diag_dept',
      'input.ownPayPatnMdtrtD.age',
      'input.ownPayPatnMdtrtD.dscg_maindiag_code',
      'input.ownPayPatnMdtrtD.dscg_maindiag_name',
      'input.ownPayPatnMdtrtD.ipt_days',
    ])
  })

  test('who was moved has both beds', async () => {
    const sent = file('4202-self-paid-stay')
    const moved = { ...(sent.input.ownPayPatnMdtrtD as Json), dscg_dept_codg: 'A04.02', dscg_dept_name: '肝胆外科', dscg_bed: '5' }
    const record = await one({ ...sent, input: { ...sent.input, ownPayPatnMdtrtD: moved } })
    expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({
      serviceType: { coding: [{ code: 'A04.02' }] },
      location: [{ location: { $key: { parts: ['A04.01', '21'] } } }, { location: { $key: { parts: ['A04.02', '5'] } } }],
    })
  })

  test('an invalid stay is withdrawn; one without a number of its own is refused', async () => {
    const sent = file('4202-self-paid-stay')
    const info = sent.input.ownPayPatnMdtrtD as Json
    const record = await one({ ...sent, input: { ...sent.input, ownPayPatnMdtrtD: { ...info, vali_flag: '0' } } })
    expect(ofType(record, 'Encounter')[0]?.state).toBe('withdrawn')
    const { fixmedins_mdtrt_id: _, ...rest } = info
    const { rejected } = await readAll(miisInterface, JSON.stringify({ ...sent, input: { ownPayPatnMdtrtD: rest } }))
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([
      ['mapping-required', 'input.ownPayPatnMdtrtD.fixmedins_mdtrt_id'],
    ])
  })
})

describe('4201 and 4201A charges', () => {
  test('lines of the visit, whose person is found by it', async () => {
    const record = await one(file('4201A-self-paid-charges'))
    expect(record?.issues).toEqual([])
    expect(record?.patient).toEqual({ local: [{ kind: 'VISIT', value: 'H1|ZY20260310007', strong: false }] })
    expect(ofType(record, 'Patient')).toEqual([])
    const [bed, drug] = ofType(record, 'ChargeItem')
    expect(bed?.key).toEqual({ type: 'ChargeItem', scope: 'H1', parts: ['self-paid', 'ZY20260310007', '1'] })
    expect(plain(bed)).toMatchObject({
      identifier: [{ system: 'https://fhir-cn.example/sid/H1/charge-line-no', value: 'ZY20260310007.1' }],
      context: { $key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260310007'] } },
      quantity: { value: 3 },
      priceOverride: { value: 120, currency: 'CNY' },
      performer: [{ actor: { display: '沈医生' } }],
    })
    expect(plain(drug)).toMatchObject({ priceOverride: { value: 75 } })
    expect(ofType(record, 'MedicationRequest').map(({ key }) => parts(key))).toEqual([['self-paid', 'ZY20260310007', '2']])
    expect(record?.unread).toEqual([])
  })

  test('4201 in the names of 2204 names the person as well', async () => {
    const line = {
      mdtrt_sn: 'ZY20260310007',
      feedetl_sn: '9',
      chrg_bchno: 'B1',
      psn_cert_type: '01',
      certno: '440100199001010023',
      psn_name: '赵明',
      fee_ocur_time: '2026-03-11 08:00:00',
      cnt: '1',
      pric: '5',
      det_item_fee_sumamt: '5',
      medins_list_codg: 'HL1',
      medins_list_name: '护理',
    }
    const record = await one({ ...file('4201A-self-paid-charges'), infno: '4201', input: { feedetail: [line] } })
    expect(record?.patient).toMatchObject({ legal: { number: '440100199001010023' }, name: '赵明' })
    expect(ofType(record, 'ChargeItem').map(({ key }) => parts(key))).toEqual([['self-paid', 'ZY20260310007', '9']])
  })

  test('a line of another visit is told and not stored', async () => {
    const sent = file('4201A-self-paid-charges')
    const [first, second] = sent.input.fsiOwnpayPatnFeeListDDTO as Json[]
    const other = { ...second, fixmedins_mdtrt_id: 'ZY-OTHER' }
    const record = await one({ ...sent, input: { fsiOwnpayPatnFeeListDDTO: [first, other] } })
    expect(ofType(record, 'ChargeItem')).toHaveLength(1)
    expect(record?.issues).toEqual([
      { severity: 'error', code: 'mapping-conflict', at: 'input.fsiOwnpayPatnFeeListDDTO[1].fixmedins_mdtrt_id' },
    ])
  })
})

test('4205 an outpatient visit with diagnosis and charges in one message', async () => {
  const record = await one(file('4205-self-paid-visit'))
  expect(record?.issues).toEqual([])
  expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({
    status: 'finished',
    class: { code: 'AMB' },
    period: { start: '2026-03-20T09:00:00+08:00', end: '2026-03-20T09:40:00+08:00' },
    diagnosis: [{ condition: { $key: { type: 'Condition', scope: 'H1', parts: ['MZ20260320031', '1|Z09.000'] } }, rank: 1 }],
  })
  expect(ofType(record, 'ChargeItem').map(({ key }) => parts(key))).toEqual([['self-paid', 'MZ20260320031', '1']])
  expect(record?.unread).toEqual(['input.diseinfo[0].diag_dept'])
})

describe('4204 and 4206 take back', () => {
  const head = file('4201A-self-paid-charges')
  const visit = { fixmedins_mdtrt_id: 'ZY20260310007', fixmedins_code: 'H11010500001' }
  const LINES = { type: 'ChargeItem', scope: 'H1', parts: ['self-paid', 'lines', 'ZY20260310007'] }
  const VISIT = { type: 'Encounter', scope: 'H1', parts: ['self-paid', 'visit', 'ZY20260310007'] }

  test('4204: the lines that it names', async () => {
    const record = await one({ ...head, infno: '4204', input: { feedetail: visit, feedetl: [{ bkkp_sn: '2' }] } })
    expect(record?.batchWords).toBeUndefined()
    expect(record?.resources.filter(({ state }) => state === 'withdrawn').map(({ key }) => key)).toEqual([
      { type: 'ChargeItem', scope: 'H1', parts: ['self-paid', 'ZY20260310007', '2'] },
      { type: 'MedicationRequest', scope: 'H1', parts: ['self-paid', 'ZY20260310007', '2'] },
    ])
  })

  test('4204: without any, all of the visit', async () => {
    const record = await one({ ...head, infno: '4204', input: { feedetail: visit } })
    expect(record?.batchWords).toEqual([{ batch: LINES, word: 'reversed', statedAt: '2026-03-14T03:10:00.000Z' }])
  })

  test.each([
    ['in a node', { data: visit }],
    ['in the input itself', visit],
  ])('4206: everything of the visit, named %s', async (_, input) => {
    const record = await one({ ...head, infno: '4206', input })
    expect(record?.batchWords?.map(({ batch }) => batch)).toEqual([LINES, VISIT])
  })

  test('each thing of the visit stands in the set that 4206 takes back', async () => {
    const record = await one(file('4205-self-paid-visit'))
    const own = { ...VISIT, parts: ['self-paid', 'visit', 'MZ20260320031'] }
    for (const type of ['Encounter', 'Condition']) expect(ofType(record, type)[0]?.batches).toEqual([own])
    expect(ofType(record, 'ChargeItem')[0]?.batches).toEqual([{ ...LINES, parts: ['self-paid', 'lines', 'MZ20260320031'] }])
  })
})

test('4203 says that all is sent: nothing to store, and of which visit must be said', async () => {
  const head = file('4201A-self-paid-charges')
  const said = { ...head, infno: '4203', input: { data: { fixmedins_mdtrt_id: 'ZY20260310007', cplt_flag: '1' } } }
  expect(await one(said)).toMatchObject({ nothingToStore: true, resources: [] })
  const { rejected } = await readAll(miisInterface, JSON.stringify({ ...said, input: { data: {} } }))
  expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'input.fixmedins_mdtrt_id']])
})

test('a report of who is not insured is found by the visit', async () => {
  const report = file('4502-lab-report') as Json & { input: { labinfo: Json } }
  const { psn_no: _, mdtrt_id: __, ...labinfo } = report.input.labinfo
  const record = await one({ ...report, input: { ...report.input, labinfo: { ...labinfo, mdtrt_sn: 'MZ20260320031' } } })
  expect(record?.patient).toEqual({ local: [{ kind: 'VISIT', value: 'H1|MZ20260320031', strong: false }] })
})

describe('4302 emergency operations and rescues', () => {
  test('an operation, and the record of a rescue of the same visit', async () => {
    const record = await one(file('4302-emergency-record'))
    expect(record?.issues).toEqual([])
    expect(record?.patient).toMatchObject({ local: [{ kind: 'PSN' }, { kind: 'VISIT', value: '110105G0000000000051' }] })
    const [operation] = ofType(record, 'Procedure')
    expect(operation?.key).toEqual({ type: 'Procedure', scope: 'miis:MIA', parts: ['110105G0000000000051', '96.0400', '2026-03-21'] })
    expect(plain(operation)).toMatchObject({
      status: 'completed',
      code: { coding: [{ code: '96.0400', version: 'insurance-2.0' }] },
      performedDateTime: '2026-03-21T03:20:00+08:00',
      bodySite: [{ text: '气管' }],
      note: [{ text: '操作方法：经口明视插管' }, { text: '介入物：气管导管' }, { text: '操作次数：1' }],
    })
    const [rescue] = ofType(record, 'Composition')
    expect(rescue?.key).toEqual({ type: 'Composition', scope: 'H1', parts: ['C0044.JZ20260321002.20260321031000'] })
    expect(plain(rescue)).toMatchObject({
      type: { coding: [{ code: 'C0044' }] },
      date: '2026-03-21T04:05:00+08:00',
      encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['JZ20260321002'] } },
    })
    expect(JSON.stringify(plain(rescue).section)).toContain('突发呼吸困难')
    expect(record?.unread).toEqual([])
  })

  test('a rescue of another person is told and not stored', async () => {
    const sent = file('4302-emergency-record')
    const [rescue] = sent.input.rescinfo as Json[]
    const record = await one({ ...sent, input: { ...sent.input, rescinfo: [{ ...rescue, psn_no: 'OTHER' }] } })
    expect(ofType(record, 'Composition')).toEqual([])
    expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-conflict', at: 'input.rescinfo[0].psn_no' }])
  })

  test('nothing at all is refused', async () => {
    const { rejected } = await readAll(miisInterface, JSON.stringify({ ...file('4302-emergency-record'), input: {} }))
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'input.oprninfo']])
  })
})
