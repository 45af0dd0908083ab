/** kill -9 in the middle of a batch: what was accepted is finished by another process, each record once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { receiptCounts } from '../../server/ingest/receipt.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { recordsMapping, rig, type Rig, sourceOf } from './support.ts'

const ROWS = 600
let database: TestDatabase
let one: Rig
beforeAll(async () => {
  database = await testDatabase()
  const batch = { ...recordsMapping, id: 'test/batch', mode: 'table' as const }
  one = await rig([sourceOf('batch', 'rhip', 'HA', 'test/batch')], { mapping: () => batch, secret: Buffer.alloc(32, 3) }, database)
})
afterAll(async () => {
  await one.close()
  await database.drop()
})

function startChild(): ChildProcess {
  const script = fileURLToPath(new URL('./kill-child.ts', import.meta.url))
  return spawn(process.execPath, [script, database.uri, database.database, String(ROWS)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('killed while it works', async () => {
  const child = startChild()
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const id = line.toString().trim()
  while ((await one.ingest.tables.deliveries.count({})) < ROWS / 6) await delay(5)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const done = await one.ingest.tables.deliveries.count({})
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(ROWS)

  // The dead process's lease lapses; here its time is made to be over.
  await one.ingest.tables.payloads.update({ _id: id }, { set: { leaseUntil: new Date(0) } })
  while ((await one.ingest.tables.payloads.get(id))?.finishedAt === null) await one.ingest.work()
  const payload = await one.ingest.tables.payloads.get(id)
  if (!payload) throw new Error('the payload is there')
  const counts = await receiptCounts(one.ingest.tables, payload)
  expect(counts).toMatchObject({
    records: ROWS,
    stored: 0,
    storedWithIssues: ROWS,
    unchanged: 0,
    waiting: 0,
    quarantined: 0,
    resources: ROWS,
  })
  const observations = await one.all('Observation')
  expect(observations).toHaveLength(ROWS)
  expect(new Set(observations.map((o) => o.meta?.versionId))).toEqual(new Set(['1']))
  expect(await one.all('Provenance')).toHaveLength(ROWS)
  expect(await one.ingest.tables.unmapped.find({})).toMatchObject([{ code: 'X', count: ROWS }])
})
