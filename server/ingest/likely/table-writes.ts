/** Rows of tasks, of the history, and of records to be compared. Pure but for ids. */
import { randomUUID } from 'node:crypto'
import type { SideWrite, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { type LinkEventDoc, type LinkTaskDoc, TABLES } from '../tables.ts'
import { WEIGHTS } from './weights.ts'

export const COMPARE_JOB = 'compare'

/** A record of which something new is known: what it is like is looked for once this is committed. */
export interface CompareJob extends TableDoc {
  _id: string
  kind: string
  patient: string
  /** told apart from the one that is put in its place while it is worked off */
  mark: string
}

export const compareId = (patient: string): string => `${COMPARE_JOB}|${patient}`

/** @param now a worker leaves it alone for the time of a lease: who stores the record compares it itself; absent: at once */
export function compareJob(patient: string, now?: Date): { write: SideWrite; job: CompareJob } {
  const leaseUntil = now ? new Date(now.getTime() + INGEST_BOUNDS.leaseMs) : new Date(0)
  const job: CompareJob = { _id: compareId(patient), kind: COMPARE_JOB, patient, mark: randomUUID() }
  return { write: { table: TABLES.jobs, op: 'put', doc: { ...job, leaseOwner: '', leaseUntil, leaseTerm: 0 } }, job }
}

export const taskId = (a: string, b: string): string => [a, b].sort().join('|')

export function eventWrite(event: Omit<LinkEventDoc, '_id' | 'weights' | 'patients'> & { patients: readonly string[] }): SideWrite {
  const patients = [...event.patients].sort()
  return { table: TABLES.linkEvents, op: 'insert', doc: { ...event, patients, _id: randomUUID(), weights: WEIGHTS.version } }
}

/** Guarded by what was read of it. */
export function taskWrite(known: LinkTaskDoc | undefined, next: Omit<LinkTaskDoc, 'rev'>): SideWrite {
  const { _id, ...set } = { ...next, rev: (known?.rev ?? 0) + 1 } as LinkTaskDoc
  return known
    ? { table: TABLES.tasks, op: 'update', where: { _id, rev: known.rev }, set, mustMatch: true }
    : { table: TABLES.tasks, op: 'insert', doc: { _id, ...set } }
}
