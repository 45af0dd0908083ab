/** $meta of a type and of the system over HTTP, without access control (R4 resource-operation-meta.html). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => server.call('GET', `/fhir/${path}`, { headers })
const put = async (body: { resourceType: string; id: string; [name: string]: unknown }): Promise<void> => {
  expect((await server.call('PUT', `/fhir/${body.resourceType}/${body.id}`, { body })).status).toBe(201)
}
const metaIn = ({ json }: Answer): unknown => json.parameter?.[0].valueMeta

const CODE = 'x'.repeat(500)
const PROFILES = ['p|1.0', 'p|2', 'q', 'r', 'r|1'].map((name) => `http://x.example/${name}`)
const HIV = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' }
const tag = (...codes: string[]) => codes.map((code) => ({ system: 'urn:t', code, display: `显示 ${code}` }))

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  const basic = { resourceType: 'Basic', code: { text: 'x' } }
  await put({ ...basic, id: 'one', meta: { tag: tag('a', 'b'), profile: ['http://x.example/p|1.0', 'http://x.example/q'] } })
  await put({
    ...basic,
    id: 'two',
    meta: { tag: [...tag('b'), { code: 'alone' }, { system: 'urn:only' }, { display: 'words' }], security: [HIV] },
  })
  await put({ ...basic, id: 'three' })
  await put({ ...basic, id: 'gone', meta: { tag: tag('gone') } })
  expect((await server.call('DELETE', '/fhir/Basic/gone')).status).toBe(204)
  // The address alone stands beside one with a version in the index of each; of these it is stated by itself in one.
  await put({ ...basic, id: 'bare', meta: { profile: ['http://x.example/q', 'http://x.example/r'] } })
  await put({ ...basic, id: 'versions', meta: { profile: ['http://x.example/p|2', 'http://x.example/r|1'] } })
  // Beyond 16 bits JavaScript and the index put characters in another order.
  await put({ ...basic, id: 'han', meta: { tag: tag('\u{20000}', '\uffee', '\ue000', '病') } })
  await put({ ...basic, id: 'han-2', meta: { tag: tag('\u{20001}', '\uffe0') } })
  await put({ ...basic, id: 'long', meta: { tag: tag(CODE, 'short') } })
  await put({ resourceType: 'Patient', id: 'p', active: true, meta: { tag: tag('a', 'c') } })
}, 60_000)
afterAll(() => server.stop())

const coded = (...codes: string[]) => codes.map((code) => ({ system: 'urn:t', code }))

test('of a type: what its resources have, each once; not what was deleted', async () => {
  const answer = await get('Basic/$meta')
  expect([answer.status, answer.json]).toEqual([
    200,
    {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'return',
          valueMeta: {
            profile: PROFILES,
            security: [HIV],
            tag: [
              { system: 'urn:only' },
              ...coded('a', 'b', 'short', CODE, '病', '\u{20000}', '\u{20001}', '\ue000', '\uffe0', '\uffee'),
              { code: 'alone' },
            ],
          },
        },
      ],
    },
  ])
  expect(answer.headers.get('etag')).toBeNull()
})

test('of the system: of all types', async () => {
  const { tag: tags, security, profile } = metaIn(await get('$meta')) as Record<string, { code?: string }[]>
  expect(tags?.map(({ code }) => code)).toEqual(expect.arrayContaining(['a', 'b', 'c', 'alone', CODE]))
  expect(new Set(tags?.map((one) => JSON.stringify(one))).size).toBe(tags?.length)
  expect([security, profile]).toEqual([[HIV], PROFILES])
})

test('where there are none the Parameters are empty', async () => {
  for (const type of ['Device', 'AuditEvent']) expect((await get(`${type}/$meta`)).json).toEqual({ resourceType: 'Parameters' })
  const xml = await get('Device/$meta', { Accept: 'application/fhir+xml' })
  expect(xml.text).toContain('<Parameters xmlns="http://hl7.org/fhir"/>')
})

test('by GET, HEAD and POST (R4 operations.html#request); one resource has its own', async () => {
  for (const path of ['Basic/$meta', '$meta', 'Patient/p/$meta']) {
    expect((await server.call('HEAD', `/fhir/${path}`)).status).toBe(200)
    const post = (body?: object, headers = {}) => server.call('POST', `/fhir/${path}`, { ...(body ? { body } : {}), headers })
    const asked = (await get(path)).json
    for (const body of [undefined, { resourceType: 'Parameters' }]) expect((await post(body)).json).toEqual(asked)
    expect((await post({ resourceType: 'Basic', code: { text: 'x' } })).json.issue[0].details.coding[0].code).toBe('resource-type-mismatch')
    const more = { resourceType: 'Parameters', parameter: [{ name: 'x', valueString: 'y' }] }
    expect([(await post(more)).status, (await post(more, { Prefer: 'handling=strict' })).status]).toEqual([200, 400])
  }
  expect((await get('Nothing/$meta')).status).toBe(404)
  expect((await get('Basic/$meta?_tag=a', { Prefer: 'handling=strict' })).status).toBe(400)
  expect(metaIn(await get('Patient/p/$meta'))).toMatchObject({ versionId: '1', tag: tag('a', 'c') })
})

test('both levels are in the CapabilityStatement, each once', async () => {
  const [rest] = (await get('metadata')).json.rest
  const definition = 'http://hl7.org/fhir/OperationDefinition/Resource-meta'
  const named = ({ operation }: { operation: { name: string }[] }) => operation.filter(({ name }) => name === 'meta')
  expect(named(rest)).toEqual([{ name: 'meta', definition }])
  expect(named(rest.resource.find(({ type }: { type: string }) => type === 'Basic'))).toEqual([{ name: 'meta', definition }])
})

test('more than 2,000 different sets of labels of a type are refused', async () => {
  const entry = Array.from({ length: 2001 }, (_, at) => ({
    resource: {
      resourceType: 'Flag',
      status: 'active',
      code: { text: 'x' },
      subject: { reference: 'Patient/p' },
      meta: { tag: coded(`t${at}`) },
    },
    request: { method: 'POST', url: 'Flag' },
  }))
  const done = await server.call('POST', '/fhir', {
    body: { resourceType: 'Bundle', type: 'transaction', entry },
    headers: { Prefer: 'return=minimal' },
  })
  expect(done.status).toBe(200)
  const answer = await get('Flag/$meta')
  expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([answer.status, 'too-costly'])
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect((await get('Basic/$meta')).status).toBe(200)
}, 60_000)
