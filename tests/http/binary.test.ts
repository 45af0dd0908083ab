/** The content of a Binary as itself, over HTTP, without access control (R4 binary.html#rest). */
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CONTENT_BYTES_MAX } from '../../server/http/binary-content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

interface Got {
  status: number
  headers: Record<string, string | string[] | undefined>
  bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers by path
  json: any
}

/** With the headers that are given, and no others. */
function call(method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${server.url}/fhir/${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const isJson = String(response.headers['content-type']).startsWith('application/fhir+json') && bytes.length > 0
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          json: isJson ? JSON.parse(bytes.toString('utf8')) : undefined,
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
const codeOf = ({ json }: Got): string => json?.issue?.[0]?.details?.coding?.[0]?.code
const FHIR = { 'Content-Type': 'application/fhir+json' }
const AS_RESOURCE = { Accept: 'application/fhir+json' }
const resource = (id: string, contentType: string, content: Uint8Array, more: object = {}) =>
  Buffer.from(JSON.stringify({ resourceType: 'Binary', id, contentType, ...more, data: Buffer.from(content).toString('base64') }))
const put = (id: string, ...of: [string, Uint8Array, object?]) => call('PUT', `Binary/${id}`, FHIR, resource(id, ...of))

/** No text in any charset. */
const PDF = Buffer.from([0x25, 0x50, 0x44, 0x46, 0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x80])
const JSON_TYPE = 'application/fhir+json; charset=utf-8'

describe('read', () => {
  beforeAll(async () => {
    expect((await put('pdf', 'application/pdf', Buffer.from('first'))).status).toBe(201)
    expect((await put('pdf', 'application/pdf', PDF, { securityContext: { reference: 'Patient/7' } })).status).toBe(200)
    expect((await put('data', 'application/json', Buffer.from('[1.00]'))).status).toBe(201)
  })

  test.each<[accept: string | undefined, type: string | 406]>([
    ['application/pdf', 'application/pdf'],
    ['APPLICATION/PDF', 'application/pdf'],
    ['application/*', 'application/pdf'],
    ['application/pdf, */*;q=0.1', 'application/pdf'],
    ['image/png, application/pdf;q=0.2', 'application/pdf'],
    ['application/pdf, application/fhir+json;q=0.9', 'application/pdf'],
    ['application/pdf, application/json', 'application/pdf'],
    ['application/pdf, application/fhir+json', JSON_TYPE],
    ['application/pdf;q=0.5, application/fhir+xml', 'application/fhir+xml; charset=utf-8'],
    ['application/pdf;q=0.5, */*', 'application/pdf'],
    ['application/pdf;q=0.5, application/json', 'application/json; charset=utf-8'],
    ['application/fhir+json', JSON_TYPE],
    ['application/fhir+xml', 'application/fhir+xml; charset=utf-8'],
    ['text/xml', 'text/xml; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    // Nothing of FHIR is asked for: by curl, by fetch, by a browser, by nobody's choice.
    ['*/*', 'application/pdf'],
    ['', 'application/pdf'],
    [undefined, 'application/pdf'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/pdf'],
    ['text/html, application/fhir+json, */*;q=0.8', JSON_TYPE],
    // As clients of FHIR ask: Medplum, HAPI, axios; the others name one type alone.
    ['application/fhir+json, */*; q=0.1', JSON_TYPE],
    ['application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9', JSON_TYPE],
    ['application/json, text/plain, */*', 'application/json; charset=utf-8'],
    // Named, but wanted less than anything else.
    ['application/fhir+json;q=0.1, */*', 'application/pdf'],
    ['*/*, application/fhir+json;q=0', 'application/pdf'],
    ['*/*;q=0', 406],
    ['image/png', 406],
    ['application/pdf;q=0', 406],
    ['application/fhir+json; fhirVersion=5.0', 406],
  ])('Accept %s: %s', async (accept, type) => {
    const answer = await call('GET', 'Binary/pdf', accept === undefined ? {} : { Accept: accept })
    expect([answer.status, type === 406 ? codeOf(answer) : answer.headers['content-type']]).toEqual(
      type === 406 ? [406, 'not-acceptable'] : [200, type],
    )
    if (type === 'application/pdf') expect(answer.bytes).toEqual(PDF)
    if (type === JSON_TYPE) expect(answer.json.data).toBe(PDF.toString('base64'))
  })

  test('as a file, with the headers of every read', async () => {
    const answer = await call('GET', 'Binary/pdf', { Accept: 'application/pdf' })
    const asResource = await call('GET', 'Binary/pdf', AS_RESOURCE)
    expect(answer.headers).toMatchObject({
      'content-disposition': 'attachment; filename="binary"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'cache-control': 'no-store',
      'content-length': '10',
      'x-security-context': 'Patient/7',
      etag: 'W/"2"',
      'last-modified': asResource.headers['last-modified'],
    })
    expect(answer.headers.vary).toContain('Accept')
    expect(asResource.headers['content-disposition']).toBeUndefined()
  })

  test('HEAD is GET without the bytes', async () => {
    const [got, head] = [
      await call('GET', 'Binary/pdf', { Accept: '*/*;q=0.1, application/pdf' }),
      await call('HEAD', 'Binary/pdf', { Accept: 'application/pdf' }),
    ]
    const { date: _, ...headers } = got.headers
    expect([head.status, head.bytes.length, head.headers]).toMatchObject([200, 0, headers])
  })

  test('what the client has already is not sent, whatever it would take', async () => {
    for (const accept of ['application/pdf', 'image/png']) {
      const answer = await call('GET', 'Binary/pdf', { Accept: accept, 'If-None-Match': 'W/"2"' })
      expect([answer.status, answer.bytes.length, answer.headers.etag]).toEqual([304, 0, 'W/"2"'])
    }
    expect((await call('GET', 'Binary/pdf', { Accept: 'application/pdf', 'If-None-Match': 'W/"1"' })).bytes).toEqual(PDF)
  })

  test('each version has its own', async () => {
    const [first, second] = [1, 2].map((v) => call('GET', `Binary/pdf/_history/${v}`, { Accept: 'application/pdf' }))
    expect((await first)?.bytes.toString()).toBe('first')
    expect((await first)?.headers).toMatchObject({ etag: 'W/"1"', 'content-disposition': 'attachment; filename="binary"' })
    expect((await second)?.bytes).toEqual(PDF)
    expect((await call('GET', 'Binary/pdf/_history', { Accept: 'application/pdf' })).status).toBe(406)
  })

  test.each(['_format=json', '_format=application/fhir%2Bjson', '_elements=contentType', '_summary=data'])(
    '%s asks of the resource',
    async (query) => {
      const accept = query.startsWith('_format') ? 'application/pdf' : '*/*'
      const answer = await call('GET', `Binary/pdf?${query}`, { Accept: accept })
      expect([answer.status, answer.json.resourceType]).toEqual([200, 'Binary'])
      const refused = await call('GET', `Binary/pdf?${query}`, { Accept: 'application/pdf' })
      expect(refused.status).toBe(query.startsWith('_format') ? 200 : 406)
    },
  )

  test('content of JSON under the generic name, the resource under that of FHIR', async () => {
    expect((await call('GET', 'Binary/data', { Accept: 'application/json' })).bytes.toString()).toBe('[1.00]')
    expect((await call('GET', 'Binary/data?_pretty=true', { Accept: 'application/json' })).bytes.toString()).toBe('[1.00]')
    expect((await call('GET', 'Binary/data', { Accept: 'application/fhir+json' })).json.resourceType).toBe('Binary')
  })

  test('content that says to be FHIR is not taken for an answer of ours', async () => {
    await put('own', JSON_TYPE, Buffer.from('{"resourceType":"Patient"}'))
    const answer = await call('GET', 'Binary/own', { Accept: 'application/*' })
    expect([answer.headers['content-type'], answer.bytes.toString()]).toEqual([JSON_TYPE, '{"resourceType":"Patient"}'])
    expect((await call('GET', 'Binary/own', { Accept: 'application/fhir+xml, application/*;q=0.1' })).bytes.toString()).toContain('<Binary')
  })

  test.each(['text/plain; x=病', 'text', 'text/plain; x', 'text/plain;a="b'])(
    'a type that is none (%s) goes into no header',
    async (type) => {
      expect((await put('odd', type, Buffer.from('x'))).status).toBeLessThan(300)
      expect((await call('GET', 'Binary/odd', { Accept: 'text/plain' })).status).toBe(406)
      expect((await call('GET', 'Binary/odd')).json.contentType).toBe(type)
    },
  )

  test('without data it is empty', async () => {
    await call('PUT', 'Binary/none', FHIR, Buffer.from('{"resourceType":"Binary","id":"none","contentType":"text/plain"}'))
    const answer = await call('GET', 'Binary/none', { Accept: 'text/plain' })
    expect([answer.status, answer.headers['content-length'], answer.bytes.length]).toEqual([200, '0', 0])
  })

  test('absent and deleted are told in FHIR', async () => {
    await put('gone', 'text/plain', Buffer.from('x'))
    expect((await call('DELETE', 'Binary/gone')).status).toBe(204)
    for (const [path, status] of [
      ['Binary/gone', 410],
      ['Binary/nowhere', 404],
      ['Binary/a_b', 404],
    ] as const) {
      const answer = await call('GET', path, { Accept: path === 'Binary/a_b' ? '*/*' : 'text/plain' })
      expect([path, answer.status, answer.headers['content-type']]).toEqual([path, status, JSON_TYPE])
    }
  })

  test('in a Bundle it is the resource', async () => {
    const body = Buffer.from(
      JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'Binary/pdf' } }] }),
    )
    const answer = await call('POST', '', FHIR, body)
    expect(answer.json.entry[0].resource).toMatchObject({
      resourceType: 'Binary',
      contentType: 'application/pdf',
      data: PDF.toString('base64'),
    })
  })
})

