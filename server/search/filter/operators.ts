/**
 * The operators of `_filter` by the type of the parameter (R4 search_filter.html 3.1.3.2, its table). They are asked of a set
 * of values: one of them must do. Comparisons are those of the prefixes; where the table has nothing for a type, the
 * operator is refused. Codes are compared as ordinary token parameters compare them.
 */
import { parseDate } from '../../fhir/date.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped } from '../escape.ts'
import { fold } from '../fold.ts'
import { prefixEnd, SEPARATOR } from '../keys.ts'
import { PREFIX_LENGTH_MAX } from '../limits.ts'
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import type { SearchParameter } from '../types.ts'
import type { Column, PlanContext, SearchType } from '../types/search-type.ts'
import type { Operator } from './text.ts'

/** A parameter, or the part of a composite, of one type of search. */
export interface Leaf {
  name: string
  type: SearchParameter['type']
  searchType: SearchType
  columns: readonly Column[]
}

interface Asked {
  name: string
  operator: Operator
  value: string
  searchType: SearchType
  context: PlanContext
}

type Plan = (column: Column, asked: Asked) => PlanNode

/** Undefined: the operator says nothing of parameters of this type. @throws OutcomeError parameter-invalid, and what `:in` says */
export function planOperator(leaf: Leaf, operator: Operator, value: string, context: PlanContext): PlanNode | undefined {
  const plan = TABLE[leaf.type]?.[operator]
  if (!plan || (operator === 'ne' && leaf.columns.some(({ datatypes }) => datatypes.has('canonical')))) return undefined
  const asked: Asked = { name: leaf.name, operator, value, searchType: leaf.searchType, context }
  return anyOf(leaf.columns.map((column) => plan(column, asked)))
}

/** Backslashes for what would otherwise be read as a separator. */
export const escaped = (value: string): string => value.replace(/[\\,|$]/g, '\\$&')

const as =
  (modifier?: string, written: (value: string) => string = escaped): Plan =>
  (column, { name, value, searchType, context }) =>
    searchType.plan(column, { name, modifier, value: written(value) }, context)

/** Dates, numbers and quantities: the operator is the prefix. */
const compared: Plan = (column, { name, operator, value, searchType, context }) =>
  searchType.plan(column, { name, modifier: undefined, value: operator + withSystem(value, 1) }, context)

/** Systems that may be named shortly (R4 search_filter.html 3.1.3.2). */
const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['loinc', 'http://loinc.org'],
  ['snomed', 'http://snomed.info/sct'],
  ['rxnorm', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
  ['ucum', 'http://unitsofmeasure.org'],
])

/** Written as in the ordinary parameter, with the system in the place `at`. */
function withSystem(value: string, at: number): string {
  const parts = splitEscaped(value, '|')
  const short = parts.length > at + 1 ? SYSTEMS.get(parts[at] ?? '') : undefined
  return short === undefined ? value : parts.with(at, short).join('|')
}

const coded = (modifier?: string): Plan => as(modifier, (value) => withSystem(value, 0))

/** Of a string: the characters in their order, whatever their case. */
const spelled =
  (begins: boolean, negated = false): Plan =>
  (column, asked) => {
    const { value } = asked
    // Of longer ones no more than the beginning stands in the key.
    if (value.length > PREFIX_LENGTH_MAX) throw invalid(asked)
    const like: PlanNode = { kind: 'keyLike', prefix: column.code + SEPARATOR.exact, text: value, begins, ends: true, negated }
    if (!begins) return anyOf([like, { ...like, prefix: column.code + SEPARATOR.end }])
    const folded = fold(value)
    if (negated || folded === '') return like
    // The same is asked of the folded form, of which the index knows the beginning.
    return allOf([as()(column, asked), like])
  }

/** Strings by their first character: its place among all of them, whatever its case. */
const ordered: Plan = (column, asked) => {
  const [first] = fold(asked.value)
  if (first === undefined) throw invalid(asked)
  const start = column.code + SEPARATOR.folded
  const [behind, end] = [prefixEnd(start + first), prefixEnd(start)]
  const ranges: Partial<Record<Operator, [string, string]>> = {
    lt: [start, start + first],
    le: [start, behind],
    gt: [behind, end],
    ge: [start + first, end],
  }
  const [from, to] = ranges[asked.operator] ?? [start, start]
  return { kind: 'keyRange', from, to }
}

/** A value that is another one: keys of the same form on either side of the equal ones. */
const unequal =
  (equal: Plan): Plan =>
  (column, asked) => {
    const node = equal(column, asked)
    // Codes that the asker does not see would be the other value.
    if (asked.context.localCodes === false && !column.plain)
      throw new OutcomeError('parameter-forbidden', { expression: [asked.name], params: { name: asked.name } })
    const [from, to] =
      node.kind === 'keyRange' ? [node.from, node.to] : node.kind === 'keys' ? [node.keys[0] ?? '', `${node.keys[0]}\0`] : []
    if (from === undefined || to === undefined) {
      const start = column.code + SEPARATOR.code
      return { kind: 'keyRange', from: start, to: prefixEnd(start) }
    }
    const start = from.slice(0, column.code.length + 1)
    // The bare beginning says that there is a value without a code.
    return anyOf([
      { kind: 'keyRange', from: `${start}\u0001`, to: from },
      { kind: 'keyRange', from: to, to: prefixEnd(start) },
    ])
  }

/** Of dates: `po` they overlap, `co` the stored period includes the value. */
const periods: Plan = (column, asked) => {
  const interval = parseDate(asked.value, asked.context.zone)
  if (!interval) throw invalid(asked)
  const [lo, hi] = [new Date(interval.lo), new Date(interval.hi)]
  const overlap = asked.operator === 'po'
  return {
    kind: 'interval',
    field: 'dates',
    param: column.code,
    where: [
      { end: 'lo', op: overlap ? '$lt' : '$lte', value: overlap ? hi : lo },
      { end: 'hi', op: overlap ? '$gt' : '$gte', value: overlap ? lo : hi },
    ],
  }
}

const invalid = ({ name }: Asked): OutcomeError => new OutcomeError('parameter-invalid', { expression: [name], params: { name } })

const COMPARISONS = {
  eq: compared,
  ne: compared,
  gt: compared,
  lt: compared,
  ge: compared,
  le: compared,
  ap: compared,
  sa: compared,
  eb: compared,
}

const TABLE: Partial<Record<SearchParameter['type'], Partial<Record<Operator, Plan>>>> = {
  string: {
    eq: spelled(true),
    ne: spelled(true, true),
    co: as('contains'),
    sw: as(),
    ew: spelled(false),
    gt: ordered,
    lt: ordered,
    ge: ordered,
    le: ordered,
  },
  number: COMPARISONS,
  quantity: COMPARISONS,
  date: { ...COMPARISONS, co: periods, po: periods },
  token: { eq: coded(), ne: unequal(coded()), ss: coded('below'), sb: coded('above'), in: as('in') },
  reference: { re: as() },
  uri: { eq: as(), ne: unequal(as()), co: as('contains') },
}
