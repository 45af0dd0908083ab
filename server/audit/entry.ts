/** What is said of one use, before it is rendered. */
import type { Acc } from '../access/decision.ts'
import type { Actor } from '../auth/actor.ts'

/** One use. Ids and counts only, never content of a resource. */
export interface AuditEntry {
  /** http://hl7.org/fhir/restful-interaction (`read`, `search-type`, …), or the name of an operation (`everything`, `export`) */
  interaction: string
  action: 'C' | 'R' | 'U' | 'D' | 'E'
  /** 0 success, 4 refused or client's error, 8 server's failure */
  outcome: '0' | '4' | '8'
  /** absent: the server's own work */
  actor?: Actor
  /** the decision's reason, or the issue code of a refusal */
  reason: string
  /** Patient ids whose data were touched (master ids) */
  patients?: readonly string[]
  /** `Type/id`, or `Type/id/_history/v`, of what was read or written; more than a bound are counted only */
  resources?: readonly string[]
  /** number of resources when not all are named */
  count?: number
  /** the query as asked; goes into the body only, in a form that names nobody, as FHIR base64 */
  query?: readonly (readonly [name: string, value: string])[]
  /** Consent ids that the decision rested on */
  consents?: readonly string[]
  /** `Type` that was searched */
  type?: string
  /** persons, policy class, stamps and custodian of the entry itself: who may read this account */
  acc: Acc
}
