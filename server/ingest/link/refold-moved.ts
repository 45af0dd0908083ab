/** Behind a commit: the links on which its fold relied may have changed while it was written. */
import { areOtherLinks, type StatementFor, type UsedLinks } from '../fold/stored.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { absorbRecord } from './absorb.ts'
import { refold } from './refold.ts'

/** What went into another record meanwhile goes there; what was folded by other links is folded once more. */
export async function refoldIfMoved(deps: IngestDeps, tables: IngestTables, used: UsedLinks, keys: readonly StatementFor[]): Promise<void> {
  if (used.persons.size === 0) return
  const [records, isOther] = await Promise.all([tables.records.getMany([...used.persons.keys()]), areOtherLinks(tables, used)])
  for (const { _id, absorbedBy } of records) if (absorbedBy !== null) await absorbRecord(deps, tables, _id, absorbedBy)
  if (isOther) await refold(deps, tables, keys)
}
