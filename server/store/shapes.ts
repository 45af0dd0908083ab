/**
 * The shapes of AuditEvents that are in use: each is noted before the first entry that has it. A criterion on what millions of
 * entries have in common is decided once per shape, and becomes a short list of shapes; no index holds it entry by entry.
 */
import { shapeKeys } from '../audit-event/keys.ts'
import type { PlanNode } from '../search/plan.ts'
import type { Table, TableDoc } from './types.ts'

export interface ShapeDoc extends TableDoc {
  _id: string
}

export const SHAPES = 'audit_shapes'

export interface Shapes {
  /** resolves when they are noted; at once for those that this process has noted before */
  note(shapes: Iterable<string>): Promise<void>
  /** the plan with lists of shapes where it has criteria on them */
  resolve(plan: PlanNode): Promise<PlanNode>
}

export function createShapes(table: Table<ShapeDoc>): Shapes {
  const noted = new Set<string>()
  return {
    async note(shapes) {
      const fresh = [...new Set(shapes)].filter((shape) => !noted.has(shape))
      if (fresh.length === 0) return
      await Promise.all(fresh.map((_id) => table.insert({ _id })))
      for (const shape of fresh) noted.add(shape)
    },
    async resolve(plan) {
      if (!hasShape(plan)) return plan
      const known = (await table.find({})).map(({ _id }) => ({ shape: _id, keys: shapeKeys(_id) }))
      return resolved(plan, known)
    },
  }
}

function hasShape(plan: PlanNode): boolean {
  if (plan.kind === 'shape') return true
  if (plan.kind === 'and' || plan.kind === 'or') return plan.nodes.some(hasShape)
  return plan.kind === 'not' && hasShape(plan.node)
}

function resolved(plan: PlanNode, known: readonly { shape: string; keys: readonly string[] }[]): PlanNode {
  if (plan.kind === 'shape') return { kind: 'shapes', shapes: known.filter(({ keys }) => holds(plan.node, keys)).map(({ shape }) => shape) }
  if (plan.kind === 'and' || plan.kind === 'or') return { ...plan, nodes: plan.nodes.map((node) => resolved(node, known)) }
  return plan.kind === 'not' ? { ...plan, node: resolved(plan.node, known) } : plan
}

/** The keys of shapes are ASCII. */
function isLike({ text, begins, ends }: Extract<PlanNode, { kind: 'keyLike' }>, value: string): boolean {
  const [part, whole] = [text.toLowerCase(), value.toLowerCase()]
  if (begins && ends) return whole === part
  return begins ? whole.startsWith(part) : ends ? whole.endsWith(part) : whole.includes(part)
}

/** A criterion on keys, decided here: what plan-filter.ts has the database decide. */
function holds(node: PlanNode, keys: readonly string[]): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((one) => holds(one, keys))
    case 'or':
      return node.nodes.some((one) => holds(one, keys))
    case 'not':
      return !holds(node.node, keys)
    case 'keys':
      return node.keys.some((key) => keys.includes(key))
    case 'keyRange':
      return keys.some((key) => key >= node.from && key < node.to)
    case 'keyContains':
      return keys.some((key) => key.startsWith(node.prefix) && key.slice(node.prefix.length).includes(node.text))
    case 'keyLike':
      return keys.some((key) => key.startsWith(node.prefix) && isLike(node, key.slice(node.prefix.length)) !== (node.negated === true))
    case 'missing':
      return node.missing !== keys.some((key) => node.separators.some((separator) => key.startsWith(node.param + separator)))
    case 'everything':
      return true
    default:
      // Dates and numbers have no place in a shape: an entry has no value of such a parameter.
      return false
  }
}
