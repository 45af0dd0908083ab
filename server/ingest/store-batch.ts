/**
 * Records together: one look at their deliveries, one fold, one transaction. What is not plain (nothing to store, a broken
 * resource, another writer) falls back to the way of a single record, so that records never answer for each other.
 */
import { allInTurns } from '../store/turns.ts'
import type { SideWrite } from '../store/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { eachAlone } from './busy.ts'
import { type Checked, checkFolded, otherPerson } from './check.ts'
import { distinctWrites, gateOf } from './collecting.ts'
import { expungedOutcome, isExpunged } from './expunged.ts'
import { draftOf } from './fold/draft.ts'
import { statementWrites } from './fold/rows.ts'
import { type FoldedChange, foldStatements, saidIn, saidOfOthers, type StatementFor } from './fold/stored.ts'
import { isSaidAlike } from './fold/types.ts'
import { askKin } from './kin.ts'
import { type Linked, linkPatient, type LinkResult } from './link/link.ts'
import { refoldIfMoved } from './link/refold-moved.ts'
import { underKnownKeys } from './numbered.ts'
import { issuesOfMapping, knownOutcome, storedOutcome } from './record-outcome.ts'
import { provenancesOf, type RowOrigin } from './provenances.ts'
import {
  countOfThings,
  deliveryId,
  deliveryWrites,
  isStoredAlready,
  type RecordJob,
  waitingOutcome,
  waitingWrite,
  wantedOf,
} from './record-writes.ts'
import type { Storable } from './storing-lanes.ts'
import type { DeliveryDoc, IngestTables } from './tables.ts'
import type { IngestDeps, IngestSource, ReceiptIssue, RecordOutcome } from './types.ts'
import { refoldIfPlaced } from './visit/follow.ts'
import { planVisits } from './visit/plan.ts'
import { wordsOf } from './visit/words.ts'

/** Work in turn with others that touch the same keys. */
export type InTurn = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>

interface Row {
  /** position in the group */
  at: number
  job: RecordJob
  deliveryId: string
  /** as it was read last */
  delivery: DeliveryDoc | undefined
  /** numbers that it has to wait for, because its patient is not known */
  awaits: string[]
  linked: Linked | undefined
  wanted: StatementFor[]
}

/** A row whose patient is known. */
export interface StorableRow extends Row, Storable {
  /** of its group */
  outcomes: (RecordOutcome | undefined)[]
}

/** How the groups of one process go beside each other. */
export interface BesideOthers {
  inTurn: InTurn
  store(rows: readonly StorableRow[]): Promise<void>
}

export interface BatchResult {
  /** by position; undefined: this record goes its own way */
  outcomes: (RecordOutcome | undefined)[]
  /** links that stand, whatever becomes of the records: what follows from them must be done */
  links: Linked[]
}

export async function storeBatch(
  deps: IngestDeps,
  tables: IngestTables,
  jobs: readonly RecordJob[],
  { inTurn, store }: BesideOthers,
): Promise<BatchResult> {
  const result: BatchResult = { outcomes: jobs.map(() => undefined), links: [] }
  const plain = await plainRows(deps, tables, jobs, result)
  const linked = (await linkRows(deps, tables, plain, result, inTurn)).filter((row) => row !== undefined)
  await waitTogether(deps, tables, linked.filter(isWaiting), result)
  const rows = linked.filter((row) => !isWaiting(row))
  const { outcomes } = result
  await store(rows.map((row) => ({ ...row, outcomes, keys: row.wanted.flatMap(turnOf), weight: row.wanted.length })))
  return result
}

/** Of a delivery that came with several groups one row goes at a time. */
export async function storeSound(deps: IngestDeps, tables: IngestTables, rows: readonly StorableRow[]): Promise<void> {
  const first = new Map(rows.toReversed().map((row) => [row.deliveryId, row]))
  const later = rows.filter((row) => first.get(row.deliveryId) !== row)
  await storeApart(deps, tables, [...first.values()].toReversed())
  if (later.length > 0) await storeSound(deps, tables, await asTheyStand(tables, later))
}

