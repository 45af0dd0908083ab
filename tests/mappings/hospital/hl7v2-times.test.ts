/** Times with their precision beside them (TS.2, HL7 v2.3.1 to v2.5.1, 2.A.77); expectations by hand. */
import { expect, test } from '@jest/globals'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { context, ofType, plain, readAll } from '../support.ts'

const adt = (sent: string, birth: string, admitted: string): string =>
  [
    `MSH|^~\\&|HIS|0001|EAI|YILIAN|${sent}||ADT^A01|T1|P|2.3.1||||||UTF-8`,
    `EVN|A01|${sent}`,
    `PID|1||0001023456^^^0001^PI||王建国||${birth}|M`,
    `PV1|1|I|||||||||||||||||ZY1${'|'.repeat(25)}${admitted}`,
  ].join('\r')

const read = async (text: string) => {
  const { mapped, rejected } = await readAll(hospitalHl7v2, text, { context: context('hospital', 'H1') })
  expect(rejected).toEqual([])
  const [record] = mapped
  const { birthDate } = plain(ofType(record, 'Patient')[0])
  const [visit] = ofType(record, 'Encounter')
  return { birthDate, identity: record?.patient?.birthDate, period: plain(visit).period, stated: visit?.statedAt, ...record }
}

test('a precision beside a time is no part of it, and cuts off what does not count', async () => {
  const seconds = await read(adt('20260305103000^S', '19580312^D', '20260301083000^S'))
  expect(seconds).toMatchObject({
    ...{ birthDate: '1958-03-12', identity: '1958-03-12', period: { start: '2026-03-01T08:30:00+08:00' } },
    ...{ stated: '2026-03-05T02:30:00.000Z', issues: [], unread: [] },
  })
  expect(await read(adt('20260305103000^S', '19580101000000^Y', '202603010000^D'))).toMatchObject({
    ...{ birthDate: '1958', period: { start: '2026-03-01' }, issues: [], unread: [] },
  })
})

test('what stands beside a time and is no precision is told', async () => {
  const { period, unread } = await read(adt('20260305103000', '19580312', '20260301083000^20260302~20260303'))
  expect(period).toEqual({ start: '2026-03-01T08:30:00+08:00' })
  expect(unread).toEqual(['PV1-44.2', 'PV1-44[2]'])
})
