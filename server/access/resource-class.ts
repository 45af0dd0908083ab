/** What of a resource an access decision depends on, and a person's rules as far as they concern it. */
import type { Effect, MetaModel, Span } from './consent-model.ts'

/** Criteria about the resource, once they are met: they count for specificity. */
export type MetCriterion = 'class' | 'code' | 'dataPeriod' | 'label' | 'data'

/** A provision whose resource criteria are met; what is left depends on who asks, why and when. */
export interface ResolvedProvision {
  effect: Effect
  met: MetCriterion[]
  /** labels of the resource that its own criterion names */
  labels: string[]
  period?: Span
  purpose?: string[]
  action?: string[]
  role?: string[]
  actor?: string[]
  study?: string[]
  form?: string[]
  unknown?: true
  nested: ResolvedProvision[]
}

export interface ResolvedPreference extends Omit<ResolvedProvision, 'effect' | 'nested'> {
  model: MetaModel
}

export interface ResolvedRule {
  series: number
  rank: number
  permitRank?: number
  notBefore?: number
  period?: Span
  silent?: true
  permitsFrom?: number
  noPermit?: true
  refusal?: true
  recorder?: string
  root?: ResolvedProvision
  preferences?: ResolvedPreference[]
}

/** How the resource is about persons. `unknown`: about somebody whom the server cannot name. */
export type Subject = { kind: 'person'; rules: ResolvedRule[] } | { kind: 'unknown' }

/** The policy class: all resources with the same value are decided alike. */
export interface ResourceClass {
  type: string
  /** types of what a Provenance, AuditEvent or Binary is about */
  targets: string[]
  /** document code (C00nn), '' when it is none */
  docType: string
  /** sensitivity and restriction labels, sorted */
  labels: string[]
  /** belongs to an insured visit */
  insured: boolean
  /** the insurance system itself sent it */
  fromInsurance: boolean
  /** a disease that must be reported by law */
  notifiable: boolean
  /** one per distinct rule set of its persons; empty: about nobody */
  subjects: Subject[]
}

/** What criteria of consents are compared with; `codes` and `dates` are resolved into the class and not kept. */
export interface ResourceFacts {
  type: string
  id: string
  /** organisation that answers for it */
  custodian?: string
  targets: string[]
  docType: string
  labels: string[]
  profiles: string[]
  /** every coding of the resource as `system|code`; `|code` without a system */
  codes: string[]
  /** codings of the element that says what the resource is (code, type, medication, vaccineCode) */
  ownCodes: string[]
  /** its clinical dates; empty when it has none */
  dates: Span[]
  /** `Type/id` of all that it refers to */
  references: string[]
}
