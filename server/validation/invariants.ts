/** Invariants of base R4: which are run, which are not and why, and how each is tested. */
import type { StructuresData } from './definitions.ts'
import type { ValidationIssue } from './issue.ts'
import type { Environment } from './fhirpath/functions.ts'
import type { Evaluator, Test } from './fhirpath/evaluator.ts'
import { containedAt } from './references.ts'

export interface Invariant {
  /** as the specification or the profile names it */
  key: string
  severity: 'error' | 'warning'
  /** `data`: facts of the sender that do not agree */
  kind: ValidationIssue['kind']
  test: Test
  /** below the element, where it is known which of its parts do not hold */
  places?(value: unknown): string[]
}

/** Not run, with the reason. */
export const NOT_RUN: Record<string, string> = {
  'dom-6': 'best practice only: what sources send has no narrative, and a warning on every resource says nothing',
  'ctm-1': 'needs resolve(): references are not followed during validation',
  'con-3': 'its last clause compares a CodeableConcept with a string, so it warns on every Condition with a category',
  'eld-16': 'its pattern escapes - and @, which a pattern with Unicode semantics (as FHIRPath asks for) may not',
  'eld-19': "its pattern escapes ', which a pattern with Unicode semantics may not",
  'ppc-2': "tests system = 'something', so it never fires; cn-privacy-consent demands the patient instead",
  'ppc-3': "tests system = 'something', so it never fires",
  'ppc-4': "tests system = 'something', so it never fires",
  'ppc-5': "tests system = 'something', so it never fires",
}

/** The sender's own facts: a period that ends before it starts is stored and flagged. */
const DATA = new Set(['per-1', 'rng-2', 'mdd-1', 'inv-1@Task'])

type Json = Record<string, unknown>

/** Faster and, for dom-3, more correct than the published expressions; the tests compare them with the package. */
export const NATIVE: Record<string, (node: Json, env: Environment) => boolean> = {
  'dom-2': (node) => contained(node).every((inner) => inner.contained === undefined),
  // As published it evaluates as() on many items, which FHIRPath does not allow.
  'dom-3': (node) => contained(node).length === 0 || containedAreReferenced(node),
  'dom-4': (node) => contained(node).every((inner) => meta(inner).versionId === undefined && meta(inner).lastUpdated === undefined),
  'dom-5': (node) => contained(node).every((inner) => meta(inner).security === undefined),
  'ext-1': (node) => (node.extension !== undefined) !== Object.keys(node).some((key) => /^_?value[A-Z]/.test(key)),
  // As published it asks for the System type Boolean, which a FHIR boolean is not.
  'que-7': (node) => node.operator !== 'exists' || node.answerBoolean !== undefined || node._answerBoolean !== undefined,
  'ref-1': (node, env) => {
    const { reference } = node
    if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return true
    return containedAt(reference.slice(1), env.rootResource) !== undefined
  },
}

const contained = (node: Json): Json[] => (Array.isArray(node.contained) ? (node.contained as Json[]) : [])
const meta = (node: Json): Json => (node.meta ?? {}) as Json

const containedAreReferenced = (resource: Json): boolean => unreferenced(resource).length === 0

/** Contained resources that nothing points to, and that point to nothing. */
function unreferenced(resource: Json): string[] {
  const targets = new Set<string>()
  collectLocalTargets({ ...resource, contained: undefined }, targets)
  for (const inner of contained(resource)) collectLocalTargets(inner, targets)
  return contained(resource).flatMap((inner, index) =>
    targets.has(`#${inner.id}`) || pointsToContainer(inner) ? [] : [`.contained[${index}]`],
  )
}

/** Which parts do not hold, of the invariants that stand on the whole. */
const PLACES: Record<string, (value: unknown) => string[]> = {
  'dom-3': (node) => unreferenced(node as Json),
  'sqty-1': () => ['', '.comparator'],
}

/** Every text that begins with # may be a reference, canonical, uri or url to a contained resource. */
function collectLocalTargets(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) found.add(value)
  } else if (value !== null && typeof value === 'object') for (const inner of Object.values(value)) collectLocalTargets(inner, found)
}

function pointsToContainer(resource: Json): boolean {
  const targets = new Set<string>()
  collectLocalTargets(resource, targets)
  return targets.has('#')
}

/** Base invariants by key, made when first asked for. `path` is the type or backbone path that they stand on. */
export function createBaseInvariants(
  structures: StructuresData,
  evaluator: Evaluator,
): (path: string, keys: readonly string[]) => Invariant[] {
  // The list of keys is one object per element of the definitions, so it can stand for the path as well.
  const known = new Map<readonly string[], Invariant[]>()
  return (path, keys) => {
    if (keys.length === 0) return NONE
    const found = known.get(keys)
    if (found) return found
    const made = keys.filter((key) => !(key in NOT_RUN)).map((key) => invariant(path, key, structures, evaluator))
    known.set(keys, made)
    return made
  }
}

const NONE: Invariant[] = []

function invariant(path: string, key: string, structures: StructuresData, evaluator: Evaluator): Invariant {
  const found = structures.constraints[key]
  if (!found) throw new Error(`no such invariant: ${key}`)
  const native = NATIVE[key]
  const places = PLACES[key]
  return {
    key: key.split('@')[0] ?? key,
    severity: found[0],
    kind: DATA.has(key) ? 'data' : 'structure',
    test: native ? (node, env) => native(node as Json, env) : evaluator.test(path, found[1]),
    ...(places ? { places } : {}),
  }
}
