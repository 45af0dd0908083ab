/** Nothing waits behind a large batch: neither another batch that comes meanwhile, nor what is to be done about persons. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import type { PayloadDoc } from '../../server/ingest/types.ts'
import { actorOf, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
afterEach(() => one.close())

/** Rows of a file named `large` come when they are let go. */
const heldUp = (go: Promise<void>): SourceMapping => ({
  ...recordsMapping,
  id: 'test/batch',
  mode: 'table',
  async *decode(chunks, options) {
    for await (const decoded of recordsMapping.decode(chunks, options)) {
      if (options.fileName === 'large') await go
      yield decoded
    }
  },
})

const row = (no: string) => ({
  deliveryId: no,
  resources: [
    {
      key: { type: 'Observation', scope: 'HA', parts: [no] },
      resource: { resourceType: 'Observation', status: 'final', code: { text: no } },
      state: 'current',
      statedAt: '2026-03-06T08:00:00Z',
    },
  ],
})

async function receive(fileName: string, rows: readonly object[]): Promise<string> {
  const stream = (async function* () {
    yield Buffer.from(JSON.stringify(rows))
  })()
  const { payload } = await one.ingest.receive('batch', actorOf('batch-client'), stream, { contentType: '', fileName })
  return payload._id
}

const payload = async (id: string): Promise<PayloadDoc> => (await one.ingest.tables.payloads.get(id)) as PayloadDoc

async function finished(id: string): Promise<PayloadDoc> {
  for (;;) {
    const doc = await payload(id)
    if (doc.finishedAt !== null) return doc
    await delay(20)
  }
}

test('a small file that comes while a large one is under way is done first', async () => {
  const go = Promise.withResolvers<void>()
  one = await rig([sourceOf('batch', 'rhip', 'HA', 'test/batch')], { mapping: () => heldUp(go.promise) })
  await one.ingest.start()
  const large = await receive('large', [row('1'), row('2')])
  while ((await payload(large)).status !== 'processing') await delay(20)
  for (const no of ['3', '4', '5']) expect(await finished(await receive('small', [row(no)]))).toMatchObject({ counts: { total: 1 } })
  expect((await payload(large)).finishedAt).toBeNull()
  go.resolve()
  expect(await finished(large)).toMatchObject({ counts: { total: 2 }, attempts: 1 })
  expect(await one.all('Observation')).toHaveLength(5)
})

test('a stop in the middle is no attempt that failed, and what was accepted is done by the next process', async () => {
  const go = Promise.withResolvers<void>()
  one = await rig([sourceOf('batch', 'rhip', 'HA', 'test/batch')], { mapping: () => heldUp(go.promise) })
  await one.ingest.start()
  const large = await receive('large', [row('1'), row('2')])
  while ((await payload(large)).status !== 'processing') await delay(20)
  const stopped = one.ingest.stop()
  go.resolve()
  await stopped
  expect(await payload(large)).toMatchObject({ finishedAt: null, attempts: 0 })
  await one.ingest.start()
  expect(await finished(large)).toMatchObject({ counts: { total: 2 }, attempts: 1 })
  expect(await one.all('Observation')).toHaveLength(2)
})

test('a database that is away for long does not send a batch into quarantine', async () => {
  let isAway = true
  one = await rig([sourceOf('batch', 'rhip', 'HA', 'test/batch')], {
    mapping: () => heldUp(Promise.resolve()),
    refresh: async () => {
      if (isAway) throw new OutcomeError('unavailable')
    },
  })
  const id = await receive('small', [row('1')])
  for (let round = 0; round < INGEST_BOUNDS.jobAttemptsMax + 3; round++) await one.ingest.work()
  expect(await payload(id)).toMatchObject({ finishedAt: null, attempts: 0 })
  isAway = false
  await one.ingest.work()
  expect(await payload(id)).toMatchObject({ status: 'stored', counts: { total: 1 } })
})

test('a message that becomes very many resources is accepted, and its sender does not wait for it', async () => {
  one = await rig([sourceOf('hospital', 'hospital', 'HA')])
  const many = Array.from({ length: INGEST_BOUNDS.inlineResourcesMax + 1 }, (_, at) => row(`r${at}`).resources).flat()
  const stream = (async function* () {
    yield Buffer.from(JSON.stringify([{ deliveryId: 'long', resources: many }]))
  })()
  const meta = { contentType: '', fileName: '' }
  const { payload: accepted, finished: isFinished } = await one.ingest.receive('hospital', actorOf('hospital-client'), stream, meta)
  expect(isFinished).toBe(false)
  while ((await payload(accepted._id)).finishedAt === null) await one.ingest.work()
  expect(await payload(accepted._id)).toMatchObject({ status: 'stored', counts: { total: 1, resources: many.length } })
})
