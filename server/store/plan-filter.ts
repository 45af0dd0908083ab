/**
 * Search plan to MongoDB filter: the only place where a plan meets the database's language. Every value is wrapped in an
 * operator of ours, so that no value can be taken for one; names become field paths only when they are plain.
 */
import type { Document, Filter } from 'mongodb'
import type { PlanNode } from '../search/plan.ts'
import type { StoredDoc } from './documents.ts'
import { nearFilter } from './near-filter.ts'
import { pathName } from './path-name.ts'

export type StoredFilter = Filter<StoredDoc>

/** What a link has become inside the query (lookups.ts). */
export type Slots = ReadonlyMap<PlanNode, StoredFilter>

const NO_SLOTS: Slots = new Map()

/** @throws TypeError for a plan that the search module must not make: nothing is searched then */
export function planFilter(plan: PlanNode, slots: Slots = NO_SLOTS): StoredFilter {
  switch (plan.kind) {
    case 'and':
      return plan.nodes.length === 0 ? {} : { $and: plan.nodes.map((node) => planFilter(node, slots)) }
    case 'or':
      return plan.nodes.length === 0 ? NOTHING : { $or: plan.nodes.map((node) => planFilter(node, slots)) }
    case 'not':
      return { $nor: [planFilter(plan.node, slots)] }
    case 'keys':
      return { keys: inList(plan.keys) } as StoredFilter
    case 'keyRange':
      return { keys: { $elemMatch: { $gte: text(plan.from), $lt: text(plan.to) } } } as StoredFilter
    case 'keyContains':
      return { keys: { $elemMatch: { ...prefixRange(plan.prefix), $regex: containsPattern(plan.prefix, plan.text) } } } as StoredFilter
    case 'keyLike':
      return { keys: { $elemMatch: likeMatch(plan) } } as StoredFilter
    case 'words':
      return { words: inList(plan.words) } as StoredFilter
    case 'ids':
      return { _id: inList(plan.ids) } as StoredFilter
    case 'interval':
      return { [`${plan.field}.${pathName(plan.param)}`]: { $elemMatch: intervalMatch(plan) } } as StoredFilter
    case 'near':
      return nearFilter(plan) as StoredFilter
    case 'lastUpdated':
      return plan.where.length === 0 ? {} : { $and: plan.where.map(({ op, value }) => ({ at: { [operator(op)]: instant(value) } })) }
    case 'group':
      return { [`groups.${pathName(plan.param)}`]: { $elemMatch: planFilter(plan.node) } } as StoredFilter
    case 'contained':
      return { contained: { $elemMatch: { $and: [{ type: { $eq: text(plan.type) } }, planFilter(plan.node)] } } } as StoredFilter
    case 'missing':
      return missingFilter(plan)
    case 'shapes':
      return plan.shapes.length === 0 ? NOTHING : ({ shape: inList(plan.shapes) } as StoredFilter)
    case 'shape':
      throw new TypeError('a criterion on shapes is resolved before')
    case 'chain':
    case 'has': {
      const slot = slots.get(plan)
      if (!slot) throw new TypeError('a link is followed before')
      return slot
    }
    case 'nothing':
      return NOTHING
    case 'everything':
      return {}
    default:
      return unreachable(plan)
  }
}

const NOTHING: StoredFilter = { _id: { $in: [] } }

function unreachable(plan: never): never {
  throw new TypeError(`unknown plan node ${String((plan as { kind?: unknown }).kind)}`)
}

function inList(values: readonly string[]): Document {
  return values.length === 1 ? { $eq: text(values[0]) } : { $in: values.map(text) }
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a search value must be a string')
  return value
}

function instant(value: unknown): Date {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new TypeError('a search value must be an instant')
  return value
}

const OPERATORS = new Set(['$lt', '$lte', '$gt', '$gte'])

function operator(op: string): string {
  if (!OPERATORS.has(op)) throw new TypeError('unknown comparison')
  return op
}

/** Half-open range of the keys that start with `prefix`; prefixes end in an ASCII separator. */
export function prefixRange(prefix: string): { $gte: string; $lt: string } {
  const last = text(prefix).charCodeAt(prefix.length - 1)
  if (!(last < 0x7f)) throw new TypeError('a key prefix must end in a separator')
  return { $gte: prefix, $lt: prefix.slice(0, -1) + String.fromCharCode(last + 1) }
}

/** As far as a key has its value: a digest may stand behind that (search/keys.ts). */
const VALUE = '[^\\x01]*'

/** Everything is escaped, so that the pattern can only be literal text; it is anchored, so that the index bounds it. */
function containsPattern(prefix: string, part: string): string {
  return `^${escaped(prefix)}${VALUE}${escaped(text(part))}`
}

function likeMatch({ prefix, text: part, begins, ends, negated }: Extract<PlanNode, { kind: 'keyLike' }>): Document {
  const spelled = [...text(part)].map(anyCase).join('')
  const pattern = `^${escaped(prefix)}${begins ? '' : VALUE}${spelled}${ends ? '\\z' : ''}`
  return { ...prefixRange(prefix), ...(negated ? { $not: { $regex: pattern } } : { $regex: pattern }) }
}

/** A character in either case, where it is one character in both. */
function anyCase(character: string): string {
  const forms = [character, character.toLowerCase(), character.toUpperCase()].filter((form) => [...form].length === 1)
  const distinct = [...new Set(forms)].map(escaped)
  return distinct.length === 1 ? (distinct[0] as string) : `(?:${distinct.join('|')})`
}

function escaped(literal: string): string {
  return literal.replace(/[^\p{L}\p{N}]/gu, (c) => (c.codePointAt(0) === 0 ? '\\x00' : /[\x21-\x7e ]/.test(c) ? `\\${c}` : c))
}

function intervalMatch({ where, unit, base }: Extract<PlanNode, { kind: 'interval' }>): Document {
  const match: Record<string, Record<string, Date | number>> = {}
  const repeated: Document[] = []
  for (const { end, op, value } of where) {
    if (end !== 'lo' && end !== 'hi') throw new TypeError('unknown end of an interval')
    const field = base === undefined ? end : `c.${end}`
    const bound = { [operator(op)]: value instanceof Date ? instant(value) : finite(value) }
    // The same end may be bounded twice by the same operator; an object holds it once.
    if (match[field] && op in match[field]) repeated.push({ [field]: bound })
    else match[field] = { ...match[field], ...bound }
  }
  const units = { ...(unit === undefined ? {} : { u: { $eq: text(unit) } }), ...(base === undefined ? {} : { 'c.u': { $eq: text(base) } }) }
  const whole: Document = { ...match, ...units }
  return repeated.length === 0 ? whole : { $and: [whole, ...repeated] }
}

function finite(value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError('a search value must be a number')
  return value
}

function missingFilter(plan: Extract<PlanNode, { kind: 'missing' }>): StoredFilter {
  const param = pathName(plan.param)
  if (plan.field !== 'keys') return { [`${plan.field}.${param}.0`]: { $exists: !plan.missing } } as StoredFilter
  const present = plan.separators.map((separator) => ({ keys: { $elemMatch: prefixRange(param + text(separator)) } })) as StoredFilter[]
  if (present.length === 0) throw new TypeError('a key parameter has at least one separator')
  return plan.missing ? { $nor: present } : { $or: present }
}

/** Whether an exact key is asked for beside everything else: the index on keys finds what matches. */
export function narrowedByKey(plan: PlanNode): boolean {
  return plan.kind === 'keys' || (plan.kind === 'and' && plan.nodes.some(narrowedByKey))
}
