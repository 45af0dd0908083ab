/** If-Unmodified-Since of a write (RFC 9110 13.1.4). Of what is hidden: tests/http/conditional.test.ts. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

const basic = (value: string, extra: object = {}): object => ({
  resourceType: 'Basic',
  identifier: [{ system: 'urn:x', value }],
  code: { text: 'x' },
  ...extra,
})

test('If-Unmodified-Since keeps a write from what was changed later', async () => {
  const address = '/fhir/Basic/unmodified'
  const made = await server.call('PUT', address, { body: basic('m', { id: 'unmodified' }) })
  const modified = made.headers.get('last-modified') as string
  const earlier = new Date(Date.parse(modified) - 1000)
  const [day, date, month, year, time] = earlier.toUTCString().split(' ')
  const asctime = `${day?.slice(0, 3)} ${month} ${date?.replace(/^0/, ' ')} ${time} ${year}`
  const patch = '[{"op":"replace","path":"/code/text","value":"p"}]'
  const meta = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:t', code: 't' }] } }] }
  for (const since of [earlier.toUTCString(), asctime]) {
    const headers = { 'If-Unmodified-Since': since }
    const body = basic('n', { id: 'unmodified' })
    const answers = [
      await server.call('PUT', address, { body, headers }),
      await server.call('PUT', '/fhir/Basic?_id=unmodified', { body, headers }),
      await server.call('PATCH', address, { body: patch, headers: { ...headers, 'Content-Type': 'application/json-patch+json' } }),
      await server.call('POST', `${address}/$meta-add`, { body: meta, headers }),
      await server.call('DELETE', address, { headers }),
      await server.call('DELETE', '/fhir/Basic?_id=unmodified', { headers }),
    ]
    expect(answers.map(({ status, json }) => [status, json?.issue?.[0].details.coding[0].code])).toEqual(
      answers.map(() => [412, 'version-conflict']),
    )
  }
  expect((await server.call('GET', address)).headers.get('etag')).toBe('W/"1"')
  const put = (value: string, headers: Record<string, string>) =>
    server.call('PUT', address, { body: basic(value, { id: 'unmodified' }), headers })
  // A tag decides where there is one (RFC 9110 13.2.2), and what is no date says nothing (13.1.4).
  expect((await put('2', { 'If-Unmodified-Since': modified })).headers.get('etag')).toBe('W/"2"')
  expect((await put('3', { 'If-Match': '"2"', 'If-Unmodified-Since': earlier.toUTCString() })).headers.get('etag')).toBe('W/"3"')
  expect((await put('4', { 'If-Unmodified-Since': '2001-01-01' })).headers.get('etag')).toBe('W/"4"')
  expect((await put('5', { 'If-None-Match': '"4"', 'If-Unmodified-Since': new Date().toUTCString() })).status).toBe(412)
  // Where nothing stands, nothing was modified.
  const fresh = { body: basic('f', { id: 'unmodified-new' }), headers: { 'If-Unmodified-Since': earlier.toUTCString() } }
  expect((await server.call('PUT', '/fhir/Basic/unmodified-new', fresh)).status).toBe(201)
})
