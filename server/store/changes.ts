/**
 * Versions of whole types, newest first (R4 http.html#history): what stands and what was superseded, in one order. A version
 * is found where its own labels and those of the current one are permitted; its place (time, type, id) never changes, so that
 * a page goes on behind any of them while writes go on.
 *
 * Places first, bodies then: of each type as many places are looked for as the page has, of all types together few are shown.
 */
import type { Db, Document } from 'mongodb'
import type { AccFilter, Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { accFilter } from './acc-filter.ts'
import { checkTypeName } from './collections.ts'
import { HISTORY_SUFFIX, type HistoryDoc, historyToStored, PROJECTION, type StoredDoc, toStored } from './documents.ts'
import { findAtOnce } from './find-command.ts'
import { withRevivals } from './revivals.ts'
import type { ChangesQuery, PageMark, SearchPage, Stored } from './types.ts'

/** Where a version stands in the order: no two versions have the same time, type and id. */
interface Place {
  type: string
  id: string
  v: number
  at: Date
}

export async function changesPage(db: Db, d: Decision, query: ChangesQuery): Promise<SearchPage> {
  for (const type of query.types) checkTypeName(type)
  const after = query.after === undefined ? undefined : placeOf(query.after)
  const found = await Promise.all(query.types.map((type) => placesOf(db, d, type, query, after)))
  const places = distinct(found.flat())
    .sort(newestFirst)
    .slice(0, query.count + 1)
  const versions = await load(db, d, places)
  const shown = places.slice(0, query.count)
  const last = shown.at(-1)
  const more = places.length > query.count && last !== undefined
  const beyond = versions.get(nameOf(places[query.count]))
  return {
    rows: shown.flatMap((place) => versions.get(nameOf(place)) ?? []),
    ...(more ? { next: [last.at.getTime(), last.type, last.id] } : {}),
    ...(more && beyond ? { beyond } : {}),
  }
}

const nameOf = (place: Place | undefined): string => (place ? `${place.type}/${place.id}/${place.v}` : '')

/** @throws OutcomeError page-invalid */
function placeOf([at, type, id]: PageMark): Omit<Place, 'v'> {
  if (typeof at !== 'number' || typeof type !== 'string' || typeof id !== 'string') throw new OutcomeError('page-invalid')
  return { at: new Date(at), type, id }
}

function newestFirst(a: Place, b: Place): number {
  if (a.at.getTime() !== b.at.getTime()) return b.at.getTime() - a.at.getTime()
  if (a.type !== b.type) return a.type < b.type ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** A version that is superseded between the two look-ups is found by both. */
const distinct = (places: readonly Place[]): Place[] => [...new Map(places.map((place) => [nameOf(place), place])).values()]

/**
 * What stands is looked for before what was superseded: a version goes from there to here and never back, so that one that
 * is replaced meanwhile is missed by neither.
 */
async function placesOf(db: Db, d: Decision, type: string, query: ChangesQuery, after: Omit<Place, 'v'> | undefined): Promise<Place[]> {
  const filter = d.filter(type)
  const permitted: Document[] = [...ofPersons(filter), ...accFilter(filter)]
  const limit = query.count + 1
  const standing = await findAtOnce<StoredDoc>(db, type, {
    filter: allOf([...permitted, ...bounds(query, type, '_id', after)]),
    projection: { v: 1, at: 1 },
    sort: { at: -1, _id: 1 },
    limit,
    maxTimeMS: BOUNDS.searchMs,
  })
  const superseded = await db
    .collection<HistoryDoc>(type + HISTORY_SUFFIX)
    .aggregate<Pick<HistoryDoc, '_id' | 'at'>>(
      [
        { $match: allOf([...permitted, ...bounds(query, type, '_id.id', after)]) },
        { $sort: { at: -1, '_id.id': 1 } },
        ...ofPermitted(type, permitted),
        ...(query.during ? stillCurrent(type, permitted, query.during.from) : []),
        { $limit: limit },
        { $project: { at: 1 } },
      ],
      { maxTimeMS: BOUNDS.searchMs, batchSize: limit + 1 },
    )
    .toArray()
  return [
    // An AuditEvent has one version, which is not stored.
    ...standing.map(({ _id, v, at }) => ({ type, id: _id, v: v ?? 1, at })),
    ...superseded.map(({ _id, at }) => ({ type, id: _id.id, v: _id.v, at })),
  ]
}

/** Who may see certain persons' alone, by whichever clause: what is about them is found by an index, whatever else there is. */
function ofPersons(filter: AccFilter): Document[] {
  if (filter.all || filter.anyOf.some(({ persons }) => persons === undefined)) return []
  return [{ 'acc.p': { $in: [...new Set(filter.anyOf.flatMap(({ persons = [] }) => persons))] } }]
}

const allOf = (conditions: Document[]): Document => (conditions.length === 0 ? {} : { $and: conditions })

function bounds({ since, during }: ChangesQuery, type: string, id: '_id' | '_id.id', after: Omit<Place, 'v'> | undefined): Document[] {
  return [
    ...(since ? [{ at: { $gte: since } }] : []),
    ...(during ? [{ at: { $lt: during.until } }] : []),
    ...(after ? behind(type, id, after) : []),
  ]
}

function behind(type: string, id: '_id' | '_id.id', after: Omit<Place, 'v'>): Document[] {
  if (type !== after.type) return [{ at: { [type < after.type ? '$lt' : '$lte']: after.at } }]
  // Says once more what the alternatives say together, in the form from which the index takes its starting point.
  const alternatives = [{ at: { $lt: after.at } }, { at: { $eq: after.at }, [id]: { $gt: after.id } }]
  return [{ at: { $lte: after.at } }, { $or: alternatives }]
}

/** Of an older version the current one has to be permitted too: what hides it now hides all that was before. */
function ofPermitted(type: string, permitted: Document[]): Document[] {
  return [
    {
      $lookup: {
        from: type,
        localField: '_id.id',
        foreignField: '_id',
        pipeline: [{ $match: allOf(permitted) }, { $project: { at: 1 } }],
        as: 'current',
      },
    },
    { $match: { 'current.0': { $exists: true } } },
  ]
}

const VERSION_MAX = 1_000_000_000

/**
 * What began at or before `from` was current then if no later version had begun by then. Only versions that are permitted
 * count as later ones: when a hidden one was written is not told.
 */
function stillCurrent(type: string, permitted: Document[], from: Date): Document[] {
  return [
    {
      $lookup: {
        from: type + HISTORY_SUFFIX,
        let: { self: '$_id', end: { id: '$_id.id', v: VERSION_MAX } },
        pipeline: [
          { $match: { $expr: { $and: [{ $gt: ['$_id', '$$self'] }, { $lt: ['$_id', '$$end'] }] } } },
          { $match: allOf([{ at: { $lte: from } }, ...permitted]) },
          { $limit: 1 },
          { $project: { _id: 1 } },
        ],
        as: 'later',
      },
    },
    { $match: { $or: [{ at: { $gt: from } }, { 'current.0.at': { $gt: from }, 'later.0': { $exists: false } }] } },
  ]
}

/** The versions at these places, each behind the second gate, and so is the current one of each. */
async function load(db: Db, d: Decision, places: readonly Place[]): Promise<Map<string, Stored>> {
  const found = await Promise.all([...Map.groupBy(places, ({ type }) => type)].map(([type, list]) => loadType(db, d, type, list)))
  return new Map(found.flat().map((version) => [nameOf(version), version]))
}

async function loadType(db: Db, d: Decision, type: string, places: readonly Place[]): Promise<Stored[]> {
  const ids = [...new Set(places.map(({ id }) => id))]
  const options = { maxTimeMS: BOUNDS.searchMs }
  const filter = { _id: { $in: ids } }
  const docs = await findAtOnce<StoredDoc>(db, type, { filter, projection: PROJECTION, limit: ids.length, ...options })
  const currents = new Map(docs.map((doc) => [doc._id, toStored(type, doc)]))
  const permitted = places.filter(({ id }) => {
    const current = currents.get(id)
    return current !== undefined && d.permits(type, current.acc)
  })
  const names = permitted.flatMap(({ id, v }) => (currents.get(id)?.v === v ? [] : [{ id, v }]))
  const older =
    names.length === 0
      ? []
      : await findAtOnce<HistoryDoc>(db, type + HISTORY_SUFFIX, { filter: { _id: { $in: names } }, limit: names.length, ...options })
  const standing = permitted.flatMap(({ id, v }) => {
    const current = currents.get(id)
    return current?.v === v ? [current] : []
  })
  const superseded = older.map((doc) => historyToStored(type, doc)).filter((version) => d.permits(type, version.acc))
  return withRevivals(db, d, type, [...standing, ...superseded])
}