describe('create and update', () => {
  const GBK = Buffer.from([0xb2, 0xa1, 0xc0, 0xfa])
  const utf8 = (text: string) => Buffer.from(text, 'utf8')
  const CDA = '<ClinicalDocument xmlns="urn:hl7-org:v3"/>'

  test.each<[type: string, content: Buffer, kept?: string]>([
    ['application/pdf', PDF],
    ['text/plain;charset=gbk', GBK],
    ['text/plain;   charset="utf-8"', utf8('病历'), 'text/plain; charset="utf-8"'],
    ['text/html', utf8('<script>x</script>')],
    ['application/json', utf8('[{"resourceType":"Binary"}]')],
    ['application/json', utf8('{"a":"\\"resourceType\\":\\"Binary\\"","b":{"resourceType":"Binary"}}')],
    ['application/json', utf8('{"resourceType":"Patient"}')],
    ['application/json', utf8('{"resourceType" "Binary"}')],
    ['text/json; charset=gbk', GBK],
    ['text/xml', utf8(`<?xml version="1.0" encoding="GB18030"?>\n<!-- <Binary xmlns="http://hl7.org/fhir"/> -->${CDA}`)],
    ['application/xml; charset=utf-16', Buffer.from(`\ufeff${CDA}`, 'utf16le')],
    ['text/xml', utf8('<Binary xmlns="urn:other"><x/></Binary>')],
    ['application/octet-stream', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['application/x-www-form-urlencoded', utf8('a=b')],
    ['application/x-ndjson', utf8('{}\n{}\n')],
  ])('%s is kept byte by byte', async (type, content, kept = type) => {
    const made = await call('POST', 'Binary', { 'Content-Type': type }, content)
    expect([made.status, made.json.contentType, made.json.data]).toEqual([201, kept, content.toString('base64')])
    expect(made.headers.location).toBe(`${server.url}/fhir/Binary/${made.json.id}/_history/1`)
    const read = await call('GET', `Binary/${made.json.id}`, { Accept: kept.split(';')[0] ?? '' })
    expect([read.headers['content-type'], read.bytes.equals(content)]).toEqual([kept, true])
  })

  test.each<[type: string, content: string]>([
    ['application/fhir+json', '{"resourceType":"Binary","contentType":"text/plain","data":"eA=="}'],
    ['application/json', '{ "data":"eA==", "contentType":"text/plain",\n "resourceType" :\n "Binary" }'],
    ['application/fhir+xml', '<Binary xmlns="http://hl7.org/fhir"><contentType value="text/plain"/><data value="eA=="/></Binary>'],
    [
      'text/xml',
      '\ufeff<?xml version="1.0"?><!-- c --> <f:Binary xmlns:f=\'http://hl7.org/fhir\'><f:contentType value="text/plain"/><f:data value="eA=="/></f:Binary>',
    ],
  ])('under %s a Binary of FHIR is one', async (type, content) => {
    const made = await call('POST', 'Binary', { 'Content-Type': type }, utf8(content))
    expect([made.status, made.json.contentType, made.json.data]).toEqual([201, 'text/plain', 'eA=='])
  })

  const count = async (): Promise<number> => (await call('GET', 'Binary?_summary=count')).json.total
  test.each<[headers: Record<string, string>, body: string, status: number, code: string]>([
    [{}, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': 'text' }, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': '*/*x y' }, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': 'text/plain; charset' }, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': 'text/plain; a=\u00e9' }, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': `text/${'x'.repeat(300)}` }, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': 'application/fhir+turtle' }, 'x', 415, 'content-type-unsupported'],
    [{ 'Content-Type': 'application/fhir+json; charset=gbk' }, '{}', 415, 'content-type-unsupported'],
    [{ 'Content-Type': 'application/fhir+json' }, '{"resourceType":"Patient"}', 400, 'resource-type-mismatch'],
    [{ 'Content-Type': 'application/json; fhirVersion=5.0' }, '{"resourceType":"Binary"}', 415, 'fhir-version-unsupported'],
    [{ 'Content-Type': 'application/json' }, '{"resourceType":"Binary","contentType":}', 400, 'json-invalid'],
    [{ 'Content-Type': 'application/pdf' }, '', 400, 'body-empty'],
    [{ 'Content-Type': 'application/pdf', 'Content-Encoding': 'br' }, 'x', 415, 'content-encoding-unsupported'],
    [{ 'Content-Type': 'application/pdf', 'X-Security-Context': 'Patient/1, Patient/2' }, 'x', 400, 'parameter-invalid'],
    [{ 'Content-Type': 'application/pdf', 'X-Security-Context': 'somebody' }, 'x', 400, 'parameter-invalid'],
    [{ 'Content-Type': 'application/pdf', Accept: 'image/png' }, 'x', 406, 'not-acceptable'],
  ])('%j is refused, and nothing is stored', async (headers, body, status, code) => {
    const before = await count()
    const answer = await call('POST', 'Binary', headers, utf8(body))
    expect([answer.status, codeOf(answer), await count()]).toEqual([status, code, before])
  })

  test('as much as one resource may hold, and no more', async () => {
    const most = Buffer.alloc(CONTENT_BYTES_MAX, 7)
    const type = { 'Content-Type': 'application/octet-stream' }
    const made = await call('POST', 'Binary', { ...type, Prefer: 'return=minimal' }, most)
    expect(made.status).toBe(201)
    const path = new URL(String(made.headers.location)).pathname.slice('/fhir/'.length)
    expect((await call('GET', path, { Accept: 'application/octet-stream' })).bytes.equals(most)).toBe(true)
    const answer = await call('POST', 'Binary', type, Buffer.alloc(CONTENT_BYTES_MAX + 1))
    expect([answer.status, codeOf(answer)]).toEqual([413, 'body-too-large'])
  })

  test('packed it is kept unpacked', async () => {
    const made = await call('POST', 'Binary', { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, gzipSync(utf8('病历')))
    expect(made.json.data).toBe(utf8('病历').toString('base64'))
  })

  test('PUT writes the next version, under the conditions of every update', async () => {
    const send = (content: string, headers: Record<string, string> = {}) =>
      call('PUT', 'Binary/note', { 'Content-Type': 'text/plain', ...headers }, utf8(content))
    expect((await send('一', { 'X-Security-Context': 'Patient/7' })).status).toBe(201)
    expect((await call('GET', 'Binary/note', AS_RESOURCE)).json).toMatchObject({ id: 'note', securityContext: { reference: 'Patient/7' } })
    expect((await send('二', { 'If-Match': 'W/"9"' })).status).toBe(412)
    expect((await send('二', { 'If-None-Match': '*' })).status).toBe(412)
    const second = await send('二', { 'If-Match': 'W/"1"' })
    expect([second.status, second.headers.etag, second.json.securityContext]).toEqual([200, 'W/"2"', undefined])
    // The same once more changes nothing.
    expect((await send('二')).headers.etag).toBe('W/"2"')
    const read = await call('GET', 'Binary/note', { Accept: 'text/plain' })
    expect([read.bytes.toString(), read.headers['x-security-context']]).toEqual(['二', undefined])
    expect((await call('PUT', 'Binary/a_b', { 'Content-Type': 'text/plain' }, utf8('x'))).status).toBe(400)
    const byCriteria = await call('PUT', 'Binary?_id=note', { 'Content-Type': 'text/plain' }, utf8('三'))
    expect([byCriteria.status, byCriteria.headers.etag]).toEqual([200, 'W/"3"'])
  })

  test('no other type and no operation takes content', async () => {
    for (const [method, path] of [
      ['POST', 'Patient'],
      ['PUT', 'Patient/x'],
      ['POST', 'Binary/$validate'],
      ['POST', ''],
    ] as const)
      expect([path, (await call(method, path, { 'Content-Type': 'application/pdf' }, PDF)).status]).toEqual([path, 415])
    expect((await call('PATCH', 'Binary/note', { 'Content-Type': 'text/plain' }, utf8('x'))).status).toBe(415)
  })
})

test('the CapabilityStatement says so', async () => {
  const { json } = await call('GET', 'metadata')
  const documented = json.rest[0].resource.filter((one: { documentation?: string }) => one.documentation !== undefined)
  expect(documented.map(({ type }: { type: string }) => type)).toEqual(['Binary'])
  expect(documented[0].documentation).toContain('X-Security-Context')
})
