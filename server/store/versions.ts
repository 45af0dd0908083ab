/** Superseded versions. The current version stands in the type's own collection and is not repeated in its history. */
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { HISTORY_SUFFIX, type HistoryDoc, historyRange, historyToStored } from './documents.ts'
import { withRevivals } from './revivals.ts'
import type { Stored, VersionsQuery } from './types.ts'

/**
 * Versions of one resource, newest first. Nothing when the current version is not permitted; of the older ones those that
 * their own labels permit too, because a version may be about somebody else than the current one. They are looked through
 * until enough are found: a bound on those looked at would let hidden ones cut off visible ones.
 */
export async function versionsOf(db: Db, d: Decision, current: Stored | undefined, options: VersionsQuery): Promise<Stored[]> {
  if (!current || !d.permits(current.type, current.acc)) return []
  return withRevivals(db, d, current.type, await permittedVersions(db, d, current, options))
}

async function permittedVersions(db: Db, d: Decision, current: Stored, options: VersionsQuery): Promise<Stored[]> {
  const count = Math.min(options.count, BOUNDS.historyRows)
  const rows: Stored[] = []
  let before = options.before ?? Number.POSITIVE_INFINITY
  if (current.v < before && !takes(options, rows, current)) return rows
  while (rows.length < count) {
    const limit = count - rows.length
    const older = await superseded(db, current, before, options, limit)
    for (const version of older) {
      if (d.permits(version.type, version.acc) && !takes(options, rows, version)) return rows
    }
    const last = older.at(-1)
    if (!last || older.length < limit) return rows
    before = last.v
  }
  return rows
}

/** Adds the version if it is of the time asked for; false when nothing older can be. Versions are as old as their numbers say. */
function takes({ since, during }: VersionsQuery, rows: Stored[], version: Stored): boolean {
  if (since && version.at < since) return false
  if (!during || version.at < during.until) rows.push(version)
  // What was current when the time began ends the list. A hidden version does not: when it was written is not told.
  return !during || version.at > during.from
}

async function superseded(db: Db, current: Stored, before: number, { since, during }: VersionsQuery, limit: number): Promise<Stored[]> {
  const at = { ...(since ? { $gte: since } : {}), ...(during ? { $lt: during.until } : {}) }
  const docs = await db
    .collection<HistoryDoc>(current.type + HISTORY_SUFFIX)
    .find(
      { _id: historyRange(current.id, before), ...(Object.keys(at).length > 0 ? { at } : {}) },
      { sort: { _id: -1 }, limit, maxTimeMS: BOUNDS.searchMs },
    )
    .toArray()
  return docs.map((doc) => historyToStored(current.type, doc))
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
