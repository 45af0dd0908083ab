/** Whatever is asked for at one moment, by id or by conditions, of tables or of several types, is one command; each gets its own. */
import { afterAll, expect, test } from '@jest/globals'
import type { TableDoc } from '../../server/store/types.ts'
import { watchCommands } from '../support/commands.ts'
import { opened, put, SYSTEM } from './fixture.ts'

const watch = watchCommands()
afterAll(() => watch.stop())
const context = opened()

interface Row extends TableDoc {
  _id: string
  of: string
}

const table = (name: string) => context.store.table<Row>(SYSTEM, name)
const names = (rows: readonly { _id: string }[]): string[] => rows.map(({ _id }) => _id).sort()

test('look-ups by id and by conditions in several tables, and resources of several types', async () => {
  await table('ones').insertMany(['a', 'b', 'c'].map((_id) => ({ _id, of: _id === 'c' ? 'y' : 'x' })))
  await table('others').insertMany(['a', 'z'].map((_id) => ({ _id, of: 'x' })))
  await context.store.commit({
    writes: [put('p1', 'p', { type: 'Patient' }), put('g1', 'g', { type: 'Group' }), put('g2', 'h', { type: 'Group' })],
  })
  let found: unknown
  const commands = await watch.during(async () => {
    const [byId, some, limited, patients, groups] = await Promise.all([
      table('ones').get('c'),
      table('ones').find({ of: 'x' }),
      table('others').find({ of: 'x' }, { sort: { _id: -1 }, limit: 1, without: ['of'] }),
      context.store.readMany(SYSTEM, 'Patient', ['p1', 'none']),
      context.store.readMany(SYSTEM, 'Group', ['g2', 'g1']),
    ])
    found = [byId, names(some), limited, patients.map(({ id }) => id), groups.map(({ id, v }) => [id, v])]
  })
  expect(found).toEqual([
    { _id: 'c', of: 'y' },
    ['a', 'b'],
    [{ _id: 'z' }],
    ['p1'],
    [
      ['g2', 1],
      ['g1', 1],
    ],
  ])
  expect(commands.map(({ name }) => name)).toEqual(['aggregate'])
  const [{ collection, others = [] } = { collection: '' }] = commands
  expect([collection, ...others].sort()).toEqual(['Group', 'Patient', 'ones', 'ones', 'others'])
})

test('a find without a limit finds all, however many', async () => {
  for (const count of [199, 200, 201, 1001]) {
    const rows = table(`many${count}`)
    const ids = Array.from({ length: count }, (_, n) => `m${String(n).padStart(4, '0')}`)
    await rows.insertMany(ids.map((_id) => ({ _id, of: 'x' })))
    expect(names(await rows.find({ of: 'x' }))).toEqual(ids)
    expect((await rows.find({ of: 'x' }, { sort: { _id: -1 } })).map(({ _id }) => _id)).toEqual(ids.reverse())
    expect(await rows.find({ of: 'y' })).toEqual([])
  }
})

test('a find sees what was written before it was asked for, beside others that were asked for earlier', async () => {
  const rows = table('anew')
  const seen = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      await rows.put({ _id: `r${n}`, of: `w${n}` })
      return names(await rows.find({ of: `w${n}` }))
    }),
  )
  expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => [`r${n}`]))
})
