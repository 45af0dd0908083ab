/**
 * Versions that brought a deleted resource back (R4 http.html#delete). They made it, as their answer said (201, R4 http.html#update), and
 * only the version before tells that.
 */
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { HISTORY_SUFFIX, type HistoryDoc } from './documents.ts'
import { findAtOnce } from './find-command.ts'
import type { Stored } from './types.ts'

const nameOf = (id: string, v: number): string => `${id}/${v}`

/**
 * Versions of one type, with those marked that stand behind a deletion. One that the decision does not permit is told by
 * nothing: what stands behind it is as what stands behind any other version.
 */
export async function withRevivals(db: Db, d: Decision, type: string, rows: Stored[]): Promise<Stored[]> {
  const updates = rows.filter(({ method, v }) => method === 'PUT' && v > 1)
  const known = new Map(rows.map((row) => [nameOf(row.id, row.v), row.deleted]))
  const others = updates.filter(({ id, v }) => !known.has(nameOf(id, v - 1))).map(({ id, v }) => ({ id, v: v - 1 }))
  if (others.length > 0) {
    const filter = { _id: { $in: others }, deleted: true }
    const find = { filter, projection: { acc: 1 }, limit: others.length, maxTimeMS: BOUNDS.searchMs }
    const deletions = await findAtOnce<Pick<HistoryDoc, '_id' | 'acc'>>(db, type + HISTORY_SUFFIX, find)
    for (const { _id, acc } of deletions) if (d.permits(type, acc)) known.set(nameOf(_id.id, _id.v), true)
  }
  const revived = new Set(updates.filter(({ id, v }) => known.get(nameOf(id, v - 1))))
  return revived.size === 0 ? rows : rows.map((row) => (revived.has(row) ? { ...row, revived: true } : row))
}
