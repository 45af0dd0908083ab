/** The kick-off of $export (Bulk Data Access 2.0): by GET and by POST, what it answers, and what it refuses. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { custody, observation, patient, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const ASYNC = { Prefer: 'respond-async' }
let server: TestServer
let engine: string

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [patient('p', { meta: custody('H1') }), observation('o', 'p', 'x')])
  engine = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

const start = (body?: unknown, token = engine): Promise<Answer> =>
  server.call('POST', '/fhir/$export', { token, headers: ASYNC, ...(body === undefined ? {} : { body }) })
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })
const code = (answer: Answer): string => answer.json.issue[0].details.coding[0].code
const pathIn = (url: string): string => url.slice(server.url.length)

async function typesOf(kickOff: Answer, token = engine): Promise<string[]> {
  expect(kickOff.status).toBe(202)
  const status = pathIn(kickOff.headers.get('content-location') ?? '')
  for (;;) {
    const answer = await server.call('GET', status, { token })
    if (answer.status === 200) return answer.json.output.map(({ type }: { type: string }) => type).sort()
    expect(answer.status).toBe(202)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('by POST with the parameters in the body, as HAPI sends them', async () => {
  const types = (...values: string[]) => values.map((valueString) => ({ name: '_type', valueString }))
  expect(await typesOf(await start(parameters(...types('Observation'))))).toEqual(['Observation'])
  expect(await typesOf(await start(parameters(...types('Observation,Patient'))))).toEqual(['Observation', 'Patient'])
  expect(await typesOf(await start(parameters(...types('Observation', 'Patient', 'Patient'))))).toEqual(['Observation', 'Patient'])
  expect(await typesOf(await start(parameters({ name: '_since', valueInstant: '2999-01-01T00:00:00Z' })))).toEqual([])
})

test('by POST without a body, as Medplum sends it, and with parameters in the address', async () => {
  expect(await typesOf(await start())).toEqual(['Observation', 'Organization', 'Patient'])
  const inAddress = await server.call('POST', '/fhir/$export?_type=Patient', { token: engine, headers: ASYNC })
  expect(await typesOf(inAddress)).toEqual(['Patient'])
})

// A plus that was not percent-encoded is one.
test.each([
  '_format=json',
  '_format=application/fhir%2Bjson&_pretty=true',
  '_outputFormat=application/fhir+ndjson',
  '_since=2001-02-03T04:05:06+08:00',
])('the form of the answer, as clients name it: %s', async (query) => {
  const answer = await server.call('GET', `/fhir/$export?_type=Patient&${query}`, { token: engine, headers: ASYNC })
  expect(await typesOf(answer)).toEqual(['Patient'])
})

test('the address of the status stands in the header and in the body', async () => {
  for (const method of ['GET', 'POST']) {
    const answer = await server.call(method, '/fhir/$export?_type=Patient', { token: engine, headers: ASYNC })
    const address = answer.headers.get('content-location') ?? ''
    expect(pathIn(address)).toMatch(/^\/fhir\/\$export-status\/[0-9a-f-]{36}$/)
    expect([answer.json.resourceType, answer.json.issue[0].severity, code(answer)]).toEqual(['OperationOutcome', 'information', 'accepted'])
    expect(answer.json.issue[0].diagnostics).toBe(`Accepted, its progress is at ${address}`)
  }
})

test('HEAD is answered as GET, and begins no job', async () => {
  const ask = (method: string, path: string, headers: Record<string, string> = ASYNC) =>
    server.call(method, path, { token: engine, headers })
  const client = new MongoClient(server.database.uri)
  const jobs = () => client.db(server.database.database).collection('export_jobs').countDocuments()
  const before = await jobs()
  const head = await ask('HEAD', '/fhir/$export?_type=Patient')
  expect([head.status, head.text, head.headers.get('content-location')]).toEqual([202, '', null])
  expect(head.headers.get('preference-applied')).toBe('respond-async')
  for (const [path, headers] of [
    ['/fhir/$export?_nonsense=x', ASYNC],
    ['/fhir/$export', {}],
    ['/fhir/Group/absent/$export', ASYNC],
  ] as const)
    expect([path, (await ask('HEAD', path, headers)).status]).toEqual([path, (await ask('GET', path, headers)).status])
  expect(await jobs()).toBe(before)
  await ask('GET', '/fhir/$export?_type=Patient')
  expect(await jobs()).toBe(before + 1)
  await client.close()
})

test.each([
  ['another resource', { resourceType: 'Patient' }, 'resource-type-mismatch'],
  ['an unknown parameter', parameters({ name: '_nonsense', valueString: 'x' }), 'parameter-unknown'],
  ['a parameter without a value', parameters({ name: '_type' }), 'parameter-invalid'],
  ['a value that is no text', parameters({ name: '_type', valueInteger: 5 }), 'parameter-invalid'],
  ['a type that is none', parameters({ name: '_type', valueString: 'Patience' }), 'parameter-invalid'],
  [
    'a time twice',
    parameters(...['2020', '2021'].map((year) => ({ name: '_since', valueInstant: `${year}-01-01T00:00:00Z` }))),
    'parameter-repeated',
  ],
  ['no type', parameters({ name: '_type', valueString: ',' }), 'parameter-invalid'],
])('refused: %s', async (_name, body, issue) => {
  const answer = await start(body)
  expect([answer.status, code(answer)]).toEqual([400, issue])
})

test('the anonymous form: what is not released is refused at once, and is not among all', async () => {
  const token = await server.token('researcher', { data_form: 'ANON' })
  const ask = (query: string) => server.call('GET', `/fhir/$export${query}`, { token, headers: ASYNC })
  for (const type of ['Organization', 'Observation', 'ValueSet,Organization']) {
    const answer = await ask(`?_type=${type}`)
    expect([type, answer.status, code(answer)]).toEqual([type, 403, 'forbidden'])
  }
  await putAll(server, await server.token('loader'), [{ resourceType: 'ValueSet', id: 'open', url: 'urn:open', status: 'active' }])
  expect(await typesOf(await ask('?_type=ValueSet'), token)).toEqual(['ValueSet'])
  expect(await typesOf(await ask(''), token)).toEqual(['ValueSet'])
})

test('a masked form may say no time in the body either', async () => {
  const researcher = await server.token('researcher', { data_form: 'PSEUD' })
  const answer = await start(parameters({ name: '_since', valueInstant: '2020-01-01T00:00:00Z' }), researcher)
  expect([answer.status, code(answer)]).toEqual([403, 'parameter-forbidden'])
})
