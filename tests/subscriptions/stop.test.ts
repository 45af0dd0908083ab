/** A server that is stopped while an endpoint does not answer: it does not wait for it as long as the endpoint may take. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Receiver, startReceiver } from './receiver.ts'

let server: TestServer
let next: TestServer | undefined
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(async () => {
  await next?.stop()
  await server.database.drop()
  await receiver.stop()
}, 60_000)

test('what it had begun to send is sent by the next one', async () => {
  const channel = { type: 'rest-hook', endpoint: `${receiver.url}/hook`, payload: 'application/fhir+json' }
  const body = { resourceType: 'Subscription', status: 'requested', reason: 'x', criteria: 'Observation', channel }
  const { id } = (await server.call('POST', '/fhir/Subscription', { body })).json
  while ((await server.call('GET', `/fhir/Subscription/${id}`)).json.status !== 'active') await new Promise((done) => setTimeout(done, 25))
  receiver.answers = () => new Promise(() => undefined)
  const observation = { resourceType: 'Observation', id: 'one', status: 'final', code: { text: 'x' } }
  expect((await server.call('PUT', '/fhir/Observation/one', { body: observation })).status).toBe(201)
  await receiver.until((got) => got.length === 1)
  const begun = Date.now()
  await server.running.stop()
  // Of the twenty seconds that an endpoint has.
  expect(Date.now() - begun).toBeLessThan(15_000)
  receiver.answers = () => 200
  next = await startTestServer({ noAuth: true, beside: server })
  await receiver.until((got) => got.length === 2, 40_000)
  expect(receiver.got.map(({ path }) => path)).toEqual(['/hook/Observation/one', '/hook/Observation/one'])
}, 120_000)