/** Rows with a broken resource are left out, then the others go together; who meets another writer tries again. */
async function storeApart(deps: IngestDeps, tables: IngestTables, rows: readonly StorableRow[]): Promise<void> {
  let sound = rows
  for (let attempt = 0; attempt < INGEST_BOUNDS.batchAttemptsMax && sound.length > 0; ) {
    const { stored, broken, refused = [] } = await storeRows(deps, tables, sound, attempt > 0)
    if (stored) return
    const left = sound.filter((row) => !refused.includes(row) && !row.wanted.some(({ type, id }) => broken.has(`${type}/${id}`)))
    if (left.length < sound.length) sound = left
    else {
      attempt++
      sound = await asTheyStand(tables, left)
    }
  }
}

/** With their deliveries as they stand by now: another group, or another process, may have stored some. Those that say the same are done. */
async function asTheyStand(tables: IngestTables, rows: readonly StorableRow[]): Promise<StorableRow[]> {
  const known = new Map((await tables.deliveries.getMany(rows.map((row) => row.deliveryId))).map((doc) => [doc._id, doc]))
  return rows.flatMap((row) => {
    const { job, outcomes, at, deliveryId: id } = row
    const delivery = known.get(id)
    if (!isStoredAlready(delivery, job)) return [{ ...row, delivery }]
    outcomes[at] = knownOutcome(delivery, job.payload._id, job.record)
    return []
  })
}

const isWaiting = ({ awaits }: Row): boolean => awaits.length > 0

/**
 * What each says alike (the same doctor in every row) seldom changes, so it is not worth a turn; but for things of a patient: each result is
 * added to its report, and what sources said of one patient's things stands together.
 */
const turnOf = ({ type, id, statement }: StatementFor): string[] => [
  ...(statement && isSaidAlike(statement.state.at) ? [] : [`${type}/${id}`]),
  ...(statement?.patient ? [`of ${statement.patient.id}`] : []),
]

/** Rows that were not stored before, each delivery once. */
async function plainRows(deps: IngestDeps, tables: IngestTables, jobs: readonly RecordJob[], result: BatchResult): Promise<Row[]> {
  const ids = jobs.map(({ source, record }) => deliveryId(deps.secret, source, record))
  const [rows, expunged] = await Promise.all([
    tables.deliveries.getMany(ids),
    Promise.all(jobs.map(({ record }) => isExpunged(deps, record))),
  ])
  const known = new Map(rows.map((doc) => [doc._id, doc]))
  const met = new Set<string>()
  const changing = new Set<string>()
  return jobs.flatMap((job, at) => {
    const { record, payload } = job
    if (expunged[at]) {
      result.outcomes[at] = expungedOutcome(record)
      return []
    }
    const id = ids[at] as string
    const delivery = known.get(id)
    const isRepeated = met.has(id)
    met.add(id)
    // Behind a row of its delivery that says something else it is said anew: else that one would be the last word.
    if (isStoredAlready(delivery, job) && !changing.has(id)) {
      // Whether there is still something to be merged is looked at when it goes alone.
      if (!record.identity?.replaces) result.outcomes[at] = knownOutcome(delivery, payload._id, record)
      return []
    }
    changing.add(id)
    const isPlain = !record.nothingToStore && !isRepeated && !(record.needsPatient && !record.identity)
    const isSmall = record.statements.length <= INGEST_BOUNDS.batchRowResourcesMax
    return isPlain && isSmall ? [{ at, job, deliveryId: id, delivery, awaits: [], linked: undefined, wanted: [] }] : []
  })
}

