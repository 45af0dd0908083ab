/** The quality of senders is for operators, and tells of no person (L45, L46, L75). */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { comparable } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const body = new Uint8Array(await readFile(new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url)))
  const token = await server.token('h1-engine')
  const sent = await server.call('POST', '/ingest/h1-lis', { token, body, headers: { 'Content-Type': 'application/hl7-v2' } })
  expect(sent.status).toBe(200)
}, 60_000)
afterAll(() => server.stop())

const ask = async (client: string, query = '', parameters = {}): Promise<Answer> =>
  server.call('GET', `/ingest/quality${query}`, { token: await server.token(client, parameters) })

test('an operator sees counts, and nothing of persons, records or payloads', async () => {
  const answer = await ask('loader', '?source=h1-lis')
  expect([answer.status, answer.json.sources.length, answer.json.sources[0].records]).toEqual([200, 1, 1])
  expect(Object.keys(answer.json.sources[0])).toEqual(
    expect.arrayContaining(['source', 'organization', 'records', 'sound', 'withIssues', 'refused', 'quality', 'days', 'issues']),
  )
  for (const issue of answer.json.sources[0].issues)
    expect(Object.keys(issue).every((key) => ['code', 'rule', 'profile', 'records'].includes(key))).toBe(true)
  // Name, numbers of the patient, of the report and of the message.
  for (const secret of ['王', '0001023456', '110100195803120019', 'BG2026030600077', 'LIS202603060077', 'ZY20260305001'])
    expect(answer.text).not.toContain(secret)
  const stored = JSON.stringify(await server.running.store.table(SYSTEM, 'source_quality').find({}))
  expect(stored).toContain('h1-lis')
  for (const secret of ['王', '0001023456', '110100195803120019', 'BG2026030600077', 'LIS202603060077'])
    expect(stored).not.toContain(secret)
})

test.each<[string, object]>([
  ['h1-engine', {}],
  ['h2-engine', {}],
  ['auditor', {}],
  ['researcher', {}],
  ['patient-app', { patient: 'nobody' }],
])('%s is refused, whatever there is', async (client, parameters) => {
  const answers = []
  for (const query of ['', '?source=h1-lis', '?source=nobody', '?from=x']) answers.push(await ask(client, query, parameters))
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  expect(new Set(answers.map((answer) => comparable(answer))).size).toBe(1)
})

test('without a token nothing', async () => {
  expect((await server.call('GET', '/ingest/quality')).status).toBe(401)
})

test('who looked is on record before the answer leaves', async () => {
  await ask('loader', '?source=h1-lis')
  const token = await server.token('loader')
  const found = await server.call('GET', '/fhir/AuditEvent?_sort=-date&_count=3', { token })
  expect(found.text).toContain('ingest-quality')
})

test.each([
  ['?from=2026-02-30', 400],
  ['?from=yesterday', 400],
  ['?from=2026-03-02&to=2026-03-01', 400],
  ['?from=2020-01-01&to=2026-03-01', 400],
  ['?source=nobody', 404],
  ['?from=2026-03-01&to=2026-03-01', 200],
])('%s is %i', async (query, status) => {
  expect((await ask('loader', query)).status).toBe(status)
})
