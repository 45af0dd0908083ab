/** A replay of many begins when it is on record, and ends where it is cancelled. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createReplayJobs, REPLAY_JOBS, type ReplayJobDoc, type ReplayJobs } from '../../server/ingest/inbox/replay-jobs.ts'
import { decision, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
let replays: ReplayJobs
beforeAll(async () => {
  one = await rig([sourceOf('lis', 'hospital', 'H1')])
  replays = createReplayJobs(one.ingest, one.store.table<ReplayJobDoc>(decision, REPLAY_JOBS), () => undefined)
})
afterAll(() => one.close())

test('what is told throws: there is no job; else it is the one that was told', async () => {
  const away = new Error('the account is away')
  await expect(replays.begin('loader', {}, () => Promise.reject(away))).rejects.toBe(away)
  expect(await replays.list()).toEqual([])
  const told: string[] = []
  const job = await replays.begin('loader', {}, async (id) => void told.push(id))
  expect([told, (await replays.list()).map(({ _id }) => _id)]).toEqual([[job._id], [job._id]])
})

test('once it is cancelled no further payload is played', async () => {
  const record = (value: string): object => ({
    ...{ deliveryId: value, patient: { local: [{ kind: 'PI', value, strong: true }] } },
    resources: [{ key: 'patient', resource: { resourceType: 'Patient' }, state: 'current', statedAt: '2026-03-06T08:00:00Z' }],
  })
  for (const value of ['P1', 'P2', 'P3']) await one.send('lis', [record(value)])
  const table = one.store.table<ReplayJobDoc>(decision, 'replay_jobs_cancelled')
  const played: string[] = []
  const replayFor = async (job: string, payload: string): Promise<void> => {
    await one.ingest.replayFor(job, payload)
    played.push(payload)
    await cancelling.cancel(job)
  }
  const cancelling = createReplayJobs(Object.create(one.ingest, { replayFor: { value: replayFor } }), table, () => undefined)
  const { _id } = await cancelling.begin('loader', {}, async () => undefined)
  // One that begins later is done when the loop has gone on from the first.
  const next = await cancelling.begin('loader', { source: 'nobody' }, async () => undefined)
  await cancelling.start()
  while ((await table.get(next._id))?.state !== 'completed') await setTimeout(20)
  await cancelling.stop()
  expect(played).toHaveLength(1)
  expect(await cancelling.progress(_id)).toMatchObject({
    job: { state: 'cancelled', total: 3 },
    done: 1,
    pending: 0,
    outcomes: { stored: 1 },
  })
  expect((await one.ingest.tables.payloads.find({})).map(({ generation }) => generation).sort()).toEqual([0, 0, 1])
})

test('what a job has played it counts as it ended under it, whoever plays it again', async () => {
  const table = one.store.table<ReplayJobDoc>(decision, REPLAY_JOBS)
  const played: string[] = []
  const stopping = createReplayJobs(
    Object.create(one.ingest, {
      replayFor: {
        value: async (job: string, payload: string) => {
          await one.ingest.replayFor(job, payload)
          if (played.push(payload) === 2) await stopping.cancel(job)
        },
      },
    }),
    table,
    () => undefined,
  )
  const before = await stopping.begin('loader', {}, async () => undefined)
  const beginning = await stopping.progress(before._id)
  await stopping.start()
  while ((await table.get(before._id))?.state !== 'cancelled') await setTimeout(20)
  await stopping.stop()
  const done = { ...beginning, job: { state: 'cancelled' }, done: 2, pending: 0, outcomes: { stored: 2 } }
  expect(await stopping.progress(before._id)).toMatchObject(done)
  // The one that plays them now is stopped in the middle of it, and goes on.
  const after = await replays.begin('loader', {}, async () => undefined)
  await one.ingest.replayFor(after._id, played[0] as string)
  expect(await replays.progress(before._id)).toMatchObject(done)
  await replays.start()
  while ((await table.get(after._id))?.state !== 'completed') await setTimeout(20)
  await replays.stop()
  expect(await replays.progress(before._id)).toMatchObject(done)
  expect(await replays.progress(after._id)).toMatchObject({ done: 3, pending: 0, outcomes: { stored: 3 }, job: { skipped: 0 } })
})
