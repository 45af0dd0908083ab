/** AuditEvents of ingest: who sent what for which source, and what was refused. Payloads are named by id, never by content. */
import type { Access } from '../access/types.ts'
import type { Audit } from '../audit/audit.ts'
import type { IngestAudit } from './types.ts'

export function ingestAudit(audit: Audit, access: Access): IngestAudit {
  return async ({ action, source, actor, payload, reason }) => {
    const record = audit.record({
      interaction: `ingest-${action}`,
      action: action === 'quality' ? 'R' : 'C',
      outcome: action === 'refuse' ? '4' : '0',
      ...(actor && { actor }),
      reason: `${source} ${reason}`,
      ...(payload === undefined ? {} : { resources: [`payload/${payload}`] }),
      acc: access.auditAcc([], actor?.organization ?? ''),
    })
    await audit.append([record])
  }
}
