/** New labels or a new index on documents as they stand: no new version, since nothing of the resource changes. */
import type { Db, Document } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { HISTORY_SUFFIX, INDEX_COLUMNS, indexColumns } from './documents.ts'
import type { Restamp } from './types.ts'

const WRITE_CONCERN = { w: 'majority' as const, j: true, wtimeout: BOUNDS.mongoWriteConcernMs }

/** Answers how many stood at the version, and under the stamps, seen and are stamped now. */
export async function restampDocuments(db: Db, type: string, changes: readonly Restamp[]): Promise<number> {
  let matched = 0
  for (let at = 0; at < changes.length; at += BOUNDS.restampBatch) {
    const batch = changes.slice(at, at + BOUNDS.restampBatch)
    const current = batch.filter((change) => !change.superseded)
    const superseded = batch.filter((change) => change.superseded)
    matched += await update(
      db,
      type,
      current.map((change) => ({
        q: { _id: { $eq: change.id }, v: { $eq: change.v }, ...stoodAt(change) },
        u: changeOf(change),
      })),
    )
    matched += await update(
      db,
      type + HISTORY_SUFFIX,
      superseded.map(({ id, v, ...change }) => ({
        q: { _id: { $eq: { id, v } }, ...stoodAt(change) },
        u: { $set: { acc: change.acc } },
      })),
    )
  }
  return matched
}

const stoodAt = ({ stood, persons }: Pick<Restamp, 'stood' | 'persons'>): Document => ({
  ...(stood ? { 'acc.e': { $eq: [...stood] } } : {}),
  ...(persons ? { 'acc.p': { $eq: [...persons] } } : {}),
})

function changeOf({ acc, index }: Restamp): Document {
  const columns = index ? indexColumns(index) : {}
  const gone = index ? INDEX_COLUMNS.filter((name) => !(name in columns)) : []
  return {
    $set: { ...(acc ? { acc } : {}), ...columns },
    ...(gone.length > 0 ? { $unset: Object.fromEntries(gone.map((name) => [name, ''])) } : {}),
  }
}

async function update(db: Db, collection: string, updates: Document[]): Promise<number> {
  if (updates.length === 0) return 0
  const reply = await db.command({ update: collection, updates, ordered: false, writeConcern: WRITE_CONCERN })
  if (reply.writeErrors || reply.writeConcernError) throw new OutcomeError('busy', {}, { 'Retry-After': '1' })
  return Number(reply.n)
}
