/** Two processes on one database, of which one does not know a source yet: its configuration is older. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { afresh } from '../../server/ingest/replay.ts'
import { NO_COUNTS } from '../../server/ingest/receive.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import type { PayloadDoc } from '../../server/ingest/types.ts'
import { actorOf, observation, rig, type Rig, sourceOf } from './support.ts'

const RECEIVED = new Date('2026-03-06T08:00:00Z')
const MINUTE = 60_000

let database: TestDatabase
let knowing: Rig
let other: Rig
let clock = RECEIVED
beforeEach(async () => {
  clock = RECEIVED
  database = await testDatabase()
  const now = () => clock
  knowing = await rig([sourceOf('new', 'hospital', 'H1')], { now }, database)
  other = await rig([sourceOf('old', 'hospital', 'H1')], { now }, database)
})
afterEach(async () => {
  await knowing.close()
  await other.close()
  await database.drop()
})

/** Accepted and not yet worked off. */
async function accepted(): Promise<string> {
  const record = {
    deliveryId: 'a',
    patient: { local: [{ kind: 'PI', value: '1', strong: true }] },
    resources: [observation('H1', 'o1', { valueString: 'x' })],
  }
  const { payload } = await knowing.send('new', [record])
  const { payloads } = knowing.ingest.tables
  const kept = (await payloads.get(payload._id)) as PayloadDoc
  await payloads.put({
    ...kept,
    status: 'received',
    checkpoint: 0,
    counts: NO_COUNTS,
    issues: '[]',
    finishedAt: null,
    leaseUntil: new Date(0),
  })
  return payload._id
}
const statusOf = async (id: string) => (await knowing.ingest.tables.payloads.get(id))?.status

test('who does not know it leaves it to who does', async () => {
  const id = await accepted()
  expect([await other.ingest.work(), await statusOf(id)]).toEqual([0, 'received'])
  expect([await knowing.ingest.work(), await statusOf(id)]).toEqual([1, 'stored'])
})

test('what nobody knows for long is in quarantine with its reason, and is played again by who knows', async () => {
  const id = await accepted()
  clock = new Date(RECEIVED.getTime() + 14 * MINUTE)
  expect([await other.ingest.work(), await statusOf(id)]).toEqual([0, 'received'])
  clock = new Date(RECEIVED.getTime() + 16 * MINUTE)
  expect([await other.ingest.work(), await statusOf(id)]).toEqual([1, 'quarantined'])
  expect(JSON.parse((await knowing.ingest.tables.payloads.get(id))?.issues ?? '')).toMatchObject([{ code: 'source-unknown' }])
  expect((await knowing.ingest.replay(id)).status).toBe('stored')
})

test('what was played again, or left by a process that stopped, is left to who knows it however long ago it came', async () => {
  const id = await accepted()
  clock = new Date(RECEIVED.getTime() + 60 * MINUTE)
  await knowing.ingest.stop()
  await knowing.ingest.work()
  clock = new Date(RECEIVED.getTime() + 74 * MINUTE)
  expect([await other.ingest.work(), await statusOf(id)]).toEqual([0, 'processing'])
  const { tables } = knowing.ingest
  await tables.payloads.update({ _id: id }, { set: { status: 'stored' } })
  clock = new Date(RECEIVED.getTime() + 120 * MINUTE)
  await afresh({ ...knowing.ingest.deps, now: () => clock }, tables, 'gone', id)
  clock = new Date(RECEIVED.getTime() + 134 * MINUTE)
  expect([await other.ingest.work(), await statusOf(id)]).toEqual([0, 'received'])
  clock = new Date(RECEIVED.getTime() + 136 * MINUTE)
  expect([await other.ingest.work(), await statusOf(id)]).toEqual([1, 'quarantined'])
})

test('a sender is still told at once', async () => {
  const stream = (async function* () {
    yield Buffer.from('[]')
  })()
  const sent = other.ingest.receive('new', actorOf('new-client'), stream, { contentType: '', fileName: '' })
  await expect(sent).rejects.toMatchObject({ message: 'source-unknown' })
})
