/** What is asked of the inbox: which payloads, and how many at once. */
import { parseDate } from '../../fhir/date.ts'
import type { Zone } from '../../fhir/zone.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import type { PayloadDoc, PayloadStatus } from '../types.ts'

/** All that is named must hold; what is absent is any. */
export interface InboxFilter {
  source?: string
  /** client that sent it */
  sender?: string
  statuses?: PayloadStatus[]
  /** code of something that was wrong with it */
  issue?: string
  /** received at it or later, and before it */
  from?: Date
  until?: Date
}

export interface InboxAsked {
  filter: InboxFilter
  count: number
  after?: Place
  /** whether all that match are to be counted */
  total: boolean
}

/** Where a page ended; those of one moment are in the order of their ids. */
export interface Place {
  at: Date
  id: string
}

type Query = Readonly<Record<string, unknown>>

export const STATUSES: readonly PayloadStatus[] = ['received', 'processing', 'stored', 'stored-with-issues', 'quarantined', 'rejected']
const FILTERS = ['source', 'sender', 'status', 'issue', 'from', 'to']
const NAME = /^[A-Za-z0-9.-]{1,64}$/
const PAGE_DEFAULT = 50

/** @throws OutcomeError parameter-unknown, parameter-invalid */
export function inboxAsked(query: Query, zone: Zone): InboxAsked {
  refuseOthers(query, [...FILTERS, '_count', '_total', 'after'])
  const after = textOf(query, 'after')
  const total = textOf(query, '_total')
  if (total !== undefined && total !== 'none' && total !== 'accurate') throw invalid('_total')
  return {
    filter: filterOf(query, zone),
    count: countOf(textOf(query, '_count')),
    total: total !== 'none',
    ...(after !== undefined && { after: placeOf(after) }),
  }
}

/** @throws OutcomeError parameter-unknown, parameter-invalid */
export function filterAsked(query: Query, zone: Zone): InboxFilter {
  refuseOthers(query, FILTERS)
  return filterOf(query, zone)
}

function filterOf(query: Query, zone: Zone): InboxFilter {
  const statuses = statusesAsked(query)
  const [source, sender, issue] = ['source', 'sender', 'issue'].map((name) => nameOf(query, name))
  const from = instantOf(query, 'from', zone)?.lo
  const until = instantOf(query, 'to', zone)?.hi
  return {
    ...(source !== undefined && { source }),
    ...(sender !== undefined && { sender }),
    ...(statuses && { statuses }),
    ...(issue !== undefined && { issue }),
    ...(from !== undefined && { from: new Date(from) }),
    ...(until !== undefined && { until: new Date(until) }),
  }
}

/** undefined: any. @throws OutcomeError parameter-invalid: one that is none, or that is named twice, would be all of them */
export function statusesAsked(query: Query): PayloadStatus[] | undefined {
  const statuses = textOf(query, 'status')?.split(',')
  if (statuses?.some((status) => !STATUSES.includes(status as PayloadStatus))) throw invalid('status')
  return statuses as PayloadStatus[] | undefined
}

export function refuseOthers(query: Query, known: readonly string[]): void {
  const other = Object.keys(query).find((name) => !known.includes(name))
  if (other === undefined) return
  const name = other.slice(0, INGEST_BOUNDS.labelCharactersMax)
  throw new OutcomeError('parameter-unknown', { expression: ['http.query'], params: { name } })
}

const invalid = (name: string): OutcomeError => new OutcomeError('parameter-invalid', { expression: [`http.${name}`], params: { name } })

function textOf(query: Query, name: string): string | undefined {
  const value = query[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '') throw invalid(name)
  return value
}

/**
 * The source that is asked for, or '' for all that the asker sees.
 * @throws OutcomeError parameter-invalid: one that is named twice would be all of them
 */
export const sourceAsked = (query: Query): string => (query.source === '' ? '' : (nameOf(query, 'source') ?? ''))

function nameOf(query: Query, name: string): string | undefined {
  const value = textOf(query, name)
  if (value !== undefined && !NAME.test(value)) throw invalid(name)
  return value
}

/** A date, a month or an instant as FHIR writes them: `from` is its first moment, `to` its last. */
function instantOf(query: Query, name: string, zone: Zone): { lo: number; hi: number } | undefined {
  // A plus in an address is a space: the zone of an instant is written with it all the same.
  const value = textOf(query, name)?.replace(' ', '+')
  if (value === undefined) return undefined
  const read = parseDate(value, zone)
  if (!read) throw invalid(name)
  return read
}

function countOf(text: string | undefined): number {
  if (text === undefined) return PAGE_DEFAULT
  if (!/^\d{1,4}$/.test(text) || Number(text) > INGEST_BOUNDS.listPageMax) throw invalid('_count')
  return Number(text)
}

export const placeText = ({ at, id }: Place): string => Buffer.from(`${at.getTime()}|${id}`).toString('base64url')

function placeOf(text: string): Place {
  const [, at, id] = /^(\d{1,15})\|([A-Za-z0-9_-]{1,64})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (at === undefined || id === undefined || placeText({ at: new Date(Number(at)), id }) !== text) throw invalid('after')
  return { at: new Date(Number(at)), id }
}

/** @param sources those whose payloads may be seen */
export function whereOf(filter: InboxFilter, sources: readonly string[]): Record<string, unknown> {
  const { source, sender, statuses, issue, from, until } = filter
  const seen = source === undefined ? sources : sources.filter((id) => id === source)
  return {
    source: { $in: [...seen] },
    ...(sender !== undefined && { client: sender }),
    ...(statuses && { status: { $in: statuses } }),
    ...(issue !== undefined && { problems: issue }),
    ...((from ?? until) && { receivedAt: { ...(from && { $gte: from }), ...(until && { $lt: until }) } }),
  }
}

/** What comes behind a place where the newest, or the oldest, go first. The first bound alone says where an index is entered. */
export function behind(place: Place | undefined, direction: 'older' | 'newer'): Record<string, unknown> {
  if (!place) return {}
  const [from, beyond] = direction === 'older' ? (['$lte', '$lt'] as const) : (['$gte', '$gt'] as const)
  const { at, id } = place
  return { $and: [{ receivedAt: { [from]: at } }, { $or: [{ receivedAt: { [beyond]: at } }, { receivedAt: at, _id: { [beyond]: id } }] }] }
}

export const placeAfter = ({ receivedAt, _id }: Pick<PayloadDoc, 'receivedAt' | '_id'>): Place => ({ at: receivedAt, id: _id })
