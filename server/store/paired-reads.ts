/** Look-ups of the same ids in two tables by one command: it takes little more of the processors than one of them. */
import type { Db, Document } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { checkTableName } from './collections.ts'
import { guarded } from './failures.ts'
import type { StoreLog } from './log.ts'
import { sharedReads } from './shared-reads.ts'
import type { Pair, TableDoc } from './types.ts'

/** Shared as those of one table are (shared-reads.ts). */
export function pairedReads<A extends TableDoc, B extends TableDoc>(
  db: Db,
  log: StoreLog,
  [first, second]: readonly [string, string],
): (ids: readonly string[]) => Promise<Pair<A, B>[]> {
  for (const name of [first, second]) checkTableName(name)
  return sharedReads<string, Pair<A, B>>((ids) => guarded(log, () => pairsOf<A, B>(db, [first, second], ids)), {
    lanes: BOUNDS.readLanes,
    keysMax: BOUNDS.tableGroupIds,
  })
}

async function pairsOf<A extends TableDoc, B extends TableDoc>(
  db: Db,
  [first, second]: readonly [string, string],
  ids: readonly string[],
): Promise<Map<string, Pair<A, B>>> {
  const those = { $match: { _id: ids.length === 1 ? { $eq: ids[0] } : { $in: ids } } }
  const other = { $unionWith: { coll: second, pipeline: [those, { $replaceWith: { second: '$$ROOT' } }] } }
  const pipeline = [those, { $replaceWith: { first: '$$ROOT' } }, other]
  const pairs = new Map<string, Pair<A, B>>()
  for (const row of await rowsOf(db, first, pipeline, 2 * ids.length)) {
    const id = String((row.first ?? row.second)._id)
    pairs.set(id, { ...pairs.get(id), ...row })
  }
  return pairs
}

/** As find-command.ts does: what does not fit into one answer, or fails on the way, takes the driver's cursor, which repeats it. */
async function rowsOf(db: Db, collection: string, pipeline: Document[], most: number): Promise<Document[]> {
  const options = { promoteBuffers: true }
  try {
    const command = { aggregate: collection, pipeline, cursor: { batchSize: most + 1 }, readConcern: { level: 'majority' } }
    const { cursor } = await db.command(command, options)
    if (String(cursor.id) === '0') return cursor.firstBatch as Document[]
  } catch {
    // The cursor tells what is wrong, if it still is.
  }
  return db.collection(collection).aggregate(pipeline, options).toArray()
}
