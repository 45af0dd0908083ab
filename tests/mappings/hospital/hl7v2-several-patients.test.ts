/** Messages with several PID; expectations by hand from the structures of HL7 v2.5.1 (ORU_R01, SIU_S12, OML_O21). */
import { expect, test } from '@jest/globals'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'

const ZHANG = 'PID|1||P001^^^0001^PI||张三||19800101|M'
const LI = 'PID|2||P002^^^0001^PI||李四||19810101|F'
const head = (type: string): string => `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260305103000||${type}|B1|P|2.5.1||||||UTF-8`
const result = (report: string, potassium: string): string[] => [
  `OBR|1|SQ${report}|${report}|K^钾|||20260305083000|||||||||||||||20260305101500||CH|F`,
  `OBX|1|NM|K^钾||${potassium}|mmol/L|3.5-5.3||||F`,
]
const read = (...segments: string[]) => readAll(hospitalHl7v2, segments.join('\r'), { context: context('hospital', 'H1') })

test('the results of each patient of an ORU are his own', async () => {
  const visits = ['PV1|1|I|||||||||||||||||ZY1', 'PV1|1|I|||||||||||||||||ZY2']
  const { mapped, rejected } = await read(
    ...[head('ORU^R01'), ZHANG, visits[0] as string, ...result('RA', '4.1'), LI, visits[1] as string, ...result('RB', '6.9')],
  )
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(mapped.map(({ at, deliveryId, patient }) => [at, deliveryId, patient?.local.map(({ value }) => value)])).toEqual([
    ['message 1', 'B1', ['P001', 'ZY1']],
    ['message 1 PID[2]', 'B1#2', ['P002', 'ZY2']],
  ])
  const of = mapped.map((record) => ofType(record, 'Observation').map((one) => plain(one)))
  expect(of).toMatchObject([
    [{ valueQuantity: { value: 4.1 }, encounter: { $key: { parts: ['ZY1'] } } }],
    [{ valueQuantity: { value: 6.9 }, encounter: { $key: { parts: ['ZY2'] } } }],
  ])
  expect(mapped.map((record) => ofType(record, 'Patient').map((one) => plain(one).birthDate))).toEqual([['1980-01-01'], ['1981-01-01']])
})

test('what is wrong with the second patient is named by its own place, and keeps nothing of the first from being stored', async () => {
  const { mapped, rejected } = await read(head('ORU^R01'), ZHANG, ...result('RA', '4.1'), LI)
  expect(mapped.map(({ patient }) => patient?.local[0]?.value)).toEqual(['P001'])
  expect(rejected.map(({ at, reason }) => [at, reason.code, reason.at])).toEqual([['message 1 PID[2]', 'mapping-required', 'OBR']])
  const two = await read(head('ORU^R01'), ZHANG, ...result('RA', '4.1'), LI, ...result('RB', '<')).then((found) => found.mapped[1])
  expect(two?.issues).toMatchObject([{ code: 'mapping-number-invalid', at: 'OBX[2]-5' }])
})

test.each([
  ['SIU^S12', ['SCH|1|2|||||||||^^^20260310090000^20260310093000', ZHANG, LI, 'RGS|1']],
  ['OML^O21', [ZHANG, 'ORC|NW|1', 'OBR|1|1||K^钾', LI, 'OBR|2|2||K^钾']],
  ['MDM^T02', [ZHANG, LI, 'TXA|1|C0034|TX|||||||||D1', 'OBX|1|TX|1||文']],
])('%s about two patients is quarantined: whose it is, is not said', async (type, segments) => {
  const { mapped, rejected } = await read(head(type), ...segments)
  expect(mapped).toEqual([])
  expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['payload-structure', 'PID[2]']])
})
