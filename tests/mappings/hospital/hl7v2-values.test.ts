/** OBX-5 of the types that are more than their text, OBX-3 and OBX-8 with several codes; by hand from HL7 v2.5.1, 2.A and 7.4.2. */
import { expect, test } from '@jest/globals'
import { ofType, plain, readAll, context } from '../support.ts'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { message, PATIENT, read } from './messages.ts'

const REPORT = 'OBR|1|SQ1|BG1|XCG^血常规|||20260305090000||||||||||||||20260305103000||HM|F'
const OWN = 'https://fhir-cn.example/sid/H1'
const FLAG = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'

async function result(obx: string) {
  const { record } = await read(message('ORU^R01', '2.5.1', PATIENT, REPORT.replace('||||||||||||||2026', '|||||||||||||||2026'), obx))
  const { issues = [], unread = [], unmapped = [] } = record ?? {}
  const [observation] = ofType(record, 'Observation')
  return {
    observation: plain(observation),
    issues: issues.map(({ code, at }) => [code, at]),
    unread,
    unmapped: unmapped.map(({ code }) => code),
  }
}

const value = async (type: string, text: string): Promise<Record<string, unknown>> => {
  const { observation } = await result(`OBX|1|${type}|X1^某项||${text}||||||F`)
  return Object.fromEntries(Object.entries(observation).filter(([name]) => name.startsWith('value') || name === 'dataAbsentReason'))
}

test.each([
  ['DT', '20260110', { valueDateTime: '2026-01-10' }],
  ['TS', '202601100830^M', { valueDateTime: '2026-01-10T08:30:00+08:00' }],
  ['DTM', '20260110083000+0900', { valueDateTime: '2026-01-10T08:30:00+09:00' }],
  ['TM', '0830', { valueTime: '08:30:00' }],
  ['TM', '083015', { valueTime: '08:30:15' }],
  ['TM', '083015+0900', { valueString: '083015+0900' }],
  ['NM', '20260110', { valueQuantity: { value: 20260110 } }],
])('%s %s is no number unless it is one', async (type, text, expected) => {
  expect(await value(type, text)).toEqual(expected)
})

test('a date that is none stays a text and is told', async () => {
  const { observation, issues } = await result('OBX|1|DT|LMP^末次月经||20260231||||||F')
  expect(observation).toMatchObject({ valueString: '20260231' })
  expect(issues).toEqual([['mapping-date-invalid', 'OBX-5']])
})

test.each([
  ['A^A型^99LAB', [{ system: `${OWN}/lab-answer-code`, code: 'A', display: 'A型' }], 'A型'],
  ['ECO^大肠埃希菌', [{ system: `${OWN}/lab-answer-code`, code: 'ECO', display: '大肠埃希菌' }], '大肠埃希菌'],
  [
    'P^阳性^99LAB^10828004^Positive^SCT',
    [
      { system: 'https://fhir-cn.example/CodeSystem/cn-lab-ordinal', code: 'positive', display: '阳性' },
      { system: `${OWN}/lab-answer-code`, code: 'P', display: '阳性' },
      { system: 'http://snomed.info/sct', code: '10828004', display: 'Positive' },
    ],
    '阳性',
  ],
  ['A^A型^99LAB^^^^^^A型（复核）', [{ system: `${OWN}/lab-answer-code`, code: 'A', display: 'A型' }], 'A型（复核）'],
])('the codes of an answer are kept beside its name: %s', async (text, coding, name) => {
  expect(await value('CWE', text)).toEqual({ valueCodeableConcept: { coding, text: name } })
})

test('a name without a code is a text or a grade, and several answers are all there', async () => {
  expect(await value('CE', '^未见异常')).toEqual({ valueString: '未见异常' })
  expect(await value('CE', '阳性')).toMatchObject({ valueCodeableConcept: { coding: [{ code: 'positive' }] } })
  expect(await value('CE', 'R^耐药~S^敏感')).toEqual({ valueString: '耐药(R)；敏感(S)' })
  expect(await value('CE', '^~^')).toMatchObject({ dataAbsentReason: {} })
})

