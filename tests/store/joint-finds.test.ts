/** Finds in several collections that begin in one moment: one command, and of each what it would have found by itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Db, MongoClient } from 'mongodb'
import { createJointFinds, type FindJointly } from '../../server/store/joint-finds.ts'
import { watchCommands } from '../support/commands.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

interface Row {
  _id: string
  n: number
  text?: string
}

const watch = watchCommands()
let database: TestDatabase
let client: MongoClient
let db: Db
let find: FindJointly

beforeAll(async () => {
  database = await testDatabase()
  client = await new MongoClient(database.uri, { monitorCommands: true }).connect()
  db = client.db(database.database)
  find = createJointFinds(db)
  await db.collection<Row>('left').insertMany(['a', 'b', 'c'].map((_id, n) => ({ _id, n, text: 'left' })))
  await db.collection<Row>('right').insertMany(['a', 'z'].map((_id, n) => ({ _id, n: n + 10 })))
})
afterAll(async () => {
  watch.stop()
  await client.close()
  await database.drop()
})

test('what each asks for, in its own order and as far as it asks', async () => {
  let found: unknown[] = []
  const commands = await watch.during(async () => {
    found = await Promise.all([
      find('left', { filter: {}, sort: { _id: -1 }, limit: 2, projection: { n: 1 } }),
      find('nowhere', { filter: { _id: 'a' }, limit: 1 }),
      find('right', { filter: { _id: { $in: ['a', 'b'] } }, limit: 2 }),
      find('left', { filter: { _id: 'a' }, limit: 1, maxTimeMS: 5000 }),
    ])
  })
  expect(found).toEqual([
    [
      { _id: 'c', n: 2 },
      { _id: 'b', n: 1 },
    ],
    [],
    [{ _id: 'a', n: 10 }],
    [{ _id: 'a', n: 0, text: 'left' }],
  ])
  expect(commands).toEqual([{ name: 'aggregate', collection: 'left', others: ['nowhere', 'right', 'left'] }])
})

test('a collection that is not there does not hide the others, wherever it stands', async () => {
  const found = await Promise.all([find('nowhere', { filter: {}, limit: 9 }), find('right', { filter: { _id: 'z' }, limit: 1 })])
  expect(found).toEqual([[], [{ _id: 'z', n: 11 }]])
})

test('one by itself is a find', async () => {
  const commands = await watch.during(async () => {
    expect(await find('right', { filter: { _id: 'z' }, limit: 1 })).toEqual([{ _id: 'z', n: 11 }])
  })
  expect(commands).toEqual([{ name: 'find', collection: 'right' }])
})

test('what was written before is seen, by each that asks behind it', async () => {
  const first = find('left', { filter: { _id: 'new' }, limit: 1 })
  await db.collection<Row>('right').insertOne({ _id: 'new', n: 1 })
  expect([await first, await Promise.all(['left', 'right'].map((name) => find(name, { filter: { _id: 'new' }, limit: 1 })))]).toEqual([
    [],
    [[], [{ _id: 'new', n: 1 }]],
  ])
})

test('one that the database refuses fails alone', async () => {
  const [bad, good] = await Promise.allSettled([
    find('left', { filter: { $nonsense: 1 }, limit: 1 }),
    find('right', { filter: { _id: 'z' }, limit: 1 }),
  ])
  expect(bad.status).toBe('rejected')
  expect(good).toEqual({ status: 'fulfilled', value: [{ _id: 'z', n: 11 }] })
})

test('more than one answer of the database holds is found whole', async () => {
  const text = 'x'.repeat(3_000_000)
  const ids = Array.from({ length: 7 }, (_, n) => `large${n}`)
  for (const [n, _id] of ids.entries()) await db.collection<Row>('large').insertOne({ _id, n, text })
  const [large, small] = await Promise.all([
    find<Row>('large', { filter: { _id: { $in: ids } }, limit: 7 }),
    find('right', { filter: { _id: 'z' }, limit: 1 }),
  ])
  expect(large.map(({ _id, text: found }) => [_id, found?.length]).sort()).toEqual(ids.map((id) => [id, text.length]))
  expect(small).toEqual([{ _id: 'z', n: 11 }])
})
