import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import { tenthsOf } from './batch/progress.ts'
import { runBatch } from './batch/run.ts'
import { batchSummary } from './batch/summary.ts'

const ROWS = 1500
let database: TestDatabase
let dataDir: string
beforeAll(async () => {
  database = await testDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'yilian-batch-'))
})
afterAll(async () => {
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

test('killed while it is sent and while it is worked off: every row stands once', async () => {
  const place = { mongodbUri: database.uri, database: database.database, dataDir }
  // That leases lapse in their time is seen by crashes.test.ts and `npm run check:batch`.
  const report = await runBatch({
    ...place,
    seed: 20261127,
    rows: ROWS,
    kills: 2,
    resultsFirst: false,
    leasesLapse: false,
    say: () => undefined,
  })
  expect(report.problems).toEqual([])
  expect(report.found).toMatchObject({ observations: ROWS, reports: ROWS / 10 })
  // One of each report and patient, and one of the ten results of a report unless they were stored apart.
  const others = ROWS / 10 + Math.ceil(ROWS / 40)
  expect(report.found.provenances).toBeGreaterThanOrEqual(others + ROWS / 10)
  expect(report.found.provenances).toBeLessThan(others + ROWS / 2)
  expect(report.kills.length).toBeGreaterThan(0)
}, 240_000)

test('speed and memory by tenths: the wait behind a kill is none of the work', () => {
  const look = (at: number, rows: number, life: number, mb: number) => ({ at, rows, life, mb })
  const looks = [
    look(0, 0, 0, 100),
    look(1000, 50, 0, 110),
    look(2000, 99, 0, 120),
    look(40_000, 99, 1, 90),
    look(41_000, 99, 1, 90),
    look(42_000, 1000, 1, 200),
  ]
  const [first] = tenthsOf(looks, 1000)
  expect(first).toEqual({ rows: 100, rowsPerSecond: 50, mb: 100 })
})

test('memory that grows with the rows is not sound', () => {
  const tenth = (mb: number) => ({ rows: 1, rowsPerSecond: 1, mb })
  const found = { observations: 0, reports: 0, patients: 0, provenances: 0, receipt: {} as never, largest: [], problems: [] }
  const report = { rows: 10, kills: [], workMs: 1, peakMb: 1, found, problems: [] }
  const flat = batchSummary({ ...report, tenths: [200, 220, 230, 220, 210, 220, 240, 220, 230, 225].map(tenth) })
  const grown = batchSummary({ ...report, tenths: [200, 220, 300, 350, 400, 450, 500, 550, 600, 650].map(tenth) })
  expect([flat.sound, grown.sound]).toEqual([true, false])
})
