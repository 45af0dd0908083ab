/** Superseded versions. The current version stands in the type's own collection and is not repeated in its history. */
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { HISTORY_SUFFIX, type HistoryDoc, historyRange, historyToStored } from './documents.ts'
import type { Stored } from './types.ts'

/**
 * Versions of one resource, newest first. Nothing when the current version is not permitted; of the older ones those that
 * their own labels permit too, because a version may be about somebody else than the current one.
 */
export async function versionsOf(
  db: Db,
  d: Decision,
  current: Stored | undefined,
  options: { count: number; before?: number; since?: Date },
): Promise<Stored[]> {
  if (!current || !d.permits(current.type, current.acc)) return []
  const count = Math.min(options.count, BOUNDS.historyRows)
  const before = options.before ?? Number.POSITIVE_INFINITY
  const recent = (at: Date) => !options.since || at >= options.since
  const rows = current.v < before && recent(current.at) ? [current] : []
  if (rows.length >= count) return rows.slice(0, count)
  const older = await db
    .collection<HistoryDoc>(current.type + HISTORY_SUFFIX)
    .find(
      { _id: historyRange(current.id, before), ...(options.since ? { at: { $gte: options.since } } : {}) },
      { sort: { _id: -1 }, limit: count - rows.length, maxTimeMS: BOUNDS.searchMs },
    )
    .toArray()
  const permitted = older.map((doc) => historyToStored(current.type, doc)).filter((stored) => d.permits(stored.type, stored.acc))
  return [...rows, ...permitted]
}

/** One version, under the same two conditions. */
export async function versionOf(db: Db, d: Decision, current: Stored | undefined, v: number): Promise<Stored | undefined> {
  if (!current || !d.permits(current.type, current.acc)) return undefined
  if (current.v === v) return current
  const doc = await db
    .collection<HistoryDoc>(current.type + HISTORY_SUFFIX)
    .findOne({ _id: { $eq: { id: current.id, v } } }, { maxTimeMS: BOUNDS.searchMs })
  if (!doc) return undefined
  const stored = historyToStored(current.type, doc)
  return d.permits(stored.type, stored.acc) ? stored : undefined
}
