/**
 * The `jobs` row of a changed link, made in the transaction that changes it, so that a crash leaves nothing half moved. How long it takes
 * grows with what is known of the person: what is not soon done before the answer, a worker goes on with.
 */
import { randomUUID } from 'node:crypto'
import type { MayGoOn } from '../../access/may-go-on.ts'
import type { Moved } from '../../access/regrouping.ts'
import type { SideWrite, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'

export interface Move {
  /** a source's record of a patient */
  patient: string
  /** person under whom its documents are labelled */
  from: string
  to: string
  /** the record that goes on in its place; '' when it stays itself */
  into: string
}

export interface MoveJob extends Move, TableDoc {
  _id: string
  kind: string
  /** told apart from the one that is put in its place while it is worked off; absent in rows of before */
  mark?: string
  /** the row of contributions up to which all is folded anew */
  after?: string
}

export const MOVE_JOB = 'move-patient'
const moveJobId = (move: Move): string => `${MOVE_JOB}|${move.patient}|${move.from}|${move.to}`

/** @param now a worker leaves it alone for the time of a lease: who changes the link moves the documents itself */
export function moveJob(move: Move, now: Date): { write: SideWrite; doc: MoveJob } {
  const doc: MoveJob = { _id: moveJobId(move), kind: MOVE_JOB, ...move, mark: randomUUID() }
  return { write: { table: TABLES.jobs, op: 'put', doc: { ...doc, ...leased(now) } }, doc }
}

const leased = (now: Date) => ({ leaseOwner: '', leaseUntil: new Date(now.getTime() + INGEST_BOUNDS.leaseMs), leaseTerm: 0 })

/** This very row, not one that was put in its place since. */
export const thisJob = ({ _id, mark }: { _id: string; mark?: string }): Record<string, unknown> => ({ _id, ...(mark && { mark }) })

/** What follows when an operator joined or parted persons. */
export const REGROUP_JOB = 'regroup'

export interface RegroupJob extends TableDoc {
  _id: string
  kind: string
  /** JSON of Moved[] (server/access/types.ts) */
  moved: string
  /** records of both, where things of which their persons spoke are to be folded anew */
  sides?: { a: string[]; b: string[] }
}

export function regroupJob(
  id: string,
  moved: readonly Moved[],
  now: Date,
  sides?: RegroupJob['sides'],
): { write: SideWrite; doc: RegroupJob } {
  const doc: RegroupJob = {
    _id: `${REGROUP_JOB}|${id}`,
    kind: REGROUP_JOB,
    moved: JSON.stringify(moved),
    ...(sides && { sides }),
    ...leased(now),
  }
  return { write: { table: TABLES.jobs, op: 'put', doc }, doc }
}

/** For what is done before an answer: some documents, however slow the machine is, and then as long as it does not take long. */
export function whileShort(): MayGoOn {
  const until = performance.now() + INGEST_BOUNDS.followedMs
  let documents = 0
  return (coming = 0) => {
    documents += coming
    return documents <= INGEST_BOUNDS.followedDocuments || performance.now() < until
  }
}

/** The row of a job that was not finished is due at once: a worker takes it up. */
export async function leaveToWorker(
  deps: Pick<IngestDeps, 'store' | 'decision' | 'left'>,
  job: { _id: string; mark?: string },
): Promise<void> {
  await deps.store.table(deps.decision, TABLES.jobs).update(thisJob(job), { set: { leaseUntil: new Date(0) } })
  deps.left?.()
}
