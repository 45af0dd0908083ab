/** Date parameters: the stored value and the search value are both intervals (R4 search.html 3.1.1.4.7). */
import { type Interval, parseDate, parsePeriod, withPlus } from '../../fhir/date.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { anyOf, type IntervalBound, type PlanNode } from '../plan.ts'
import { APPROXIMATION, type Prefix, splitPrefix } from './prefix.ts'
import type { Column, Criterion, IndexSink, PlanContext, SearchType } from './search-type.ts'

const POINTS: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant'])

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  const interval = intervalOf(value, datatype, sink)
  if (interval) sink.date(column.code, interval)
}

function intervalOf(value: unknown, datatype: string, sink: IndexSink): Interval | undefined {
  if (POINTS.has(datatype)) return typeof value === 'string' ? parseDate(value, sink.zone) : undefined
  if (value === null || typeof value !== 'object') return undefined
  const v = value as { start?: unknown; end?: unknown; event?: unknown; repeat?: { boundsPeriod?: { start?: unknown; end?: unknown } } }
  if (datatype === 'Period') return parsePeriod(v.start, v.end, sink.zone)
  if (datatype === 'Timing') return outerLimits(v, sink)
  return undefined
}

/** Of a Timing only the outer limits count: its events and the bounds of its repetition. */
function outerLimits(
  timing: { event?: unknown; repeat?: { boundsPeriod?: { start?: unknown; end?: unknown } } },
  sink: IndexSink,
): Interval | undefined {
  const events = Array.isArray(timing.event) ? timing.event : []
  const found = events.map((e) => (typeof e === 'string' ? parseDate(e, sink.zone) : undefined))
  const bounds = timing.repeat?.boundsPeriod
  const all: Interval[] = found.filter((i) => i !== undefined)
  const period = bounds && parsePeriod(bounds.start, bounds.end, sink.zone)
  if (period) all.push(period)
  if (all.length === 0) return undefined
  return { lo: Math.min(...all.map((i) => i.lo)), hi: Math.max(...all.map((i) => i.hi)) }
}

/** Prefix and interval of a search value. @throws OutcomeError parameter-invalid */
export function parseDateCriterion(criterion: Criterion, context: PlanContext): { prefix: Prefix; interval: Interval } {
  const { prefix, rest } = splitPrefix(withPlus(criterion.value))
  const interval = parseDate(rest, context.zone)
  if (!interval) throw new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
  return { prefix, interval: prefix === 'ap' ? approximate(interval, context.now()) : interval }
}

function approximate(interval: Interval, now: number): Interval {
  const middle = (interval.lo + interval.hi) / 2
  const slack = Math.round(Math.abs(now - middle) * APPROXIMATION)
  return { lo: interval.lo - slack, hi: interval.hi + slack }
}

/** Alternatives of which one must hold for a stored [lo, hi) against the search value [lo, hi). */
export function dateBounds(prefix: Prefix, { lo, hi }: Interval): { end: 'lo' | 'hi'; op: IntervalBound['op']; value: number }[][] {
  switch (prefix) {
    case 'eq':
      return [
        [
          { end: 'lo', op: '$gte', value: lo },
          { end: 'hi', op: '$lte', value: hi },
        ],
      ]
    case 'ne':
      return [[{ end: 'lo', op: '$lt', value: lo }], [{ end: 'hi', op: '$gt', value: hi }]]
    case 'gt':
      return [[{ end: 'hi', op: '$gt', value: hi }]]
    case 'lt':
      return [[{ end: 'lo', op: '$lt', value: lo }]]
    // gt or eq: what lies inside the search value starts at or behind its beginning; what does not is behind its end anyway.
    case 'ge':
      return [[{ end: 'lo', op: '$gte', value: lo }], [{ end: 'hi', op: '$gt', value: hi }]]
    case 'le':
      return [[{ end: 'hi', op: '$lte', value: hi }], [{ end: 'lo', op: '$lt', value: lo }]]
    case 'sa':
      return [[{ end: 'lo', op: '$gte', value: hi }]]
    case 'eb':
      return [[{ end: 'hi', op: '$lte', value: lo }]]
    case 'ap':
      return [
        [
          { end: 'lo', op: '$lt', value: hi },
          { end: 'hi', op: '$gt', value: lo },
        ],
      ]
  }
}

function plan(column: Column, criterion: Criterion, context: PlanContext): PlanNode {
  const { prefix, interval } = parseDateCriterion(criterion, context)
  const nodes = dateBounds(prefix, interval).map((bounds): PlanNode => {
    const where = bounds.map((b) => ({ ...b, value: new Date(b.value) }))
    return { kind: 'interval', field: 'dates', param: column.code, where }
  })
  return anyOf(nodes)
}

export const date: SearchType = { field: 'dates', separators: [], modifiers: new Set(), index, plan }
