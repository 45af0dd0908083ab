/** ORU^R01 of other departments than the laboratory, and of microbiology; by hand from HL7 v2.4, chapter 7, and table 0074. */
import { expect, test } from '@jest/globals'
import type { MappedResource } from '../../../mappings/engine/types.ts'
import { ofType, plain } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const SECTIONS = 'http://terminology.hl7.org/CodeSystem/v2-0074'
const partsOf = (one: MappedResource | undefined) => (one?.key === undefined || one.key === 'patient' ? undefined : one.key.parts)
const oru = (...segments: string[]): string => message('ORU^R01', '2.4', PATIENT, INPATIENT, ...segments)
const obr = (set: number, no: string, panel: string, section: string, more = ''): string =>
  `OBR|${set}|SQ1|${no}|${panel}|||20260305090000||||||||BLD^全血|||||||20260305103000||${section}|F${more}`

test('lines of a text without sub-ids are one result; with sub-ids, of another item, standing or type they are others', async () => {
  const { record } = await read(
    oru(
      obr(1, 'YX3', '284^下颌骨双侧位', 'CR').replace('BLD^全血', ''),
      'OBX|1|TX|&GDT||右侧上颌窦腔密度增高||||||F|||20260305103000',
      'OBX|2|TX|&GDT||窦腔变小||||||F|||20260305103000',
      'OBX|3|FT|&GDT||骨壁未见异常||||||F|||20260305103100',
      'OBX|4|TX|JL^结论||右侧上颌窦炎||||||F',
      'OBX|5|TX|JL^结论||建议复查||||||P',
      'OBX|6|TX|BZ^备注|1|甲||||||F',
      'OBX|7|TX|BZ^备注|2|乙||||||F',
      'OBX|8|ST|BW^部位||左||||||F',
      'OBX|9|ST|BW^部位||右||||||F',
    ),
  )
  expect(ofType(record, 'Observation').map((one) => plain(one).valueString)).toEqual([
    ...['右侧上颌窦腔密度增高\n窦腔变小\n骨壁未见异常', '右侧上颌窦炎', '建议复查', '甲', '乙', '左', '右'],
  ])
  // Another time than the first line's is read nowhere.
  expect(record?.unread.filter((field) => field.startsWith('OBX'))).toEqual(['OBX[3]-14'])
  expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ conclusion: '右侧上颌窦炎\n建议复查' })
})

test('items that are named by a suffix alone (HL7 v2.4, 7.1.4): each text stands under what it is, and the impression is what it comes to', async () => {
  const { record } = await read(
    oru(
      obr(1, 'YX2', '284^下颌骨双侧位', 'CR').replace('BLD^全血', ''),
      'OBX|1|CE|&IMP|1|^右侧上颌窦炎||||||F',
      'OBX|2|ST|&REC|2|建议复查||||||F',
      'OBX|3|TX|&GDT|3|右侧上颌窦腔密度增高||||||F',
      'OBX|4|TX|&QQQ|4|其他||||||F',
    ),
  )
  expect(record?.issues.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(record?.unread.filter((field) => field.startsWith('OBX'))).toEqual([])
  expect(
    ofType(record, 'Observation').map((one) => [partsOf(one)?.[2], (plain(one).code as { text: string }).text, plain(one).valueString]),
  ).toEqual([
    ['&IMP', '诊断印象', '右侧上颌窦炎'],
    ['&REC', '建议', '建议复查'],
    ['&GDT', '检查所见', '右侧上颌窦腔密度增高'],
    ['&QQQ', '&QQQ', '其他'],
  ])
  expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ conclusion: '右侧上颌窦炎', result: [{}, {}, {}, {}] })
})

test('an imaging report: its words, and what they come to', async () => {
  const { record } = await read(
    oru(
      obr(1, 'YX1', 'CTXB^胸部CT平扫', 'CT').replace('BLD^全血', ''),
      'OBX|1|TX|SJ^检查所见||两肺纹理增粗，~右上肺结节||||||F',
      'OBX|2|TX|ZD^影像诊断||右上肺结节，建议随访||||||F',
      'OBX|3|ST|LC^临床诊断||咳嗽||||||F',
    ),
  )
  const [report] = ofType(record, 'DiagnosticReport')
  expect(report?.key).toMatchObject({ parts: ['exam', 'YX1'] })
  expect(plain(report)).toMatchObject({
    meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-diagnosticreport-imaging'] },
    identifier: [{ system: 'https://fhir-cn.example/sid/H1/exam-report-no', value: 'YX1' }],
    category: [{ coding: [{ code: 'RAD' }] }, { coding: [{ system: SECTIONS, code: 'CT' }] }],
    // The insurance tells of the same examination under the same system (4501).
    code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/exam-item-code', code: 'CTXB' }], text: '胸部CT平扫' },
    conclusion: '右上肺结节，建议随访',
    result: [{}, {}, {}],
  })
  expect(plain(ofType(record, 'ServiceRequest')[0])).toMatchObject({
    code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/exam-item-code', code: 'CTXB' }] },
  })
  expect(ofType(record, 'Observation').map((one) => plain(one).category)).toEqual(
    Array.from({ length: 3 }, () => [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'imaging', display: 'Imaging' }] },
    ]),
  )
})

