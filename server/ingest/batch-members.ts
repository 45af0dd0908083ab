/** In which sets a record's things stand (batches.ts): rows that are written with them. */
import type { SideWrite } from '../store/types.ts'
import type { BatchMemberDoc } from './batch-docs.ts'
import { instantOf } from './fold/types.ts'
import { TABLES } from './tables.ts'
import type { IngestSource, PreparedRecord, RecordOutcome } from './types.ts'

interface Job {
  source: IngestSource
  record: PreparedRecord
}

/** Only what stands can be taken back; what waits looks again when it is stored. */
const STORED: ReadonlySet<RecordOutcome['status']> = new Set(['stored', 'stored-with-issues', 'unchanged'])

export const isStored = (status: RecordOutcome['status']): boolean => STORED.has(status)

export function membersOf({ source, record }: Job): BatchMemberDoc[] {
  return record.statements.flatMap(
    ({ type, id, ofPatient, batches, hears, ofPerson, onceReversed, saidBy, exchanged, statement }): BatchMemberDoc[] => {
      if (id === undefined) return []
      const thing = `${type}/${id}`
      const { via } = statement
      const said = via === undefined ? thing : `${thing} ${via}`
      const doc = { thing, source: source.id, type, id, statedAt: instantOf(statement.state.at), ...(via !== undefined && { via }) }
      const { withdrawn } = statement.state
      const number = ofPatient && type === 'ExplanationOfBenefit' ? record.identity?.numbers[0]?.hash : undefined
      return [
        ...(batches === undefined
          ? []
          : [
              {
                ...doc,
                _id: said,
                batches: [...batches],
                ...(ofPerson && { ofPerson }),
                ...(onceReversed && { onceReversed }),
              },
            ]),
        ...(hears === undefined ? [] : [{ ...doc, _id: `${thing}|${hears}`, batches: [hears] }]),
        ...(exchanged === undefined
          ? []
          : [
              {
                ...doc,
                _id: `${said}|${exchanged.of}`,
                batches: [exchanged.of],
                ...(ofPerson && { ofPerson }),
                ...(number !== undefined && { number }),
                ...(exchanged.settlement === undefined ? { message: saidBy ?? '' } : { settlement: exchanged.settlement }),
              },
            ]),
        ...(saidBy === undefined
          ? []
          : [
              {
                ...doc,
                _id: `${said}|${saidBy}`,
                batches: [saidBy],
                ...(number !== undefined && { number }),
                ...(withdrawn && { withdrawn: true as const }),
              },
            ]),
      ]
    },
  )
}

/** A thing stands in the sets of its newest statement (a line that is charged anew in another batch), whichever came last. */
export function memberWrites(job: Job, { status }: RecordOutcome): SideWrite[] {
  if (!isStored(status)) return []
  return membersOf(job).map((doc): SideWrite => ({ table: TABLES.batchMembers, op: 'put', doc, newestBy: 'statedAt' }))
}
