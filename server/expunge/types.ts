/** Legal deletion: what is asked for, what is kept of it while it runs, and what for ever. */
import type { TableDoc } from '../store/types.ts'

export const BASES = ['court-order', 'right-to-deletion'] as const
export type Basis = (typeof BASES)[number]

export interface ExpungeRequest {
  type: string
  id: string
  basis: Basis
  /** the order or request that it rests on, as its number; no content */
  reference: string
  /** what becomes of resources and payloads that are of other persons too; absent: the job fails where there are any */
  shared?: 'keep' | 'remove'
  dryRun: boolean
  /** organisation of the operator */
  organization: string
}

/** How much stands: of resources, of tables, and of what is of others too. */
export interface Counts {
  resources: Record<string, { current: number; versions: number }>
  shared: Record<string, number>
  rows: Record<string, number>
}

/** Whose data they are. Of an instance that is no Patient all lists are empty. */
export interface Subject {
  /** Patient ids: the master, its records, and those that went into them */
  patients: string[]
  /** ids in `identity_numbers` */
  identities: string[]
  /** ids in `patient_numbers` */
  numbers: string[]
  /** identity domains of its records: their sources' payloads are looked through */
  domains: string[]
  /** identity numbers in clear, by which payloads that no mapping can read are known */
  texts: string[]
}

export interface ExpungeJob extends TableDoc {
  _id: string
  status: 'accepted' | 'completed' | 'failed'
  phase: 'looking' | 'removing' | 'settling'
  dryRun: boolean
  shared: 'keep' | 'remove' | ''
  basis: Basis
  reference: string
  organization: string
  /** `Patient`, or the type of the one resource; the id is '' once the job has ended */
  type: string
  id: string
  /** JSON of Subject; '' once the job has ended */
  subject: string
  /** JSON of Counts */
  counts: string
  started: Date
  /** when it is to be looked at again */
  due: Date
  /** when what was under way has ended */
  settles?: Date
  ended?: Date
}

/** That something was expunged; `_id` is a keyed hash, so that the row does not say what. */
export interface BarDoc extends TableDoc {
  _id: string
  job: string
}

export interface Expunging {
  /** @throws OutcomeError not-found, expunge-conflict, expunge-standing */
  request(request: ExpungeRequest): Promise<ExpungeJob>
  job(id: string): Promise<ExpungeJob | undefined>
  jobs(): Promise<ExpungeJob[]>
  /** Of these names (`Type/id`) those that were expunged. */
  barred(names: readonly string[]): Promise<ReadonlySet<string>>
  /** Is anything of what a source sends of what was expunged? */
  barsRecord(names: readonly string[], numbers: readonly string[]): Promise<boolean>
  start(): void
  stop(): Promise<void>
}
