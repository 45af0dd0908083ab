/**
 * All that stands under the keys of persons in one command, whatever its type: of most there is so little that one answer of the database holds it,
 * and a look for the types with a find of each one's current and superseded documents behind it costs both processes many times as much.
 */
import type { Db, Document } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { accFilter } from './acc-filter.ts'
import { checkTypeName } from './collections.ts'
import { AUDIT_TYPE, HISTORY_SUFFIX, type HistoryDoc, historyToStored, PROJECTION, type StoredDoc, toStored } from './documents.ts'
import { scopeFilter } from './of-persons.ts'
import type { PersonRows, PersonScope, Stored } from './types.ts'

/** More than most persons have, and few beside what it takes to label so many anew. */
const ROWS_MAX = 1000

/** Where the documents of one type stand. */
interface Place {
  type: string
  superseded: boolean
}

/**
 * In order of id and version of each type; AuditEvents are left out.
 * @param passed is left out where it still stands at that version
 * @returns undefined where there is more than one answer holds, or the database did not answer: the reads of each type tell what is wrong, if it still is
 */
export async function rowsOfPersons(
  db: Db,
  d: Decision,
  types: readonly string[],
  scope: PersonScope,
  passed: PersonRows = { current: [], superseded: [] },
): Promise<PersonRows | undefined> {
  const consented = types.filter((type) => type !== AUDIT_TYPE)
  const places = [false, true].flatMap((superseded) => consented.map((type): Place => ({ type, superseded })))
  const left = [false, true].map((superseded) => Map.groupBy(superseded ? passed.superseded : passed.current, ({ type }) => type))
  const parts = places.map(({ type, superseded }, at) => {
    checkTypeName(type)
    const without = stillThere(left[Number(superseded)]?.get(type) ?? [], superseded)
    const match = { $match: { $and: [scopeFilter(scope), ...accFilter(d.filter(type)), ...without] } }
    return { coll: superseded ? type + HISTORY_SUFFIX : type, pipeline: [match, { $project: { ...PROJECTION, place: { $literal: at } } }] }
  })
  const docs = await together(db, parts)
  if (!docs) return undefined
  const found: PersonRows = { current: [], superseded: [] }
  for (const doc of docs) {
    const { type, superseded } = places[doc.place] as Place
    const row = superseded ? historyToStored(type, doc as unknown as HistoryDoc) : toStored(type, doc as unknown as StoredDoc)
    if (d.permits(type, row.acc)) (superseded ? found.superseded : found.current).push(row)
  }
  found.current.sort(byId)
  found.superseded.sort(byId)
  return found
}

const byId = (a: Stored, b: Stored): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.v - b.v)

/** By few clauses, as there are few versions; under names that no index has, so that the one of persons is taken. */
function stillThere(rows: readonly Stored[], superseded: boolean): Document[] {
  if (rows.length === 0) return []
  const [id, version] = superseded ? ['_id.id', '_id.v'] : ['_id', 'v']
  const versions = Map.groupBy(rows, ({ v }) => v)
  return [{ $nor: [...versions].map(([v, those]) => ({ [version]: { $eq: v }, [id]: { $in: those.map((row) => row.id) } })) }]
}

type Placed = Document & { place: number }

async function together(db: Db, [first, ...others]: readonly { coll: string; pipeline: Document[] }[]): Promise<Placed[] | undefined> {
  if (!first) return []
  const pipeline = [...first.pipeline, ...others.map((other) => ({ $unionWith: other })), { $limit: ROWS_MAX + 1 }]
  const cursor = { batchSize: ROWS_MAX + 2 }
  const command = { aggregate: first.coll, pipeline, cursor, readConcern: { level: 'majority' }, maxTimeMS: BOUNDS.searchMs }
  const answer = await db.command(command, { promoteBuffers: true }).catch(() => undefined)
  if (!answer) return undefined
  if (String(answer.cursor.id) === '0') return answer.cursor.firstBatch.length > ROWS_MAX ? undefined : answer.cursor.firstBatch
  await db.command({ killCursors: first.coll, cursors: [answer.cursor.id] }).catch(() => undefined)
  return undefined
}
