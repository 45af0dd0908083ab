/** After a record's commit: visits of which it spoke stand where they should, also where they came to do so while it was written. */
import { isStored } from '../batch-members.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { eachOf } from '../each-of.ts'
import type { StatementFor } from '../fold/stored.ts'
import { isMention } from '../fold/types.ts'
import { refold } from '../link/refold.ts'
import type { RecordJob } from '../record-writes.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps, RecordOutcome } from '../types.ts'
import { settleVisit } from './settle.ts'
import { isPending } from './words.ts'

export interface Done {
  job: RecordJob
  outcome: RecordOutcome
}

/** Whatever became of the records: one that was stored before may not have come so far. */
export async function followVisits(deps: IngestDeps, tables: IngestTables, done: readonly Done[]): Promise<void> {
  const stored = done.filter(({ outcome }) => isStored(outcome.status))
  const words = stored.flatMap(({ job }) => job.record.visits ?? [])
  const numbered = [...new Set([...stored.flatMap(numberedIn), ...words.map(({ id }) => id)])]
  const [told, mentioned] = [new Set(stored.flatMap(toldIn)), stored.flatMap(encounterIdsIn)]
  if (numbered.length === 0 && mentioned.length === 0) return
  const among = { $in: [...new Set(mentioned)] }
  const found = await tables.visits.find({ $or: [{ _id: { $in: numbered } }, { 'words.own': among }] })
  // As long as nobody tells of a visit, whoever mentions it says whose it is: what stood apart for that may be of one person now.
  const rows = found.filter((row) => isPending(row) || numbered.includes(row._id) || row.words.some(({ own }) => told.has(own)))
  const known = new Set(rows.map(({ _id }) => _id))
  const all = [...new Set([...known, ...words.map((word) => word.id)])]
  await eachOf(all, INGEST_BOUNDS.aloneConcurrency, (id) => settleVisit(deps, tables, id, words))
  // It may have been stored by a process that ended before it looked once more.
  const again = stored.filter((one) => one.outcome.status === 'unchanged' && numberedIn(one).some((id) => known.has(id)))
  for (const { job } of again) await refold(deps, tables, thingsOf(job))
}

const encountersIn = ({ job }: Done) => job.record.statements.filter(({ type }) => type === 'Encounter')

const numberedIn = (one: Done): string[] => (one.job.source.kind === 'miis' ? encountersIn(one).flatMap(({ id }) => id ?? []) : [])

const encounterIdsIn = (one: Done): string[] => encountersIn(one).flatMap(({ id }) => id ?? [])

/** A mere mention parts nothing, unless it is of another person. */
function toldIn(one: Done): string[] {
  const isOfOther = one.outcome.issues.some(({ code }) => code === 'other-person')
  return encountersIn(one).flatMap(({ id, statement }) => (id !== undefined && (isOfOther || !isMention(statement.state.at)) ? [id] : []))
}

const thingsOf = ({ record }: RecordJob): StatementFor[] =>
  record.statements.flatMap(({ type, id }) => (id === undefined || type === 'Encounter' ? [] : [{ type, id }]))

/** The fold took Encounters for others that they may have become while it was written; then its things are folded once more. */
export async function refoldIfPlaced(
  deps: IngestDeps,
  tables: IngestTables,
  used: ReadonlyMap<string, string>,
  keys: readonly StatementFor[],
): Promise<void> {
  if (used.size === 0) return
  const now = new Map((await tables.visits.getMany([...used.keys()])).map(({ _id, visit }) => [_id, visit]))
  const isOther = [...used].some(([id, visit]) => (now.get(id) || id) !== visit)
  if (isOther) await refold(deps, tables, keys)
}
