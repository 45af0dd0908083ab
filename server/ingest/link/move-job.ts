/** The `jobs` row of a changed link, made in the transaction that changes it, so that a crash leaves nothing half moved. */
import type { Moved } from '../../access/regrouping.ts'
import type { SideWrite, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { TABLES } from '../tables.ts'

export interface Move {
  /** a source's record of a patient */
  patient: string
  /** person under whom its documents are labelled */
  from: string
  to: string
  /** the record that goes on in its place; '' when it stays itself */
  into: string
}

export const MOVE_JOB = 'move-patient'
export const moveJobId = (move: Move): string => `${MOVE_JOB}|${move.patient}|${move.from}|${move.to}`

/** @param now a worker leaves it alone for the time of a lease: who changes the link moves the documents itself */
export function moveJob(move: Move, now: Date): SideWrite {
  const leaseUntil = new Date(now.getTime() + INGEST_BOUNDS.leaseMs)
  return { table: TABLES.jobs, op: 'put', doc: { _id: moveJobId(move), kind: MOVE_JOB, ...move, leaseOwner: '', leaseUntil, leaseTerm: 0 } }
}

/** What follows when an operator joined or parted persons. */
export const REGROUP_JOB = 'regroup'

export interface RegroupJob extends TableDoc {
  _id: string
  kind: string
  /** JSON of Moved[] (server/access/types.ts) */
  moved: string
  /** records of both, where things of which both spoke are to be folded anew */
  sides?: { a: string[]; b: string[] }
}

export function regroupJob(
  id: string,
  moved: readonly Moved[],
  now: Date,
  sides?: RegroupJob['sides'],
): { write: SideWrite; doc: RegroupJob } {
  const leaseUntil = new Date(now.getTime() + INGEST_BOUNDS.leaseMs)
  const doc: RegroupJob = {
    _id: `${REGROUP_JOB}|${id}`,
    kind: REGROUP_JOB,
    moved: JSON.stringify(moved),
    ...(sides && { sides }),
    leaseOwner: '',
    leaseUntil,
    leaseTerm: 0,
  }
  return { write: { table: TABLES.jobs, op: 'put', doc }, doc }
}
