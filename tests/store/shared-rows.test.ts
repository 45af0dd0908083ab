/** Rows on which many transactions lean at the same time, and that are ended once: what leaned is committed before that, or not at all. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { SideWrite, Store, WriteUnit } from '../../server/store/types.ts'
import { watchCommands } from '../support/commands.ts'
import { chainEntry, opened, put, SYSTEM } from './fixture.ts'

const watch = watchCommands()
const context = opened()
let other: Store
beforeAll(async () => {
  const { uri, database } = context.database
  other = await createStore({ uri, database, log: silentLog, poolSize: 8 })
})
afterAll(async () => {
  watch.stop()
  await other.close()
})

const TABLE = 'leant_on'
const leanOn = (row: string): SideWrite => ({ table: TABLE, op: 'lean', row })
const unit = (id: string, row: string): WriteUnit => ({
  writes: [put(id, '{}', { expect: 'absent', method: 'POST' })],
  side: [leanOn(row)],
})
const end = (row: string) => context.store.endLeaning(SYSTEM, { table: TABLE, row }, chainEntry)
const stored = (prefix: string): Promise<number> =>
  context.raw
    .db(context.database.database)
    .collection<{ _id: string }>('Basic')
    .countDocuments({ _id: { $regex: `^${prefix}` } })

describe('a row that stands', () => {
  test('is no hindrance: what leans on it is committed beside each other, by several processes', async () => {
    const writes = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? context.store : other).commit(unit(`beside-${n}`, 'beside')))
    expect((await Promise.all(writes)).every(({ ok }) => ok)).toBe(true)
    expect(await stored('beside-')).toBe(40)
  })

  test('is one write of a transaction, however many lean on it', async () => {
    await context.store.commit(unit('one-first', 'one'))
    const commands = await watch.during(() =>
      Promise.all(Array.from({ length: 12 }, (_, n) => context.store.commit(unit(`one-${n}`, 'one')))),
    )
    const transactions = commands.filter(({ name }) => name === 'commitTransaction').length
    expect(commands.filter(({ collection }) => collection === TABLE).map(({ name }) => name)).toEqual(Array(transactions).fill('update'))
    const rows = await context.raw.db(context.database.database).collection<{ n: number }>(TABLE).find({}).toArray()
    expect(rows.reduce((sum, { n }) => sum + n, 0)).toBeLessThan(12 + 40)
  })
})

describe('a row that was ended', () => {
  test('is met by each that leans on it, by its place, and by no other', async () => {
    await end('ended')
    await end('ended')
    const all = [
      context.store.commit({ ...unit('met-0', 'ended'), side: [{ table: TABLE, op: 'put', doc: { _id: 'x' } }, leanOn('ended')] }),
      context.store.commit(unit('met-1', 'stands')),
      other.commit(unit('met-2', 'ended')),
      context.store.commit(unit('met-3', 'ended')),
    ]
    const met = (at: number) => ({ ok: false, conflict: 'side', at })
    expect(await Promise.all(all)).toEqual([met(1), expect.objectContaining({ ok: true }), met(0), met(0)])
    expect(await stored('met-')).toBe(1)
  })

  test('waits for who leaned on it and is about to commit', async () => {
    const session = context.raw.startSession()
    const copies = context.raw.db(context.database.database).collection<{ _id: string; ended: boolean; n: number }>(TABLE)
    session.startTransaction()
    // As a lane of another process does.
    await copies.updateOne({ _id: 'waits/7', ended: false }, { $inc: { n: 1 } }, { session, upsert: true })
    let isOver = false
    const ending = end('waits').then(() => {
      isOver = true
    })
    await setTimeout(300)
    expect(isOver).toBe(false)
    await session.commitTransaction()
    await ending
    await session.endSession()
    expect(await copies.findOne({ _id: 'waits/7' })).toMatchObject({ ended: true, n: 1 })
  })

  test('has nothing committed behind its end, whoever writes at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const prefix = `race${round}-`
      let written = 0
      let isEnded = false
      const writer = async (store: Store, name: string) => {
        for (let n = 0; ; n++) {
          const isLate = isEnded
          const result = await store.commit(unit(`${prefix}${name}-${n}`, prefix))
          if (!result.ok) return result
          if (isLate) throw new Error('committed behind the end')
          written++
        }
      }
      const writers = [context.store, other].flatMap((store, at) => Array.from({ length: 4 }, (_, n) => writer(store, `${at}-${n}`)))
      // On a busy machine nothing is written for a while.
      while (written === 0) await setTimeout(1)
      await setTimeout(round * 13)
      await end(prefix)
      isEnded = true
      const there = await stored(prefix)
      expect(await Promise.all(writers)).toEqual(writers.map(() => ({ ok: false, conflict: 'side', at: 0 })))
      expect([await stored(prefix), written]).toEqual([there, there])
      expect(there).toBeGreaterThan(0)
    }
  })
})
