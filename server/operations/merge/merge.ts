/**
 * Patient/$merge (R6 patient-operation-merge.html, draft; R4 has none): two Patients are one person. The source is inactive and
 * replaced, the target replaces it. Identifiers are not copied: whoever reads the target need not be one who may read the source.
 */
import { parseResource } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { keepLabels } from '../../interactions/kept-labels.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { overWhatStands } from '../../interactions/what-stands.ts'
import { draftOf } from '../../interactions/writing.ts'
import { linksOf, numbersOf } from '../../merging/texts.ts'
import type { MergePlan } from '../../merging/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { Draft } from '../../writer/types.ts'
import type { Operation } from '../types.ts'
import { type Asked, askedOf, hasAll, patientOf, requireOperator } from './asked.ts'
import { accounted, answered, carryOut, patientDraft } from './carried-out.ts'

export const patientMerge: Operation = {
  code: 'merge',
  on: 'Patient',
  level: 'type',
  methods: ['POST'],
  writes: () => true,
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-merge',
  run: merge,
}

async function merge(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request)
  const asked = askedOf(deps, request, ['result-patient', 'preview'])
  await accounted(deps, request, 'merge', asked)
  const [source, target] = [await patientOf(deps, asked.source), await patientOf(deps, asked.target)]
  if (asked.preview) {
    const plan = await deps.merging.join(source, target, true)
    const { parsed } = await targetDraft(deps, request, asked, plan)
    const { size: count } = new Set(plan.regroup.moved.map(({ patient }) => patient))
    return answered(deps, request, 'merge', asked, { code: 'merge-preview', params: { count }, target, text: parsed?.text ?? '' })
  }
  await overWhatStands(false, [`Patient/${source}`, `Patient/${target}`], async () => {
    const plan = await deps.merging.join(source, target, false)
    const joined = await targetDraft(deps, request, asked, plan)
    await carryOut(deps, request, 'merge', plan, [patientDraft(plan.source, plan.texts.source), joined])
  })
  return answered(deps, request, 'merge', asked, { code: 'merged', target })
}

/** The target as `result-patient` says, or with the link alone. @throws OutcomeError merge-result and what is wrong with the resource */
async function targetDraft(deps: FhirDeps, request: FhirRequest, asked: Asked, plan: MergePlan): Promise<Draft> {
  const made = patientDraft(plan.target, plan.texts.target)
  if (asked.result === undefined) return made
  const parsed = parseResource(asked.result)
  const before = JSON.parse(Buffer.from(plan.target.body).toString()) as FhirResource
  const source = JSON.parse(Buffer.from(plan.source.body).toString()) as FhirResource
  requireResult(asked, parsed.resource, before, source)
  const { type, id } = made
  const draft = await draftOf(deps, request.actor, { type, id, method: 'PUT', expect: plan.target.v, parsed })
  return { ...made, parsed: keepLabels(draft.parsed ?? parsed, plan.target) }
}

function requireResult({ target }: Asked, result: FhirResource, before: FhirResource, source: FhirResource): void {
  const standing = linksOf(before).map((link) => JSON.stringify([link.type, link.other?.reference]))
  const links = linksOf(result).map((link) => JSON.stringify([link.type, link.other?.reference]))
  const wanted = JSON.stringify(['replaces', `Patient/${source.id}`])
  const numbers = new Set([...numbersOf(before), ...numbersOf(source)])
  const isTarget = result.resourceType === 'Patient' && result.id === before.id && result.active !== false
  // Links to others than these two are nothing that a merge brings about.
  const isLinked = links.includes(wanted) && links.every((link) => link === wanted || standing.includes(link))
  const isSame = numbersOf(result).every((number) => numbers.has(number)) && numbersOf(before).every((n) => numbersOf(result).includes(n))
  if (!isTarget || !isLinked || !isSame || !hasAll(result, target.identifiers))
    throw new OutcomeError('merge-result', { expression: ['result-patient'] })
}
