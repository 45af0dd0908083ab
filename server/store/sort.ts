/**
 * Orders of a search page, and where a page left off. Missing values come last in either direction, as R4 leaves open;
 * equal rows are told apart by id, so that an order is total and a page can resume behind any row.
 *
 * A repeated element sorts by the value that comes earliest in the direction asked for (R4 search.html#_sort): the lowest
 * going up, the highest going down.
 */
import type { Document } from 'mongodb'
import type { SortPlace, SortTerm } from '../search/plan.ts'
import { pathName } from './path-name.ts'
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
}

export function orderOf(term: SortTerm, date: 'sd' | 'at' = 'sd'): Order {
  const descending = term.descending
  const best = descending ? '$max' : '$min'
  switch (term.by) {
    case 'id':
      return { field: '_id', value: '$_id', descending, instant: false }
    case 'lastUpdated':
      return { field: 'at', value: '$at', descending, instant: true }
    case 'mainDate':
      return { field: date, value: { $ifNull: [`$${date}`, null] }, descending, instant: true }
    case 'dates':
      return { value: outermost(term, (path) => `${path}.${descending ? 'hi' : 'lo'}`), descending, instant: true }
    case 'nums':
      return { value: outermost(term, (path) => finiteEnds(path, descending)), descending, instant: false }
    case 'keys':
      return { value: keyValue(term.places ?? [], best), descending, instant: false }
    default:
      throw new TypeError(`unknown order ${String(term.by satisfies never)}`)
  }
}

/** Of all places of the parameter the one that comes first; null where it has none. */
function outermost({ by, param, more = [], descending }: SortTerm, endsOf: (path: string) => Document | string): Document {
  const best = descending ? '$max' : '$min'
  const ends = [param, ...more].map((one) => ({ [best]: endsOf(`$${by}.${pathName(one)}`) }))
  return { $ifNull: [ends.length === 1 ? ends[0] : { [best]: ends }, null] }
}

/**
 * What is measured in units of UCUM by what it is in base units: 5.4 mmol/L is less than 6000 umol/L. An end that is open (`<5` goes
 * down without one) sorts as the value itself, in base units as its other end: no mark can hold what is infinite.
 */
function finiteEnds(path: string, descending: boolean): Document {
  const [end, other] = descending ? ['hi', 'lo'] : ['lo', 'hi']
  const open = descending ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  const stands = { $ifNull: [`$$this.c.${end}`, `$$this.${end}`] }
  const instead = { $ifNull: [`$$this.c.${other}`, '$$this.v'] }
  return { $map: { input: { $ifNull: [path, []] }, in: { $cond: [{ $eq: [stands, open] }, instead, stands] } } }
}

/** Of several places the values are compared without what tells the places apart. */
function keyValue(places: readonly SortPlace[], best: '$min' | '$max'): Document {
  const values = places.map((place) => {
    const { prefix, sorts } = place
    const read = sorts === undefined ? [] : [`$sorts.${pathName(sorts)}.${best === '$min' ? 'lo' : 'hi'}`]
    const key = { $ifNull: [...read, { [best]: keysWithin(place) }, null] }
    if (places.length === 1) return key
    const bare = { $substrBytes: ['$$key', Buffer.byteLength(prefix), -1] }
    return { $let: { vars: { key }, in: { $cond: [{ $eq: ['$$key', null] }, null, bare] } } }
  })
  return values.length === 1 ? (values[0] as Document) : { $ifNull: [{ [best]: values }, null] }
}

const TYPE_ALONE = '>[A-Z][A-Za-z]*/$'

function keysWithin({ range: [from, to], skipsTypes }: SortPlace): Document {
  const isWithin = [{ $gte: ['$$this', { $literal: from }] }, { $lt: ['$$this', { $literal: to }] }]
  const isValue = skipsTypes ? [{ $not: [{ $regexMatch: { input: '$$this', regex: TYPE_ALONE } }] }] : []
  return { $filter: { input: { $ifNull: ['$keys', []] }, cond: { $and: [...isWithin, ...isValue] } } }
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
  if (order.instant && typeof value === 'number' && Number.isFinite(value)) return new Date(value)
  if (!order.instant && (typeof value === 'string' || typeof value === 'number')) return value
  throw new OutcomeError('page-invalid')
}

/** A row's value as it stands in a mark. */
export function toMark(value: unknown): string | number | null {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'string' || typeof value === 'number' ? value : null
}
