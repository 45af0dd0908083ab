/** The query tree: made by `server/search`, compiled to a MongoDB filter by `server/store` alone. No driver terms here. */
import { CONTAINED } from './keys.ts'

/** What is computed from a resource when it is stored, and searched later. */
export interface IndexEntry {
  /**
   * Normalised search keys, deduplicated:
   *   token      `code:C` (any system) and `code=S|C` (or `code=|C` without a system; not for parameters whose
   *              elements never have a system, such as `status`); `code~folded` for `:text`
   *   reference  `subject>Patient/1`; absolute, canonical and urn references whole; by identifier
   *              `subject>|S|V` and `subject>:V`; `patient` has no keys of its own where `subject` has them
   *   string     `name~folded`; exact form `name!Exact`
   *   uri        `url=…`
   */
  keys: string[]
  /** date parameters: intervals, instants, hi exclusive */
  dates: Record<string, { lo: Date; hi: Date }[]>
  /** number and quantity parameters */
  nums: Record<string, NumberRange[]>
  /**
   * composite parameters: one entry for each repetition that has all parts, with what each part is found by under `a`, `b`, `c`.
   * No index has them: the keys of the simple parameters beside them narrow a search
   */
  groups?: Record<string, GroupEntry[]>
  /**
   * string parameters with Chinese values: the keys by which those come first going up (`lo`) and going down (`hi`), their
   * characters read as pinyin; other values come by their keys
   */
  sorts?: Record<string, { lo: string; hi: string }>
  /** the resources that it contains, each found by the parameters of its own type (`_contained`); `keys` names their types */
  contained?: ContainedEntry[]
  /** words of its text: `t:…` of the narrative, `c:…` those that it has elsewhere only. An index of their own has them */
  words?: string[]
  /** the type's main date, for date-ordered pages */
  sd?: Date
  /** by what it was made: `Search.indexedAs` of then */
  ix?: number
}

/**
 * A value as lo = hi = v, ranges with both ends included; unit keys `u` (`S|C`, `|C`, `C`). `c`: the same in base units of UCUM,
 * where its unit is one of UCUM's
 */
export interface NumberRange {
  lo: number
  hi: number
  v: number
  u?: string[]
  c?: { lo: number; hi: number; u: string }
}

/** Its columns are named as those of a resource, so that the same plan is asked of it. Its id counts within its container only. */
export interface ContainedEntry extends GroupEntry, Pick<IndexEntry, 'groups'> {
  type: string
  _id?: string
}

export type GroupEntry = Pick<IndexEntry, 'keys'> & Partial<Pick<IndexEntry, 'dates' | 'nums'>>

export type PlanNode =
  | { kind: 'and'; nodes: PlanNode[] }
  | { kind: 'or'; nodes: PlanNode[] }
  | { kind: 'not'; node: PlanNode }
  /** any of these keys is present */
  | { kind: 'keys'; keys: string[] }
  /** one key in the half-open range [from, to) is present */
  | { kind: 'keyRange'; from: string; to: string }
  /** one key starts with `prefix` and contains `text` after it (`:contains`) */
  | { kind: 'keyContains'; prefix: string; text: string }
  /**
   * Behind `prefix` one key is `text`, or begins or ends with it, whatever the case of its characters. `negated`: one key with the
   * prefix is not so.
   */
  | { kind: 'keyLike'; prefix: string; text: string; begins: boolean; ends: boolean; negated?: boolean }
  /** any of these words is in its text */
  | { kind: 'words'; words: string[] }
  | { kind: 'ids'; ids: string[] }
  /**
   * one interval of `dates[param]` satisfies all bounds given: instants compared with its lo/hi. Of `nums`: it has that unit key,
   * or it has that base unit (`base`), in which it is compared
   */
  | { kind: 'interval'; field: 'dates' | 'nums'; param: string; where: IntervalBound[]; unit?: string; base?: string }
  /** the place `nums[param]` is not farther than `angle` (radians, seen from the centre of the earth) from this one */
  | { kind: 'near'; param: string; latitude: number; longitude: number; angle: number }
  | { kind: 'lastUpdated'; where: { op: '$lt' | '$lte' | '$gt' | '$gte'; value: Date }[] }
  /** one entry of `groups[param]` satisfies the node, whose parameters are the parts */
  | { kind: 'group'; param: string; node: PlanNode }
  /** one resource of the type that it contains satisfies the node, which has no links */
  | { kind: 'contained'; type: string; node: PlanNode }
  /** the parameter has (no) value */
  | { kind: 'missing'; field: 'keys' | 'dates' | 'nums' | 'groups'; param: string; separators: string[]; missing: boolean }
  /** a criterion on what the resource has in common with many (see keeping.ts); the store decides it once for all of them */
  | { kind: 'shape'; node: PlanNode }
  | { kind: 'shapes'; shapes: string[] }
  /**
   * It refers, by a key that begins with one of `starts`, to a resource of `type` that the asker may see and that `node` finds.
   * `persons`: or to the person to whom that one, a Patient, belongs. The store follows it before anything else.
   */
  | { kind: 'chain'; type: string; starts: string[]; persons: boolean; node: PlanNode }
  /** A resource of `type` that the asker may see and that `node` finds refers to it, by a key that begins with one of `starts`. */
  | { kind: 'has'; type: string; starts: string[]; node: PlanNode }
  | { kind: 'nothing' }
  | { kind: 'everything' }

/** All of them hold. */
export function allOf(nodes: PlanNode[]): PlanNode {
  const [only, ...others] = nodes
  if (only === undefined) return { kind: 'everything' }
  return others.length === 0 ? only : { kind: 'and', nodes }
}

/** One of them holds. */
export function anyOf(nodes: PlanNode[]): PlanNode {
  const [only, ...others] = nodes
  if (only === undefined) return { kind: 'nothing' }
  return others.length === 0 ? only : { kind: 'or', nodes }
}

/** What contains one of a type has a key that says so, which narrows a search: without it the same is asked. */
export function withoutContainedKey(plan: PlanNode): PlanNode {
  if (plan.kind !== 'and' || !plan.nodes.some(({ kind }) => kind === 'contained')) return plan
  return allOf(plan.nodes.filter((node) => node.kind !== 'keys' || !node.keys.every((key) => key.startsWith(CONTAINED))))
}

export interface IntervalBound {
  end: 'lo' | 'hi'
  op: '$lt' | '$lte' | '$gt' | '$gte'
  value: Date | number
}

export interface SortTerm {
  by: 'id' | 'lastUpdated' | 'dates' | 'nums' | 'keys' | 'mainDate'
  param: string
  /** of dates and numbers: other parameters that hold values of it too */
  more?: readonly string[]
  /** of keys: where its values stand */
  places?: readonly SortPlace[]
  descending: boolean
}

/** The value is what stands behind `prefix` in a key of the range [from, to), or in what `IndexEntry.sorts` has for the parameter. */
export interface SortPlace {
  prefix: string
  range: readonly [from: string, to: string]
  /** of references: a key that ends in a type says of what type it is, and not what it is */
  skipsTypes?: true
  /** of strings: the parameter whose Chinese values have places of their own, which then count alone */
  sorts?: string
}
