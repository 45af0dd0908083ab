/** Rows that each add one result to a report have one Provenance, as a message has that says all of it; nobody sees more or less by that. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { MappedResource } from '../../mappings/engine/types.ts'
import { decision, observation, recordsMapping, rig, type Rig, sourceOf } from './support.ts'

interface Provenance {
  id: string
  meta: { versionId: string }
  target: { reference: string }[]
  activity: { coding: { code: string }[] }
  entity: { what: { identifier: { value: string }; display: string } }[]
}

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('lis', 'rhip', 'HA', 'test/table'), sourceOf('his', 'hospital', 'H1')], {
    mapping: (id) => (id === 'test/table' ? { ...recordsMapping, id, kind: 'rhip', mode: 'table' } : recordsMapping),
  })
})
afterAll(() => one.close())
beforeEach(() => one.wipe())

const HIV = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' }] }

/** A report as a row of results names it. */
const mention = (no: string, ...results: string[]): object => ({
  key: { type: 'DiagnosticReport', scope: 'H1', parts: [no] },
  resource: {
    resourceType: 'DiagnosticReport',
    status: 'final',
    code: { text: 'blood' },
    subject: { $patient: true },
    result: results.map((result) => ({ $key: { type: 'Observation', scope: 'H1', parts: [result] } })),
  },
  state: 'current',
  statedAt: '1970-01-01T00:00:00.000Z',
  placeholder: true,
})

/** A row of one result of a report. */
const row = (report: string, no: string, patient: string, resource: Record<string, unknown> = {}, more: Partial<MappedResource> = {}) => ({
  deliveryId: no,
  patient: { local: [{ kind: 'PI', value: patient, strong: true }] },
  resources: [observation('H1', no, { valueString: no, ...resource }, more), mention(report, no)],
})

/** Of each Provenance the results that it names, by their texts, and how many reports. */
async function told(): Promise<{ results: string[]; reports: number; provenance: Provenance }[]> {
  const names = new Map(
    (await one.all('Observation')).map(({ id, code }) => [`Observation/${id}`, (code as { text?: string }).text ?? 'void']),
  )
  const all = (await one.all('Provenance')) as unknown as Provenance[]
  return all
    .map((provenance) => ({
      results: provenance.target.flatMap(({ reference }) => names.get(reference) ?? []).sort(),
      reports: provenance.target.filter(({ reference }) => reference.startsWith('DiagnosticReport/')).length,
      provenance,
    }))
    .sort((a, b) => a.results.join().localeCompare(b.results.join()))
}

const classOf = async ({ id }: Provenance): Promise<unknown> => (await one.store.read(decision, 'Provenance', id))?.acc.s

describe('rows of results', () => {
  test('those of one report have one Provenance of the payload, those of another one their own', async () => {
    const { payload, counts } = await one.send('lis', [
      row('A', 'a1', 'p1'),
      row('B', 'b1', 'p2'),
      row('A', 'a2', 'p1'),
      row('B', 'b2', 'p2'),
    ])
    expect(counts).toMatchObject({ records: 4, stored: 4 })
    const found = await told()
    expect(found.map(({ results, reports }) => ({ results, reports }))).toEqual([
      { results: ['a1', 'a2'], reports: 1 },
      { results: ['b1', 'b2'], reports: 1 },
    ])
    for (const { provenance } of found) {
      expect(provenance.entity[0]?.what).toEqual({
        identifier: { system: 'https://fhir-cn.example/sid/payload-sha256', value: payload.hash },
        display: 'lis test',
      })
      expect(provenance.activity.coding[0]?.code).toBe('map')
      expect(provenance.meta.versionId).toBe('1')
    }
  })

  test('the same file again, or with more rows, leaves what was told as it is', async () => {
    const rows = [row('A', 'a1', 'p1'), row('A', 'a2', 'p1')]
    await one.send('lis', rows)
    const before = await told()
    await one.send('lis', [...rows, row('A', 'a3', 'p1'), row('A', 'a4', 'p1')])
    const after = await told()
    expect(after.map(({ results }) => results)).toEqual([
      ['a1', 'a2'],
      ['a3', 'a4'],
    ])
    expect(after[0]).toEqual(before[0])
  })

  test('what came before and says something else now is told by itself; so is what is taken back', async () => {
    await one.send('lis', [row('A', 'a1', 'p1'), row('A', 'a2', 'p1'), row('A', 'a3', 'p1')])
    const changed = { valueString: 'corrected' }
    const late = { statedAt: '2026-03-06T09:00:00Z' } as const
    await one.send('lis', [
      row('A', 'a1', 'p1', changed, late),
      row('A', 'a2', 'p1', changed, late),
      row('A', 'a3', 'p1', {}, { ...late, state: 'withdrawn' }),
    ])
    const found = await told()
    expect(found.map(({ results }) => results)).toEqual([['a1'], ['a1', 'a2', 'a3'], ['a2'], ['a3']])
  })

  test('rows of two patients under one number of a report are told apart', async () => {
    await one.send('lis', [row('A', 'a1', 'p1'), row('A', 'a2', 'p1'), row('A', 'a3', 'p2'), row('A', 'a4', 'p2')])
    const persons = await Promise.all(
      (await told()).map(async ({ results, provenance: { id } }) => ({
        results,
        p: (await one.store.read(decision, 'Provenance', id))?.acc.p,
      })),
    )
    expect(persons.flatMap(({ results }) => results).sort()).toEqual(['a1', 'a2', 'a3', 'a4'])
    for (const { results } of persons) expect([['a1', 'a2'], ['a3', 'a4'], ['a1'], ['a2'], ['a3'], ['a4']]).toContainEqual(results)
  })

  test('a sensitive result makes the Provenance of its report sensitive, which it would be by its report, and no other one', async () => {
    await one.send('lis', [row('A', 'a1', 'p1'), row('B', 'b1', 'p1'), row('A', 'a2', 'p1', { meta: HIV }), row('B', 'b2', 'p1')])
    await one.send('his', [row('C', 'c1', 'p1'), row('D', 'd1', 'p1', { meta: HIV })])
    const found = await told()
    expect(found.map(({ results }) => results)).toEqual([['a1', 'a2'], ['b1', 'b2'], ['c1'], ['d1']])
    const [ofA, ofB, ofC, ofD] = await Promise.all(found.map(({ provenance }) => classOf(provenance)))
    expect(ofA).not.toBe(ofB)
    // As of messages that say one thing each.
    expect([ofA, ofB]).toEqual([ofD, ofC])
  })

  test('rows without a whole that lists them have their own each, and so has each message', async () => {
    const bare = (no: string) => ({ ...row('A', no, 'p1'), resources: [observation('H1', no, { valueString: no })] })
    await one.send('lis', [bare('a1'), bare('a2')])
    await Promise.all([one.send('his', [row('B', 'b1', 'p1')]), one.send('his', [row('B', 'b2', 'p1')])])
    expect((await told()).map(({ results }) => results)).toEqual([['a1'], ['a2'], ['b1'], ['b2']])
  })
})
