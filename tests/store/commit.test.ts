import { describe, expect, test } from '@jest/globals'
import type { SideWrite, PersonScope, WriteUnit } from '../../server/store/types.ts'
import { NOBODY, opened, put, SYSTEM, written } from './fixture.ts'

const context = opened()
const commit = (unit: WriteUnit) => context.store.commit(unit)

async function bodyOf(id: string): Promise<string | undefined> {
  const stored = await context.store.read(SYSTEM, 'Basic', id)
  return stored && Buffer.from(stored.body).toString()
}

describe('an empty store', () => {
  test('has nothing and says so in every way of asking', async () => {
    const { store } = context
    expect(await store.read(SYSTEM, 'Basic', 'none')).toBeUndefined()
    expect(await store.readMany(SYSTEM, 'Basic', ['none'])).toEqual([])
    expect(await store.readVersion(SYSTEM, 'Basic', 'none', 1)).toBeUndefined()
    expect(await store.history(SYSTEM, 'Basic', 'none', { count: 10 })).toEqual([])
    expect(await store.count(SYSTEM, 'Basic', { kind: 'everything' })).toBe(0)
    expect(await store.typesOf(SYSTEM, 'p1')).toEqual([])
    expect(await store.claim(SYSTEM, 'k')).toBeUndefined()
    expect(await store.ping()).toBe(true)
  })

  test('refuses what is no type or table name', async () => {
    await expect(context.store.read(SYSTEM, '$where', 'x')).rejects.toThrow(TypeError)
    await expect(commit({ writes: [put('x', '{}', { type: 'system.users' })] })).rejects.toThrow(TypeError)
    expect(() => context.store.table(SYSTEM, 'Patient')).toThrow(TypeError)
  })
})

describe('versions', () => {
  test('create, update, delete and bring back count on, and history has them newest first', async () => {
    const first = written(await commit({ writes: [put('a', 'one', { expect: 'absent', method: 'POST' })] }))[0]
    expect(first).toMatchObject({ id: 'a', v: 1, created: true })
    expect(written(await commit({ writes: [put('a', 'two', { expect: 1 })] }))[0]).toMatchObject({ v: 2, created: false })
    const { body: _, index: __, ...removal } = put('a', '', { method: 'DELETE' })
    expect(written(await commit({ writes: [removal] }))[0]).toMatchObject({ v: 3, created: false })
    const gone = await context.store.read(SYSTEM, 'Basic', 'a')
    expect(gone).toMatchObject({ v: 3, deleted: true, method: 'DELETE' })
    expect(gone?.body.byteLength).toBe(0)
    expect(written(await commit({ writes: [put('a', 'four')] }))[0]).toMatchObject({ v: 4, created: true })
    const history = await context.store.history(SYSTEM, 'Basic', 'a', { count: 10 })
    expect(history.map(({ v, method, deleted, body }) => [v, method, deleted, Buffer.from(body).toString()])).toEqual([
      [4, 'PUT', false, 'four'],
      [3, 'DELETE', true, ''],
      [2, 'PUT', false, 'two'],
      [1, 'POST', false, 'one'],
    ])
    const paged = await context.store.history(SYSTEM, 'Basic', 'a', { count: 2, before: 4 })
    expect(paged.map(({ v }) => v)).toEqual([3, 2])
    expect((await context.store.readVersion(SYSTEM, 'Basic', 'a', 2))?.method).toBe('PUT')
    expect(await context.store.readVersion(SYSTEM, 'Basic', 'a', 9)).toBeUndefined()
  })

  test('instants of versions grow even within a millisecond', async () => {
    for (let i = 0; i < 5; i++) await commit({ writes: [put('fast', String(i))] })
    const at = (await context.store.history(SYSTEM, 'Basic', 'fast', { count: 10 })).map((row) => row.at.getTime())
    expect(at).toEqual([...at].sort((a, b) => b - a))
    expect(new Set(at).size).toBe(5)
  })

  test('the body is made with the version and instant that are stored', async () => {
    const unit = { writes: [put('made', '', { body: (v, at) => Buffer.from(`${v} ${at.toISOString()}`) })] }
    const [row] = written(await commit(unit))
    const stored = await context.store.read(SYSTEM, 'Basic', 'made')
    expect(Buffer.from(stored?.body ?? []).toString()).toBe(`1 ${stored?.at.toISOString()}`)
    expect(row?.at).toEqual(stored?.at)
  })

  test('what is expected must hold', async () => {
    await commit({ writes: [put('b', 'one')] })
    expect(await commit({ writes: [put('c', 'x'), put('b', 'x', { expect: 'absent' })] })).toEqual({
      ok: false,
      conflict: 'exists',
      at: 1,
      current: 1,
    })
    expect(await bodyOf('c')).toBeUndefined()
    expect(await commit({ writes: [put('b', 'x', { expect: 7 })] })).toEqual({ ok: false, conflict: 'version', at: 0, current: 1 })
    expect(await commit({ writes: [put('never', 'x', { expect: 1 })] })).toEqual({ ok: false, conflict: 'version', at: 0 })
    expect(await bodyOf('b')).toBe('one')
  })

  test('one unit may write a document twice', async () => {
    const rows = written(await commit({ writes: [put('twice', 'one'), put('twice', 'two')] }))
    expect(rows.map(({ v }) => v)).toEqual([1, 2])
    expect((await context.store.history(SYSTEM, 'Basic', 'twice', { count: 5 })).map(({ v }) => v)).toEqual([2, 1])
  })
})

