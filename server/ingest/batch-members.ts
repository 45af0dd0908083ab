/** In which sets a record's things stand (batches.ts): rows that are written with them. */
import type { SideWrite } from '../store/types.ts'
import { type BatchMemberDoc, TABLES } from './tables.ts'
import type { IngestSource, PreparedRecord, RecordOutcome } from './types.ts'

interface Job {
  source: IngestSource
  record: PreparedRecord
}

/** Only what stands can be taken back; what waits looks again when it is stored. */
const STORED: ReadonlySet<RecordOutcome['status']> = new Set(['stored', 'stored-with-issues', 'unchanged'])

export const isStored = (status: RecordOutcome['status']): boolean => STORED.has(status)

export function membersOf({ source, record }: Job): BatchMemberDoc[] {
  return record.statements.flatMap(({ type, id, batches }): BatchMemberDoc[] =>
    id === undefined || batches === undefined ? [] : [{ _id: `${type}/${id}`, source: source.id, type, id, batches: [...batches] }],
  )
}

export function memberWrites(job: Job, { status }: RecordOutcome): SideWrite[] {
  if (!isStored(status)) return []
  return membersOf(job).map((doc): SideWrite => ({ table: TABLES.batchMembers, op: 'put', doc }))
}
