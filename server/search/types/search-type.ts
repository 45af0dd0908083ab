/** What each search parameter type offers: keys when a resource is stored, a plan node when it is searched. */
import type { Interval } from '../../fhir/date.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { Zone } from '../../fhir/zone.ts'
import type { Keeping } from '../keeping.ts'
import type { NumberRange, PlanNode } from '../plan.ts'

/** Where a parameter's keys stand: its own code, or that of another parameter which covers it. */
export interface Column {
  code: string
  keeping: Keeping
  /** only references to this resource type (`patient` on the keys of `subject`) */
  refersTo?: string
  /** no element of it has a system: one key `code:value` serves all forms */
  plain: boolean
  /** some of its elements have a text or display by which `:text` finds them */
  texts: boolean
  /** code systems implied by required bindings, for `system|code` on `code` elements */
  systems: readonly string[]
  /** FHIR datatypes of its elements */
  datatypes: ReadonlySet<string>
  /** target types of a reference */
  targets: ReadonlySet<string>
}

/** Collects what one resource is found by. */
export interface IndexSink {
  readonly zone: Zone
  readonly ownBase: string
  /** the whole resource, in which contained ones are found */
  readonly resource: FhirResource
  key(key: string): void
  /** a folded string; those that begin another one of the same parameter are dropped at the end */
  folded(code: string, folded: string): void
  /** the place of one value in an order, as a folded key has it; kept where the keys of one of the parameter's values do not tell it */
  sort(code: string, place: string, isKept: boolean): void
  date(code: string, interval: Interval): void
  num(code: string, range: NumberRange): void
}

/** What token criteria ask of the terminology: `:in`, `:not-in`, `:above`, `:below`. */
export interface CodeSets {
  /** codes by system, or whole systems; undefined when the set is not known as a whole */
  valueSet(url: string): readonly { system: string; codes?: readonly string[] }[] | undefined
  /** a code stands under its beginnings of at least `root` characters, and under the ranges of those; undefined: not known */
  hierarchy(system: string): { root: number; ranges: readonly string[] } | undefined
  /** of a system whose codes say nothing of it: a code and all that stand under it, or over it; undefined: not known as a whole */
  related?(side: 'under' | 'over', system: string, code: string): readonly string[] | undefined
}

export interface PlanContext {
  readonly codeSets?: CodeSets
  readonly zone: Zone
  readonly ownBase: string
  readonly now: () => number
  /** false: codes of organisations' own systems find nothing */
  readonly localCodes?: boolean
}

/** One comma-separated value of a parameter, still escaped. */
export interface Criterion {
  /** without modifier, for messages */
  name: string
  modifier: string | undefined
  value: string
}

export interface SearchType {
  field: 'keys' | 'dates' | 'nums'
  /** separators of the keys that say that the parameter has a value; empty for dates and nums */
  separators: readonly string[]
  /** modifiers that `plan` takes, besides `missing` and (tokens) `not`, which are made around it */
  modifiers: ReadonlySet<string>
  /** Adds what one element is found by. Elements of other datatypes add nothing. */
  index(column: Column, value: unknown, datatype: string, sink: IndexSink): void
  /** Plan for one value. @throws OutcomeError parameter-invalid */
  plan(column: Column, criterion: Criterion, context: PlanContext): PlanNode
}
