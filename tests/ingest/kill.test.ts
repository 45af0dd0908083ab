/** kill -9 in the middle of a batch: what was accepted is finished by another process, each record once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { receiptCounts } from '../../server/ingest/receipt.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { actorOf, countingQuality, observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

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

  one.ingest.deps.quality = countingQuality(one)
  await one.ingest.start()
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
  // Two processes look at the same time.
  const counted = async () => {
    const rows = await countingQuality(one).rows(['batch'], '2000-01-01', '2999-12-31')
    return rows.flatMap(({ kind, name, n }) => (kind === 'issue' || name === 'received' ? [] : [[kind, name, n]])).sort()
  }
  await Promise.all([counted(), counted(), counted()])
  const ended = ['payload', 'stored-with-issues', 1]
  expect(await counted()).toEqual([ended, ['record', 'sound', ROWS]])
  expect(await one.ingest.tables.payloads.count({ judged: { $gt: '' } })).toBe(0)
  // What is played again is not counted anew.
  await one.ingest.replay(id)
  while ((await one.ingest.tables.payloads.get(id))?.status === 'received') await delay(5)
  await one.ingest.work()
  expect(await counted()).toEqual([ended, ['record', 'sound', ROWS]])
  const observations = await one.all('Observation')
  expect(observations).toHaveLength(ROWS)
  expect(new Set(observations.map((o) => o.meta?.versionId))).toEqual(new Set(['1']))
  expect(await one.all('Provenance')).toHaveLength(ROWS)
  expect(await one.ingest.tables.unmapped.find({})).toMatchObject([{ code: 'X', count: ROWS }])
})

test('what had been done when the database went away is counted once, whenever its counts are written', async () => {
  const { deps } = one.ingest
  const { writer } = deps
  const quality = countingQuality(one)
  deps.quality = quality
  const before = await quality.rows(['batch'], '2000-01-01', '2999-12-31')
  const row = (at: number) => ({
    ...{ deliveryId: `counted ${at}`, patient: { local: [{ kind: 'CARD', value: `D${at}`, strong: true }] } },
    resources: [observation('HA', `counted ${at}`, {})],
  })
  let left = 2 * ROWS
  let stored = 0
  deps.writer = {
    write: (drafts, extra) => {
      left -= drafts.filter(({ type }) => type === 'Observation').length
      if (left < 0) return Promise.reject(new OutcomeError('unavailable'))
      stored += drafts.length
      return writer.write(drafts, extra)
    },
  }
  const body = Buffer.from(JSON.stringify(Array.from({ length: 4 * ROWS }, (_, at) => row(at))))
  const stream = (async function* () {
    yield body
  })()
  const { payload } = await one.ingest.receive('batch', actorOf('batch-client'), stream, { contentType: '', fileName: '' })
  while (left >= 0) await delay(5)
  await delay(100)
  expect(stored).toBeGreaterThan(0)
  await quality.rows(['batch'], '2000-01-01', '2999-12-31')
  deps.writer = writer
  while ((await one.ingest.tables.payloads.get(payload._id))?.finishedAt === null) {
    await one.ingest.tables.payloads.update({ _id: payload._id, leaseUntil: { $gt: new Date() } }, { set: { attempts: 0 } })
    await one.ingest.work()
    await delay(20)
  }
  const sound = (rows: Awaited<ReturnType<typeof quality.rows>>) =>
    rows.find(({ kind, name }) => kind === 'record' && name === 'sound')?.n ?? 0
  expect(sound(await quality.rows(['batch'], '2000-01-01', '2999-12-31')) - sound(before)).toBe(4 * ROWS)
}, 60_000)
