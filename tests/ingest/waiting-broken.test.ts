/** What waited for its patient and cannot be stored once he is known: it ends in quarantine, and nobody else waits for it or fails by it. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { receiptCounts } from '../../server/ingest/receipt.ts'
import type { PayloadDoc } from '../../server/ingest/types.ts'
import { observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

const NO_R4 = { severity: 'error', code: 'value', expression: 'Observation.status', rule: 'type', base: true } as const

let one: Rig
beforeAll(async () => {
  const options = {
    mapping: (id: string) =>
      id === 'test/table' ? { ...recordsMapping, id, kind: 'rhip' as const, mode: 'table' as const } : recordsMapping,
    validate: async (resource: FhirResource) => {
      const { note } = resource as { note?: unknown }
      if (note === 'bug') throw new TypeError('a bug of ours')
      return note === 'no R4' ? [NO_R4] : []
    },
  }
  one = await rig([sourceOf('rp', 'rhip', 'HA', 'test/table'), sourceOf('other', 'hospital', 'H1', 'test/table')], options)
})
afterAll(() => one.close())
beforeEach(() => one.wipe())

const STATED = { state: 'current', statedAt: '2026-03-06T08:00:00Z' } as const

const result = (report: string, no: number, note = 'sound') => ({
  deliveryId: `row-${report}-${no}`,
  at: `row ${no}`,
  patient: { local: [{ kind: 'REPORT', value: report, strong: false }] },
  resources: [observation('H1', `${report}-${no}`, { valueString: 'x', note }, STATED)],
})
const reported = (report: string) => ({
  deliveryId: `report-${report}`,
  at: 'report',
  patient: {
    local: [
      { kind: 'CARD', value: `C${report}`, strong: true },
      { kind: 'REPORT', value: report, strong: false },
    ],
  },
  resources: [{ key: 'patient', resource: { resourceType: 'Patient' }, ...STATED }],
})

/** Status, counts, and issues of the receipt as it stands, by place. */
async function receiptOf({ _id }: Pick<PayloadDoc, '_id'>) {
  const payload = (await one.ingest.tables.payloads.get(_id)) as PayloadDoc
  const issues = (JSON.parse(payload.issues) as { code: string; at: string; severity: string }[]).filter((i) => i.severity === 'error')
  const { records, stored, waiting, quarantined } = await receiptCounts(one.ingest.tables, payload)
  return { status: payload.status, counts: [records, stored, waiting, quarantined], errors: issues.map(({ at, code }) => `${at} ${code}`) }
}
const waiting = () => one.ingest.tables.waiting.count({})

test('it goes into quarantine with its reason on the receipt; what waited with it is stored', async () => {
  const { payload } = await one.send('rp', [result('A', 1), result('A', 2, 'no R4'), result('A', 3)])
  expect(await receiptOf(payload)).toEqual({ status: 'stored', counts: [3, 0, 3, 0], errors: [] })
  await one.send('rp', [reported('A')])
  expect(await receiptOf(payload)).toEqual({
    status: 'stored-with-issues',
    counts: [3, 2, 0, 1],
    errors: ['row 2 resource-invalid', 'row 2: Observation.status rule'],
  })
  expect(await waiting()).toBe(0)
  const [part] = await one.ingest.tables.quarantine.find({})
  expect(part).toMatchObject({ source: 'rp', payload: payload._id, recordType: 'test', at: 'row 2', state: 'open' })
  // Played again it is judged anew, and stays there alone.
  await one.ingest.replay(payload._id)
  expect(await receiptOf(payload)).toMatchObject({ status: 'stored-with-issues', counts: [3, 2, 0, 1] })
})

test('before its report in one file: the receipt of the file says it', async () => {
  const { payload } = await one.send('rp', [
    result('B', 1, 'no R4'),
    ...Array.from({ length: 220 }, (_, at) => result('B', at + 2)),
    reported('B'),
  ])
  expect(await receiptOf(payload)).toEqual({
    status: 'stored-with-issues',
    counts: [222, 221, 0, 1],
    errors: ['row 1 resource-invalid', 'row 1: Observation.status rule'],
  })
  expect(await waiting()).toBe(0)
})

test('more of them than are woken together hold up neither who made the patient known nor what else waited', async () => {
  const count = INGEST_BOUNDS.wakeBatch + 20
  const broken = Array.from({ length: count }, (_, at) => result('C', at, 'no R4'))
  const { payload } = await one.send('rp', broken)
  const sound = await one.send('rp', [result('C', count)])
  await one.send('rp', [reported('C')])
  expect(await receiptOf(payload)).toMatchObject({ status: 'quarantined', counts: [count, 0, 0, count] })
  expect(await receiptOf(sound.payload)).toMatchObject({ status: 'stored', counts: [1, 1, 0, 0] })
  expect(await waiting()).toBe(0)
}, 60_000)

test('one that fails for a reason of ours does not make fail who made the patient known', async () => {
  const { payload } = await one.send('rp', [result('D', 1, 'bug'), result('D', 2)])
  const report = await one.send('rp', [reported('D')])
  expect(await receiptOf(report.payload)).toMatchObject({ status: 'stored', counts: [1, 1, 0, 0], errors: [] })
  expect(await receiptOf(payload)).toEqual({ status: 'stored-with-issues', counts: [2, 1, 0, 1], errors: ['row 1 record-failed'] })
  expect(await waiting()).toBe(0)
})

test('a row that fails for a reason of ours leaves those beside it, of its file and of another one, to be stored', async () => {
  const rows = (source: string, bug: number) =>
    Array.from({ length: 30 }, (_, at) => ({
      ...result(`${source}-${at}`, at, at === bug ? 'bug' : 'sound'),
      patient: { local: [{ kind: 'CARD', value: `P${at}`, strong: true }] },
    }))
  const sent = await Promise.all([one.send('rp', rows('rp', 7)), one.send('other', rows('other', -1))])
  expect(await Promise.all(sent.map(({ payload }) => receiptOf(payload)))).toEqual([
    { status: 'stored-with-issues', counts: [30, 29, 0, 1], errors: ['message 8 record-failed'] },
    { status: 'stored', counts: [30, 30, 0, 0], errors: [] },
  ])
}, 10_000)
