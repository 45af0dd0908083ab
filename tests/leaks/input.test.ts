/** Leak catalogue L62-L71: input that wants to be more than data. */
import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './worlds.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await server.call('PUT', '/fhir/Patient/known', { body: '{"resourceType":"Patient","id":"known","name":[{"text":"王建国"}]}' })
})
afterAll(() => server.stop())

const get = (path: string) => server.call('GET', path)
const post = (body: string | Uint8Array, headers: Record<string, string> = {}) => server.call('POST', '/fhir/Patient', { body, headers })

describe('L62 database operators are text', () => {
  test.each([
    '_id[$ne]=x',
    '_id[]=known&_id[]=x',
    'name[$regex]=.*',
    'name=%7B%22%24gt%22%3A%22%22%7D',
    'identifier=$where:1',
    '_id=%24ne',
    '_sort=$natural',
    '_id=known%00x',
  ])('%s', async (query) => {
    const answer = await get(`/fhir/Patient?${query}&_count=50`)
    expect(answer.status).toBeLessThan(500)
    if (answer.status === 200 && !/\[|_sort/.test(query)) expect(answer.json.total).toBe(0)
    else if (answer.status === 200) expect(answer.json.entry.at(-1).search.mode).toBe('outcome')
  })

  test.each([{ subject: { $gt: '' } }, { subject: { reference: { $ne: null } } }, { $where: '1' }, { status: { $in: ['final'] } }])(
    'in a body: %o',
    async (part) => {
      const answer = await server.call('POST', '/fhir/Observation', {
        body: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...part },
      })
      expect([400, 422]).toContain(answer.status)
    },
  )
})

describe('L63 keys of a body', () => {
  test.each([
    ['__proto__', '{"resourceType":"Patient","__proto__":{"admin":true}}'],
    ['an escaped __proto__', '{"resourceType":"Patient","\\u005f_proto__":{"admin":true}}'],
    ['a nested __proto__', '{"resourceType":"Patient","name":[{"__proto__":{"text":"x"}}]}'],
    ['constructor', '{"resourceType":"Patient","constructor":{"prototype":{"admin":true}}}'],
    ['a dot', '{"resourceType":"Patient","name.text":"x"}'],
    ['a dollar', '{"resourceType":"Patient","$set":{"active":true}}'],
    ['NUL', '{"resourceType":"Patient","a\\u0000b":1}'],
    ['twice', '{"resourceType":"Patient","active":true,"active":false}'],
  ])('%s is refused', async (_name, body) => {
    expect((await post(body)).status).toBe(400)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})

test.each(['(a+)+$', '^(a+)+$', '.*', '[', '\\', '(?=x)', 'a{99999}'])('L64 %s is no regular expression', async (text) => {
  const started = performance.now()
  for (const modifier of ['', ':contains', ':exact']) {
    const answer = await get(`/fhir/Patient?name${modifier}=${encodeURIComponent(text + 'a'.repeat(28))}`)
    expect([answer.status, answer.json.total]).toEqual([200, 0])
  }
  expect(performance.now() - started).toBeLessThan(5000)
})

describe('L65, L66 size', () => {
  test.each([
    ['arrays', '['.repeat(200_000)],
    ['objects', '{"a":'.repeat(100_000)],
    ['inside a resource', `{"resourceType":"Patient","extension":${'[{"extension":'.repeat(5000)}`],
  ])('deep %s', async (_name, body) => {
    const answer = await post(body)
    expect([answer.status, ['json-depth', 'json-invalid'].includes(codeOf(answer))]).toEqual([400, true])
  })

  test('a body far beyond the limit is refused before it is read', async () => {
    const { port } = new URL(server.url)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/fhir+json', 'Content-Length': String(200 * 1024 * 1024) }
      const sent = httpRequest({ host: '127.0.0.1', port, path: '/fhir/Patient', method: 'POST', headers }, (answer) => {
        resolve(answer.statusCode)
        sent.destroy()
      })
      sent.on('error', reject)
      sent.write('{')
    })
    expect(status).toBe(413)
  })

  test('a Bundle of too many entries', async () => {
    const body = `{"resourceType":"Bundle","type":"batch","entry":[${'{},'.repeat(10_000)}{}]}`
    expect(codeOf(await server.call('POST', '/fhir', { body }))).toBe('bundle-entries')
  })

  test.each([
    ['values', `_id=${Array.from({ length: 10_000 }, (_, at) => at).join(',')}`],
    ['parameters', Array.from({ length: 500 }, () => 'active=true').join('&')],
    ['one long value', `name=${'a'.repeat(15_000)}`],
    ['an address that is too long', `name=${'a'.repeat(20_000)}`],
    ['sort terms', `_sort=${'name,'.repeat(50)}name`],
  ])('too many %s', async (_name, query) => {
    // 431: Node's own bound on an address and its headers.
    expect([400, 414, 431]).toContain((await get(`/fhir/Patient?${query}`)).status)
  })

  test.each(['1000000000', '-1', '1e9', 'x', ''])('_count=%s', async (count) => {
    const answer = await get(`/fhir/Patient?_count=${count}`)
    if (answer.status === 200) expect(answer.json.entry.length).toBeLessThanOrEqual(1000)
    else expect(answer.status).toBe(400)
  })
})

