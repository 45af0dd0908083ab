/**
 * The Provenances of rows that are stored together. Rows that each add one part to the same whole (a platform sends each result of a report by
 * itself) have one, as a message has that says all of it: the whole takes on the labels of its parts, and whoever may not see one of them would see
 * none of the rows' own either.
 */
import type { Draft } from '../writer/types.ts'
import { listRule } from './fold/rules.ts'
import type { StatementFor } from './fold/stored.ts'
import { isMention, type Statement } from './fold/types.ts'
import { provenanceDraft } from './provenance.ts'
import type { RecordJob } from './record-writes.ts'
import type { IngestDeps } from './types.ts'

export interface RowOrigin {
  job: RecordJob
  wanted: readonly StatementFor[]
  /** behind the row's resources */
  persons: readonly string[]
  /** its delivery never came before */
  isFirst: boolean
}

/** @param again another writer was met before: what is written may be there */
export function provenancesOf(deps: Pick<IngestDeps, 'secret'>, rows: readonly RowOrigin[], again: boolean): Draft[] {
  const groups = Map.groupBy(
    rows.filter(({ wanted }) => wanted.length > 0),
    (row) => wholeOf(row) ?? row,
  )
  return [...groups.values()].map((group) => {
    const [{ job, isFirst }] = group as [RowOrigin]
    const { source, payload, record } = job
    const targets = new Map(group.flatMap(({ wanted }) => wanted.map((one) => [nameOf(one), one] as const)))
    const persons = [...new Set(group.flatMap((row) => row.persons))].sort()
    const origin = { payload, recorded: payload.receivedAt, isNew: isFirst && !again, ofSeveral: group.length > 1 }
    return provenanceDraft(deps.secret, source, record, [...targets.values()], persons, origin)
  })
}

const nameOf = ({ type, id }: StatementFor): string => `${type}/${id}`

/**
 * What rows have in common that share a Provenance; undefined: the row has its own. What came before keeps its own, so that what it says
 * now is found beside what it said.
 */
function wholeOf({ job: { source, payload, record }, wanted, persons, isFirst }: RowOrigin): string | undefined {
  if (!isFirst || wanted.some(({ statement }) => statement?.state.withdrawn)) return undefined
  const parts = new Set(wanted.flatMap(({ type, statement }) => (statement ? partsIn(type, statement) : [])))
  if (parts.size === 0) return undefined
  const others = wanted.map(nameOf).filter((name) => !parts.has(name))
  return JSON.stringify([source.id, payload.hash, record.recordType, others.sort(), [...new Set(persons)].sort()])
}

/** Names of what a statement that only mentions a thing lists as its parts. */
function partsIn(type: string, { state, lists }: Statement): string[] {
  if (!isMention(state.at)) return []
  return Object.entries(lists).flatMap(([path, entries]) => (listRule(type, path)?.parts ? Object.keys(entries) : []))
}
