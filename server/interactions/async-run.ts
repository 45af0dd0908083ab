/**
 * Bundles that are carried out behind their answer: a few at a time, once, by the process that took them. Its reads are left
 * for when the result is fetched, so that nothing of a resource is kept.
 */
import { operationWrites } from '../operations/registry.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type OperationOutcome, outcomeOf } from '../outcome/render.ts'
import type { Store } from '../store/types.ts'
import {
  ASYNC_LIFE_MS,
  type AsyncJob,
  asyncJobsOf,
  asyncPartsOf,
  type KeptEntry,
  PART_ENTRIES,
  READ_BYTES_MAX,
  type SentRead,
} from './async-jobs.ts'
import type { EntryRequest } from './bundle-entries.ts'
import type { BundleEntry } from './bundle-text.ts'
import { carryOut, type SentBundle } from './bundle.ts'
import type { Dispatch } from './entry-requests.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

/** How many Bundles are carried out at the same time, and how many may wait: each is held in memory. */
const RUNNING_MAX = 2
const WAITING_MAX = 20
const BEAT_MS = 5_000
/** issues of one outcome that are kept: a row is bounded */
const ISSUES_MAX = 200

interface Queue {
  running: Set<Promise<void>>
  waiting: Waiting[]
}

interface Waiting {
  /** tells the others that this process has it, from the beginning */
  beat: NodeJS.Timeout
  run(): Promise<void>
}

const queues = new WeakMap<Store, Queue>()

function queueOf(store: Store): Queue {
  const queue = queues.get(store) ?? { running: new Set(), waiting: [] }
  queues.set(store, queue)
  return queue
}

/** @throws OutcomeError busy */
export function requireRoom({ store }: FhirDeps): void {
  if (queueOf(store).waiting.length >= WAITING_MAX) throw new OutcomeError('busy', {}, { 'Retry-After': '5' })
}

export interface Work {
  job: AsyncJob
  request: FhirRequest
  sent: SentBundle
  dispatch: Dispatch
  /** told of what must not happen */
  unexpected(error: unknown): void
}

export function enqueue(deps: FhirDeps, work: Work): void {
  const queue = queueOf(deps.store)
  const { _id } = work.job
  const tell = () => asyncJobsOf(deps.store).update({ _id }, { set: { beat: deps.now() } })
  const beat = setInterval(() => void tell().catch(() => undefined), BEAT_MS)
  queue.waiting.push({
    beat,
    run: () =>
      run(deps, work)
        .catch(work.unexpected)
        .finally(() => clearInterval(beat)),
  })
  startNext(queue)
}

function startNext(queue: Queue): void {
  if (queue.running.size >= RUNNING_MAX) return
  const next = queue.waiting.shift()
  if (!next) return
  const running = next.run().finally(() => {
    queue.running.delete(running)
    startNext(queue)
  })
  queue.running.add(running)
}

/** What is under way is waited for; what has not begun is left, and its caller is told so. */
export async function stopAsync(store: Store, msMax: number): Promise<void> {
  const queue = queueOf(store)
  for (const { beat } of queue.waiting.splice(0)) clearInterval(beat)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, msMax)
  })
  await Promise.race([Promise.all(queue.running), late])
  clearTimeout(timer)
}

async function run(deps: FhirDeps, { job, request, sent, dispatch, unexpected }: Work): Promise<void> {
  const jobs = asyncJobsOf(deps.store)
  const begun = await jobs.update({ _id: job._id, status: 'queued' }, { set: { status: 'running', beat: deps.now() } })
  if (!begun) return
  let failure: AsyncJob['failure']
  try {
    const answers = await carryOut(deps, request, sent, leavingReads(dispatch))
    await putParts(
      deps,
      job,
      answers.map((answer, at) => keptOf(deps, request, answer, sent.entries[at] as EntryRequest)),
    )
  } catch (error) {
    if (!(error instanceof OutcomeError)) unexpected(error)
    const { status, outcome } = outcomeOf(error)
    failure = { status, outcome: boundedOutcome(outcome) }
  }
  const done = await jobs.update({ _id: job._id, status: 'running' }, { set: { status: 'done', ...(failure ? { failure } : {}) } })
  // Cancelled meanwhile: what it did is done, its result is nobody's.
  if (!done) await asyncPartsOf(deps.store).delete({ job: job._id })
}

async function putParts(deps: FhirDeps, job: AsyncJob, kept: readonly KeptEntry[]): Promise<void> {
  const expires = new Date(job.expires.getTime() + ASYNC_LIFE_MS)
  for (let from = 0; from < kept.length; from += PART_ENTRIES) {
    const n = from / PART_ENTRIES
    const entries = kept.slice(from, from + PART_ENTRIES)
    await asyncPartsOf(deps.store).put({ _id: `${job._id}#${n}`, job: job._id, n, entries, expires })
  }
}

/** An answer that no interaction gives. */
const LEFT: FhirResponse = { status: 0, headers: {} }

const leavingReads =
  (dispatch: Dispatch): Dispatch =>
  (deps, request) =>
    isRead(request) ? Promise.resolve(LEFT) : dispatch(deps, request)

/** Whatever only reads, and is small enough to be kept. @throws OutcomeError where an operation is not there, or its parameters are wrong */
function isRead(request: FhirRequest): boolean {
  const { method, segments, query, body } = request
  const last = segments.at(-1) ?? ''
  const asks = method === 'POST' && (last === '_search' || (last.startsWith('$') && !operationWrites(request)))
  const reads = method === 'GET' || method === 'HEAD' || asks
  return reads && JSON.stringify([segments, query]).length + (body?.byteLength ?? 0) <= READ_BYTES_MAX
}

type EntryResponse = NonNullable<BundleEntry['response']>

const PLACE = /\/([A-Za-z]+)\/([A-Za-z0-9.-]+)\/_history\/(\d+)$/

function keptOf(deps: FhirDeps, request: FhirRequest, { response, resource }: BundleEntry, entry: EntryRequest): KeptEntry {
  if (response?.status === '0') return { read: readOf(request, entry) }
  const text = resource === undefined ? undefined : Buffer.from(resource).toString('utf8')
  const kept: KeptEntry = response ? { response: boundedResponse(response) } : {}
  if (text?.startsWith('{"resourceType":"OperationOutcome"'))
    return { ...kept, outcome: boundedOutcome(JSON.parse(text) as OperationOutcome) }
  const place = response?.location?.startsWith(deps.baseUrl) ? PLACE.exec(response.location) : null
  if (!place) return kept
  const [, type = '', id = '', v = ''] = place
  // What If-None-Exist found was not written here: its name is told only to who sees it then.
  const written = !(entry.method === 'POST' && response?.status === '200')
  return { ...kept, version: { type, id, v: Number(v), withContent: text !== undefined, written } }
}

function readOf(request: FhirRequest, { method, segments, query, headers, text }: EntryRequest): SentRead {
  const prefer = request.header('prefer')
  const all = prefer === undefined ? headers : { ...headers, prefer }
  return { method, segments, query, headers: all, ...(text === undefined ? {} : { body: text }) }
}

const bounded = (outcome: OperationOutcome): OperationOutcome =>
  outcome.issue.length > ISSUES_MAX ? { ...outcome, issue: outcome.issue.slice(0, ISSUES_MAX) } : outcome

const boundedOutcome = (outcome: OperationOutcome): string => JSON.stringify(bounded(outcome))

/** With what went wrong with the entry, if it failed. */
const boundedResponse = (response: EntryResponse): EntryResponse =>
  response.outcome ? { ...response, outcome: bounded(response.outcome as OperationOutcome) } : response
