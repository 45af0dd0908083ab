/**
 * $reindex (ours; R4 knows none): indexes anew what is stored, in the background, without a new version. On the system, a type, one
 * resource; `force=true` also what is indexed as it should be. The status is asked for at the address that the answer names.
 */
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import type { ReindexJob } from '../indexing/tables.ts'
import { jsonAnswer } from '../interactions/answers.ts'
import { audited } from '../interactions/audited.ts'
import { checkId, checkType } from '../interactions/checks.ts'
import { OF_EVERY_ANSWER } from '../interactions/parameters.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { inParameters, oneBoolean, simplePairs } from './in-parameters.ts'
import type { Operation } from './types.ts'

const base = { code: 'reindex', methods: ['POST'], writes: true, definition: '', run: kickOff } as const
export const reindexSystem: Operation = { ...base, on: 'system', level: 'system' }
export const reindexType: Operation = { ...base, on: '*', level: 'type' }
export const reindexInstance: Operation = { ...base, on: '*', level: 'instance' }
const reports = { code: 'reindex-status', on: 'system', level: 'system', definition: '', run: status } as const
/** of all that is outstanding */
export const reindexStatus: Operation = { ...reports, methods: ['GET'], writes: false }
/** of one job */
export const reindexJob: Operation = { ...reports, behind: 1, methods: ['GET', 'DELETE'], writes: ({ method }) => method === 'DELETE' }

const RETRY_SECONDS = '1'

/** Upkeep of the whole database, of which it tells numbers and names of types: for operators. @throws OutcomeError */
function requireOperator({ actor }: FhirRequest, type: string): void {
  if (!allows(actor, type, 'u')) throw new OutcomeError('forbidden')
  if (actor.party !== 'operator' && !actor.unrestricted) throw new OutcomeError('not-permitted')
}

async function kickOff(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const at = request.segments.findIndex((segment) => segment.startsWith('$'))
  if (at !== request.segments.length - 1) throw new OutcomeError('not-found')
  const [type, id] = request.segments.slice(0, at)
  if (type !== undefined) checkType(type)
  if (id !== undefined) checkId(id)
  requireOperator(request, type ?? 'SearchParameter')
  const asked = askedOf(request, at)
  const types = type === undefined ? asked.types : [type]
  await audited(deps, request, {
    interaction: 'reindex',
    action: 'E',
    type: type ?? 'SearchParameter',
    found: [],
    seen: { reason: 'maintenance' },
  })
  const job = await deps.indexing.reindex({
    ...(types ? { types } : {}),
    ...(id === undefined ? {} : { id }),
    force: id !== undefined || asked.force,
  })
  return { status: 202, headers: { 'Content-Location': `${deps.baseUrl}/$reindex-status/${job._id}`, 'Retry-After': RETRY_SECONDS } }
}

/** What each level has a choice of: a type has no others, and one resource is always indexed anew. */
const UNDERSTOOD: readonly (readonly string[])[] = [['_type', 'force'], ['force'], []]

/** Of the address and of Parameters in the body. @throws OutcomeError parameter-unknown, parameter-invalid, parameter-repeated */
function askedOf(request: FhirRequest, level: number): { types?: string[]; force: boolean } {
  const sent = inParameters(request)
  const unknown = sent.find(({ name }) => !OF_EVERY_ANSWER.has(name) && !UNDERSTOOD[level]?.includes(name))
  if (unknown) throw paramError('parameter-unknown', unknown.name)
  const lists = simplePairs(sent).flatMap(([name, value]) => (name === '_type' ? [value] : []))
  const types = lists.flatMap((list) => list.split(','))
  if (!types.every(isResourceType)) throw paramError('parameter-invalid', '_type')
  return { ...(types.length > 0 ? { types: [...new Set(types)] } : {}), force: oneBoolean(sent, 'force') ?? false }
}

async function status(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request, 'SearchParameter')
  const [, id, ...more] = request.segments
  if (more.length > 0 || (id !== undefined && !isId(id))) throw new OutcomeError('not-found')
  if (id === undefined) return overview(deps, request)
  const job = await deps.indexing.job(id)
  if (!job) throw new OutcomeError('not-found')
  if (request.method === 'DELETE') {
    await deps.indexing.cancel(id)
    return { status: 202, headers: {} }
  }
  if (job.status !== 'accepted') return jsonAnswer(200, parameters(factsOf(job)))
  const place =
    job.generation === undefined
      ? 'waiting for other processes'
      : `${job.types[job.cursor.type] ?? ''} ${job.cursor.type}/${job.types.length}, ${job.seen} resources`
  return { status: 202, headers: { 'X-Progress': place, 'Retry-After': RETRY_SECONDS } }
}

/** What an operator looks at after an upgrade: what is indexed by an older definition, which parameters are not ready, which jobs there are. */
async function overview(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  if (request.method === 'DELETE') throw new OutcomeError('method-not-allowed', {}, { Allow: 'GET, HEAD, OPTIONS' })
  const [outstanding, known, jobs] = await Promise.all([deps.indexing.outstanding(), deps.indexing.parameters(), deps.indexing.jobs()])
  return jsonAnswer(
    200,
    parameters([
      ...outstanding.map(({ type, count }) => ({ name: 'outstanding', part: [text('type', type), number('count', count)] })),
      ...known.map(({ id, code, base: types, ready }) => ({
        name: 'parameter',
        part: [text('id', id), text('code', code), ...types.map((type) => text('base', type)), { name: 'ready', valueBoolean: ready }],
      })),
      ...jobs.map((job) => ({ name: 'job', part: [text('id', job._id), ...factsOf(job)] })),
    ]),
  )
}

const text = (name: string, valueString: string): object => ({ name, valueString })
const number = (name: string, valueInteger: number): object => ({ name, valueInteger })
/** R4 json.html: no empty lists. */
const parameters = (parameter: object[]): object => ({ resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) })

function factsOf(job: ReindexJob): object[] {
  return [
    { name: 'status', valueCode: job.status },
    ...job.types.map((type) => text('type', type)),
    number('seen', job.seen),
    number('written', job.written),
    number('failed', job.failed),
    ...job.named.map((name) => text('failedResource', name)),
    ...job.unsettled.map((type) => text('unsettledType', type)),
    { name: 'started', valueInstant: job.started.toISOString() },
    ...(job.ended ? [{ name: 'ended', valueInstant: job.ended.toISOString() }] : []),
  ]
}
