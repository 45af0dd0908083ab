/**
 * Dates and times of Chinese source systems to FHIR (formats.md D4 to D6). What was sent to the day stays a date; a time
 * without a zone is in the zone of the context and gets that zone's offset, so that it can be compared.
 */
import { zoneOf } from '../../../server/fhir/zone.ts'
import { toHalfWidth } from './text.ts'

/** value absent and no flaw: a sentinel that means "no date" */
export interface DateReading {
  value?: string
  flaw?: 'date-invalid'
}

interface Parts {
  year: number
  month?: number
  day?: number
  hour?: number
  minute?: number
  second?: number
  fraction?: string
  offset?: string
}

const INVALID: DateReading = { flaw: 'date-invalid' }
const YEAR_MIN = 1850
const YEAR_MAX = 2200
const LENGTH_MAX = 40

const OFFSET = String.raw`(Z|[+-]\d{2}:?\d{2})?`
const COMPACT = new RegExp(String.raw`^(\d{4})(\d{2})?(\d{2})?[T ]?(\d{2})?:?(\d{2})?:?(\d{2})?(?:\.?(\d{1,9}))?\s*${OFFSET}$`)
const DELIMITED = new RegExp(
  String.raw`^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?日?月?(?:[T ]*(\d{1,2})[:时](\d{1,2})?(?:[:分](\d{1,2}))?[分秒]?(?:\.(\d{1,9}))?\s*${OFFSET})?$`,
)

function parse(text: string): Parts | undefined {
  const plain = toHalfWidth(text.trim())
  if (plain.length > LENGTH_MAX) return undefined
  const match = COMPACT.exec(plain) ?? DELIMITED.exec(plain)
  if (!match) return undefined
  const number = (at: number) => (match[at] === undefined ? undefined : Number(match[at]))
  const parts: Parts = { year: Number(match[1]) }
  const names = ['month', 'day', 'hour', 'minute', 'second'] as const
  for (const [at, name] of names.entries()) {
    const value = number(at + 2)
    if (value !== undefined) parts[name] = value
  }
  if (match[7]) parts.fraction = match[7]
  if (match[8]) parts.offset = match[8] === 'Z' ? 'Z' : `${match[8].slice(0, 3)}:${match[8].slice(-2)}`
  return parts
}

/** 1900-01-01, 9999-12-31 and 0000-00-00 with whatever time: filled in because the column demands a date. */
function isSentinel({ year, month, day }: Parts): boolean {
  if (year === 0) return (month ?? 0) === 0 && (day ?? 0) === 0
  return (year === 1900 && month === 1 && day === 1) || (year === 9999 && month === 12 && day === 31)
}

function isValid({ year, month, day, hour, minute = 0, second = 0 }: Parts): boolean {
  if (year < YEAR_MIN || year > YEAR_MAX) return false
  if (month === undefined) return day === undefined && hour === undefined
  if (month < 1 || month > 12) return false
  if (day === undefined) return hour === undefined
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return false
  if (hour === undefined) return true
  if (hour === 24) return minute === 0 && second === 0
  return hour < 24 && minute < 60 && second < 60
}

const two = (value: number) => String(value).padStart(2, '0')

function dateText({ year, month, day }: Parts): string {
  return `${year}${month === undefined ? '' : `-${two(month)}`}${day === undefined ? '' : `-${two(day)}`}`
}

/** 24:00 is the next day's 00:00 (D5). */
function withoutHour24(parts: Parts): Parts {
  if (parts.hour !== 24) return parts
  const next = new Date(Date.UTC(parts.year, (parts.month ?? 1) - 1, (parts.day ?? 1) + 1))
  return { ...parts, year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate(), hour: 0 }
}

/** FHIR `date` (to the year, month or day as sent); a time behind it is left out. */
export function readDate(text: string): DateReading {
  const parts = parse(text)
  if (!parts) return INVALID
  if (isSentinel(parts)) return {}
  return isValid(parts) ? { value: dateText(parts) } : INVALID
}

/**
 * FHIR `dateTime`. Zone: IANA name for times without one. Seconds that were not sent are zero-filled, as FHIR asks; a
 * date without a time stays a date.
 */
export function readDateTime(text: string, zone: string): DateReading {
  const parsed = parse(text)
  if (!parsed) return INVALID
  if (isSentinel(parsed)) return {}
  if (!isValid(parsed)) return INVALID
  const parts = withoutHour24(parsed)
  if (parts.hour === undefined) return { value: dateText(parts) }
  const fraction = parts.fraction ? `.${parts.fraction}` : ''
  const local = `${dateText(parts)}T${two(parts.hour)}:${two(parts.minute ?? 0)}:${two(parts.second ?? 0)}`
  return { value: `${local}${fraction}${parts.offset ?? offsetOf(local, zone)}` }
}

/** The instant (ISO, UTC) of a FHIR date or dateTime; a date stands for its first moment in the zone. */
export function instantOf(dateTime: string, zone: string): string {
  if (dateTime.includes('T')) return new Date(dateTime).toISOString()
  const [year = '', month = '01', day = '01'] = dateTime.split('-')
  const local = `${year}-${month}-${day}T00:00:00`
  return new Date(local + offsetOf(local, zone)).toISOString()
}

/** Offset (`+08:00`) of a local time (`2026-03-05T09:15:00`) in a zone. */
export function offsetOf(local: string, zone: string): string {
  const wall = Date.parse(`${local}Z`)
  const minutes = Math.round((wall - zoneOf(zone).toInstant(wall)) / 60_000)
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
}
