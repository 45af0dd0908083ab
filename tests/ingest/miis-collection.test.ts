/**
 * Who refuses to be collected, in the insurance's messages: nothing is kept of those either that would leave nothing but their bytes (a
 * pre-settlement, an answer that tells of a failure, a copy of a query). A question about his reports is answered as about anybody.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { give } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

type Json = Record<string, unknown>
const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const PSN = '11000000000000000000012345'
const NUMBER = '110100195803120019'
/** Somebody else of whom the same is said. */
const OTHER: Record<string, string> = { [PSN]: '11000000000000000000099999', [NUMBER]: '310100196511080248', V1: 'V2' }

let server: TestServer
let mia = ''
let settled: { request: Json; response: Json & { output: Json } }
let no = 0

const send = (body: unknown): Promise<Answer> => server.call('POST', '/ingest/miis', { token: mia, body })
const kept = (): Promise<number[]> =>
  Promise.all(['payloads', 'quarantine', 'patient_numbers'].map((name) => server.running.store.table(SYSTEM, name).count({})))

beforeAll(async () => {
  server = await startTestServer()
  mia = await server.token('mia')
  settled = JSON.parse(await readFile(new URL('../fixtures/samples/miis/2304-inpatient-settlement.json', import.meta.url), 'utf8'))
  expect((await send(settled)).json.infcode).toBe('0')
  let patient = ''
  for await (const batch of server.running.store.stream(SYSTEM, 'Patient', { kind: 'everything' }))
    for (const { id, body } of batch) if (Buffer.from(body).includes(NUMBER)) patient = id
  await give(server, patient, { series: 'none', policy: 'OPTOUT', provision: { action: COLLECT } })
}, 60_000)
afterAll(() => server.stop())

const request = (infno: string, input: Json): Json => ({ ...settled.request, infno, msgid: `H1101050000120260313${++no}`, input })
const data = { psn_no: PSN, mdtrt_id: 'V1' }

test.each<[string, () => unknown]>([
  ['a settlement', () => ({ ...settled, request: { ...settled.request, msgid: 'again' } })],
  ['a pre-settlement, by the number of the person', () => request('2303', { mdtrtinfo: data })],
  ['one of a pharmacy, by a certificate without its kind', () => request('2101', { druginfo: { mdtrt_cert_no: NUMBER } })],
  ['a pre-settlement with its answer', () => ({ request: request('2206', {}), response: settled.response })],
  [
    'an answer that tells of a failure',
    () => ({ request: request('2304', { mdtrtinfo: data }), response: { ...settled.response, infcode: '-1' } }),
  ],
  ['a question who is insured', () => request('1101', { data: { mdtrt_cert_type: '02', mdtrt_cert_no: NUMBER } })],
  ['a copy of a query', () => ({ request: request('5301', { data: [{}, data] }), response: { ...settled.response, output: {} } })],
  ['fields without a node', () => request('4203', { psn_no: PSN, fixmedins_mdtrt_id: 'V1' })],
  ['a transaction that is unknown', () => request('9999', { data })],
])('%s: nothing is kept of it, but of somebody else it is', async (_, made) => {
  const text = JSON.stringify(made())
  const before = await kept()
  const { json, headers } = await send(text)
  expect([json.infcode, json.err_msg, json.output, headers.get('content-location')]).toEqual(['-1', 'message 1: 未入库', {}, null])
  expect(await kept()).toEqual(before)
  const others = Object.entries(OTHER).reduce((said, [his, hers]) => said.replaceAll(his, hers), text)
  await send(others)
  const [payloads = 0] = before
  expect((await kept())[0]).toBe(payloads + 1)
})

test.each([
  ['5401', 'bilgiteminfo', {}],
  ['5402', 'rptdetailinfo', { rpotc_no: 'R1', fixmedins_code: 'H11010500001' }],
  // Refused for what it lacks, and not for whom it names.
  ['5402', 'rptdetailinfo', {}],
])('%s is answered as about somebody who is nowhere: %j', async (infno, node, more) => {
  const [his, nobodys] = await Promise.all(
    [PSN, '11000000000000000000077777'].map(async (psn_no) => (await send(request(infno, { [node]: { psn_no, ...more } }))).json),
  )
  const said = ({ infcode, err_msg, warn_msg, output }: Json) => ({ infcode, err_msg, warn_msg, output })
  expect(said(his as Json)).toEqual(said(nobodys as Json))
})
