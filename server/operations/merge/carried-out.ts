/** What $merge and $unmerge do alike: the account, the one transaction, the answer. */
import { BASE } from '../../fhir/canonical.ts'
import { parseResource } from '../../fhir/resource-text.ts'
import { auditedRead } from '../../interactions/audited.ts'
import { bodyText } from '../../interactions/answers.ts'
import { allows } from '../../auth/scopes.ts'
import { decided } from '../../interactions/decided.ts'
import { masked } from '../../interactions/read.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { auditOf } from '../../interactions/write-audit.ts'
import type { MergePlan } from '../../merging/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { FHIR_JSON, renderOutcome } from '../../outcome/render.ts'
import type { Draft } from '../../writer/types.ts'
import type { Asked, Role } from './asked.ts'

export type Kind = 'merge' | 'unmerge'

/** On record before anything is looked for, whatever comes of it. */
export async function accounted(deps: FhirDeps, { actor }: FhirRequest, kind: Kind, asked: Asked): Promise<void> {
  if (actor.unrestricted) return
  const roles = [asked.source, asked.target]
  const patients = roles.flatMap(({ id }) => id ?? [])
  const query = roles.flatMap(({ name, identifiers }: Role) =>
    identifiers.map(({ system, value }): [string, string] => [`${name}-identifier`, `${system ?? ''}|${value}`]),
  )
  const persons = [...new Set((await deps.access.personsOf(patients)).values())]
  const entries = (persons.length > 0 ? persons.map((person) => [person]) : [[]]).map((told) =>
    deps.audit.record({
      interaction: kind,
      action: 'E',
      outcome: '0',
      actor,
      reason: asked.preview ? 'preview' : kind,
      type: 'Patient',
      patients: told,
      resources: patients.map((id) => `Patient/${id}`),
      ...(query.length > 0 ? { query } : {}),
      acc: deps.access.auditAcc(told, actor.organization),
    }),
  )
  await deps.audit.append(entries)
}

/** Both Patients, the Provenance and all that follows for who is who, in one transaction. @throws OutcomeError version-conflict */
export async function carryOut(
  deps: FhirDeps,
  request: FhirRequest,
  kind: Kind,
  plan: MergePlan,
  patients: readonly Draft[],
): Promise<void> {
  const drafts = [...patients, provenanceOf(deps, request, kind, plan)]
  const audit = await auditOf(deps, request, drafts, [plan.source, plan.target, undefined])
  const result = await deps.writer.write(drafts, { side: plan.side, regroup: plan.regroup, audit, actor: request.actor })
  if (!result.ok) throw new OutcomeError('version-conflict')
  await deps.merging.follow(plan)
}

export const patientDraft = ({ id, v, acc }: MergePlan['source'], text: string): Draft => ({
  type: 'Patient',
  id,
  method: 'PUT',
  expect: v,
  parsed: parseResource(text),
  custodian: acc.o,
})

const LIFECYCLE = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle'
const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'

function provenanceOf(deps: FhirDeps, { actor }: FhirRequest, kind: Kind, { source, target }: MergePlan): Draft {
  const id = deps.newId()
  const resource = {
    resourceType: 'Provenance',
    id,
    target: [target, source].map((one) => ({ reference: `Patient/${one.id}` })),
    recorded: deps.now().toISOString(),
    activity: { coding: [{ system: LIFECYCLE, code: kind }] },
    agent: [
      {
        type: { coding: [{ system: PARTICIPANT, code: 'author' }] },
        who: { type: 'Device', identifier: { system: `${BASE}/sid/client`, value: actor.clientId } },
      },
    ],
  }
  return {
    type: 'Provenance',
    id,
    method: 'POST',
    expect: 'absent',
    parsed: parseResource(JSON.stringify(resource)),
    custodian: actor.organization,
  }
}

/** Parameters `input`, `outcome`, and `result` for whoever may read that Patient: to merge is not to read. */
export async function answered(
  deps: FhirDeps,
  request: FhirRequest,
  kind: Kind,
  { input }: Asked,
  told: { code: 'merged' | 'unmerged' | 'merge-preview'; params?: Record<string, number>; target: string; text?: string },
): Promise<FhirResponse> {
  const { code, params } = told
  const outcome = renderOutcome([{ code, severity: 'information', ...(params ? { params } : {}) }])
  const result = await resultFor(deps, request, kind, told.target, told.text)
  const more = [
    `{"name":"outcome","resource":${JSON.stringify(outcome)}}`,
    ...(result === undefined ? [] : [`{"name":"result","resource":${result}}`]),
  ]
  const body = ['{"resourceType":"Parameters","parameter":[{"name":"input","resource":', input, `},${more.join(',')}]}`]
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body, reflected: [1] }
}

async function resultFor(deps: FhirDeps, request: FhirRequest, kind: Kind, id: string, text?: string): Promise<string | undefined> {
  if (!allows(request.actor, 'Patient', 'r') || request.actor.form !== 'IDENT') return undefined
  const { value } = await auditedRead(deps, request, { interaction: kind, action: 'R', type: 'Patient', id }, () =>
    decided(deps, request, [id], (decision) => deps.store.read(decision, 'Patient', id)),
  )
  if (!value || value.deleted) return undefined
  if (text !== undefined) return text
  const shown = masked(deps, request, value)
  return typeof shown === 'string' ? shown : bodyText(value)
}
