/** AuditEvents of interactions that read: on record before a byte leaves. */
import type { AuditEntry } from '../audit/audit.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import type { FhirDeps, FhirRequest } from './types.ts'
import type { Seen } from './decided.ts'

interface Asked {
  interaction: string
  action: 'R' | 'E'
  type: string
  /** what was asked for by id */
  id?: string
  query?: readonly (readonly [string, string])[]
}

export interface ReadFact extends Asked {
  found: readonly Stored[]
  seen: Pick<Seen<unknown>, 'reason'> & Partial<Seen<unknown>>
}

/** @throws OutcomeError unavailable: without its audit entry nothing is answered */
export async function audited(deps: FhirDeps, request: FhirRequest, fact: ReadFact): Promise<void> {
  // Development without access control has no account of uses either; it says so when it starts.
  if (request.actor.unrestricted) return
  await deps.audit.append([deps.audit.record(await entryOf(deps, request, fact))])
}

/**
 * Looks for one resource that is asked for by id. The use is announced meanwhile, which names the resource and so whose data it
 * is about: that is on record before the answer leaves, and the entry with what was found follows at once.
 * @throws OutcomeError unavailable: without its announcement nothing is answered; whatever `find` throws
 */
export async function auditedRead<V extends Stored | undefined>(
  deps: FhirDeps,
  request: FhirRequest,
  asked: Asked & { id: string },
  find: () => Promise<Seen<V>>,
): Promise<Seen<V>> {
  if (request.actor.unrestricted) return find()
  const use = deps.audit.announce(plainEntry(deps, request, asked))
  try {
    const seen = await find()
    const fact = { ...asked, found: seen.value ? [seen.value] : [], seen }
    const [entry] = await Promise.all([entryOf(deps, request, fact), use.durable])
    use.settle(entry)
    return seen
  } catch (error) {
    const reason = error instanceof OutcomeError ? (error.issues[0]?.code ?? 'internal') : 'internal'
    use.settle({ ...plainEntry(deps, request, asked), outcome: '8', reason })
    throw error
  }
}

/** What is known before anything is found. */
function plainEntry(deps: FhirDeps, { actor }: FhirRequest, { interaction, action, type, id, query }: Asked): AuditEntry {
  return {
    interaction,
    action,
    outcome: '0',
    actor,
    reason: '',
    type,
    ...(id === undefined ? {} : { resources: [`${type}/${id}`] }),
    ...(query && query.length > 0 ? { query } : {}),
    acc: deps.access.auditAcc([], actor.organization),
  }
}

async function entryOf(deps: FhirDeps, request: FhirRequest, { found, seen, ...asked }: ReadFact): Promise<AuditEntry> {
  const { decision } = seen
  const basis = decision && found.length > 0 ? await deps.access.basis(decision, found) : undefined
  const acc = deps.access.auditAcc(
    found.flatMap((doc) => doc.acc.p),
    request.actor.organization,
  )
  const plain = plainEntry(deps, request, asked)
  return {
    ...plain,
    outcome: asked.id !== undefined && found.length === 0 ? '4' : '0',
    reason: basis && basis.reasons.length > 0 ? basis.reasons.join(' ') : seen.reason,
    patients: acc.p,
    resources: [...new Set([...(plain.resources ?? []), ...found.map((doc) => `${doc.type}/${doc.id}`)])],
    count: found.length,
    acc,
    ...(basis && basis.consents.length > 0 ? { consents: basis.consents } : {}),
  }
}
