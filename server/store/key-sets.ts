/** Which keys stand together in the resources of a type, in one aggregation. The decision's filter stands before everything else. */
import type { Db, Document } from 'mongodb'
import type { Acc, Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { inRanges, linkedFilter } from './lookups.ts'
import { prefixRange } from './plan-filter.ts'
import type { KeySetsQuery } from './grouped-queries.ts'
import type { KeySet } from './types.ts'

interface Row extends Document {
  _id: string[]
  id: string
  acc: Acc
}

export async function keySetsOf(db: Db, d: Decision, { type, starts, most }: KeySetsQuery): Promise<KeySet[]> {
  const { before } = linkedFilter(d, type, { kind: 'everything' })
  const pipeline = [
    { $match: before },
    { $project: { acc: 1, k: { $filter: { input: '$keys', cond: amongThese(starts) } } } },
    { $match: { k: { $ne: [] } } },
    { $group: { _id: '$k', id: { $first: '$_id' }, acc: { $first: '$acc' } } },
    { $limit: most + 1 },
  ]
  const rows = await db
    .collection(type)
    .aggregate<Row>(pipeline, { maxTimeMS: BOUNDS.searchMs, batchSize: most + 2 })
    .toArray()
  if (rows.length > most) throw new OutcomeError('too-costly')
  // The second gate: the same decision on the document that stands for the set.
  return rows.filter(({ acc }) => d.permits(type, acc)).map(({ _id, id, acc }) => ({ type, id, acc, keys: _id }))
}

/** Most keys of a resource lie outside of them all, and one look at their ends is enough: there are millions of keys. */
function amongThese(starts: readonly string[]): Document {
  const ends = starts.map((start) => prefixRange(start).$lt).sort()
  return { $and: [{ $lt: ['$$this', { $literal: ends.at(-1) }] }, inRanges(starts)] }
}
