/** Search pages: filter, order, resume point, total. The decision's filter is part of every stage. */
import type { Db, Document } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import type { PlanNode, SortTerm } from '../search/plan.ts'
import { dateField, PROJECTION, type StoredDoc, toStored } from './documents.ts'
import { findAtOnce } from './find-command.ts'
import { linkedFilter, type Lookups } from './lookups.ts'
import { narrowedByKey, type StoredFilter } from './plan-filter.ts'
import { behind, type Order, orderOf, toMark } from './sort.ts'
import type { PageMark, SearchPage, SearchQuery, Stored } from './types.ts'

export async function searchPage(db: Db, d: Decision, query: SearchQuery): Promise<SearchPage> {
  const lookups = linkedFilter(d, query.type, query.plan)
  const orders = ordersOf(query)
  const rows = query.count === 0 ? [] : await findRows(db, query, lookups, orders)
  const total = await totalOf(db, query, lookups, rows.length)
  const page = rows.slice(0, query.count)
  const last = page.at(-1)
  const more = rows.length > query.count && last !== undefined
  return {
    // The second gate: the same decision on each document that was found.
    rows: page.map(({ stored }) => stored).filter((stored) => d.permits(query.type, stored.acc)),
    ...(total === undefined ? {} : { total }),
    ...(more ? { next: last.mark, beyond: (rows[query.count] as Row).stored } : {}),
  }
}

/** A first page that is not full tells the total by itself: most searches for one patient need no second query. */
async function totalOf(db: Db, query: SearchQuery, lookups: Lookups, rows: number): Promise<number | undefined> {
  if (query.total === 'none') return undefined
  if (query.after === undefined && query.count > 0 && rows <= query.count) return rows
  return countMatches(db, query.type, lookups)
}

export async function countMatches(db: Db, type: string, { before, stages }: Lookups): Promise<number> {
  const options = { maxTimeMS: BOUNDS.searchMs }
  if (stages.length === 0) return db.collection<StoredDoc>(type).countDocuments(before, options)
  const pipeline = [{ $match: before }, ...stages, { $count: 'n' }]
  const [row] = await db.collection(type).aggregate<{ n: number }>(pipeline, options).toArray()
  return row?.n ?? 0
}

interface Row {
  stored: Stored
  mark: PageMark
}

async function findRows(db: Db, query: SearchQuery, lookups: Lookups, orders: Order[]): Promise<Row[]> {
  const [first] = orders
  const inIndexOrder = orders.length === 2 && first?.field !== undefined && (first.descending || first.field === 'at')
  if (orders.length === 1 || inIndexOrder) return findByField(db, query, lookups, orders)
  return findComputed(db, query, lookups, orders)
}

/** Orders on a stored field, where MongoDB's own order (missing is lowest) is ours: an index can deliver it. */
async function findByField(db: Db, query: SearchQuery, { before, stages }: Lookups, orders: Order[]): Promise<Row[]> {
  const fields = orders.map((order) => order.field as string)
  const filter = query.after ? ({ $and: [before, behind(query.after, orders, fields)] } as StoredFilter) : before
  const sort = Object.fromEntries(orders.map((order, i) => [fields[i], order.descending ? -1 : 1])) as Record<string, 1 | -1>
  const projection = { ...PROJECTION, sd: 1 }
  const limit = query.count + 1
  const docs =
    stages.length === 0
      ? await findAtOnce<StoredDoc>(db, query.type, { filter, projection, sort, limit, maxTimeMS: BOUNDS.searchMs })
      : await aggregated<StoredDoc>(db, query, [
          { $match: filter },
          { $sort: sort },
          ...stages,
          { $limit: limit },
          { $project: projection },
        ])
  return docs.map((doc) => ({ stored: toStored(query.type, doc), mark: fields.map((field) => toMark(doc[field as 'sd'])) }))
}

/** Any other order: values are computed, the best rows are kept while scanning what the filter leaves. */
async function findComputed(db: Db, query: SearchQuery, { before, stages, fields: asked }: Lookups, orders: Order[]): Promise<Row[]> {
  const fields = orders.map((_, i) => `o${i}`)
  const sort: Record<string, 1 | -1> = {}
  const missing: Document = {}
  orders.forEach((order, i) => {
    if (!order.descending) {
      missing[`m${i}`] = { $eq: [`$o${i}`, null] }
      sort[`m${i}`] = 1
    }
    sort[`o${i}`] = order.descending ? -1 : 1
  })
  // Look-ups come behind the order, so that they end where the page is full; what is ordered until then is kept small.
  const kept: Document = stages.length === 0 ? PROJECTION : Object.fromEntries(asked.map((field) => [field, 1]))
  const docs = await aggregated<StoredDoc & Record<string, unknown>>(db, query, [
    { $match: before },
    { $project: { ...kept, ...Object.fromEntries(orders.map((order, i) => [`o${i}`, order.value])) } },
    ...(query.after ? [{ $match: behind(query.after, orders, fields) }] : []),
    ...(Object.keys(missing).length > 0 ? [{ $set: missing }] : []),
    { $sort: sort },
    ...stages,
    { $limit: query.count + 1 },
    ...(stages.length === 0 ? [] : wholeAgain(query.type)),
  ])
  return docs.map((doc) => ({ stored: toStored(query.type, doc), mark: fields.map((field) => toMark(doc[field])) }))
}

/** The stored document itself beside what the row has. */
const wholeAgain = (type: string): Document[] => [
  { $lookup: { from: type, localField: '_id', foreignField: '_id', pipeline: [{ $project: PROJECTION }], as: 'whole' } },
  { $replaceRoot: { newRoot: { $mergeObjects: ['$$ROOT', { $arrayElemAt: ['$whole', 0] }] } } },
]

function aggregated<T extends Document>(db: Db, { type, count }: SearchQuery, pipeline: Document[]): Promise<T[]> {
  return db
    .collection(type)
    .aggregate<T>(pipeline, { maxTimeMS: BOUNDS.searchMs, batchSize: count + 2 })
    .toArray()
}

/**
 * The order asked for, made total by id. Without one: newest main date first where a key narrows the search, since the
 * index delivers that; by id otherwise.
 */
function ordersOf({ type, sort, plan, after }: SearchQuery): Order[] {
  const terms = sort.length > 0 ? sort : [defaultTerm(plan, after)]
  const orders = terms.map((term) => orderOf(term, dateField(type)))
  if (orders.some((order) => order.field === '_id')) return orders.slice(0, orders.findIndex((order) => order.field === '_id') + 1)
  const first = orders[0] as Order
  // Against the first term's direction, as the indexes have it.
  return [...orders, { field: '_id', value: '$_id', descending: !first.descending, instant: false }]
}

/** A link may lead to few on one page and to many on the next: the order stays that of the first, which its mark shows. */
function defaultTerm(plan: PlanNode, after: PageMark | undefined): SortTerm {
  const byDate = after ? after.length > 1 : narrowedByKey(plan)
  return byDate ? { by: 'mainDate', param: '', descending: true } : { by: 'id', param: '', descending: false }
}
