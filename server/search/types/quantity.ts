/** Quantity parameters: number and unit of the same repetition (R4 search.html 3.1.1.4.11). Units are not converted. */
import { justAbove, justBelow } from '../../fhir/decimal.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import type { PlanNode } from '../plan.ts'
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

type Indexed = { lo: number; hi: number; v: number; u?: string[] }

function ofQuantity(q: Quantity): Indexed | undefined {
  if (typeof q.value !== 'number') return undefined
  return { ...withComparator(q.value, q.comparator), v: q.value, ...units(q) }
}

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

function ofOther(value: Record<string, unknown>, datatype: string): Indexed | undefined {
  if (datatype === 'Money') return ofQuantity({ value: value.value, system: CURRENCIES, code: value.currency })
  if (datatype === 'Range') return ofRange(value as { low?: Quantity; high?: Quantity })
  if (datatype === 'SampledData') return ofSamples(value)
  return undefined
}

function ofRange({ low, high }: { low?: Quantity; high?: Quantity }): Indexed | undefined {
  const lo = typeof low?.value === 'number' ? low.value : undefined
  const hi = typeof high?.value === 'number' ? high.value : undefined
  const v = lo ?? hi
  if (v === undefined) return undefined
  return { lo: lo ?? Number.NEGATIVE_INFINITY, hi: hi ?? Number.POSITIVE_INFINITY, v, ...units(low ?? high ?? {}) }
}

/** From the lowest to the highest reading: origin + reading × factor, within the detection limits. */
function ofSamples(value: Record<string, unknown>): Indexed | undefined {
  const origin = (value.origin ?? {}) as Quantity
  const zero = typeof origin.value === 'number' ? origin.value : 0
  const factor = typeof value.factor === 'number' ? value.factor : 1
  const readings = typeof value.data === 'string' ? value.data.trim().split(/\s+/, SAMPLES_MAX).map(Number).filter(Number.isFinite) : []
  if (readings.length === 0) return undefined
  let lo = Number.POSITIVE_INFINITY
  let hi = Number.NEGATIVE_INFINITY
  for (const r of readings) {
    const v = zero + r * factor
    if (v < lo) lo = v
    if (v > hi) hi = v
  }
  return { lo, hi, v: lo, ...units(origin) }
}

/** `number`, `number|system|code`, `number||code` (code or printed unit). */
function plan(column: Column, criterion: Criterion): PlanNode {
  const parts = splitEscaped(criterion.value, '|').map(unescapeValue)
  const [text, system, code] = parts
  const wellFormed = parts.length === 1 || (parts.length === 3 && code !== '')
  if (!wellFormed || text === undefined)
    throw new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
  const { prefix, range } = parseNumberCriterion(text, criterion.name)
  const unit = code === undefined ? undefined : system === '' ? code : `${system}|${code}`
  return numberNode(column, numberBounds(prefix, range), unit)
}

export const quantity: SearchType = { field: 'nums', separators: [], modifiers: new Set(), index, plan }
