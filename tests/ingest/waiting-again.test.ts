/** A record that waits for its patient and comes again in another payload meanwhile: what the first one said is not lost. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { receiptCounts } from '../../server/ingest/receipt.ts'
import { observation, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('rp', 'rhip', 'HA')])
  await one.ingest.start()
})
afterAll(() => one.close())

const REPORT = (value: string) => ({ kind: 'REPORT', value, strong: false })
const CARD = (value: string) => ({ kind: 'CARD', value, strong: true })
const NEWER = '2026-03-07T08:00:00Z'
const OLDER = '2026-03-06T08:00:00Z'
const WAITS = { records: 1, waiting: 1, stored: 0 }
const STORED = { records: 1, waiting: 0, stored: 1 }

const result = (report: string, value: string, statedAt: string, patient = [REPORT(report)]) => ({
  deliveryId: `row-${report}`,
  patient: { local: patient },
  resources: [observation('H1', report, { valueString: value }, { statedAt })],
})

const row = (...said: Parameters<typeof result>) => [result(...said)]

const reported = (report: string) => [
  {
    deliveryId: `report-${report}`,
    patient: { local: [CARD(`C${report}`), REPORT(report)] },
    resources: [{ key: 'patient', resource: { resourceType: 'Patient' }, state: 'current', statedAt: OLDER }],
  },
]

const countsOf = (payload: { _id: string }) =>
  one.ingest.tables.payloads.get(payload._id).then((doc) => receiptCounts(one.ingest.tables, doc as never))

const saidOf = async (report: string): Promise<unknown> =>
  (await one.all('Observation')).find(({ code }) => (code as { text: string }).text === report)?.valueString

test('the older statement comes last, and both wait: the newer one counts when the patient is known', async () => {
  const newer = await one.send('rp', row('W1', 'newer', NEWER))
  const older = await one.send('rp', row('W1', 'older', OLDER))
  expect([await countsOf(newer.payload), await countsOf(older.payload)]).toMatchObject([WAITS, WAITS])
  await one.send('rp', reported('W1'))
  expect(await saidOf('W1')).toBe('newer')
  expect([await countsOf(newer.payload), await countsOf(older.payload)]).toMatchObject([STORED, STORED])
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
})

test('twice in one payload, in either order: both wait, and the newer one counts', async () => {
  const both = await one.send('rp', [result('W2', 'newer', NEWER), result('W2', 'older', OLDER)])
  expect(both.counts).toMatchObject({ records: 2, waiting: 2, stored: 0 })
  await one.send('rp', reported('W2'))
  expect(await saidOf('W2')).toBe('newer')
  expect(await countsOf(both.payload)).toMatchObject({ records: 2, waiting: 0, stored: 2 })
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
})

test('the same content of a third payload between them waits by itself, and nothing is left behind', async () => {
  const sent = []
  for (const [value, at] of [
    ['a', NEWER],
    ['b', OLDER],
    ['a', NEWER],
    ['b', OLDER],
  ] as const)
    sent.push(await one.send('rp', [...row('W3', value, at), { deliveryId: `none-${sent.length}`, nothingToStore: true }]))
  for (const { payload } of sent) expect(await countsOf(payload)).toMatchObject({ records: 2, waiting: 1, nothing: 1, stored: 0 })
  await one.send('rp', reported('W3'))
  expect(await saidOf('W3')).toBe('a')
  for (const { payload } of sent) expect(await countsOf(payload)).toMatchObject({ records: 2, waiting: 0, nothing: 1, stored: 1 })
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
})

test('it comes again under a number that is known: the first one goes on waiting for its own, and counts when that is known', async () => {
  await one.send('rp', reported('KNOWN'))
  const newer = await one.send('rp', row('W4', 'newer', NEWER))
  const older = await one.send('rp', row('W4', 'older', OLDER, [REPORT('KNOWN')]))
  expect(await saidOf('W4')).toBe('older')
  expect([await countsOf(newer.payload), await countsOf(older.payload)]).toMatchObject([WAITS, STORED])
  await one.send('rp', reported('W4'))
  expect(await saidOf('W4')).toBe('newer')
  expect(await countsOf(newer.payload)).toMatchObject(STORED)
  expect(await one.ingest.tables.waiting.count({})).toBe(0)
})

test('a row that an earlier server wrote, without what it says by digest, ends as it should', async () => {
  const { payload } = await one.send('rp', row('W5', 'x', OLDER))
  await one.ingest.tables.waiting.update({ payload: payload._id }, { unset: ['digest'] })
  await one.send('rp', reported('W5'))
  expect([await saidOf('W5'), await one.ingest.tables.waiting.count({})]).toEqual(['x', 0])
})
