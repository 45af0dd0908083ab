/** What the indexes of tables hold, and that each question of a table is answered by one: a row without a value costs no entry. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Document } from 'mongodb'
import { accessTables, ensureAccessIndexes } from '../../server/access/tables.ts'
import { ensureIngestIndexes, ingestTables } from '../../server/ingest/tables.ts'
import { opened, SYSTEM } from '../store/fixture.ts'

const context = opened()
const database = () => context.raw.db(context.database.database)

beforeAll(async () => {
  // As a release before made it.
  await context.store.table(SYSTEM, 'patient_records').ensureIndex({ blocks: 1 })
  await ensureIngestIndexes(ingestTables({ store: context.store, decision: SYSTEM }))
  await ensureAccessIndexes(accessTables(context.store))
  const rows: Record<string, Document[]> = {
    patient_records: [{ blocks: [] }, { blocks: ['k1', 'k2'] }, { blocks: ['k1'] }, {}],
    batch_words: [{}, { settledBy: '', reversedBy: '' }, { settledBy: 'm1' }, { settledBy: 'm2', reversedBy: 'm1' }],
    relations: [
      { organization: 'H1', users: [], persons: ['x'], patients: ['a'], end: null },
      { organization: 'H1', users: ['Practitioner/p'], persons: ['x'], patients: ['b'], end: null },
      { organization: '*', users: ['Practitioner/p'], persons: ['y'], patients: ['c', 'a'], end: null },
    ],
  }
  for (const [name, docs] of Object.entries(rows))
    await database()
      .collection<Document & { _id: string }>(name)
      .insertMany(docs.map((doc, at) => ({ _id: `row${at}`, ...doc })))
})

test.each([
  ['patient_records', 'blocks_1', 3],
  ['batch_words', 'settledBy_1', 2],
  ['batch_words', 'reversedBy_1', 1],
])('of %s the index %s holds what names something', async (table, index, entries) => {
  const { keysPerIndex } = await database().command({ validate: table })
  expect(keysPerIndex[index]).toBe(entries)
})

test.each([
  ['patient_records', { blocks: { $in: ['k1', 'k2'] } }, ['blocks_1'], 2],
  ['patient_records', { blocks: { $eq: 'k2' } }, ['blocks_1'], 1],
  ['batch_words', { settledBy: { $eq: 'm1' } }, ['settledBy_1'], 1],
  ['batch_words', { reversedBy: { $eq: 'm1' } }, ['reversedBy_1'], 1],
  // Whom somebody treats, at his organisation or in a CareTeam anywhere.
  [
    'relations',
    { organization: { $in: ['H1', '*'] }, users: { $eq: 'Practitioner/p' }, $or: [{ end: { $eq: null } }, { end: { $gt: new Date(0) } }] },
    ['organization_1_users_1_end_1'],
    2,
  ],
  // Persons that are joined or parted, and what is expunged.
  ['relations', { patients: { $in: ['a', 'c'] } }, ['patients_1'], 2],
  ['relations', { $or: [{ persons: { $in: ['y'] } }, { patients: { $in: ['b'] } }] }, ['patients_1', 'persons_1_organization_1'], 2],
])('in %s %j is answered by %j', async (table, filter, indexes, found) => {
  const explained = await database().collection(table).find(filter).explain('executionStats')
  const plan = JSON.stringify(explained.queryPlanner.winningPlan)
  const used = new Set([...plan.matchAll(/"indexName":"([^"]+)"/g)].map(([, name]) => name))
  expect([[...used].sort(), plan.includes('COLLSCAN'), explained.executionStats.nReturned]).toEqual([indexes, false, found])
})
