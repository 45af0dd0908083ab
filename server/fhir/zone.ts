/** UTC offsets of an IANA time zone, from a table made once: Intl alone costs microseconds for every date. */

const DAY = 86_400_000
/** Years between which changes of the offset are looked up beforehand; outside, Intl is asked each time. */
const TABLE_FROM = Date.UTC(1880, 0, 1)
const TABLE_TO = Date.UTC(2100, 0, 1)
/** No zone changes its offset twice within this time for good reason. */
const STEP = 14 * DAY

export interface Zone {
  readonly name: string
  /** milliseconds to add to UTC for local time at this instant */
  offsetAt(instant: number): number
  /** instant of a local wall-clock time, given as if it were UTC; in a gap or overlap, the earlier offset counts */
  toInstant(local: number): number
}

const zones = new Map<string, Zone>()

/** The zone of this IANA name (or `UTC`). @throws RangeError when the runtime does not know it */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const made = makeZone(name)
  zones.set(name, made)
  return made
}

function makeZone(name: string): Zone {
  const ask = intlOffset(name)
  let table: { starts: number[]; offsets: number[] } | undefined
  const offsetAt = (instant: number): number => {
    if (!(instant >= TABLE_FROM && instant < TABLE_TO)) return ask(instant)
    table ??= transitions(ask)
    return table.offsets[lastAtOrBefore(table.starts, instant)] ?? ask(instant)
  }
  const toInstant = (local: number): number => {
    const first = local - offsetAt(local - DAY)
    if (first + offsetAt(first) === local) return first
    const second = local - offsetAt(local + DAY)
    if (second + offsetAt(second) === local) return second
    return first
  }
  return { name, offsetAt, toInstant }
}

function intlOffset(name: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  return (instant) => {
    const whole = Math.floor(instant / 1000) * 1000
    const parts: Record<string, string> = {}
    for (const p of format.formatToParts(whole)) parts[p.type] = p.value
    const year = parts.era?.startsWith('B') ? 1 - Number(parts.year) : Number(parts.year)
    const local =
      utc(year, Number(parts.month), Number(parts.day)) +
      (Number(parts.hour) * 3600 + Number(parts.minute) * 60 + Number(parts.second)) * 1000
    return local - whole
  }
}

/** Date.UTC takes the years 0 to 99 for 1900 to 1999; this does not. Month from 1. */
export function utc(year: number, month: number, day: number): number {
  return year > 99 ? Date.UTC(year, month - 1, day) : new Date(0).setUTCFullYear(year, month - 1, day)
}

function transitions(ask: (instant: number) => number): { starts: number[]; offsets: number[] } {
  const starts = [TABLE_FROM]
  let before = ask(TABLE_FROM)
  const offsets = [before]
  for (let at = TABLE_FROM; at < TABLE_TO; at += STEP) {
    const after = ask(at + STEP)
    if (after === before) continue
    starts.push(changeBetween(at, at + STEP, before, ask))
    offsets.push(after)
    before = after
  }
  return { starts, offsets }
}

function changeBetween(from: number, to: number, before: number, ask: (instant: number) => number): number {
  let low = from
  let high = to
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000
    if (ask(middle) === before) low = middle
    else high = middle
  }
  return high
}

function lastAtOrBefore(starts: number[], instant: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? Number.POSITIVE_INFINITY) <= instant) low = middle
    else high = middle - 1
  }
  return low
}
