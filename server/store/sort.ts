/**
 * Orders of a search page, and where a page left off. Missing values come last in either direction, as R4 leaves open;
 * equal rows are told apart by id, so that an order is total and a page can resume behind any row.
 *
 * A repeated element sorts by the value that comes earliest in the direction asked for (R4 search.html#_sort): the lowest
 * going up, the highest going down.
 */
import type { Document } from 'mongodb'
import type { SortTerm } from '../search/plan.ts'
import { pathName, prefixRange } from './plan-filter.ts'
import type { PageMark } from './types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

/** One term ready for the database. */
export interface Order {
  /** stored field that holds the value as it is; absent when it has to be computed */
  field?: 'sd' | 'at' | '_id'
  /** expression of the value, null when missing */
  value: Document | string
  descending: boolean
  /** how a mark's value is written: instants as milliseconds */
  instant: boolean
  /** a number, which may be without an end (`<5`): JSON has no such number, so a mark has its name */
  numeric?: true
}

/** Keys of one parameter begin with its name and one of these: string, token, reference, uri. */
const KEY_SEPARATORS = ['~', ':', '>', '=']

export function orderOf(term: SortTerm, date: 'sd' | 'at' = 'sd'): Order {
  const descending = term.descending
  switch (term.by) {
    case 'id':
      return { field: '_id', value: '$_id', descending, instant: false }
    case 'lastUpdated':
      return { field: 'at', value: '$at', descending, instant: true }
    case 'mainDate':
      return { field: date, value: { $ifNull: [`$${date}`, null] }, descending, instant: true }
    case 'dates':
      return { value: { $ifNull: [outermost(term), null] }, descending, instant: true }
    case 'nums':
      // What is measured in units of UCUM by what it is in base units: 5.4 mmol/L is less than 6000 umol/L.
      return { value: { $ifNull: [outermost(term, 'c.'), outermost(term), null] }, descending, instant: false, numeric: true }
    case 'keys':
      return { value: keyValue(pathName(term.param), descending), descending, instant: false }
    default:
      throw new TypeError(`unknown order ${String(term.by satisfies never)}`)
  }
}

function outermost({ by, param, descending }: SortTerm, within = ''): Document {
  return { [descending ? '$max' : '$min']: `$${by}.${pathName(param)}.${within}${descending ? 'hi' : 'lo'}` }
}

function keyValue(param: string, descending: boolean): Document {
  const candidates = KEY_SEPARATORS.map((separator) => {
    const { $gte, $lt } = prefixRange(param + separator)
    const own = { $filter: { input: { $ifNull: ['$keys', []] }, cond: { $and: [{ $gte: ['$$this', $gte] }, { $lt: ['$$this', $lt] }] } } }
    return { [descending ? '$max' : '$min']: own }
  })
  return { $ifNull: [`$sorts.${param}.${descending ? 'hi' : 'lo'}`, ...candidates, null] }
}

/**
 * Expression that is true for rows behind the mark in the order given; `fields` name the computed values.
 * @throws OutcomeError page-invalid when the mark does not fit the order
 */
export function behind(mark: PageMark, orders: readonly Order[], fields: readonly string[]): Document {
  if (mark.length !== orders.length) throw new OutcomeError('page-invalid')
  const alternatives: Document[] = []
  const equalSoFar: Document[] = []
  orders.forEach((order, i) => {
    const field = fields[i] as string
    const value = markValue(mark[i], order)
    const later = laterThan(field, value, order.descending)
    if (later) alternatives.push({ $and: [...equalSoFar, later] })
    equalSoFar.push({ [field]: { $eq: value } })
  })
  return { $and: [firstBound(fields[0] as string, markValue(mark[0], orders[0] as Order), orders[0] as Order), { $or: alternatives }] }
}

/** Says once more what the alternatives say together, in the form from which an index takes its starting point. */
function firstBound(field: string, value: string | number | Date | null, order: Order): Document {
  if (value === null) return { [field]: { $eq: null } }
  return { [field]: { $not: { [order.descending ? '$gt' : '$lt']: value } } }
}

function laterThan(field: string, value: string | number | Date | null, descending: boolean): Document | undefined {
  // Nothing is behind a missing value but what the next term tells apart.
  if (value === null) return undefined
  const beyond = { [field]: { [descending ? '$lt' : '$gt']: value } }
  return { $or: [beyond, { [field]: { $eq: null } }] }
}

function markValue(value: string | number | null | undefined, order: Order): string | number | Date | null {
  if (value === null) return null
  if (order.numeric && (value === 'Infinity' || value === '-Infinity')) return Number(value)
  if (order.numeric && typeof value !== 'number') throw new OutcomeError('page-invalid')
  if (order.instant && typeof value === 'number' && Number.isFinite(value)) return new Date(value)
  if (!order.instant && (typeof value === 'string' || typeof value === 'number')) return value
  throw new OutcomeError('page-invalid')
}

/** A row's value as it stands in a mark. */
export function toMark(value: unknown): string | number | null {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return typeof value === 'string' || typeof value === 'number' ? value : null
}
