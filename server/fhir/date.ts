/** FHIR date, dateTime and instant as intervals of instants; partial and zone-less values are resolved in a default zone. */
import { utc, type Zone } from './zone.ts'

/** `lo` inclusive, `hi` exclusive, milliseconds since 1970. */
export interface Interval {
  lo: number
  hi: number
}

export type DatePrecision = 'year' | 'month' | 'day' | 'minute' | 'second' | 'millisecond'

export interface FhirDate extends Interval {
  precision: DatePrecision
  /** whether the text had a zone of its own */
  zoned: boolean
}

/** Ends of an open Period: the first and last instants that a JavaScript Date (and a BSON date) can hold. */
export const PAST = -8_640_000_000_000_000
export const FUTURE = 8_640_000_000_000_000

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,20}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/

/**
 * Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` and dateTimes to the minute, second or fraction, with or without zone. Fractions
 * finer than a millisecond are cut to it. Undefined for anything else: wrong form, 24:00, 30 February, zone over 14 hours.
 * A leap second (`:60`) is counted into the next minute.
 */
export function parseDate(text: string, zone: Zone): Readonly<FhirDate> | undefined {
  let known = read.get(zone)
  if (!known) {
    known = new Map()
    read.set(zone, known)
  }
  const found = known.get(text)
  if (found !== undefined) return found ?? undefined
  const made = readDate(text, zone)
  if (text.length > KEPT_LENGTH_MAX) return made
  if (known.size >= KEPT_MAX) known.clear()
  known.set(text, made ?? null)
  return made
}

/** By zone what was read last, null for what is no date: labels, search keys and rules read the same few times of a resource. */
const read = new WeakMap<Zone, Map<string, Readonly<FhirDate> | null>>()
const KEPT_MAX = 2_000
const KEPT_LENGTH_MAX = 40

/** `+` in an address that was not percent-encoded arrives as a space: the only place where a date can have one. */
const BROKEN_PLUS = /^([^T]*T[^ ]*) (\d{2}:\d{2})$/

/** A date of an address, also behind a prefix of a search, with the plus that its zone was sent with. */
export const withPlus = (text: string): string => text.replace(BROKEN_PLUS, '$1+$2')

function readDate(text: string, zone: Zone): FhirDate | undefined {
  const m = DATE.exec(text)
  if (!m) return undefined
  const year = Number(m[1])
  const month = m[2] === undefined ? 1 : Number(m[2])
  const day = m[3] === undefined ? 1 : Number(m[3])
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (m[2] === undefined) return between(utc(year, 1, 1), utc(year + 1, 1, 1), 'year', zone)
  if (m[3] === undefined) return between(utc(year, month, 1), utc(year, month + 1, 1), 'month', zone)
  if (m[4] === undefined) return between(utc(year, month, day), utc(year, month, day + 1), 'day', zone)
  return parseTime(m, utc(year, month, day), zone)
}

function parseTime(m: RegExpExecArray, midnight: number, zone: Zone): FhirDate | undefined {
  const hour = Number(m[4])
  const minute = Number(m[5])
  const second = Number(m[6] ?? 0)
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const local = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + (m[7] === undefined ? 0 : Number(m[7].slice(0, 3).padEnd(3, '0')))
  const precision = m[6] === undefined ? 'minute' : m[7] === undefined ? 'second' : 'millisecond'
  const offset = m[8] === undefined ? undefined : zoneOffset(m[8])
  if (offset === null) return undefined
  const lo = offset === undefined ? zone.toInstant(local) : local - offset
  return { lo, hi: lo + WIDTH[precision], precision, zoned: offset !== undefined }
}

const WIDTH = { minute: 60_000, second: 1000, millisecond: 1 } as const

function between(from: number, to: number, precision: DatePrecision, zone: Zone): FhirDate {
  return { lo: zone.toInstant(from), hi: zone.toInstant(to), precision, zoned: false }
}

/** Milliseconds east of UTC; null when no place has such an offset. */
function zoneOffset(text: string): number | null {
  if (text === 'Z') return 0
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6))
  if (minutes > 14 * 60 || Number(text.slice(4, 6)) > 59) return null
  return (text[0] === '-' ? -1 : 1) * minutes * 60_000
}

function daysIn(year: number, month: number): number {
  return (utc(year, month + 1, 1) - utc(year, month, 1)) / 86_400_000
}

/** A Period's interval; a missing or unreadable side is open. Undefined when neither side can be read. */
export function parsePeriod(start: unknown, end: unknown, zone: Zone): Interval | undefined {
  const from = typeof start === 'string' ? parseDate(start, zone) : undefined
  const to = typeof end === 'string' ? parseDate(end, zone) : undefined
  if (!from && !to) return undefined
  return { lo: from?.lo ?? PAST, hi: to?.hi ?? FUTURE }
}
