/** Search pages: filter, order, resume point, total. The decision's filter is part of every stage. */
import type { Db, Document } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import type { PlanNode, SortTerm } from '../search/plan.ts'
import { accFilter } from './acc-filter.ts'
import { checkTypeName } from './collections.ts'
import { dateField, PROJECTION, type StoredDoc, toStored } from './documents.ts'
import { findAtOnce } from './find-command.ts'
import { planFilter, type StoredFilter } from './plan-filter.ts'
import { behind, type Order, orderOf, toMark } from './sort.ts'
import type { PageMark, SearchPage, SearchQuery, Stored } from './types.ts'

/** Filter of current documents of `type` that match the plan and that the decision permits; deleted ones only on demand. */
export function visibleFilter(d: Decision, type: string, plan: PlanNode, tombstones = false): StoredFilter {
  checkTypeName(type)
  return { $and: [planFilter(plan), ...(tombstones ? [] : [NOT_DELETED]), ...accFilter(d.filter(type))] } as StoredFilter
}

const NOT_DELETED: StoredFilter = { deleted: { $ne: true } }

export async function searchPage(db: Db, d: Decision, query: SearchQuery): Promise<SearchPage> {
  const filter = visibleFilter(d, query.type, query.plan)
  const orders = ordersOf(query)
  const rows = query.count === 0 ? [] : await findRows(db, query, filter, orders)
  const total = await totalOf(db, query, filter, rows.length)
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
async function totalOf(db: Db, query: SearchQuery, filter: StoredFilter, rows: number): Promise<number | undefined> {
  if (query.total === 'none') return undefined
  if (query.after === undefined && query.count > 0 && rows <= query.count) return rows
  return countFiltered(db, query.type, filter)
}

export async function countFiltered(db: Db, type: string, filter: StoredFilter): Promise<number> {
  return db.collection<StoredDoc>(type).countDocuments(filter, { maxTimeMS: BOUNDS.searchMs })
}

interface Row {
  stored: Stored
  mark: PageMark
}

async function findRows(db: Db, query: SearchQuery, filter: StoredFilter, orders: Order[]): Promise<Row[]> {
  const [first] = orders
  const inIndexOrder = orders.length === 2 && first?.field !== undefined && (first.descending || first.field === 'at')
  if (orders.length === 1 || inIndexOrder) return findByField(db, query, filter, orders)
  return findComputed(db, query, filter, orders)
}

/** Orders on a stored field, where MongoDB's own order (missing is lowest) is ours: an index can deliver it. */
async function findByField(db: Db, query: SearchQuery, filter: StoredFilter, orders: Order[]): Promise<Row[]> {
  const fields = orders.map((order) => order.field as string)
  const resumed = query.after ? ({ $and: [filter, behind(query.after, orders, fields)] } as StoredFilter) : filter
  const sort = Object.fromEntries(orders.map((order, i) => [fields[i], order.descending ? -1 : 1])) as Record<string, 1 | -1>
  const projection = { ...PROJECTION, sd: 1 }
  const find = { filter: resumed, projection, sort, limit: query.count + 1, maxTimeMS: BOUNDS.searchMs }
  const docs = await findAtOnce<StoredDoc>(db, query.type, find)
  return docs.map((doc) => ({ stored: toStored(query.type, doc), mark: fields.map((field) => toMark(doc[field as 'sd'])) }))
}

/** Any other order: values are computed, the best rows are kept while scanning what the filter leaves. */
async function findComputed(db: Db, query: SearchQuery, filter: StoredFilter, orders: Order[]): Promise<Row[]> {
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
  const docs = await db
    .collection(query.type)
    .aggregate<StoredDoc & Record<string, unknown>>(
      [
        { $match: filter },
        { $project: { ...PROJECTION, ...Object.fromEntries(orders.map((order, i) => [`o${i}`, order.value])) } },
        ...(query.after ? [{ $match: behind(query.after, orders, fields) }] : []),
        ...(Object.keys(missing).length > 0 ? [{ $set: missing }] : []),
        { $sort: sort },
        { $limit: query.count + 1 },
      ],
      { maxTimeMS: BOUNDS.searchMs, batchSize: query.count + 2 },
    )
    .toArray()
  return docs.map((doc) => ({ stored: toStored(query.type, doc), mark: fields.map((field) => toMark(doc[field])) }))
}

/**
 * The order asked for, made total by id. Without one: newest main date first where a key narrows the search, since the
 * index delivers that; by id otherwise.
 */
function ordersOf({ type, sort, plan }: SearchQuery): Order[] {
  const terms = sort.length > 0 ? sort : [defaultTerm(plan)]
  const orders = terms.map((term) => orderOf(term, dateField(type)))
  if (orders.some((order) => order.field === '_id')) return orders.slice(0, orders.findIndex((order) => order.field === '_id') + 1)
  const first = orders[0] as Order
  // Against the first term's direction, as the indexes have it.
  return [...orders, { field: '_id', value: '$_id', descending: !first.descending, instant: false }]
}

const defaultTerm = (plan: PlanNode): SortTerm =>
  narrowedByKey(plan) ? { by: 'mainDate', param: '', descending: true } : { by: 'id', param: '', descending: false }

function narrowedByKey(plan: PlanNode): boolean {
  return plan.kind === 'keys' || (plan.kind === 'and' && plan.nodes.some(narrowedByKey))
}
