/** The entry by which the account of uses tells of a first refusal, for access without the server around it. */
import type { Acc } from '../../server/access/decision.ts'
import { createAudit } from '../../server/audit/audit.ts'
import type { AuditRecord, Store } from '../../server/store/types.ts'

export function refusalEntries(store: Store): (acc: Acc) => AuditRecord {
  const audit = createAudit({ store, now: () => new Date(), node: 'test', queryKey: new Uint8Array(32).fill(7) })
  return (acc) => audit.record({ interaction: 'first-refusal', action: 'E', outcome: '0', reason: 'first-refusal', acc })
}
