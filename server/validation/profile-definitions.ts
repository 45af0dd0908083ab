/** The compiled profiles, extensions, value sets and code systems of `profiles/generated`, by canonical. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCodes, type CodeSet, codeSet } from './bindings.ts'
import { publishedCodes, publishedProfile, publishedSystem } from './published.ts'
import { type AskedCode, NONE_STORED, type StoredCodes } from './stored-codes.ts'

export interface ProfileDefinition {
  resourceType: 'StructureDefinition'
  url: string
  /** those of HL7 have R4's */
  version?: string
  type: string
  baseDefinition: string
  derivation?: string
  /** where an extension may stand */
  context?: { type: string; expression: string }[]
  contextInvariant?: string[]
  /** of HL7's extensions: it stands in modifierExtension */
  modifier?: boolean
  identifier?: { value: string }[]
  snapshot: { element: SnapshotElement[] }
  differential: { element: { id: string }[] }
}

export interface SnapshotElement {
  id: string
  path: string
  sliceName?: string
  min: number
  max: string
  base: { path: string; min: number; max: string }
  type?: { code: string; profile?: string[]; targetProfile?: string[] }[]
  slicing?: { discriminator?: Discriminator[]; rules: 'open' | 'closed' | 'openAtEnd'; ordered?: boolean }
  binding?: { strength: string; valueSet?: string; extension?: BindingExtension[] }
  constraint?: { key: string; severity: 'error' | 'warning'; expression?: string; source?: string }[]
  /** fixedUri, patternCodeableConcept, … */
  [key: string]: unknown
}

/** What binds besides: R4's largest value set, and the bindings that later versions add. */
export interface BindingExtension {
  url: string
  valueCanonical?: string
  valueUri?: string
  extension?: { url: string; valueCode?: string; valueCanonical?: string; valueBoolean?: boolean }[]
}

export interface Discriminator {
  type: 'value' | 'pattern' | 'exists' | 'type' | 'profile'
  path: string
}

interface ValueSetDefinition {
  resourceType: 'ValueSet'
  url: string
  compose?: { include: { system?: string; concept?: { code: string }[]; valueSet?: string[]; filter?: unknown[] }[] }
}

interface CodeSystemDefinition {
  resourceType: 'CodeSystem'
  url: string
  content: string
  concept?: Concept[]
}

interface Concept {
  code: string
  concept?: Concept[]
}

/** Anything else that is given is ignored. */
export type Definition = ProfileDefinition | ValueSetDefinition | CodeSystemDefinition

export interface ProfileDefinitions {
  /** those of this project and of the site */
  structures: ReadonlyMap<string, ProfileDefinition>
  /** the same, and those of HL7 */
  structure(canonical: string): ProfileDefinition | undefined
  /** undefined when the value set is not known here */
  codes(valueSet: string): CodeSet | undefined
  /** the same with what is stored, for bindings: also a set that may be stored once */
  bound(valueSet: string): CodeSet | undefined
  /** all codes of a code system that is known completely */
  system(url: string): ReadonlySet<string> | undefined
}

const folder = join(import.meta.dirname, '..', '..', 'profiles', 'generated')

let generated: readonly Definition[] | undefined

/** Read once per process: validators only look things up in it. */
export function readGenerated(): readonly Definition[] {
  if (generated) return generated
  const files = readdirSync(folder).filter((file) => /^(?:StructureDefinition|ValueSet|CodeSystem)-.*\.json$/.test(file))
  generated = files.sort().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Definition)
  return generated
}

export const unversioned = (canonical: string): string => canonical.split('|')[0] ?? canonical

export interface IndexOptions {
  stored?: StoredCodes
  /** R4 itself requires the set: what is stored under its address is no other R4 */
  isRequired?(valueSet: string): boolean
}

export function indexDefinitions(
  definitions: readonly Definition[],
  { stored = NONE_STORED, isRequired = () => false }: IndexOptions = {},
): ProfileDefinitions {
  const structures = new Map<string, ProfileDefinition>()
  const valueSets = new Map<string, ValueSetDefinition>()
  const codeSystems = new Map<string, CodeSystemDefinition>()
  for (const definition of definitions) {
    if (definition.resourceType === 'StructureDefinition') structures.set(definition.url, definition)
    else if (definition.resourceType === 'ValueSet') valueSets.set(definition.url, definition)
    else if (definition.resourceType === 'CodeSystem') codeSystems.set(definition.url, definition)
  }
  const expanded = new Map<string, CodeSet>()
  const codes = (canonical: string): CodeSet | undefined => {
    const url = unversioned(canonical)
    const valueSet = valueSets.get(url)
    if (!valueSet) return publishedCodes(url)
    const known = expanded.get(url) ?? expand(valueSet, codeSystems, codes)
    expanded.set(url, known)
    return known
  }
  const bindings = new Map<string, CodeSet>()
  const bound = (canonical: string): CodeSet | undefined => {
    if (stored === NONE_STORED || isRequired(unversioned(canonical))) return codes(canonical)
    const known = bindings.get(canonical)
    if (known) return known
    const shipped: CodeSet = codes(canonical) ?? { ...codeSet(unversioned(canonical)), complete: false, undefined: true }
    const made = { ...shipped, stored: (asked: AskedCode) => stored.answer(canonical, asked) }
    bindings.set(canonical, made)
    return made
  }
  const systems = new Map<string, ReadonlySet<string>>()
  for (const { url, content, concept } of codeSystems.values())
    if (content === 'complete' && concept) systems.set(url, new Set(allCodes(concept)))
  return {
    structures,
    structure: (canonical) =>
      structures.get(unversioned(canonical)) ?? (publishedProfile(unversioned(canonical)) as ProfileDefinition | undefined),
    codes,
    bound,
    system: (url) => systems.get(url) ?? publishedSystem(url),
  }
}

function expand(valueSet: ValueSetDefinition, systems: Map<string, CodeSystemDefinition>, codes: ProfileDefinitions['codes']): CodeSet {
  const set = codeSet(valueSet.url)
  for (const include of valueSet.compose?.include ?? []) {
    for (const url of include.valueSet ?? []) merge(set, codes(url))
    const { system } = include
    if (system === undefined) continue
    const definition = systems.get(system)
    if (include.concept)
      addCodes(
        set,
        system,
        include.concept.map((concept) => concept.code),
      )
    else if (definition?.concept && !include.filter) addCodes(set, system, allCodes(definition.concept))
    else set.systems.set(system, null)
    if (!include.concept && definition?.content !== 'complete') set.complete = false
  }
  return set
}

function merge(set: CodeSet, other: CodeSet | undefined): void {
  if (!other) return
  for (const [system, list] of other.systems) {
    if (list === null) set.systems.set(system, null)
    else addCodes(set, system, list)
  }
  if (!other.complete) set.complete = false
}

const allCodes = (concepts: Concept[]): string[] => concepts.flatMap((concept) => [concept.code, ...allCodes(concept.concept ?? [])])

/** Value of `fixedUri`, `patternCodeableConcept` and the like. */
export function definedValue(element: SnapshotElement, prefix: 'fixed' | 'pattern'): unknown {
  for (const key in element) if (key.startsWith(prefix) && /^[A-Z]/.test(key.slice(prefix.length))) return element[key]
  return undefined
}
