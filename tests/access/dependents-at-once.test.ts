/** What follows a label that changed, where all of a person is read in one answer of the database: as by reads of each type, and whatever is written meanwhile. */
import { describe, expect, test } from '@jest/globals'
import type { Access } from '../../server/access/types.ts'
import { NATIONAL } from '../../server/fhir/canonical.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import type { Store, Stored } from '../../server/store/types.ts'
import { createWriter } from '../../server/writer/writer.ts'
import { condition, encounter, hospital, patient, SYSTEM, sees, site } from './fixture.ts'

const at = site()

const list = (id: string, subject: string, ...items: string[]): object => ({
  resourceType: 'List',
  id,
  status: 'current',
  mode: 'working',
  subject: { reference: `Patient/${subject}` },
  ...(items.length > 0 ? { entry: items.map((reference) => ({ item: { reference } })) } : {}),
})
const observation = (id: string, subject: string, visit: string, extra: object = {}): object => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: `Patient/${subject}` },
  encounter: { reference: `Encounter/${visit}` },
  ...extra,
})

/** A further process whose calls to the database are looked at. */
async function process(calls: Partial<Store>): Promise<{ put(resource: object): Promise<void> }> {
  const access = await at.another({ store: { ...at.store, ...calls } })
  const writer = createWriter({ store: at.store, search: at.search, access })
  return {
    async put(resource) {
      const { resourceType: type, id } = resource as { resourceType: string; id: string }
      const parsed = parseResource(JSON.stringify(resource))
      const result = await writer.write([{ type, id, method: 'PUT', expect: 'any', parsed, custodian: 'H1' }])
      expect(result.ok).toBe(true)
    },
  }
}

const namesOf = (rows: readonly Stored[] | undefined) => rows?.map(({ type, id, v }) => `${type}/${id} ${v}`).sort()
const seenAt = (access: Access, id: string) => sees(access, at.store, hospital('H2'), 'List', id)

/** With a condition, a list of it, a list of that list, and older versions of both. */
async function admit(id: string): Promise<void> {
  await at.put('H1', [patient(id), condition(`${id}-c`, id), encounter(`${id}-e1`, id)])
  await at.put('H2', [encounter(`${id}-e2`, id)])
  await at.put('H1', [list(`${id}-list`, id, `Condition/${id}-c`)])
  await at.put('H1', [list(`${id}-list`, id, `Condition/${id}-c`, `Encounter/${id}-e1`)])
  await at.put('H1', [list(`${id}-a-whole`, id, `List/${id}-list`), observation(`${id}-o`, id, `${id}-e1`)])
}

