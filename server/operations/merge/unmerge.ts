/**
 * Patient/$unmerge (ours; HAPI FHIR's $hapi.fhir.undo-merge with the same parameters): a merge is undone, as long as both Patients
 * are as it left them; later merges first.
 */
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { overWhatStands } from '../../interactions/what-stands.ts'
import type { Operation } from '../types.ts'
import { askedOf, patientOf, requireOperator } from './asked.ts'
import { accounted, answered, carryOut, patientDraft } from './carried-out.ts'

const base = { on: 'Patient', level: 'type', methods: ['POST'], writes: () => true, definition: '' } as const
export const patientUnmerge: Operation = { ...base, code: 'unmerge', run: unmerge }
export const undoMerge: Operation = { ...base, code: 'hapi.fhir.undo-merge', run: unmerge }

async function unmerge(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request)
  const asked = askedOf(deps, request, [])
  await accounted(deps, request, 'unmerge', asked)
  const [source, target] = [await patientOf(deps, asked.source), await patientOf(deps, asked.target)]
  await overWhatStands(false, [`Patient/${source}`, `Patient/${target}`], async () => {
    const plan = await deps.merging.part(source, target)
    await deps.access.beforeParting(plan.regroup)
    const drafts = [patientDraft(plan.source, plan.texts.source), patientDraft(plan.target, plan.texts.target)]
    try {
      await carryOut(deps, request, 'unmerge', plan, drafts)
    } catch (error) {
      await deps.access.afterFailedParting(plan.regroup)
      throw error
    }
  })
  return answered(deps, request, 'unmerge', asked, { code: 'unmerged', target })
}
