/** What people decided of codes is read once behind each decision, however many senders ask. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  CODE_DECISIONS,
  CODE_MAPPINGS,
  ConfirmedCodes,
  type ConfirmedDoc,
  DECISIONS,
  type DecisionsDoc,
} from '../../server/ingest/confirmed-codes.ts'
import type { Table } from '../../server/store/types.ts'
import { decision, rig, type Rig } from '../ingest/support.ts'

let one: Rig
let rows: Table<ConfirmedDoc>
let decisions: Table<DecisionsDoc>
beforeAll(async () => {
  one = await rig([])
  rows = one.store.table(decision, CODE_MAPPINGS)
  decisions = one.store.table(decision, CODE_DECISIONS)
})
afterAll(() => one.close())

/** The table as it is, counting how often all of it is asked for. */
function counted(): { table: Table<ConfirmedDoc>; times: () => number } {
  let times = 0
  const table = Object.create(rows, {
    stream: {
      value: (...asked: Parameters<typeof rows.stream>) => {
        times++
        return rows.stream(...asked)
      },
    },
  }) as Table<ConfirmedDoc>
  return { table, times: () => times }
}

const decided = async (code: string, target: string): Promise<void> => {
  const coding = { system: 'http://loinc.org', code: target }
  await rows.put({ _id: code, source: 'lis', map: 'lab-item', system: 'urn:oid:1.2', code, applies: JSON.stringify({ coding: [coding] }) })
  await decisions.update({ _id: DECISIONS }, { inc: { n: 1 } })
}
const meant = (codes: ConfirmedCodes, code: string) =>
  codes.asking().translate('lis', { map: 'lab-item' as never, code, system: undefined })

test('twenty who ask at once behind a decision have it read once, and each knows it', async () => {
  await decisions.put({ _id: DECISIONS, n: 1 })
  await decided('A', '1-8')
  const { table, times } = counted()
  const codes = new ConfirmedCodes(table, decisions)
  await Promise.all(Array.from({ length: 20 }, () => codes.refresh()))
  expect(times()).toBe(1)
  expect(JSON.stringify(meant(codes, 'A'))).toContain('1-8')
  await codes.refresh()
  expect(times()).toBe(1)

  await decided('B', '2-6')
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      await codes.refresh()
      expect(JSON.stringify(meant(codes, 'B'))).toContain('2-6')
    }),
  )
  expect(times()).toBe(2)
})

test('a count that is behind, as of a database that was set back, is read as well', async () => {
  const { table, times } = counted()
  const codes = new ConfirmedCodes(table, decisions)
  await codes.refresh()
  await rows.delete({ _id: 'A' })
  await decisions.put({ _id: DECISIONS, n: 1 })
  await codes.refresh()
  expect(times()).toBe(2)
  expect(meant(codes, 'A')).toBeUndefined()
  expect(JSON.stringify(meant(codes, 'B'))).toContain('2-6')
})
