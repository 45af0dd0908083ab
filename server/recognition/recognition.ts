/**
 * Questions of senders about a person's reports (MIIS 5401 and 5402), answered by ordinary searches of whoever asks: scope, decision,
 * filter, masked form and account of uses are those of `GET /fhir/Patient` and `GET /fhir/DiagnosticReport`. What is hidden is not
 * found, as what is absent.
 */
import { parseExact } from '../../mappings/engine/serialise.ts'
import type { Question } from '../../mappings/engine/types.ts'
import { REPORT_NUMBERS } from '../../mappings/miis/recognition.ts'
import type { Actor } from '../auth/actor.ts'
import { localSystem } from '../fhir/canonical.ts'
import type { FhirResource } from '../fhir/types.ts'
import { searchOfType } from '../interactions/search.ts'
import type { FhirDeps, FhirRequest } from '../interactions/types.ts'

export interface RecognitionDeps {
  fhir: FhirDeps
  /** institution code of an organisation's id, as the interface writes it */
  codeOf(organization: string): string | undefined
  /** organisation ids that an institution code may stand for in the numbers of reports */
  scopesOf(institution: string): string[]
}

export interface Told {
  output: object
  warnings: string[]
}

/** Reports of one answer; the newest are told of. */
export const REPORTS_MAX = 200
/** Patients under one number: one from each source of the insurance. */
const PATIENTS_MAX = 20

/** @throws OutcomeError forbidden, parameter-forbidden, unavailable: what the searches throw */
export async function recognise(deps: RecognitionDeps, actor: Actor, question: Question): Promise<Told> {
  const { person } = question
  const patients = await find(deps, actor, 'Patient', [
    ['identifier', `${escaped(person.system)}|${escaped(person.value)}`],
    ['_count', String(PATIENTS_MAX)],
  ])
  const told = (found: readonly FhirResource[], more: boolean): Told => ({
    output: question.answer(found, deps.codeOf),
    warnings: more ? [`仅返回最近的 ${REPORTS_MAX} 份报告`] : [],
  })
  if (patients.found.length === 0) return told([], false)
  const named = patients.found.map(({ id }) => `Patient/${id}`).join(',')
  const { found, more } = await find(deps, actor, 'DiagnosticReport', [
    ['patient', named],
    ...criteriaOf(deps, question),
    ['_include', 'DiagnosticReport:result'],
    ['_sort', '-date'],
    ['_count', String(REPORTS_MAX)],
  ])
  return told(found, more)
}

function criteriaOf(deps: RecognitionDeps, { report, item }: Question): [string, string][] {
  if (report) {
    const systems = deps.scopesOf(report.institution).flatMap((scope) => REPORT_NUMBERS.map((kind) => localSystem(scope, kind)))
    return [['identifier', systems.map((system) => `${escaped(system)}|${escaped(report.number)}`).join(',')]]
  }
  return [
    ...(item?.code ? [['code', escaped(item.code)] as [string, string]] : []),
    ...(item?.name ? [['code:text', escaped(item.name)] as [string, string]] : []),
  ]
}

/** R4 search.html#escaping */
const escaped = (value: string): string => value.replace(/[\\,|$]/g, (character) => `\\${character}`)

/** A search as the actor would make it. */
async function find(
  { fhir }: RecognitionDeps,
  actor: Actor,
  type: string,
  query: [string, string][],
): Promise<{ found: FhirResource[]; more: boolean }> {
  const request: FhirRequest = {
    method: 'GET',
    segments: [type],
    query,
    header: (name) => (name === 'prefer' ? 'handling=strict' : undefined),
    actor,
  }
  const { body = [] } = await searchOfType(fhir, request, { type, path: type })
  const text = Buffer.concat(body.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))).toString('utf8')
  const bundle = parseExact(text) as { entry?: { resource?: FhirResource }[]; link?: { relation: string }[] }
  const found = (bundle.entry ?? []).flatMap(({ resource }) => (resource && resource.resourceType !== 'OperationOutcome' ? [resource] : []))
  return { found, more: bundle.link?.some(({ relation }) => relation === 'next') === true }
}
