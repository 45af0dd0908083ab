/** kill -9 of a process that empties a drop folder: another one finishes it, and every row is there once. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sourceMapping } from '../../mappings/index.ts'
import { DROP_FILES, type DropFileDoc, startDrops } from '../../server/ingest/drop/drops.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { actorOf, decision, rig, type Rig, sourceOf } from './support.ts'

const FILES = 24
const ROWS = 5
let database: TestDatabase
let one: Rig
let directory: string
beforeAll(async () => {
  database = await testDatabase()
  directory = await mkdtemp(join(tmpdir(), 'yilian-drop-'))
  one = await rig(
    [sourceOf('rhip', 'rhip', 'HA', 'rhip/tables', { '0001': 'H1' })],
    { mapping: sourceMapping, secret: Buffer.alloc(32, 3) },
    database,
  )
})
afterAll(async () => {
  await one.close()
  await database.drop()
  await rm(directory, { recursive: true })
})

const HEADER = 'YLJGYQDM,KH,KLX,XM,YWSCSJ,XGBZ'
const row = (id: string) => `0001,${id},0,王${id},2026-03-10 01:00:00,1`
const finished = async () => (await readdir(join(directory, 'done')).catch(() => [])).filter((name) => name.endsWith('.csv'))

test('killed while it works', async () => {
  for (let at = 0; at < FILES; at++) {
    const rows = Array.from({ length: ROWS }, (_, n) => row(`C${at}x${n}`))
    await writeFile(join(directory, `f${at}.csv`), `${[HEADER, ...rows].join('\n')}\n`)
  }
  const script = fileURLToPath(new URL('./drop-kill-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, database.uri, database.database, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  while ((await finished()).length === 0 && (await one.ingest.tables.payloads.count({})) < FILES / 3) await delay(2)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect((await finished()).length).toBeLessThan(FILES)

  // The dead process's leases lapse; here their time is made to be over.
  const files = one.store.table<DropFileDoc & { leaseUntil?: Date }>(decision, DROP_FILES)
  const over = { leaseUntil: new Date(0) }
  for (const { _id } of await files.find({})) await files.update({ _id }, { set: over })
  await one.ingest.tables.payloads.updateMany({}, over)
  const drops = startDrops(
    [
      {
        source: 'rhip',
        directory,
        ready: 'rename',
        marker: '.done',
        stableSeconds: 1,
        pollSeconds: 86_400,
        waitSeconds: 900,
        actor: actorOf('rhip-client'),
      },
    ],
    { ingest: one.ingest, files, now: () => new Date(), log: () => undefined },
  )
  while ((await finished()).length < FILES) {
    await drops.round()
    await one.ingest.work()
  }
  await drops.round()
  await drops.stop()
  expect(await readdir(join(directory, 'processing'))).toEqual([])
  expect((await readdir(directory)).sort()).toEqual(['done', 'failed', 'processing'])
  expect(await files.count({})).toBe(0)
  expect(await one.ingest.tables.payloads.count({})).toBe(FILES)
  const patients = await one.all('Patient')
  expect(patients).toHaveLength(FILES * ROWS)
  expect(new Set(patients.map(({ meta }) => meta?.versionId))).toEqual(new Set(['1']))
}, 120_000)
