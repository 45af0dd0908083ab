/** Everything that stands under the keys of persons, whatever its type: the server's own work (relabelling). */
import type { Db, Document, Filter } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { accFilter } from './acc-filter.ts'
import { checkTypeName } from './collections.ts'
import { AUDIT_TYPE, HISTORY_SUFFIX, type HistoryDoc, historyToStored, PROJECTION, type StoredDoc, toStored } from './documents.ts'
import { guarded } from './failures.ts'
import { findAtOnce } from './find-command.ts'
import type { FindJointly } from './joint-finds.ts'
import type { StoreLog } from './log.ts'
import type { StoredFilter } from './plan-filter.ts'
import { batched, CURSOR } from './stream.ts'
import type { Labelled, PersonScope, PersonTypes, Stored } from './types.ts'

/**
 * A document about several persons may carry the stamp of one and lack that of another, which a list of stamps cannot
 * tell: it is always taken.
 */
export function scopeFilter({ persons, unless }: PersonScope): Document {
  const stands = { 'acc.p': { $in: persons.map(String) } }
  if (!unless || unless.length === 0) return stands
  return { ...stands, $or: [{ 'acc.e': { $nin: unless.map(String) } }, { 'acc.p.1': { $exists: true } }] }
}

/** Deleted documents too. The index `persons` is not named: a name would fail where another write is just making the collection. */
export function personBatches(db: Db, log: StoreLog, d: Decision, type: string, scope: PersonScope): AsyncGenerator<Stored[]> {
  checkTypeName(type)
  const filter = { $and: [scopeFilter(scope), ...accFilter(d.filter(type))] } as StoredFilter
  const cursor = db.collection<StoredDoc>(type).find(filter, { projection: PROJECTION, sort: { _id: 1 }, ...CURSOR })
  return batched(cursor, log, (doc) => toStored(type, doc), d)
}

/** As many documents as are told in one command; where there are more, all are read as a stream. */
const LABELLED_MAX = 1000

/** Deleted documents too. */
export async function labelsOfPersons(
  { db, log, findJointly }: { db: Db; log: StoreLog; findJointly: FindJointly },
  d: Decision,
  type: string,
  persons: readonly string[],
): Promise<Labelled[]> {
  checkTypeName(type)
  const filter = { $and: [scopeFilter({ persons }), ...accFilter(d.filter(type))] }
  const projection = { acc: 1, deleted: 1 }
  const docs = await guarded(log, () =>
    findJointly<StoredDoc>(type, { filter, projection, limit: LABELLED_MAX, maxTimeMS: BOUNDS.searchMs }),
  )
  if (docs.length < LABELLED_MAX)
    return docs.flatMap(({ _id: id, acc, deleted }) => (d.permits(type, acc) ? [{ type, id, acc, deleted: deleted === true }] : []))
  const all: Labelled[] = []
  for await (const batch of personBatches(db, log, d, type, { persons }))
    for (const { id, acc, deleted } of batch) all.push({ type, id, acc, deleted })
  return all
}

export function personHistoryBatches(db: Db, log: StoreLog, d: Decision, type: string, scope: PersonScope): AsyncGenerator<Stored[]> {
  checkTypeName(type)
  const filter = { $and: [scopeFilter(scope), ...accFilter(d.filter(type))] } as Filter<HistoryDoc>
  const cursor = db.collection<HistoryDoc>(type + HISTORY_SUFFIX).find(filter, { sort: { _id: 1 }, ...CURSOR })
  return batched(cursor, log, (doc) => historyToStored(type, doc), d)
}

/** In which collections something of the scope stands: one query over all of them. An older version may stand where no current one does. */
export async function typesOfPersons(db: Db, types: readonly string[], scope: PersonScope): Promise<PersonTypes> {
  const consented = types.filter((type) => type !== AUDIT_TYPE)
  const [first, ...rest] = [...consented, ...consented.map((type) => type + HISTORY_SUFFIX)]
  if (first === undefined) return { current: [], superseded: [] }
  const any = (name: string): Document[] => [
    { $match: scopeFilter(scope) },
    { $limit: 1 },
    { $project: { _id: 0, name: { $literal: name } } },
  ]
  const pipeline = [...any(first), ...rest.map((name) => ({ $unionWith: { coll: name, pipeline: any(name) } }))]
  const rows = await db.collection(first).aggregate<{ name: string }>(pipeline, { maxTimeMS: BOUNDS.searchMs }).toArray()
  const found = new Set(rows.map(({ name }) => name))
  return {
    current: consented.filter((type) => found.has(type)),
    superseded: consented.filter((type) => found.has(type + HISTORY_SUFFIX)),
  }
}

/** One look at the index of persons of each type. */
export async function areAboutSomebody(db: Db, types: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    types.map((type) => {
      checkTypeName(type)
      const filter = { 'acc.p': { $gte: '' }, deleted: { $ne: true } }
      return findAtOnce(db, type, { filter, projection: { _id: 1 }, limit: 1, maxTimeMS: BOUNDS.searchMs })
    }),
  )
  return found.some(({ length }) => length > 0)
}