describe('rivals', () => {
  test('of 50 conditional creates with one claim, one succeeds', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        commit({
          writes: [put(`claimed${i}`, 'x', { expect: 'absent', method: 'POST' })],
          claims: [{ key: 'Basic?identifier=7', value: { id: `claimed${i}` } }],
        }),
      ),
    )
    const winners = results.flatMap((result, i) => (result.ok ? [i] : []))
    expect(winners).toHaveLength(1)
    expect(results.filter((result) => !result.ok && result.conflict === 'claim-taken')).toHaveLength(49)
    expect(await context.store.claim(SYSTEM, 'Basic?identifier=7')).toEqual({ id: `claimed${winners[0]}` })
    expect(
      await context.raw
        .db(context.database.database)
        .collection('Basic')
        .countDocuments({ _id: /^claimed/ as never }),
    ).toBe(1)
  })

  test('of 50 updates of one version, one wins and the others learn the version', async () => {
    await commit({ writes: [put('hot', 'start')] })
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => commit({ writes: [put('hot', `n${i}`, { expect: 1 })] })))
    const winner = results.findIndex((result) => result.ok)
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(results.filter((result) => !result.ok)).toEqual(Array(49).fill({ ok: false, conflict: 'version', at: 0, current: 2 }))
    expect(await bodyOf('hot')).toBe(`n${winner}`)
  })

  test('50 updates of whatever version all succeed, each with a version of its own', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => commit({ writes: [put('any', `n${i}`)] })))
    const versions = results.map((result) => written(result)[0]?.v ?? 0)
    expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(await context.store.history(SYSTEM, 'Basic', 'any', { count: 100 })).toHaveLength(50)
  })

  test('two processes at the same documents: every outcome is told right', async () => {
    const { createStore } = await import('../../server/store/store.ts')
    const { silentLog } = await import('../../server/store/log.ts')
    const other = await createStore({ uri: context.database.uri, database: context.database.database, log: silentLog })
    try {
      await commit({ writes: [put('shared', 'start')] })
      const stores = [context.store, other]
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (stores[i % 2] as typeof other).commit({ writes: [put('shared', `n${i}`)] })),
      )
      const versions = results.map((result) => written(result)[0]?.v ?? 0)
      expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 2))
      const created = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (stores[i % 2] as typeof other).commit({ writes: [put('once', `n${i}`, { expect: 'absent' })] }),
        ),
      )
      expect(created.filter((result) => result.ok)).toHaveLength(1)
      expect(created.filter((result) => !result.ok && result.conflict === 'exists')).toHaveLength(19)
    } finally {
      await other.close()
    }
  })
})

