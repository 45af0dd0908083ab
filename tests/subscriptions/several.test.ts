/** Several processes on one database, and a feed that has lost its place: each event once, in order, and none missing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient, Timestamp } from 'mongodb'
import { configFrom } from '../../server/config/config.ts'
import { createLog } from '../../server/log.ts'
import { type Running, startServer } from '../../server/start.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { type Receiver, startReceiver } from './receiver.ts'

let database: TestDatabase
let client: MongoClient
let receiver: Receiver
const servers: Running[] = []

async function start(): Promise<Running> {
  const environment = {
    HOST: '127.0.0.1',
    PORT: '0',
    MONGODB_URI: database.uri,
    MONGODB_DATABASE: database.database,
    LOG_LEVEL: 'silent',
    YILIAN_NO_AUTH: '1',
  }
  const running = await startServer(configFrom('organizations: []', environment), createLog('silent'), environment)
  servers.push(running)
  return running
}

beforeAll(async () => {
  database = await testDatabase()
  client = await new MongoClient(database.uri).connect()
  receiver = await startReceiver()
  await start()
  await start()
}, 60_000)
afterAll(async () => {
  for (const server of servers) await server.stop()
  await receiver.stop()
  await client.close()
  await database.drop()
})

async function call(server: Running, method: string, path: string, body?: object): Promise<{ id: string; status: string }> {
  const answer = await fetch(`${server.url}/fhir/${path}`, {
    method,
    ...(body ? { headers: { 'Content-Type': 'application/fhir+json' }, body: JSON.stringify(body) } : {}),
  })
  return (await answer.json()) as { id: string; status: string }
}

const observe = (server: Running, id: string) =>
  call(server, 'PUT', `Observation/${id}`, { resourceType: 'Observation', id, status: 'final', code: { text: 'x' } })
const names = () => receiver.got.map(({ path }) => path.split('/').pop())

test('written through all of them, sent once and in order; one that ends is missed by nobody', async () => {
  const [a, b] = servers as [Running, Running]
  const channel = { type: 'rest-hook', endpoint: `${receiver.url}/all`, payload: 'application/fhir+json' }
  const made = await call(a, 'POST', 'Subscription', {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'x',
    criteria: 'Observation?',
    channel,
  })
  while ((await call(b, 'GET', `Subscription/${made.id}`)).status !== 'active') await new Promise((resolve) => setTimeout(resolve, 25))
  const expected: string[] = []
  for (let n = 0; n < 20; n++) {
    await observe(n % 2 === 0 ? a : b, `first-${n}`)
    expected.push(`first-${n}`)
  }
  await receiver.until(() => receiver.got.length >= 20)
  expect(names()).toEqual(expected)
  await a.stop()
  servers.shift()
  for (let n = 0; n < 10; n++) {
    await observe(b, `second-${n}`)
    expected.push(`second-${n}`)
  }
  // The lease of the one that ended was given back.
  await receiver.until(() => receiver.got.length >= 30)
  expect(names()).toEqual(expected)
})

test('a place that the database has forgotten is made up for from the histories', async () => {
  const [b] = servers as [Running]
  receiver.got.length = 0
  const feed = client.db(database.database).collection<{ _id: string }>('subscription_feed')
  // Nobody reads for a while, and then there is no way back.
  await feed.updateOne(
    { _id: 'feed' },
    { $set: { leaseOwner: 'another', leaseUntil: new Date(Date.now() + 600_000), leaseTerm: 1_000_000 } },
  )
  await new Promise((resolve) => setTimeout(resolve, 1500))
  for (const id of ['lost-1', 'lost-2', 'lost-1']) {
    const code = { text: `${Math.random()}` }
    await call(b, 'PUT', `Observation/${id}`, { resourceType: 'Observation', id, status: 'final', code })
  }
  await feed.updateOne(
    { _id: 'feed' },
    { $set: { place: { time: new Timestamp({ t: 1, i: 1 }) } }, $unset: { leaseOwner: '', leaseUntil: '' } },
  )
  await receiver.until(() => receiver.got.length >= 3)
  await observe(b, 'after')
  await receiver.until(() => names().includes('after'))
  expect(receiver.got.map(({ path, json }) => [path.split('/').pop(), json.meta.versionId])).toEqual([
    ['lost-1', '1'],
    ['lost-2', '1'],
    ['lost-1', '2'],
    ['after', '1'],
  ])
})
