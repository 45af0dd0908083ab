/** Content-Encoding of answers and of bodies (RFC 9110 8.4, 12.5.3): what is compressed, what is not, and what is refused. */
import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { acceptsGzip, gzipped } from '../../server/http/compression.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Raw {
  status: number
  headers: Record<string, string | string[] | undefined>
  bytes: Buffer
}

let server: TestServer
/** As fetch does not: nothing is asked for that the test does not name, and nothing is unpacked. */
function raw(method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(server.url + path, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) }))
      answer.on('error', reject)
    })
    asked.on('error', reject).end(body)
  })
}
const GZIP = { 'Accept-Encoding': 'gzip' }
const JSON_BODY = { 'Content-Type': 'application/fhir+json' }
const large = { resourceType: 'Basic', code: { text: '诊断'.repeat(1000) } }
let path = ''

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  path = `/fhir/Basic/${(await server.call('POST', '/fhir/Basic', { body: large })).json.id}`
})
afterAll(() => server.stop())

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['deflate, gzip;q=0.5', true],
  ['br', false],
  ['*', true],
  ['*;q=0', false],
  ['gzip;q=0', false],
  ['gzip; q=0.0, *', false],
  ['identity', false],
  ['gzip;q=x', false],
])('Accept-Encoding: %s', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected)
})

describe('answers', () => {
  test('are the same bytes, packed or not, with the same ETag', async () => {
    const [plain, packed] = [await raw('GET', path), await raw('GET', path, GZIP)]
    expect([plain.headers['content-encoding'], plain.headers['content-length']]).toEqual([undefined, String(plain.bytes.length)])
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true)
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 5)
    expect([packed.headers.etag, packed.headers['last-modified']]).toEqual([plain.headers.etag, plain.headers['last-modified']])
    for (const { headers } of [plain, packed])
      expect([headers.vary, headers['cache-control']]).toEqual(['Authorization, Accept, Accept-Encoding', 'no-store'])
  })

  test('short ones are not packed; HEAD and 304 have no body', async () => {
    const short = await raw('GET', '/fhir/Basic/absent', GZIP)
    expect([short.headers['content-encoding'], short.headers.vary]).toEqual([undefined, 'Authorization, Accept, Accept-Encoding'])
    const head = await raw('HEAD', path, GZIP)
    expect([head.status, head.headers['content-encoding'], head.bytes.length]).toEqual([200, 'gzip', 0])
    const unchanged = await raw('GET', path, { ...GZIP, 'If-None-Match': 'W/"1"' })
    expect([unchanged.status, unchanged.headers['content-encoding'], unchanged.bytes.length]).toEqual([304, undefined, 0])
  })

  test.each([
    '/fhir/Basic?_count=5',
    '/fhir/metadata',
    '/fhir/Basic?_count=5&_pretty=true',
    '/fhir/Basic?nonsense=x',
    '/fhir/Basic?code:text=x&_elements=code',
  ])('%s', async (address) => {
    const [plain, packed] = [await raw('GET', address), await raw('GET', address, GZIP)]
    expect(gunzipSync(packed.headers['content-encoding'] ? packed.bytes : gzipSync(packed.bytes)).equals(plain.bytes)).toBe(true)
  })

  test('an error that is long is packed as well', async () => {
    const wrong = { resourceType: 'Patient', name: Array.from({ length: 50 }, () => ({ foo: 1 })) }
    const answer = await raw('POST', '/fhir/Patient', { ...GZIP, ...JSON_BODY }, Buffer.from(JSON.stringify(wrong)))
    expect([answer.status, answer.headers['content-encoding']]).toEqual([400, 'gzip'])
    expect(JSON.parse(gunzipSync(answer.bytes).toString()).resourceType).toBe('OperationOutcome')
  })

  test('files of an export', async () => {
    const start = await raw('GET', '/fhir/$export?_type=Basic', { Prefer: 'respond-async' })
    const status = String(start.headers['content-location']).slice(server.url.length)
    let done = await raw('GET', status)
    for (let n = 0; n < 100 && done.status === 202; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      done = await raw('GET', status)
    }
    const file = String(JSON.parse(done.bytes.toString()).output[0].url).slice(server.url.length)
    const [plain, packed] = [await raw('GET', file), await raw('GET', file, GZIP)]
    expect([packed.headers['content-encoding'], packed.headers['content-type']]).toEqual(['gzip', 'application/fhir+ndjson'])
    expect([plain.bytes.length > 1000, gunzipSync(packed.bytes).equals(plain.bytes)]).toEqual([true, true])
  })

  test('a token is never packed', async () => {
    const answer = await raw('GET', '/auth/jwks', GZIP)
    expect(answer.headers['content-encoding']).toBeUndefined()
  })
})

