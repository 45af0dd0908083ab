/** The latest matches of each group, in one aggregation. The decision's filter stands before everything else: what is hidden takes no place. */
import type { Db, Document } from 'mongodb'
import type { Acc, Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { inRanges, linkedFilter } from './lookups.ts'
import type { LatestQuery } from './grouped-queries.ts'
import type { Latest } from './types.ts'

interface Row extends Document {
  _id: string
  at: Date
  sd?: Date
  acc: Acc
  k: string[]
  body?: Uint8Array
}

export async function latestOfGroups(db: Db, d: Decision, query: LatestQuery): Promise<Latest[]> {
  const { before, stages } = linkedFilter(d, query.type, query.plan)
  const pipeline = [{ $match: before }, ...stages, ...ranked(query), { $limit: query.most + 1 }]
  const options = { maxTimeMS: BOUNDS.searchMs, batchSize: query.most + 2, promoteBuffers: true }
  const rows = await db.collection(query.type).aggregate<Row>(pipeline, options).toArray()
  if (rows.length > query.most) throw new OutcomeError('too-costly')
  // The second gate: the same decision on each document that was found.
  return rows
    .filter(({ acc }) => d.permits(query.type, acc))
    .map(({ _id, at, sd, acc, k, body }) => ({
      type: query.type,
      id: _id,
      acc,
      at,
      keys: k,
      ...(sd ? { date: sd } : {}),
      ...(body ? { body } : {}),
    }))
}

/** A group has one text, for MongoDB partitions by no list; what has no date is behind all dates, the last stored first. */
function ranked({ start, count }: LatestQuery): Document[] {
  // A key that ends in a separator says that there is something without a code.
  const hasCode = { $not: [{ $regexMatch: { input: '$$this', regex: '[=|]$' } }] }
  const keys = { $filter: { input: '$keys', cond: { $and: [inRanges([start]), hasCode] } } }
  const joined = { $reduce: { input: '$k', initialValue: '', in: { $concat: ['$$value', '\u0001', '$$this'] } } }
  return [
    // Nothing large is sorted: of most only what ranks them is carried on.
    { $project: { at: 1, sd: 1, acc: 1, k: keys, body: { $cond: [{ $eq: [keys, []] }, '$body', '$$REMOVE'] } } },
    {
      $set: {
        g: { $cond: [{ $eq: ['$k', []] }, { $concat: ['\u0002', '$_id'] }, joined] },
        // Texts are lower than all dates, and no two of these are the same.
        w: { $ifNull: ['$sd', { $concat: [{ $dateToString: { date: '$at' } }, '$_id'] }] },
      },
    },
    { $setWindowFields: { partitionBy: '$g', sortBy: { w: -1 }, output: { r: { $rank: {} } } } },
    { $match: { r: { $lte: count } } },
    { $project: { g: 0, w: 0, r: 0 } },
  ]
}