describe('what follows a part that became sensitive', () => {
  test('is looked for in all that there is, and then in what names it or what followed it', async () => {
    await admit('m1')
    const looks: { current: string[] | undefined; superseded: string[] | undefined }[] = []
    const watched = await process({
      rowsOfPersons: async (...call) => {
        const rows = await at.store.rowsOfPersons(...call)
        looks.push({ current: namesOf(rows?.current), superseded: namesOf(rows?.superseded) })
        return rows
      },
      ofPersons: () => {
        throw new Error('read by type')
      },
    })
    await watched.put(condition('m1-c', 'm1', 'B20'))
    const [first, second, ...more] = looks
    expect(first).toEqual({
      current: [
        'Condition/m1-c 2',
        'Encounter/m1-e1 1',
        'Encounter/m1-e2 1',
        'List/m1-a-whole 1',
        'List/m1-list 2',
        'Observation/m1-o 1',
        'Patient/m1 1',
      ],
      superseded: ['Condition/m1-c 1', 'List/m1-list 1'],
    })
    // In the second look the outer list takes the label on, and nothing names that.
    expect(second).toEqual({ current: ['List/m1-a-whole 1', 'List/m1-list 2'], superseded: ['List/m1-list 1'] })
    expect(more).toEqual([second])
    expect([await seenAt(at.access, 'm1-list'), await seenAt(at.access, 'm1-a-whole')]).toEqual([false, false])
  })

  test('is labelled as by reads of each type', async () => {
    await admit('m2')
    await admit('m3')
    const byType = await process({ rowsOfPersons: async () => undefined })
    const atOnce = await process({})
    const labels = async (id: string) => {
      const { current, superseded } = (await at.store.rowsOfPersons(SYSTEM, { persons: [id] })) ?? { current: [], superseded: [] }
      return [...current, ...superseded].map((row) => [row.type, row.id.replace(id, 'm'), row.v, row.acc.s, row.acc.o]).sort()
    }
    const before = await labels('m2')
    expect(await labels('m3')).toEqual(before)
    const insured = { identifier: [{ system: NATIONAL.mdtrtId, value: '1' }] }
    for (const [one, id] of [
      [byType, 'm2'],
      [atOnce, 'm3'],
    ] as const) {
      await one.put(condition(`${id}-c`, id, 'B20'))
      await one.put(encounter(`${id}-e1`, id, insured))
    }
    const after = await labels('m2')
    expect(after.length).toBe(before.length + 2)
    // What was written; both lists, one also as it stood before; what belongs to the visit.
    const [then, now] = [new Set(before.map(String)), after.map(String)]
    const changed = now.filter((one) => !then.has(one)).map((one) => one.split(',').slice(0, 3).join(' '))
    expect(changed.sort()).toEqual([
      'Condition m-c 2',
      'Encounter m-e1 2',
      'List m-a-whole 1',
      'List m-list 1',
      'List m-list 2',
      'Observation m-o 1',
    ])
    expect(await labels('m3')).toEqual(after)
  })

  test('also what came to name it after all of the person was read, under labels of before', async () => {
    await admit('m4')
    await at.put('H1', [list('m4-late', 'm4')])
    const [late] = await at.access
      .prepare([{ type: 'List', id: 'm4-late', custodian: 'H1', resource: list('m4-late', 'm4') as never }])
      .then(({ stamps }) => stamps)
    const acc = late?.acc
    if (!acc) throw new Error('no stamp')
    let written = false
    const busy = await process({
      restamp: async (...call) => {
        if (!written) {
          written = true
          const body = () => Buffer.from(JSON.stringify(list('m4-late', 'm4', 'List/m4-list')))
          const index = { keys: [], dates: {}, nums: {} }
          await at.store.commit({ writes: [{ type: 'List', id: 'm4-late', expect: 'any', method: 'PUT', body, index, acc }] })
        }
        return at.store.restamp(...call)
      },
    })
    await busy.put(condition('m4-c', 'm4', 'B20'))
    expect(written).toBe(true)
    expect([await seenAt(at.access, 'm4-list'), await seenAt(at.access, 'm4-late')]).toEqual([false, false])
  })

  test('also what another relabelled meanwhile by what it knew', async () => {
    await admit('m5')
    const before = (await at.store.read(SYSTEM, 'List', 'm5-list'))?.acc
    if (!before) throw new Error('no list')
    let undone = false
    const busy = await process({
      restamp: async (...call) => {
        const count = await at.store.restamp(...call)
        const [, type, changes] = call
        if (!undone && type === 'List' && changes.some(({ id, superseded }) => id === 'm5-list' && !superseded)) {
          undone = true
          await at.store.restamp(SYSTEM, 'List', [{ id: 'm5-list', v: 2, acc: before }])
        }
        return count
      },
    })
    await busy.put(condition('m5-c', 'm5', 'B20'))
    expect(undone).toBe(true)
    expect(await seenAt(at.access, 'm5-list')).toBe(false)
  })

  test('without a look at what can give it nothing', async () => {
    await admit('m6')
    const provenance = {
      resourceType: 'Provenance',
      id: 'm6-from',
      recorded: '2024-05-01T00:00:00Z',
      target: [{ reference: 'Condition/m6-c' }],
      agent: [{ who: { reference: 'Organization/m6-org' } }],
    }
    await at.put('H1', [{ resourceType: 'Organization', id: 'm6-org', name: '某院' }, provenance])
    const seen = () => sees(at.access, at.store, hospital('H2'), 'Provenance', 'm6-from')
    expect(await seen()).toBe(true)
    const read = new Set<string>()
    const watched = await process({
      readMany: (d, type, ids) => {
        for (const id of ids) read.add(`${type}/${id}`)
        return at.store.readMany(d, type, ids)
      },
    })
    await watched.put(condition('m6-c', 'm6', 'B20'))
    expect(await seen()).toBe(false)
    expect((await at.store.read(SYSTEM, 'Provenance', 'm6-from'))?.acc.p).toEqual(['m6'])
    expect([read.has('Condition/m6-c'), read.has('Organization/m6-org')]).toEqual([true, false])
  })
})
