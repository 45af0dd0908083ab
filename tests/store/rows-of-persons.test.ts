/** All of persons in one command: the same that the reads of each type find, or nothing where it does not fit into one answer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Acc } from '../../server/access/decision.ts'
import type { PersonRows, PersonScope, Stored } from '../../server/store/types.ts'
import { type Command, watchCommands } from '../support/commands.ts'
import { chainEntry, decision, opened, put, SYSTEM } from './fixture.ts'

const watch = watchCommands()
const context = opened()
afterAll(watch.stop)

const of = (...p: string[]): Acc => ({ p, s: 3, e: p.map((person) => `${person}#1`), o: 'H1' })
const list = { type: 'List' }

beforeAll(async () => {
  const { store } = context
  const account = { ...chainEntry(), acc: of('p1') }
  await store.commit({ writes: [put('a', 'a one', { acc: of('p1') }), put('b', 'b one', { acc: of('p1') })], audit: [account] })
  await store.commit({ writes: [put('a', 'a two', { acc: of('p1') }), put('c', 'c one', { ...list, acc: of('p1', 'p2') })] })
  await store.commit({ writes: [{ ...put('b', '', { acc: of('p1') }), method: 'DELETE' }, put('d', 'd one', { ...list, acc: of('p2') })] })
  await store.commit({ writes: [put('c', 'c two', { ...list, acc: of('p3') })] })
})

const told = (rows: readonly Stored[]): string[] =>
  rows.map(({ type, id, v, deleted, body }) => `${type}/${id} ${v} ${deleted ? 'deleted' : Buffer.from(body).toString()}`).sort()
const both = (rows: PersonRows | undefined) => rows && { current: told(rows.current), superseded: told(rows.superseded) }
const found = async (scope: PersonScope, passed?: PersonRows) => both(await context.store.rowsOfPersons(SYSTEM, scope, passed))

async function byType(scope: PersonScope): Promise<PersonRows> {
  const { store } = context
  const types = await store.typesOfPersons(SYSTEM, scope)
  const rows: PersonRows = { current: [], superseded: [] }
  for (const type of types.current) for await (const batch of store.ofPersons(SYSTEM, type, scope)) rows.current.push(...batch)
  for (const type of types.superseded) for await (const batch of store.historyOfPersons(SYSTEM, type, scope)) rows.superseded.push(...batch)
  return rows
}

/** The store's own upkeep goes on beside them. */
const readsIn = (commands: readonly Command[]) => commands.map(({ name }) => name).filter((name) => name !== 'update')

/** Types come in any order, and what is of one in that of the store. */
const inTypes = (rows: readonly Stored[] = []) => rows.toSorted((a, b) => a.type.localeCompare(b.type))

const OF_P1 = { current: ['Basic/a 2 a two', 'Basic/b 2 deleted'], superseded: ['Basic/a 1 a one', 'Basic/b 1 b one', 'List/c 1 c one'] }

describe('all of persons', () => {
  test('current, deleted and superseded, of all types but the account of uses, in one command', async () => {
    let rows: unknown
    const commands = await watch.during(async () => {
      rows = await found({ persons: ['p1'] })
    })
    expect(rows).toEqual(OF_P1)
    expect(readsIn(commands)).toEqual(['listCollections', 'aggregate'])
  })

  test('is what the reads of each type find, to the last field', async () => {
    for (const scope of [
      { persons: ['p1'] },
      { persons: ['p1', 'p2', 'p3'] },
      { persons: ['p2'], unless: ['p2#1'] },
      { persons: ['nobody'] },
    ]) {
      const rows = await context.store.rowsOfPersons(SYSTEM, scope)
      const expected = await byType(scope)
      expect([inTypes(rows?.current), inTypes(rows?.superseded)]).toEqual([inTypes(expected.current), inTypes(expected.superseded)])
    }
  })

  test('without what stands under a stamp, unless others are in it', async () => {
    expect(await found({ persons: ['p1'], unless: ['p1#1'] })).toEqual({ current: [], superseded: ['List/c 1 c one'] })
  })

  test('only what the decision permits', async () => {
    const { store } = context
    const hidden = decision({ all: false, anyOf: [{ classes: [4] }], overlay: [] })
    expect(both(await store.rowsOfPersons(hidden, { persons: ['p1'] }))).toEqual({ current: [], superseded: [] })
    const gate = decision({ all: true }, ({ p }) => p.length > 1)
    expect(both(await store.rowsOfPersons(gate, { persons: ['p1'] }))).toEqual({ current: [], superseded: ['List/c 1 c one'] })
  })
})

describe('what was read before', () => {
  test('is left out while it stands at that version, and read where it does not', async () => {
    const { store } = context
    const before = await store.rowsOfPersons(SYSTEM, { persons: ['p1', 'p2'] })
    expect(await found({ persons: ['p1', 'p2'] }, before)).toEqual({ current: [], superseded: [] })
    // Each of one version of its type leaves out no other, nor the same one as it stood elsewhere.
    const [a] = before?.current.filter(({ id }) => id === 'a') ?? []
    const rest = { ...OF_P1, current: ['Basic/b 2 deleted'] }
    expect(await found({ persons: ['p1'] }, { current: a ? [a] : [], superseded: [] })).toEqual(rest)
    expect(await found({ persons: ['p1'] }, { current: [], superseded: before?.current ?? [] })).toEqual(OF_P1)
    expect(await found({ persons: ['p1'] }, { current: before?.superseded ?? [], superseded: [] })).toEqual(OF_P1)
    expect(
      await found({ persons: ['p1'] }, { current: before?.current.map((row) => ({ ...row, type: 'List' })) ?? [], superseded: [] }),
    ).toEqual(OF_P1)
    await store.commit({ writes: [put('d', 'd two', { ...list, acc: of('p2') })] })
    expect(await found({ persons: ['p1', 'p2'] }, before)).toEqual({ current: ['List/d 2 d two'], superseded: ['List/d 1 d one'] })
  })
})

describe('more than one answer holds', () => {
  const insert = (ids: readonly string[], body: Buffer, person: string) =>
    context.raw
      .db(context.database.database)
      .collection<{ _id: string }>('Basic')
      .insertMany(ids.map((_id) => ({ _id, v: 1, at: new Date(0), body, acc: of(person), m: 'PUT' })))
  const ids = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`)

  test('by number: a thousand are told, one more is not', async () => {
    await insert(ids(1000, 'many'), Buffer.from('x'), 'many')
    expect((await context.store.rowsOfPersons(SYSTEM, { persons: ['many'] }))?.current.length).toBe(1000)
    await insert(['more'], Buffer.from('x'), 'many')
    expect(await context.store.rowsOfPersons(SYSTEM, { persons: ['many'] })).toBeUndefined()
  })

  test('by size, and nothing is left open in the database', async () => {
    await insert(ids(6, 'large'), Buffer.alloc(3_000_000), 'large')
    const commands = await watch.during(async () => {
      expect(await context.store.rowsOfPersons(SYSTEM, { persons: ['large'] })).toBeUndefined()
    })
    expect(readsIn(commands)).toEqual(['listCollections', 'aggregate', 'killCursors'])
    expect((await byType({ persons: ['large'] })).current.length).toBe(6)
  })
})
