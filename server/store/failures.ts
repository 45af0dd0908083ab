/** What the driver throws, to what a client may know: a code of ours and never a word of the database's. */
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerClosedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoExpiredSessionError,
  MongoWriteConcernError,
} from 'mongodb'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { StoreLog } from './log.ts'

export const MAX_TIME_EXPIRED = 50
const MEMORY_LIMIT = 292
export const DUPLICATE_KEY = 11000
const DOCUMENT_TOO_LARGE = new Set([10334, 17419, 17420])

/**
 * Server errors that say "somebody else is at it" (WriteConflict, LockTimeout, LockBusy), or that the cache was too full of what others
 * change (TemporarilyUnavailable, and TransactionTooLargeForCache: the database guesses that it never fits, and says it of one large
 * document at a bad moment, too).
 */
const CONTENTION = new Set([112, 24, 46, 365, 388])

/** Of a command's error, or of one write of a command that succeeded. */
export const isContention = (code: unknown): boolean => typeof code === 'number' && CONTENTION.has(code)

const NOT_REACHED = [
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerClosedError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoExpiredSessionError,
  MongoWriteConcernError,
]

/** A socket that broke under the driver, in node's own words: some of these reach us without the driver's name around them. */
const SOCKET_BROKE = new Set(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])

const isSocketError = (error: unknown): boolean => error instanceof Error && SOCKET_BROKE.has(String((error as NodeJS.ErrnoException).code))

/** Any error to one that may leave; the log gets name and number of the driver's error, not its message. */
export function outcomeOfFailure(error: unknown, log: StoreLog): unknown {
  if (!(error instanceof MongoError)) return isSocketError(error) ? new OutcomeError('unavailable') : error
  const code = error instanceof MongoServerError ? error.code : undefined
  if (isUnknownCommit(error)) return new OutcomeError('unavailable')
  if (code === MAX_TIME_EXPIRED || code === MEMORY_LIMIT) return new OutcomeError('too-costly')
  log.warn({ name: error.name, code, labels: error.errorLabels }, 'database operation failed')
  if (isContention(code)) return new OutcomeError('busy')
  if (typeof code === 'number' && DOCUMENT_TOO_LARGE.has(code)) {
    return new OutcomeError('body-too-large', { params: { max: 16 * 1024 * 1024 } })
  }
  if (error.name === 'MongoWaitQueueTimeoutError') return new OutcomeError('busy')
  if (error.name === 'MongoPoolClosedError') return new OutcomeError('unavailable')
  if (isUnreached(error)) return new OutcomeError('unavailable')
  return new OutcomeError('internal')
}

function isUnreached(error: MongoError): boolean {
  if (NOT_REACHED.some((kind) => error instanceof kind)) return true
  // A write of several that did not come through bears neither the name nor the labels of what broke.
  if (error instanceof MongoBulkWriteError && [error.writeErrors].flat().length === 0) return true
  return error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('TransientTransactionError') || isNotPrimary(error)
}

/** Shutting down, stepping down, recovering: the codes of the server that mean "another moment". */
const NOT_PRIMARY = new Set([91, 189, 10107, 11600, 11602, 13435, 13436])

function isNotPrimary(error: MongoError): boolean {
  return error instanceof MongoServerError && typeof error.code === 'number' && NOT_PRIMARY.has(error.code)
}

/** The operation may be tried again as it is: nothing of it was applied. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false
  if (error.hasErrorLabel('TransientTransactionError')) return true
  return error instanceof MongoServerError && isContention(error.code)
}

/** The connection broke: before a commit nothing of the transaction was applied, after it nobody knows. */
export function isBroken(error: unknown): boolean {
  return error instanceof MongoNetworkError
}

export function isUnknownCommit(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult')
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY
}

/** Runs a call to the driver; what it throws is fit to leave the store. */
export async function guarded<T>(log: StoreLog, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw outcomeOfFailure(error, log)
  }
}
