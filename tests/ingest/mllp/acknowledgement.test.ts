/** Acknowledgements by HL7 v2.5.1, chapter 2.9 (modes) and 2.15 (MSH, MSA, ERR); expectations are written by hand. */
import { expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { readHeader } from '../../../mappings/parsers/hl7v2-header.ts'
import { zoneOf } from '../../../server/fhir/zone.ts'
import { acknowledge, isWanted, modeOf } from '../../../server/ingest/mllp/acknowledgement.ts'
import { errorOf } from '../../../server/ingest/mllp/errors.ts'

const message = (version: string, more = '') =>
  `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306081530||ORU^R01^ORU_R01|C1|P|${version}|${more}\rPID|1\r`
const ending = { id: 'A1', at: new Date('2026-03-06T00:15:31Z'), zone: zoneOf('Asia/Shanghai') }
const missing = errorOf('mapping-required', 'message 1: PID-3.1')

function answered(text: string, code: 'AA' | 'AE' | 'AR', errors = [] as (typeof missing)[]): string[] {
  return acknowledge(readHeader(Buffer.from(text)), { code, errors, ...ending })
    .toString('utf8')
    .split('\r')
}

test('a message is accepted: sender and receiver change places, event and control id come back', () => {
  expect(answered(message('2.4'), 'AA')).toEqual([
    'MSH|^~\\&|EAI|YILIAN|LIS|0001|20260306081531+0800||ACK^R01^ACK|A1|P|2.4',
    'MSA|AA|C1',
    '',
  ])
  expect(answered(message('2.3.1'), 'AA')[0]).toBe('MSH|^~\\&|EAI|YILIAN|LIS|0001|20260306081531+0800||ACK^R01|A1|P|2.3.1')
})

test('an error: ERR-1 up to v2.4, ERR-2 and following from v2.5 on', () => {
  const [zh, en] = [missing.zh, missing.en]
  expect(answered(message('2.4', '|||||UNICODE UTF-8'), 'AE', [missing])).toEqual([
    'MSH|^~\\&|EAI|YILIAN|LIS|0001|20260306081531+0800||ACK^R01^ACK|A1|P|2.4||||||UNICODE UTF-8',
    `MSA|AE|C1|${zh} / ${en}`,
    'ERR|PID^1^3^101&Required field missing&HL70357',
    '',
  ])
  expect(answered(message('2.5.1'), 'AE', [missing]).slice(1)).toEqual([
    'MSA|AE|C1',
    `ERR||PID^1^3^1^1|101^Required field missing^HL70357|E|mapping-required^^L||${en}|${zh}`,
    '',
  ])
  expect(answered(message('2.5.1'), 'AE', [errorOf('mapping-required', 'message 1: PV1')])[2]).toMatch(
    /^ERR\|\|PV1\|100\^Segment sequence error\^HL70357\|E\|/,
  )
  expect(answered(message('2.5'), 'AR', [errorOf('payload-type-unsupported', 'message 1: MSH-9')])[2]).toMatch(
    /^ERR\|\|MSH\^1\^9\|200\^Unsupported message type\^HL70357\|E\|/,
  )
})

test('of a sender whose charset is registered the header is read in it, as the message is', () => {
  const bytes = iconv.encode(message('2.4', '|||||BIG-5').replace('|LIS|', '|检验科|'), 'gb18030')
  expect(readHeader(bytes, 'gb18030')).toMatchObject({ charset: 'gb18030' })
  expect(readHeader(bytes, 'gb18030').field(3)).toBe('检验科')
})

test('the answer is in the separators and the charset of the message', () => {
  const text = message('2.5.1', '|||||GB 18030-2000').replaceAll('|', '#').replace('0001', '检验科')
  const answer = acknowledge(readHeader(iconv.encode(text, 'gb18030')), { code: 'AE', errors: [missing], ...ending, names: ['检验科'] })
  const lines = iconv.decode(answer, 'gb18030').split('\r')
  expect(lines[0]).toBe('MSH#^~\\&#EAI#YILIAN#LIS#检验科#20260306081531+0800##ACK^R01^ACK#A1#P#2.5.1######GB 18030-2000')
  expect(lines[2]).toContain(missing.zh)
})

test('what is no message is answered all the same', () => {
  expect(answered('no message', 'AR').slice(0, 2)).toEqual(['MSH|^~\\&|||||20260306081531+0800||ACK|A1|P|2.4', 'MSA|AR'])
  expect(answered('', 'AR')[1]).toBe('MSA|AR')
})

test('what cannot be what stands there does not go back: of a cut header PID is the rest', () => {
  const head = 'MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306081530||ORU^R01^ORU_R01|'
  const cut = `${head}LIS20260306^^^MPS^NI||王建国||19580312|M|||北京市朝阳区\rPV1|1|I\r`
  // What came to stand in MSH-15 and MSH-18 is asked for, and not copied.
  expect(answered(cut, 'AE').slice(0, 2)).toEqual([
    'MSH|^~\\&|EAI|YILIAN|LIS|0001|20260306081531+0800||ACK^R01^ACK|A1|P|2.4|||NE|NE||UNICODE UTF-8',
    'MSA|AE',
  ])
  expect(answered(`${head}LIS2026区示例街道 1 号||13800000001|M\r`, 'AE').join()).not.toMatch(/示例|138/)
  const sooner = 'MSH|^~\\&|LIS|0001|王建国||19580312|M|||北京市朝阳区|王\rPV1|1|I\r'
  expect(answered(sooner, 'AR').slice(0, 2)).toEqual(['MSH|^~\\&|||||20260306081531+0800||ACK|A1|P|2.4', 'MSA|AR'])
})

test('of swapped fields no name or number of a person goes back as a sender; codes of institutions and registered names do', () => {
  const parties = (facility: string, names: string[] = []) =>
    acknowledge(readHeader(Buffer.from(message('2.4').replace('0001', facility))), { code: 'AE', errors: [], ...ending, names })
      .toString('utf8')
      .split('|')
      .slice(2, 6)
  expect(parties('王建国')).toEqual(['EAI', 'YILIAN', 'LIS', ''])
  expect(parties('110100195803120019')).toEqual(['EAI', 'YILIAN', 'LIS', ''])
  expect(parties('13800000001')).toEqual(['EAI', 'YILIAN', 'LIS', ''])
  for (const code of ['H11010500001', '12110000000000001N', '0001^1.2.156.112636.1^ISO'])
    expect(parties(code)).toEqual(['EAI', 'YILIAN', 'LIS', code])
  expect(parties('示例医院', ['LIS', '示例医院'])).toEqual(['EAI', 'YILIAN', 'LIS', '示例医院'])
})

test.each<[string, ReturnType<typeof modeOf>]>([
  ['', { commit: undefined, application: 'AL' }],
  ['||AL|AL', { commit: 'AL', application: 'AL' }],
  ['||AL|NE', { commit: 'AL', application: 'NE' }],
  ['||NE|AL', { commit: 'NE', application: 'AL' }],
  ['||ER|SU', { commit: 'ER', application: 'SU' }],
  ['||AL', { commit: 'AL', application: 'NE' }],
  ['|||AL', { commit: 'NE', application: 'AL' }],
  ['||""|""', { commit: undefined, application: 'AL' }],
  ['||""|ER', { commit: 'NE', application: 'ER' }],
])('MSH-15 and MSH-16 of %s', (more, mode) => expect(modeOf(readHeader(Buffer.from(message('2.5.1', more))))).toEqual(mode))

test('conditions of HL7 table 0155', () => {
  const wanted = (condition: Parameters<typeof isWanted>[0]) => [isWanted(condition, true), isWanted(condition, false)]
  expect(wanted('AL')).toEqual([true, true])
  expect(wanted('NE')).toEqual([false, false])
  expect(wanted('SU')).toEqual([true, false])
  expect(wanted('ER')).toEqual([false, true])
  expect(wanted(undefined)).toEqual([false, false])
})
