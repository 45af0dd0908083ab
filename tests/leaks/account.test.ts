/** The account of uses: nothing about a patient is missing in it, and it names nobody else (L42, L43). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encounter, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const NUMBER = 'urn:oid:2.16.156.10011.1.3'
/** Of persons who are not there. */
const OWN = '11010519491231002X'
const OTHER = '110105195507077778'
let server: TestServer
let engine: string
let own: string

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-a'),
    patient('person-a', { identifier: [{ system: NUMBER, value: OWN }], meta: { source: 'https://fhir-cn.example/Organization/H1' } }),
    encounter('visit-a', 'person-a', 'H1', 'Practitioner/doc-a'),
  ])
  engine = await server.token('h1-engine')
  own = await server.token('patient-app', { patient: 'person-a' })
})
afterAll(() => server.stop())

const call = (token: string, method: string, path: string, body?: object): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, { token, ...(body ? { body } : {}) })
const account = async (query: string) => (await call(own, 'GET', `AuditEvent?${query}`)).json

test.each<[string, () => object]>([
  ['a relative reference', () => ({ subject: { reference: 'Patient/person-a' } })],
  ['an address of this server', () => ({ subject: { reference: `${server.url}/fhir/Patient/person-a` } })],
  ['a version', () => ({ subject: { reference: 'Patient/person-a/_history/1' } })],
  ['nothing but a visit', () => ({ subject: undefined, encounter: { reference: 'Encounter/visit-a' } })],
])('a create about a patient by %s stands in the account, and so do its update and its deletion', async (_name, about) => {
  const body = { ...observation('x', 'person-a', 'code', { id: undefined, meta: undefined }), ...about() }
  const made = await call(engine, 'POST', 'Observation', body)
  const id = made.json.id as string
  expect(made.status).toBe(201)
  const changed = await call(engine, 'PUT', `Observation/${id}`, { ...body, id, effectiveDateTime: '2024-05-02' })
  const removed = await call(engine, 'DELETE', `Observation/${id}`)
  expect([changed.status, removed.status]).toEqual([200, 204])
  for (const action of ['C', 'U', 'D'])
    expect([action, (await account(`action=${action}&entity=Observation/${id}`)).total]).toEqual([action, 1])
})

test('the members of a Group have its create in their accounts', async () => {
  const member = [{ entity: { reference: `${server.url}/fhir/Patient/person-a` } }]
  const made = await call(engine, 'POST', 'Group', { resourceType: 'Group', type: 'person', actual: true, member })
  expect([made.status, (await account(`entity=Group/${made.json.id}`)).total]).toEqual([201, 1])
})

test('each member of a Group has it in his own, without the others', async () => {
  await putAll(server, await server.token('loader'), [
    patient('person-b', { meta: { source: 'https://fhir-cn.example/Organization/H1' } }),
    encounter('visit-b', 'person-b', 'H1', 'Practitioner/doc-a'),
  ])
  const member = ['person-a', 'person-b'].map((id) => ({ entity: { reference: `Patient/${id}` } }))
  const made = await call(engine, 'POST', 'Group', { resourceType: 'Group', type: 'person', actual: true, member })
  const bundle = await account(`entity=Group/${made.json.id}`)
  expect([made.status, bundle.total]).toEqual([201, 1])
  expect(JSON.stringify(bundle)).not.toContain('person-b')
  const other = await server.token('patient-app', { patient: 'person-b' })
  expect((await call(other, 'GET', `AuditEvent?entity=Group/${made.json.id}`)).json.total).toBe(1)
})

test('another persons number, which was asked for beside his own, does not stand in a patients account', async () => {
  const auditor = await server.token('auditor', { purpose_of_use: 'HOPERAT' })
  for (const query of [`identifier=${OWN},${OTHER}`, `identifier=${OWN}&name:contains=%E5%90%8D&${OTHER}=1`])
    expect((await call(auditor, 'GET', `Patient?${query}`)).status).toBe(200)
  const bundle = await account('_count=200')
  const queries = (bundle.entry as { resource: { entity?: { query?: string }[] } }[])
    .flatMap(({ resource }) => resource.entity ?? [])
    .flatMap(({ query }) => (query === undefined ? [] : [Buffer.from(query, 'base64').toString()]))
  const found = queries.filter((query) => query.startsWith('identifier='))
  expect(found).toHaveLength(2)
  expect(found[0]).toMatch(/^identifier=~[\w-]{22}/)
  expect(queries.join(' ')).not.toMatch(new RegExp(`${OTHER}|${OWN}|名|%E5%90%8D`))
})

test('codes and times that were asked for do', async () => {
  await call(engine, 'POST', 'Observation', observation('x', 'person-a', 'code-p', { id: undefined, meta: undefined }))
  expect((await call(engine, 'GET', 'Observation?code=code-p&date=ge2024-05-01&patient=person-a')).json.total).toBe(1)
  const { entry } = await account('_count=200')
  const texts = JSON.stringify(entry).match(/"query":"([^"]+)"/g) ?? []
  const decoded = texts.map((text) => Buffer.from(text.slice(9, -1), 'base64').toString())
  expect(decoded.some((text) => /^code=code-p&date=ge2024-05-01&patient=~[\w-]{22}$/.test(text))).toBe(true)
})

test('the same value asked for twice is told apart: nobody learns by asking himself', async () => {
  const auditor = await server.token('auditor', { purpose_of_use: 'HOPERAT' })
  for (let n = 0; n < 2; n++) await call(auditor, 'GET', `Patient?identifier=${OWN}&_total=none`)
  const bundle = await account('_count=200')
  const queries = JSON.stringify(bundle.entry).match(/"query":"([^"]+)"/g) ?? []
  const alike = queries.map((text) => Buffer.from(text.slice(9, -1), 'base64').toString()).filter((text) => text.endsWith('_total=none'))
  expect([alike.length, new Set(alike).size]).toEqual([2, 2])
})
