/**
 * What comes under a number alone is whose the number is: of a report that was refused the results are refused too, before it and after it, and so is what
 * comes under a card or a patient number that was refused with its identity number (formats.md D49).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { give, type Words, withdraw } from '../consent/resources.ts'
import { admission, type Admitted, valid } from '../linking/sending.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codesOf, documentsHolding, sentTo } from './sent-to-server.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const NOT_AT_ALL: Words = { series: 'none', policy: 'OPTOUT', provision: { action: COLLECT } }
const REFUSER = valid('11010119790307002')

let server: TestServer
let consent: Awaited<ReturnType<typeof give>>
beforeAll(async () => {
  server = await startTestServer()
  await table('TB_YL_PATIENT_INFORMATION', `0001,C77,0,${REFUSER},01,欧阳未来,2,19790307,2026-03-10 01:00:00,1`)
  consent = await give(server, await patientOf(REFUSER), NOT_AT_ALL)
}, 60_000)
afterAll(() => server.stop())

const HEADERS = {
  TB_YL_PATIENT_INFORMATION: 'YLJGYQDM,KH,KLX,ZJHM,ZJLX,XM,XB,CSRQ,YWSCSJ,XGBZ',
  TB_LIS_REPORT: 'YLJGYQDM,BGRQ,BGDH,JZLSH,MZZYBZ,KH,KLX,HZXM,BGSJ,BGDLBBM,BGDLB,XGBZ',
  TB_LIS_INDICATORS: 'YLJGYQDM,JYZBLSH,BGDH,BGRQ,SHSJ,JYZBDM,JYZBMC,JYZBJG,JLDW,XGBZ',
}
const report = (number: string, card = 'C77'): string => `0001,20260306,${number},-,1,${card},0,-,2026-03-06 08:15:00,2,血常规,1`
const result = (number: string, value: string): string =>
  `0001,${number}-1,${number},20260306,2026-03-06 08:15:00,WBC,白细胞计数,${value},10^9/L,1`

const send = (source: string, client: string, body: string, type: string, file: string): Promise<Answer> =>
  sentTo(server, { source, client, type, file }, body)
const table = (name: keyof typeof HEADERS, ...rows: string[]): Promise<Answer> =>
  send('rhip', 'ha', `${[HEADERS[name], ...rows].join('\n')}\n`, 'text/csv', `${name}.csv`)
const admit = (admitted: Admitted): Promise<Answer> => send('h1-his', 'h1-engine', admission(admitted), 'application/hl7-v2', 'm')

async function patientOf(number: string): Promise<string> {
  for await (const batch of server.running.store.stream(SYSTEM, 'Patient', { kind: 'everything' }))
    for (const { id, body } of batch) if (Buffer.from(body).includes(number)) return id
  throw new Error('no such patient')
}

/** Collections with a document in which the text stands. */
const holding = async (text: string): Promise<string[]> => Object.keys(await documentsHolding(server, text)).sort()

test('results that waited for their report go with it, out of the store and of the file in which others stand', async () => {
  await table('TB_YL_PATIENT_INFORMATION', '0001,C88,0,-,-,李秀兰,2,19651108,2026-03-10 01:00:00,1')
  await table('TB_LIS_REPORT', report('BG80', 'C88'))
  const receipt = await table('TB_LIS_INDICATORS', result('BG71', '71.17'), result('BG80', '80.08'))
  expect(codesOf(receipt)).toContain('waiting-for-patient')
  expect(await holding('71.17')).toEqual(['payloads', 'waiting_records'])
  expect(codesOf(await table('TB_LIS_REPORT', report('BG71')))).toContain('not-collected')
  expect(await holding('71.17')).toEqual([])
  expect(await holding('80.08')).toEqual(expect.arrayContaining(['Observation', 'payloads']))
})

test('results behind their report are refused', async () => {
  expect(codesOf(await table('TB_LIS_REPORT', report('BG72')))).toContain('not-collected')
  expect(codesOf(await table('TB_LIS_INDICATORS', result('BG72', '72.27')))).toContain('not-collected')
  expect(await holding('72.27')).toEqual([])
})

test('a patient number that was refused is known again without the identity number, unless it comes with another one', async () => {
  const refused = { pi: 'P77', name: '欧阳未来', birth: '19790307' }
  expect(codesOf(await admit({ ...refused, number: REFUSER }))).toContain('not-collected')
  expect(codesOf(await admit({ ...refused, address: '无证件登记' }))).toContain('not-collected')
  expect(await holding('无证件登记')).toEqual([])
  const number = valid('11010119820101004')
  expect(codesOf(await admit({ pi: 'P77', name: '司马同号', birth: '19820101', number }))).not.toContain('not-collected')
  expect(codesOf(await admit({ pi: 'P77', name: '司马同号', visit: 'V78' }))).not.toContain('not-collected')
})

test('a new record that the rule would link with a refuser by likeness is refused, one of whom a clerk would be asked is not', async () => {
  const number = valid('11010119680404004')
  const like = { name: '诸葛若兰', birth: '19680404', phone: '13900000068', address: '北京市海淀区示例路 8 号 6 单元 601' }
  await admit({ pi: 'P68', number, ...like })
  const refusal = await give(server, await patientOf(number), NOT_AT_ALL)
  expect(codesOf(await admit({ pi: 'P69', ...like, visit: 'VLIKE69' }))).toContain('not-collected')
  expect(await holding('VLIKE69')).toEqual([])
  const { address: _address, phone: _phone, ...less } = like
  expect(codesOf(await admit({ pi: 'P70', ...less, visit: 'VLIKE70' }))).not.toContain('not-collected')
  await withdraw(server, await patientOf(number), refusal)
  expect(codesOf(await admit({ pi: 'P71', ...like, visit: 'VLIKE71' }))).not.toContain('not-collected')
})

test('all of it comes in when the refusal is over', async () => {
  await withdraw(server, await patientOf(REFUSER), consent)
  expect(codesOf(await table('TB_LIS_INDICATORS', result('BG73', '73.37')))).toContain('waiting-for-patient')
  await table('TB_LIS_REPORT', report('BG73'))
  expect(await holding('73.37')).toEqual(expect.arrayContaining(['Observation']))
})
