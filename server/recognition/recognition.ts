/**
 * Questions of senders about a person's reports (MIIS 5401 and 5402), answered by ordinary searches of whoever asks: scope, decision,
 * filter, masked form and account of uses are those of `GET /fhir/Patient` and `GET /fhir/DiagnosticReport`. What is hidden is not
 * found, as what is absent.
 */
import { parseExact } from '../../mappings/engine/serialise.ts'
import type { Institutions, Question } from '../../mappings/engine/types.ts'
import { REPORT_NUMBERS, VOID_STATUSES } from '../../mappings/miis/recognition.ts'
import type { Actor } from '../auth/actor.ts'
import { localSystem, NATIONAL } from '../fhir/canonical.ts'
import { readIdentityNumber } from '../fhir/identity-number.ts'
import type { FhirResource } from '../fhir/types.ts'
import { INCLUDED_MAX } from '../interactions/includes.ts'
import { searchOfType } from '../interactions/search.ts'
import type { FhirDeps, FhirRequest } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

export interface RecognitionDeps extends Institutions {
  fhir: FhirDeps
}

export interface Told {
  output: object
  warnings: string[]
}

/** Reports of one answer; the newest are told of. */
export const REPORTS_MAX = 200
/** Results of one answer; of more, the newest reports are told of, each with all of its own. */
export const RESULTS_MAX = 10_000
/** Patients under one number: one from each source of the insurance. */
const PATIENTS_MAX = 20
/** ids of results in one search */
const IDS_ASKED = 200
/** systems of numbers in one search */
const SYSTEMS_ASKED = 250

type Criterion = [name: string, value: string]

/** @throws OutcomeError link-persons-differ; forbidden, parameter-forbidden, unavailable: what the searches throw */
export async function recognise(deps: RecognitionDeps, actor: Actor, question: Question): Promise<Told> {
  const { person } = question
  const patients = await find(deps, actor, 'Patient', [
    ['identifier', `${escaped(person.system)}|${escaped(person.value)}`],
    ['_count', String(PATIENTS_MAX)],
  ])
  // Nobody could tell whose report is whose: the answer names the number alone.
  if (new Set(patients.found.flatMap(identityNumbersOf)).size > 1) throw new OutcomeError('link-persons-differ')
  if (patients.found.length === 0) return { output: question.answer([], deps), warnings: [] }
  const named = patients.found.map(({ id }) => `Patient/${id}`).join(',')
  const { reports, results, more } = await reportsOf(deps, actor, named, question)
  return {
    output: question.answer([...reports, ...results], deps),
    warnings: more ? [`仅返回最近的 ${reports.length} 份报告`] : [],
  }
}

function identityNumbersOf(patient: FhirResource): string[] {
  const { identifier = [] } = patient as { identifier?: { system?: string; value?: string }[] }
  const numbers = identifier.flatMap(({ system, value }) => (system === NATIONAL.idCard && value ? [readIdentityNumber(value)] : []))
  return numbers.filter(({ valid }) => valid).map(({ value }) => value)
}

interface Reports {
  reports: FhirResource[]
  results: FhirResource[]
  /** there are others, which are not told of */
  more: boolean
}

async function reportsOf(deps: RecognitionDeps, actor: Actor, patients: string, question: Question): Promise<Reports> {
  const found: FhirResource[] = []
  let [isCut, more] = [false, false]
  for (const criteria of criteriaOf(deps, question)) {
    const page = await find(deps, actor, 'DiagnosticReport', [
      ['patient', patients],
      ...criteria,
      ...VOID_STATUSES.map((status): Criterion => ['status:not', status]),
      ['_include', 'DiagnosticReport:result'],
      ['_sort', '-date'],
      ['_count', String(REPORTS_MAX)],
    ])
    found.push(...page.found)
    isCut ||= page.found.filter((resource) => !isReport(resource)).length >= INCLUDED_MAX
    more ||= page.more
  }
  const all = found.filter(isReport)
  const reports = withinBound(all)
  const results = found.filter((resource) => !isReport(resource))
  // A search includes no more than that, and what it left out would be missing without a word.
  if (isCut) results.push(...(await otherResults(deps, actor, reports, results)))
  return { reports, results, more: more || reports.length < all.length }
}

const isReport = ({ resourceType }: FhirResource): boolean => resourceType === 'DiagnosticReport'

/** ids of the results that a report names */
function resultsIn(report: FhirResource): string[] {
  const { result = [] } = report as { result?: { reference?: string }[] }
  return result.flatMap(({ reference }) => (reference?.startsWith(RESULT) ? [reference.slice(RESULT.length)] : []))
}

const RESULT = 'Observation/'

/** As many of the newest as have no more results than are told of at once; the first one in any case. */
function withinBound(reports: readonly FhirResource[]): FhirResource[] {
  let results = 0
  return reports.filter((report, at) => {
    results += resultsIn(report).length
    return at === 0 || results <= RESULTS_MAX
  })
}

async function otherResults(
  deps: RecognitionDeps,
  actor: Actor,
  reports: readonly FhirResource[],
  known: readonly FhirResource[],
): Promise<FhirResource[]> {
  const names = new Set(known.map(({ id }) => id))
  const ids = [...new Set(reports.flatMap(resultsIn))].filter((id) => !names.has(id))
  const found: FhirResource[] = []
  for (let at = 0; at < ids.length; at += IDS_ASKED) {
    const asked = ids.slice(at, at + IDS_ASKED).map(escaped)
    const page = await find(deps, actor, 'Observation', [
      ['_id', asked.join(',')],
      ['_count', String(IDS_ASKED)],
    ])
    found.push(...page.found)
  }
  return found
}

/** One list for each search: numbers are of a system, and a search takes so many. */
function criteriaOf({ scopesOf }: RecognitionDeps, { report, item, institution = report?.institution }: Question): Criterion[][] {
  const others: Criterion[] = [
    ...(item?.code ? [['code', escaped(item.code)] as Criterion] : []),
    ...(item?.name ? [['code:text', escaped(item.name)] as Criterion] : []),
  ]
  if (institution === undefined) return [others]
  const number = report === undefined ? '' : escaped(report.number)
  const values = scopesOf(institution).flatMap((scope) => REPORT_NUMBERS.map((kind) => `${escaped(localSystem(scope, kind))}|${number}`))
  const pieces = Array.from({ length: Math.ceil(values.length / SYSTEMS_ASKED) }, (_, at) =>
    values.slice(at * SYSTEMS_ASKED, (at + 1) * SYSTEMS_ASKED),
  )
  return pieces.map((piece) => [['identifier', piece.join(',')], ...others])
}

/** R4 search.html#escaping */
const escaped = (value: string): string => value.replace(/[\\,|$]/g, (character) => `\\${character}`)

/** A search as the actor would make it. */
async function find(
  { fhir }: RecognitionDeps,
  actor: Actor,
  type: string,
  query: Criterion[],
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
