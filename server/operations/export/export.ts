/** $export, the kick-off (Bulk Data Access 2.0): accepted for system tokens only, answered 202 with the status address. */
import { allows } from '../../auth/scopes.ts'
import { isResourceType, RESOURCE_TYPES } from '../../fhir/resource-types.ts'
import { acceptedAnswer, preferOf, prefersAsync } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { checkId, requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { OF_EVERY_ANSWER } from '../../interactions/parameters.ts'
import { sinceOf } from '../../interactions/since.ts'
import { queryText } from '../../interactions/search-request.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { FHIR_JSON } from '../../outcome/render.ts'
import { PARAMETERS_MAX } from '../../search/limits.ts'
import { paramError, shownName } from '../../search/parse/names.ts'
import { type InParameter, inParameters, simplePairs } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { EXPORT_LIFE_MS, EXPORT_SETTLED_MS, type ExportJob, jobsOf } from './job.ts'
import { PATIENT, patientsIn, requirePatients } from './patients.ts'
import { runExport } from './run.ts'
import { criteriaOf, filtersOf, TYPE_FILTER } from './type-filter.ts'

const DEFINITION = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition'
const UNDERSTOOD = new Set(['_type', '_since', '_outputFormat', TYPE_FILTER])
const FORMATS = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson'])
/** Never part of an export: the audit and the server's own. */
const LEFT_OUT = new Set(['AuditEvent', 'Bundle', 'OperationOutcome', 'Parameters', 'Subscription'])

export const systemExport = exportOperation('system', 'system', 'export')
export const patientExport = exportOperation('Patient', 'type', 'patient-export')
export const groupExport = exportOperation('Group', 'instance', 'group-export')

function exportOperation(on: string, level: Operation['level'], definition: string): Operation {
  return { code: 'export', on, level, methods: ['GET', 'POST'], writes: true, definition: `${DEFINITION}/${definition}`, run: kickOff }
}

async function kickOff(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  if (!prefersAsync(request)) throw new OutcomeError('export-async-only', { expression: ['http.Prefer'] })
  const job = jobOf(deps, request)
  if (job.group !== undefined) await requireGroup(deps, request, job.group)
  const found = job.patients === undefined ? [] : await requirePatients(deps, request, job)
  // Who asks for the head of an answer wants nothing to happen; that of a job which is not there has no address (RFC 9110 9.2.1, 9.3.2).
  const isBegun = request.method !== 'HEAD'
  await audited(deps, request, {
    interaction: 'export',
    action: 'E',
    type: job.level === 'group' ? 'Group' : 'Patient',
    found,
    seen: { reason: isBegun ? 'export-accepted' : 'export-not-begun' },
    query: criteriaOf(job.filters ?? []),
  })
  if (!isBegun) return { status: 202, headers: { 'Content-Type': FHIR_JSON, 'Preference-Applied': 'respond-async' } }
  await jobsOf(deps.store).insert(job)
  // The run goes on by itself; what a stopped process leaves is taken up by the export worker.
  void runExport(deps, job._id).catch(() => undefined)
  return acceptedAnswer(`${deps.baseUrl}/$export-status/${job._id}`)
}

function jobOf(deps: FhirDeps, request: FhirRequest): ExportJob {
  const sent = inParameters(request)
  const level = request.segments.length === 1 ? 'system' : request.segments.length === 2 ? 'patient' : 'group'
  const asked = simpleOnes(sent)
  const isLenient = preferOf(request, 'handling') === 'lenient'
  const isUnderstood = (name: string): boolean => UNDERSTOOD.has(name) || (name === PATIENT && level !== 'system')
  const unknown = asked.flatMap(([name]) => (isUnderstood(name) || OF_EVERY_ANSWER.has(name) ? [] : [name]))
  const [first] = unknown
  if (first !== undefined && !isLenient) throw paramError('parameter-unknown', first)
  if (unknown.length > PARAMETERS_MAX)
    throw new OutcomeError('parameters-many', { expression: ['http.query'], params: { max: PARAMETERS_MAX } })
  for (const name of ['_since', '_outputFormat'])
    if (asked.filter(([key]) => key === name).length > 1) throw paramError('parameter-repeated', name)
  const value = (name: string) => asked.find(([key]) => key === name)?.[1]
  // A plus that was not encoded arrives as a space.
  const format = value('_outputFormat')?.replace(' ', '+')
  if (format !== undefined && !FORMATS.has(format)) throw paramError('parameter-invalid', '_outputFormat')
  const since = sinceOf(request, asked)
  const now = deps.now()
  const id = request.segments[1] ?? ''
  if (level === 'group') checkId(id)
  const types = typesOf(deps, request, typesIn(asked), level)
  const queries = asked.flatMap(([name, text]) => (name === TYPE_FILTER ? [text] : []))
  const { filters, ignored } = filtersOf(deps, request, queries, { types, isLenient })
  const patients = level === 'system' ? undefined : patientsIn(deps, sent)
  const leftOut = [...new Set([...unknown.map(shownName), ...ignored])]
  return {
    _id: deps.newId(),
    actor: request.actor,
    level,
    ...(level === 'group' ? { group: id } : {}),
    ...(patients === undefined ? {} : { patients }),
    types,
    ...(since === undefined ? {} : { since }),
    ...(filters.length === 0 ? {} : { filters }),
    ...(leftOut.length === 0 ? {} : { ignored: leftOut }),
    request: addressOf(deps, request),
    status: 'accepted',
    transactionTime: new Date(now.getTime() - EXPORT_SETTLED_MS),
    cursor: { type: 0, id: '', chunk: 0 },
    written: [],
    expires: new Date(now.getTime() + EXPORT_LIFE_MS),
  }
}

/** "The full URL of the original kick-off request"; parameters of a body are not in it (Bulk Data Access 2.0, response). */
function addressOf({ baseUrl }: FhirDeps, { segments, query }: FhirRequest): string {
  const address = `${baseUrl}/${segments.join('/')}`
  return query.length === 0 ? address : `${address}?${queryText(query)}`
}

/** `_type` may be a list and may come several times (Bulk Data Access 2.0). */
function typesIn(asked: FhirRequest['query']): string | undefined {
  const lists = asked.flatMap(([name, value]) => (name === '_type' ? [value] : []))
  return lists.length === 0 ? undefined : lists.join(',')
}

/**
 * Of the address, and of a body: each with its value in one of the simple types, but for references to patients. A body may be missing.
 * @throws OutcomeError parameter-invalid
 */
function simpleOnes(sent: readonly InParameter[]): [string, string][] {
  for (const { name, value } of sent) if (UNDERSTOOD.has(name) && typeof value !== 'string') throw paramError('parameter-invalid', name)
  return simplePairs(sent)
}

/** The types asked for, or all that the token's system scopes and its form permit; another type is refused by name. */
function typesOf(deps: FhirDeps, request: FhirRequest, asked: string | undefined, level: ExportJob['level']): string[] {
  const system = { ...request.actor, scopes: request.actor.scopes.filter((scope) => scope.level === 'system') }
  const permitted = (type: string) => allows(system, type, 'r') && allows(system, type, 's') && deps.access.isReleased(system, type)
  const inLevel = (type: string) =>
    !LEFT_OUT.has(type) && (level === 'system' || type === 'Patient' || deps.search.compartmentParams(type).length > 0)
  if (asked === undefined) {
    const types = [...RESOURCE_TYPES].filter((type) => inLevel(type) && permitted(type))
    if (types.length === 0) throw new OutcomeError('forbidden')
    return types
  }
  const types = [...new Set(asked.split(','))].filter((type) => type !== '')
  if (types.length === 0) throw paramError('parameter-invalid', '_type')
  for (const type of types) {
    if (!isResourceType(type) || !inLevel(type)) throw paramError('parameter-invalid', '_type')
    if (!permitted(type)) throw new OutcomeError('forbidden')
  }
  return types
}

/** Whose members it has is told by what is exported: only to who sees the members. */
async function requireGroup(deps: FhirDeps, request: FhirRequest, id: string): Promise<void> {
  requireScope(request.actor, 'Group', 'r')
  if (request.actor.form !== 'IDENT') throw new OutcomeError('forbidden')
  const seen = await decided(deps, request, [], (decision) => deps.store.read(decision, 'Group', id))
  if (!seen.value || seen.value.deleted) throw new OutcomeError('not-found')
}