test('two numbers are no range that ends below its beginning', async () => {
  expect(await value('NM', '27~25')).toEqual({ valueString: '27~25' })
  expect(await value('NM', '5.6~5.8')).toEqual({ valueRange: { low: { value: 5.6 }, high: { value: 5.8 } } })
})

test('each flag of several counts, a critical one too', async () => {
  const { observation, issues } = await result('OBX|1|NM|K^钾||7.1|mmol/L|3.5-5.5|HH~A^异常^HL70078|||F')
  expect(observation.interpretation).toMatchObject([{ coding: [{ system: FLAG, code: 'HH' }] }, { coding: [{ system: FLAG, code: 'A' }] }])
  expect(observation.extension).toMatchObject([{ url: 'https://fhir-cn.example/StructureDefinition/cn-critical-value' }])
  expect(issues).toEqual([])
  const strange = await result('OBX|1|NM|K^钾||7.1|mmol/L||H~怪|||F')
  expect(strange.observation.interpretation).toMatchObject([{ coding: [{ code: 'H' }] }, { text: '怪' }])
  expect(strange.issues).toEqual([['mapping-value-unknown', 'OBX-8']])
})

test.each([
  ['<', '<', 'Off scale low'],
  ['>', '>', 'Off scale high'],
  ['＜', '<', 'Off scale low'],
])('OBX-8 %s: beyond what the instrument can measure (HL7 table 0078), which is no critical value', async (flag, code, display) => {
  const { observation, issues } = await result(`OBX|1|NM|K^钾||7.1|mmol/L|3.5-5.5|${flag}|||F`)
  expect(observation.interpretation).toEqual([{ coding: [{ system: FLAG, code, display }], text: flag }])
  expect([observation.extension, issues]).toEqual([undefined, []])
})

test.each([
  ['718-7^Hemoglobin^LN^HGB^血红蛋白^99LAB', ['718-7', 'HGB'], '血红蛋白', []],
  ['HGB^血红蛋白^99LAB^718-7^Hemoglobin^LN', ['718-7', 'HGB'], '血红蛋白', []],
  ['718-7^Hemoglobin^LN', ['718-7'], 'Hemoglobin', []],
  ['X-Y^某项^LN', ['X-Y'], '某项', ['X-Y']],
])('LOINC that the sender says is LOINC: %s', async (item, codes, text, unmapped) => {
  const found = await result(`OBX|1|NM|${item}||132|g/L|130-175|N|||F`)
  expect(found.observation.code).toMatchObject({ coding: codes.map((code) => ({ code })), text })
  expect(found.unmapped).toEqual(unmapped)
  expect(found.unread).toEqual(unmapped.length > 0 ? ['OBX-3.3'] : [])
  const [first] = (found.observation.code as { coding: { system: string }[] }).coding
  expect(first?.system).toBe(unmapped.length > 0 ? `${OWN}/lab-item-code` : 'http://loinc.org')
})

test('a document inside is found whatever the separators are', async () => {
  const pdf = Buffer.from('%PDF-1.4 x').toString('base64')
  const { mapped } = await readAll(
    hospitalHl7v2,
    [
      'MSH$%@!*$HIS$0001$EAI$YILIAN$20260305103000$$ORU%R01$OD1$P$2.4$$$$$$UTF-8',
      'PID$1$$0001023456%%%0001%PI$$王建国$$19580312$M',
      'OBR$1$R9$EK2$ECG%心电图$$$20260305083000$$$$$$$$$$$$$$$20260305101500$$EC$F',
      `OBX$1$ED$PDF%报告$$HIS%Application%PDF%Base64%${pdf}$$$$$$F`,
    ].join('\r'),
    { context: context('hospital', 'H1') },
  )
  expect(plain(ofType(mapped[0], 'DiagnosticReport')[0]).presentedForm).toEqual([{ contentType: 'application/pdf', data: pdf }])
  expect(ofType(mapped[0], 'Observation')).toEqual([])
})
