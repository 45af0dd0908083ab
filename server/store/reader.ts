/** Current documents by id; requests of the same moment share a query. */
import type { Db } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { PROJECTION, type StoredDoc } from './documents.ts'
import { findAtOnce } from './find-command.ts'
import type { FindJointly } from './joint-finds.ts'
import { sharedReads } from './shared-reads.ts'

/** Those of these ids that are there, in their order. */
export type ReadByIds = (type: string, ids: readonly string[]) => Promise<StoredDoc[]>

const READS = { lanes: BOUNDS.readLanes, keysMax: BOUNDS.readGroupIds }

/** @param find how a query of one type is asked; absent: as a command of its own */
export function createReader(db: Db, find: FindJointly = (type, query) => findAtOnce(db, type, query)): ReadByIds {
  const byType = new Map<string, (ids: readonly string[]) => Promise<StoredDoc[]>>()

  const readsOf = (type: string) => {
    const known = byType.get(type)
    if (known) return known
    const reads = sharedReads((ids: string[]) => findAll(find, type, ids), READS)
    byType.set(type, reads)
    return reads
  }

  return (type, ids) => readsOf(type)([...new Set(ids)])
}

async function findAll(find: FindJointly, type: string, ids: string[]): Promise<Map<string, StoredDoc>> {
  const filter = ids.length === 1 ? { _id: { $eq: ids[0] as string } } : { _id: { $in: ids } }
  const docs = await find<StoredDoc>(type, { filter, projection: PROJECTION, limit: ids.length, maxTimeMS: BOUNDS.searchMs })
  return new Map(docs.map((doc) => [doc._id, doc]))
}
