import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Acc, AccClause, AccFilter, OverlayEntry } from '../../server/access/decision.ts'
import { decision, index, opened, put, SYSTEM } from './fixture.ts'

const context = opened()

/** Every mixture of persons, class, stamp and custodian that a clause can tell apart. */
const ACCS: Acc[] = []
for (const p of [[], ['p1'], ['p2'], ['p1', 'p2']]) {
  for (const s of [0, 1, 2]) {
    for (const epoch of [1, 2]) for (const o of ['', 'H1', 'H2']) ACCS.push({ p, s, e: p.map((person) => `${person}#${epoch}`), o })
  }
}

beforeAll(async () => {
  await context.store.commit({ writes: ACCS.map((acc, i) => put(`d${i}`, 'x', { acc, index: index({ keys: ['k'] }) })) })
})

async function visible(filter: AccFilter): Promise<Set<string>> {
  const page = await context.store.search(decision(filter), {
    type: 'Basic',
    plan: { kind: 'keys', keys: ['k'] },
    sort: [],
    count: 1000,
    total: 'accurate',
  })
  expect(page.total).toBe(page.rows.length)
  return new Set(page.rows.map(({ id }) => id))
}

/** The rule in words, on one document. */
function permitted(acc: Acc, anyOf: readonly AccClause[], overlay: readonly OverlayEntry[]): boolean {
  const stale = overlay.some(({ person, epoch }) => acc.p.includes(person) && !acc.e.includes(`${person}#${epoch}`))
  return (
    !stale &&
    anyOf.some((clause) => {
      if (acc.s === 0 || !clause.classes.includes(acc.s)) return false
      if (clause.custodian && 'is' in clause.custodian && acc.o !== clause.custodian.is) return false
      if (clause.custodian && 'isNot' in clause.custodian && acc.o === clause.custodian.isNot) return false
      return !clause.persons || acc.p.every((person) => clause.persons?.includes(person))
    })
  )
}

function expected(anyOf: readonly AccClause[], overlay: readonly OverlayEntry[]): Set<string> {
  return new Set(ACCS.flatMap((acc, i) => (permitted(acc, anyOf, overlay) ? [`d${i}`] : [])))
}

describe('the filter of a decision', () => {
  test('the server sees all, no clause sees nothing, class 0 is never seen', async () => {
    expect((await visible({ all: true })).size).toBe(ACCS.length)
    expect((await visible({ all: false, anyOf: [], overlay: [] })).size).toBe(0)
    expect((await visible({ all: false, anyOf: [{ classes: [0] }], overlay: [] })).size).toBe(0)
    expect((await visible({ all: false, anyOf: [{ classes: [] }], overlay: [] })).size).toBe(0)
    // 4 person lists x 2 stamps x 3 custodians
    expect((await visible({ all: false, anyOf: [{ classes: [0, 1] }], overlay: [] })).size).toBe(24)
  })

  test('each part of a clause narrows, as counted by hand', async () => {
    const size = async (clause: Partial<AccClause>, overlay: OverlayEntry[] = []) =>
      (await visible({ all: false, anyOf: [{ classes: [1], ...clause }], overlay })).size
    expect(await size({ custodian: { is: 'H1' } })).toBe(8)
    expect(await size({ custodian: { isNot: 'H1' } })).toBe(16)
    expect(await size({ persons: ['p1'] })).toBe(12)
    expect(await size({ persons: [] })).toBe(6)
    expect(await size({ persons: ['p1', 'p2'] })).toBe(24)
    // Half of the 12 with p1 bear another stamp.
    expect(await size({}, [{ person: 'p1', epoch: 2 }])).toBe(18)
    expect(await size({}, [{ person: 'p1', epoch: 9 }])).toBe(12)
    expect(await size({}, [{ person: 'nobody', epoch: 1 }])).toBe(24)
  })

  test('any clauses and overlay: the same as the rule in words', async () => {
    const person = fc.constantFrom('p1', 'p2', 'p3')
    const clause = fc.record(
      {
        classes: fc.subarray([0, 1, 2, 3]),
        custodian: fc.oneof(
          fc.constantFrom('', 'H1', 'H2').map((is) => ({ is })),
          fc.constantFrom('', 'H1', 'H2').map((isNot) => ({ isNot })),
        ),
        persons: fc.uniqueArray(person),
      },
      { requiredKeys: ['classes'] },
    ) as fc.Arbitrary<AccClause>
    const overlay = fc.array(fc.record({ person, epoch: fc.integer({ min: 1, max: 3 }) }), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(clause, { maxLength: 4 }), overlay, async (anyOf, entries) => {
        expect(await visible({ all: false, anyOf, overlay: entries })).toEqual(expected(anyOf, entries))
      }),
      { numRuns: 60 },
    )
  })

  test('the filter holds in counts and streams too', async () => {
    const d = decision({ all: false, anyOf: [{ classes: [2], custodian: { is: 'H2' } }], overlay: [{ person: 'p2', epoch: 1 }] })
    const ids = expected([{ classes: [2], custodian: { is: 'H2' } }], [{ person: 'p2', epoch: 1 }])
    expect(await context.store.count(d, 'Basic', { kind: 'everything' })).toBe(ids.size)
    const streamed: string[] = []
    for await (const batch of context.store.stream(d, 'Basic', { kind: 'everything' })) streamed.push(...batch.map(({ id }) => id))
    expect(new Set(streamed)).toEqual(ids)
  })
})

describe('the second gate', () => {
  const d = decision({ all: true }, (acc) => acc.o === 'H1')

  test('what it does not permit is not given, however it was found', async () => {
    const h1 = ACCS.findIndex(({ o }) => o === 'H1')
    const h2 = ACCS.findIndex(({ o }) => o === 'H2')
    expect(await context.store.read(d, 'Basic', `d${h1}`)).toBeDefined()
    expect(await context.store.read(d, 'Basic', `d${h2}`)).toBeUndefined()
    expect(await context.store.readVersion(d, 'Basic', `d${h2}`, 1)).toBeUndefined()
    expect(await context.store.history(d, 'Basic', `d${h2}`, { count: 5 })).toEqual([])
    expect((await context.store.readMany(d, 'Basic', [`d${h1}`, `d${h2}`])).map(({ id }) => id)).toEqual([`d${h1}`])
    const page = await context.store.search(d, { type: 'Basic', plan: { kind: 'everything' }, sort: [], count: 1000, total: 'none' })
    expect(page.rows).toHaveLength(24)
    expect(page.rows.every(({ acc }) => acc.o === 'H1')).toBe(true)
  })

  test('an old version about somebody else stays hidden behind a permitted current one', async () => {
    const acc = (o: string): Acc => ({ p: [], s: 1, e: [], o })
    await context.store.commit({ writes: [put('moved', 'old', { acc: acc('H2') })] })
    await context.store.commit({ writes: [put('moved', 'new', { acc: acc('H1') })] })
    expect((await context.store.history(d, 'Basic', 'moved', { count: 5 })).map(({ v }) => v)).toEqual([2])
    expect(await context.store.readVersion(d, 'Basic', 'moved', 1)).toBeUndefined()
    expect(await context.store.readVersion(SYSTEM, 'Basic', 'moved', 1)).toBeDefined()
  })
})
