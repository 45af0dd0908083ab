/** AuditEvents of writes: committed together with what they tell of. */
import { UNKNOWN_PERSON } from '../access/stamp.ts'
import { SUBSCRIPTION } from '../access/subscriber.ts'
import type { Acc } from '../access/decision.ts'
import { parseReference } from '../fhir/reference.ts'
import type { AuditEntry } from '../audit/audit.ts'
import type { AuditRecord, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

const ACTIONS = { POST: 'C', PUT: 'U', DELETE: 'D' } as const
const INTERACTIONS = { POST: 'create', PUT: 'update', DELETE: 'delete' } as const

/** A Group of more members is told to its custodian's auditor only: the transaction that writes it has to end some time. */
const TOLD_EACH_MAX = 500

/**
 * One entry per draft and person, so that each may read his own; the persons are those of the version that it replaces, and those that the resource is about: the
 * persons of its labels, however it refers to them, and the members of a Group, which has none.
 */
export async function auditOf(
  deps: FhirDeps,
  request: FhirRequest,
  drafts: readonly Draft[],
  current: readonly (Stored | undefined)[],
): Promise<(labels: readonly Acc[]) => AuditRecord[]> {
  const members = drafts.map((draft) => membersOf(draft, deps.baseUrl))
  const named = [...new Set(members.flat())]
  const linked = named.length === 0 ? new Map<string, string>() : await deps.access.personsOf(named)
  return (labels) =>
    drafts.flatMap((draft, at) => {
      const own = (members[at] ?? []).map((id) => linked.get(id) ?? id)
      const about = [...own, ...(labels[at]?.p ?? []), ...(current[at]?.acc.p ?? [])]
      const persons = [...new Set(about)].filter((person) => person !== UNKNOWN_PERSON)
      const told = persons.length > 1 && persons.length <= TOLD_EACH_MAX ? persons.map((person) => [person]) : [persons]
      return told.map((patients) => deps.audit.record(entryOf(deps, request, draft, patients)))
    })
}

const entryOf = (deps: FhirDeps, { actor }: FhirRequest, draft: Draft, patients: readonly string[]): AuditEntry => ({
  interaction: INTERACTIONS[draft.method],
  action: ACTIONS[draft.method],
  outcome: '0',
  actor,
  reason: 'write',
  patients,
  resources: [`${draft.type}/${draft.id}`],
  count: 1,
  type: draft.type,
  // A Subscription is the client's; its account is its organisation's.
  acc: deps.access.auditAcc(patients, draft.type === SUBSCRIPTION ? actor.organization : draft.custodian),
})

/** Patients who are members of a Group. */
function membersOf(draft: Draft, ownBase: string): string[] {
  if (draft.type !== 'Group') return []
  const { member = [] } = (draft.parsed?.resource ?? {}) as { member?: { entity?: { reference?: unknown } }[] }
  return member.flatMap(({ entity }) => {
    const target = typeof entity?.reference === 'string' ? parseReference(entity.reference, ownBase) : undefined
    return target?.kind === 'local' && target.type === 'Patient' ? [target.id] : []
  })
}
