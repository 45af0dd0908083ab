/**
 * Does a plan find this one version? The same question that the store answers of all that stand (server/store/plan-filter.ts),
 * asked of what is computed from a resource: for a version that has just been committed, or was superseded since.
 */
import { isDigested, valueIn } from './keys.ts'
import type { ContainedEntry, IndexEntry, IntervalBound, PlanNode } from './plan.ts'

/** What a plan is asked of. */
export interface Indexed {
  id: string
  /** meta.lastUpdated */
  at: Date
  index: Pick<IndexEntry, 'keys'> & Partial<IndexEntry>
}

/** @throws TypeError for a plan with links: they are followed, or widened, before */
export function planMatches(plan: PlanNode, of: Indexed): boolean {
  const { keys } = of.index
  switch (plan.kind) {
    case 'and':
      return plan.nodes.every((node) => planMatches(node, of))
    case 'or':
      return plan.nodes.some((node) => planMatches(node, of))
    case 'not':
      return !planMatches(plan.node, of)
    case 'keys':
      return keys.some((key) => plan.keys.includes(key))
    case 'keyRange':
      return keys.some((key) => compare(key, plan.from) >= 0 && compare(key, plan.to) < 0)
    case 'keyContains':
      return keys.some((key) => key.startsWith(plan.prefix) && valueIn(key.slice(plan.prefix.length)).includes(plan.text))
    case 'keyLike':
      return keys.some((key) => key.startsWith(plan.prefix) && isLike(plan, key.slice(plan.prefix.length)) !== (plan.negated ?? false))
    case 'words':
      return (of.index.words ?? []).some((word) => plan.words.includes(word))
    case 'ids':
      return plan.ids.includes(of.id)
    case 'interval':
      return hasInterval(plan, of.index)
    case 'lastUpdated':
      return plan.where.every(({ op, value }) => holds(of.at.getTime(), op, value.getTime()))
    case 'group':
      return (of.index.groups?.[plan.param] ?? []).some((index) => planMatches(plan.node, { ...of, index }))
    case 'contained':
      return (of.index.contained ?? []).some((one) => one.type === plan.type && planMatches(plan.node, containedAsked(one)))
    case 'missing':
      return isPresent(plan, of.index) !== plan.missing
    case 'nothing':
      return false
    case 'everything':
      return true
    case 'near':
    case 'shape':
    case 'shapes':
    case 'chain':
    case 'has':
      throw new TypeError('not to be decided from one version')
  }
}

/** A contained resource by itself: it has no time of a last change. */
export const containedAsked = (entry: ContainedEntry): Indexed => ({ id: entry._id ?? '', at: new Date(Number.NaN), index: entry })

/** As the database orders texts: by their bytes. */
const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function isPresent({ field, param, separators }: Extract<PlanNode, { kind: 'missing' }>, index: Indexed['index']): boolean {
  if (field !== 'keys') return (index[field]?.[param] ?? []).length > 0
  return index.keys.some((key) => separators.some((separator) => key.startsWith(param + separator)))
}

function hasInterval({ field, param, where, unit, base }: Extract<PlanNode, { kind: 'interval' }>, index: Indexed['index']): boolean {
  if (base !== undefined) return (index.nums?.[param] ?? []).some(({ c }) => c?.u === base && isWithin(c, where))
  return (index[field]?.[param] ?? []).some((entry) => isWithin(entry, where) && hasUnit(entry, unit))
}

/** Whatever the case of its characters. */
function isLike({ text, begins, ends }: Extract<PlanNode, { kind: 'keyLike' }>, value: string): boolean {
  const [wanted, found] = [[...text], [...value]]
  const isSame = (a: string, b = ''): boolean => a === b || a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase()
  const standsAt = (from: number): boolean => from >= 0 && wanted.every((character, at) => isSame(character, found[from + at]))
  if (!begins && isDigested(value)) return false
  const atEnd = found.length - wanted.length
  return (!begins || standsAt(0)) && (!ends || standsAt(atEnd)) && (!(begins && ends) || atEnd === 0)
}

const isWithin = (entry: { lo: Date | number; hi: Date | number }, where: readonly IntervalBound[]): boolean =>
  where.every(({ end, op, value }) => holds(Number(entry[end]), op, Number(value)))

const hasUnit = (entry: { u?: string[] } | object, unit: string | undefined): boolean =>
  unit === undefined || ('u' in entry && (entry.u ?? []).includes(unit))

function holds(a: number, op: IntervalBound['op'], b: number): boolean {
  if (op === '$lt') return a < b
  if (op === '$lte') return a <= b
  return op === '$gt' ? a > b : a >= b
}

/** Links and shapes rest on something else, and the great circle is the database's to reckon. */
const NOT_OF_ITSELF: ReadonlySet<PlanNode['kind']> = new Set(['chain', 'has', 'shape', 'shapes', 'near'])

/** Whether the database has to be asked to decide it. */
export function needsLooking(plan: PlanNode): boolean {
  if (plan.kind === 'and' || plan.kind === 'or') return plan.nodes.some(needsLooking)
  if (plan.kind === 'not' || plan.kind === 'group' || plan.kind === 'contained') return needsLooking(plan.node)
  return NOT_OF_ITSELF.has(plan.kind)
}

/** What it is found by, without words and contained resources where the plan asks for none: these are much, and seldom asked for. */
export function asFarAsAsked(plan: PlanNode, { words, contained, ...index }: IndexEntry): IndexEntry {
  return {
    ...index,
    ...(words && asks(plan, 'words') ? { words } : {}),
    ...(contained && asks(plan, 'contained') ? { contained } : {}),
  }
}

function asks(plan: PlanNode, kind: PlanNode['kind']): boolean {
  if (plan.kind === kind) return true
  if (plan.kind === 'and' || plan.kind === 'or') return plan.nodes.some((node) => asks(node, kind))
  return plan.kind === 'not' && asks(plan.node, kind)
}

/** A plan that finds all that this one finds and more: what depends on other resources is taken to hold. */
export function widened(plan: PlanNode): PlanNode {
  if (plan.kind === 'and' || plan.kind === 'or') return { ...plan, nodes: plan.nodes.map(widened) }
  return needsLooking(plan) ? { kind: 'everything' } : plan
}
