/** AuditEvents of interactions: appended before a byte leaves, or committed together with the write. */
import type { AuditEntry } from '../audit/audit.ts'
import type { AuditRecord, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { queryText } from './search-request.ts'
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
    ...(fact.query && fact.query.length > 0 ? { query: queryText(fact.query) } : {}),
    ...(basis && basis.consents.length > 0 ? { consents: basis.consents } : {}),
  }
  await deps.audit.append([deps.audit.record(entry)])
}

const ACTIONS = { POST: 'C', PUT: 'U', DELETE: 'D' } as const
const INTERACTIONS = { POST: 'create', PUT: 'update', DELETE: 'delete' } as const

/** The entry of one write; its patients are those of the version that it replaces, or that the resource names. */
export async function auditRecordOf(deps: FhirDeps, request: FhirRequest, draft: Draft, current: Stored | undefined): Promise<AuditRecord> {
  const persons = await personsOf(deps, draft, current)
  return deps.audit.record({
    interaction: INTERACTIONS[draft.method],
    action: ACTIONS[draft.method],
    outcome: '0',
    actor: request.actor,
    reason: 'write',
    patients: persons,
    resources: [`${draft.type}/${draft.id}`],
    count: 1,
    type: draft.type,
    acc: deps.access.auditAcc(persons, draft.custodian),
  })
}

const PATIENT_REFERENCE = /"reference":"Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^"]*)?"/g

async function personsOf(deps: FhirDeps, draft: Draft, current: Stored | undefined): Promise<string[]> {
  const patients = new Set(draft.type === 'Patient' ? [draft.id] : [])
  for (const [, id = ''] of (draft.parsed?.text ?? '').matchAll(PATIENT_REFERENCE)) patients.add(id)
  const linked = patients.size === 0 ? new Map<string, string>() : await deps.access.personsOf([...patients])
  return [...new Set([...[...patients].map((id) => linked.get(id) ?? id), ...(current?.acc.p ?? [])])]
}