describe('a group of units', () => {
  test('each has its own outcome, and a failed one leaves nothing behind', async () => {
    await commit({ writes: [put('g0', 'x')], side: [{ table: 'things', op: 'insert', doc: { _id: 'there', n: 1 } }] })
    const units: WriteUnit[] = Array.from({ length: 12 }, (_, i) => {
      if (i === 3) return { writes: [put('g3', 'x'), put('g0', 'x', { expect: 'absent' })] }
      if (i === 5) return { writes: [put('g5', 'x')], side: [{ table: 'things', op: 'insert', doc: { _id: 'there' } }] }
      if (i === 7)
        return { writes: [put('g7', 'x')], side: [{ table: 'things', op: 'update', where: { _id: 'no' }, set: { n: 2 }, mustMatch: true }] }
      return { writes: [put(`g${i}`, 'x')], side: [{ table: 'things', op: 'put', doc: { _id: `t${i}`, n: i } }] }
    })
    units.push({
      writes: [
        put('g12', '', {
          body: () => {
            throw new RangeError('own fault')
          },
        }),
      ],
    })
    const results = await Promise.allSettled(units.map(commit))
    const told = results.map((r) => (r.status === 'rejected' ? 'thrown' : r.value.ok ? 'ok' : r.value.conflict))
    expect(told).toEqual(['ok', 'ok', 'ok', 'exists', 'ok', 'side', 'ok', 'side', 'ok', 'ok', 'ok', 'ok', 'thrown'])
    for (const id of ['g3', 'g5', 'g7', 'g12']) expect(await bodyOf(id)).toBeUndefined()
    const things = context.store.table(SYSTEM, 'things')
    expect(await things.count({ _id: { $in: ['t0', 't1', 't2', 't4', 't6', 't8', 't9', 't10', 't11'] } })).toBe(9)
    expect(await things.get('there')).toEqual({ _id: 'there', n: 1 })
  })

  test('of rows that must match, the one that does not is named, and nothing of the unit stands', async () => {
    const rows = context.store.table(SYSTEM, 'matched')
    for (const _id of ['m0', 'm1', 'm2']) await rows.insert({ _id, rev: 1 })
    const step = (_id: string, rev: number): SideWrite => ({
      table: 'matched',
      op: 'update',
      where: { _id, rev },
      set: { rev: rev + 1 },
      mustMatch: true,
    })
    const failed = await commit({ writes: [put('mm', 'x')], side: [step('m0', 1), step('m1', 1), step('m2', 9)] })
    expect(failed).toEqual({ ok: false, conflict: 'side', at: 2 })
    expect(await bodyOf('mm')).toBeUndefined()
    expect(await rows.count({ rev: 1 })).toBe(3)
    expect((await commit({ writes: [], side: [step('m0', 1), step('m1', 1), step('m0', 2)] })).ok).toBe(true)
    expect((await rows.getMany(['m0', 'm1', 'm2'])).map(({ rev }) => rev)).toEqual([3, 2, 1])
  })

  test('side writes of all kinds happen in the order given', async () => {
    const result = await commit({
      writes: [],
      side: [
        { table: 'order', op: 'insert', doc: { _id: 'a', n: 1 } },
        { table: 'order', op: 'update', where: { _id: 'a' }, inc: { n: 5 }, mustMatch: true },
        { table: 'order', op: 'put', doc: { _id: 'b', n: 10 } },
        { table: 'order', op: 'update', where: { _id: 'c' }, set: { n: 3 }, upsert: true },
        { table: 'order', op: 'delete', where: { n: { $gte: 10 } } },
      ],
    })
    expect(result.ok).toBe(true)
    expect(await context.store.table(SYSTEM, 'order').find({}, { sort: { _id: 1 } })).toEqual([
      { _id: 'a', n: 6 },
      { _id: 'c', n: 3 },
    ])
  })

  test('labels, keys and persons are stored, and restamping needs the version seen', async () => {
    const { store } = context
    const acc = { p: ['p9'], s: 3, e: ['p9#1'], o: 'H1' }
    await commit({ writes: [put('label', 'x', { acc })] })
    expect(await store.typesOf(SYSTEM, 'p9')).toEqual(['Basic'])
    const changed = { ...acc, s: 4, e: ['p9#2'] }
    expect(await store.restamp(SYSTEM, 'Basic', [{ id: 'label', v: 2, acc: changed }])).toBe(0)
    expect(await store.restamp(SYSTEM, 'Basic', [{ id: 'label', v: 1, acc: changed, stood: ['p9#0'] }])).toBe(0)
    expect(await store.restamp(SYSTEM, 'Basic', [{ id: 'label', v: 1, acc: changed, stood: ['p9#1'] }])).toBe(1)
    await commit({ writes: [put('label', 'y', { acc: changed })] })
    expect(await store.restamp(SYSTEM, 'Basic', [{ id: 'label', v: 1, acc: NOBODY, superseded: true }])).toBe(1)
    expect((await store.readVersion(SYSTEM, 'Basic', 'label', 1))?.acc).toEqual(NOBODY)
    const found = async (scope: PersonScope) => {
      const rows: string[] = []
      for await (const batch of store.ofPersons(SYSTEM, 'Basic', scope)) rows.push(...batch.map(({ id, v }) => `${id} ${v}`))
      return rows
    }
    expect(await found({ persons: ['p9', 'p8'] })).toEqual(['label 2'])
    expect(await found({ persons: ['p9'], unless: ['p9#1'] })).toEqual(['label 2'])
    expect(await found({ persons: ['p9'], unless: ['p9#2'] })).toEqual([])
  })

  test('the types in which something of persons stands, also where only an older version is theirs', async () => {
    const { store } = context
    const of = (...p: string[]) => ({ p, s: 3, e: p.map((person) => `${person}#1`), o: 'H1' })
    await commit({ writes: [put('scope-a', 'x', { acc: of('q1') })] })
    await commit({ writes: [put('scope-a', 'y', { acc: of('q2') })] })
    await commit({ writes: [put('scope-b', 'x', { acc: of('q3', 'q4') })] })
    expect(await store.typesOfPersons(SYSTEM, { persons: ['q1'] })).toEqual({ current: [], superseded: ['Basic'] })
    expect(await store.typesOfPersons(SYSTEM, { persons: ['q2'] })).toEqual({ current: ['Basic'], superseded: [] })
    expect(await store.typesOfPersons(SYSTEM, { persons: ['q2'], unless: ['q2#1'] })).toEqual({ current: [], superseded: [] })
    // About two persons: the stamp of one does not tell about the other.
    expect(await store.typesOfPersons(SYSTEM, { persons: ['q3'], unless: ['q3#1'] })).toEqual({ current: ['Basic'], superseded: [] })
  })
})
