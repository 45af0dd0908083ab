/** Whose records the export of a Group, or of patients who are named, holds: each as a search by that Patient finds them. */
import type { Decision } from '../../access/decision.ts'
import { parseReference } from '../../fhir/reference.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { bodyText } from '../../interactions/answers.ts'
import { decided } from '../../interactions/decided.ts'
import { personOf } from '../../interactions/linked-patients.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import type { PlanNode } from '../../search/plan.ts'
import type { Stored } from '../../store/types.ts'
import type { ExportJob } from './job.ts'

/**
 * Resources of the compartments of a Group's members, or of patients by whom it was asked, also what stands under the persons that they are; the
 * Patients of both, since that is whom those resources refer to.
 */
export async function membersPlan(
  deps: FhirDeps,
  request: FhirRequest,
  of: Pick<ExportJob, 'group' | 'patients'>,
  type: string,
): Promise<PlanNode> {
  const { value: ids } = await decided(deps, request, [], async (decision) => {
    const members = await membersOf(deps, decision, of)
    return [...new Set([...members, ...(await personsOf(deps, decision, members))])]
  })
  if (type === 'Patient') return { kind: 'ids', ids }
  const params = deps.search.compartmentParams(type)
  return { kind: 'keys', keys: ids.flatMap((id) => params.flatMap((param) => deps.search.referenceKeys(param, `Patient/${id}`, type))) }
}

/** Ids of the Patients, whether the asker sees them or not. */
export async function membersOf(
  deps: FhirDeps,
  decision: Decision,
  { group, patients }: Pick<ExportJob, 'group' | 'patients'>,
): Promise<string[]> {
  if (group === undefined) return patients ?? []
  const found = await deps.store.read(decision, 'Group', group)
  const members = found && !found.deleted ? patientsIn(deps, found) : []
  return patients === undefined ? members : members.filter((id) => patients.includes(id))
}

type Member = { entity?: { reference?: unknown }; inactive?: unknown }

/** However they are referred to. */
function patientsIn({ baseUrl }: FhirDeps, group: Stored): string[] {
  const { member } = JSON.parse(bodyText(group)) as FhirResource & { member?: Member[] }
  const ids = (member ?? []).flatMap(({ entity, inactive }) => {
    const target = typeof entity?.reference === 'string' && inactive !== true ? parseReference(entity.reference, baseUrl) : undefined
    return target?.kind === 'local' && target.type === 'Patient' ? [target.id] : []
  })
  return [...new Set(ids)]
}

/** Of those whom the asker sees: that a hidden one is linked is content of it. */
async function personsOf(deps: FhirDeps, decision: Decision, members: readonly string[]): Promise<string[]> {
  const visible = (await deps.store.readMany(decision, 'Patient', [...members])).filter(({ deleted }) => !deleted)
  return Promise.all(visible.map((patient) => personOf(deps, patient)))
}
