/** Versions of whole types in one order: what is found, where a page goes on, and what the labels of then and now hide. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Acc, Decision } from '../../server/access/decision.ts'
import type { ChangesQuery, Stored } from '../../server/store/types.ts'
import { decision, NOBODY, opened, put, SYSTEM } from './fixture.ts'

const START = Date.UTC(2026, 0, 1)
const minute = (n: number): Date => new Date(START + n * 60_000)
let clock = 0
const context = opened({ now: () => minute(clock) })
const HIDDEN: Acc = { ...NOBODY, s: 2 }

/** Sees class 1 alone; the second gate is the same question. */
const viewer: Decision = decision({ all: false, anyOf: [{ classes: [1] }], overlay: [] }, ({ s }) => s === 1)
/** The filter lets everything through: what the second gate alone holds back. */
const gated: Decision = decision({ all: true }, ({ s }) => s === 1)

/** At each minute one write: type, id, class. */
const WRITES: [type: string, id: string, acc: Acc, method?: 'DELETE'][] = [
  ['Basic', 'a', NOBODY], // 0: a1
  ['Flag', 'f', NOBODY], // 1: f1
  ['Basic', 'a', NOBODY], // 2: a2
  ['Basic', 'h', HIDDEN], // 3: h1
  ['Basic', 'a', HIDDEN], // 4: a3, about somebody else
  ['Basic', 'a', NOBODY], // 5: a4
  ['Basic', 'late', NOBODY], // 6
  ['Basic', 'late', HIDDEN], // 7: what is hidden now was visible before
  ['Flag', 'f', NOBODY, 'DELETE'], // 8: f2
]

beforeAll(async () => {
  for (const [at, [type, id, acc, method]] of WRITES.entries()) {
    clock = at
    const { body: _, index: __, ...removal } = put(id, '', { type, acc, method: 'DELETE' })
    await context.store.commit({ writes: [method ? removal : put(id, `${id}-${at}`, { type, acc })] })
  }
  // Three at one time: type and id tell them apart.
  clock = 9
  await context.store.commit({
    writes: [put('z', 'z'), put('y', 'y'), put('x', 'x', { type: 'Flag' })],
  })
})

const TYPES = ['Basic', 'Flag']
const ask = (d: Decision, query: Partial<ChangesQuery> = {}) => context.store.changes(d, { types: TYPES, count: 50, ...query })
const names = (rows: readonly Stored[]): string[] => rows.map(({ type, id, v, deleted }) => `${type[0]}${id}${v}${deleted ? '-' : ''}`)

const ALL = ['By1', 'Bz1', 'Fx1', 'Ff2-', 'Blate2', 'Blate1', 'Ba4', 'Ba3', 'Bh1', 'Ba2', 'Ff1', 'Ba1']
const VISIBLE = ['By1', 'Bz1', 'Fx1', 'Ff2-', 'Ba4', 'Ba2', 'Ff1', 'Ba1']

test('everything, newest first; of one time by type and id', async () => {
  expect(names((await ask(SYSTEM)).rows)).toEqual(ALL)
  expect(names((await ask(SYSTEM, { types: ['Flag'] })).rows)).toEqual(['Fx1', 'Ff2-', 'Ff1'])
  expect((await ask(SYSTEM, { types: [] })).rows).toEqual([])
  expect((await ask(SYSTEM, { types: ['Account'] })).rows).toEqual([])
})

test('bodies are those of their versions', async () => {
  const { rows } = await ask(SYSTEM)
  const bodies = rows.map(({ body }) => Buffer.from(body).toString())
  expect(bodies).toEqual(['y', 'z', 'x', '', 'late-7', 'late-6', 'a-5', 'a-4', 'h-3', 'a-2', 'f-1', 'a-0'])
})

test('a version is there when its labels and those of the current one permit it', async () => {
  expect(names((await ask(viewer)).rows)).toEqual(VISIBLE)
  expect(names((await ask(gated)).rows)).toEqual(VISIBLE)
})

describe.each([1, 2, 3, 5, 7, 8])('pages of %d', (count) => {
  test('have each version once, in the order of the whole', async () => {
    for (const [d, whole] of [
      [SYSTEM, ALL],
      [viewer, VISIBLE],
    ] as const) {
      const pages: string[][] = []
      let page = await ask(d, { count })
      pages.push(names(page.rows))
      while (page.next) {
        // That there is a next page tells of its first version.
        const told = page.beyond
        page = await ask(d, { count, after: page.next })
        expect(names(told ? [told] : [])).toEqual(names(page.rows.slice(0, 1)))
        pages.push(names(page.rows))
      }
      expect(pages.flat()).toEqual(whole)
      expect(pages.slice(0, -1).every((one) => one.length === count)).toBe(true)
    }
  })
})

test('a page goes on where it was although what is behind it is replaced meanwhile, and new versions come', async () => {
  const first = await ask(SYSTEM, { types: ['Account', 'Basic'], count: 2 })
  expect(names(first.rows)).toEqual(['By1', 'Bz1'])
  clock = 10
  await context.store.commit({ writes: [put('y', 'y2'), put('w', 'w'), put('first', 'x', { type: 'Account' })] })
  const rest = await ask(SYSTEM, { types: ['Account', 'Basic'], ...(first.next ? { after: first.next } : {}) })
  expect(names(rest.rows)).toEqual(ALL.filter((name) => name.startsWith('B')).slice(2))
})

