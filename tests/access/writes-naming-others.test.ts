/** A hospital that has a record of a person does not learn by writing which other records of him are there (access.md L56). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { comparable, encounter, give, NO_SHARING, observation, patient, putAll, relabelled } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const ABSENT = '00000000-0000-4000-8000-000000000000'
const WANG = {
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '110100195803120019' }],
  name: [{ text: '王建国' }],
  gender: 'male',
  birthDate: '1958-03-12',
}
const of = (organization: string): object => ({ meta: { source: `https://fhir-cn.example/Organization/${organization}` } })

let server: TestServer
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  const loader = await server.token('loader')
  await putAll(server, loader, [patient('elsewhere', { ...WANG, ...of('H1') })])
  await putAll(server, loader, [patient('here', { ...WANG, ...of('H2') })])
  engine = await server.token('h2-engine')
}, 60_000)
afterAll(() => server.stop())

const call = (method: string, path: string, body: object, token = engine): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, { token, body })
const about = (id: string): Record<string, unknown> => {
  const { id: _, ...body } = observation('', id, 'x', of('H2')) as Record<string, unknown>
  return body
}
const bundle = (id: string): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [{ resource: about(id), request: { method: 'POST', url: 'Observation' } }],
})
const listOf = (id: string): object => ({
  resourceType: 'List',
  status: 'current',
  mode: 'working',
  subject: { reference: 'Patient/here' },
  entry: [{ item: { reference: `Patient/${id}` } }],
})

/** Ways to name a Patient in a write. */
const WAYS: [string, (id: string) => Promise<Answer>][] = [
  ['create', (id) => call('POST', 'Observation', about(id))],
  [
    'conditional create',
    (id) => server.call('POST', '/fhir/Observation', { token: engine, body: about(id), headers: { 'If-None-Exist': 'code=none' } }),
  ],
  ['transaction', (id) => call('POST', '', bundle(id))],
  ['a member of an own list', (id) => call('POST', 'List', listOf(id))],
]

test.each(WAYS)('%s: hidden as absent, of a person whom it knows', async (_name, write) => {
  const [hidden, absent] = [await write('elsewhere'), await write(ABSENT)]
  expect([hidden.status, absent.status]).toEqual([403, 403])
  expect(comparable(hidden, 'elsewhere')).toBe(comparable(absent, ABSENT))
})

test('an own record is not changed into one that names it', async () => {
  const own = await call('POST', 'Observation', about('here'))
  expect(own.status).toBe(201)
  const change = (id: string) => call('PUT', `Observation/${own.json.id}`, { ...about(id), id: own.json.id })
  expect([(await change('elsewhere')).status, (await change(ABSENT)).status]).toEqual([403, 403])
})

test('what it may read it may name, and go on saying when it may no longer', async () => {
  const { id: _, ...visit } = encounter('', 'here', 'H2', 'Practitioner/doc-2') as Record<string, unknown>
  expect((await call('POST', 'Encounter', visit)).status).toBe(201)
  // In the hospital's own affairs it sees its own records only, in treating the person his others.
  expect((await call('POST', 'Observation', about('elsewhere'))).status).toBe(403)
  const treating = await server.token('h2-engine', { purpose_of_use: 'TREAT' })
  const named = await call('POST', 'Observation', about('elsewhere'), treating)
  expect(named.status).toBe(201)
  await give(server, 'here', NO_SHARING)
  await relabelled(server)
  const again = { ...about('elsewhere'), id: named.json.id, note: [{ text: '复查' }] }
  expect((await call('PUT', `Observation/${named.json.id}`, again, treating)).status).toBe(200)
  expect((await call('POST', 'Observation', about('elsewhere'), treating)).status).toBe(403)
})
