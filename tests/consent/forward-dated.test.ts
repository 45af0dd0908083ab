/** A consent that is dated in the future begins then, unless something was said meanwhile: a withdrawal stays one (L58, L59). */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { consentOf, INSURER, observation, patient, putAll, relabelled } from './resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const AHEAD_MS = 2500
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  const persons = ['p1', 'p2', 'p3', 'p4']
  await putAll(server, await server.token('loader'), [
    ...persons.map((id) => patient(id)),
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
