/** A database whose cache is for a moment too full for a write (error 388, which bears no label of a transient one). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient, type MongoServerError } from 'mongodb'
import { silentLog } from '../../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store } from '../../server/store/types.ts'
import { put, SYSTEM } from './fixture.ts'

const LARGE = 'x'.repeat(13 * 1024 * 1024)
let folder: string
let mongod: EmbeddedMongod
let store: Store
let raw: MongoClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yilian-cache-'))
  mongod = await startMongod({ dataDir: folder, log: silentLog, cacheGb: 0.25 })
  store = await createStore({ uri: mongod.uri, database: 'cache', log: silentLog, poolSize: 8 })
  raw = await new MongoClient(mongod.uri).connect()
  await store.commit({ writes: [put('first', 'x')] })
})
afterAll(async () => {
  await raw.close()
  await store.close()
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A small cache that lets nothing changed wait, and a database that says 388 of whatever it rolls back for that. */
const SMALL = 'cache_size=16M,eviction_dirty_target=1,eviction_dirty_trigger=5,eviction_updates_target=1,eviction_updates_trigger=3'
const ROOMY = 'cache_size=256M,eviction_dirty_target=25,eviction_dirty_trigger=50,eviction_updates_target=0,eviction_updates_trigger=0'
const set = (parameters: object) => raw.db('admin').command({ setParameter: 1, ...parameters })
const cacheOf = (wiredTigerEngineRuntimeConfig: string) => set({ wiredTigerEngineRuntimeConfig })

/** What the database says of a transaction as large as the one below; 0: it would take it. */
async function refusal(): Promise<number> {
  const session = raw.startSession()
  session.startTransaction()
  try {
    for (let at = 0; at < 3; at++) await raw.db('cache').collection('Basic').insertOne({ text: LARGE }, { session })
    return 0
  } catch (error) {
    return Number((error as MongoServerError).code)
  } finally {
    await session.abortTransaction()
    await session.endSession()
  }
}

test('what does not fit is tried again until it does, and its neighbours are stored', async () => {
  await set({ transactionTooLargeForCacheThreshold: 0 })
  await cacheOf(SMALL)
  const seen: number[] = []
  for (let at = 0; at < 20 && seen.slice(-2).join() !== '388,388'; at++) seen.push(await refusal())
  expect(seen.slice(-2)).toEqual([388, 388])

  const isSettled = { large: false }
  const large = store.commit({ writes: ['l1', 'l2', 'l3'].map((id) => put(id, LARGE)) }).finally(() => {
    isSettled.large = true
  })
  const small = ['a', 'b'].map((id) => store.commit({ writes: [put(id, id)] }))
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(isSettled.large).toBe(false)
  await cacheOf(ROOMY)
  expect((await Promise.all([large, ...small])).map(({ ok }) => ok)).toEqual([true, true, true])
  const stored = await store.readMany(SYSTEM, 'Basic', ['a', 'b', 'l1', 'l2', 'l3'])
  expect(stored.map(({ id }) => id).sort()).toEqual(['a', 'b', 'l1', 'l2', 'l3'])
})
