/** What is read of CodeSystem, ValueSet and ConceptMap (R4 codesystem.html, valueset.html, conceptmap.html). */
import type { FhirCoding, FhirResource } from '../fhir/types.ts'

export interface CodeSystemResource extends FhirResource {
  url?: string
  version?: string
  name?: string
  title?: string
  status?: string
  language?: string
  caseSensitive?: boolean
  hierarchyMeaning?: string
  content?: string
  supplements?: string
  property?: { code: string; uri?: string; description?: string; type?: string }[]
  concept?: ConceptElement[]
}

export interface ConceptElement {
  code: string
  display?: string
  definition?: string
  designation?: Designation[]
  property?: { code: string; [value: string]: unknown }[]
  concept?: ConceptElement[]
}

export interface Designation {
  language?: string
  use?: FhirCoding
  value: string
}

export interface ValueSetResource extends FhirResource {
  url?: string
  version?: string
  name?: string
  title?: string
  status?: string
  compose?: { inactive?: boolean; include?: ComposePart[]; exclude?: ComposePart[] }
  expansion?: { contains?: ContainsElement[]; [element: string]: unknown }
}

export interface ComposePart {
  system?: string
  version?: string
  concept?: { code: string; display?: string; designation?: Designation[] }[]
  filter?: { property: string; op: string; value: string }[]
  valueSet?: string[]
}

export interface ContainsElement {
  system?: string
  version?: string
  code?: string
  display?: string
  abstract?: boolean
  inactive?: boolean
  designation?: Designation[]
  contains?: ContainsElement[]
}

export interface ConceptMapResource extends FhirResource {
  url?: string
  version?: string
  status?: string
  sourceUri?: string
  sourceCanonical?: string
  targetUri?: string
  targetCanonical?: string
  group?: MapGroup[]
}

export interface MapGroup {
  source?: string
  sourceVersion?: string
  target?: string
  targetVersion?: string
  element?: { code?: string; display?: string; target?: MapTarget[] }[]
  unmapped?: { mode: string; code?: string; display?: string; url?: string }
}

export interface MapTarget {
  code?: string
  display?: string
  equivalence: string
  comment?: string
  dependsOn?: MapDependency[]
  product?: MapDependency[]
}

export interface MapDependency {
  property: string
  system?: string
  value: string
  display?: string
}

/** `url|version` (R4 references.html#canonical). */
export function canonicalOf(text: string): { url: string; version?: string } {
  const at = text.indexOf('|')
  return at < 0 ? { url: text } : { url: text.slice(0, at), ...(at + 1 < text.length ? { version: text.slice(at + 1) } : {}) }
}
