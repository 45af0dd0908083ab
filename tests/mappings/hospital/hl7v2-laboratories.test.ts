/** OUL^R21 to R24 and ORU^R30 to R32; expectations are written by hand from the grammars of HL7 v2.4 (7.3.3) and v2.5.1 (7.3.4 to 7.3.8). */
import { expect, test } from '@jest/globals'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { ofType, plain } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const OBR = (at: number, number: string, panel: string): string =>
  `OBR|${at}|SQ${number}|BG${number}|${panel}^L|||20260306063000|||||||||||||||20260306081500||HM|F`
const OBX = (at: number, item: string, value: string): string => `OBX|${at}|NM|${item}^L||${value}|10^9/L|||||F`

interface Report {
  identifier: { value: string }[]
  specimen?: { $key: { parts: string[] } }[]
  result?: { $key: unknown }[]
}
const numberOf = (one: Parameters<typeof plain>[0]): string =>
  String((plain(one) as { valueQuantity: { value: unknown } }).valueQuantity.value)

/** Of each report its number, the specimen that it names, and its values. */
function reportsOf(record: MappedRecord | undefined): unknown[] {
  const values = new Map(ofType(record, 'Observation').map((one) => [JSON.stringify(one.key), numberOf(one)]))
  return ofType(record, 'DiagnosticReport').map((one) => {
    const { identifier, specimen, result } = plain(one) as unknown as Report
    return [identifier[0]?.value, specimen?.[0]?.$key.parts, (result ?? []).map(({ $key }) => values.get(JSON.stringify($key)))]
  })
}

test.each(['ORU^R30', 'ORU^R31', 'ORU^R32'])('%s: a result of a point of care is one like any other', async (type) => {
  const { record } = await read(
    message(
      type,
      '2.5.1',
      PATIENT,
      INPATIENT,
      'ORC|NW||BG1',
      'OBR|1||BG1|GLU^床旁血糖^L|||20260306063000|||||||||||||||20260306063100|||F',
      OBX(1, 'GLU^葡萄糖', '6.1'),
    ),
  )
  expect(record?.issues).toEqual([])
  expect(reportsOf(record)).toEqual([['BG1', undefined, ['6.1']]])
  expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ status: 'final', encounter: { $key: { parts: ['ZY1'] } } })
})

test('OUL^R21 of v2.4: the order stands before its results', async () => {
  const { record } = await read(
    message('OUL^R21', '2.4', PATIENT, INPATIENT, 'SAC|||G1', 'ORC|RE|SQ1|BG1', OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')),
  )
  expect(reportsOf(record)).toEqual([['BG1', undefined, ['5.1']]])
  // The container is told as not read.
  expect(record?.unread).toContain('SAC-3')
})

test.each([
  ['OUL^R22', []],
  ['OUL^R23', ['SAC|||G1']],
])('%s: each specimen with what was measured in it, and none with the next one’s', async (type, container) => {
  const { record } = await read(
    message(
      type,
      '2.5.1',
      ...[PATIENT, INPATIENT],
      ...['SPM|1|BB1||BLD^全血|||||||||||||20260306063000', ...container],
      ...[OBR(1, '1', 'XCG^血常规'), 'ORC|RE|SQ1|BG1', OBX(1, 'WBC^白细胞', '5.1'), OBX(2, 'PLT^血小板', '210')],
      ...[OBR(2, '2', 'CRP^C反应蛋白'), 'ORC|RE|SQ2|BG2', OBX(1, 'CRP^C反应蛋白', '8.3')],
      ...['SPM|2|BB2||UR^尿液', 'OBX|1|ST|COL^颜色^L||黄|||||F', ...container],
      ...[OBR(3, '3', 'NCG^尿常规'), OBX(1, 'SG^比重', '1.015')],
    ),
  )
  expect(record?.issues).toEqual([])
  expect(reportsOf(record)).toEqual([
    ['BG1', ['BB1'], ['5.1', '210']],
    ['BG2', ['BB1'], ['8.3']],
    ['BG3', ['BB2'], ['1.015']],
  ])
  expect(ofType(record, 'Specimen').map((one) => (plain(one) as unknown as Report).identifier[0]?.value)).toEqual(['BB1', 'BB2'])
  // What is seen of the specimen itself is no result of a panel: it is told as not read.
  expect(record?.unread).toContain('OBX[4]-5')
})

test('OUL^R22 whose OBR has no number takes that of the ORC behind it', async () => {
  const { record } = await read(
    message('OUL^R22', '2.5.1', PATIENT, 'SPM|1|BB1||BLD^全血', 'OBR|1|||XCG^血常规^L', 'ORC|RE|SQ1|BG1', OBX(1, 'WBC^白细胞', '5.1')),
  )
  expect(reportsOf(record)).toEqual([['BG1', ['BB1'], ['5.1']]])
})

test('OUL^R24: the specimen stands behind its order', async () => {
  const { record } = await read(
    message(
      'OUL^R24',
      '2.5.1',
      ...[PATIENT, INPATIENT],
      ...[OBR(1, '1', 'XCG^血常规'), 'ORC|RE|SQ1|BG1', 'SPM|1|BB1||BLD^全血', OBX(1, 'WBC^白细胞', '5.1')],
      ...[OBR(2, '2', 'NCG^尿常规'), 'ORC|RE|SQ2|BG2', 'SPM|1|BB2||UR^尿液', OBX(1, 'SG^比重', '1.015')],
    ),
  )
  expect(reportsOf(record)).toEqual([
    ['BG1', ['BB1'], ['5.1']],
    ['BG2', ['BB2'], ['1.015']],
  ])
})

test('one without OBR was cut', async () => {
  for (const type of ['OUL^R22', 'ORU^R30']) {
    expect((await read(message(type, '2.5.1', PATIENT, 'SPM|1|BB1'))).reason).toMatchObject({ code: 'mapping-required', at: 'OBR' })
  }
})
