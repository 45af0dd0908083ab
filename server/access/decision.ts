/**
 * The contract between access and store. A Decision is the only ticket with which patient data can be queried, and this
 * file is the only place that can make one (the brand is not exported).
 */

/** What stands on every stored document for access control. */
export interface Acc {
  /** Person keys of all its patients (master Patient id, or the Patient's own id while unlinked); empty: about nobody. */
  p: string[]
  /** Number of its policy class; 0 = never labelled = invisible. */
  s: number
  /** `person#epoch` for each of `p`: the consent epoch with which it was stamped. */
  e: string[]
  /** Organisation id of the custodian; '' when there is none. */
  o: string
}

/** One way to be permitted; all that is present must hold. */
export interface AccClause {
  classes: readonly number[]
  custodian?: { is: string } | { isNot: string }
  /** Every person of the document must be one of these. */
  persons?: readonly string[]
}

/** Persons being relabelled: a document of `person` that is not stamped `person#epoch` is excluded. */
export interface OverlayEntry {
  person: string
  epoch: number
}

/** Filter of one resource type. `all`: no restriction (system). Empty `anyOf`: nothing is visible. */
export type AccFilter = { all: true } | { all: false; anyOf: readonly AccClause[]; overlay: readonly OverlayEntry[] }

declare const brand: unique symbol

export interface Decision {
  readonly [brand]: 'Decision'
  /** Compiled filter for documents of one type. */
  filter(type: string): AccFilter
  /** The second gate: is this very document permitted? Same function as the filter, run again on what was found. */
  permits(type: string, acc: Acc): boolean
  /** Its persons are being relabelled: what is not permitted now may be soon, without anything that happens to it. */
  settling(acc: Acc): boolean
  /** For the audit: short stable reason for the actor's view. */
  readonly reason: string
}

export interface DecisionParts {
  filter: (type: string) => AccFilter
  permits: (type: string, acc: Acc) => boolean
  settling?: (acc: Acc) => boolean
  reason: string
}

/** Only `server/access` may call this (checked by the dependency rules). */
export function makeDecision(parts: DecisionParts): Decision {
  return Object.freeze({ settling: () => false, ...parts }) as unknown as Decision
}

/** The server's own work (linking, labelling, jobs, audit): sees everything. `reason` goes to the audit. */
export function systemDecision(reason: string): Decision {
  return makeDecision({ filter: () => ({ all: true }), permits: () => true, reason })
}
