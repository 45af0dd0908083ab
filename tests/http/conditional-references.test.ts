/**
 * Conditional references (R4 http.html#trules): resolved in the last step of a transaction, when its deletions, creates and updates are done; one
 * match, or the whole fails.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  engine = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

interface Entry {
  fullUrl?: string
  resource?: object
  request: { method: string; url: string; ifNoneExist?: string }
}

const call = (method: string, path: string, body?: unknown) => server.call(method, `/fhir${path}`, { token: engine, body })
const send = (...entry: Entry[]) => call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
const person = (value: string, extra: object = {}) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:x', value }], ...extra })
const of = (value: string): string => `Patient?identifier=urn:x%7C${value}`
const making = (value: string, extra: object = {}): Entry => ({
  resource: person(value, extra),
  request: { method: 'POST', url: 'Patient' },
})
const finding = (reference: string): Entry => ({
  resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference } },
  request: { method: 'POST', url: 'Observation' },
})
const made = async (value: string): Promise<string> => (await call('POST', '/Patient', person(value))).json.id

async function refused(...entry: Entry[]): Promise<unknown[]> {
  const before = (await call('GET', '/Observation?_summary=count')).json.total
  const { status, json } = await send(...entry)
  expect((await call('GET', '/Observation?_summary=count')).json.total).toBe(before)
  const [issue] = json.issue
  return [status, issue.details.coding[0].code, issue.expression[0]]
}

describe('to what the transaction itself makes', () => {
  const ways: [string, (value: string) => Entry][] = [
    ['creates', making],
    [
      'creates by ifNoneExist',
      (value) => ({ ...making(value), request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=urn:x|${value}` } }),
    ],
    ['makes by an update by criteria', (value) => ({ ...making(value), request: { method: 'PUT', url: of(value) } })],
  ]
  test.each(ways)('%s, in whichever order', async (name, way) => {
    for (const order of [0, 1]) {
      const value = `${name.replaceAll(' ', '-')}-${order}`
      const entries = [way(value), finding(of(value))]
      const answer = await send(...(order === 0 ? entries : entries.toReversed()))
      expect(answer.status).toBe(200)
      const [patient, observation] = order === 0 ? answer.json.entry : answer.json.entry.toReversed()
      expect(observation.resource.subject.reference).toBe(`Patient/${patient.resource.id}`)
    }
  })

  test('by what refers to another one of its entries', async () => {
    const fullUrl = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f41'
    const id = (await call('POST', '/Patient', person('visited'))).json.id
    const visit: Entry = {
      resource: {
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        subject: { reference: `Patient/${id}` },
        partOf: { reference: fullUrl },
      },
      request: { method: 'POST', url: 'Encounter' },
    }
    const whole: Entry = {
      fullUrl,
      resource: { resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' }, subject: { reference: `Patient/${id}` } },
      request: { method: 'POST', url: 'Encounter' },
    }
    const { resource, request } = finding(`Patient/${id}`)
    const pointing: Entry = {
      resource: { ...resource, encounter: { reference: `Encounter?patient=${id}&part-of:missing=false` } },
      request,
    }
    const answer = await send(pointing, visit, whole)
    expect(answer.json.entry[0].resource.encounter.reference).toBe(`Encounter/${answer.json.entry[1].resource.id}`)
  })
})

test('one that stands and one that is made are several', async () => {
  await made('both')
  expect(await refused(making('both'), finding(of('both')))).toEqual([
    412,
    'criteria-multiple',
    'Bundle.entry[1].resource.subject.reference',
  ])
  expect(await refused(making('two'), making('two'), finding(of('two')))).toEqual([
    412,
    'criteria-multiple',
    'Bundle.entry[2].resource.subject.reference',
  ])
  expect((await call('GET', `/${of('both')}`)).json.total).toBe(1)
})

test('what is deleted, or gets another content, is no match as it stood', async () => {
  const id = await made('gone')
  const deletion: Entry = { request: { method: 'DELETE', url: `Patient/${id}` } }
  expect(await refused(deletion, finding(of('gone')))).toEqual([400, 'reference-unresolved', 'Bundle.entry[1].resource.subject.reference'])
  const update: Entry = { resource: person('renamed', { id }), request: { method: 'PUT', url: `Patient/${id}` } }
  expect(await refused(update, finding(of('gone')))).toEqual([400, 'reference-unresolved', 'Bundle.entry[1].resource.subject.reference'])
  // Replaced by one of the same number in the same transaction.
  const answer = await send(deletion, making('gone'), finding(of('gone')))
  expect([answer.status, answer.json.entry[2].resource.subject.reference]).toEqual([200, `Patient/${answer.json.entry[1].resource.id}`])
  const other = await made('before')
  const renamed = await send(
    { resource: person('behind', { id: other }), request: { method: 'PUT', url: `Patient/${other}` } },
    finding(of('behind')),
  )
  expect(renamed.json.entry[1].resource.subject.reference).toBe(`Patient/${other}`)
})

test('what rests on other resources is asked of what stands', async () => {
  const { id } = (await call('POST', '/Patient', person('chained', { managingOrganization: { reference: 'Organization/H1' } }))).json
  const unchanged: Entry = {
    resource: person('chained', { id, managingOrganization: { reference: 'Organization/H1' }, active: true }),
    request: { method: 'PUT', url: `Patient/${id}` },
  }
  const answer = await send(unchanged, finding(`${of('chained')}&organization._id=H1`))
  expect(answer.json.entry[1].resource.subject.reference).toBe(`Patient/${id}`)
})

describe('outside of a transaction', () => {
  const { resource } = finding(of('nobody'))
  const code = ({ status, json }: { status: number; json: { issue: { details: { coding: { code: string }[] } }[] } }) => [
    status,
    json.issue[0]?.details.coding[0]?.code,
  ]

  test('a create, an update, a patch and an entry of a batch with one are refused', async () => {
    const known = await made('known')
    const { id } = (await call('POST', '/Observation', { ...resource, subject: { reference: `Patient/${known}` } })).json
    const patch = [{ op: 'replace', path: '/subject/reference', value: of('known') }]
    const headers = { 'Content-Type': 'application/json-patch+json' }
    expect(code(await call('POST', '/Observation', resource))).toEqual([400, 'reference-conditional'])
    expect(code(await call('PUT', `/Observation/${id}`, { ...resource, id }))).toEqual([400, 'reference-conditional'])
    expect(code(await server.call('PATCH', `/fhir/Observation/${id}`, { token: engine, body: patch, headers }))).toEqual([
      400,
      'reference-conditional',
    ])
    const batch = await call('POST', '', { resourceType: 'Bundle', type: 'batch', entry: [finding(of('known'))] })
    expect(batch.json.entry[0].response).toMatchObject({ status: '400' })
    expect((await call('GET', `/Observation/${id}`)).json.subject).toEqual({ reference: `Patient/${known}` })
  })

  test('what is no search is stored as before', async () => {
    const others = [{ reference: 'http://other.example/fhir/Observation?x=1' }, { display: 'Patient?identifier=x' }]
    expect((await call('POST', '/Observation', { ...resource, subject: undefined, focus: others })).json.focus).toEqual(others)
    const kept = { resourceType: 'Bundle', type: 'transaction', entry: [finding(of('known'))] }
    expect((await call('POST', '/Bundle', kept)).status).toBe(201)
  })
})