describe('times', () => {
  test('since: at or after', async () => {
    expect(names((await ask(viewer, { since: minute(5), types: ['Basic', 'Flag'] })).rows).slice(-2)).toEqual(['Ff2-', 'Ba4'])
    expect((await ask(viewer, { since: minute(60) })).rows).toEqual([])
  })

  const during = (from: number, until: number) => ({ during: { from: minute(from), until: minute(until) } })

  test.each<[string, number, number, string[], string[]]>([
    ['before anything', -5, 0, [], []],
    ['the moment of the first', 0, 0.01, ['Ba1'], ['Ba1']],
    ['within two versions', 2, 2.5, ['Ba2', 'Ff1'], ['Ba2', 'Ff1']],
    ['from the middle of one to the middle of the next', 1.5, 2.5, ['Ba2', 'Ff1', 'Ba1'], ['Ba2', 'Ff1', 'Ba1']],
    ['while a hidden one was current', 4.2, 4.8, ['Ba3', 'Bh1', 'Ff1'], ['Ba2', 'Ff1']],
    ['after the deletion', 8.2, 8.4, ['Ff2-', 'Blate2', 'Ba4', 'Bh1'], ['Ff2-', 'Ba4']],
  ])('during: %s', async (_name, from, until, all, visible) => {
    expect(names((await ask(SYSTEM, during(from, until))).rows)).toEqual(all)
    expect(names((await ask(viewer, during(from, until))).rows)).toEqual(visible)
  })

  test.each<[number, number, string[], string[]]>([
    [-5, 0, [], []],
    [1.5, 2.5, ['Ba2', 'Ba1'], ['Ba2', 'Ba1']],
    [4.2, 4.8, ['Ba3'], ['Ba2']],
    [2, 5, ['Ba3', 'Ba2'], ['Ba2']],
    [5, 6, ['Ba4'], ['Ba4']],
  ])('of one resource too: %d to %d', async (from, until, all, visible) => {
    const one = (d: Decision) => context.store.history(d, 'Basic', 'a', { count: 10, ...during(from, until) })
    expect(names(await one(SYSTEM))).toEqual(all)
    expect(names(await one(viewer))).toEqual(visible)
  })
})

test('hidden versions do not cut off visible ones behind them', async () => {
  for (let n = 0; n < 6; n++) await context.store.commit({ writes: [put('long', `${n}`, { acc: n === 0 || n === 5 ? NOBODY : HIDDEN })] })
  expect(names(await context.store.history(viewer, 'Basic', 'long', { count: 2 }))).toEqual(['Blong6', 'Blong1'])
  expect(names(await context.store.history(viewer, 'Basic', 'long', { count: 1, before: 6 }))).toEqual(['Blong1'])
})

test('who may see one person’s alone finds that, by whichever clause', async () => {
  const about = (...p: string[]): Acc => ({ ...NOBODY, p, e: p.map((person) => `${person}#0`) })
  const type = 'Goal'
  for (const [id, acc] of [
    ['own', about('p1')],
    ['both', about('p1', 'p2')],
    ['others', about('p2')],
    ['nobody', NOBODY],
  ] as const)
    await context.store.commit({ writes: [put(id, id, { type, acc }), put(id, `${id} again`, { type, acc })] })
  const clauses = [
    { classes: [1], persons: ['p1'], custodian: { is: 'H1' } },
    { classes: [1], persons: ['p1'], custodian: { isNot: 'H1' } },
  ]
  const own = decision({ all: false, anyOf: clauses, overlay: [] }, ({ p }) => p.length > 0 && p.every((person) => person === 'p1'))
  expect(names((await ask(own, { types: [type] })).rows)).toEqual(['Gown2', 'Gown1'])
  const wider = decision({ all: false, anyOf: [...clauses, { classes: [1] }], overlay: [] })
  expect((await ask(wider, { types: [type] })).rows).toHaveLength(8)
  const none = decision({ all: false, anyOf: [], overlay: [] })
  expect((await ask(none, { types: [type] })).rows).toEqual([])
})

test('a mark that is none is refused', async () => {
  for (const after of [[], ['x', 'Basic', 'a'], [1, 2, 'a'], [1, 'Basic', null]])
    await expect(ask(SYSTEM, { after })).rejects.toMatchObject({ issues: [{ code: 'page-invalid' }] })
})

test('both collections give the order from an index', async () => {
  const db = context.raw.db(context.database.database)
  for (const [name, id] of [
    ['Basic', '_id'],
    ['Basic_history', '_id.id'],
  ] as const) {
    const plan = await db
      .collection(name)
      .find({})
      .sort({ at: -1, [id]: 1 })
      .explain('queryPlanner')
    expect([name, JSON.stringify(plan).includes('"stage":"SORT"')]).toEqual([name, false])
  }
})
