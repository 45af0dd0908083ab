/** Current documents by id; requests of the same moment share a query. */
import type { Db } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { PROJECTION, type StoredDoc } from './documents.ts'
import { findAtOnce } from './find-command.ts'
import { sharedReads } from './shared-reads.ts'

/** Those of these ids that are there, in their order. */
export type ReadByIds = (type: string, ids: readonly string[]) => Promise<StoredDoc[]>

const READS = { lanes: BOUNDS.readLanes, keysMax: BOUNDS.readGroupIds }

export function createReader(db: Db): ReadByIds {
  const byType = new Map<string, (ids: readonly string[]) => Promise<StoredDoc[]>>()

  const readsOf = (type: string) => {
    const known = byType.get(type)
    if (known) return known
    const reads = sharedReads((ids: string[]) => findAll(db, type, ids), READS)
    byType.set(type, reads)
    return reads
  }

  return (type, ids) => readsOf(type)([...new Set(ids)])
}

async function findAll(db: Db, type: string, ids: string[]): Promise<Map<string, StoredDoc>> {
  const filter = ids.length === 1 ? { _id: { $eq: ids[0] as string } } : { _id: { $in: ids } }
  const docs = await findAtOnce<StoredDoc>(db, type, { filter, projection: PROJECTION, limit: ids.length, maxTimeMS: BOUNDS.searchMs })
  return new Map(docs.map((doc) => [doc._id, doc]))
}
