/** Physical removal of resources with all their versions (legal deletion): no tombstone of the store's own is left behind. */
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { CLAIMS, checkTypeName } from './collections.ts'
import { AUDIT_TYPE, HISTORY_SUFFIX, type HistoryDoc, historyRange, type StoredDoc } from './documents.ts'
import type { ClaimDoc } from './unit-plan.ts'

/**
 * Idempotent. History goes first, so that what a crash leaves is still found by its current version; claims of conditional
 * creates go with what they stood for. The account of uses is never touched.
 */
export async function expungeResources(db: Db, d: Decision, type: string, ids: readonly string[]): Promise<void> {
  checkTypeName(type)
  requireServer(d, type)
  if (ids.length === 0) return
  const history = db.collection<HistoryDoc>(type + HISTORY_SUFFIX)
  const all = ids.map((id) => ({ deleteMany: { filter: { _id: historyRange(String(id), Number.POSITIVE_INFINITY) } } }))
  await history.bulkWrite(all as Parameters<typeof history.bulkWrite>[0], { ordered: false })
  await db.collection<StoredDoc>(type).deleteMany({ _id: { $in: ids.map(String) } })
  await db.collection<ClaimDoc>(CLAIMS).deleteMany({ 'value.target': { $in: ids.map((id) => `${type}/${id}`) } })
}

/** Single superseded versions: of a resource that is another person's by now. */
export async function expungeVersions(db: Db, d: Decision, type: string, versions: readonly { id: string; v: number }[]): Promise<void> {
  checkTypeName(type)
  requireServer(d, type)
  if (versions.length === 0) return
  const keys = versions.map(({ id, v }) => ({ id: String(id), v: Number(v) }))
  await db.collection<HistoryDoc>(type + HISTORY_SUFFIX).deleteMany({ _id: { $in: keys } })
}

/** A decision that filters anything is an asker's: askers do not remove. */
function requireServer(d: Decision, type: string): void {
  if (type === AUDIT_TYPE) throw new TypeError('the account of uses is kept')
  if (!d.filter(type).all) throw new TypeError('only the server itself removes')
}
