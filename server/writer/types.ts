/** The common last step of every write: REST, transactions and ingest all store through it. */
import type { Acc } from '../access/decision.ts'
import type { Stamped } from '../access/stamped.ts'
import type { Regroup } from '../access/regrouping.ts'
import type { Actor } from '../auth/actor.ts'
import type { ParsedResource } from '../fhir/resource-text.ts'
import type { IndexEntry } from '../search/plan.ts'
import type { AuditRecord, Claim, SideWrite, Stored, WriteResult } from '../store/types.ts'

/** One resource that is to be stored. */
export interface Draft {
  type: string
  id: string
  method: 'POST' | 'PUT' | 'DELETE'
  expect: 'absent' | 'any' | number
  /** the resource, parsed or as compact JSON text, without the server's stamp; absent for a delete */
  text?: string
  parsed?: ParsedResource
  /** organisation id that answers for it; '' when there is none */
  custodian: string
  /** patients whose access rules hold although the resource does not refer to them (withdrawn reports) */
  alsoPatients?: readonly string[]
  /** the version that it expects, as it was read: it is not looked up again */
  standing?: Stored
  /** ends when it is judged by the codes of now, and rejects with what is wrong: to be awaited before it is written */
  confirmed?: Promise<void>
  /** its labels as they were made for the right to write it */
  stamp?: Stamped
  /** what it is found by, where that was made ahead: it holds while its `ix` does */
  index?: IndexEntry
  /** the same content as the current version but for the stamp is not written again */
  unchangedIsFine?: boolean
}

export interface WriteExtra {
  claims?: Claim[]
  side?: SideWrite[]
  /** the account of the writes, given the labels of each draft as it will stand; committed with them */
  audit?: (labels: readonly Acc[]) => AuditRecord[]
  /** who writes; absent for the server's own work */
  actor?: Actor
  /** persons that are joined or parted by it */
  regroup?: Regroup
}

/** `unchanged`: `Type/id` of drafts that were already so. */
export type WriterResult = WriteResult & { unchanged: string[] }

export interface Writer {
  write(drafts: readonly Draft[], extra?: WriteExtra): Promise<WriterResult>
}
