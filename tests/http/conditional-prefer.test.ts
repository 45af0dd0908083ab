/** Prefer (R4 http.html#ops) where a conditional create (#ccreate) makes nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

const basic = (value: string): object => ({ resourceType: 'Basic', identifier: [{ system: 'urn:x', value }], code: { text: 'x' } })

test('a create that found its resource keeps to what Prefer asks for, as one that made it does', async () => {
  const { id } = (await server.call('POST', '/fhir/Basic', { body: basic('prefer') })).json
  const post = (preference: string) => {
    const headers = { 'If-None-Exist': 'identifier=urn:x|prefer', Prefer: `return=${preference}` }
    return server.call('POST', '/fhir/Basic', { body: basic('prefer'), headers })
  }
  const request = { method: 'POST', url: 'Basic', ifNoneExist: 'identifier=urn:x|prefer' }
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: basic('prefer'), request }] }
  const transact = (preference: string) => server.call('POST', '/fhir', { body: bundle, headers: { Prefer: `return=${preference}` } })
  for (const [preference, type] of [
    ['minimal', undefined],
    ['representation', 'Basic'],
    ['OperationOutcome', 'OperationOutcome'],
  ] as const) {
    const answer = await post(preference)
    expect([answer.status, answer.json?.resourceType, answer.headers.get('preference-applied')]).toEqual([
      200,
      type,
      `return=${preference}`,
    ])
    expect([answer.headers.get('etag'), answer.headers.get('location')]).toEqual(['W/"1"', `${server.url}/fhir/Basic/${id}/_history/1`])
    const [entry] = (await transact(preference)).json.entry
    expect([entry.response.status, (entry.resource ?? entry.response.outcome)?.resourceType]).toEqual(['200', type])
  }
})
