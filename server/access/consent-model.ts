/** A Consent as the decision reads it (consent.md 3.2–3.4): plain data, ordered and comparable, free of FHIR's shapes. */

/** Half-open interval in milliseconds since the epoch; an absent end is open. */
export interface Span {
  from?: number
  until?: number
}

/** A code that a provision names; without a system it is met by the code in any system. */
export interface NamedCode {
  system?: string
  code: string
}

/** A data instance that a provision names. `related`: also what refers to it. */
export interface NamedInstance {
  reference: string
  related: boolean
}

/** Criteria of one provision: absent = any; codes inside one are OR, between them AND. */
export interface Criteria {
  period?: Span
  purpose?: string[]
  action?: string[]
  /** party types (`researcher`) */
  role?: string[]
  /** organisations and persons by reference or bare id (`H2`, `Practitioner/p1`) */
  actor?: string[]
  /** resource types, profiles, document codes */
  class?: NamedCode[]
  code?: NamedCode[]
  dataPeriod?: Span
  data?: NamedInstance[]
  label?: string[]
  study?: string[]
  form?: string[]
  /** something was not understood: never met by a permit, always met by a deny */
  unknown?: true
}

/** `emergency`: deny, but permit for emergency treatment (policyRule EMRGONLY). */
export type Effect = 'permit' | 'deny' | 'emergency'

export interface Provision {
  effect: Effect
  criteria: Criteria
  nested: Provision[]
}

export const META_MODELS = ['opt-out', 'broad', 'blanket-permit', 'dynamic', 'blanket-deny'] as const
export type MetaModel = (typeof META_MODELS)[number]

/** One line of a meta consent: the model that the patient chose for what the criteria name. */
export interface Preference {
  model: MetaModel
  criteria: Criteria
}

/** One version of a series that is in force now, or will be from `notBefore`. */
export interface ConsentRule {
  /** number of the series among the person's rules */
  series: number
  /** place of its dateTime among the person's rules; equal instants have equal ranks */
  rank: number
  /** its place as a permit, where it is another: a refusal of the same day, without a time, may have come after it */
  permitRank?: number
  notBefore?: number
  /** provision.period of the root: outside it the rule says nothing */
  period?: Span
  /** says nothing, but supersedes earlier versions of its series (withdrawn, unverified) */
  silent?: true
  /** permits count from this moment only (the 14th birthday of a child that performed it alone) */
  permitsFrom?: number
  /** permits never count: part of the Consent was not understood */
  noPermit?: true
  /** answered with a plain refusal (status rejected): stands against permits, but is no dissent of its own */
  refusal?: true
  /** organisation that recorded it: it never counts as a permit for that organisation */
  recorder?: string
  /** organisation that recorded it in the patient's name without a verification: it permits what is in its custody only */
  within?: string
  root?: Provision
  preferences?: Preference[]
  /** of a person whose records an operator joined: the part for which it holds (parts.ts) */
  part?: string
}
