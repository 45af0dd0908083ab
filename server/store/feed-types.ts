/** What a process learns of the commits of all. */
import type { Decision } from '../access/decision.ts'
import type { IndexEntry } from '../search/plan.ts'

/** A place in what was committed; opaque, and kept as it is in a row of a table. */
export type FeedPlace = Record<string, unknown>

/** A version that has just been committed. */
export interface CommittedVersion {
  type: string
  id: string
  v: number
  at: Date
  method: 'POST' | 'PUT' | 'DELETE'
  /** texts of later commits are greater */
  order: string
  index: IndexEntry
}

export interface FeedBatch {
  /** in the order of their commits; none where nothing happened for a while */
  versions: CommittedVersion[]
  /** behind them */
  place: FeedPlace
}

/** Everything that any process commits, AuditEvents left out. */
export interface Feed {
  /** the place behind all that is committed by now */
  now(d: Decision): Promise<FeedPlace>
  /** @throws FeedLost when the database does not remember the place any more */
  read(d: Decision, after: FeedPlace, signal: AbortSignal): AsyncIterable<FeedBatch>
}
