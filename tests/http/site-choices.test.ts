/** What a site chooses in its configuration: who creates by PUT, and what a deletion by criteria does with several matches. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import {
  comparable,
  custody,
  encounter,
  give,
  NO_SHARING,
  observation,
  patient,
  practitioner,
  putAll,
  relabelled,
} from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const CN_LOCATION = 'https://fhir-cn.example/StructureDefinition/cn-location'

let server: TestServer
let engine: string
let other: string

beforeAll(async () => {
  const demo = readFileSync(DEMO_CONFIG_FILE, 'utf8')
  const config = demo
    .replace('  - client_id: h2-engine\n', '  - client_id: h2-engine\n    createIds: h2-lis.\n')
    .replace(/^policy:$/m, `profiles:\n  Location: [${CN_LOCATION}]\npolicy:\n  conditionalDelete: multiple`)
  expect(['createIds', 'conditionalDelete', CN_LOCATION].map((part) => config.includes(part))).toEqual([true, true, true])
  server = await startTestServer({ config })
  await putAll(server, await server.token('loader'), [
    practitioner('doc-1'),
    practitioner('doc-2'),
    patient('p', { meta: custody('H2') }),
    encounter('visit-1', 'p', 'H1', 'Practitioner/doc-1'),
    observation('of-h1', 'p', 'several', { meta: custody('H1') }),
  ])
  engine = await server.token('h2-engine')
  other = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

const put = (id: string, token: string, extra: object = {}, headers: Record<string, string> = {}) =>
  server.call('PUT', `/fhir/Observation/${id}`, { token, headers, body: observation(id, 'p', 'x', { meta: undefined, ...extra }) })

describe('creating by PUT', () => {
  test('under ids of one’s own, and again an update', async () => {
    const made = await put('h2-lis.1', engine)
    expect([made.status, made.headers.get('etag'), made.headers.get('location')]).toEqual([
      201,
      'W/"1"',
      `${server.url}/fhir/Observation/h2-lis.1/_history/1`,
    ])
    expect((await put('h2-lis.1', engine, { status: 'amended' })).headers.get('etag')).toBe('W/"2"')
    expect((await put('h2-lis.1', engine, {}, { 'If-None-Match': '*' })).status).toBe(412)
  })

  test('in a transaction, a Patient and what refers to it', async () => {
    const entry = (resource: { resourceType: string; id: string }) => ({
      resource,
      request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
    })
    const body = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        entry(patient('h2-lis.p', { meta: undefined }) as never),
        entry(observation('h2-lis.2', 'h2-lis.p', 'x', { meta: undefined }) as never),
      ],
    }
    const answer = await server.call('POST', '/fhir', { token: engine, body })
    expect([answer.status, answer.json.entry?.map((one: { response: { status: string } }) => one.response.status)]).toEqual([
      200,
      ['201', '201'],
    ])
  })

  test('nowhere else, by nobody else, and with the scope for it', async () => {
    const statuses = [
      await put('h2-lis', engine),
      await put('h2-lisx', engine),
      await put('anything', engine),
      await put('h2-lis.9', other),
      await put('h2-lis.9', await server.token('h2-engine', { scope: 'system/Observation.ru' })),
    ].map(({ status }) => status)
    expect(statuses).toEqual([404, 404, 404, 404, 404])
  })

  test('L34 a hidden id answers as one that is free', async () => {
    await give(server, 'p', NO_SHARING)
    await relabelled(server)
    const [hidden, free] = [await put('of-h1', engine), await put('of-no', engine)]
    expect([hidden.status, comparable(hidden, 'of-h1')]).toEqual([404, comparable(free, 'of-no')])
  })

  test('of what somebody else keeps it makes nothing, and says so alike', async () => {
    const about = (subject: string) => put('h2-lis.3', engine, { subject: { reference: `Patient/${subject}` } })
    await putAll(server, await server.token('loader'), [patient('q', { meta: custody('H1') })])
    const [others, nobody] = [await about('q'), await about('nobody')]
    expect([others.status, others.text]).toEqual([403, nobody.text])
    expect((await server.call('GET', '/fhir/Observation/h2-lis.3', { token: engine })).status).toBe(404)
  })
})

describe('profiles that the site demands', () => {
  const place = { resourceType: 'Location', name: '一号楼' }
  const whole = {
    ...place,
    physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'bu' }] },
    managingOrganization: { reference: 'Organization/H2' },
  }
  const missing = ['Location.physicalType', 'Location.managingOrganization']
  const wanting = (answer: Answer, at = '') =>
    answer.json.issue
      .filter(({ expression }: { expression?: string[] }) =>
        missing.some((one) => expression?.[0] === one.replace('Location', at || 'Location')),
      )
      .map(({ details }: { details: { coding: { code: string }[] } }) => details.coding[0]?.code)

  test('are met by every resource of the type, whatever it claims', async () => {
    const send = (body: object) => server.call('POST', '/fhir/Location', { token: other, body })
    const refused = await send(place)
    expect([refused.status, wanting(refused)]).toEqual([422, ['required', 'required']])
    expect((await send(whole)).status).toBe(201)
    const validated = await server.call('POST', '/fhir/Location/$validate', { token: other, body: place })
    expect(wanting(validated)).toEqual(['required', 'required'])
  })

  test('also inside of a Bundle, and not by what is only a part of another resource', async () => {
    const check = (type: string, body: object) => server.call('POST', `/fhir/${type}/$validate`, { token: other, body })
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000000', resource: place }],
    }
    expect(wanting(await check('Bundle', bundle), 'Bundle.entry[0].resource')).toEqual(['required', 'required'])
    const holder = { resourceType: 'Basic', code: { text: 'x' }, subject: { reference: '#l' }, contained: [{ ...place, id: 'l' }] }
    expect(wanting(await check('Basic', holder), 'Basic.contained[0]')).toEqual([])
  })

  test('are said by the CapabilityStatement', async () => {
    const { json } = await server.call('GET', '/fhir/metadata')
    const of = (name: string) => json.rest[0].resource.find(({ type }: { type: string }) => type === name).profile
    expect([of('Location'), of('Basic')]).toEqual([CN_LOCATION, 'http://hl7.org/fhir/StructureDefinition/Basic'])
  })
})

describe('a deletion by criteria', () => {
  const remove = (query: string, token = engine, headers = {}) => server.call('DELETE', `/fhir/Observation?${query}`, { token, headers })
  const make = (code: string) =>
    server.call('POST', '/fhir/Observation', { token: engine, body: observation('x', 'p', code, { id: undefined, meta: undefined }) })
  const total = async (code: string): Promise<number> =>
    (await server.call('GET', `/fhir/Observation?code=${code}`, { token: await server.token('patient-app', { patient: 'p' }) })).json.total

  test('deletes all that match, and nothing of what is hidden', async () => {
    for (let n = 0; n < 3; n++) await make('several')
    expect(await total('several')).toBe(4)
    expect([(await remove('code=several')).status, await total('several')]).toEqual([204, 1])
    expect((await remove('code=several')).status).toBe(204)
    const seen = await server.call('GET', '/fhir/Observation/of-h1', { token: other })
    expect([seen.status, seen.headers.get('etag')]).toEqual([200, 'W/"1"'])
  })

  test('in a transaction, too: all of them, or with the others none', async () => {
    for (let n = 0; n < 3; n++) await make('bundled')
    const entry = [{ request: { method: 'DELETE', url: 'Observation?code=bundled' } }]
    const send = (...entries: object[]) =>
      server.call('POST', '/fhir', { token: engine, body: { resourceType: 'Bundle', type: 'transaction', entry: entries } })
    expect((await send(...entry, { request: { method: 'DELETE', url: 'Observation/of-h1' } })).status).toBe(404)
    expect(await total('bundled')).toBe(3)
    const answer = await send(...entry)
    expect([answer.status, answer.json.entry, await total('bundled')]).toEqual([200, [{ response: { status: '204' } }], 0])
  })

  test.each([
    '_count=1',
    '_sort=date',
    '_total=none',
    '_summary=true',
    '_include=Observation:subject',
    '_elements=id',
    '_id:missing=false',
  ])('by %s alone would be one of everything', async (query) => {
    await make('kept')
    const before = await total('kept')
    const answer = await remove(query)
    expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([400, 'criteria-empty'])
    expect(await total('kept')).toBe(before)
  })

  test('all or none', async () => {
    for (let n = 0; n < 2; n++) await make('mixed')
    await putAll(server, await server.token('loader'), [observation('foreign', 'p', 'mixed', { meta: custody('H1') })])
    // The patient sees all of them, and may delete none.
    const own = await server.token('patient-app', { patient: 'p' })
    expect((await remove('code=mixed', own)).status).toBe(403)
    expect(await total('mixed')).toBe(3)
    expect((await remove('code=mixed', engine, { 'If-Match': '"7"' })).status).toBe(412)
    expect(await total('mixed')).toBe(3)
  })

  test('each stands in the account of the patient', async () => {
    const made = await make('told')
    await make('told')
    await remove('code=told')
    const token = await server.token('patient-app', { patient: 'p' })
    const { entry } = (await server.call('GET', `/fhir/AuditEvent?entity=Observation/${made.json.id}&_sort=date`, { token })).json
    expect(entry.at(-1).resource.subtype[0].code).toBe('delete')
  })

  test('the CapabilityStatement says so', async () => {
    const { rest } = (await server.call('GET', '/fhir/metadata')).json
    const of = (type: string) => rest[0].resource.find((one: { type: string }) => one.type === type)
    expect([of('Observation').conditionalDelete, of('AuditEvent').conditionalDelete]).toEqual(['multiple', 'not-supported'])
  })
})
