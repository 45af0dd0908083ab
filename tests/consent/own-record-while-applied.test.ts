/**
 * While a consent is being applied, what has not been labelled anew is hidden from others, not from the patient himself: what he gave
 * a moment ago he can take back. A record that goes to another person stays hidden from everybody.
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import type { OverlayDoc } from '../../server/access/tables.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { BROAD, encounter, give, observation, patient, practitioner, putAll, relabelled } from './resources.ts'

let server: TestServer
let own: string
let doctor: string

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    patient('p1'),
    practitioner('doc-2'),
    encounter('v1', 'p1', 'H2', 'Practitioner/doc-2'),
    observation('o1', 'p1', 'x'),
  ])
  own = await server.token('patient-app', { patient: 'p1' })
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}, 60_000)
afterAll(() => server.stop())

const overlay = () => server.running.store.table<OverlayDoc>(systemDecision('test'), 'overlay')
/** As it is between a consent's commit and the labels that follow: no document has the new stamp. */
const applying = (more: Partial<OverlayDoc> = {}) =>
  overlay().put({ _id: 'p1', person: 'p1', epoch: 99, since: new Date(), done: new Date(), ...more })
afterEach(() => overlay().delete({ _id: 'p1' }))

const status = async (path: string, token: string): Promise<number> => (await server.call('GET', `/fhir/${path}`, { token })).status

test('the patient reads, searches and withdraws; others wait', async () => {
  const consent = await give(server, 'p1', BROAD)
  await relabelled(server)
  expect([await status('Observation/o1', own), await status('Observation/o1', doctor)]).toEqual([200, 200])
  await applying()
  expect([await status('Observation/o1', own), await status(`Consent/${consent.id}`, own)]).toEqual([200, 200])
  expect([await status('Observation/o1', doctor), await status('Patient/p1', doctor)]).toEqual([404, 404])
  const found = await server.call('GET', '/fhir/Observation?patient=p1', { token: own })
  expect(found.json.total).toBe(1)
  const body = { ...consent, status: 'inactive' }
  expect((await server.call('PUT', `/fhir/Consent/${consent.id}`, { token: own, body })).status).toBe(200)
})

test.each<[string, Partial<OverlayDoc>]>([
  ['that goes to another person', { epoch: -1 }],
  ['of persons that are joined or parted', { regrouped: true }],
])('a record %s is hidden from the patient too', async (_name, more) => {
  await applying(more)
  expect([await status('Observation/o1', own), await status('Observation/o1', doctor)]).toEqual([404, 404])
})
