/**
 * `Prefer: respond-async` (RFC 7240; R4 async.html, the form of the answer that of R5 async-bundle.html): searches, $everything,
 * batches and transactions are accepted with the address of their status, which answers 202 and then the result. Others are
 * answered at once, as the preference leaves free. Only its caller sees a result; it expires, and DELETE takes it away.
 */
import { isResourceType } from '../fhir/resource-types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { renderOutcome } from '../outcome/render.ts'
import { ASYNC_LIFE_MS, type AsyncJob, asyncJobsOf, asyncPartsOf, READ_BYTES_MAX, type SentRead } from './async-jobs.ts'
import { resultOf } from './async-result.ts'
import { enqueue, requireRoom } from './async-run.ts'
import { acceptedAnswer, prefersAsync } from './answers.ts'
import { sentBundle } from './bundle.ts'
import { bundleAnswer } from './bundle-text.ts'
import { dispatch } from './dispatch.ts'
import { failureEntry } from './entry-requests.ts'
import { callerOf } from './page-token.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const STATUS = '_async'
export const ASYNC_METHODS: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS']
/** of one client at a time */
const JOBS_MAX = 1000
/** a process that has not been heard of for so long has ended */
const SILENT_MS = 30_000
const RETRY_SECONDS = '1'

/** No resource type has such a name. */
export const isAsyncStatus = ([first]: readonly string[]): boolean => first === STATUS

/** Every request of the API: at once, or later where it is asked for. @param unexpected told of what must not happen behind an answer */
export function respond(deps: FhirDeps, request: FhirRequest, unexpected: (error: unknown) => void): Promise<FhirResponse> {
  if (isAsyncStatus(request.segments)) return status(deps, request)
  if (!prefersAsync(request)) return dispatch(deps, request)
  if (request.method === 'POST' && request.segments.length === 0) return acceptBundle(deps, request, unexpected)
  return isLongRead(request) ? acceptRead(deps, request) : dispatch(deps, request)
}

function isLongRead({ method, segments, body }: FhirRequest): boolean {
  const [first = '', second, third = ''] = segments
  const last = segments.at(-1)
  if ((body?.byteLength ?? 0) > READ_BYTES_MAX) return false
  if (last === '_search') return method === 'POST'
  if (last === '$everything') return method === 'GET' || method === 'POST'
  if (method !== 'GET') return false
  if (segments.length === 0) return true
  if (!isResourceType(first)) return false
  return second === undefined || (segments.length === 3 && (third === '*' || isResourceType(third)))
}

async function acceptBundle(deps: FhirDeps, request: FhirRequest, unexpected: (error: unknown) => void): Promise<FhirResponse> {
  // What can be told of the Bundle before it begins is told at once.
  const sent = sentBundle(deps, request)
  requireRoom(deps)
  const job = await accepted(deps, request, { status: 'queued', bundle: sent.type })
  enqueue(deps, { job, request: atOnce(request), sent, dispatch, unexpected })
  return acceptedAnswer(addressOf(deps, job))
}

async function acceptRead(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const { method, segments, query, body } = atOnce(request)
  const headers = ['prefer', 'content-type'].flatMap((name) => {
    const value = atOnce(request).header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const text = body && body.byteLength > 0 ? { body: Buffer.from(body).toString('utf8') } : {}
  const read: SentRead = { method, segments, query, headers: Object.fromEntries(headers), ...text }
  return acceptedAnswer(addressOf(deps, await accepted(deps, request, { status: 'done', read })))
}

/** Its parts are not put off once more. */
const atOnce = (request: FhirRequest): FhirRequest => ({
  ...request,
  header: (name) => (name === 'prefer' ? preferencesLeft(request.header(name)) : request.header(name)),
})

const preferencesLeft = (prefer: string | undefined): string | undefined => {
  const left = (prefer ?? '').split(/[;,]/).filter((part) => part.trim().toLowerCase() !== 'respond-async')
  return left.length === 0 ? undefined : left.join(',')
}

async function accepted(deps: FhirDeps, { actor }: FhirRequest, made: Pick<AsyncJob, 'status' | 'read' | 'bundle'>): Promise<AsyncJob> {
  const now = deps.now()
  const jobs = asyncJobsOf(deps.store)
  if ((await jobs.count({ clientId: actor.clientId })) >= JOBS_MAX) throw new OutcomeError('busy', {}, { 'Retry-After': '60' })
  const expires = new Date(now.getTime() + ASYNC_LIFE_MS)
  const job: AsyncJob = { _id: deps.newId(), clientId: actor.clientId, caller: callerOf(actor), ...made, beat: now, expires }
  await jobs.insert(job)
  return job
}

const addressOf = (deps: FhirDeps, { _id }: AsyncJob): string => `${deps.baseUrl}/${STATUS}/${_id}`

async function status(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  if (!ASYNC_METHODS.includes(request.method)) throw new OutcomeError('method-not-allowed', {}, { Allow: ASYNC_METHODS.join(', ') })
  const job = await jobOf(deps, request)
  if (request.method === 'DELETE') return cancel(deps, job)
  if (job.status !== 'done') {
    if (deps.now().getTime() - job.beat.getTime() < SILENT_MS)
      return { status: 202, headers: { 'X-Progress': job.status, 'Retry-After': RETRY_SECONDS } }
    return complete(job, bundleAnswer('batch-response', [failureEntry(503, renderOutcome([{ code: 'async-interrupted' }]))]))
  }
  return complete(job, bundleAnswer('batch-response', [await resultOf(deps, request, job, dispatch)]))
}

const complete = (job: AsyncJob, answer: FhirResponse): FhirResponse => ({
  ...answer,
  headers: { ...answer.headers, Expires: job.expires.toUTCString() },
})

/** Another caller's is absent, and so is one that was taken away or has expired. */
async function jobOf(deps: FhirDeps, { segments, actor }: FhirRequest): Promise<AsyncJob> {
  const job = segments.length === 2 ? await asyncJobsOf(deps.store).get(segments[1] ?? '') : undefined
  if (!job || job.caller !== callerOf(actor) || job.expires < deps.now()) throw new OutcomeError('not-found')
  return job
}

/** What has not begun does not begin; what is under way ends, since half of it would be worse. */
async function cancel(deps: FhirDeps, job: AsyncJob): Promise<FhirResponse> {
  await asyncJobsOf(deps.store).delete({ _id: job._id })
  await asyncPartsOf(deps.store).delete({ job: job._id })
  return { status: 202, headers: {} }
}
