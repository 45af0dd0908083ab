/** The account of every use: who asked for what, why, what was decided, durable before any byte leaves. */
import type { Acc } from '../access/decision.ts'
import type { Actor } from '../auth/actor.ts'
import type { AuditRecord, Store } from '../store/types.ts'
import { renderAuditEvent } from './render.ts'
import { auditKeys } from './keys.ts'

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
  /** query text as asked; goes into the body only, as FHIR base64 */
  query?: string
  /** Consent ids that the decision rested on */
  consents?: readonly string[]
  /** `Type` that was searched */
  type?: string
  /** persons, policy class, stamps and custodian of the entry itself: who may read this account */
  acc: Acc
}

export interface Audit {
  /** Renders the AuditEvent; nothing is stored yet. Put it into a WriteUnit, or append it. */
  record(entry: AuditEntry): AuditRecord
  /**
   * Durable when it resolves (majority and journal, in the hash chain).
   * @throws OutcomeError unavailable: nothing may leave then
   */
  append(records: readonly AuditRecord[]): Promise<void>
}

export interface AuditOptions {
  store: Store
  now: () => Date
  newId: () => string
  /** name of this server process, the observer of the events */
  node: string
}

export function createAudit(options: AuditOptions): Audit {
  return {
    record(entry) {
      const at = options.now()
      const id = options.newId()
      return {
        id,
        at,
        body: renderAuditEvent(entry, { id, at, node: options.node }),
        keys: auditKeys(entry),
        acc: entry.acc,
      }
    },
    append: (records) => options.store.audit.append(records),
  }
}
