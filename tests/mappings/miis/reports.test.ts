/** Reports, cultures, files, transfusions and vital signs (4501, 4503 to 4506, 4601, 4602). Expected values are read from the samples by hand. */
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
const json = (name: string) => JSON.parse(file(name).toString()) as Json & { input: Json }
const H1_VISIT = { $key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260305001'] } }

describe('4501 report of an examination', () => {
  test('report, images and request, by the hospital’s numbers', async () => {
    const record = await one(file('4501-examination-report'))
    expect(record?.issues).toEqual([])
    const [report] = ofType(record, 'DiagnosticReport')
    expect(report).toMatchObject({ key: { type: 'DiagnosticReport', scope: 'H1', parts: ['exam', 'CT20260306001'] }, state: 'current' })
    expect(plain(report)).toMatchObject({
      meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-diagnosticreport-imaging'] },
      identifier: [{ system: 'https://fhir-cn.example/sid/H1/exam-report-no', value: 'CT20260306001' }],
      basedOn: [{ $key: { type: 'ServiceRequest', scope: 'H1', parts: ['SQ20260306011'] } }],
      status: 'final',
      category: [{ coding: [{ code: 'RAD' }] }, { coding: [{ code: 'CT', display: 'CT检查' }] }],
      code: { coding: [{ code: '002103000010000-210300001' }, { code: 'CT001' }], text: '胸部CT平扫' },
      encounter: H1_VISIT,
      effectiveDateTime: '2026-03-06T14:00:00+08:00',
      issued: '2026-03-06T15:30:00+08:00',
      imagingStudy: [{ $key: { type: 'ImagingStudy', scope: 'H1', parts: ['1.2.840.113619.2.55.3.604688119.972'] } }],
      conclusion: '右肺上叶结节，建议随访。',
      extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-positive-finding', valueBoolean: true }],
    })
    const form = (plain(report).presentedForm as { data: string }[])[0]
    expect(Buffer.from(form?.data ?? '', 'base64').toString()).toBe('检查部位：胸部\n检查结论：右肺上叶结节，建议随访。')
    expect(plain(ofType(record, 'ImagingStudy')[0])).toMatchObject({
      identifier: [{ system: 'urn:dicom:uid', value: 'urn:oid:1.2.840.113619.2.55.3.604688119.972' }, { value: 'A20260306001' }],
      modality: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: 'CT' }],
      numberOfSeries: 2,
      numberOfInstances: 120,
    })
    expect(plain(ofType(record, 'ServiceRequest')[0])).toMatchObject({ status: 'completed', requester: { display: '郑医生' } })
  })

  test('a number that is no UID leads to no images, and is flagged', async () => {
    const sent = json('4501-examination-report')
    Object.assign((sent.input.imageinfo as Json[])[0] ?? {}, { study_uid: 'P0001' })
    const record = await one(sent)
    expect(ofType(record, 'ImagingStudy')).toEqual([])
    expect(record?.issues).toEqual([{ severity: 'warning', code: 'mapping-value-unknown', at: 'input.imageinfo[0].study_uid' }])
  })

  test.each([
    ['超声检查', 'cn-diagnosticreport-imaging', 'RAD'],
    ['病理检查', 'cn-diagnosticreport-pathology', 'PAT'],
    ['心电图', 'cn-diagnosticreport-other', 'OTH'],
  ])('%s', async (name, profile, category) => {
    const sent = json('4501-examination-report')
    const names = { exam_type_name: name, exam_type_code: '', exam_rpotc_name: name, exam_item_name: '', inhosp_exam_item_name: '' }
    Object.assign(sent.input.examinfo as Json, names)
    Object.assign(sent.input, {
      imageinfo: [],
      iteminfo: [],
      sampleinfo: [{ rpotc_no: 'CT20260306001', spcm_no: 'SP1', spcm_name: '组织' }],
    })
    expect(plain(ofType(await one(sent), 'DiagnosticReport')[0])).toMatchObject({
      meta: { profile: [`https://fhir-cn.example/StructureDefinition/${profile}`] },
      category: [{ coding: [{ code: category }] }, { text: name }],
      specimen: [{ $key: { type: 'Specimen', scope: 'H1', parts: ['SP1'] } }],
    })
  })

  test('vali_flag 0 takes back report, images and specimen, not what was asked for', async () => {
    const sent = json('4501-examination-report')
    Object.assign(sent.input.examinfo as Json, { vali_flag: '0' })
    const record = await one(sent)
    expect(ofType(record, 'DiagnosticReport')[0]?.state).toBe('withdrawn')
    expect(ofType(record, 'ImagingStudy')[0]?.state).toBe('withdrawn')
    expect(ofType(record, 'ServiceRequest').filter(({ placeholder }) => !placeholder)).toEqual([])
  })
})

