/** What a patient writes takes nothing on from strangers' resources that it names, and tells nothing of them (L34, L56). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { comparable, consentOf, custody, encounter, patient, practitioner, putAll, purpose } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let own: string
let doctor: string

const order = (id: string, subject: string, ...labels: string[]): object => ({
  resourceType: 'ServiceRequest',
  id,
  meta: custody('H1', ...labels),
  status: 'active',
  intent: 'order',
  code: { text: '化验' },
  subject: { reference: `Patient/${subject}` },
})

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-2'),
    patient('me'),
    patient('stranger', { meta: custody('H1') }),
    encounter('visit-me', 'me', 'H2', 'Practitioner/doc-2', 'CON'),
    order('own', 'me'),
    order('plain', 'stranger'),
    order('labelled', 'stranger', 'HIV'),
  ])
  own = await server.token('patient-app', { patient: 'me' })
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}, 60_000)
afterAll(() => server.stop())

const NAMED = ['plain', 'labelled', 'absent']
const answers = (subject?: string) => (name: string) => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  ...(subject === undefined ? {} : { subject: { reference: `Patient/${subject}` } }),
  basedOn: [{ reference: 'ServiceRequest/own' }, { reference: `ServiceRequest/${name}` }],
})
const treatment = (name: string) => {
  const { patient: _, ...rest } = consentOf('me', { series: name, policy: 'OPTIN' })
  const data = ['own', name].map((id) => ({ meaning: 'instance', reference: { reference: `ServiceRequest/${id}` } }))
  return { ...rest, identifier: undefined, scope: { coding: [{ code: 'treatment' }] }, provision: { purpose: purpose('TREAT'), data } }
}

const neutral = (text: string, name: string): string =>
  text.replaceAll(`ServiceRequest/${name}`, '[named]').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{8}-[0-9a-f-]{27}/g, '[own]')

test.each<[string, (name: string) => Record<string, unknown>]>([
  ['answers of nobody in particular', answers()],
  ['a consent to treatment without a patient', treatment],
])('%s: a hidden resource answers as an absent one', async (_name, resource) => {
  const made = await Promise.all(
    NAMED.map((name) => server.call('POST', `/fhir/${resource(name).resourceType}`, { token: own, body: resource(name) })),
  )
  const [plain, labelled, absent] = made.map(({ status, text }, at) => `${status} ${neutral(text, NAMED[at] as string)}`)
  expect([plain, labelled]).toEqual([absent, absent])
})

test('a label of a stranger’s resource does not show in whether the doctor sees the answers', async () => {
  const seen = await Promise.all(
    NAMED.map(async (name) => {
      const made = await server.call('POST', '/fhir/QuestionnaireResponse', { token: own, body: answers('me')(name) })
      expect(made.status).toBe(201)
      return server.call('GET', `/fhir/QuestionnaireResponse/${made.json.id}`, { token: doctor })
    }),
  )
  expect(seen.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(comparable(seen[0] as never)).toContain('"me"'.replaceAll('"', ''))
})
