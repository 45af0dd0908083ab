/** What several segments of one message say together: panels, cultures, diagnoses, orders, staff; by hand from HL7 v2.4, chapters 3, 4 and 7. */
import { expect, test } from '@jest/globals'
import { ofType, plain } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const obr = (set: number, no: string, standing: string, more = ''): string =>
  `OBR|${set}|SQ1|${no}|P${set}^项目${set}|||20260305090000|||||||||||||||20260305103000||MB|${standing}${more}`
const oru = (...segments: string[]): string => message('ORU^R01', '2.4', PATIENT, INPATIENT, ...segments)

test.each([
  ['F F', 'final', 'current'],
  ['F P', 'partial', 'current'],
  ['P F', 'partial', 'current'],
  ['F C', 'corrected', 'current'],
  ['C P', 'partial', 'current'],
  ['X F', 'final', 'current'],
  ['F D', 'final', 'current'],
  ['D D', 'entered-in-error', 'withdrawn'],
  ['X', 'cancelled', 'withdrawn'],
])('panels that are %s make a report that is %s', async (standings, status, state) => {
  const panels = standings.split(' ').flatMap((one, at) => [obr(at + 1, 'BG1', one), `OBX|1|NM|I${at}^项${at}||5`])
  const { record } = await read(oru(...panels))
  const [report] = ofType(record, 'DiagnosticReport')
  expect(report?.state).toBe(state)
  expect(plain(report)).toMatchObject({ status })
  expect(ofType(record, 'Observation').map((one) => one.state === 'withdrawn')).toEqual(
    standings.split(' ').map((one) => one === 'X' || one === 'D'),
  )
})

const CULTURE = [obr(1, 'M1', 'F'), 'OBX|1|CE|ORG^细菌|1|ECO^大肠埃希菌||||||F', 'OBX|2|CE|ORG^细菌|2|SAU^金黄色葡萄球菌||||||F']
const tested = (no: string, parent: string, of: string): string[] => [
  obr(2, no, 'F', `|ORG^${parent}|||SQ1^${of}`),
  'OBX|1|SN|AMK^阿米卡星||<=^2|ug/mL||S|||F',
]

test('susceptibilities under a number of their own belong to the organism of the culture that they name', async () => {
  const { record } = await read(oru(...CULTURE, ...tested('M1-2', '2', 'M1')))
  const found = ofType(record, 'Observation').map((one) => plain(one))
  expect(found[2]).toMatchObject({ derivedFrom: [{ $key: { parts: ['M1', 'ORG#2'] } }], interpretation: [{ coding: [{ code: 'S' }] }] })
  expect(record?.unread.filter((name) => /^OBR.*-2[69]/.test(name))).toEqual([])
})

test('of a culture that the message does not have, the link is told', async () => {
  const { record } = await read(oru(...tested('M1-2', '2', 'M1')))
  expect(plain(ofType(record, 'Observation')[0])).not.toHaveProperty('derivedFrom')
  expect(record?.unread).toEqual(expect.arrayContaining(['OBR-26.1', 'OBR-26.2', 'OBR-29.1', 'OBR-29.2']))
})

test('a disease that was suspected and found is confirmed, and the visit has it in both roles', async () => {
  const { record } = await read(
    message(
      'ADT^A03',
      '2.4',
      'EVN|A03|2026',
      PATIENT,
      INPATIENT,
      'DG1|1||E11.9^2型糖尿病||20260305|A',
      'DG1|2||E11.9^2型糖尿病||20260307|F',
    ),
  )
  expect(ofType(record, 'Condition').map((one) => plain(one))).toMatchObject([
    { verificationStatus: { coding: [{ code: 'confirmed' }] }, recordedDate: '2026-03-07' },
  ])
  expect(plain(ofType(record, 'Encounter')[0]).diagnosis).toMatchObject([
    { use: { coding: [{ code: 'AD' }] } },
    { use: { coding: [{ code: 'DD' }] } },
  ])
})

test.each([
  ['RP', '', 'revoked'],
  ['RU', 'A', 'revoked'],
  ['UA', '', 'revoked'],
  ['RO', '', 'active'],
  ['XO', 'HD', 'on-hold'],
  ['SC', 'CM', 'completed'],
])('an order with ORC-1 %s and ORC-5 %s is %s', async (control, state, status) => {
  const { record } = await read(message('ORM^O01', '2.4', PATIENT, INPATIENT, `ORC|${control}|O1|||${state}`, 'OBR|1|O1||US^超声'))
  expect(plain(ofType(record, 'ServiceRequest')[0])).toMatchObject({ status })
})

test('staff whose name is in two parts has the whole of it', async () => {
  const { record } = await read(
    message('ORM^O01', '2.4', PATIENT, 'PV1|1|I|||||||||||||||||ZY1', 'ORC|NW|O1||||||||||D1^诸葛^亮~D2^Smith^John', 'OBR|1|O1||US^超声'),
  )
  expect(plain(ofType(record, 'ServiceRequest')[0]).requester).toMatchObject({ $key: { parts: ['D1', '诸葛亮'] }, display: '诸葛亮' })
  expect(record?.unread).toEqual(['ORC-12[2].1', 'ORC-12[2].2', 'ORC-12[2].3'])
  const latin = await read(message('ORM^O01', '2.4', PATIENT, INPATIENT, 'ORC|NW|O1||||||||||D2^Smith^John', 'OBR|1|O1||US^超声'))
  expect(plain(ofType(latin.record, 'ServiceRequest')[0]).requester).toMatchObject({ display: 'John Smith' })
})

test('no report number: quarantined, since the patient alone is not what was sent; beside another report it is told', async () => {
  const unnumbered = [obr(2, '', 'F'), 'OBX|1|NM|WBC^白细胞||5||||||F']
  expect((await read(oru(...unnumbered))).reason).toMatchObject({ code: 'mapping-required', at: 'OBR-3' })
  const { record } = await read(oru(obr(1, 'BG1', 'F'), 'OBX|1|NM|K^钾||4||||||F', ...unnumbered))
  expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-required', at: 'OBR[2]-3' }])
  expect(['Observation', 'DiagnosticReport'].map((type) => ofType(record, type).length)).toEqual([1, 1])
})

test.each([
  ['P', []],
  ['P^T', []],
  ['T', ['MSH-11']],
  ['D', ['MSH-11']],
])('a message that is said to be %s', async (processing, unread) => {
  const text = message('ADT^A31', '2.4', 'EVN|A31|20260305', PATIENT).replace('|P|2.4', `|${processing}|2.4`)
  expect((await read(text)).record?.unread).toEqual(unread)
})
