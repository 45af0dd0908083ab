/** Bulk export jobs (FHIR Bulk Data Access 2.0): what is kept of them, and where. */
import { type Decision, systemDecision } from '../../access/decision.ts'
import type { Actor } from '../../auth/actor.ts'
import type { IssueCode } from '../../outcome/issues.ts'
import type { TypeFilter } from './type-filter.ts'
import type { Store, Table, TableDoc } from '../../store/types.ts'

export interface ExportJob extends TableDoc {
  _id: string
  /** only the same caller may see, fetch or delete it */
  actor: Actor
  level: 'system' | 'patient' | 'group'
  group?: string
  /** ids of the Patients that `patient` names; of a Group those of its members */
  patients?: string[]
  types: string[]
  since?: Date
  /** `_typeFilter`; of a type that is in none of them all is exported */
  filters?: TypeFilter[]
  /** names of parameters that were left out, as the handling let (`Prefer: handling=lenient`) */
  ignored?: string[]
  /** address of the kick-off request, for the manifest */
  request: string
  status: 'accepted' | 'completed' | 'failed' | 'cancelled'
  /** of the manifest: all that was written until then is in the files, and what came later may be */
  transactionTime: Date
  /** where the run stands: index of the type, id behind which to go on, number of the next chunk */
  cursor: { type: number; id: string; chunk: number }
  /** types that have at least one line */
  written: string[]
  /** how often the page at the cursor was begun, and how often there was no database or audit for it (failing.ts) */
  tries?: number
  waits?: number
  /** not before then */
  retryAt?: Date
  /** of a failed one */
  reason?: IssueCode
  expires: Date
  leaseTerm?: number
}

/** Lines of one type, in id order; kept apart from the job so that a file of any size streams. */
export interface ExportChunk extends TableDoc {
  /** with the term of the lease: who lost it must not put his lines in the place of another's */
  _id: string
  job: string
  type: string
  n: number
  rows: { id: string; v: number; line: string }[]
  expires: Date
}

export const EXPORT_LIFE_MS = 24 * 3_600_000
export const EXPORT_PAGE = 500
/** Characters of the lines in one row: a row is bounded (16 MiB), and one line may have nearly all of that. */
export const CHUNK_CHARS = 1024 * 1024
/**
 * A version has its time before it is committed, and a transaction of the database lives no longer (MongoDB, transactionLifetimeLimitSeconds): what
 * has an earlier time stands, or never will.
 */
export const EXPORT_SETTLED_MS = 60_000

const exporting: Decision = systemDecision('export')

export const jobsOf = (store: Store): Table<ExportJob> => store.table<ExportJob>(exporting, 'export_jobs')
export const chunksOf = (store: Store): Table<ExportChunk> => store.table<ExportChunk>(exporting, 'export_chunks')

export async function prepareExportTables(store: Store): Promise<void> {
  await Promise.all([
    jobsOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
    jobsOf(store).ensureIndex({ status: 1 }),
    chunksOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
    chunksOf(store).ensureIndex({ job: 1, type: 1, n: 1 }),
  ])
}