describe('L39 what an answer repeats of its request shares no compression with what it tells', () => {
  const secret = Buffer.from('the name is 王建国, born 1954-01-07 '.repeat(40))
  const lengthWith = async (guess: string): Promise<number> => (await gzipped([Buffer.from('{'), Buffer.from(guess), secret], [1])).length

  test('a right guess is as long as a wrong one of the same length', async () => {
    const [right, wrong] = ['the name is 王建国, born 1954-01-07', 'qjx vbzk wf 赵钱孙, lmpd 8263-95-40']
    expect(Buffer.byteLength(right)).toBe(Buffer.byteLength(wrong))
    expect(await lengthWith(right)).toBe(await lengthWith(wrong))
    // Compressed together it would not be.
    expect(deflateRawSync(Buffer.concat([Buffer.from(right), secret])).length).not.toBe(
      deflateRawSync(Buffer.concat([Buffer.from(wrong), secret])).length,
    )
  })

  test('where the pieces are not known any more nothing is compressed', async () => {
    const packed = await gzipped([secret], [1])
    expect([packed.length > secret.length, inflateRawSync(packed.subarray(10, -8)).equals(secret)]).toEqual([true, true])
  })

  test('short pieces between those that are not compressed cost no stream of their own', async () => {
    const error = Buffer.from(JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ diagnostics: 'x'.repeat(300) }] }))
    const pieces = Array.from({ length: 20_001 }, (_, at) =>
      at % 2 === 0 ? Buffer.from('},"response":{"status":"404"}},{"resource":') : error,
    )
    const whole = Buffer.concat(pieces)
    const packed = await gzipped(
      pieces,
      pieces.flatMap((_, at) => (at % 2 === 0 ? [] : [at])),
    )
    expect(gunzipSync(packed).equals(whole)).toBe(true)
    // One stored block for each 64 KiB, and not two blocks for each piece.
    expect(packed.length - whole.length).toBeLessThan(18 + 5 * (whole.length / 65_535 + 2))
  })

  test('over HTTP: the link of a search', async () => {
    await raw('POST', '/fhir/Basic', JSON_BODY, Buffer.from(JSON.stringify({ ...large, code: { text: 'abcdefghijkl'.repeat(200) } })))
    const found = async (query: string) => (await raw('GET', `/fhir/Basic?_count=5&_sort=_id&code:not=${query}`, GZIP)).bytes.length
    expect(await found('urn:abcdefghijkl|')).toBe(await found('urn:qwzxvbnmqqqj|'))
  })
})

describe('bodies', () => {
  const post = (body: Uint8Array, coding = 'gzip') => raw('POST', '/fhir/Basic', { ...JSON_BODY, 'Content-Encoding': coding }, body)
  const codeOf = ({ bytes }: Raw): string => JSON.parse(bytes.toString()).issue[0].details.coding[0].code

  test.each(['gzip', 'x-gzip', 'GZIP'])('%s is unpacked', async (coding) => {
    const answer = await post(gzipSync(JSON.stringify(large)), coding)
    expect([answer.status, JSON.parse(answer.bytes.toString()).code.text]).toEqual([201, large.code.text])
  })

  test('a search by form and a patch too', async () => {
    const type = 'application/x-www-form-urlencoded'
    const search = await raw('POST', '/fhir/Basic/_search', { 'Content-Type': type, 'Content-Encoding': 'gzip' }, gzipSync('_id=absent'))
    expect([search.status, JSON.parse(search.bytes.toString()).total]).toEqual([200, 0])
    const patch = gzipSync('[{"op":"test","path":"/resourceType","value":"Basic"}]')
    const headers = { 'Content-Type': 'application/json-patch+json', 'Content-Encoding': 'gzip' }
    expect((await raw('PATCH', path, headers, patch)).status).toBe(200)
  })

  test.each<[string, Uint8Array]>([
    ['no gzip', Buffer.from('{"resourceType":"Basic"}')],
    ['cut off', gzipSync(JSON.stringify(large)).subarray(0, -9)],
    ['nothing', Buffer.alloc(0)],
    ['with a wrong sum', Buffer.concat([gzipSync('{}').subarray(0, -8), Buffer.alloc(8, 7)])],
  ])('%s is refused', async (_name, body) => {
    const answer = await post(body)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'content-encoding-invalid'])
  })

  test('what would unpack to very much is refused at once, and not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(1024 * 1024 * 1024, 0x20), { level: 9 })
    const before = process.memoryUsage().arrayBuffers
    const answer = await post(bomb)
    expect([answer.status, codeOf(answer)]).toEqual([413, 'body-ratio'])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024)
  }, 60_000)

  test('the bound of a body is that of what it unpacks to', async () => {
    // A part of it is noise, which gzip cannot make smaller: the ratio is some 30.
    const line = () => [Buffer.alloc(63_488, 0x20), randomBytes(2048)]
    const body = gzipSync(Buffer.concat(Array.from({ length: 1025 }, line).flat()), { level: 1 })
    const answer = await post(body)
    expect([answer.status, codeOf(answer)]).toEqual([413, 'body-too-large'])
  }, 60_000)

  test('afterwards the server answers as before', async () => {
    expect((await raw('GET', path)).status).toBe(200)
  })
})
