/** AuditEvents of interactions that read: appended before a byte leaves. */
import type { AuditEntry } from '../audit/audit.ts'
import type { Stored } from '../store/types.ts'
import type { FhirDeps, FhirRequest } from './types.ts'
import type { Seen } from './decided.ts'

export interface ReadFact {
  interaction: string
  action: 'R' | 'E'
  type: string
  /** what was asked for by id */
  id?: string
  found: readonly Stored[]
  seen: Pick<Seen<unknown>, 'reason'> & Partial<Seen<unknown>>
  query?: readonly (readonly [string, string])[]
}

/** @throws OutcomeError unavailable: without its audit entry nothing is answered */
export async function audited(deps: FhirDeps, request: FhirRequest, fact: ReadFact): Promise<void> {
  // Development without access control has no account of uses either; it says so when it starts.
  if (request.actor.unrestricted) return
  const { decision } = fact.seen
  const basis = decision && fact.found.length > 0 ? await deps.access.basis(decision, fact.found) : undefined
  const persons = [...new Set(fact.found.flatMap((doc) => doc.acc.p))]
  const asked = fact.id === undefined ? [] : [`${fact.type}/${fact.id}`]
  const named = fact.found.map((doc) => `${doc.type}/${doc.id}`)
  const entry: AuditEntry = {
    interaction: fact.interaction,
    action: fact.action,
    outcome: fact.id !== undefined && fact.found.length === 0 ? '4' : '0',
    actor: request.actor,
    reason: basis && basis.reasons.length > 0 ? basis.reasons.join(' ') : fact.seen.reason,
    patients: persons,
    resources: [...new Set([...asked, ...named])],
    count: fact.found.length,
    type: fact.type,
    acc: deps.access.auditAcc(persons, request.actor.organization),
    ...(fact.query && fact.query.length > 0 ? { query: fact.query } : {}),
    ...(basis && basis.consents.length > 0 ? { consents: basis.consents } : {}),
  }
  await deps.audit.append([deps.audit.record(entry)])
}
