/** The full home page, orders and the electronic record (4401, 4402, 4701). Expected values are read from the samples by hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { FEES } from '../../../mappings/miis/home-page-fees.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

type Json = Record<string, unknown>
const one = async (body: Buffer | Json) => {
  const { mapped, rejected } = await readAll(miisInterface, Buffer.isBuffer(body) ? body : JSON.stringify(body))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  return mapped[0]
}
const file = (name: string) => sample(`miis/${name}.json`)
const json = (name: string) => JSON.parse(file(name).toString()) as Json & { input: Json }
const H1_VISIT = { $key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260305001'] } }
const HEART = { $key: { type: 'Condition', scope: 'miis:MIA', parts: ['110105G0000000000002', '1|I25.103'] } }
const STENT = { $key: { type: 'Procedure', scope: 'miis:MIA', parts: ['110105G0000000000002', '36.0700x004', '2026-03-06'] } }
const sectionsOf = (composition: Json) =>
  (composition.section as { code: { coding: { code: string }[] }; text: { div: string }; entry?: object[] }[]).map((section) => ({
    code: section.code.coding[0]?.code,
    text: section.text.div
      .replace(/<br\/>/g, '\n')
      .replace(/<\/p><p>/g, '\n')
      .replace(/<[^>]+>/g, ''),
    ...(section.entry && { entry: section.entry }),
  }))

describe('4401 home page', () => {
  test('every field of the sample is read', async () => {
    const record = await one(file('4401-home-page'))
    expect(record?.issues).toEqual([])
    expect(record?.unread).toEqual([])
  })

  test('the person, as the page knows him', async () => {
    const record = await one(file('4401-home-page'))
    expect(record?.patient?.legal).toEqual({ type: '01', number: '110100195803120019' })
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({
      name: [{ text: '王建国' }],
      telecom: [{ system: 'phone', value: '13900000002' }],
      maritalStatus: { coding: [{ code: 'M' }, { code: '20', display: '已婚' }], text: '已婚' },
      address: [
        { use: 'home', text: '示例市示例区示例路 1 号', postalCode: '100020' },
        { text: '示例省示例市示例区', postalCode: '100020', extension: [{ valueCode: 'registered' }] },
      ],
      contact: [{ name: { text: '王小明' }, telecom: [{ value: '13900000001' }] }],
    })
  })

  test('the stay: staff, intensive care, rescues, diagnoses', async () => {
    const stay = plain(ofType(await one(file('4401-home-page')), 'Encounter').find(({ placeholder }) => !placeholder))
    expect(stay).toMatchObject({
      identifier: [{ value: '110105G0000000000002' }, { value: 'ZY20260305001' }, { value: 'BA0001023456' }],
      status: 'finished',
      period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
      length: { value: 7 },
      diagnosis: [{ condition: HEART, use: { coding: [{ code: 'DD' }] }, rank: 1 }, { rank: 2 }],
      hospitalization: { admitSource: { coding: [{ code: '2' }] }, dischargeDisposition: { coding: [{ code: '1' }], text: '医嘱离院' } },
    })
    expect((stay.participant as { individual: { display: string } }[]).map(({ individual }) => individual.display)).toEqual([
      '郑医生',
      '孙主任',
      '林医生',
      '何护士',
      '马编码',
    ])
    expect(stay.extension).toEqual([
      { url: 'https://fhir-cn.example/StructureDefinition/cn-visit-number', valuePositiveInt: 2 },
      {
        url: 'https://fhir-cn.example/StructureDefinition/cn-payment-method',
        valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.269', code: '01' }], text: '城镇职工基本医疗保险' },
      },
      {
        url: 'https://fhir-cn.example/StructureDefinition/cn-rescue-count',
        extension: [
          { url: 'total', valueUnsignedInt: 1 },
          { url: 'successful', valueUnsignedInt: 1 },
        ],
      },
      {
        url: 'https://fhir-cn.example/StructureDefinition/cn-icu-stay',
        extension: [
          { url: 'unit', valueString: 'CCU' },
          { url: 'period', valuePeriod: { start: '2026-03-06T12:00:00+08:00', end: '2026-03-07T08:00:00+08:00' } },
        ],
      },
    ])
  })

  test('the operation, under the key that the settlement list uses', async () => {
    const [operation] = ofType(await one(file('4401-home-page')), 'Procedure')
    expect(operation?.key).toEqual(STENT.$key)
    expect(plain(operation)).toMatchObject({
      status: 'completed',
      code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.12', version: 'insurance-2.0', code: '36.0700x004' }] },
      performer: [
        { function: { coding: [{ code: 'surgeon' }] }, actor: { display: '郑医生' } },
        { function: { coding: [{ code: 'assistant1' }] }, actor: { display: '林医生' } },
        { function: { coding: [{ code: 'anaesthetist' }] }, actor: { display: '冯麻醉' } },
      ],
      extension: [
        { valueCoding: { code: '4' } },
        { valueCode: '0' },
        { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.257', code: '1' } },
        { valueCodeableConcept: { coding: [{ code: '3' }], text: '局部麻醉' } },
        { valueCode: 'II' },
      ],
    })
  })

  test('blood groups, tests that were done, the allergy', async () => {
    const record = await one(file('4401-home-page'))
    const found = ofType(record, 'Observation').map(plain)
    expect(found.map((each) => [(each.code as { text: string }).text, (each.valueCodeableConcept as { text: string }).text])).toEqual([
      ['ABO 血型', 'A型'],
      ['Rh 血型', '阳性'],
      ['乙肝表面抗原（HBsAg）', '阴性'],
      ['艾滋病毒抗体（HIV-Ab）', '阴性'],
    ])
    // The page does not say when: at some time in the stay.
    for (const each of found) {
      expect(each.effectivePeriod).toEqual({ start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' })
      expect(each).not.toHaveProperty('effectiveDateTime')
    }
    expect(plain(ofType(record, 'AllergyIntolerance')[0])).toMatchObject({ category: ['medication'], code: { text: '青霉素' } })
  })

  test('money by classes in one account; nothing is 0 that was not sent', async () => {
    const record = await one(file('4401-home-page'))
    const fees = ofType(record, 'ChargeItem').map(plain)
    expect(fees.map((fee) => [(fee.code as { text: string }).text, (fee.priceOverride as { value: number }).value])).toEqual([
      ['护理费', 20],
      ['实验室诊断费', 0],
      ['西药费', 4.3],
      ['抗菌药物费用', 0],
      ['其他费', 40],
    ])
    const account = { $key: { type: 'Account', scope: 'H1', parts: ['home-page', 'ZY20260305001'] } }
    expect(ofType(record, 'Account')[0]?.key).toEqual(account.$key)
    expect(fees.every((fee) => JSON.stringify(fee.account) === JSON.stringify([account]))).toBe(true)
    expect(fees[3]).toMatchObject({ partOf: [{ $key: { parts: ['home-page', 'ZY20260305001', 'wm_fee'] } }] })
    expect(FEES).toHaveLength(28)
  })

  test('classes that do not add up to the total: stored, flagged', async () => {
    const sent = json('4401-home-page')
    Object.assign(sent.input.baseinfo as Json, { medfee_sumamt: '64.40' })
    expect((await one(sent))?.issues).toEqual([{ severity: 'warning', code: 'mapping-sum', at: 'input.baseinfo.medfee_sumamt' }])
  })

  test('the document holds them together', async () => {
    const composition = ofType(await one(file('4401-home-page')), 'Composition')[0]
    expect(composition?.key).toEqual({ type: 'Composition', scope: 'H1', parts: ['C0032.ZY20260305001'] })
    const sections = sectionsOf(plain(composition))
    expect(plain(composition)).toMatchObject({
      type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0032' }] },
      date: '2026-03-14',
      author: [{ display: '林医生' }, { display: '郑医生' }, { display: '马编码' }],
    })
    expect(sections.map(({ code }) => code)).toEqual(['11535-2', '48765-2', '47519-4', '48768-6', 'administration'])
    expect(sections[0]?.entry).toHaveLength(2)
    expect(sections[2]?.entry).toEqual([STENT])
    expect(sections[3]?.text).toContain('总费用：64.30')
  })

  test('an invalid page is taken back, and says nothing of the stay', async () => {
    const sent = json('4401-home-page')
    Object.assign(sent.input.baseinfo as Json, { vali_flag: '0' })
    const record = await one(sent)
    expect(ofType(record, 'Composition')[0]?.state).toBe('withdrawn')
    expect(ofType(record, 'Account')[0]?.state).toBe('withdrawn')
    expect(ofType(record, 'Encounter').filter(({ placeholder }) => !placeholder)).toEqual([])
  })

  test('the uninsured have the hospital’s own numbers', async () => {
    const sent = json('4401-home-page')
    const { mdtrt_id: _, psn_no: __, ...info } = sent.input.baseinfo as Json
    const record = await one({ ...sent, input: { ...sent.input, baseinfo: info } })
    expect(ofType(record, 'Condition')[0]?.key).toEqual({ type: 'Condition', scope: 'H1', parts: ['ZY20260305001', '1|I25.103'] })
    expect(ofType(record, 'Encounter').find(({ placeholder }) => !placeholder)?.key).toEqual(H1_VISIT.$key)
    expect(ofType(record, 'Procedure')[0]?.key).toEqual({
      type: 'Procedure',
      scope: 'H1',
      parts: ['ZY20260305001', '36.0700x004', '2026-03-06'],
    })
  })
})

test('4301: the record of an outpatient visit, its diagnosis and its prescription', async () => {
  const record = await one(file('4301-outpatient-record'))
  expect(record?.issues).toEqual([])
  const visit = { $key: { type: 'Encounter', scope: 'H1', parts: ['MZ20260309077'] } }
  const diabetes = { $key: { type: 'Condition', scope: 'miis:MIA', parts: ['110105G0000000000001', '1|E11.900'] } }
  const composition = ofType(record, 'Composition')[0]
  expect(composition?.key).toEqual({ type: 'Composition', scope: 'H1', parts: ['C0002.MZ20260309077'] })
  expect(plain(composition)).toMatchObject({ date: '2026-03-09T09:40:00+08:00', encounter: visit, author: [{ $key: { scope: 'H1' } }] })
  const sections = sectionsOf(plain(composition))
  expect(sections.map(({ code }) => code)).toEqual(['10154-3', '10164-2', '29545-1', '29548-5', '18776-5'])
  expect(sections[3]?.entry).toEqual([diabetes])
  expect(sections[4]?.text).toBe('处置意见：二甲双胍控制血糖，1 月后复诊')
  const [drug] = ofType(record, 'MedicationRequest')
  expect(drug?.key).toEqual({ type: 'MedicationRequest', scope: 'H1', parts: ['RX20260309001.RX20260309001-1'] })
  expect(plain(drug)).toMatchObject({
    medicationCodeableConcept: { text: '盐酸二甲双胍片' },
    groupIdentifier: { value: 'RX20260309001' },
    encounter: visit,
    dosageInstruction: [{ text: '0.5g bid 口服', doseAndRate: [{ doseQuantity: { value: 0.5, code: 'g' } }] }],
    dispenseRequest: { expectedSupplyDuration: { value: 30, code: 'd' } },
  })
})

describe('4402 orders', () => {
  test('a drug and a service, under the numbers of the hospital’s orders', async () => {
    const record = await one(file('4402-orders'))
    expect(record?.issues).toEqual([])
    const [drug] = ofType(record, 'MedicationRequest')
    expect(drug?.key).toEqual({ type: 'MedicationRequest', scope: 'H1', parts: ['YZ0001'] })
    expect(plain(drug)).toMatchObject({
      // Said on the 5th, to be taken until the 12th.
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: {
        coding: [{ system: 'https://fhir-cn.example/CodeSystem/nhsa-drug', code: 'XC07ABM002A001010100543' }],
        text: '美托洛尔片',
      },
      encounter: H1_VISIT,
      authoredOn: '2026-03-05T10:00:00+08:00',
      groupIdentifier: { value: 'Z1' },
      dosageInstruction: [
        {
          text: '25mg bid 口服',
          timing: {
            repeat: { boundsPeriod: { start: '2026-03-05T12:00:00+08:00', end: '2026-03-12T08:00:00+08:00' } },
            code: { coding: [{ code: 'BID' }] },
          },
          route: { coding: [{ code: '1' }] },
          doseAndRate: [{ doseQuantity: { value: 25, code: 'mg' } }],
        },
      ],
      extension: [{ valueCode: 'long-term' }, { valueDateTime: '2026-03-12T08:00:00+08:00' }],
    })
    const [service] = ofType(record, 'ServiceRequest')
    expect(service?.key).toEqual({ type: 'ServiceRequest', scope: 'H1', parts: ['YZ0002'] })
    expect(plain(service)).toMatchObject({
      status: 'active',
      category: [{ coding: [{ code: 'nursing' }, { code: '5', display: '护理' }] }],
      code: { text: '一级护理' },
    })
  })

  test.each([
    ['the end has come', '2026-03-12 08:00:00', 'completed'],
    ['the end is a second away', '2026-03-12 07:59:59', 'active'],
  ])('a drug and a service when %s', async (_, time, status) => {
    const sent = json('4402-orders')
    const lines = (sent.input.data as Json[]).map((line) => ({ ...line, drord_endtime: '2026-03-12 08:00:00' }))
    const record = await one({ ...sent, inf_time: time, input: { data: lines } })
    expect(record?.unread).not.toContainEqual(expect.stringContaining('statedAt'))
    for (const type of ['MedicationRequest', 'ServiceRequest']) expect(plain(ofType(record, type)[0]).status).toBe(status)
  })

  test('lines that share an order’s number are told apart by their own', async () => {
    const sent = json('4402-orders')
    const [drug] = sent.input.data as Json[]
    const second = { ...drug, medcas_drord_detl_id: 'D9', drord_detl_name: '氯化钠注射液' }
    const record = await one({ ...sent, input: { data: [drug, second] } })
    expect(ofType(record, 'MedicationRequest').map(({ key }) => (key as { parts: string[] }).parts[0])).toEqual(['YZ0001.D1', 'YZ0001.D9'])
  })
})

describe('4701 electronic record', () => {
  test('a document for each node, by the stay’s number', async () => {
    const record = await one(file('4701-medical-record'))
    expect(record?.issues).toEqual([])
    expect(record?.patient).toMatchObject({ name: '王建国' })
    expect(ofType(record, 'Composition').map(({ key }) => (key as { parts: string[] }).parts[0])).toEqual([
      'C0034.ZY20260305001',
      'C0037.ZY20260305001.20260305140000',
      'C0009.ZY20260305001.1',
      'C0044.ZY20260305001.20260306130000',
      'C0049.ZY20260305001',
    ])
  })

  test('the admission record: sections, vital signs, diagnoses', async () => {
    const record = await one(file('4701-medical-record'))
    const admission = plain(ofType(record, 'Composition')[0])
    const sections = sectionsOf(admission)
    expect(admission).toMatchObject({ title: '入院记录', date: '2026-03-05T10:00:00+08:00', encounter: H1_VISIT })
    expect((admission.author as { display: string }[]).map(({ display }) => display)).toEqual(['林医生', '郑医生', '孙主任'])
    expect(sections.map(({ code }) => code)).toEqual([
      '10154-3',
      '10164-2',
      '11348-0',
      '11369-6',
      '48765-2',
      '29762-2',
      'family-history',
      '8716-3',
      '29545-1',
      '30954-2',
      '29548-5',
      '18776-5',
      'nursing-observation',
    ])
    expect(sections[0]?.text).toBe('主诉：活动后胸闷 3 天\n主要症状：胸闷\n入院原因：诊治')
    expect(sections[1]?.text).toContain('胸闷 &lt;5 分钟')
    expect(sections[7]?.entry).toHaveLength(6)
    expect(sections[10]?.entry).toEqual([
      HEART,
      { $key: { ...HEART.$key, parts: ['110105G0000000000002', '2|BNX080'] } },
      { $key: { ...HEART.$key, parts: ['110105G0000000000002', '3|ZZZ010'] } },
    ])
    const signs = ofType(record, 'Observation').map(plain)
    expect(signs.map((sign) => (sign.code as { text: string }).text)).toEqual(['体温', '脉率', '呼吸', '体重', '身高', '血压'])
    expect(signs[4]).toMatchObject({ valueQuantity: { value: 172, code: 'cm' }, effectiveDateTime: '2026-03-05T10:00:00+08:00' })
  })

  test('the operation is the one of the home page, and its document refers to it', async () => {
    const record = await one(file('4701-medical-record'))
    const [operation] = ofType(record, 'Procedure')
    expect(operation?.key).toEqual(STENT.$key)
    expect(plain(operation)).toMatchObject({ performedPeriod: { start: '2026-03-06T10:00:00+08:00', end: '2026-03-06T11:20:00+08:00' } })
    const document = sectionsOf(plain(ofType(record, 'Composition')[2]))
    expect(document.find(({ code }) => code === '47519-4')?.entry).toEqual([STENT])
  })

  test('a death: its document, and the person is dead', async () => {
    const sent = json('4701-medical-record')
    const { adminfo } = sent.input
    const dieinfo = {
      die_time: '2026-03-07 02:10:00',
      die_drt_rea: '心源性休克',
      trt_proc_dscr: '抢救无效',
      die_dise_name: '急性心肌梗死',
      ipdr_name: '林医生',
      vali_flag: '1',
    }
    const record = await one({ ...sent, input: { adminfo, dieinfo } })
    const death = plain(ofType(record, 'Composition')[1])
    expect(death).toMatchObject({
      type: { coding: [{ code: 'C0050' }] },
      date: '2026-03-07T02:10:00+08:00',
      author: [{ display: '林医生' }],
    })
    expect(sectionsOf(death).map(({ code }) => code)).toEqual(['8648-8', '11535-2'])
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({ deceasedDateTime: '2026-03-07T02:10:00+08:00' })
  })
})
