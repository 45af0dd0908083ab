/**
 * Number parameters (R4 search.html 3.1.1.4.6). A plain `100` means [99.5, 100.5); `gt`, `lt`, `ge`, `le`, `sa` and `eb` take
 * the number as exact. Stored: a value is the point lo = hi = v, a Range its ends; both ends belong to it.
 */
import { type DecimalRange, parseDecimal } from '../../fhir/decimal.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { unescapeValue } from '../escape.ts'
import { anyOf, type IntervalBound, type PlanNode } from '../plan.ts'
import { APPROXIMATION, type Prefix, splitPrefix } from './prefix.ts'
import type { Column, Criterion, IndexSink, SearchType } from './search-type.ts'

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  if (typeof value === 'number') sink.num(column.code, { lo: value, hi: value, v: value })
  else if (datatype === 'Range' && value !== null && typeof value === 'object') indexRange(column, value, sink)
}

function indexRange(column: Column, { low, high }: { low?: { value?: unknown }; high?: { value?: unknown } }, sink: IndexSink): void {
  const lo = typeof low?.value === 'number' ? low.value : Number.NEGATIVE_INFINITY
  const hi = typeof high?.value === 'number' ? high.value : Number.POSITIVE_INFINITY
  if (Number.isFinite(lo) || Number.isFinite(hi)) sink.num(column.code, { lo, hi, v: Number.isFinite(lo) ? lo : hi })
}

/** Prefix and number of a search value. @throws OutcomeError parameter-invalid */
export function parseNumberCriterion(text: string, name: string): { prefix: Prefix; range: DecimalRange } {
  const { prefix, rest } = splitPrefix(text)
  const range = parseDecimal(rest)
  if (!range) throw new OutcomeError('parameter-invalid', { expression: [name], params: { name } })
  return { prefix, range }
}

/** Alternatives of which one must hold for a stored [lo, hi], both ends included. */
export function numberBounds(prefix: Prefix, range: DecimalRange): IntervalBound[][] {
  const x = range.value
  switch (prefix) {
    case 'eq':
      return [
        [
          { end: 'lo', op: '$gte', value: range.lo },
          { end: 'hi', op: '$lt', value: range.hi },
        ],
      ]
    case 'ne':
      return [[{ end: 'lo', op: '$lt', value: range.lo }], [{ end: 'hi', op: '$gte', value: range.hi }]]
    case 'gt':
      return [[{ end: 'hi', op: '$gt', value: x }]]
    case 'lt':
      return [[{ end: 'lo', op: '$lt', value: x }]]
    case 'ge':
      return [[{ end: 'hi', op: '$gte', value: x }]]
    case 'le':
      return [[{ end: 'lo', op: '$lte', value: x }]]
    case 'sa':
      return [[{ end: 'lo', op: '$gt', value: x }]]
    case 'eb':
      return [[{ end: 'hi', op: '$lt', value: x }]]
    case 'ap': {
      const slack = Math.abs(x) * APPROXIMATION
      return [
        [
          { end: 'lo', op: '$lte', value: Math.max(range.hi, x + slack) },
          { end: 'hi', op: '$gte', value: Math.min(range.lo, x - slack) },
        ],
      ]
    }
  }
}

/** One node for the alternatives, of the same repetition with its unit, as stored (`unit`) or in base units (`base`). */
export function numberNode(column: Column, alternatives: IntervalBound[][], unit: { unit?: string; base?: string } = {}): PlanNode {
  const nodes = alternatives.map(
    (where): PlanNode => ({
      kind: 'interval',
      field: 'nums',
      param: column.code,
      where,
      ...unit,
    }),
  )
  return anyOf(nodes)
}

function plan(column: Column, criterion: Criterion): PlanNode {
  const { prefix, range } = parseNumberCriterion(unescapeValue(criterion.value), criterion.name)
  return numberNode(column, numberBounds(prefix, range))
}

export const number: SearchType = { field: 'nums', separators: [], modifiers: new Set(), index, plan }