test('a section that table 0074 has not is the hospital’s own', async () => {
  const { record } = await read(oru(obr(1, 'US1', 'US01^腹部超声', 'US').replace('BLD^全血', ''), 'OBX|1|TX|SJ^描述||脂肪肝||||||F'))
  expect(plain(ofType(record, 'DiagnosticReport')[0]).category).toMatchObject([
    { coding: [{ system: SECTIONS, code: 'RAD' }] },
    { coding: [{ system: 'https://fhir-cn.example/sid/H1/diagnostic-section-code', code: 'US' }] },
  ])
})

test.each([
  ['O', 'active'],
  ['I', 'active'],
  ['S', 'active'],
  ['R', 'active'],
  ['P', 'active'],
  ['A', 'active'],
  ['F', 'completed'],
  ['C', 'completed'],
  ['', 'completed'],
  ['W', 'active'],
  ['X', 'revoked'],
])('what was asked for, by the standing %s of its report, is %s', async (standing, status) => {
  const { record } = await read(
    oru(obr(1, 'NO1', 'XCG^血常规', 'HM').replace(/F$/, standing), `OBX|1|NM|WBC^白细胞||5|10^9/L|||||${standing}`),
  )
  expect(plain(ofType(record, 'ServiceRequest')[0]).status).toBe(status)
})

test('an examination without a word for what it comes to: all that it says', async () => {
  const { record } = await read(oru(obr(1, 'XD1', 'ECG^心电图', 'EC').replace('BLD^全血', ''), 'OBX|1|TX|SJ^描述||窦性心律||||||F'))
  expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({
    category: [{ coding: [{ code: 'OTH' }] }, {}],
    conclusion: '窦性心律',
  })
})

test('a laboratory and a pathology report with one number are two', async () => {
  const texts = ['XCG^血常规|HM', 'BL^活检病理|SP']
  const records = await Promise.all(
    texts.map((text) => {
      const [panel = '', section = ''] = text.split('|')
      return read(oru(obr(1, 'NO1', panel, section), 'OBX|1|ST|A^病理诊断||慢性炎||||||F'))
    }),
  )
  const reports = records.map(({ record }) => ofType(record, 'DiagnosticReport')[0])
  expect(reports.map(partsOf)).toEqual([['NO1'], ['exam', 'NO1']])
  expect(plain(reports[1])).toMatchObject({
    meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-diagnosticreport-pathology'] },
    category: [{ coding: [{ code: 'PAT' }] }, { coding: [{ code: 'SP' }] }],
    conclusion: '慢性炎',
    specimen: [{ $key: { type: 'Specimen', parts: ['exam', 'NO1'] } }],
  })
  expect(records.map(({ record }) => partsOf(ofType(record, 'Observation')[0]))).toEqual([
    ['NO1', 'A'],
    ['exam', 'NO1', 'A'],
  ])
})

test('microbiology: the antibiotics of each organism, with what they were tested on', async () => {
  const { record } = await read(
    oru(
      obr(1, 'WS1', 'PY^血培养', 'MB'),
      'OBX|1|CE|JZ^细菌鉴定|1|ECO^大肠埃希菌||||||F',
      'OBX|2|CE|JZ^细菌鉴定|2|KPN^肺炎克雷伯菌||||||F',
      obr(2, 'WS1', 'YM^药敏', 'MB', '|JZ^1^大肠埃希菌'),
      'OBX|1|NM|AMP^氨苄西林|1|32|ug/ml||R|||F',
      obr(3, 'WS1', 'YM^药敏', 'MB', '|JZ^2^肺炎克雷伯菌'),
      'OBX|1|NM|AMP^氨苄西林|1|2|ug/ml||S|||F',
    ),
  )
  const results = ofType(record, 'Observation')
  expect(results.map(partsOf)).toEqual([
    ['WS1', 'JZ'],
    ['WS1', 'JZ#2'],
    ['WS1', 'AMP@JZ.1'],
    ['WS1', 'AMP@JZ.2'],
  ])
  expect(results.map((one) => plain(one).derivedFrom)).toMatchObject([
    undefined,
    undefined,
    [{ $key: { parts: ['WS1', 'JZ'] } }],
    [{ $key: { parts: ['WS1', 'JZ#2'] } }],
  ] as never)
  expect(results.slice(2).map((one) => plain(one).interpretation)).toMatchObject([
    [{ coding: [{ code: 'R' }] }],
    [{ coding: [{ code: 'S' }] }],
  ])
  expect(ofType(record, 'DiagnosticReport')).toHaveLength(1)
})
