/** Writes to the server's own tables in a transaction: few commands, and each row sees its own writes in their order. */
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { SideWrite, TableDoc } from '../../server/store/types.ts'
import { watchCommands } from '../support/commands.ts'
import { opened, SYSTEM } from './fixture.ts'

const watch = watchCommands()
afterAll(() => watch.stop())
const context = opened()

interface Row extends TableDoc {
  _id: string
  n: number
}

test('new and changed rows by turns are one command each', async () => {
  const table = 'turns'
  const insert = (_id: string): SideWrite => ({ table, op: 'insert', doc: { _id, n: 1 } })
  const change = (_id: string): SideWrite => ({ table, op: 'update', where: { _id, n: 1 }, set: { n: 2 }, mustMatch: true })
  const known = Array.from({ length: 10 }, (_, at) => `known${at}`)
  expect((await context.store.commit({ writes: [], side: known.map(insert) })).ok).toBe(true)
  const side = known.flatMap((_id, at) => [insert(`new${at}`), change(_id), insert(`other${at}`)])
  const commands = await watch.during(async () => expect((await context.store.commit({ writes: [], side })).ok).toBe(true))
  expect(commands.filter(({ collection }) => collection === table).map(({ name }) => name)).toEqual(['insert', 'update'])
  const rows = context.store.table<Row>(SYSTEM, table)
  expect([await rows.count({ n: 1 }), await rows.count({ n: 2 })]).toEqual([20, 10])
})

test('a row that takes over what is unique in another is written behind that one, whatever others are inserted before', async () => {
  const table = 'takeovers'
  const rows = context.store.table<TableDoc>(SYSTEM, table)
  await rows.ensureIndex({ names: 1 }, { unique: true, sparse: true })
  expect((await context.store.commit({ writes: [], side: [{ table, op: 'insert', doc: { _id: 'both', names: ['a', 'b'] } }] })).ok).toBe(
    true,
  )
  const giveUp: SideWrite = { table, op: 'update', where: { _id: 'both' }, set: { names: ['a'] }, mustMatch: true }
  const takeOver: SideWrite = { table, op: 'insert', doc: { _id: 'own', names: ['b'] }, after: ['both'] }
  const other = (_id: string): SideWrite => ({ table, op: 'insert', doc: { _id, names: [_id] } })
  const side = [other('c'), giveUp, takeOver, other('d')]
  const commands = await watch.during(async () => expect((await context.store.commit({ writes: [], side })).ok).toBe(true))
  expect(commands.filter(({ collection }) => collection === table).map(({ name }) => name)).toEqual(['insert', 'update', 'insert'])
  expect((await rows.find({}, { sort: { _id: 1 } })).map(({ _id, names }) => [_id, names])).toEqual([
    ['both', ['a']],
    ['c', ['c']],
    ['d', ['d']],
    ['own', ['b']],
  ])
  const twice = await context.store.commit({ writes: [], side: [{ table, op: 'insert', doc: { _id: 'second', names: ['a'] } }] })
  expect(twice).toEqual({ ok: false, conflict: 'side', at: 0 })
})

test('of a row that must match and does not the place in the unit is told, whatever went together', async () => {
  const table = 'places'
  const change = (_id: string): SideWrite => ({ table, op: 'update', where: { _id, n: 1 }, set: { n: 2 }, mustMatch: true })
  const insert = (_id: string): SideWrite => ({ table, op: 'insert', doc: { _id, n: 1 } })
  await context.store.commit({ writes: [], side: [insert('a'), insert('b')] })
  const result = await context.store.commit({ writes: [], side: [change('a'), insert('c'), change('missing'), insert('d'), change('b')] })
  expect(result).toEqual({ ok: false, conflict: 'side', at: 2 })
  const again = await context.store.commit({ writes: [], side: [change('a'), insert('c'), insert('b'), change('b')] })
  expect(again).toEqual({ ok: false, conflict: 'side', at: 2 })
  expect(await context.store.table<Row>(SYSTEM, table).find({}, { sort: { _id: 1 } })).toEqual([
    { _id: 'a', n: 1 },
    { _id: 'b', n: 1 },
  ])
})

/** What a list of writes leaves behind, one after the other. */
function naive(before: ReadonlyMap<string, number>, side: readonly SideWrite[]): Map<string, number> {
  const rows = new Map(before)
  for (const write of side) {
    if (write.op === 'put') rows.set(String(write.doc._id), Number(write.doc.n))
    else if (write.op === 'update') {
      const id = String(write.where._id)
      const known = rows.get(id)
      if (known !== undefined) rows.set(id, known + 1)
    } else if (write.op === 'delete') {
      const { _id, n } = write.where as { _id?: string; n?: { $gte: number } }
      for (const [id, value] of [...rows]) if (_id === undefined ? value >= (n?.$gte ?? 0) : _id === id) rows.delete(id)
    }
  }
  return rows
}

test('of two the one whose field sorts behind is kept, whichever came last, with whatever it says', async () => {
  const table = 'newest'
  const put = (_id: string, at: string, more: object = {}): SideWrite => ({ table, op: 'put', doc: { _id, at, ...more }, newestBy: 'at' })
  const rows = context.store.table<TableDoc & { at: string }>(SYSTEM, table)
  const side = [
    put('a', '2'),
    put('a', '1', { n: 1 }),
    put('b', '1'),
    put('b', '2', { text: '$at', $n: 1 }),
    put('c', '1'),
    put('c', '1', { n: 3 }),
  ]
  expect((await context.store.commit({ writes: [], side })).ok).toBe(true)
  expect(await rows.find({}, { sort: { _id: 1 } })).toEqual([
    { _id: 'a', at: '2' },
    { _id: 'b', at: '2', text: '$at', $n: 1 },
    { _id: 'c', at: '1', n: 3 },
  ])
})

test('any sequence leaves what its writes leave one after the other', async () => {
  const table = 'sequences'
  const id = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.tuple(id, fc.integer({ min: 0, max: 5 })).map(([_id, n]): SideWrite => ({ table, op: 'put', doc: { _id, n } })),
    id.map((_id): SideWrite => ({ table, op: 'update', where: { _id }, inc: { n: 1 } })),
    id.map((_id): SideWrite => ({ table, op: 'delete', where: { _id } })),
    // About whichever rows there are: nothing may pass it.
    fc.integer({ min: 3, max: 6 }).map((n): SideWrite => ({ table, op: 'delete', where: { n: { $gte: n } } })),
  )
  const rows = context.store.table<Row>(SYSTEM, table)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (side) => {
      const before = new Map((await rows.find({})).map(({ _id, n }) => [_id, n]))
      expect((await context.store.commit({ writes: [], side })).ok).toBe(true)
      const after = (await rows.find({}, { sort: { _id: 1 } })).map(({ _id, n }) => [_id, n])
      expect(after).toEqual([...naive(before, side)].sort())
    }),
    { numRuns: 60 },
  )
}, 60_000)
