/** Rows that all belong to one thing (a report number that stands in every row): it does not grow without end, and nothing is lost. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { INGEST_BOUNDS } from '../../server/ingest/bounds.ts'
import { recordsMapping, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  const batch = { ...recordsMapping, id: 'test/batch', mode: 'table' as const }
  one = await rig([sourceOf('batch', 'rhip', 'HA', 'test/batch')], { mapping: () => batch })
})
afterAll(() => one.close())

const row = (deliveryId: string, report: string, results: readonly string[]) => ({
  deliveryId,
  resources: [
    {
      key: { type: 'DiagnosticReport', scope: 'HA', parts: [report] },
      resource: {
        resourceType: 'DiagnosticReport',
        status: 'final',
        code: { text: '检验报告' },
        result: results.map((no) => ({ reference: `Observation/${no}` })),
      },
      state: 'current',
      statedAt: '2026-03-06T08:00:00Z',
    },
  ],
})

test('a list takes as many members as are allowed; the record that brings one more is quarantined, others are stored', async () => {
  const full = Array.from({ length: INGEST_BOUNDS.listMembersMax - 1 }, (_, at) => `r${at}`)
  expect((await one.send('batch', [row('1', 'A', full)])).counts).toMatchObject({ stored: 1 })
  const { payload, counts } = await one.send('batch', [row('2', 'A', ['last']), row('3', 'A', ['beyond']), row('4', 'B', ['x'])])
  expect(counts).toMatchObject({ records: 3, stored: 2, quarantined: 1 })
  expect(payload.problems).toEqual(['list-too-long'])
  expect(await one.ingest.tables.quarantine.find({})).toMatchObject([{ payload: payload._id, state: 'open' }])
  const reports = (await one.all('DiagnosticReport')) as unknown as { result: unknown[] }[]
  expect(reports.map(({ result }) => result.length).sort((a, b) => a - b)).toEqual([1, INGEST_BOUNDS.listMembersMax])
})

test('a record that has more by itself is quarantined before any part of it is stored', async () => {
  const before = (await one.all('DiagnosticReport')).length
  const many = Array.from({ length: INGEST_BOUNDS.listMembersMax + 1 }, (_, at) => `m${at}`)
  const long = row('5', 'C', many)
  const others = Array.from({ length: INGEST_BOUNDS.transactionResourcesMax }, (_, at) => row('', `D${at}`, ['x']).resources).flat()
  const { counts, payload } = await one.send('batch', [{ ...long, resources: [...others, ...long.resources] }])
  expect(counts).toMatchObject({ records: 1, quarantined: 1, resources: 0 })
  expect(payload.problems).toEqual(['list-too-long'])
  expect(await one.all('DiagnosticReport')).toHaveLength(before)
})
