/**
 * Rows of a batch together: one look at their deliveries, one fold, one transaction. What is not plain (a patient to wait
 * for, a broken resource, another writer) falls back to the way of a single record, so that rows never answer for each other.
 */
import { INGEST_BOUNDS } from './bounds.ts'
import { checkFolded } from './check.ts'
import { draftOf } from './fold/draft.ts'
import { type FoldedChange, foldStatements, type StatementFor } from './fold/stored.ts'
import { type Linked, linkPatient } from './link/link.ts'
import { refoldIfMoved } from './link/refold.ts'
import { issuesOfMapping, knownOutcome, storedOutcome } from './record-outcome.ts'
import { deliveryId, deliveryWrites, provenanceOf, type RecordJob, wantedOf } from './record-writes.ts'
import type { DeliveryDoc, IngestTables } from './tables.ts'
import type { IngestDeps, ReceiptIssue, RecordOutcome } from './types.ts'

/** Work in turn with others that touch the same keys. */
export type InTurn = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>

interface Row {
  /** position in the group */
  at: number
  job: RecordJob
  delivery: DeliveryDoc | undefined
  linked: Linked | undefined
  wanted: StatementFor[]
}

export interface BatchResult {
  /** by position; undefined: this row goes the way of a single record */
  outcomes: (RecordOutcome | undefined)[]
  /** links that stand, whatever becomes of the rows: what follows from them must be done */
  links: Linked[]
}

export async function storeBatch(deps: IngestDeps, tables: IngestTables, jobs: readonly RecordJob[], inTurn: InTurn): Promise<BatchResult> {
  const result: BatchResult = { outcomes: jobs.map(() => undefined), links: [] }
  const plain = await plainRows(deps, tables, jobs, result)
  const linked = await Promise.all(plain.map((row) => linkRow(deps, tables, row, result, inTurn)))
  const rows = linked.filter((row) => row !== undefined)
  if (rows.length === 0) return result
  const wanted = rows.flatMap((row) => row.wanted)
  await inTurn(
    wanted.map(({ type, id }) => `${type}/${id}`),
    () => storeRows(deps, tables, rows, wanted, result),
  )
  return result
}

/** Rows that were not stored before, each delivery once. */
async function plainRows(deps: IngestDeps, tables: IngestTables, jobs: readonly RecordJob[], result: BatchResult): Promise<Row[]> {
  const ids = jobs.map(({ source, record }) => deliveryId(deps.secret, source, record))
  const known = new Map((await tables.deliveries.find({ _id: { $in: ids } })).map((doc) => [doc._id, doc]))
  return jobs.flatMap((job, at) => {
    const { record, payload } = job
    const delivery = known.get(ids[at] as string)
    if (delivery?.digest === record.digest && delivery.status !== 'waiting') {
      result.outcomes[at] = knownOutcome(delivery, payload._id, record)
      return []
    }
    const isRepeated = ids.indexOf(ids[at] as string) !== at
    const isPlain = !record.nothingToStore && !isRepeated && !(record.needsPatient && !record.identity) && !deps.mayCollect
    const isSmall = record.statements.length <= INGEST_BOUNDS.batchRowResourcesMax
    return isPlain && isSmall ? [{ at, job, delivery, linked: undefined, wanted: [] }] : []
  })
}

async function linkRow(deps: IngestDeps, tables: IngestTables, row: Row, result: BatchResult, inTurn: InTurn): Promise<Row | undefined> {
  const { source, record } = row.job
  const { identity } = record
  if (!identity) return { ...row, wanted: wantedOf(record, undefined) }
  const numbers = identity.numbers.map((n) => n.hash)
  const link = await inTurn(numbers, () => linkPatient(deps, tables, source, identity))
  if (!link.found) return record.needsPatient ? undefined : { ...row, wanted: wantedOf(record, undefined) }
  result.links.push(link.linked)
  return { ...row, linked: link.linked, wanted: wantedOf(record, link.linked) }
}

/** One attempt: when it meets another writer, or one row is broken, each row goes its own way. */
async function storeRows(
  deps: IngestDeps,
  tables: IngestTables,
  rows: readonly Row[],
  wanted: readonly StatementFor[],
  result: BatchResult,
): Promise<void> {
  const { changes, persons } = await foldStatements(tables, wanted)
  const changed = changes.filter((c) => c.changed)
  const issues = new Map<string, ReceiptIssue[]>()
  for (const { folded } of changed) {
    const checked = checkFolded(deps, [folded])
    if (!checked.storable) return
    issues.set(`${folded.type}/${folded.id}`, checked.issues)
  }
  const people = peopleOf(changes, persons)
  const done = rows.map((row) => {
    const { record } = row.job
    const found = row.wanted.flatMap(({ type, id }) => issues.get(`${type}/${id}`) ?? [])
    return storedOutcome(record, row.wanted.length, [...(row.linked?.issues ?? []), ...issuesOfMapping(record), ...found])
  })
  const drafts = changed.map((change) => draftOf(change))
  for (const { job, wanted: mine, linked, delivery } of rows) {
    const concerned = [...(linked ? [linked.person] : []), ...mine.flatMap(({ type, id }) => people.get(`${type}/${id}`) ?? [])]
    if (mine.length > 0) drafts.push(provenanceOf(deps, job, mine, concerned, delivery === undefined))
  }
  const side = changes.flatMap((c) => c.side ?? [])
  const deliveries = rows.flatMap((row, at) => deliveryWrites(deps, row.job, row.delivery, done[at] as RecordOutcome))
  if (!(await deps.writer.write(drafts, { side: [...side, ...deliveries] })).ok) return
  for (const [at, row] of rows.entries()) result.outcomes[row.at] = done[at]
  await refoldIfMoved(deps, tables, persons, wanted)
}

/** Persons behind each resource. */
function peopleOf(changes: readonly FoldedChange[], persons: ReadonlyMap<string, string>): Map<string, string[]> {
  return new Map(
    changes.map(({ folded: { type, id, persons: own } }) => [`${type}/${id}`, type === 'Patient' ? [...own, persons.get(id) ?? id] : own]),
  )
}
