/** Who waits until every process indexes by a parameter waits for what was begun before it was known. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createIndexDefinitions, type IndexDefinitions } from '../../server/indexing/definitions.ts'
import { ensureIndexingTables, GENERATION, type IndexingTables, indexingTables } from '../../server/indexing/tables.ts'
import { createSearch } from '../../server/search/search.ts'
import type { Search } from '../../server/search/types.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store } from '../../server/store/types.ts'
import { silentLog } from '../../server/store/log.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

let database: TestDatabase
let store: Store
let tables: IndexingTables
const running: IndexDefinitions[] = []

beforeAll(async () => {
  database = await testDatabase()
  store = await createStore({ ...database, log: silentLog, poolSize: 8 })
  tables = indexingTables(store)
  await ensureIndexingTables(tables)
})
afterAll(async () => {
  for (const one of running) await one.stop()
  await store.close()
  await database.drop()
})

/** Like a process of its own on the database. */
function aProcess(): { definitions: IndexDefinitions; search: Search } {
  const search = createSearch({ timezone: 'Asia/Shanghai', publicUrl: 'http://127.0.0.1' })
  const definitions = createIndexDefinitions({ store, search, tables, log: () => undefined })
  running.push(definitions)
  return { definitions, search }
}

const PARAMETER = { code: 'nick', type: 'string', expression: 'Patient.photo.title', url: 'urn:nick', base: ['Patient'] }

async function write(): Promise<number> {
  const row = await tables.generation.update({ _id: GENERATION }, { inc: { n: 1 } })
  const since = row?.n ?? 0
  await tables.parameters.put({ _id: 'nick', definition: JSON.stringify(PARAMETER), since, ready: false })
  return since
}

test('a write that was begun before is waited for, one that began later is not', async () => {
  const [one, other] = [aProcess(), aProcess()]
  await Promise.all([one.definitions.refresh(), other.definitions.refresh()])
  let end: () => void = () => undefined
  const before = one.definitions.whileIndexing(() => new Promise<void>((resolve) => (end = resolve)))
  await setTimeout(0)
  const generation = await write()
  await one.definitions.refresh()
  expect(one.search.isCustom('Patient', 'nick')).toBe(true)
  let later: () => void = () => undefined
  const after = one.definitions.whileIndexing(() => new Promise<void>((resolve) => (later = resolve)))
  one.definitions.start()
  other.definitions.start()
  expect(await other.definitions.everywhere(generation, 1500)).toBe(false)
  end()
  await before
  expect(await other.definitions.everywhere(generation, 10_000)).toBe(true)
  later()
  await after
})

test('one that has not looked yet stands among the others before it reads, and indexes by what is in force', async () => {
  const generation = await write()
  const fresh = aProcess()
  const seen = await fresh.definitions.whileIndexing(async () => [fresh.definitions.generation, fresh.search.isCustom('Patient', 'nick')])
  expect(seen).toEqual([generation, true])
  expect((await tables.processes.find({ generation })).length).toBeGreaterThan(0)
})

test('one that ends is not waited for', async () => {
  const short = aProcess()
  await short.definitions.refresh()
  const rows = await tables.processes.count({})
  await short.definitions.stop()
  expect(await tables.processes.count({})).toBe(rows - 1)
})
