/**
 * Quantity parameters: number and unit of the same repetition (R4 search.html 3.1.1.4.11). A unit of UCUM that is asked for
 * with its system finds all that it can be converted to; any other one is compared as it stands.
 */
import { justAbove, justBelow } from '../../fhir/decimal.ts'
import { plus, type Rational, rational, times, toDouble } from '../../fhir/rational.ts'
import { inBase, UCUM_SYSTEM, type UcumUnit, ucumUnit } from '../../fhir/ucum.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import type { IntervalBound, NumberRange, PlanNode } from '../plan.ts'
import { numberBounds, numberNode, parseNumberCriterion } from './number.ts'
import type { Column, Criterion, IndexSink, SearchType } from './search-type.ts'

const QUANTITIES: ReadonlySet<string> = new Set(['Quantity', 'Age', 'Duration', 'Count', 'Distance', 'SimpleQuantity'])
const CURRENCIES = 'urn:iso:std:iso:4217'
/** Readings of one SampledData that are looked at for its outer limits. */
const SAMPLES_MAX = 100_000

interface Quantity {
  value?: unknown
  comparator?: unknown
  unit?: unknown
  system?: unknown
  code?: unknown
}

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  if (value === null || typeof value !== 'object') return
  const range = QUANTITIES.has(datatype) ? ofQuantity(value) : ofOther(value as Record<string, unknown>, datatype)
  if (range) sink.num(column.code, range)
}

function ofQuantity(q: Quantity): NumberRange | undefined {
  if (typeof q.value !== 'number') return undefined
  const unit = unitOf(q)
  const based = unit && inBase(q.value, unit)
  return {
    ...withComparator(q.value, q.comparator),
    v: q.value,
    ...units(q),
    ...(unit && based !== undefined ? { c: { ...withComparator(based, q.comparator), u: unit.base } } : {}),
  }
}

/** The unit of UCUM that is meant; undefined for a code that is none, whatever its system says. */
const unitOf = ({ system, code }: Quantity): UcumUnit | undefined =>
  system === UCUM_SYSTEM && typeof code === 'string' && code !== '' ? ucumUnit(code) : undefined

/** `<5` stands for all below 5. */
function withComparator(v: number, comparator: unknown): { lo: number; hi: number } {
  if (comparator === '<') return { lo: Number.NEGATIVE_INFINITY, hi: justBelow(v) }
  if (comparator === '<=') return { lo: Number.NEGATIVE_INFINITY, hi: v }
  if (comparator === '>=') return { lo: v, hi: Number.POSITIVE_INFINITY }
  if (comparator === '>') return { lo: justAbove(v), hi: Number.POSITIVE_INFINITY }
  return { lo: v, hi: v }
}

/** `S|C`, `|C` without system, and `C` alone for code and printed unit. */
function units(q: Quantity): { u?: string[] } {
  const code = typeof q.code === 'string' && q.code !== '' ? q.code : undefined
  const system = typeof q.system === 'string' ? q.system : ''
  const keys = new Set<string>()
  if (code !== undefined) keys.add(`${system}|${code}`).add(code)
  if (typeof q.unit === 'string' && q.unit !== '') keys.add(q.unit)
  return keys.size === 0 ? {} : { u: [...keys] }
}

function ofOther(value: Record<string, unknown>, datatype: string): NumberRange | undefined {
  if (datatype === 'Money') return ofQuantity({ value: value.value, system: CURRENCIES, code: value.currency })
  if (datatype === 'Range') return ofRange(value as { low?: Quantity; high?: Quantity })
  if (datatype === 'SampledData') return ofSamples(value)
  return undefined
}

function ofRange({ low, high }: { low?: Quantity; high?: Quantity }): NumberRange | undefined {
  const lo = typeof low?.value === 'number' ? low.value : undefined
  const hi = typeof high?.value === 'number' ? high.value : undefined
  const v = lo ?? hi
  if (v === undefined) return undefined
  const ends = { lo: lo ?? Number.NEGATIVE_INFINITY, hi: hi ?? Number.POSITIVE_INFINITY }
  const [lowUnit, highUnit] = [lo === undefined ? undefined : low, hi === undefined ? undefined : high].map((q) => q && unitOf(q))
  return { ...ends, v, ...units(low ?? high ?? {}), ...converted(ends, lowUnit ?? highUnit, highUnit ?? lowUnit) }
}

/** Each end in its own unit: both measure the same, or the whole has no other unit than its own. */
function converted({ lo, hi }: Pick<NumberRange, 'lo' | 'hi'>, low: UcumUnit | undefined, high = low): Pick<NumberRange, 'c'> {
  if (!low || !high || low.base !== high.base) return {}
  const [from, to] = [inBase(lo, low), inBase(hi, high)]
  return from === undefined || to === undefined ? {} : { c: { lo: from, hi: to, u: low.base } }
}

/** From the lowest to the highest reading: origin + reading × factor, within the detection limits. */
function ofSamples(value: Record<string, unknown>): NumberRange | undefined {
  const origin = (value.origin ?? {}) as Quantity
  const readings = typeof value.data === 'string' ? value.data.trim().split(/\s+/, SAMPLES_MAX).map(Number).filter(Number.isFinite) : []
  if (readings.length === 0) return undefined
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (const r of readings) {
    if (r < lowest) lowest = r
    if (r > highest) highest = r
  }
  const zero = exactly(origin.value, 0)
  const factor = exactly(value.factor, 1)
  const [one, other] = [lowest, highest].map((r) => toDouble(plus(zero, times(exactly(r, 0), factor)))) as [number, number]
  const ends = { lo: Math.min(one, other), hi: Math.max(one, other) }
  return { ...ends, v: ends.lo, ...units(origin), ...converted(ends, unitOf(origin)) }
}

/** `3 × 0.1` is 0.3, as it is read, and not what doubles make of it. */
const exactly = (value: unknown, otherwise: number): Rational =>
  rational(String(typeof value === 'number' ? value : otherwise)) ?? { num: BigInt(otherwise), den: 1n }

/** `number`, `number|system|code`, `number||code` (code or printed unit, of whatever system, as it stands). */
function plan(column: Column, criterion: Criterion): PlanNode {
  const parts = splitEscaped(criterion.value, '|').map(unescapeValue)
  const [text, system, code] = parts
  const wellFormed = parts.length === 1 || (parts.length === 3 && code !== '')
  if (!wellFormed || text === undefined)
    throw new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
  const { prefix, range } = parseNumberCriterion(text, criterion.name)
  const bounds = numberBounds(prefix, range)
  if (code === undefined) return numberNode(column, bounds)
  const unit = system === UCUM_SYSTEM ? ucumUnit(code) : undefined
  return (unit && inBaseNode(column, bounds, unit)) ?? numberNode(column, bounds, { unit: system === '' ? code : `${system}|${code}` })
}

/** The same bounds in base units: the order of two values is not changed by that. */
function inBaseNode(column: Column, alternatives: IntervalBound[][], unit: UcumUnit): PlanNode | undefined {
  const based = alternatives.map((bounds) => bounds.map((bound) => ({ ...bound, value: inBase(Number(bound.value), unit) })))
  if (based.flat().some(({ value }) => value === undefined)) return undefined
  return numberNode(column, based as IntervalBound[][], { base: unit.base })
}

export const quantity: SearchType = { field: 'nums', separators: [], modifiers: new Set(), index, plan }