/** Rows that say the same of their patient (results of one report) are linked by one look. */
async function linkRows(
  deps: IngestDeps,
  tables: IngestTables,
  rows: readonly Row[],
  result: BatchResult,
  inTurn: InTurn,
): Promise<(Row | undefined)[]> {
  const same = new Map<string, Promise<LinkResult>>()
  return Promise.all(
    rows.map(async (row) => {
      const { source, record } = row.job
      const { identity } = record
      if (!identity) return { ...row, wanted: wantedOf(record, undefined) }
      const said = JSON.stringify([source.id, identity])
      let link = same.get(said)
      const isFirst = link === undefined
      link ??= inTurn(
        identity.numbers.map((n) => n.hash),
        () => linkPatient(deps, tables, source, identity, gateOf(deps, source, record)),
      )
      same.set(said, link)
      const found = await link.catch(eachAlone)
      if (!found) return undefined
      if (found.found) {
        if (isFirst) result.links.push(found.linked)
        return { ...row, linked: found.linked, wanted: wantedOf(record, found.linked) }
      }
      // Alone it is refused, and that is put on record.
      if (found.refusers) return undefined
      if (!record.needsPatient) return { ...row, wanted: wantedOf(record, undefined) }
      // One that waits already, or that nothing can be awaited for, is told what it was told.
      // Before it waits, whom it names beside its patient is asked about alone.
      return row.delivery || record.kin || found.awaits.length === 0 ? undefined : { ...row, awaits: found.awaits }
    }),
  )
}

/** Rows whose patient is not known. A number may be registered between the look and the waiting; such a row goes its own way. */
async function waitTogether(deps: IngestDeps, tables: IngestTables, rows: readonly Row[], result: BatchResult): Promise<void> {
  if (rows.length === 0) return
  const side = rows.flatMap(({ job, awaits }) => [
    waitingWrite(deps, job, awaits, undefined),
    ...deliveryWrites(deps, job, undefined, waitingOutcome(job.record)),
  ])
  if (!(await deps.writer.write([], { side })).ok) return
  const known = await tables.numbers.getMany([...new Set(rows.flatMap(({ awaits }) => awaits))])
  const numbers = new Set(known.map(({ _id }) => _id))
  for (const { at, job, awaits } of rows) if (!awaits.some((hash) => numbers.has(hash))) result.outcomes[at] = waitingOutcome(job.record)
}

interface Attempt {
  stored: boolean
  /** resources that cannot be stored */
  broken: ReadonlySet<string>
  /** rows that are not collected: what else they speak of (the doctor of them all) others may say */
  refused?: readonly StorableRow[]
}

