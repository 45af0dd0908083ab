/** A consent that is dated in the future begins then, unless something was said meanwhile: a withdrawal stays one (L58, L59). */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { consentOf, encounter, INSURER, NO_SHARING, observation, patient, practitioner, putAll, relabelled } from './resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const AHEAD_MS = 2500
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  const persons = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']
  await putAll(server, await server.token('loader'), [
    practitioner('doc-2'),
    ...persons.map((id) => patient(id)),
    encounter('v7', 'p7', 'H2', 'Practitioner/doc-2'),
    ...persons.map((id) => observation(`o-${id}`, id, 'x')),
  ])
}, 60_000)
afterAll(() => server.stop())

async function say(subject: string, words: object, client = 'patient-app'): Promise<void> {
  const token = await server.token(client, client === 'patient-app' ? { patient: subject } : {})
  const body = { ...consentOf(subject, INSURER), ...words }
  expect((await server.call('POST', '/fhir/Consent', { token, body })).status).toBe(201)
  await relabelled(server)
}
const status = async (subject: string): Promise<number> =>
  (await server.call('GET', `/fhir/Observation/o-${subject}`, { token: await server.token('insurer') })).status
const ahead = (): { dateTime: string } => ({ dateTime: new Date(Date.now() + AHEAD_MS).toISOString() })
const code = (policy: string) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: policy }] })

test('withdrawn, refused in its series or refused altogether before it begins: it never does', async () => {
  for (const subject of ['p1', 'p2', 'p3', 'p4']) await say(subject, ahead())
  expect(await Promise.all(['p1', 'p2', 'p3', 'p4'].map(status))).toEqual([404, 404, 404, 404])
  await say('p1', { status: 'inactive' })
  await say('p2', { policyRule: code('OPTOUT'), provision: undefined })
  await say('p3', { policyRule: code('OPTOUT'), provision: undefined, identifier: [{ system: 'urn:series', value: 'all' }] })
  await setTimeout(AHEAD_MS + 500)
  // The last has nothing said against it: it has begun by itself.
  expect(await Promise.all(['p1', 'p2', 'p3', 'p4'].map(status))).toEqual([404, 404, 404, 200])
})

test('an edit of the withdrawn permit does not bring it back', async () => {
  const own = await server.token('patient-app', { patient: 'p5' })
  const made = await server.call('POST', '/fhir/Consent', { token: own, body: { ...consentOf('p5', INSURER), ...ahead() } })
  await say('p5', { status: 'inactive' })
  await setTimeout(AHEAD_MS + 200)
  const edited = await server.call('PUT', `/fhir/Consent/${made.json.id}`, {
    token: await server.token('loader'),
    body: { ...made.json, language: 'zh' },
  })
  await relabelled(server)
  expect([edited.status, await status('p5')]).toEqual([200, 404])
})

test.each<[string, object]>([
  ['a withdrawal', { status: 'inactive' }],
  ['a refusal', { policyRule: code('OPTOUT'), provision: undefined }],
])('%s without a time is said when it is written', async (_name, words) => {
  await say('p6', {})
  expect(await status('p6')).toBe(200)
  await say('p6', { ...words, dateTime: undefined, meta: { lastUpdated: '2020-01-01T00:00:00Z' } })
  expect(await status('p6')).toBe(404)
})

test('a refusal that is said again on paper, or by somebody beside the patient, stays one', async () => {
  const doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
  const seen = async () => (await server.call('GET', '/fhir/Observation/o-p7', { token: doctor })).status
  const refuse = (more: object) => say('p7', { ...consentOf('p7', NO_SHARING), ...more })
  expect(await seen()).toBe(200)
  await refuse({})
  expect(await seen()).toBe(404)
  await refuse({ sourceAttachment: { title: '纸质同意书' } })
  expect(await seen()).toBe(404)
  await refuse({ performer: [{ reference: 'Patient/p7' }, { display: '某人' }] })
  expect(await seen()).toBe(404)
})
