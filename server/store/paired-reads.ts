/** Look-ups of the same ids in two tables: they begin together, and so are one command (joint-finds.ts). */
import { BOUNDS } from '../config/bounds.ts'
import { checkTableName } from './collections.ts'
import { guarded } from './failures.ts'
import type { FindJointly } from './joint-finds.ts'
import type { StoreLog } from './log.ts'
import { sharedReads } from './shared-reads.ts'
import type { Pair, TableDoc } from './types.ts'

/** Shared as those of one table are (shared-reads.ts). */
export function pairedReads<A extends TableDoc, B extends TableDoc>(
  findJointly: FindJointly,
  log: StoreLog,
  [first, second]: readonly [string, string],
): (ids: readonly string[]) => Promise<Pair<A, B>[]> {
  for (const name of [first, second]) checkTableName(name)
  return sharedReads<string, Pair<A, B>>((ids) => guarded(log, () => pairsOf<A, B>(findJointly, [first, second], ids)), {
    lanes: BOUNDS.readLanes,
    keysMax: BOUNDS.tableGroupIds,
  })
}

async function pairsOf<A extends TableDoc, B extends TableDoc>(
  findJointly: FindJointly,
  [first, second]: readonly [string, string],
  ids: readonly string[],
): Promise<Map<string, Pair<A, B>>> {
  const those = { filter: { _id: ids.length === 1 ? { $eq: ids[0] } : { $in: ids } }, limit: ids.length }
  const [left, right] = await Promise.all([findJointly<A>(first, those), findJointly<B>(second, those)])
  const pairs = new Map<string, Pair<A, B>>()
  for (const row of left) pairs.set(String(row._id), { first: row })
  for (const row of right) pairs.set(String(row._id), { ...pairs.get(String(row._id)), second: row })
  return pairs
}
