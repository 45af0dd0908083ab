/** Two tables that are looked into under the same ids, by one command. */
import { afterAll, expect, test } from '@jest/globals'
import type { TableDoc } from '../../server/store/types.ts'
import { watchCommands } from '../support/commands.ts'
import { opened, SYSTEM } from './fixture.ts'

const watch = watchCommands()
afterAll(() => watch.stop())
const context = opened()

interface Row extends TableDoc {
  _id: string
  n: number
}

const table = (name: string) => context.store.table<Row>(SYSTEM, name)

test('of each id that is in one of them what each has, in the order asked', async () => {
  const look = context.store.paired<Row, Row>(SYSTEM, ['left', 'right'])
  // Neither table is there yet.
  expect(await look(['a'])).toEqual([])
  await table('left').insertMany(['a', 'both'].map((_id) => ({ _id, n: 1 })))
  await table('right').insertMany(['both', 'z'].map((_id) => ({ _id, n: 2 })))
  const both = { first: { _id: 'both', n: 1 }, second: { _id: 'both', n: 2 } }
  expect(await look(['z', 'both', 'none', 'a'])).toEqual([{ second: { _id: 'z', n: 2 } }, both, { first: { _id: 'a', n: 1 } }])
  expect([await look(['both']), await look(['none']), await look([])]).toEqual([[both], [], []])
})

test('a look sees what was written before it, and those of one moment share one command', async () => {
  const look = context.store.paired<Row, Row>(SYSTEM, ['earlier', 'later'])
  const ids = Array.from({ length: 30 }, (_, n) => `p${n}`)
  await table('earlier').insertMany(ids.map((_id) => ({ _id, n: 1 })))
  let found: unknown[] = []
  const commands = await watch.during(async () => {
    found = await Promise.all(ids.map((id) => look([id])))
  })
  expect(found).toEqual(ids.map((_id) => [{ first: { _id, n: 1 } }]))
  expect(commands).toEqual([{ name: 'aggregate', collection: 'earlier', others: ['later'] }])
  await table('later').put({ _id: 'p7', n: 9 })
  expect(await look(['p7'])).toEqual([{ first: { _id: 'p7', n: 1 }, second: { _id: 'p7', n: 9 } }])
})

test('more than one answer of the database holds is read whole', async () => {
  const big = 'x'.repeat(3_000_000)
  const ids = Array.from({ length: 8 }, (_, n) => `big${n}`)
  for (const _id of ids) await table('large').put({ _id, n: 1, big })
  const found = await context.store.paired<Row, Row>(SYSTEM, ['small', 'large'])(ids)
  expect(found.map(({ second }) => [second?._id, String(second?.big).length])).toEqual(ids.map((id) => [id, big.length]))
})
