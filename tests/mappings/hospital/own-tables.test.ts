/** A hospital's own places of fields (fields.csv, values.csv) and identifiers of documents (codes.csv): what they do, and what is wrong with them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { hospitalCda, hospitalCdaIn } from '../../../mappings/hospital/cda/index.ts'
import { type OwnCode, problemsOfCodes } from '../../../mappings/hospital/cda/own-codes.ts'
import { hospitalHl7v2In } from '../../../mappings/hospital/hl7v2/index.ts'
import { type MovedField, type OwnValue, problemsOfFields } from '../../../mappings/hospital/hl7v2/own-fields.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { readFolders } from '../../../server/ingest/dialects.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { INPATIENT, message, PATIENT } from './messages.ts'
import { invalid, unresolved } from './rules.ts'

const DIALECTS = fileURLToPath(new URL('../../fixtures/dialects', import.meta.url))
const folders = readFolders(DIALECTS)

async function read(text: string, tables: { moves?: MovedField[]; values?: OwnValue[] }): Promise<MappedRecord> {
  const mapping = hospitalHl7v2In({ id: 'place', fields: [], ...tables })
  const { mapped } = await readAll(mapping, iconv.encode(text, 'gb18030'), { context: context('hospital', 'H1') })
  expect([...mapped.flatMap(brokenRules), ...mapped.flatMap(unresolved), ...mapped.flatMap(invalid)]).toEqual([])
  return mapped[0] as MappedRecord
}

const OBR = 'OBR|1|S1|BG1|XCG^血常规|||20260306063000|||||||||||SQ9||||20260306081500|||F'
const result = (...obx: string[]): string => message('ORU^R01', '2.4', PATIENT, INPATIENT, OBR, ...obx)
const UNIT: MovedField[] = [{ from: 'OBX-5', to: 'OBX-6', as: 'unit' }]

describe('fields', () => {
  test.each<[sent: string, unit: string, value: object]>([
    ['5.6 mmol/L', '', { valueQuantity: { value: 5.6, code: 'mmol/L' } }],
    ['<0.5mg/L', '', { valueQuantity: { value: 0.5, comparator: '<', code: 'mg/L' } }],
    ['12.5%', '', { valueQuantity: { value: 12.5, code: '%' } }],
    ['6.5 10^9/L', '', { valueQuantity: { value: 6.5, code: '10*9/L' } }],
    ['210X10^9/L', '', { valueQuantity: { value: 210, unit: 'X10^9/L', code: '10*9/L' } }],
    ['210 10⁹/L', '', { valueQuantity: { value: 210, code: '10*9/L' } }],
    ['6.5×10^9/L', '', { valueQuantity: { value: 6.5, code: '10*9/L' } }],
    // Another unit is sent, or none that is known: as it came.
    ['5.6 mmol/L', 'g/L', { valueString: '5.6 mmol/L' }],
    ['3 次', '', { valueString: '3 次' }],
    ['阳性', '', { valueCodeableConcept: {} }],
    ['1:320', '', { valueRatio: {} }],
  ])('a unit behind the number: %s with %j', async (sent, unit, value) => {
    const record = await read(result(`OBX|1|ST|X^某项||${sent}|${unit}|||||F`), { moves: UNIT })
    expect(plain(ofType(record, 'Observation')[0])).toMatchObject(value)
  })

  test('a number of the patient beside those of PID-3, and what is empty moves nothing', async () => {
    const moves = [{ from: 'ZPI-4', to: 'PID-3', as: 'NI' }]
    const known = await read(message('ADT^A01', '2.4', 'EVN|A01', PATIENT, INPATIENT, 'ZPI|1|||110100195803120019'), { moves })
    expect(known.patient).toMatchObject({
      legal: { type: '01', number: '110100195803120019' },
      local: [{ kind: 'PI', value: '0001023456' }, {}],
    })
    expect(known.unread).toEqual(['ZPI-1'])
    const empty = await read(message('ADT^A01', '2.4', 'EVN|A01', PATIENT, INPATIENT, 'ZPI|1|||'), { moves })
    expect(empty.patient).not.toHaveProperty('legal')
  })

  test('a field that is read from elsewhere goes before what stands in its place, which is told as unread', async () => {
    const record = await read(result('OBX|1|NM|WBC^白细胞||5|10^9/L|||||F'), { moves: [{ from: 'OBR-18', to: 'OBR-2', as: '' }] })
    expect(JSON.stringify(ofType(record, 'ServiceRequest')[0])).toContain('SQ9')
    expect(JSON.stringify(record.resources)).not.toContain('"S1"')
    expect(record.unread).toContain('OBR-2')
    expect(record.unread).not.toContain('OBR-18')
  })

  test('two words that are each other’s codes are not mixed up', async () => {
    const values = [
      { field: 'PID-8', sent: 'F', means: 'M' },
      { field: 'PID-8', sent: 'M', means: 'F' },
    ]
    const record = await read(message('ADT^A01', '2.4', 'EVN|A01', PATIENT, INPATIENT), { values })
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({ gender: 'female' })
  })

  test('a hospital’s word for the type of a number, among several', async () => {
    const pid = PATIENT.replace('^PI|', '^PI~110100195803120019^^^^身份证|')
    const record = await read(message('ADT^A01', '2.4', 'EVN|A01', pid, INPATIENT), {
      values: [{ field: 'PID-3.5', sent: '身份证', means: 'NI' }],
    })
    expect(record.patient).toMatchObject({
      legal: { type: '01', number: '110100195803120019' },
      local: [{ kind: 'PI', value: '0001023456' }, {}],
    })
  })

  test('a type of a number that is no word of the standard is told where it tells nothing apart', async () => {
    const unknown = async (numbers: string): Promise<[kinds: unknown, told: string[]]> => {
      const pid = PATIENT.replace('0001023456^^^0001^PI', numbers)
      const { patient, issues, unread } = await read(message('ADT^A01', '2.4', 'EVN|A01', pid, INPATIENT), {})
      expect(unread).toEqual([])
      return [patient?.local.map(({ kind }) => kind), issues.map(({ code, at }) => `${code} ${at}`)]
    }
    // Without a line of values.csv nobody is known by such a number: the message waits for its visit.
    expect(await unknown('MZ1^^^^门诊号')).toEqual([['VISIT'], ['mapping-value-unknown PID-3.5']])
    expect(await unknown('MZ1^^^^MZHM')).toEqual([['VISIT'], ['mapping-value-unknown PID-3.5']])
    expect(await unknown('1^^^^PI~G1^^^^工作证号')).toEqual([['PI', 'VISIT'], ['mapping-value-unknown PID-3[2].5']])
    // One of the standard's that links nobody stays under its own name.
    expect(await unknown('1^^^^PI~D1^^^^DL')).toEqual([['PI', 'VISIT'], []])
    expect(await unknown('1^^^^PI~2')).toEqual([['PI', 'VISIT'], []])
  })

  test('words of the hospital’s for codes of the standard', async () => {
    const values = [
      { field: 'PV1-2', sent: '日间', means: 'O' },
      { field: 'OBX-11', sent: '审', means: 'F' },
    ]
    const text = result('OBX|1|NM|WBC^白细胞||5|10^9/L|||||审').replace('PV1|1|I|', 'PV1|1|日间|')
    const record = await read(text, { values })
    expect(plain(ofType(record, 'Observation')[0])).toMatchObject({ status: 'final' })
    expect(record.unmapped.map(({ map }) => map)).not.toContain('hl7-patient-class')
  })
})

describe('a Z segment for each diagnosis or allergy', () => {
  const moves: MovedField[] = [
    { from: 'ZDG-2', to: 'DG1-3.1', as: '' },
    { from: 'ZDG-3', to: 'DG1-3.2', as: '' },
    { from: 'ZDG-4', to: 'DG1-6', as: '' },
    { from: 'ZAL-2', to: 'AL1-3', as: '' },
  ]
  const values = [{ field: 'DG1-6', sent: '出院', means: 'F' }]
  const ZDG = ['ZDG|1|K35.900|急性阑尾炎|出院', 'ZDG|2|E11.900|2型糖尿病|A']

  test('is one segment of the standard, beside those that are sent as such', async () => {
    const sent = ['DG1|1||I10.x00^高血压', ...ZDG, 'ZAL|1|青霉素^青霉素类']
    const record = await read(message('ADT^A01', '2.4', 'EVN|A01', PATIENT, INPATIENT, ...sent), { moves, values })
    const conditions = ofType(record, 'Condition').map((one) => plain(one))
    expect(conditions.map(({ code, verificationStatus }) => [code, verificationStatus])).toMatchObject([
      // What is confirmed comes first.
      [{ coding: [{ code: 'K35.900' }], text: '急性阑尾炎' }, { coding: [{ code: 'confirmed' }] }],
      [{ coding: [{ code: 'I10.x00' }], text: '高血压' }, undefined],
      [{ coding: [{ code: 'E11.900' }], text: '2型糖尿病' }, { coding: [{ code: 'provisional' }] }],
    ])
    expect((plain(ofType(record, 'Encounter')[0]).diagnosis as unknown[]).length).toBe(3)
    expect(JSON.stringify(ofType(record, 'AllergyIntolerance')[0])).toContain('青霉素类')
    expect(record.unread).toEqual(['ZDG[1]-1', 'ZDG[2]-1', 'ZAL-1'])
  })

  test('of which nothing is moved is none, and what is wrong with one has its number among them', async () => {
    const sent = ['ZDG|1|||', 'ZDG|2|K35.900|急性阑尾炎|X']
    const record = await read(message('ADT^A01', '2.4', 'EVN|A01', PATIENT, INPATIENT, ...sent), { moves, values })
    expect(ofType(record, 'Condition')).toHaveLength(1)
    expect(record.issues.map(({ code, at }) => `${code} ${at}`)).toEqual(['mapping-value-unknown DG1-6'])
  })

  test('nothing is wrong with such lines', () => expect(problemsOfFields({ moves, values })).toEqual([]))
})

const MOVE: MovedField = { from: 'OBR-18', to: 'OBR-2', as: '' }
test.each<[Partial<MovedField>, RegExp]>([
  [{ from: 'OBR' }, /OBR is no field such as OBR-18/],
  [{ to: 'obr-2' }, /obr-2 is no field/],
  [{ from: 'MSH-4', to: 'PID-3', as: 'NI' }, /fields of MSH/],
  [{ from: 'ZPI-4', to: 'OBR-2' }, /within its segment, or to PID, PV1, PV2; one of a Z segment to DG1, AL1 as well/],
  [{ from: 'OBR-18', to: 'DG1-3' }, /within its segment/],
  [{ from: 'ZPI-4', to: 'PID-3' }, /needs its type, such as NI/],
  [{ from: 'ZPI-4', to: 'PID-3.1', as: 'NI' }, /to PID-3 as a whole/],
  [{ as: 'NI' }, /OBR-2 has no type/],
  [{ as: 'unit' }, /OBX-5 to OBX-6 alone/],
])('fields.csv: %j is wrong, and the line is named', (change, en) => {
  const moves = [
    { from: 'PID-18', to: 'PV1-19', as: '' },
    { ...MOVE, ...change },
  ]
  expect(problemsOfFields({ moves, values: [] })).toMatchObject([
    { file: 'fields.csv', line: 3, en: expect.stringMatching(en), zh: expect.stringMatching(/\p{Script=Han}/u) },
  ])
})

test('fields.csv and values.csv: what comes twice, what is empty', () => {
  const values = [
    { field: 'PID-8', sent: '男', means: 'M' },
    { field: 'PID-8', sent: '男', means: 'F' },
    { field: 'PID-8', sent: '', means: 'F' },
    { field: 'SEX', sent: '女', means: 'F' },
  ]
  expect(problemsOfFields({ moves: [MOVE, MOVE], values }).map(({ file, line, en }) => `${file}:${line} ${en}`)).toEqual([
    'fields.csv:3 repeats line 2',
    'values.csv:3 repeats line 2',
    'values.csv:4 what is sent and what it means must both be there',
    'values.csv:5 SEX is no field such as PID-8',
  ])
})

describe('identifiers of documents', () => {
  const sample = readFileSync(new URL('../../fixtures/samples/hospital/cda/C0007.xml', import.meta.url), 'utf8')
  const [xiehe] = folders.documents
  /** As the vendor writes it. */
  const own = sample
    .replaceAll('"2.16.156.10011.2.1.1.27"', '"1.2.156.9999.7.7"')
    .replaceAll('"2.16.156.10011.1.3"', '"1.2.156.9999.1.1"')
    .replaceAll('"2.16.156.10011.1.13"', '"1.2.156.9999.1.3"')
    .replaceAll('"2.16.156.10011.1.12"', '"1.2.156.9999.1.2"')
    .replaceAll('<section><code code="30954-2"', '<section><code code="S-JY"')
    .replaceAll('code="DE04.30.019.00" codeSystem="2.16.156.10011.2.2.1"', 'code="LAB-ITEM" codeSystem="1.2.156.9999.3"')
    .replace('<code code="C0007" codeSystem="2.16.156.10011.2.4"/>', '<code code="77" codeSystem="1.2.156.9999.2"/>')
  const what = async (text: string, mapping = hospitalCda) => {
    const { mapped, rejected } = await readAll(mapping, text, { context: context('hospital', 'H1') })
    const [record] = mapped
    const kept = (record?.resources ?? [])
      .map(plain)
      .filter(({ resourceType }) => resourceType !== 'Binary' && resourceType !== 'DocumentReference')
    // The original has another size where its identifiers are shorter.
    const resources = JSON.parse(JSON.stringify(kept).replace(/"size":\d+/g, '"size":0')) as object[]
    return { rejected: rejected.map(({ reason }) => reason.code), patient: record?.patient, resources, unread: record?.unread }
  }

  test('a document is read as the same with the national ones, and not without the table', async () => {
    expect(own).not.toContain('C0007"')
    expect(await what(own)).toMatchObject({ rejected: ['payload-type-unsupported'] })
    const [asSent, standard] = [await what(own, hospitalCdaIn(xiehe as NonNullable<typeof xiehe>)), await what(sample)]
    expect(standard.resources.length).toBeGreaterThan(5)
    expect(asSent).toEqual(standard)
  })

  test('by the code of the document as well, and the original stays as it was sent', async () => {
    const document = readFileSync(new URL('../../fixtures/samples/hospital/cda/C0049.xml', import.meta.url), 'utf8').replace(
      'code="C0049"',
      'code="EMR-CYJL"',
    )
    const { mapped } = await readAll(hospitalCdaIn(xiehe as NonNullable<typeof xiehe>), document, { context: context('hospital', 'H1') })
    expect(mapped[0]?.recordType).toBe('C0049')
    const [binary] = ofType(mapped[0], 'Binary').map(plain)
    expect(Buffer.from(String(binary?.data), 'base64').toString()).toBe(document)
  })

  const CODE: OwnCode = { what: 'oid', sent: '1.2.3', means: '2.16.156.10011.1.13' }
  test.each<[Partial<OwnCode>, RegExp]>([
    [{ what: 'root' }, /there is no root; known: oid, template, document, section, element/],
    [{ sent: 'abc' }, /what is sent must be an OID/],
    [{ means: 'mrn' }, /must be an OID such as/],
    [{ what: 'document', means: 'CYJL' }, /a kind of document such as C0049/],
    [{ what: 'document', means: 'C0099' }, /there is no document C0099/],
    [{ what: 'section', means: 'S1' }, /a LOINC code/],
    [{ what: 'element', means: 'DE1' }, /a data element such as/],
    [{ sent: '1.2.4' }, /repeats line 2/],
  ])('codes.csv: %j is wrong, and the line is named', (change, en) => {
    const found = problemsOfCodes([
      { ...CODE, sent: '1.2.4' },
      { ...CODE, ...change },
    ])
    expect(found).toMatchObject([{ line: 3, en: expect.stringMatching(en), zh: expect.stringMatching(/\p{Script=Han}/u) }])
  })
})
