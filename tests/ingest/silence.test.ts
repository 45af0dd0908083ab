/** Who finds that a source is silent tells it once, however many look; a source that was just configured has its time. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
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

/** Looked at every five minutes. */
async function watched(silence: Silence, hours: number): Promise<string[]> {
  const changed: string[] = []
  for (const until = now.getTime() + hours * HOUR_MS; now.getTime() < until; ) {
    now = new Date(now.getTime() + 5 * 60_000)
    changed.push(...(await silence.look()))
  }
  return changed
}

test('two processes: told once, and once more when it is heard', async () => {
  const [one, two] = [watch(), watch()]
  await Promise.all([one.start(), two.start()])
  one.heard('lis')
  expect([await watched(two, 24), await one.look()]).toEqual([[], []])
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

describe('a source that nobody watched for a while', () => {
  const unwatched = (hours: number): void => {
    now = new Date(now.getTime() + hours * HOUR_MS)
  }
  /** Watched anew, as after a change of the configuration. */
  async function begun(): Promise<Silence> {
    const silence = watch()
    await silence.start()
    return silence
  }
  beforeEach(async () => {
    const silence = await begun()
    silence.heard('his')
    await silence.look()
    await silence.stop()
    told.length = 0
  })

  test('for longer than it may be silent has its time again, also where it was silent before', async () => {
    unwatched(30 * 24)
    const silence = await begun()
    expect([await silence.look(), figures.get('his')]).toEqual([[], false])
    expect(await watched(silence, 24)).toEqual([])
    expect(await watched(silence, 0.1)).toEqual(['his'])
    await silence.stop()
    unwatched(25)
    const again = await begun()
    expect([await again.look(), figures.get('his'), told]).toEqual([[], false, ['source-silent his 24']])
    expect(await watched(again, 24)).toEqual([])
    expect(await watched(again, 0.1)).toEqual(['his'])
    await again.stop()
  })

  test('for a shorter time is missed by so much later, and no further', async () => {
    const first = await begun()
    expect(await watched(first, 20)).toEqual([])
    await first.stop()
    unwatched(6)
    const [second, beside] = [await begun(), await begun()]
    await Promise.all([second.look(), beside.look()])
    expect([told, await watched(second, 3.9)]).toEqual([[], []])
    expect(await watched(second, 0.3)).toEqual(['his'])
    second.heard('his')
    expect(await second.look()).toEqual(['his'])
    expect(await watched(second, 24)).toEqual([])
    expect(await watched(second, 0.1)).toEqual(['his'])
    await Promise.all([second.stop(), beside.stop()])
  })
})
