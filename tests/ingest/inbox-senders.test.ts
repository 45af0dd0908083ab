/** Counters of a sender: what came and how it ended first, and how it stands by now. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { zoneOf } from '../../server/fhir/zone.ts'
import { senderCounts } from '../../server/ingest/inbox/senders.ts'
import { createQuality } from '../../server/ingest/quality.ts'
import type { Quality, QualityDoc } from '../../server/ingest/types.ts'
import { actorOf, decision, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

/** While it is not mended nothing can be mapped. */
let isMended = false
const mapping: SourceMapping = {
  ...recordsMapping,
  map: (record, recordType, at, context) => recordsMapping.map(isMended ? record : { bad: true }, recordType, at, context),
}
let one: Rig
let quality: Quality | undefined
beforeAll(async () => {
  one = await rig([sourceOf('lis', 'hospital', 'H1'), sourceOf('ris', 'hospital', 'H1')], {
    mapping: () => mapping,
    quality: {
      today: () => quality?.today() ?? '',
      count: (...all) => quality?.count(...all),
      judged: (...all) => quality?.judged(...all) ?? [],
      add: (...all) => quality?.add(...all),
      ended: (...all) => quality?.ended(...all) ?? '',
      payload: (...all) => quality?.payload(...all),
      rows: async (...all) => (await quality?.rows(...all)) ?? [],
      start: async () => undefined,
      stop: async () => undefined,
    },
  })
  quality = createQuality({
    table: one.store.table<QualityDoc>(decision, 'source_quality'),
    payloads: one.ingest.tables.payloads,
    writer: one.ingest.deps.writer,
    timezone: 'Asia/Shanghai',
    now: () => new Date(),
  })
  await one.ingest.start()
})
afterAll(() => one.close())

/** How often it is counted from here on. */
function questions(): () => number {
  const { payloads } = one.ingest.tables
  const { count, countBy } = payloads
  let asked = 0
  payloads.count = (where) => {
    asked++
    return count(where)
  }
  payloads.countBy = (where, fields) => {
    asked++
    return countBy(where, fields)
  }
  return () => {
    Object.assign(payloads, { count, countBy })
    return asked
  }
}

const record = (n: number): object => ({
  deliveryId: `d${n}`,
  patient: { local: [{ kind: 'PI', value: `${n}`, strong: true }] },
  resources: [
    { key: 'patient', resource: { resourceType: 'Patient', name: [{ text: '人' }] }, state: 'current', statedAt: '2026-03-06T08:00:00Z' },
  ],
})
const NONE = { received: 0, processing: 0, stored: 0, 'stored-with-issues': 0, quarantined: 0, rejected: 0 }

test('one that was quarantined and played again well is counted as it ended first, and as it stands now', async () => {
  const ids: string[] = []
  for (const n of [1, 2, 3]) ids.push((await one.send('lis', [record(n)])).payload._id)
  const today = quality?.today() ?? ''
  const counters = async (from = today, to = today) => {
    const answer = await senderCounts(one.ingest, actorOf('loader', 'operator'), '', { from, to, zone: zoneOf('Asia/Shanghai') })
    const [lis, ris] = (answer as { senders: { source: string; payloads: Record<string, number>; now: object }[] }).senders
    expect([lis?.source, ris?.source, ris?.now]).toEqual(['lis', 'ris', NONE])
    return { first: lis?.payloads.quarantined, now: lis?.now }
  }
  expect(await counters()).toEqual({ first: 3, now: { ...NONE, quarantined: 3 } })
  isMended = true
  for (const id of ids.slice(0, 2)) await one.ingest.replay(id)
  expect(await counters()).toEqual({ first: 3, now: { ...NONE, stored: 2, quarantined: 1 } })
  // Of other days nothing is told.
  await one.ingest.tables.payloads.update({ _id: ids[0] }, { set: { receivedAt: new Date('2026-01-31T15:59:59.999Z') } })
  await one.ingest.tables.payloads.update({ _id: ids[1] }, { set: { receivedAt: new Date('2026-01-31T16:00:00.000Z') } })
  expect((await counters()).now).toEqual({ ...NONE, quarantined: 1 })
  expect((await counters('2026-02-01', '2026-02-01')).now).toEqual({ ...NONE, stored: 1 })
  expect((await counters('2026-01-31', '2026-02-01')).now).toEqual({ ...NONE, stored: 2 })
})

test('however many senders there are, how their payloads stand is asked once', async () => {
  const today = quality?.today() ?? ''
  const days = { from: today, to: today, zone: zoneOf('Asia/Shanghai') }
  const asked = questions()
  await senderCounts(one.ingest, actorOf('loader', 'operator'), '', days)
  expect(asked()).toBe(1)
})

test('a sender is told of its own payloads alone, and whose source is not seen of none', async () => {
  await one.send('ris', [record(9)])
  const today = quality?.today() ?? ''
  const days = { from: today, to: today, zone: zoneOf('Asia/Shanghai') }
  const told = async (client: string, wanted = '') => {
    const answer = await senderCounts(one.ingest, actorOf(client), wanted, days)
    return (answer as { senders: { source: string; now: object }[] }).senders.map(({ source, now }) => [source, now])
  }
  expect(await told('ris-client')).toEqual([['ris', { ...NONE, stored: 1 }]])
  expect(await told('ris-client', 'lis')).toEqual([])
  expect(await told('nobody')).toEqual([])
})
