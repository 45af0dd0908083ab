/**
 * A profile as a tree of what it says beyond base R4. Only elements of the differential (and of the profiles that it is
 * built on) become nodes, with their rules taken from the snapshot; the rest is the base walker's.
 */
import { type Binding, bindingsOf } from './additional-bindings.ts'
import type { Evaluator } from './fhirpath/evaluator.ts'
import type { Invariant } from './invariants.ts'
import { compileMatcher, type Matcher } from './slice-matcher.ts'
import { definedValue, type ProfileDefinition, type ProfileDefinitions, type SnapshotElement } from './profile-definitions.ts'
import type { TypeTree } from './type-tree.ts'

export interface ProfileNode {
  name: string
  min: number
  max: number
  /** JSON key, that of what stands beside it, and type of each form of the element; one unless it is a choice */
  forms: { key: string; sibling: string; type: string }[]
  /** types that the profile leaves of a choice */
  types?: string[]
  /** resource types that a reference may have */
  targets?: string[]
  fixed?: unknown
  pattern?: unknown
  bindings: readonly Binding[]
  invariants: Invariant[]
  children: ProfileNode[]
  slicing?: Slicing
}

export interface Slicing {
  rules: 'open' | 'closed' | 'openAtEnd'
  ordered: boolean
  slices: { name: string; min: number; max: number; matches: Matcher; node: ProfileNode }[]
}

export interface ProfileParts {
  definitions: ProfileDefinitions
  tree: TypeTree
  evaluator: Evaluator
}

/**
 * Compiles a profile or extension.
 * @throws Error when it uses something that is not supported: better no profile than one that is half checked
 */
export function compileProfile(definition: ProfileDefinition, parts: ProfileParts): ProfileNode {
  const elements = new Map(definition.snapshot.element.map((element) => [element.id, element]))
  const root = definition.snapshot.element[0]
  if (!root) throw new Error(`${definition.url} has no snapshot`)
  const told = withAncestors(changedIds(definition, parts.definitions))
  const compiler = new Compiler(elements, told, parts)
  return compiler.node(root)
}

/** Ids in the differentials of a profile and of the profiles below it. */
function changedIds(definition: ProfileDefinition, definitions: ProfileDefinitions): Set<string> {
  const parent = definitions.structure(definition.baseDefinition)
  const ids = parent ? changedIds(parent, definitions) : new Set<string>()
  for (const element of definition.differential.element) ids.add(element.id)
  return ids
}

/** A sliced element stands for its slices, a parent for its children. */
function withAncestors(ids: Set<string>): Set<string> {
  const all = new Set<string>()
  for (const id of ids) {
    const steps = id.split('.')
    for (let length = 1; length <= steps.length; length++) {
      const above = steps.slice(0, length).join('.')
      all.add(above)
      if (steps[length - 1]?.includes(':')) all.add(above.slice(0, above.lastIndexOf(':')))
      if (steps[length - 1]?.includes('/')) all.add(above.slice(0, above.lastIndexOf('/')))
    }
  }
  return all
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/'
const upper = (max: string): number => (max === '*' ? Number.POSITIVE_INFINITY : Number(max))

class Compiler {
  readonly elements: Map<string, SnapshotElement>
  readonly told: Set<string>
  readonly parts: ProfileParts
  readonly children = new Map<string, SnapshotElement[]>()
  readonly slices = new Map<string, SnapshotElement[]>()

  constructor(elements: Map<string, SnapshotElement>, told: Set<string>, parts: ProfileParts) {
    this.elements = elements
    this.told = told
    this.parts = parts
    for (const element of elements.values()) if (told.has(element.id)) this.place(element)
  }

  place(element: SnapshotElement): void {
    const at = element.id.lastIndexOf('.')
    if (at < 0) return
    const colon = element.id.indexOf(':', at)
    // `coding:a/b` is a slice of the slice `coding:a`.
    const end = Math.max(colon, element.id.lastIndexOf('/'))
    const [map, owner] = colon < 0 ? [this.children, element.id.slice(0, at)] : [this.slices, element.id.slice(0, end)]
    const list = map.get(owner) ?? []
    list.push(element)
    map.set(owner, list)
  }

  node(element: SnapshotElement): ProfileNode {
    const { base, type = [] } = element
    const name = (element.path.split('.').at(-1) ?? '').replace('[x]', '')
    const targets = type.flatMap((each) => each.targetProfile ?? []).map((url) => this.targetType(url))
    const slicing = this.slicing(element)
    const types = element.path.endsWith('[x]') ? type.map((each) => each.code) : undefined
    const fixed = definedValue(element, 'fixed')
    const pattern = definedValue(element, 'pattern')
    return {
      name,
      min: element.min > base.min ? element.min : 0,
      max: upper(element.max) < upper(base.max) ? upper(element.max) : Number.POSITIVE_INFINITY,
      forms: this.forms(element, name),
      ...(types ? { types } : {}),
      ...(targets.length > 0 && !targets.includes('Resource') ? { targets } : {}),
      ...(fixed === undefined ? {} : { fixed }),
      ...(pattern === undefined ? {} : { pattern }),
      bindings: bindingsOf(element, this.parts.definitions.bound),
      invariants: this.invariants(element),
      children: (this.children.get(element.id) ?? []).map((child) => this.node(child)),
      ...(slicing ? { slicing } : {}),
    }
  }

  targetType(url: string): string {
    return this.parts.definitions.structure(url)?.type ?? url.slice(url.lastIndexOf('/') + 1)
  }

  /** JSON keys of the element, from base R4: a profile may narrow a choice, but the data may have any of it. */
  forms(element: SnapshotElement, name: string): ProfileNode['forms'] {
    const steps = element.base.path.replace('[x]', '').split('.')
    let node = this.parts.tree.node(steps[0] ?? '')
    for (const step of steps.slice(1, -1)) node = node?.keys.get(step)?.content()
    const last = steps.at(-1) ?? ''
    const found = [...(node?.keys ?? [])].filter(([, info]) => info.element.name === last && !info.sibling)
    if (found.length === 0) return [{ key: name, sibling: `_${name}`, type: element.type?.[0]?.code ?? '' }]
    return found.map(([key, info]) => ({ key, sibling: `_${key}`, type: info.type }))
  }

  /** Those of the profile; base invariants are run once, by the base walker. */
  invariants(element: SnapshotElement): Invariant[] {
    const own = (element.constraint ?? []).filter(
      (c) => c.expression && (!(c.source ?? '').startsWith(CORE) || this.parts.definitions.structure(c.source ?? '') !== undefined),
    )
    const base = element.path.replaceAll('[x]', '')
    return own
      .filter((c) => c.source !== undefined)
      .map((c) => ({ key: c.key, severity: c.severity, kind: 'profile', test: this.parts.evaluator.test(base, c.expression ?? '') }))
  }

  slicing(element: SnapshotElement): Slicing | undefined {
    const slices = this.slices.get(element.id)
    const { slicing } = element
    if (!slicing || (!slices && slicing.rules !== 'closed')) return undefined
    return {
      rules: slicing.rules,
      ordered: slicing.ordered ?? false,
      slices: (slices ?? []).map((slice) => ({
        name: slice.sliceName ?? '',
        min: slice.min,
        max: upper(slice.max),
        matches: compileMatcher(slice, slicing.discriminator ?? [], this.elements, this.parts.definitions),
        node: { ...this.node(slice), min: 0, max: Number.POSITIVE_INFINITY },
      })),
    }
  }
}
