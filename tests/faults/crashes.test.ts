import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { runCrashes } from './crashes/run.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'yilian-crashes-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

test('kill -9 of the server and of its database loses nothing that was acknowledged', async () => {
  const say = () => undefined
  const report = await runCrashes({ dataDir, seed: 20261124, crashes: 2, tableRows: 200, tables: 1, betweenMs: 3000, cacheGb: '0.25', say })
  expect(report.findings.problems).toEqual([])
  expect(report).toMatchObject({ failures: [], odd: {}, consents: { notInForce: [] }, crashes: { server: 1, mongod: 1 } })
  expect(report.findings.checked.payloads).toBeGreaterThan(0)
  expect(report.findings.audit.ok).toBe(true)
}, 120_000)
