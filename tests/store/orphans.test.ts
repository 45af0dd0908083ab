/** What a killed process had open is ended by the next one; what a living one has open is left alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Connection, connect } from '../../server/store/connect.ts'
import { silentLog } from '../../server/store/log.ts'
import { endOrphans, watchOrphans } from '../../server/store/orphans.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'

const IDLE_MS = 200
let database: TestDatabase
let here: Connection
const children: ChildProcess[] = []

beforeAll(async () => {
  database = await testDatabase()
  here = await connect(database)
  await here.db.collection<{ _id: string; writes?: number }>('things').insertOne({ _id: 'one' })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await endOrphans(here, silentLog, 0)
  await here.client.close()
  await database.drop()
})

async function childWithTransaction(): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./orphan-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, database.uri, database.database], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

/** Whether the document can be written within a moment. */
async function isFree(): Promise<boolean> {
  const write = here.db
    .collection<{ _id: string; writes?: number }>('things')
    .updateOne({ _id: 'one' }, { $inc: { writes: 1 } }, { maxTimeMS: 500 })
  return write.then(
    () => true,
    () => false,
  )
}

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2 * IDLE_MS))

test('a transaction of a process that lives is left alone, and ended once it was killed', async () => {
  const child = await childWithTransaction()
  await rest()
  await endOrphans(here, silentLog, IDLE_MS)
  expect(await isFree()).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await rest()
  expect(await isFree()).toBe(false)
  expect(await endOrphans(here, silentLog, IDLE_MS)).toBe(1)
  expect(await isFree()).toBe(true)
})

test('a process that runs finds it by itself', async () => {
  const watch = await watchOrphans(here, silentLog, { idleMs: IDLE_MS, everyMs: 100 })
  const child = await childWithTransaction()
  await rest()
  expect(await isFree()).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  // Long before the database ends it, after a minute.
  const until = Date.now() + 20_000
  while (!(await isFree()) && Date.now() < until);
  expect(Date.now()).toBeLessThan(until)
  watch.stop()
}, 30_000)

test('not once it was stopped', async () => {
  const watch = await watchOrphans(here, silentLog, { idleMs: IDLE_MS, everyMs: 100 })
  watch.stop()
  const child = await childWithTransaction()
  child.kill('SIGKILL')
  await once(child, 'exit')
  await rest()
  expect(await isFree()).toBe(false)
  expect(await endOrphans(here, silentLog, IDLE_MS)).toBe(1)
})

test('one that has rested for less is left alone', async () => {
  const child = await childWithTransaction()
  child.kill('SIGKILL')
  await once(child, 'exit')
  await endOrphans(here, silentLog, 60_000)
  expect(await isFree()).toBe(false)
})