describe('4503 and 4504', () => {
  const CULTURE = { type: 'Observation', scope: 'H1', parts: ['WSW20260309001', 'germ|eco'] }
  const REPORT = { type: 'DiagnosticReport', scope: 'H1', parts: ['WSW20260309001'] }

  test('a culture: the germ is the value, counts and conditions stand beside it', async () => {
    const record = await one(file('4503-culture'))
    expect(record?.issues).toEqual([])
    expect(record?.unread).toEqual([])
    const [culture] = ofType(record, 'Observation')
    expect(culture?.key).toEqual(CULTURE)
    expect(plain(culture)).toMatchObject({
      code: { coding: [{ system: 'http://loinc.org', code: '6463-4' }] },
      valueCodeableConcept: { coding: [{ system: 'https://fhir-cn.example/sid/H1/germ-code', code: 'eco' }], text: '大肠埃希菌' },
      component: [{ code: { text: '菌落计数' }, valueString: '>10^5 CFU/ml' }],
    })
    expect(ofType(record, 'DiagnosticReport')[0]?.key).toEqual(REPORT)
    expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ result: [{ $key: CULTURE }] })
  })

  test('nothing grew: the words are the result', async () => {
    const sent = json('4503-culture')
    Object.assign(sent.input.data as Json, { germ_code: '', germ_name: '', coly_cntg: '', exam_rslt: '培养 48 小时无细菌生长' })
    expect(plain(ofType(await one(sent), 'Observation')[0])).toMatchObject({ valueString: '培养 48 小时无细菌生长' })
  })

  test('susceptibilities: a result for each drug, of the germ that was tested', async () => {
    const record = await one(file('4504-susceptibility'))
    expect(record?.issues).toEqual([])
    const results = ofType(record, 'Observation').filter(({ placeholder }) => !placeholder)
    expect(results.map(({ key }) => (key as { parts: string[] }).parts[1])).toEqual(['germ|eco|AMP', 'germ|eco|MEM'])
    expect(results.map(plain)).toMatchObject([
      {
        code: { text: '氨苄西林' },
        derivedFrom: [{ $key: CULTURE }],
        valueQuantity: { value: 32, comparator: '>=' },
        interpretation: [{ coding: [{ code: 'R' }], text: '耐药' }],
      },
      { code: { text: '美罗培南' }, valueQuantity: { value: 0.25, comparator: '<=' }, interpretation: [{ coding: [{ code: 'S' }] }] },
    ])
    expect(ofType(record, 'Observation').find(({ placeholder }) => placeholder)?.key).toEqual(CULTURE)
  })

  test('one drug is taken back, the report stands; a report whose culture is taken back is none', async () => {
    const some = json('4504-susceptibility')
    Object.assign((some.input.data as Json[])[0] ?? {}, { vali_flag: '0' })
    const record = await one(some)
    const states = ofType(record, 'Observation').filter(({ placeholder }) => !placeholder)
    expect(states.map(({ state }) => state)).toEqual(['withdrawn', 'current'])
    expect(ofType(record, 'DiagnosticReport')[0]?.state).toBe('current')
    const culture = json('4503-culture')
    Object.assign(culture.input.data as Json, { vali_flag: '0' })
    expect(ofType(await one(culture), 'DiagnosticReport')[0]?.state).toBe('withdrawn')
  })
})

test('4505: report and specimen of pathology', async () => {
  const record = await one(file('4505-pathology-report'))
  expect(record?.issues).toEqual([])
  expect(record?.unread).toEqual([])
  const [report] = ofType(record, 'DiagnosticReport')
  expect(report?.key).toEqual({ type: 'DiagnosticReport', scope: 'H1', parts: ['exam', 'BL2026030801'] })
  expect(plain(report)).toMatchObject({
    identifier: [{ system: 'https://fhir-cn.example/sid/H1/pathology-no', value: 'BL2026030801' }],
    category: [{ coding: [{ code: 'PAT' }] }],
    issued: '2026-03-10T16:00:00+08:00',
    conclusion: '慢性非萎缩性胃炎，Hp 阳性',
    resultsInterpreter: [{ display: '韩病理' }],
    specimen: [{ $key: { type: 'Specimen', scope: 'H1', parts: ['exam', 'BL2026030801'] } }],
  })
  const form = (plain(report).presentedForm as { data: string }[])[0]
  expect(Buffer.from(form?.data ?? '', 'base64').toString()).toContain('免疫组化：HP(+)')
  expect(plain(ofType(record, 'Specimen')[0])).toMatchObject({ type: { text: '胃窦黏膜' }, receivedTime: '2026-03-08' })
})

