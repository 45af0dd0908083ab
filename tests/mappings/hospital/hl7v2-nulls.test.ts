/** Explicit nulls (HL7 v2.4, 2.9.4): void what they stand for, or are told; expectations by hand. */
import { expect, test } from '@jest/globals'
import { ofType } from '../support.ts'
import { message, read } from './messages.ts'

const takenBack = async (pid: string, pv1 = 'PV1|1|I|||||||||||||||||ZY1') => {
  const { record } = await read(message('ADT^A08', '2.4', 'EVN|A08|20260305', `PID|1||0001023456^^^0001^PI||王建国||${pid}`, pv1))
  const [patient, visit] = ['Patient', 'Encounter'].map((type) => ofType(record, type)[0]?.without ?? [])
  return { patient, visit, unread: record?.unread }
}

test.each([
  ['19580312|M|||""', ['address'], []],
  ['""|""', ['gender', 'birthDate'], []],
  ['19580312|M|||||""|""', ['telecom'], []],
  ['19580312|M|||||""|010-1', [], []],
  ['19580312|M|||||""', [], ['PID-13']],
  ['19580312|M|||||138^""', [], ['PID-13.2']],
  [`19580312|M${'|'.repeat(11)}""`, [], ['PID-19']],
])('%s takes back %j of the patient and tells %j', async (pid, elements, unread) => {
  expect(await takenBack(pid)).toMatchObject({ patient: elements, unread })
})

test.each([
  ['PV1|1|I|0305^内分泌科^""||||||||||||||||ZY1', ['location'], []],
  ['PV1|1|I|""||||||||||||||||ZY1', ['serviceType', 'location'], []],
  ['PV1|1|I|||||""||||||||||||ZY1', [], ['PV1-7']],
  [`PV1|1|I|||||||||||||||||ZY1${'|'.repeat(26)}""`, ['period.end'], []],
])('%s takes back %j of the visit and tells %j', async (pv1, elements, unread) => {
  expect(await takenBack('19580312|M', pv1)).toMatchObject({ visit: elements, unread })
})

test('the null of a result is its value that is not there; that of its range is told', async () => {
  const { record } = await read(
    message(
      ...(['ORU^R01', '2.4', 'PID|1||0001023456^^^0001^PI||王建国||19580312|M'] as const),
      'OBR|1|SQ1|BG1|XCG^血常规|||20260305090000|||||||||||||||20260305103000||HM|C',
      'OBX|1|NM|WBC^白细胞||""|10^9/L|""|""|||C',
    ),
  )
  expect(ofType(record, 'Observation')[0]?.resource).toMatchObject({ dataAbsentReason: {}, status: 'corrected' })
  expect(record?.unread).toEqual(['OBX-7'])
})