/** Not stored and nothing broken or refused: it met another writer. */
async function storeRows(deps: IngestDeps, tables: IngestTables, unplaced: readonly StorableRow[], again: boolean): Promise<Attempt> {
  const { refused, guards } = await collecting(deps, tables, unplaced)
  if (refused.length > 0) return { stored: false, broken: new Set(), refused }
  const words = unplaced.flatMap(({ job, linked }) => wordsOf(job.record.visits, linked?.patient))
  const said = unplaced.flatMap((row) => row.wanted)
  const known = await underKnownKeys(
    tables,
    unplaced.map(({ job, wanted }) => ({ record: job.record, wanted })),
  )
  const plan = await planVisits(tables, said, words, deps.now())
  const rows = unplaced.map((row, at) => ({ ...row, wanted: (known[at] ?? []).map(plan.place) }))
  const wanted = rows.flatMap((row) => row.wanted)
  const { changes, links, visits } = await foldStatements(tables, wanted, plan.visits)
  const changed = changes.filter((c) => c.changed)
  const issues = new Map<string, ReceiptIssue[]>()
  const broken = new Set<string>()
  const drafts = []
  const senders = sendersOf(rows)
  const all = await allInTurns(changed, ({ folded }) => checkFolded(deps, folded, senders.get(`${folded.type}/${folded.id}`)))
  for (const [at, change] of changed.entries()) {
    const checked = all[at] as Checked
    const name = `${change.folded.type}/${change.folded.id}`
    if (checked.refused) broken.add(name)
    issues.set(name, checked.issues)
    drafts.push(draftOf(change, again, checked.parsed))
  }
  // Under the names by which their records are left out.
  for (const [at, { type, id }] of wanted.entries()) if (broken.has(`${type}/${id}`)) broken.add(`${said[at]?.type}/${said[at]?.id}`)
  if (broken.size > 0) return { stored: false, broken }
  const people = peopleOf(changes, links.persons)
  const others = saidOfOthers(changes)
  const done = rows.map((row) => {
    const { record } = row.job
    const found = row.wanted.flatMap(({ type, id }) => issues.get(`${type}/${id}`) ?? [])
    found.push(...otherPerson(others(row.wanted)), ...plan.issues(record.visits, record.at))
    return storedOutcome(record, countOfThings(row.wanted), [...(row.linked?.issues ?? []), ...issuesOfMapping(record), ...found])
  })
  const origins = rows.map(({ job, wanted: mine, linked, delivery }): RowOrigin => {
    const persons = [...(linked ? [linked.person] : []), ...mine.flatMap(({ type, id }) => people.get(`${type}/${id}`) ?? [])]
    return { job, wanted: mine, persons, isFirst: delivery === undefined }
  })
  drafts.push(...provenancesOf(deps, origins, again))
  const side = statementWrites(saidIn(changes))
  const deliveries = rows.flatMap((row, at) => deliveryWrites(deps, row.job, row.delivery, done[at] as RecordOutcome))
  if (!(await deps.writer.write(drafts, { side: [...side, ...deliveries, ...guards, ...plan.side] })).ok) return { stored: false, broken }
  for (const [at, row] of rows.entries()) row.outcomes[row.at] = done[at]
  await refoldIfMoved(deps, tables, links, wanted)
  await refoldIfPlaced(deps, tables, visits, wanted)
  return { stored: true, broken }
}

/**
 * The gate at collection, asked once for all that one source says of a patient, and of others whom a record names beside him. Where something of it is
 * refused each goes alone and is asked about by itself.
 */
async function collecting(
  deps: IngestDeps,
  tables: IngestTables,
  rows: readonly StorableRow[],
): Promise<{ refused: StorableRow[]; guards: SideWrite[] }> {
  const patients = Map.groupBy(
    rows.filter(({ linked }) => linked !== undefined),
    ({ job, linked }) => JSON.stringify([job.source.id, linked?.patient, linked?.person]),
  )
  const ofPatients = [...patients.values()].map(async (same) => {
    const { job, linked } = same[0] as StorableRow & { linked: Linked }
    const gate = gateOf(deps, job.source, ...same.map((row) => row.job.record))
    const { refusers, side } = await gate([linked.patient, linked.person])
    return { refused: refusers.length > 0 ? same : [], side }
  })
  const ofKin = rows.map(async (row) => {
    const { refusing, side } = await askKin(deps, tables, row.job.source, row.job.record)
    return { refused: refusing.length > 0 ? [row] : [], side }
  })
  const asked = await Promise.all([...ofPatients, ...ofKin])
  const refused = [...new Set(asked.flatMap((one) => one.refused))]
  return { refused, guards: distinctWrites(asked.flatMap(({ side }) => side)) }
}

/** Whose records each resource is of. */
function sendersOf(rows: readonly Row[]): Map<string, IngestSource[]> {
  const found = new Map<string, IngestSource[]>()
  for (const { job, wanted } of rows)
    for (const { type, id } of wanted) {
      const known = found.get(`${type}/${id}`) ?? []
      if (!known.includes(job.source)) found.set(`${type}/${id}`, [...known, job.source])
    }
  return found
}

/** Persons behind each resource. */
function peopleOf(changes: readonly FoldedChange[], persons: ReadonlyMap<string, string>): Map<string, string[]> {
  return new Map(
    changes.map(({ folded: { type, id, persons: own } }) => [`${type}/${id}`, type === 'Patient' ? [...own, persons.get(id) ?? id] : own]),
  )
}
