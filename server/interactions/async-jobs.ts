/** What is kept of requests that are answered later (`Prefer: respond-async`), and where. */
import { type Decision, systemDecision } from '../access/decision.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'
import type { BundleEntry } from './bundle-text.ts'
import type { Method } from './types.ts'

/** A request that only reads, to be made again when its result is fetched. */
export interface SentRead {
  method: Method
  segments: string[]
  query: [string, string][]
  headers: Record<string, string>
  body?: string
}

export type AsyncStatus = 'queued' | 'running' | 'done'

export interface AsyncJob extends TableDoc {
  _id: string
  clientId: string
  /** whose result it is: the same client for the same user, purpose and data form */
  caller: string
  status: AsyncStatus
  /** a read; a Bundle has none */
  read?: SentRead
  bundle?: 'batch' | 'transaction'
  /** of a Bundle that failed as a whole */
  failure?: { status: number; outcome: string }
  /** the process that has it is alive */
  beat: Date
  expires: Date
}

/**
 * What a Bundle did at one entry. Of the resource there is only its name: its content is read, and decided, when the result is
 * fetched.
 */
export interface KeptEntry {
  response?: BundleEntry['response']
  /** OperationOutcome as JSON, of an entry that was answered with one as its resource */
  outcome?: string
  version?: { type: string; id: string; v: number; withContent: boolean; written: boolean }
  read?: SentRead
}

export interface AsyncPart extends TableDoc {
  _id: string
  job: string
  n: number
  entries: KeptEntry[]
  expires: Date
}

/** What is kept of one read: a row is bounded (16 MiB). */
export const READ_BYTES_MAX = 64 * 1024
export const ASYNC_LIFE_MS = 24 * 3_600_000
/** entries in one row */
export const PART_ENTRIES = 100

const answeringLater: Decision = systemDecision('respond-async')

export const asyncJobsOf = (store: Store): Table<AsyncJob> => store.table<AsyncJob>(answeringLater, 'async_jobs')
export const asyncPartsOf = (store: Store): Table<AsyncPart> => store.table<AsyncPart>(answeringLater, 'async_parts')

export async function prepareAsyncTables(store: Store): Promise<void> {
  await Promise.all([
    asyncJobsOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
    asyncJobsOf(store).ensureIndex({ clientId: 1 }),
    asyncPartsOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
    asyncPartsOf(store).ensureIndex({ job: 1, n: 1 }),
  ])
}
