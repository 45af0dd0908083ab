/** `patient` of a kick-off (Bulk Data Access 2.0): the records of these Patients alone, of a Group those of its members. */
import { parseReference } from '../../fhir/reference.ts'
import { requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import type { Stored } from '../../store/types.ts'
import type { InParameter } from '../in-parameters.ts'
import type { ExportJob } from './job.ts'
import { membersOf } from './members.ts'

export const PATIENT = 'patient'
/** As many as one search may name values. */
const PATIENTS_MAX = 1000

/** @returns ids, each once; undefined: it is not asked for some. @throws OutcomeError parameter-invalid, values-many */
export function patientsIn({ baseUrl }: FhirDeps, sent: readonly InParameter[]): string[] | undefined {
  const named = sent.filter(({ name }) => name === PATIENT)
  if (named.length === 0) return undefined
  if (named.length > PATIENTS_MAX) throw new OutcomeError('values-many', { expression: [`http.${PATIENT}`], params: { max: PATIENTS_MAX } })
  const ids = named.map(({ value }) => {
    const text = typeof value === 'string' ? value : (value as { reference?: unknown } | undefined)?.reference
    const target = typeof text === 'string' ? parseReference(text, baseUrl) : undefined
    if (target?.kind !== 'local' || target.type !== 'Patient' || target.version !== undefined)
      throw paramError('parameter-invalid', PATIENT)
    return target.id
  })
  return [...new Set(ids)]
}

/**
 * Each must be one whom the asker sees, and of a Group a member: whom he does not see is as one who is not there.
 * @returns them, for the account of uses
 * @throws OutcomeError not-found, forbidden: a masked form knows no ids
 */
export async function requirePatients(deps: FhirDeps, request: FhirRequest, job: Pick<ExportJob, 'group' | 'patients'>): Promise<Stored[]> {
  const asked = job.patients ?? []
  requireScope(request.actor, 'Patient', 'r')
  if (request.actor.form !== 'IDENT') throw new OutcomeError('forbidden')
  const { value } = await decided(deps, request, asked, async (decision) => {
    const ids = await membersOf(deps, decision, job)
    return (await deps.store.readMany(decision, 'Patient', ids)).filter(({ deleted }) => !deleted)
  })
  if (value.length < asked.length) throw new OutcomeError('not-found', { expression: [`http.${PATIENT}`] })
  return value
}
