/** A replay of many that cannot be put on record does not begin. */
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
