/**
 * An export that fails: a page is tried again later, each time after twice as long, and with fewer resources at once, for what is
 * too much together may do one by one. After the last try the export has failed for good. Tries are counted when they begin: a page that
 * ends the process counts as well. What the database or the audit was not there for is no try.
 */
import type { FhirDeps } from '../../interactions/types.ts'
import type { IssueCode } from '../../outcome/issues.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { chunksOf, EXPORT_PAGE, type ExportJob, jobsOf } from './job.ts'

/** Of one page: with the pauses between them some five minutes. */
export const EXPORT_TRIES_MAX = 6
/** How often one page may find no database or audit, and yet one that can be told so: about an hour. */
export const EXPORT_WAITS_MAX = 360
export const EXPORT_PAUSE_MS = 10_000

const TRANSIENT: ReadonlySet<IssueCode> = new Set(['unavailable', 'busy'])

/** Jobs that may be worked on now. */
export const dueAt = (now: Date): Record<string, unknown> => ({
  status: 'accepted',
  $or: [{ retryAt: { $exists: false } }, { retryAt: { $lte: now } }],
})

/** Only for who still has the lease. */
export const own = ({ _id, leaseTerm }: ExportJob): Record<string, unknown> => ({ _id, status: 'accepted', leaseTerm })

/** Resources in a page. */
export const pageSize = ({ tries = 1 }: ExportJob): number => Math.max(1, Math.floor(EXPORT_PAGE / 10 ** (tries - 1)))

/**
 * Counts the try, and clears away what a former one left behind the cursor.
 * @returns nothing when somebody else has the job
 * @throws OutcomeError export-failed
 */
export async function begin(deps: FhirDeps, job: ExportJob): Promise<ExportJob | undefined> {
  const begun = await jobsOf(deps.store).update(own(job), { inc: { tries: 1 }, unset: ['retryAt'] })
  if (begun && (begun.tries ?? 0) > EXPORT_TRIES_MAX) throw await failedForGood(deps, begun, 'internal')
  const type = begun?.types[begun.cursor.type]
  if (begun && type !== undefined) await chunksOf(deps.store).delete({ job: begun._id, type, n: { $gte: begun.cursor.chunk } })
  return begun
}

/** @returns what the caller throws: the error, or that it was the last */
export async function failedOnce(deps: FhirDeps, job: ExportJob, error: unknown): Promise<unknown> {
  const reason = reasonOf(error)
  const { tries = 1, waits = 0 } = job
  const isTransient = TRANSIENT.has(reason)
  if (isTransient ? waits + 1 >= EXPORT_WAITS_MAX : tries >= EXPORT_TRIES_MAX) return failedForGood(deps, job, reason)
  const pause = isTransient ? EXPORT_PAUSE_MS : EXPORT_PAUSE_MS * 2 ** (tries - 1)
  const retryAt = new Date(deps.now().getTime() + pause)
  await jobsOf(deps.store).update(own(job), { set: { retryAt }, ...(isTransient ? { inc: { tries: -1, waits: 1 } } : {}) })
  return error
}

/** Its files go, and only a code of ours stays: what went wrong is not told to who asked. */
async function failedForGood(deps: FhirDeps, job: ExportJob, reason: IssueCode): Promise<OutcomeError> {
  // The state first: an export without some of its files must not go on.
  const failed = await jobsOf(deps.store).update(own(job), { set: { status: 'failed', reason } })
  if (failed) await chunksOf(deps.store).delete({ job: job._id })
  return exportFailed(reason)
}

export const exportFailed = (reason: IssueCode): OutcomeError => new OutcomeError('export-failed', { params: { reason } })

const reasonOf = (error: unknown): IssueCode => (error instanceof OutcomeError ? error.issues[0]?.code : undefined) ?? 'internal'

/** For the log: never the words of an error. */
export function failureFacts(error: unknown): { reason: string; text: string } {
  const reason = reasonOf(error)
  if (reason !== 'export-failed') return { reason, text: 'export broken off, to be tried again' }
  const { params } = (error as OutcomeError).issues[0] ?? {}
  return { reason: String(params?.reason), text: 'export failed' }
}
