/**
 * $expunge (ours, after HAPI's; R4 knows none): deletion by law, of a person with everything that stands under it, or of one
 * resource that was deleted. For operators, who carry out an order or a patient's request (PIPL art. 47); it happens in the background.
 */
import { allows } from '../auth/scopes.ts'
import { EXPUNGE_BOUNDS } from '../expunge/bounds.ts'
import { reasonOf } from '../expunge/reason.ts'
import { BASES, type Basis, type Counts, type ExpungeJob, type ExpungeRequest } from '../expunge/types.ts'
import { isId } from '../fhir/ids.ts'
import { jsonAnswer } from '../interactions/answers.ts'
import { checkId, checkType } from '../interactions/checks.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { inParameters, oneBoolean, oneText } from './in-parameters.ts'
import type { Operation } from './types.ts'

export const expungeInstance: Operation = {
  code: 'expunge',
  on: '*',
  level: 'instance',
  methods: ['POST'],
  writes: true,
  definition: '',
  run: kickOff,
}
const jobs = { code: 'expunge-status', on: 'system', level: 'system', methods: ['GET'], writes: false, definition: '' } as const
export const expungeJobs: Operation = { ...jobs, run: list }
export const expungeStatus: Operation = { ...jobs, behind: 1, run: status }

const RETRY_SECONDS = '1'
const NAMES: ReadonlySet<string> = new Set(['basis', 'reference', 'shared', 'dryRun', '_format', '_pretty'])

/** Whoever asks is refused before anything is looked for: what was expunged, what is hidden and what never was answer alike. */
function requireOperator({ actor }: FhirRequest, permission: 'd' | 'r'): void {
  if (!allows(actor, '*', permission)) throw new OutcomeError('forbidden')
  if (actor.party !== 'operator' && !actor.unrestricted) throw new OutcomeError('not-permitted')
}

async function kickOff(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type = '', id = ''] = request.segments
  checkType(type)
  requireOperator(request, 'd')
  checkId(id)
  const asked = askedOf(request)
  // The account of uses is what tells of a deletion.
  if (type === 'AuditEvent') throw new OutcomeError('not-permitted')
  await accounted(deps, request, { type, id }, reasonOf(asked, asked.dryRun ? 'count' : 'asked'))
  const job = await deps.expunging.request({ type, id, organization: request.actor.organization, ...asked })
  return { status: 202, headers: { 'Content-Location': `${deps.baseUrl}/$expunge-status/${job._id}`, 'Retry-After': RETRY_SECONDS } }
}

/** On record before anything is looked for, whatever comes of it; the job's end has an entry of its own. */
async function accounted(
  deps: FhirDeps,
  { actor }: FhirRequest,
  { type, id }: { type: string; id: string },
  reason: string,
): Promise<void> {
  if (actor.unrestricted) return
  const patients = type === 'Patient' ? [id] : []
  const persons = [...(await deps.access.personsOf(patients)).values()]
  const acc = deps.access.auditAcc(persons, actor.organization)
  const entry = {
    interaction: 'expunge',
    action: 'E',
    outcome: '0',
    actor,
    reason,
    type,
    patients,
    resources: [`${type}/${id}`],
    acc,
  } as const
  await deps.audit.append([deps.audit.record(entry)])
}

/** @throws OutcomeError parameter-unknown, parameter-invalid, parameter-repeated, required */
function askedOf(request: FhirRequest): Pick<ExpungeRequest, 'basis' | 'reference' | 'shared' | 'dryRun'> {
  const parameters = inParameters(request)
  const unknown = parameters.find(({ name }) => !NAMES.has(name))
  if (unknown) throw paramError('parameter-unknown', unknown.name)
  const basis = oneText(parameters, 'basis')
  const reference = oneText(parameters, 'reference')?.trim()
  const shared = oneText(parameters, 'shared')
  if (!BASES.includes(basis as Basis)) throw paramError('parameter-invalid', 'basis')
  if (!reference || reference.length > EXPUNGE_BOUNDS.referenceCharactersMax) throw paramError('parameter-invalid', 'reference')
  if (shared !== undefined && shared !== 'keep' && shared !== 'remove') throw paramError('parameter-invalid', 'shared')
  const dryRun = oneBoolean(parameters, 'dryRun') ?? false
  return { basis: basis as Basis, reference, dryRun, ...(shared === undefined ? {} : { shared }) }
}

/** The newest jobs. */
async function list(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request, 'r')
  const known = await deps.expunging.jobs()
  return jsonAnswer(200, parameters(known.map((job) => ({ name: 'job', part: [text('id', job._id), ...factsOf(job)] }))))
}

async function status(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request, 'r')
  const [, id = ''] = request.segments
  const job = isId(id) ? await deps.expunging.job(id) : undefined
  if (!job) throw new OutcomeError('not-found')
  if (job.status !== 'accepted') return jsonAnswer(200, parameters(factsOf(job)))
  return { status: 202, headers: { 'X-Progress': job.phase, 'Retry-After': RETRY_SECONDS } }
}

const text = (name: string, valueString: string): object => ({ name, valueString })
const number = (name: string, valueInteger: number): object => ({ name, valueInteger })
/** R4 json.html: no empty lists. */
const parameters = (parameter: object[]): object => ({ resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) })

/** No name and no id: what was expunged is not told by its own deletion. */
function factsOf(job: ExpungeJob): object[] {
  const { resources, shared, rows } = JSON.parse(job.counts) as Counts
  return [
    { name: 'status', valueCode: job.status },
    { name: 'phase', valueCode: job.phase },
    { name: 'dryRun', valueBoolean: job.dryRun },
    { name: 'basis', valueCode: job.basis },
    text('reference', job.reference),
    ...(job.shared === '' ? [] : [{ name: 'shared', valueCode: job.shared }]),
    { name: 'started', valueInstant: job.started.toISOString() },
    ...(job.ended ? [{ name: 'ended', valueInstant: job.ended.toISOString() }] : []),
    ...Object.entries(resources).map(([type, { current, versions }]) => ({
      name: 'resources',
      part: [text('type', type), number('current', current), number('versions', versions)],
    })),
    ...Object.entries(rows).map(([table, count]) => ({ name: 'rows', part: [text('table', table), number('count', count)] })),
    ...Object.entries(shared).map(([type, count]) => ({ name: 'sharedWithOthers', part: [text('type', type), number('count', count)] })),
  ]
}
