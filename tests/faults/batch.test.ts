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
  expect(first).toEqual({ rows: 100, rowsPerSecond: 50, mb: 100, life: undefined })
  expect(
    tenthsOf([look(0, 0, 0, 100), look(1000, 100, 1, 90), look(2000, 150, 1, 95)], 1000)
      .map(({ life }) => life)
      .slice(0, 3),
  ).toEqual([0, 1, undefined])
})

const tenth = (mb: number, life: number | undefined) => ({ rows: 1, rowsPerSecond: 1, mb, life })
const FOUND = { observations: 0, reports: 0, patients: 0, provenances: 0, receipt: {} as never, largest: [], problems: [] }
const REPORT = { rows: 10, kills: [], workMs: 1, peakMb: 1, found: FOUND, problems: [] }

test('memory that grows with the rows is not sound', () => {
  const flat = batchSummary({ ...REPORT, tenths: [200, 220, 230, 220, 210, 220, 240, 220, 230, 225].map((mb) => tenth(mb, 0)) })
  const grown = batchSummary({ ...REPORT, tenths: [200, 220, 300, 350, 400, 450, 500, 550, 600, 650].map((mb) => tenth(mb, 0)) })
  expect([flat.sound, grown.sound]).toEqual([true, false])
})

test('a process that has just begun is not taken for one that grows', () => {
  const begun = [tenth(308, 0), tenth(267, undefined), ...[695, 907, 910, 911, 919, 920, 921, 920].map((mb) => tenth(mb, 1))]
  const grows = [tenth(308, 0), tenth(267, undefined), ...[500, 600, 700, 800, 900, 1000, 1100, 1200].map((mb) => tenth(mb, 1))]
  expect([begun, grows].map((tenths) => batchSummary({ ...REPORT, tenths }).sound)).toEqual([true, false])
})
