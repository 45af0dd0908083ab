/** Who finds that a source is silent tells it once, however many look; a source that was just configured has its time. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { createSilence } from '../../server/ingest/silence.ts'
import type { Silence, SilenceDoc } from '../../server/ingest/types.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store } from '../../server/store/types.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

const HOUR_MS = 3_600_000
let database: TestDatabase
let store: Store
let now = new Date('2026-03-06T08:00:00Z')
const told: string[] = []
const figures = new Map<string, boolean>()
const watch = (): Silence =>
  createSilence({
    table: store.table<SilenceDoc>(systemDecision('test'), 'source_silence'),
    sources: [{ id: 'his', silentAfterHours: 24 }, { id: 'lis' }],
    now: () => now,
    log: (event, { source, hours }) => told.push(`${event} ${source} ${hours}`),
    gauge: (source, isSilent) => void figures.set(source, isSilent),
  })
beforeAll(async () => {
  database = await testDatabase()
  store = await createStore({ uri: database.uri, database: database.database, log: silentLog })
}, 30_000)
afterAll(async () => {
  await store.close()
  await database.drop()
})

test('two processes: told once, and once more when it is heard', async () => {
  const [one, two] = [watch(), watch()]
  await Promise.all([one.start(), two.start()])
  one.heard('lis')
  now = new Date(now.getTime() + 24 * HOUR_MS)
  expect(await Promise.all([one.look(), two.look()])).toEqual([[], []])
  now = new Date(now.getTime() + 1)
  await Promise.all([one.look(), two.look()])
  await Promise.all([one.look(), two.look()])
  expect([told, figures.get('his')]).toEqual([['source-silent his 24'], true])
  expect(await two.rows(['his', 'lis'])).toMatchObject([{ _id: 'his', silentSince: now }])
  two.heard('his')
  expect(await two.look()).toEqual(['his'])
  expect([told.slice(1), figures.get('his')]).toEqual([['source-heard-again his 24'], false])
  expect(await one.rows(['his'])).toMatchObject([{ everHeard: true, heardAt: now, silentSince: null }])
  // Who noted an earlier time later does not take it back.
  const later = now
  now = new Date(now.getTime() - HOUR_MS)
  one.heard('his')
  await one.look()
  expect(await one.rows(['his'])).toMatchObject([{ heardAt: later }])
  await Promise.all([one.stop(), two.stop()])
})
