/** AuditEvents of writes: committed together with what they tell of. */
import type { AuditRecord, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

const ACTIONS = { POST: 'C', PUT: 'U', DELETE: 'D' } as const
const INTERACTIONS = { POST: 'create', PUT: 'update', DELETE: 'delete' } as const

/** One entry per draft; its patients are those of the version that it replaces, and those that the resource names. */
export async function auditRecordsOf(
  deps: FhirDeps,
  request: FhirRequest,
  drafts: readonly Draft[],
  current: readonly (Stored | undefined)[],
): Promise<AuditRecord[]> {
  const patients = drafts.map(patientsOf)
  const named = [...new Set(patients.flat())]
  const linked = named.length === 0 ? new Map<string, string>() : await deps.access.personsOf(named)
  return drafts.map((draft, at) => {
    const own = (patients[at] ?? []).map((id) => linked.get(id) ?? id)
    const persons = [...new Set([...own, ...(current[at]?.acc.p ?? [])])]
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
  })
}

const PATIENT_REFERENCE = /"reference":"Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^"]*)?"/g

function patientsOf(draft: Draft): string[] {
  const patients = new Set(draft.type === 'Patient' ? [draft.id] : [])
  for (const [, id = ''] of (draft.parsed?.text ?? '').matchAll(PATIENT_REFERENCE)) patients.add(id)
  return [...patients]
}
