/**
 * By which keys a resource is found that has a coding anywhere: those of the token parameters, and for places that no parameter looks
 * into (a route of administration, a marital status) a key of its own. No search asks for it: server/code-mapping does, which
 * translates what is stored with a source's code.
 */
import type { FhirResource } from '../fhir/types.ts'
import { exactKey, SEPARATOR } from './keys.ts'
import { CODING_KEYS_MAX } from './limits.ts'
import type { TypeParams } from './registry.ts'

const NAME = '_coding'
const CODED = NAME + SEPARATOR.system
/** It has more such codings than stand in its keys: whoever looks for any of them has to look at it. */
const MORE_CODED = NAME + SEPARATOR.excess

/** Types that carry no source's codings of persons' data, or act by what is in them: a consent means what its author wrote. */
export const WITHOUT_SOURCE_CODINGS: ReadonlySet<string> = new Set(
  `AuditEvent Binary Bundle CapabilityStatement CodeSystem ConceptMap Consent Group NamingSystem Parameters Provenance
  SearchParameter StructureDefinition Subscription ValueSet`.split(/\s+/),
)

/** What sources' codes are translated to: such codings are in nearly every resource, and have no keys of their own here. */
const STANDARD = /^http:\/\/(?:terminology\.hl7\.org\/(?!CodeSystem\/v2-)|hl7\.org\/|loinc\.org|snomed\.info|unitsofmeasure\.org)/

const TOKENS = new Set(['CodeableConcept', 'Coding'])

const known = new WeakMap<TypeParams, readonly string[]>()

/** Names of the columns that hold the codings of a type; of an expression that is not compiled the types are not known. */
function columnsOf(built: TypeParams): readonly string[] {
  const kept = known.get(built)
  if (kept) return kept
  const made = built.stored
    .filter(({ searchType, column }) => searchType.separators.includes(SEPARATOR.code) && !column.plain)
    .filter(({ column: { datatypes } }) => datatypes.size === 0 || [...datatypes].some((type) => TOKENS.has(type)))
    .map(({ column }) => column.code)
  known.set(built, made)
  return made
}

interface Keys {
  has(key: string): boolean
  add(key: string): void
}

/** @param built parameters of the type without those of operators, which come and go */
export function indexCodings(resource: FhirResource, built: TypeParams, keys: Keys): void {
  if (WITHOUT_SOURCE_CODINGS.has(resource.resourceType)) return
  const columns = columnsOf(built)
  let own = 0
  eachCoding(resource, (system, code) => {
    if (STANDARD.test(system)) return
    const value = exactKey(`${system}|${code}`)
    if (keys.has(CODED + value) || columns.some((column) => keys.has(column + SEPARATOR.system + value))) return
    own++
    keys.add(own > CODING_KEYS_MAX ? MORE_CODED : CODED + value)
  })
}

/** Every member of a list of codings, in what is contained too. */
function eachCoding(value: unknown, take: (system: string, code: string) => void): void {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    for (const item of value) eachCoding(item, take)
    return
  }
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name]
    if (name === 'coding' && Array.isArray(member))
      for (const coding of member as ({ system?: unknown; code?: unknown } | null)[])
        if (typeof coding?.system === 'string' && typeof coding.code === 'string') take(coding.system, coding.code)
    eachCoding(member, take)
  }
}

/** Keys one of which every resource of the type has that carries the coding; undefined: of such a system only those in parameters have keys. */
export function keysOfCoding(built: TypeParams, { system, code }: { system: string; code: string }): string[] | undefined {
  if (STANDARD.test(system)) return undefined
  const value = exactKey(`${system}|${code}`)
  return [...columnsOf(built).map((column) => column + SEPARATOR.system + value), CODED + value, MORE_CODED]
}
