/** Transactions that have entries for the account of uses lean on a row by them: who ends it takes the next number of each chain. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { verifyAudit } from '../../server/audit/verify.ts'
import { HEADS } from '../../server/store/audit-log.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store, WriteUnit } from '../../server/store/types.ts'
import { watchCommands } from '../support/commands.ts'
import { chainEntry, opened, put, SYSTEM } from './fixture.ts'

const watch = watchCommands()
const context = opened()
let other: Store
const another = (): Promise<Store> =>
  createStore({ uri: context.database.uri, database: context.database.database, log: silentLog, poolSize: 8 })
beforeAll(async () => {
  other = await another()
})
afterAll(async () => {
  watch.stop()
  await other.close()
})

const TABLE = 'leant_on'
const unit = (id: string, row: string): WriteUnit => ({
  writes: [put(id, '{}', { expect: 'absent', method: 'POST' })],
  side: [{ table: TABLE, op: 'lean', row }],
  audit: [chainEntry()],
})
const silent = ({ writes, side }: WriteUnit): WriteUnit => ({ writes, ...(side ? { side } : {}) })
const end = (row: string): Promise<void> => context.store.endLeaning(SYSTEM, { table: TABLE, row }, chainEntry)
const raw = () => context.raw.db(context.database.database)
const stored = (prefix: string): Promise<number> =>
  raw()
    .collection<{ _id: string }>('Basic')
    .countDocuments({ _id: { $regex: `^${prefix}` } })
const open = () => raw().collection<{ _id: string; n: number }>(HEADS).find({ transactions: true }).toArray()

describe('a transaction with entries for the account of uses', () => {
  test('looks once whether the row stands, and has no write of its own for it', async () => {
    await context.store.commit(silent(unit('table', 'made')))
    const commands = await watch.during(async () => {
      for (const n of [1, 2, 3]) expect(await context.store.commit(unit(`plain-${n}`, 'plain'))).toMatchObject({ ok: true })
    })
    expect(commands.filter(({ collection }) => collection === TABLE).map(({ name }) => name)).toEqual(['find'])
    expect(
      await raw()
        .collection<{ _id: string }>(TABLE)
        .countDocuments({ _id: { $regex: '^plain' } }),
    ).toBe(0)
  })

  test('leans by the row where all that has an entry comes to nothing', async () => {
    await context.store.commit(unit('there', 'mixed'))
    const commands = await watch.during(async () => {
      const [taken, written] = await Promise.all([
        context.store.commit(unit('there', 'mixed')),
        context.store.commit(silent(unit('fresh', 'mixed'))),
      ])
      expect([taken.ok, written.ok]).toEqual([false, true])
    })
    expect(commands.filter(({ collection, name }) => collection === TABLE && name === 'update')).toHaveLength(1)
  })
})

describe('a row that was ended', () => {
  test('is met by each that leans on it, by its place, in every process; chains have an entry more, and are whole', async () => {
    for (const store of [context.store, other])
      expect(await store.commit(unit(`before-${store === other}`, 'ended'))).toMatchObject({ ok: true })
    const chains = await open()
    const entries = (await verifyAudit(context.store)).entries
    await end('ended')
    expect(await open()).toEqual([])
    expect(await verifyAudit(context.store)).toMatchObject({ ok: true, entries: entries + chains.length })
    const all = [
      context.store.commit(unit('met-0', 'ended')),
      other.commit(unit('met-1', 'ended')),
      context.store.commit(unit('met-2', 'stands')),
      other.commit({
        ...unit('met-3', 'ended'),
        side: [{ table: TABLE, op: 'put', doc: { _id: 'x' } }, ...(unit('', 'ended').side ?? [])],
      }),
      other.commit(silent(unit('met-4', 'ended'))),
    ]
    const met = (at: number) => ({ ok: false, conflict: 'side', at })
    expect(await Promise.all(all)).toEqual([met(0), met(0), expect.objectContaining({ ok: true }), met(1), met(0)])
    expect(await stored('met-')).toBe(1)
    expect(await verifyAudit(context.store)).toMatchObject({ ok: true, entries: entries + chains.length + 1 })
  })

  test('is met by a process that starts behind its end', async () => {
    await end('earlier')
    const started = await another()
    expect(await started.commit(unit('late', 'earlier'))).toEqual({ ok: false, conflict: 'side', at: 0 })
    await started.close()
  })

  test('gives no entry to chains of processes that were stopped', async () => {
    const stopped = await another()
    await stopped.commit(unit('of-stopped', 'whatever'))
    const before = (await open()).length
    await stopped.close()
    expect((await open()).length).toBe(before - 1)
    expect(await verifyAudit(context.store)).toMatchObject({ ok: true })
  })

  test('waits for who has the next number of a chain and is about to commit', async () => {
    // A chain as the lane of another process begins it.
    const next = { c: 'of-another', n: 1 }
    const heads = raw().collection<{ _id: string; n: number; transactions: boolean }>(HEADS)
    const entries = raw().collection<{ _id: string; chain: { c: string; n: number } }>('AuditEvent')
    await heads.insertOne({ _id: next.c, n: 0, transactions: true })
    const session = context.raw.startSession()
    session.startTransaction()
    await entries.insertOne({ _id: 'held', chain: next }, { session })
    let isOver = false
    const ending = end('waits').then(() => {
      isOver = true
    })
    await setTimeout(300)
    expect(isOver).toBe(false)
    await session.commitTransaction()
    await ending
    await session.endSession()
    expect(await entries.countDocuments({ 'chain.c': next.c, 'chain.n': next.n + 1 })).toBe(1)
    expect(await heads.findOne({ _id: next.c })).toMatchObject({ n: 2 })
    expect((await open()).map(({ _id }) => _id)).not.toContain(next.c)
    await entries.deleteMany({ 'chain.c': next.c })
    await heads.deleteOne({ _id: next.c })
  })

  test('has nothing committed behind its end, whoever writes at the same time', async () => {
    for (let round = 0; round < 8; round++) {
      const prefix = `race${round}-`
      // In odd rounds chains begin while the row is being ended.
      const fresh = await another()
      let written = 0
      let isEnded = false
      const writer = async (store: Store, name: string) => {
        for (let n = 0; ; n++) {
          const isLate = isEnded
          const one = unit(`${prefix}${name}-${n}`, prefix)
          const result = await store.commit(n % 5 === 4 ? silent(one) : one)
          if (!result.ok) return result
          if (isLate) throw new Error('committed behind the end')
          written++
        }
      }
      const start = () =>
        [context.store, other, fresh].flatMap((store, at) => Array.from({ length: 3 }, (_, n) => writer(store, `${at}-${n}`)))
      const writers = round % 2 === 0 ? start() : []
      while (round % 2 === 0 && written === 0) await setTimeout(1)
      await setTimeout(round * 7)
      const ending = end(prefix)
      if (round % 2 === 1) writers.push(...start())
      await ending
      isEnded = true
      const there = await stored(prefix)
      expect(await Promise.all(writers)).toEqual(writers.map(() => ({ ok: false, conflict: 'side', at: 0 })))
      expect([await stored(prefix), written]).toEqual([there, there])
      await fresh.close()
    }
    expect(await verifyAudit(context.store)).toMatchObject({ ok: true, problems: [] })
  })
})
