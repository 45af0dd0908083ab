/** kill -9 of the server while it writes and notifies: no change that was acknowledged is missing at the endpoint, and none is out of order. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import { type ServerProcess, startServerProcess } from '../faults/support/server-process.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { type Receiver, startReceiver } from './receiver.ts'

let database: TestDatabase
let receiver: Receiver
let server: ServerProcess
let port: number

const start = (): Promise<ServerProcess> =>
  startServerProcess({
    port,
    environment: { MONGODB_URI: database.uri, MONGODB_DATABASE: database.database, YILIAN_NO_AUTH: '1', LOG_LEVEL: 'info' },
  })

beforeAll(async () => {
  database = await testDatabase()
  receiver = await startReceiver()
  port = await freePort()
  server = await start()
}, 120_000)
afterAll(async () => {
  await server.stop()
  await receiver.stop()
  await database.drop()
}, 120_000)

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function call(method: string, path: string, body?: object): Promise<{ status: number; json: { id: string; status: string } }> {
  const answer = await fetch(`${server.url}/fhir/${path}`, {
    method,
    ...(body ? { headers: { 'Content-Type': 'application/fhir+json' }, body: JSON.stringify(body) } : {}),
  })
  return { status: answer.status, json: (await answer.json()) as { id: string; status: string } }
}

/** Writes one after the other until the server is gone. */
async function writeUntilGone(name: string, acknowledged: string[]): Promise<void> {
  for (let n = 0; n < 150; n++) {
    const id = `${name}-${n}`
    const body = { resourceType: 'Observation', id, status: 'final', code: { text: 'x' } }
    const answer = await call('PUT', `Observation/${id}`, body).catch(() => undefined)
    if (answer?.status !== 201) return
    acknowledged.push(id)
  }
}

test('killed in the midst of it', async () => {
  const channel = { type: 'rest-hook', endpoint: `${receiver.url}/all`, payload: 'application/fhir+json' }
  const { json } = await call('POST', 'Subscription', {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'x',
    criteria: 'Observation?status=final',
    channel,
  })
  while ((await call('GET', `Subscription/${json.id}`)).json.status !== 'active') await new Promise((resolve) => setTimeout(resolve, 25))
  const acknowledged: string[] = []
  const writing = writeUntilGone('a', acknowledged)
  await receiver.until(() => receiver.got.length >= 5, 60_000)
  await server.crash()
  await writing
  server = await start()
  const last = acknowledged.at(-1)
  const names = () => receiver.got.map(({ path }) => path.split('/').pop() ?? '')
  // The leases of those that were killed have to lapse.
  await receiver.until(() => names().includes(last ?? ''), 120_000)
  const firsts = [...new Set(names())].filter((name) => acknowledged.includes(name))
  expect(acknowledged.length).toBeGreaterThan(5)
  expect(firsts).toEqual(acknowledged)
  expect(server.failures()).toEqual([])
}, 300_000)
