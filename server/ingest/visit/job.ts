/** The `jobs` row of a visit that is to be looked at, made in the transaction that gives reason for it. */
import type { SideWrite, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { TABLES } from '../tables.ts'

export const VISIT_JOB = 'move-visit'

export interface VisitJob extends TableDoc {
  kind: string
  /** `_id` in `visit_numbers` */
  visit: string
  /** of that row, as it is written with the job: who looked at a later one has done it */
  rev: number
}

export const visitJobId = (visit: string): string => `${VISIT_JOB}|${visit}`

/** @param now a worker leaves it alone for the time of a lease: who decides moves the visit himself */
export function visitJob(visit: string, rev: number, now: Date): SideWrite {
  const leaseUntil = new Date(now.getTime() + INGEST_BOUNDS.leaseMs)
  const doc: VisitJob = { _id: visitJobId(visit), kind: VISIT_JOB, visit, rev, leaseOwner: '', leaseUntil, leaseTerm: 0 }
  return { table: TABLES.jobs, op: 'put', doc }
}

/** What was done as of a row; not what came meanwhile. */
export const doneBy = (visit: string, rev: number): Record<string, unknown> => ({ _id: visitJobId(visit), rev: { $lte: rev } })
