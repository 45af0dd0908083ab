/** kill -9 while visits that were told of under two numbers become one: what was begun is finished by another process, each visit once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import type { Rig } from './support.ts'
import { numbered, visitRig } from './visit-messages.ts'

const VISITS = 36
let database: TestDatabase
let one: Rig
beforeAll(async () => {
  database = await testDatabase()
  one = await visitRig({ secret: Buffer.alloc(32, 3) }, database)
})
afterAll(async () => {
  await one.close()
  await database.drop()
})

function startChild(): ChildProcess {
  const script = fileURLToPath(new URL('./visits-kill-child.ts', import.meta.url))
  return spawn(process.execPath, [script, database.uri, database.database, String(VISITS)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

const moved = (): Promise<number> => one.ingest.tables.visits.count({ visit: { $gt: '' } })

/** Killed as soon as a move is a job, if one is seen; in any case once so many visits were joined. */
async function killAt(child: ChildProcess, joined: number): Promise<void> {
  const jobs = one.ingest.deps.store.table(one.ingest.deps.decision, 'jobs')
  while ((await moved()) < joined || ((await jobs.count({ kind: 'move-visit' })) === 0 && (await moved()) < joined + 8)) await delay(1)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('killed while visits are joined, three times', async () => {
  for (const joined of [3, 9, 16]) {
    const child = startChild()
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    await killAt(child, joined)
    expect(await moved()).toBeLessThan(VISITS)
    // The dead process's leases lapse; here their time is made to be over.
    for (const table of ['payloads', 'jobs']) {
      const rows = one.ingest.deps.store.table(one.ingest.deps.decision, table)
      for (const { _id } of await rows.find({ leaseUntil: { $gt: new Date() } }))
        await rows.update({ _id }, { set: { leaseUntil: new Date(0) } })
    }
    while ((await one.ingest.work()) > 0);
  }
  // Whoever had no answer sends again.
  for (let n = 0; n < VISITS; n++) for (const [source, body] of numbered(n)) await one.send(source, body)
  while ((await one.ingest.work()) > 0);
  const all = await one.all('Encounter')
  const visits = all.filter(({ status }) => status !== 'entered-in-error')
  expect(visits).toHaveLength(VISITS)
  const known = new Map(
    visits.map(({ id, identifier }) => [`Encounter/${id}`, (identifier as { value: string }[]).map(({ value }) => value)]),
  )
  for (const numbers of known.values()) {
    const [visit] = numbers.filter((number) => /^V\d+$/.test(number))
    expect(numbers).toContain(visit?.replace('V', 'M'))
  }
  const conditions = await one.all('Condition')
  expect(conditions).toHaveLength(VISITS)
  expect(new Set(conditions.map(({ encounter }) => (encounter as { reference: string }).reference))).toEqual(new Set(known.keys()))
  expect(await one.ingest.tables.visits.count({ left: { $ne: [] } })).toBe(0)
  const jobs = one.ingest.deps.store.table(one.ingest.deps.decision, 'jobs')
  expect(await jobs.count({ kind: 'move-visit' })).toBe(0)
}, 240_000)
