/** Criteria on composite parameters: `a$b`, `a$b$c`, each part as its own type of search writes it (R4 search.html 3.1.1.4.15). */
import type { Composite, Focus } from '../composite.ts'
import { splitEscaped } from '../escape.ts'
import { SEPARATOR } from '../keys.ts'
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import type { PlanContext } from '../types/search-type.ts'
import { paramError } from './names.ts'
import { isTrue, or, orValues, presence, shownModifier } from './values.ts'

/** @throws OutcomeError parameter-invalid | modifier-unsupported */
export function planComposite(
  name: string,
  composite: Composite,
  modifier: string | undefined,
  value: string,
  context: PlanContext,
): PlanNode {
  if (modifier === 'missing') return planMissing(name, composite, value)
  if (modifier !== undefined) throw paramError('modifier-unsupported', name, { modifier: shownModifier(modifier) })
  const alternatives = orValues(name, value).map((one) => partsOf(name, one, composite.simple.length))
  const exact = composite.foci.map((focus) => planFocus(name, focus, alternatives, context))
  return allOf([...narrowing(name, composite, alternatives, context), or(exact)])
}

function partsOf(name: string, value: string, count: number): string[] {
  const parts = splitEscaped(value, '$')
  if (parts.length !== count || parts.includes('')) throw paramError('parameter-invalid', name)
  return parts
}

function planFocus(name: string, focus: Focus, alternatives: readonly string[][], context: PlanContext): PlanNode {
  const nodes = alternatives.map((values) =>
    allOf(
      focus.parts.map(({ searchType, column }, at) =>
        searchType.plan(column, { name, modifier: undefined, value: values[at] ?? '' }, context),
      ),
    ),
  )
  if (focus.repetitions) return { kind: 'group', param: focus.name, node: anyOf(nodes) }
  return withoutExcess(focus, anyOf(nodes))
}

export function withoutExcess({ name, excess, without }: Focus, node: PlanNode): PlanNode {
  const marked: PlanNode[] = excess.length === 0 ? [] : [{ kind: 'not', node: { kind: 'keys', keys: [name + SEPARATOR.excess] } }]
  return allOf([node, ...marked, ...without.map(({ column, searchType }) => presence(column, searchType, true))])
}

/**
 * The same values asked of the simple parameters, which the index of keys knows: no match is lost, since those hold at least
 * what the parts hold. Numbers and dates would narrow nothing.
 */
function narrowing(name: string, { simple }: Composite, alternatives: readonly string[][], context: PlanContext): PlanNode[] {
  return simple.flatMap(({ searchType, columns }, at) => {
    if (searchType?.field !== 'keys') return []
    const nodes = alternatives.flatMap((values) =>
      columns.map((column) => keysOf(searchType.plan(column, { name, modifier: undefined, value: values[at] ?? '' }, context))),
    )
    return [or(nodes)]
  })
}

/** What has to be there; what must not be there is not the same for one repetition and for all. */
export function keysOf(node: PlanNode): PlanNode {
  return node.kind === 'and' ? allOf(node.nodes.filter((one) => one.kind !== 'not')) : node
}

function planMissing(name: string, { foci }: Composite, value: string): PlanNode {
  const missing = isTrue(name, value)
  const present = anyOf(foci.map(presentIn))
  return missing ? { kind: 'not', node: present } : present
}

function presentIn(focus: Focus): PlanNode {
  if (focus.repetitions) return { kind: 'missing', field: 'groups', param: focus.name, separators: [], missing: false }
  return withoutExcess(focus, allOf(focus.parts.map(({ column, searchType }) => presence(column, searchType, false))))
}
