/** The inbox is the operators' and the sources' own; raw bytes are for who answers for them, and to everybody else what is there is as what is not. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { comparable } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SECRETS = /王建国|110100195803120019|0001023456|BG2026030600077|ZY20260305001/
let server: TestServer
let payload: string
let part: string
beforeAll(async () => {
  server = await startTestServer()
  const body = await readFile(new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url))
  const token = await server.token('h1-engine')
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const sent = await server.call('POST', '/ingest/h1-lis', { token, body: new Uint8Array(body), headers })
  payload = String(sent.json.id)
  const broken = body.toString().replace(/^OB[RX].*$/gm, '')
  await server.call('POST', '/ingest/h1-lis', { token, body: broken, headers })
  const list = await server.call('GET', '/ingest/quarantine', { token: await server.token('loader') })
  part = list.json.items[0].id
}, 60_000)
afterAll(() => server.stop())

const call = async (client: string, parameters: object, path: string, method = 'GET'): Promise<Answer> =>
  server.call(method, path, { token: await server.token(client, parameters) })
const absent = (id: string): string => '0'.repeat(id.length)

const STRANGERS: [client: string, parameters: object][] = [
  ['h2-engine', {}],
  ['mia', {}],
  ['ha', {}],
  ['researcher', { data_form: 'PSEUD' }],
  ['h1-ward', { user: 'Practitioner/d' }],
  ['h1-clerk', {}],
  ['patient-app', { patient: 'nobody' }],
]

test.each(STRANGERS)('%s finds nothing, counts nothing, and learns of no id', async (client, parameters) => {
  const lists = ['/ingest/inbox', '/ingest/inbox?source=h1-lis', '/ingest/inbox/senders?source=h1-lis', '/ingest/inbox/alerts']
  for (const path of lists) {
    const answer = await call(client, parameters, path)
    if (answer.status === 200) expect([path, answer.text.includes('h1-lis')]).toEqual([path, false])
    else expect([path, answer.status]).toEqual([path, 403])
    expect(answer.text).not.toMatch(SECRETS)
    // A source that is hidden is as one that was never configured.
    const other = await call(client, parameters, path.replace('h1-lis', 'h9-lis'))
    expect(comparable(other)).toBe(comparable(answer))
  }
  for (const [path, id] of [
    [`/ingest/h1-lis/payloads/${payload}/$raw`, payload],
    [`/ingest/quarantine/${part}/$raw`, part],
  ] as const) {
    const answer = await call(client, parameters, path)
    expect([path, answer.status === 403 || answer.status === 404, SECRETS.test(answer.text)]).toEqual([path, true, false])
    expect(comparable(await call(client, parameters, path.replace(id, absent(id))), absent(id))).toBe(comparable(answer, id))
  }
  const raw = await call(client, parameters, `/ingest/h1-lis/payloads/${payload}/$raw`)
  const nowhere = await call(client, parameters, `/ingest/h9-lis/payloads/${payload}/$raw`)
  expect(comparable(nowhere)).toBe(comparable(raw))
})

test.each(['h1-engine', 'auditor', 'mia', 'h2-engine'])('%s plays nothing again and sees no job', async (client) => {
  for (const [method, path] of [
    ['POST', '/ingest/inbox/$replay'],
    ['POST', '/ingest/inbox/$replay?source=nobody'],
    ['GET', '/ingest/inbox/replays'],
    ['GET', '/ingest/inbox/replays/x'],
    ['DELETE', '/ingest/inbox/replays/x'],
  ] as const)
    expect([path, (await call(client, {}, path, method)).status]).toEqual([path, 403])
})

test('an operator and the sender see that it came, and not what it says', async () => {
  for (const client of ['loader', 'h1-engine']) {
    const list = await call(client, {}, '/ingest/inbox?source=h1-lis')
    expect([list.status, list.json.total, SECRETS.test(list.text)]).toEqual([200, 2, false])
    for (const path of [`/ingest/h1-lis/payloads/${payload}/$raw`, `/ingest/quarantine/${part}/$raw`]) {
      const raw = await call(client, {}, path)
      expect([client, raw.status, SECRETS.test(raw.text)]).toEqual([client, 403, false])
    }
  }
})

test('the raw view needs the form, the purpose and the scope in which all of it may be read', async () => {
  const path = `/ingest/h1-lis/payloads/${payload}/$raw`
  expect((await call('auditor', {}, path)).text).toMatch(SECRETS)
  expect((await call('h1-admin', {}, path)).text).toMatch(SECRETS)
  for (const parameters of [{ data_form: 'PSEUD' }, { scope: 'system/Patient.rs' }]) {
    const answer = await call('auditor', parameters, path)
    expect([parameters, answer.status >= 400, SECRETS.test(answer.text)]).toEqual([parameters, true, false])
  }
  const glass = await call('h1-admin', { purpose_of_use: 'BTG', break_glass_reason: '抢救' }, path)
  expect([glass.status >= 400, SECRETS.test(glass.text)]).toEqual([true, false])
})

test('a look at what could not be stored stands in the account of who is in it', async () => {
  const store = server.running.store
  let patient = ''
  for await (const batch of store.stream(systemDecision('test'), 'Patient', { kind: 'everything' }))
    for (const { id, body } of batch) if (Buffer.from(body).includes('0001023456')) patient ||= id
  const looks = async (): Promise<number> => {
    const account = await call('patient-app', { patient }, '/fhir/AuditEvent?_count=100')
    return account.text.split('"ingest-raw"').length - 1
  }
  const list = await call('loader', {}, '/ingest/quarantine')
  const before = await looks()
  expect((await call('auditor', {}, `/ingest/quarantine/${part}/$raw`)).text).toMatch(SECRETS)
  const once = await looks()
  expect(once).toBeGreaterThan(before)
  const whole = list.json.items[0].payload as string
  expect((await call('auditor', {}, `/ingest/h1-lis/payloads/${whole}/$raw`)).text).toMatch(SECRETS)
  expect(await looks()).toBe(once + (once - before))
})

test('who looked is on record, and a look that was refused shows nothing', async () => {
  await call('loader', {}, '/ingest/inbox')
  const account = await call('loader', {}, '/fhir/AuditEvent?_sort=-date&_count=3')
  expect(account.text).toContain('ingest-inbox')
  expect((await server.call('GET', '/ingest/inbox')).status).toBe(401)
})
