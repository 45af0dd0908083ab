/** AuditEvents of ingest: who sent what for which source, and what was refused. Payloads are named by id, never by content. */
import type { Access } from '../access/types.ts'
import type { Audit } from '../audit/audit.ts'
import type { IngestAudit } from './types.ts'

/** What only looks; everything else makes something. */
const LOOKING: ReadonlySet<string> = new Set(['quality', 'inbox', 'raw'])
/** Entries of one transaction of the account. */
const APPENDED_MAX = 100

export function ingestAudit(audit: Audit, access: Access): IngestAudit {
  return async ({ action, source, actor, payload, persons = [], reason }) => {
    // Each person has an entry of his own, with nothing of the others.
    const about = persons.length === 0 ? [[]] : persons.map((person) => [person])
    // Why somebody's data were refused is in his own account, and in nobody else's.
    const custodian = action === 'refuse' && persons.length > 0 ? '' : (actor?.organization ?? '')
    const records = about.map((one) => {
      const acc = access.auditAcc(one, custodian)
      return audit.record({
        interaction: `ingest-${action}`,
        action: LOOKING.has(action) ? 'R' : 'C',
        outcome: action === 'refuse' ? '4' : '0',
        ...(actor && { actor }),
        reason: `${source} ${reason}`,
        ...(acc.p.length > 0 && { patients: acc.p }),
        ...(payload === undefined ? {} : { resources: [`payload/${payload}`] }),
        acc,
      })
    })
    for (let at = 0; at < records.length; at += APPENDED_MAX) await audit.append(records.slice(at, at + APPENDED_MAX))
  }
}
