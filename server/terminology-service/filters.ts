/** Filters of `ValueSet.compose` over concepts in memory (R4 valueset.html#4.9.5, codesystem-filter-operator). */
import { createContext, runInContext } from 'node:vm'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Concept, Filter } from './code-system.ts'
import type { Node } from './concept-tree.ts'

/** What the filters ask of the system. */
export interface Tree {
  isUnder(code: string, over: string): boolean
  /** the same, where the code is one and those over it are many */
  isOver(over: string, code: string): boolean
  /** codes of properties that the system declares or uses */
  readonly properties: ReadonlySet<string>
}

/** Of some nodes those that meet the filter. */
export type Chosen = (nodes: readonly Node[]) => readonly Node[]

/** The concept itself; systems that declare a property of the name `concept` mean it too. */
export const ITSELF: ReadonlySet<string> = new Set(['concept', 'code'])
/** Elements of a concept that every system can be asked for. */
export const OF_EVERY_SYSTEM: ReadonlySet<string> = new Set(['display', 'definition', 'parent', 'child', 'inactive', 'abstract'])
const REGEX_LENGTH_MAX = 500
const REGEX_MS_MAX = 200

type Operator = (filter: Filter, tree: Tree) => Chosen

const keep =
  (test: (node: Node) => boolean): Chosen =>
  (nodes) =>
    nodes.filter(test)

/** Of the concept alone: what stands under what. */
const HIERARCHICAL: Readonly<Record<string, (code: string, value: string, tree: Tree) => boolean>> = {
  'is-a': (code, value, tree) => code === value || tree.isUnder(code, value),
  'descendent-of': (code, value, tree) => tree.isUnder(code, value),
  'is-not-a': (code, value, tree) => code !== value && !tree.isUnder(code, value),
  generalizes: (code, value, tree) => code === value || tree.isOver(code, value),
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': (filter) => keep((node) => valuesOf(node, filter.property).includes(filter.value)),
  in: (filter) => {
    const listed = listOf(filter.value)
    return keep((node) => valuesOf(node, filter.property).some((value) => listed.has(value)))
  },
  // What has no value is in no list.
  'not-in': (filter) => {
    const listed = listOf(filter.value)
    return keep((node) => !valuesOf(node, filter.property).some((value) => listed.has(value)))
  },
  exists: (filter) => {
    if (filter.value !== 'true' && filter.value !== 'false') throw refused(filter)
    return keep((node) => valuesOf(node, filter.property).length > 0 === (filter.value === 'true'))
  },
  regex: (filter) => {
    const found = regexOf(filter)
    return (nodes) => found(nodes.map((node) => valuesOf(node, filter.property))).flatMap((hit, at) => (hit ? [nodes[at] as Node] : []))
  },
}

/** @throws OutcomeError value-set-filter */
export function chosenBy(filter: Filter, tree: Tree): Chosen {
  const { property, op, value } = filter
  const over = Object.hasOwn(HIERARCHICAL, op) ? HIERARCHICAL[op] : undefined
  if (over) {
    if (!ITSELF.has(property)) throw refused(filter)
    return keep(({ concept }) => over(concept.code, value, tree))
  }
  const operator = Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined
  if (!operator || !(ITSELF.has(property) || OF_EVERY_SYSTEM.has(property) || tree.properties.has(property))) throw refused(filter)
  return operator(filter, tree)
}

export const refused = ({ at }: Filter): OutcomeError => new OutcomeError('value-set-filter', { expression: [at] })

export const listOf = (value: string): ReadonlySet<string> => new Set(value.split(',').map((one) => one.trim()))

function valuesOf({ concept, parents, children }: Node, property: string): readonly string[] {
  const own = ownOf(concept, property)
  if (own !== undefined) return own
  const values = concept.properties.filter(({ code }) => code === property).map(({ value }) => textOf(value))
  const related = property === 'parent' ? parents : property === 'child' ? children : []
  return [...values, ...related]
}

function ownOf({ code, display, definition, inactive, abstract }: Concept, property: string): readonly string[] | undefined {
  if (ITSELF.has(property)) return [code]
  if (property === 'display') return display === undefined ? [] : [display]
  if (property === 'definition') return definition === undefined ? [] : [definition]
  if (property === 'inactive') return [String(inactive)]
  if (property === 'abstract') return [String(abstract)]
  return undefined
}

/** A Coding is asked for by its code. */
function textOf(value: unknown): string {
  return value !== null && typeof value === 'object' ? String((value as { code?: unknown }).code ?? '') : String(value)
}

/**
 * An expression of a stranger may take for ever (nested repetitions): it is run where it can be stopped. It is met by the whole
 * value.
 */
function regexOf(filter: Filter): (lists: readonly (readonly string[])[]) => boolean[] {
  const { value, at } = filter
  if (value.length > REGEX_LENGTH_MAX) throw refused(filter)
  try {
    new RegExp(`^(?:${value})$`, 'u')
  } catch {
    throw refused(filter)
  }
  return (lists) => {
    const context = createContext({ lists, source: `^(?:${value})$` })
    try {
      const found = runInContext(
        'const re = new RegExp(source, "u"); JSON.stringify(lists.map((list) => list.some((one) => re.test(one))))',
        context,
        {
          timeout: REGEX_MS_MAX,
        },
      )
      return JSON.parse(String(found)) as boolean[]
    } catch {
      throw new OutcomeError('value-set-filter', { expression: [at] })
    }
  }
}
