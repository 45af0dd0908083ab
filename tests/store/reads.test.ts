import { beforeAll, describe, expect, test } from '@jest/globals'
import { opened, put, SYSTEM } from './fixture.ts'

const context = opened()
const name = (n: number): string => `r${String(n).padStart(3, '0')}`
const names = Array.from({ length: 300 }, (_, n) => name(n))

beforeAll(async () => {
  await context.store.commit({ writes: names.map((id) => put(id, id)) })
})

describe('reads by id', () => {
  test('more than a first batch of the database: all are there, in the order asked', async () => {
    const asked = [...names].reverse()
    const found = await context.store.readMany(SYSTEM, 'Basic', ['none', ...asked])
    expect(found.map(({ id }) => id)).toEqual(asked)
  })

  test('at the same moment: each gets its own', async () => {
    const found = await Promise.all([...names, 'none'].map((id) => context.store.read(SYSTEM, 'Basic', id)))
    expect(found.map((doc) => doc?.id)).toEqual([...names, undefined])
  })

  test('more bytes than one command to the database and one answer of it hold', async () => {
    const large = Array.from({ length: 20 }, (_, n) => `large-${n}`)
    const text = 'x'.repeat(1024 * 1024)
    for (const version of [1, 2]) {
      const result = await context.store.commit({ writes: large.map((id) => put(id, text)) })
      expect(result.ok && result.written.map(({ v }) => v)).toEqual(large.map(() => version))
    }
    const found = await context.store.readMany(SYSTEM, 'Basic', large)
    expect(found.map(({ id, body }) => [id, body.byteLength])).toEqual(large.map((id) => [id, text.length]))
  })

  test('rows of a table, as many as documents', async () => {
    const rows = context.store.table(SYSTEM, 'many_rows')
    await Promise.all(names.map((_id, n) => rows.insert({ _id, n })))
    expect((await rows.getMany(names)).map(({ n }) => n)).toEqual(names.map((_, n) => n))
  })
})
