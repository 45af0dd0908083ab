/** Evaluates a plan on one index entry in memory, as plainly as the plan's words say it: what the database must also answer. */
import type { IndexEntry, IntervalBound, PlanNode } from '../../server/search/plan.ts'

export interface NaiveDocument {
  id: string
  at: Date
  entry: IndexEntry
}

/** Documents of a type, for what is asked of others. */
export type World = (type: string) => readonly NaiveDocument[]

const NOBODY_ELSE: World = () => []

export function matches(plan: PlanNode, doc: NaiveDocument, world: World = NOBODY_ELSE): boolean {
  const { keys } = doc.entry
  switch (plan.kind) {
    case 'and':
      return plan.nodes.every((n) => matches(n, doc, world))
    case 'or':
      return plan.nodes.some((n) => matches(n, doc, world))
    case 'not':
      return !matches(plan.node, doc, world)
    case 'keys':
      return plan.keys.some((k) => keys.includes(k))
    case 'keyRange':
      return keys.some((k) => inOrder(plan.from, k) <= 0 && inOrder(k, plan.to) < 0)
    case 'keyContains':
      return keys.some((k) => k.startsWith(plan.prefix) && (k.slice(plan.prefix.length).split('\u0001')[0] ?? '').includes(plan.text))
    case 'keyLike':
      return keys.some((k) => k.startsWith(plan.prefix) && isLike(plan, k.slice(plan.prefix.length)) !== (plan.negated ?? false))
    case 'words':
      return plan.words.some((word) => doc.entry.words?.includes(word))
    case 'ids':
      return plan.ids.includes(doc.id)
    case 'interval': {
      const { unit, base } = plan
      if (base !== undefined) return inBaseUnits(plan, doc.entry)
      const ranges: readonly { lo: Date | number; hi: Date | number; u?: string[] }[] = doc.entry[plan.field][plan.param] ?? []
      return ranges.some((r) => plan.where.every((b) => bounded(r, b)) && (unit === undefined || (r.u ?? []).includes(unit)))
    }
    case 'group':
      return (doc.entry.groups?.[plan.param] ?? []).some((entry) =>
        matches(plan.node, { ...doc, entry: { dates: {}, nums: {}, ...entry } }),
      )
    case 'contained':
      return (doc.entry.contained ?? []).some(
        ({ type, _id, ...entry }) =>
          type === plan.type &&
          matches(plan.node, { id: _id ?? '', at: new Date(Number.NaN), entry: { dates: {}, nums: {}, ...entry } }, world),
      )
    case 'near':
      return (doc.entry.nums[plan.param] ?? []).some(({ lo, v }) => angleBetween([lo, v], [plan.latitude, plan.longitude]) <= plan.angle)
    case 'lastUpdated':
      return plan.where.every(({ op, value }) => compare(op, doc.at.getTime(), value.getTime()))
    case 'missing':
      return isMissing(plan, doc.entry) === plan.missing
    case 'shape':
      return matches(plan.node, doc)
    case 'chain':
      return world(plan.type).some(
        (other) => keys.some((k) => plan.starts.includes(startOf(k, other.id))) && matches(plan.node, other, world),
      )
    case 'has':
      return world(plan.type).some(
        (other) => other.entry.keys.some((k) => plan.starts.includes(startOf(k, doc.id))) && matches(plan.node, other, world),
      )
    case 'shapes':
    case 'nothing':
      return false
    case 'everything':
      return true
  }
}

/** Of two places seen from the centre of the earth: by the angle of their vectors, which is good but for the shortest ways. */
function angleBetween(a: readonly [number, number], b: readonly [number, number]): number {
  const vector = ([latitude, longitude]: readonly [number, number]): number[] => {
    const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180]
    return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)]
  }
  const other = vector(b)
  return Math.acos(
    Math.max(
      -1,
      Math.min(
        1,
        vector(a).reduce((sum, x, at) => sum + x * (other[at] ?? 0), 0),
      ),
    ),
  )
}

/** Character by character, in either case. */
function isLike({ text, begins, ends }: Extract<PlanNode, { kind: 'keyLike' }>, value: string): boolean {
  const [wanted, found] = [[...text], [...value]]
  const same = (a = '', b = '') => a === b || a === b.toLowerCase() || a === b.toUpperCase()
  const standsAt = (at: number) => at >= 0 && wanted.every((c, i) => same(found[at + i], c))
  if (begins && ends) return found.length === wanted.length && standsAt(0)
  // The key of a long value ends in a digest.
  if (!begins && found.includes('\u0001')) return false
  return begins ? standsAt(0) : ends && standsAt(found.length - wanted.length)
}

function inBaseUnits({ param, where, base }: Extract<PlanNode, { kind: 'interval' }>, entry: IndexEntry): boolean {
  const converted = (entry.nums[param] ?? []).flatMap(({ c }) => (c ? [c] : []))
  return converted.some((one) => one.u === base && where.every((bound) => bounded(one, bound)))
}

/** What stands before the id, where the key ends in it. */
const startOf = (key: string, id: string): string => (key.endsWith(id) ? key.slice(0, -id.length) : '')

/** Order of UTF-8 bytes, which is the database's, not that of UTF-16 units. */
function inOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

function bounded(range: { lo: Date | number; hi: Date | number }, bound: IntervalBound): boolean {
  return compare(bound.op, Number(range[bound.end]), Number(bound.value))
}

function compare(op: IntervalBound['op'], a: number, b: number): boolean {
  return op === '$lt' ? a < b : op === '$lte' ? a <= b : op === '$gt' ? a > b : a >= b
}

function isMissing(plan: Extract<PlanNode, { kind: 'missing' }>, entry: IndexEntry): boolean {
  if (plan.field !== 'keys') return (entry[plan.field]?.[plan.param] ?? []).length === 0
  return !entry.keys.some((k) => plan.separators.some((s) => k.startsWith(plan.param + s)))
}