test.each(['1.00', '12345678901234567890', '0.10', '1E-3', '-0', '100'])('L67 %s keeps its digits', async (digits) => {
  const body = `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":${digits}}}`
  const made = await server.call('POST', '/fhir/Observation', { body })
  expect([made.status, (await get(`/fhir/Observation/${made.json.id}`)).text.includes(`"value":${digits}}`)]).toEqual([201, true])
})

describe('L68, L69 documents and archives', () => {
  const xxe =
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3">&a;</ClinicalDocument>'
  const laughs =
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>'

  test.each([
    ['an external entity', 'h1-cda', xxe],
    ['entities in entities', 'h1-cda', laughs],
    ['the same for RHIP', 'rhip2', xxe],
    ['deep XML', 'h1-cda', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`],
  ])('%s is refused', async (_name, source, body) => {
    const answer = await server.call('POST', `/ingest/${source}`, { body, headers: { 'Content-Type': 'application/xml' } })
    expect([answer.status >= 400 && answer.status < 500, answer.text.includes('root:')]).toEqual([true, false])
  })
})

test.each(['br', 'gzip, identity', 'x'])('a body in the coding %s is refused as such, whatever it holds', async (coding) => {
  const answer = await post('{"resourceType":"Patient"}', { 'Content-Encoding': coding })
  expect([answer.status, answer.json.issue[0].expression, answer.headers.get('accept-encoding')]).toEqual([
    415,
    ['http.Content-Encoding'],
    'gzip',
  ])
  expect((await post('{"resourceType":"Patient"}', { 'Content-Encoding': 'identity' })).status).toBe(201)
})

describe('a text of parameters is percent-encoded UTF-8 wherever it stands', () => {
  const BAD = ['name=%ff%zz', 'name=%', 'name=%C0%AF', 'name=%ED%A0%80', 'a=1&%E0%A4%A=2']
  const form = (body: string | Uint8Array) =>
    server.call('POST', '/fhir/Patient/_search', { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })

  test.each(BAD)('%s', async (text) => {
    const made = await post('{"resourceType":"Patient"}', { 'If-None-Exist': text })
    expect([made.status, codeOf(made), made.json.issue[0].expression]).toEqual([400, 'query-encoding', ['http.If-None-Exist']])
    const found = await form(text)
    expect([found.status, codeOf(found)]).toEqual([400, 'query-encoding'])
    expect(await raw(`GET /fhir/Patient?${text} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('bytes that are no UTF-8 in a form and in a header; those that are UTF-8 are read as such', async () => {
    expect((await form(new Uint8Array([...Buffer.from('name='), 0xff]))).status).toBe(400)
    expect((await form('name=王建国')).json.total).toBe(1)
    expect((await form(`name=${encodeURIComponent('王建国')}`)).json.total).toBe(1)
    const create = (criteria: string) => {
      const body = '{"resourceType":"Patient"}'
      const head = `POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/fhir+json\r\n`
      return raw(`${head}Content-Length: ${body.length}\r\nIf-None-Exist: ${criteria}\r\n\r\n${body}`, 'latin1')
    }
    expect(await create('name=\u00ff')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await create(`name=${Buffer.from('王建国').toString('latin1')}`)).toMatch(/^HTTP\/1\.1 200 /)
  })
})

test('the warning about unknown parameters repeats none that could be data', async () => {
  for (const name of ['110101199003071233', '王建国']) {
    const answer = await get(`/fhir/Patient?${encodeURIComponent(name)}=1&_id=known`)
    expect([answer.status, answer.json.entry.at(-1).search.mode]).toEqual([200, 'outcome'])
    expect(answer.text.replaceAll('"text":"王建国"', '')).not.toContain(name)
    const exported = await server.call('GET', `/fhir/$export?${encodeURIComponent(name)}=1`, { headers: { Prefer: 'respond-async' } })
    expect([exported.status, exported.text.includes(name)]).toEqual([400, false])
  }
  expect((await get('/fhir/Patient?nonsense=1&_id=known')).text).toContain('nonsense')
})

test('each limit says which it is', async () => {
  const form = (body: string) =>
    server.call('POST', '/fhir/Patient/_search', { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })
  const said = (answer: { status: number; json: { issue: { diagnostics: string; expression: string[] }[] } }) =>
    `${answer.status} ${answer.json.issue[0]?.diagnostics} ${answer.json.issue[0]?.expression}`
  const many = await form(Array.from({ length: 65 }, () => 'active=true').join('&'))
  expect(said(many)).toBe('400 There are more than 64 search parameters http.query')
  const values = await form(`_id=${Array.from({ length: 20_000 }, (_, at) => at).join(',')}`)
  expect(said(values)).toBe('400 The values of parameter _id have more than 20000 characters together _id')
  const list = await post(`{"resourceType":"Patient","name":[${'{},'.repeat(50_000)}{}]}`)
  expect(said(list)).toBe('413 A list in the JSON has more than 50000 items name[50000]')
  const large = await server.call('POST', '/fhir/Observation', {
    body: '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e400}}',
  })
  expect(said(large)).toBe('400 The number is out of the range that can be kept Observation.value.value')
})

describe('L70, L71 addresses', () => {
  test.each([
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e/%2e%2e/x',
    'a%00b',
    '%E6%82%A3%E8%80%85',
    'x'.repeat(65),
    '$',
    'a%20b',
    'a%2Fb',
    '%252e%252e',
  ])('the id %s names nothing', async (id) => {
    const answer = await get(`/fhir/Patient/${id}`)
    expect([answer.status >= 400 && answer.status < 500, answer.json.resourceType]).toEqual([true, 'OperationOutcome'])
    expect(answer.text).not.toMatch(/passwd|root:|<html/i)
  })

  test.each(['%E0%A4%A', '%', '%zz', '%C0%AF', '%ED%A0%80'])('a bad escape %s is no crash and no page of HTML', async (bad) => {
    for (const path of [`/fhir/Patient?name=${bad}`, `/fhir/Patient/${bad}`, `/${bad}`]) {
      const text = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expect([path, /^HTTP\/1\.1 4\d\d /.test(text) || /^HTTP\/1\.1 200 /.test(text), /<html|<pre|at .*\.[jt]s:/i.test(text)]).toEqual([
        path,
        true,
        false,
      ])
    }
  })

  test.each([
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ['random bytes', new Uint8Array(randomBytes(2000))],
    ['half a surrogate', '{"resourceType":"Patient","name":[{"text":"\\ud800"}]}'],
    ['NUL in a text', '{"resourceType":"Patient","name":[{"text":"a\\u0000b"}]}'],
  ])('%s', async (_name, body) => {
    const answer = await post(body)
    expect(answer.status).toBeLessThan(500)
  })
})

/** Bytes as they are: a client would mend the address. */
function raw(text: string, encoding: BufferEncoding = 'utf8'): Promise<string> {
  const { port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text, encoding))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}
