/** `_pretty=true`: the same text in lines. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pretty } from '../../server/http/pretty.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

test('whatever stands in strings, it is what JSON.stringify sets in lines', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => expect(pretty(JSON.stringify(value))).toBe(`${JSON.stringify(value, null, 2)}\n`)))
})

test('reads and searches, with their digits', async () => {
  const body = '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"a, \\"b\\": {"},"valueQuantity":{"value":6.50}}'
  expect((await server.call('PUT', '/fhir/Observation/o', { body })).status).toBe(201)
  const plain = await server.call('GET', '/fhir/Observation/o')
  const set = await server.call('GET', '/fhir/Observation/o?_pretty=true')
  expect(set.json).toEqual(plain.json)
  expect(set.text).toContain('\n  "valueQuantity": {\n    "value": 6.50\n  }\n}\n')
  expect(set.headers.get('content-length')).toBe(String(Buffer.byteLength(set.text)))
  const found = await server.call('GET', '/fhir/Observation?_pretty=true&_summary=true')
  expect([found.json.total, found.text.split('\n').length > 20]).toEqual([1, true])
  expect((await server.call('GET', '/fhir/metadata?_pretty=true')).text).toContain('\n  "resourceType"')
})
