/** What the rest of the server asks of search. */
import type { DecimalTexts } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { ContainedEntry, IndexEntry, PlanNode, SortTerm } from './plan.ts'
import type { Position } from './types/near.ts'
import type { CodeSets } from './types/search-type.ts'

export interface SearchParameter {
  code: string
  type: 'token' | 'reference' | 'string' | 'date' | 'number' | 'quantity' | 'uri' | 'composite' | 'special'
  expression: string
  /** target types of a reference parameter */
  target?: string[]
  url: string
  /** resource types for which it is defined; `Resource` for all */
  base: string[]
  /** parts of a composite: the simple parameter of each, and where its values are within the composite's element */
  component?: { code: string; expression: string }[]
}

export interface IncludeTerm {
  /** type whose parameter is followed; `*` (with `iterate`): every type, and all of its references */
  source: string
  param: string
  /** only targets of this type */
  target?: string
  /** followed from what is included too, again and again */
  iterate?: true
  /** of an iterated `_revinclude`: the types to which the parameter can point; absent: all */
  reaches?: readonly string[]
}

/** A parsed search request of one type. */
export interface ParsedSearch {
  type: string
  plan: PlanNode
  sort: SortTerm[]
  count: number
  total: 'none' | 'accurate' | 'estimate'
  summaryCount: boolean
  /** `_summary` other than count; what it does is the renderer's */
  summary?: 'true' | 'text' | 'data' | 'false'
  /** `_elements` */
  elements?: string[]
  /** places from which the answer tells the distance of its matches (`near` of Location) */
  near?: readonly Position[]
  includes: IncludeTerm[]
  revincludes: IncludeTerm[]
  /** parameters that were understood, in order, for the self link */
  applied: [name: string, value: string][]
  /** names that were not understood (only under lenient handling) */
  ignored: string[]
  /** patient ids that the plan is bound to (patient=, subject=Patient/…, _id on Patient), for the treating check */
  patients: string[]
  /** keys of the plan that say whose data are looked for, with the id that each names: see `withPersonKeys` */
  patientKeys: ReadonlyMap<string, string>
}

/** Types that the links of one request have asked: all of its parameters, and all types that it searches, together. */
export interface LinkBudget {
  links: number
}

export interface ParseOptions {
  /** what the asker's terminology knows, in place of what the search was made with */
  codeSets?: Partial<CodeSets>
  /** of requests that are parsed several times, once for each type */
  budget?: LinkBudget
  strict: boolean
  /** parameters of operators are unknown */
  builtInOnly?: boolean
  countDefault: number
  countMax: number
  /** may the parameter of this type be used (with this modifier)? */
  allowed?: (type: string, code: string, modifier?: string) => boolean
  /** false: codes of organisations' own systems find nothing in resources of the type, as where a masked form leaves them out */
  localCodes?: (type: string) => boolean
  /** may resources of the type be asked at the other end of a reference? */
  mayFollow?: (type: string) => boolean
  /** may what the parameter of the type refers to be included? */
  mayInclude?: (type: string, code: string) => boolean
}

/** A search parameter of an operator; `ready`: all that is stored is indexed by it. */
export interface CustomParameter extends SearchParameter {
  ready: boolean
}

export interface Search {
  /** throws OutcomeError with the parameter named; `strict` = Prefer: handling=strict */
  parse(type: string, query: [string, string][], options: ParseOptions): ParsedSearch
  index(resource: FhirResource, decimals: DecimalTexts): IndexEntry
  /** what each resource that it contains is found by, at its place in the list; undefined for what is none */
  contained(resource: FhirResource): (ContainedEntry | undefined)[]
  /** for the CapabilityStatement */
  parameters(type: string): SearchParameter[]
  /** elements of the type that a parameter looks into, each by its path; undefined where that cannot be said */
  paths(type: string, code: string): string[][] | undefined
  /** `Type/id` targets of a reference parameter in a resource (includes) */
  targets(resource: FhirResource, param: string): string[]
  /**
   * Search keys by which resources of `type` refer to `Type/id` through `param` (revinclude, compartments). Always name the
   * type: some parameters are stored under another one's keys (`patient` under `subject`), and which depends on the type.
   */
  referenceKeys(param: string, target: string, type?: string): string[]
  /**
   * Search keys one of which every resource of `type` has that was indexed by this version and carries the coding in a list, wherever
   * that stands; undefined: not all such resources are found by keys
   */
  codingKeys(type: string, coding: { system: string; code: string }): string[] | undefined
  /** reference parameters of `type` that put a resource in the compartment (R4 CompartmentDefinition); Patient unless named */
  compartmentParams(type: string, compartment?: 'Patient' | 'Encounter' | 'Practitioner' | 'Device' | 'RelatedPerson'): string[]
  /** definitions that no operator changes */
  readonly builtIn: readonly SearchParameter[]
  /** all resource types of R4 */
  readonly resources: ReadonlySet<string>
  /** @throws OutcomeError search-parameter-… : the parameter cannot take effect beside the others */
  check(parameter: SearchParameter, others: readonly CustomParameter[]): void
  /** the resource types for which a parameter of an operator is */
  typesOf(parameter: SearchParameter): string[]
  /** from now on resources are indexed by these too, and searches by those that are ready */
  setCustom(parameters: readonly CustomParameter[]): void
  /** is it the parameter of an operator? */
  isCustom(type: string, code: string): boolean
  /** what `index` makes of resources of the type at the moment, as a number: another one tells that it was another index */
  indexedAs(type: string): number
  /** grows when parameters come, go or are ready */
  readonly revision: number
}
