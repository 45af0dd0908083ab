/** Whatever arrives at the socket is answered with an OperationOutcome, and tells nothing of the inside. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

/** Sends these bytes and reads until the server closes. */
function send(
  text: string,
): Promise<{ status: number; body: { resourceType: string; issue: { details: { coding: { code: string }[] } }[] } }> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
      resolve({ status: Number(head.split(' ')[1]), body: JSON.parse(body) })
    })
  })
}

const CLOSE = 'Host: x\r\nConnection: close\r\n'

describe('what node refuses before any of our code', () => {
  test.each([
    ['a header of 20 KB', `GET /fhir/Patient HTTP/1.1\r\n${CLOSE}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'header-too-long'],
    ['an address of 20 KB', `GET /fhir/Patient?name=${'a'.repeat(20_000)} HTTP/1.1\r\n${CLOSE}\r\n`, 431, 'header-too-long'],
    ['an unknown method', `FOO /fhir/Patient HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'request-malformed'],
    ['a tunnel', `CONNECT hospital.example:443 HTTP/1.1\r\n${CLOSE}\r\n`, 405, 'method-not-allowed'],
    ['raw UTF-8 in the path', `GET /fhir/病人 HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'request-malformed'],
    ['two lengths', `POST /fhir/Patient HTTP/1.1\r\n${CLOSE}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 400, 'request-malformed'],
    [
      'a strange expectation',
      `POST /fhir/Patient HTTP/1.1\r\n${CLOSE}Expect: nonsense\r\nContent-Length: 0\r\n\r\n`,
      417,
      'expectation-unsupported',
    ],
  ])('%s', async (_name, text, status, code) => {
    const answer = await send(text)
    expect([answer.status, answer.body.resourceType, answer.body.issue[0]?.details.coding[0]?.code]).toEqual([
      status,
      'OperationOutcome',
      code,
    ])
  })
})

describe('a header that has one value, sent twice', () => {
  test.each([
    ['Host', 'x'],
    ['Authorization', 'Bearer x'],
    ['Content-Type', 'application/fhir+json'],
    ['If-None-Exist', 'identifier=urn:x|1'],
    ['If-Modified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ['If-Unmodified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ['X-Security-Context', 'Patient/x'],
    ['X-Purpose-Of-Use', 'TREAT'],
  ])('%s', async (name, value) => {
    const lines = `${name === 'Host' ? '' : 'Host: x\r\n'}Connection: close\r\n${name}: ${value}\r\n${name.toLowerCase()}: ${value}\r\n`
    for (const path of ['/fhir/Basic', '/auth/token', '/ingest/h1-lis']) {
      const { status, body } = await send(`POST ${path} HTTP/1.1\r\n${lines}Content-Length: 0\r\n\r\n`)
      expect(status).toBe(400)
      expect(body.issue[0]).toMatchObject({
        details: { coding: [{ code: 'header-repeated' }] },
        diagnostics: `Header ${name} may not be repeated`,
        expression: [`http.${name}`],
      })
    }
  })

  test('a list may come in several lines', async () => {
    const lists = 'Accept: application/fhir+xml;q=0.1\r\nAccept: application/fhir+json\r\nIf-None-Match: "a"\r\nIf-None-Match: "b"\r\n'
    const answer = await send(`GET /fhir/metadata?_elements=software HTTP/1.1\r\n${CLOSE}${lists}\r\n`)
    expect([answer.status, answer.body.resourceType]).toEqual([200, 'CapabilityStatement'])
  })
})

test('a request line with the whole address, as proxies have it, asks for the same', async () => {
  const answer = await send(`GET http://hospital.example/fhir/metadata?_elements=software HTTP/1.1\r\n${CLOSE}\r\n`)
  expect([answer.status, answer.body.resourceType]).toEqual([200, 'CapabilityStatement'])
})

test.each(['/ingest/%', '/ingest/%ff', '/ingest/h1-lis/payloads/%', '/fhir/Patient/%'])(
  "a bad percent sign in %s is the caller's",
  async (path) => {
    for (const method of ['GET', 'POST']) {
      const answer = await server.call(method, path)
      expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([400, 'url-invalid'])
    }
  },
)

test.each([
  ['/fhir/Patient/%', 'http.path'],
  ['/fhir/%ff', 'http.path'],
  ['/fhir/Patient?name=%', 'http.query'],
  ['/fhir/Patient?name=a&%ff=b', 'http.query'],
])('of %s it is said where it is not encoded', async (path, where) => {
  const answer = await server.call('GET', path)
  expect([answer.status, answer.json.issue[0].expression]).toEqual([400, [where]])
})

test('JSON in another charset than UTF-8 is refused, whatever the case and quotes of the parameter', async () => {
  const token = await server.token('loader')
  const body = '{"resourceType":"Basic","code":{"text":"x"}}'
  const post = async (type: string) =>
    (await server.call('POST', '/fhir/Basic', { token, body, headers: { 'Content-Type': `application/fhir+json${type}` } })).status
  expect(await Promise.all(['; charset=gb18030', ';Charset="UTF-16"', '; charset=klingon'].map(post))).toEqual([415, 415, 415])
  expect(await Promise.all(['', '; charset=utf-8', '; charset="UTF-8"'].map(post))).toEqual([201, 201, 201])
})

test('the type of a form knows no case', async () => {
  const token = await server.token('loader')
  const search = async (type: string) =>
    (await server.call('POST', '/fhir/Basic/_search', { token, body: '_count=1', headers: { 'Content-Type': type } })).status
  expect(await search('Application/X-WWW-Form-URLEncoded; charset=UTF-8')).toBe(200)
  expect(await search('application/x-www-form-urlencoded-too')).toBe(415)
})

test('an id that cannot be is deleted like one that is absent', async () => {
  const token = await server.token('h1-engine')
  for (const id of ['nosuch', 'a_b', 'a%20b', 'x'.repeat(65)]) {
    const answer = await server.call('DELETE', `/fhir/Patient/${id}`, { token })
    expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([404, 'not-found'])
  }
})

test('another method than an ingest address has is 405, and says which it has', async () => {
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await server.call(method, '/ingest/h1-lis')
    expect([answer.status, answer.headers.get('allow'), answer.json.resourceType]).toEqual([405, 'POST', 'OperationOutcome'])
  }
  expect((await server.call('DELETE', '/ingest/quarantine')).headers.get('allow')).toBe('GET')
})

test('the list of payloads is narrowed by their status', async () => {
  const token = await server.token('h1-engine')
  const sent = await server.call('POST', '/ingest/h1-lis', { token, body: 'no message', headers: { 'Content-Type': 'application/hl7-v2' } })
  expect(sent.status).toBe(422)
  const list = async (status: string) => (await server.call('GET', `/ingest/h1-lis/payloads?status=${status}`, { token })).text
  const id = (sent.headers.get('content-location') ?? '').split('/').at(-1) as string
  expect([(await list('quarantined')).includes(id), (await list('stored')).includes(id)]).toEqual([true, false])
})
