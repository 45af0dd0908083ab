/** What of a conformance resource the pages read. */
import type { FhirResource } from '../fhir/types.ts'

export interface ElementType {
  code: string
  profile?: string[]
  targetProfile?: string[]
}

export interface Constraint {
  key: string
  severity: string
  human: string
  expression?: string
  source?: string
}

export interface ElementDefinition {
  id: string
  path: string
  sliceName?: string
  short?: string
  min?: number
  max?: string
  type?: ElementType[]
  binding?: { strength: string; valueSet?: string }
  constraint?: Constraint[]
  slicing?: { discriminator?: { type: string; path: string }[]; rules: string; ordered?: boolean }
  [other: string]: unknown
}

export interface StructureDefinition extends FhirResource {
  id: string
  url: string
  name: string
  title?: string
  description?: string
  status: string
  version?: string
  type: string
  baseDefinition: string
  context?: { type: string; expression: string }[]
  differential: { element: ElementDefinition[] }
  snapshot: { element: ElementDefinition[] }
}

export interface Concept {
  code: string
  display?: string
  definition?: string
  designation?: { value: string }[]
  concept?: Concept[]
}

export interface ValueSetPart {
  system?: string
  concept?: { code: string; display?: string }[]
  filter?: { property: string; op: string; value: string }[]
  valueSet?: string[]
}

export interface ConceptMapGroup {
  source?: string
  target?: string
  element: { code: string; display?: string; target?: { code?: string; display?: string; equivalence?: string }[] }[]
}

export type ArtifactType = 'StructureDefinition' | 'ValueSet' | 'CodeSystem' | 'ConceptMap' | 'SearchParameter'

/** One definition of the guide; the resource itself is read when its page is asked for. */
export interface Artifact {
  type: ArtifactType
  id: string
  url: string
  isExtension: boolean
  /** type that a profile or a search parameter is of */
  on: readonly string[]
  base?: string
  names: { zh: string; en: string }
  /** canonicals that it names */
  uses: ReadonlySet<string>
  /** as the package has it: the committed text where there is one */
  text(): Promise<string>
}

export interface Broken {
  what: string
  issue: { severity: string; code: string; expression: string; rule?: string; profile?: string }
  resource: FhirResource
}

/** A sound resource of a profile, or one that bears an extension. */
export interface Example {
  name: string
  /** id of its StructureDefinition */
  of: string
  resourceType: string
  text(): Promise<string>
}

/** A field of a source, and the element that it is mapped onto. */
export interface MappedField {
  source: string
  kind: string
  to: string
  element: string
  fields: readonly string[]
  profiles: readonly string[]
}

export interface Content {
  artifacts: readonly Artifact[]
  byUrl: ReadonlyMap<string, Artifact>
  examples: readonly Example[]
  /** ids of StructureDefinitions with broken examples, and how many */
  broken: ReadonlyMap<string, number>
  brokenOf(id: string): Promise<readonly Broken[]>
  fields: readonly MappedField[]
  /** what is said of a table of `terminology/`: mostly what could not be checked */
  notes: readonly { id: string; title: string; note: string }[]
}
