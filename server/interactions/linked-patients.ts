/**
 * A person has several Patients: one per source, those that clients wrote, and the master under which the sources' data
 * stand. Whichever of them a search names, it finds what is the person's.
 */
import type { Decision } from '../access/decision.ts'
import { withPersonKeys } from '../search/parse/patients.ts'
import type { PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Stored } from '../store/types.ts'
import type { FhirDeps } from './types.ts'

/**
 * The search's plan, wider by the persons of the Patients that it names. A Patient that this decision hides stays literal:
 * that it is linked is content of it, and it must answer as one that is absent. What is found is filtered as ever.
 */
export async function planForPersons(deps: FhirDeps, decision: Decision, parsed: ParsedSearch): Promise<PlanNode> {
  if (parsed.patientKeys.size === 0) return parsed.plan
  const visible = await deps.store.readMany(decision, 'Patient', [...new Set(parsed.patientKeys.values())])
  const persons = await Promise.all(
    visible.filter((patient) => !patient.deleted).map(async (patient) => [patient.id, await personOf(deps, patient)] as const),
  )
  const linked = persons.filter(([id, person]) => id !== person)
  return linked.length === 0 ? parsed.plan : withPersonKeys(parsed.plan, parsed.patientKeys, new Map(linked))
}

/** Person key of a Patient that the asker may see: the master's id once it is linked, else its own. */
export async function personOf(deps: FhirDeps, patient: Stored): Promise<string> {
  const [only, ...others] = patient.acc.p
  // A Patient that names others (`link`) stands under their persons as well.
  if (only !== undefined && others.length === 0) return only
  return (await deps.access.personsOf([patient.id])).get(patient.id) ?? patient.id
}
