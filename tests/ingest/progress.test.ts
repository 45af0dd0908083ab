/** A saved position of a batch, and the counts beside it, are of the same records: whichever group of them is done first. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { PayloadRun, type Tally } from '../../server/ingest/payload-run.ts'
import type { PayloadDoc, RecordOutcome } from '../../server/ingest/types.ts'
import { observation, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1')])
})
afterAll(() => one.close())

const stored = (resources: number): RecordOutcome => ({ status: 'stored', resources, issues: [] })

/** A payload as if nothing of it were done yet. */
async function begun(no: string): Promise<PayloadDoc> {
  const { payload } = await one.send('his', [{ deliveryId: no, resources: [observation('H1', no, {})] }])
  const open = { checkpoint: 0, counts: { ...payload.counts, total: 0, resources: 0 }, attempts: 3, status: 'processing' as const }
  expect(await one.ingest.tables.payloads.setOne({ _id: payload._id }, open)).toBe(true)
  return { ...payload, ...open }
}

const now = async ({ _id }: PayloadDoc) => {
  const row = await one.ingest.tables.payloads.get(_id)
  return { checkpoint: row?.checkpoint, total: row?.counts.total, resources: row?.counts.resources, attempts: row?.attempts }
}

/** Two groups under way, the first of which ends when it is told to. */
async function twoGroups(no: string) {
  const payload = await begun(no)
  const run = new PayloadRun(one.ingest.deps, one.ingest.tables, payload)
  const first = Promise.withResolvers<void>()
  const counting = (resources: number, until: Promise<void>) => async (tally: Tally) => {
    await until
    run.count(tally, stored(resources))
  }
  await run.start(counting(10, first.promise), 5)
  run.checkpoint(1)
  await run.start(counting(1, Promise.resolve()), 5)
  run.checkpoint(2)
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { payload, run, first }
}

test('what is done behind a gap is not saved before the gap is closed', async () => {
  const { payload, run, first } = await twoGroups('gap')
  expect(await now(payload)).toEqual({ checkpoint: 0, total: 0, resources: 0, attempts: 3 })
  first.resolve()
  await run.settle()
  expect(await now(payload)).toEqual({ checkpoint: 2, total: 2, resources: 11, attempts: 0 })
  await run.start(async (tally) => run.count(tally, stored(100)), 5)
  await run.settle()
  expect(await now(payload)).toEqual({ checkpoint: 2, total: 2, resources: 11, attempts: 0 })
  await run.finish(true)
  expect(await now(payload)).toMatchObject({ total: 3, resources: 111 })
})

test('work that fails is a gap that stays, and is thrown', async () => {
  const { payload, run, first } = await twoGroups('failed')
  first.reject(new Error('the database is away'))
  await expect(run.settle()).rejects.toThrow('the database is away')
  expect(await now(payload)).toEqual({ checkpoint: 0, total: 0, resources: 0, attempts: 3 })
})

test('rows of two resources fill one transaction, and positions are saved between full groups', () => {
  const { batchRows, transactionResourcesMax, checkpointRecords, batchConcurrency } = INGEST_BOUNDS
  expect(2 * batchRows).toBe(transactionResourcesMax)
  expect(checkpointRecords).toBe(batchConcurrency * batchRows)
})
