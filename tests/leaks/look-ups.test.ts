/** Conditional writes look for a match first (L31, L42): what a caller may not search, read or write he learns nothing of by it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encounter, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const BTG = { purpose_of_use: 'BTG', break_glass_reason: '昏迷', user: 'Practitioner/doctor-2' }
const fresh = { id: undefined, meta: undefined }
const body = observation('x', 'person-l', 'new', fresh)
const entryOf = (resource: object, ifNoneExist?: string) => ({
  resource,
  request: { method: 'POST', url: 'Observation', ...(ifNoneExist === undefined ? {} : { ifNoneExist }) },
})
const transactionOf = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry })
const OPERATIONS = JSON.stringify([{ op: 'test', path: '/status', value: 'final' }])
const UNCHANGED = { resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from(OPERATIONS).toString('base64') }
const member = (criteria: string) => ({ ...body, hasMember: [{ reference: `Observation?${criteria}` }] })

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doctor-1'),
    practitioner('doctor-2'),
    patient('person-l'),
    encounter('visit-l1', 'person-l', 'H1', 'Practitioner/doctor-1'),
    encounter('visit-l2', 'person-l', 'H2', 'Practitioner/doctor-2'),
    observation('found', 'person-l', 'code-l'),
  ])
})
afterAll(() => server.stop())

/** Every way to a look-up, with criteria that match and with criteria that do not. */
const WAYS: [string, (token: string, criteria: string) => Promise<Answer>][] = [
  ['create', (token, criteria) => call(token, 'POST', '/Observation', body, { 'If-None-Exist': criteria })],
  ['update', (token, criteria) => call(token, 'PUT', `/Observation?${criteria}`, body)],
  ['delete', (token, criteria) => call(token, 'DELETE', `/Observation?${criteria}`)],
  ['entry of a transaction', (token, criteria) => call(token, 'POST', '', transactionOf(entryOf(body, criteria)))],
  [
    'update of a transaction',
    (token, criteria) =>
      call(token, 'POST', '', transactionOf({ resource: body, request: { method: 'PUT', url: `Observation?${criteria}` } })),
  ],
  ['reference of a transaction', (token, criteria) => call(token, 'POST', '', transactionOf(entryOf(member(criteria))))],
  [
    'deletion of a transaction',
    (token, criteria) => call(token, 'POST', '', transactionOf({ request: { method: 'DELETE', url: `Observation?${criteria}` } })),
  ],
  [
    'patch of a transaction',
    (token, criteria) =>
      call(token, 'POST', '', transactionOf({ resource: UNCHANGED, request: { method: 'PATCH', url: `Observation?${criteria}` } })),
  ],
]

function call(token: string, method: string, path: string, content?: object, headers = {}): Promise<Answer> {
  return server.call(method, `/fhir${path}`, { token, headers, ...(content ? { body: content } : {}) })
}

describe.each(WAYS)('a conditional %s', (_name, ask) => {
  test.each<[string, string, Record<string, string>]>([
    ['without the scope of a search', 'h1-engine', { scope: 'system/Observation.crud' }],
    ['of the administration', 'ha', { purpose_of_use: 'PUBHLTH' }],
    ['of the administration in masked form', 'ha', { purpose_of_use: 'PUBHLTH', data_form: 'PSEUD' }],
    ['of the insurance', 'mia', { purpose_of_use: 'HPAYMT' }],
    ['of a researcher', 'researcher', { data_form: 'PSEUD' }],
  ])('%s is refused whether or not there is a match, and nothing is looked for', async (_who, client, parameters) => {
    const token = await server.token(client, parameters)
    const before = await events()
    const [match, none] = [await ask(token, 'code=code-l'), await ask(token, 'code=code-z')]
    expect([match.status, match.json.issue[0].code, match.headers.get('location')]).toEqual([403, 'forbidden', null])
    expect([none.status, none.text]).toEqual([403, match.text])
    expect(await events()).toBe(before)
  })
})

test('where one who may write may not read, the match is named but not shown', async () => {
  const token = await server.token('h1-engine', { scope: 'system/Observation.cs' })
  const [, create] = WAYS[0] as (typeof WAYS)[number]
  const [, transaction] = WAYS[3] as (typeof WAYS)[number]
  const one = await create(token, 'code=code-l')
  expect([one.status, one.text, one.headers.get('location')]).toEqual([200, '', `${server.url}/fhir/Observation/found/_history/1`])
  const entry = (await transaction(token, 'code=code-l')).json.entry[0]
  expect([entry.resource, entry.response.status]).toEqual([undefined, '200'])
})

test('one who may read is answered with the match, unless he asks for less', async () => {
  const token = await server.token('h1-engine')
  const ask = (headers: object) => call(token, 'POST', '/Observation', body, { 'If-None-Exist': 'code=code-l', ...headers })
  expect((await ask({})).json.id).toBe('found')
  expect((await ask({ Prefer: 'return=minimal' })).text).toBe('')
})

test('a match stands in the account of uses, once for each look-up', async () => {
  const token = await server.token('h1-engine')
  const glass = await server.token('h2-ward', BTG)
  for (const [name, ask] of WAYS.filter(([way]) => !/^delet/.test(way))) {
    for (const who of [token, glass]) {
      const before = await events()
      await ask(who, '_id=found')
      expect([name, (await events()) > before]).toEqual([name, true])
    }
  }
})

test('a write for a patient who is not registered there opens no look-up', async () => {
  await putAll(server, await server.token('loader'), [patient('stranger', { meta: { source: 'https://fhir-cn.example/Organization/H1' } })])
  const token = await server.token('h2-engine')
  const about = observation('x', 'stranger', 'new', fresh)
  for (const criteria of ['code=code-l', 'code=code-z'])
    expect((await call(token, 'POST', '/Observation', about, { 'If-None-Exist': criteria })).status).toBe(403)
})

/** How often the matching Observation stands in the account of uses. */
async function events(): Promise<number> {
  const token = await server.token('loader')
  return (await call(token, 'GET', '/AuditEvent?entity=Observation/found&_summary=count')).json.total
}

test('a hospital looks up what it writes about the patient whom the same transaction makes', async () => {
  const token = await server.token('h1-engine')
  const bundle = transactionOf(
    {
      fullUrl: 'urn:uuid:6c1cf0f5-6b0e-4b5e-9d0a-0a0a0a0a0a0a',
      resource: { ...patient('x'), id: undefined },
      request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:x|nobody' },
    },
    entryOf(
      {
        ...member('_id=found'),
        code: { coding: [{ system: 'urn:test', code: 'made-l' }] },
        subject: { reference: 'urn:uuid:6c1cf0f5-6b0e-4b5e-9d0a-0a0a0a0a0a0a' },
      },
      'code=made-l',
    ),
  )
  const { json } = await call(token, 'POST', '', bundle)
  expect(json.entry.map((one: { response: { status: string } }) => one.response.status)).toEqual(['201', '201'])
  const made = json.entry.map((one: { resource: object }) => one.resource)
  expect([made[1].subject.reference, made[1].hasMember[0].reference]).toEqual([`Patient/${made[0].id}`, 'Observation/found'])
})