describe('4506 a report as a file', () => {
  test('document and content; what it is, its bytes say', async () => {
    const sent = json('4506-report-file')
    const [row] = sent.input.data as Json[]
    const bytes = Buffer.from(String(row?.exam_test_rpot), 'base64')
    const record = await one(file('4506-report-file'))
    expect(record?.issues).toEqual([])
    expect(record?.unread).toEqual([])
    expect(plain(ofType(record, 'DocumentReference')[0])).toMatchObject({
      type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0006' }] },
      description: '心电图.pdf',
      content: [{ attachment: { contentType: 'application/pdf', size: bytes.length, title: '心电图.pdf' } }],
      context: { encounter: [H1_VISIT], related: [{ $key: { type: 'ServiceRequest', parts: ['SQ20260306012'] } }] },
    })
    expect(plain(ofType(record, 'Binary')[0])).toMatchObject({
      contentType: 'application/pdf',
      data: row?.exam_test_rpot,
      securityContext: { $patient: true },
    })
  })

  test.each([
    ['no base64', '报告'],
    ['an archive', Buffer.from('PK\u0003\u0004').toString('base64')],
    ['nothing', ''],
  ])('%s: the file is refused by name', async (_, content) => {
    const sent = json('4506-report-file')
    Object.assign((sent.input.data as Json[])[0] ?? {}, { exam_test_rpot: content })
    const record = await one(sent)
    expect(ofType(record, 'DocumentReference')).toEqual([])
    expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-value-unknown', at: 'input.data[0].exam_test_rpot' }])
  })

  test('a file is taken back without its content', async () => {
    const sent = json('4506-report-file')
    Object.assign((sent.input.data as Json[])[0] ?? {}, { vali_flag: '0', exam_test_rpot: '' })
    const record = await one(sent)
    expect(ofType(record, 'DocumentReference')[0]?.state).toBe('withdrawn')
  })
})

test('4601: a transfusion, and the blood groups of the person', async () => {
  const record = await one(file('4601-transfusion'))
  expect(record?.issues).toEqual([])
  expect(record?.unread).toEqual([])
  expect(plain(ofType(record, 'Procedure')[0])).toMatchObject({
    status: 'completed',
    code: { text: '输血' },
    performedDateTime: '2026-03-06T12:30:00+08:00',
    reasonCode: [{ text: '贫血' }],
    note: [{ text: '输血量：2U' }, { text: '输血次数：1' }, {}, {}, {}],
  })
  expect(ofType(record, 'Observation').map(plain)).toMatchObject([
    {
      code: { coding: [{ code: '883-9' }] },
      effectiveDateTime: '2026-03-06T12:30:00+08:00',
      valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.85', code: '1', display: 'A型' }], text: 'A型' },
    },
    {
      code: { coding: [{ code: '10331-7' }] },
      valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.250', code: '2', display: '阳性' }], text: '阳性' },
    },
  ])
})

test('4602: a sign for each measurement, pressure with both values, and what was observed', async () => {
  const record = await one(file('4602-vital-signs'))
  expect(record?.issues).toEqual([])
  const signs = ofType(record, 'Observation').map(plain)
  expect(signs.map((sign) => [(sign.code as { text: string }).text, (sign.valueQuantity as { value: number } | undefined)?.value])).toEqual(
    [
      ['体温', 36.5],
      ['脉率', 76],
      ['呼吸', 18],
      ['体重', 70.5],
      ['血压', undefined],
      ['神志', undefined],
    ],
  )
  // Felt by the nurse: LOINC's 8889-8 is the rate of a pulse oximeter.
  expect(signs[1]).toMatchObject({ code: { coding: [{ system: 'http://loinc.org', code: '8893-0' }] } })
  // It is known by the code that it had before, so that what stands is corrected and taken back.
  const parts = ['vital-sign', 'ZY20260305001', '8889-8', '2026-03-06T06:00:00+08:00']
  expect(ofType(record, 'Observation')[1]?.key).toEqual({ type: 'Observation', scope: 'H1', parts })
  expect(signs[0]).toMatchObject({
    code: { coding: [{ system: 'http://loinc.org', code: '8310-5' }] },
    encounter: H1_VISIT,
    effectiveDateTime: '2026-03-06T06:00:00+08:00',
    performer: [{ display: '何护士' }],
    valueQuantity: { unit: '℃', code: 'Cel' },
  })
  expect(signs[4]).toMatchObject({
    code: { coding: [{ code: '85354-9' }] },
    component: [
      { code: { coding: [{ code: '8480-6' }] }, valueQuantity: { value: 138, code: 'mm[Hg]' } },
      { code: { coding: [{ code: '8462-4' }] }, valueQuantity: { value: 84 } },
    ],
  })
  expect(signs[5]).toMatchObject({ valueString: '清醒' })
})

test.each(['4505-pathology-report', '4503-culture', '4601-transfusion', '4602-vital-signs', '4506-report-file', '4402-orders'])(
  '%s: a line of another person is not stored under this one',
  async (name) => {
    const sent = json(name)
    const [line] = [sent.input.data].flat() as Json[]
    const other = { ...line, psn_no: '99000000000000000000000001' }
    const alone = await one({ ...sent, input: { data: [line] } })
    const record = await one({ ...sent, input: { data: [line, other] } })
    expect(record?.resources.map(({ key }) => key)).toEqual(alone?.resources.map(({ key }) => key))
    expect(record?.issues).toContainEqual({ severity: 'error', code: 'mapping-conflict', at: 'input.data[1].psn_no' })
  },
)
