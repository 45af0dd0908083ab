/** Headers and conditions of R4 http.html and RFC 9110 that belong to no single interaction. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let path = ''
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  path = `/fhir/Basic/${(await server.call('POST', '/fhir/Basic', { body: basic('a') })).json.id}`
})
afterAll(() => server.stop())

const basic = (text: string, extra: object = {}): object => ({ resourceType: 'Basic', code: { text }, ...extra })
const code = (answer: { json: { issue: { details: { coding: { code: string }[] } }[] } }) => answer.json.issue[0]?.details.coding[0]?.code

describe('OPTIONS and Allow', () => {
  const ROWS: [string, string][] = [
    ['', 'GET, HEAD, POST, OPTIONS'],
    ['/_history', 'GET, HEAD, OPTIONS'],
    ['/Patient/_history', 'GET, HEAD, OPTIONS'],
    ['/Patient/absent/Observation', 'GET, HEAD, OPTIONS'],
    ['/_search', 'POST, OPTIONS'],
    ['/metadata', 'GET, HEAD, OPTIONS'],
    ['/.well-known/smart-configuration', 'GET, HEAD, OPTIONS'],
    ['/Patient', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    ['/Patient/_search', 'POST, OPTIONS'],
    ['/Patient/absent', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['/Patient/absent/_history', 'GET, HEAD, OPTIONS'],
    ['/Patient/absent/_history/1', 'GET, HEAD, OPTIONS'],
    ['/Patient/absent/$everything', 'GET, HEAD, POST, OPTIONS'],
    ['/Patient/$validate', 'POST, OPTIONS'],
    ['/$export', 'GET, HEAD, POST, OPTIONS'],
    ['/AuditEvent', 'GET, HEAD, OPTIONS'],
    ['/AuditEvent/_search', 'POST, OPTIONS'],
    ['/AuditEvent/x', 'GET, HEAD, OPTIONS'],
  ]
  test.each(ROWS)('%s', async (address, allowed) => {
    const answer = await server.call('OPTIONS', `/fhir${address}`)
    expect([answer.status, answer.headers.get('allow'), answer.text]).toEqual([204, allowed, ''])
    const formats = ['json-patch+json', 'fhir+json', 'merge-patch+json', 'json', 'fhir+xml'].map((name) => `application/${name}`)
    expect(answer.headers.get('accept-patch')).toBe(allowed.includes('PATCH') ? formats.join(', ') : null)
  })

  test.each([
    ['/Patience', 404, 'resource-type-unknown'],
    ['/Patient/$nothing', 404, 'operation-unknown'],
    ['/Patient/a/b/c/d', 404, 'not-found'],
  ])('%s', async (address, status, issue) => {
    const answer = await server.call('OPTIONS', `/fhir${address}`)
    expect([answer.status, code(answer)]).toEqual([status, issue])
  })

  test.each([
    ['DELETE', '/metadata'],
    ['PUT', ''],
    ['POST', '/Patient/absent'],
    ['DELETE', '/Patient/absent/_history/1'],
    ['GET', '/Patient/_search'],
    ['DELETE', '/Patient/absent/$everything'],
    ['PUT', '/$export'],
    ['PATCH', '/metadata'],
    ['PATCH', ''],
    ['PATCH', '/_async/absent'],
    ['GET', '/_search'],
    ['DELETE', '/.well-known/smart-configuration'],
    ['POST', '/.well-known/smart-configuration'],
  ])('%s %s is 405 and says what there is', async (method, address) => {
    const { headers } = await server.call('OPTIONS', `/fhir${address}`)
    const told = (answer: Answer) => [answer.status, code(answer), answer.headers.get('allow')]
    const expected = [405, 'method-not-allowed', headers.get('allow')]
    expect(told(await server.call(method, `/fhir${address}`))).toEqual(expected)
    if (method === 'GET') return
    // Nor is anything of a body told, which no method takes there.
    const sent = { body: 'x', headers: { 'Content-Type': 'text/plain' } }
    expect(told(await server.call(method, `/fhir${address}`, sent))).toEqual(expected)
  })

  test.each([
    ['/health', 'POST', 'GET, HEAD, OPTIONS'],
    ['/ready', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/metrics', 'PUT', 'GET, HEAD, OPTIONS'],
    ['/auth/token', 'GET', 'POST, OPTIONS'],
    ['/auth/introspect', 'PUT', 'POST, OPTIONS'],
    ['/auth/jwks', 'POST', 'GET, HEAD, OPTIONS'],
  ])('beside the FHIR API, too: %s', async (address, method, allowed) => {
    const [asked, refused] = [await server.call('OPTIONS', address), await server.call(method, address)]
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, allowed])
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, allowed])
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s of the account of uses is 405', async (method) => {
    for (const address of method === 'POST' ? ['/AuditEvent'] : ['/AuditEvent/x', '/AuditEvent?_id=x']) {
      const type = { 'Content-Type': method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json' }
      const answer = await server.call(method, `/fhir${address}`, { headers: type, ...(method === 'DELETE' ? {} : { body: '{}' }) })
      expect([answer.status, code(answer), answer.headers.get('allow')]).toEqual([405, 'read-only', 'GET, HEAD, OPTIONS'])
      const plain = await server.call(method, `/fhir${address}`, { headers: { 'Content-Type': 'text/plain' }, body: 'x' })
      expect([plain.status, code(plain)]).toEqual([405, 'read-only'])
    }
  })
})

describe('HEAD is GET without its body', () => {
  test.each([
    '/fhir/metadata',
    '{path}',
    '{path}/_history',
    '{path}/_history/1',
    '/fhir/Basic?_count=1',
    '/fhir/Patient/absent',
    '/health',
  ])('%s', async (address) => {
    const at = address.replace('{path}', path)
    const [get, head] = [await server.call('GET', at), await server.call('HEAD', at)]
    const names = ['content-type', 'etag', 'last-modified', 'cache-control', 'vary', 'content-encoding']
    const shown = ({ status, headers }: { status: number; headers: Headers }) => [status, ...names.map((name) => headers.get(name))]
    expect(shown(head)).toEqual(shown(get))
    expect(head.text).toBe('')
  })
})

describe('tags', () => {
  const put = (text: string, headers: Record<string, string>) =>
    server.call('PUT', '/fhir/Basic/tags', { body: basic(text, { id: 'tags' }), headers })

  test('If-Match is a list of them, weak and strong: one has to be what stands', async () => {
    expect((await put('1', {})).status).toBe(201)
    expect((await put('2', { 'If-Match': 'W/"7", "1"' })).headers.get('etag')).toBe('W/"2"')
    expect((await put('3', { 'If-Match': '"2"' })).headers.get('etag')).toBe('W/"3"')
    expect((await put('4', { 'If-Match': 'W/"1","2"' })).status).toBe(412)
    expect((await put('4', { 'If-Match': 'W/"3", *' })).status).toBe(400)
    // Empty elements of a list say nothing (RFC 9110 5.6.1.2).
    expect([(await put('4', { 'If-Match': ',"1",,' })).status, (await put('4', { 'If-Match': ' , ' })).status]).toEqual([412, 400])
    expect((await server.call('DELETE', '/fhir/Basic/tags', { headers: { 'If-Match': '"1", "2"' } })).status).toBe(412)
    const patch = (tags: string) =>
      server.call('PATCH', '/fhir/Basic/tags', {
        body: '[{"op":"replace","path":"/code/text","value":"p"}]',
        headers: { 'Content-Type': 'application/json-patch+json', 'If-Match': tags },
      })
    expect([(await patch('"1", "2"')).status, (await patch('"1", W/"3"')).status]).toEqual([412, 200])
    expect((await server.call('DELETE', '/fhir/Basic/tags', { headers: { 'If-Match': '"9", W/"4"' } })).status).toBe(204)
    // The tag of a deletion names what is brought back to life.
    expect((await put('6', { 'If-Match': '"9", "5"' })).headers.get('etag')).toBe('W/"6"')
  })

  test('If-None-Match keeps an update from what stands, and a PUT from creating twice', async () => {
    const now = (await server.call('GET', '/fhir/Basic/tags')).headers.get('etag') as string
    expect((await put('7', { 'If-None-Match': `"1", ${now}` })).status).toBe(412)
    expect((await put('7', { 'If-None-Match': '*' })).status).toBe(412)
    const make = () => server.call('PUT', '/fhir/Basic/made', { body: basic('m', { id: 'made' }), headers: { 'If-None-Match': '*' } })
    expect([(await make()).status, (await make()).status]).toEqual([201, 412])
  })

  test('a version that the caller has already is 304 too', async () => {
    const answer = await server.call('GET', `${path}/_history/1`, { headers: { 'If-None-Match': '"1"' } })
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', 'W/"1"'])
    expect((await server.call('GET', `${path}/_history/1`, { headers: { 'If-None-Match': 'W/"2"' } })).status).toBe(200)
  })

  test('a write that is refused names its conditions', async () => {
    const { id } = (await server.call('POST', '/fhir/Basic', { body: basic('named') })).json
    const json = { 'Content-Type': 'application/json-patch+json' }
    const tag = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:t', code: 'x' }] } }] }
    const writes: [string, string, unknown, object?][] = [
      ['PUT', '', basic('other', { id })],
      ['PUT', '?_id=', basic('other')],
      ['PATCH', '', '[{"op":"replace","path":"/code/text","value":"p"}]', json],
      ['POST', '/$meta-add', tag],
      ['DELETE', '', undefined],
    ]
    for (const [name, value] of [
      ['If-Match', 'W/"9"'],
      ['If-None-Match', 'W/"1"'],
      ['If-Unmodified-Since', 'Thu, 01 Jan 2004 00:00:00 GMT'],
    ] as const)
      for (const [method, path, body, more] of writes) {
        const address = path.startsWith('?') ? `/fhir/Basic${path}${id}` : `/fhir/Basic/${id}${path}`
        const answer = await server.call(method, address, { ...(body ? { body } : {}), headers: { ...more, [name]: value } })
        expect([method, path, answer.status, answer.json?.issue[0].expression]).toEqual([method, path, 412, [`http.${name}`]])
      }
  })

  test('If-Match of a read: 412 where it does not hold (RFC 9110 13.1.1)', async () => {
    const made = await server.call('POST', '/fhir/Basic', { body: basic('read') })
    const at = `/fhir/Basic/${made.json.id}`
    const get = (headers: Record<string, string>, address = at) => server.call('GET', address, { headers })
    const read = async (headers: Record<string, string>, address = at) => (await get(headers, address)).status
    for (const tags of ['W/"1"', '"1"', '*', 'W/"7", W/"1"']) expect([tags, await read({ 'If-Match': tags })]).toEqual([tags, 200])
    const refused = await get({ 'If-Match': 'W/"2"' })
    expect([refused.status, code(refused), refused.json.issue[0].expression]).toEqual([412, 'version-conflict', ['http.If-Match']])
    // It goes before If-None-Match (13.2.2), and beside it If-Unmodified-Since is passed over (13.1.4).
    expect(await read({ 'If-Match': 'W/"2"', 'If-None-Match': 'W/"1"' })).toBe(412)
    expect(await read({ 'If-Match': 'W/"1"', 'If-None-Match': 'W/"1"' })).toBe(304)
    const modified = made.headers.get('last-modified') as string
    const before = new Date(Date.parse(modified) - 1000).toUTCString()
    expect(await read({ 'If-Unmodified-Since': before })).toBe(412)
    expect(await read({ 'If-Unmodified-Since': modified })).toBe(200)
    expect(await read({ 'If-Unmodified-Since': before, 'If-Match': 'W/"1"' })).toBe(200)
    // What would not be answered with 2xx is answered as without (13.2.1); what is no tag is one nowhere.
    expect(await read({ 'If-Match': 'W/"1"' }, '/fhir/Basic/absent')).toBe(404)
    for (const address of [at, '/fhir/Basic/absent']) expect(await read({ 'If-Match': '1' }, address)).toBe(400)
    expect((await server.call('HEAD', at, { headers: { 'If-Match': 'W/"2"' } })).status).toBe(412)
    const request = { method: 'GET', url: at.slice('/fhir/'.length), ifMatch: 'W/"2"' }
    const send = (type: string) => server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type, entry: [{ request }] } })
    expect((await send('batch')).json.entry[0].response.status).toBe('412')
    const failed = await send('transaction')
    expect([failed.status, failed.json.issue[0].expression]).toEqual([412, ['Bundle.entry[0].request.ifMatch']])
    await server.call('DELETE', at)
    expect(await read({ 'If-Match': 'W/"1"' })).toBe(410)
  })

  test('in a bundle', async () => {
    const entry = (ifMatch: string) => ({
      resource: basic('b', { id: 'made' }),
      request: { method: 'PUT', url: 'Basic/made', ifMatch },
    })
    const post = (type: string, one: object) => server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type, entry: [one] } })
    expect((await post('batch', entry('W/"8", W/"9"'))).json.entry[0].response.status).toBe('412')
    expect((await post('transaction', entry('W/"8", W/"1"'))).json.entry[0].response.etag).toBe('W/"2"')
  })
})

describe('Prefer', () => {
  const post = (prefer: string) => server.call('POST', '/fhir/Basic', { body: basic('p'), headers: { Prefer: prefer } })
  test.each<[string, string | undefined, string | null]>([
    ['return=minimal', undefined, 'return=minimal'],
    ['return=representation', 'Basic', 'return=representation'],
    ['return=OperationOutcome', 'OperationOutcome', 'return=OperationOutcome'],
    ['handling=strict, return=minimal', undefined, 'return=minimal'],
    ['handling=lenient; return="minimal"', undefined, 'return=minimal'],
    ['Return=minimal', undefined, 'return=minimal'],
    // Of a preference that is named twice the first counts (RFC 7240, 2).
    ['return=representation, return=minimal', 'Basic', 'return=representation'],
    ['return=nonsense', 'Basic', null],
    ['respond-async', 'Basic', null],
  ])('%s', async (prefer, type, applied) => {
    const answer = await post(prefer)
    expect([answer.status, answer.json?.resourceType, answer.headers.get('preference-applied')]).toEqual([201, type, applied])
    expect(answer.headers.get('content-type')).toBe(type === undefined ? null : 'application/fhir+json; charset=utf-8')
    expect(answer.headers.get('location')).toMatch(/\/fhir\/Basic\/[\w-]+\/_history\/1$/)
  })
})

test.each(['batch', 'transaction'])(
  'the outcome of a write in a %s stands in the response of its entry, not as a resource',
  async (type) => {
    const entry = [
      { resource: basic('in'), request: { method: 'POST', url: 'Basic' } },
      { request: { method: 'GET', url: 'Basic/absent-x' } },
    ]
    const body = { resourceType: 'Bundle', type, entry: type === 'batch' ? entry : entry.slice(0, 1) }
    const { json } = await server.call('POST', '/fhir', { body, headers: { Prefer: 'return=OperationOutcome' } })
    const { resource, response } = json.entry[0]
    expect([resource, response.status, response.outcome.resourceType]).toEqual([undefined, '201', 'OperationOutcome'])
    expect(response.outcome.issue[0].details.coding[0].code).toBe('stored')
  },
)

test('the self link of a history has what was understood', async () => {
  const self = async (query: string) => {
    const { link } = (await server.call('GET', `${path}/_history${query}`)).json
    return link.find(({ relation }: { relation: string }) => relation === 'self').url.slice(server.url.length)
  }
  expect(await self('')).toBe(`${path}/_history`)
  expect(await self('?_count=1&nonsense=x&_since=2020-01-01')).toBe(`${path}/_history?_count=1&_since=2020-01-01`)
  expect(await self('?_summary=true&_format=json')).toBe(`${path}/_history?_summary=true`)
})

test('the CapabilityStatement has a tag that stays while it does', async () => {
  const tags = [await server.call('GET', '/fhir/metadata'), await server.call('HEAD', '/fhir/metadata')].map(({ headers }) =>
    headers.get('etag'),
  )
  expect(tags[0]).toMatch(/^W\/"[\w-]{22}"$/)
  expect(tags[1]).toBe(tags[0])
})
