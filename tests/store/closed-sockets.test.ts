/** A command that is sent in the instant in which its socket is gone and has not said so yet. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect, type Connection } from '../../server/store/connect.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

let database: TestDatabase
let connection: Connection
const sockets: Socket[] = []
const remember = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)

beforeAll(async () => {
  database = await testDatabase()
  subscribe('net.client.socket', remember)
  connection = await connect({ uri: database.uri, database: database.database, poolSize: 1 })
})
afterAll(async () => {
  unsubscribe('net.client.socket', remember)
  await connection.client.close()
  await database.drop()
})

const settles = async (work: Promise<unknown>): Promise<string> =>
  Promise.race([
    work.then(
      () => 'answered',
      (error: Error) => error.name,
    ),
    delay(15_000, 'waits for ever', { ref: false }),
  ])

test('a read is repeated on another connection, a write in a transaction fails and can be tried again', async () => {
  const { client, db } = connection
  await db.collection('x').insertOne({ _id: 'a' as never })
  const destroyAll = () => {
    for (const socket of sockets.splice(0)) socket.destroy()
  }

  destroyAll()
  expect(await settles(db.collection('x').findOne({}))).toBe('answered')

  const session = client.startSession()
  await session.withTransaction(async () => {
    await db.collection('x').findOne({}, { session })
  })
  session.startTransaction()
  destroyAll()
  expect(await settles(db.collection('x').insertOne({ _id: 'b' as never }, { session }))).toBe('MongoNetworkError')
  await session.abortTransaction().catch(() => undefined)
  session.startTransaction()
  await db.collection('x').insertOne({ _id: 'b' as never }, { session })
  await session.commitTransaction()
  await session.endSession()
  expect(await db.collection('x').countDocuments()).toBe(2)
})

test('a write that waits for its socket to take more is repeated on another connection', async () => {
  const { db } = connection
  await db.collection('x').findOne({})
  let destroyed = 0
  for (const socket of sockets)
    socket.on('newListener', (event) => {
      if (event !== 'drain' || destroyed++ > 0) return
      process.nextTick(() => socket.destroy())
    })
  // The kernel may take all of one at once while the database reads.
  let sent = 0
  for (; destroyed === 0 && sent < 50; sent++) {
    const large = { _id: `large-${sent}` as never, large: Buffer.alloc(15 * 1024 * 1024) }
    expect(await settles(db.collection('x').insertOne(large))).toBe('answered')
  }
  expect(destroyed).toBeGreaterThan(0)
  expect(await db.collection('x').countDocuments({ _id: { $regex: '^large-' } as never })).toBe(sent)
})
