import { describe, expect, test } from '@jest/globals'
import { lease } from '../../server/store/leases.ts'
import { opened, SYSTEM } from './fixture.ts'

const context = opened()

describe('tables', () => {
  interface Row {
    _id: string
    n?: number
    t?: string
    [field: string]: unknown
  }

  test('insert says when the id exists, put replaces, update answers the document after it', async () => {
    const rows = context.store.table<Row>(SYSTEM, 'rows')
    expect(await rows.insert({ _id: 'a', n: 1 })).toBe(true)
    expect(await rows.insert({ _id: 'a', n: 2 })).toBe(false)
    expect(await rows.get('a')).toEqual({ _id: 'a', n: 1 })
    await rows.put({ _id: 'a', t: 'x' })
    expect(await rows.get('a')).toEqual({ _id: 'a', t: 'x' })
    expect(await rows.update({ _id: 'a' }, { inc: { n: 3 }, unset: ['t'] })).toEqual({ _id: 'a', n: 3 })
    expect(await rows.update({ _id: 'none' }, { set: { n: 1 } })).toBeUndefined()
    expect(await rows.update({ _id: 'b' }, { set: { n: 7 } }, { upsert: true })).toEqual({ _id: 'b', n: 7 })
    expect(await rows.updateMany({ n: { $gt: 1 } }, { t: 'y' })).toBe(2)
    expect(await rows.find({}, { sort: { n: -1 }, limit: 1 })).toEqual([{ _id: 'b', n: 7, t: 'y' }])
    const streamed: string[] = []
    for await (const row of rows.stream({}, { sort: { _id: 1 } })) streamed.push(row._id)
    expect(streamed).toEqual(['a', 'b'])
    expect(await rows.delete({ _id: 'a' })).toBe(1)
    expect(await rows.count({})).toBe(1)
  })

  test('counts by the values of fields, of what matches alone', async () => {
    const rows = context.store.table<Row>(SYSTEM, 'counted')
    for (const [at, t] of ['a', 'b', 'a', 'a', 'c'].entries()) await rows.insert({ _id: `r${at}`, t, n: at === 2 ? 1 : 0 })
    const counts = async (where: object, fields: ('t' | 'n')[]) =>
      (await rows.countBy({ ...where }, fields)).map(({ values, n }) => [JSON.stringify(values), n]).sort()
    expect(await counts({ t: { $in: ['a', 'b'] } }, ['t'])).toEqual([
      ['{"t":"a"}', 3],
      ['{"t":"b"}', 1],
    ])
    expect(await counts({ t: 'a' }, ['t', 'n'])).toEqual([
      ['{"t":"a","n":0}', 2],
      ['{"t":"a","n":1}', 1],
    ])
    expect(await counts({ t: 'd' }, ['t'])).toEqual([])
  })

  test('look-ups that come together each get their own rows, and see what was written before they began', async () => {
    const rows = context.store.table<Row>(SYSTEM, 'shared_reads')
    for (let n = 0; n < 30; n++) await rows.insert({ _id: `r${n}`, n })
    const asked = Array.from({ length: 40 }, (_, i) => [`r${i}`, `r${(i * 7) % 30}`, 'none', `r${i}`])
    const found = await Promise.all(asked.map((ids) => rows.getMany(ids)))
    for (const [i, ids] of asked.entries()) expect(found[i]?.map(({ _id }) => _id)).toEqual(ids.filter((id) => /^r[12]?\d$/.test(id)))
    const seen = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        await rows.put({ _id: `w${n}`, n })
        return (await rows.get(`w${n}`))?.n
      }),
    )
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n))
  })

  test('inserts that come together: each is told whether its id was free', async () => {
    const rows = context.store.table<Row>(SYSTEM, 'shared_inserts')
    await rows.insert({ _id: 'i3', t: 'first' })
    const free = await Promise.all(Array.from({ length: 30 }, (_, i) => rows.insert({ _id: `i${i % 10}`, t: `by ${i}` })))
    expect(free.filter(Boolean)).toHaveLength(9)
    for (let id = 0; id < 10; id++) {
      const row = await rows.get(`i${id}`)
      const winner = free.findIndex((was, i) => was && i % 10 === id)
      expect(row?.t).toBe(id === 3 ? 'first' : `by ${winner}`)
    }
  })

  test('fields set together: each is told whether its condition held', async () => {
    const rows = context.store.table<Row>(SYSTEM, 'shared_sets')
    for (let n = 0; n < 8; n++) await rows.insert({ _id: `s${n}`, n })
    const set = await Promise.all(Array.from({ length: 10 }, (_, n) => rows.setOne({ _id: `s${n}`, n: n === 4 ? 99 : n }, { t: 'set' })))
    expect(set).toEqual([true, true, true, true, false, true, true, true, false, false])
    expect(await rows.count({ t: 'set' })).toBe(7)
    expect(await rows.count({})).toBe(8)
  })

  test('a unique index refuses, and its options can be changed', async () => {
    const rows = context.store.table<Row>(SYSTEM, 'unique_rows')
    await rows.ensureIndex({ n: 1 })
    await rows.ensureIndex({ n: 1 }, { unique: true })
    await rows.ensureIndex({ n: 1 }, { unique: true })
    expect(await rows.insert({ _id: 'a', n: 1 })).toBe(true)
    expect(await rows.insert({ _id: 'b', n: 1 })).toBe(false)
    // From now on of large numbers alone.
    await rows.ensureIndex({ n: 1 }, { unique: true, where: { n: { $gt: 5 } } })
    expect(await Promise.all(['c', 'd'].map((_id) => rows.insert({ _id, n: 1 })))).toEqual([true, true])
    expect(await rows.insert({ _id: 'e', n: 6 })).toBe(true)
    expect(await rows.insert({ _id: 'f', n: 6 })).toBe(false)
  })
})

describe('leases', () => {
  test('of many takers one gets it; it ends with its time, and the former owner learns that', async () => {
    const table = context.store.table(SYSTEM, 'leases')
    let time = Date.UTC(2026, 0, 1)
    const now = () => new Date(time)
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => lease(table, 'job', `node${i}`, 1000, now)))
    const [first] = taken.filter((held) => held !== undefined)
    expect(taken.filter((held) => held !== undefined)).toHaveLength(1)
    time += 900
    expect(await first?.renew()).toBe(true)
    time += 900
    expect(await lease(table, 'job', 'other', 1000, now)).toBeUndefined()
    time += 101
    const second = await lease(table, 'job', 'other', 1000, now)
    expect(second?.term).toBe((first?.term ?? 0) + 1)
    expect(await first?.renew()).toBe(false)
    await first?.release()
    expect(await second?.renew()).toBe(true)
    await second?.release()
    expect(await lease(table, 'job', 'third', 1000, now)).toBeDefined()
  })
})
