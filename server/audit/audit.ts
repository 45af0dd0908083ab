/** The account of every use: who asked for what, why, what was decided, durable before any byte leaves. */
import type { AuditRecord, Store } from '../store/types.ts'
import type { AuditEntry } from './entry.ts'
import { renderAuditEvent } from './render.ts'
import { auditKeys } from './keys.ts'

export type { AuditEntry } from './entry.ts'

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
  /** of this deployment, at least 32 bytes, kept outside the database: of it are the digests of queried values */
  queryKey: Uint8Array
}

export function createAudit(options: AuditOptions): Audit {
  return {
    record(entry) {
      const at = options.now()
      const id = options.newId()
      return {
        id,
        at,
        body: renderAuditEvent(entry, { id, at, node: options.node, queryKey: options.queryKey }),
        keys: auditKeys(entry),
        acc: entry.acc,
      }
    },
    append: (records) => options.store.audit.append(records),
  }
}
