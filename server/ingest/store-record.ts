/**
 * Stores one prepared record: link, fold, validate, write. Statements, resources, Provenance, work list and the delivery's
 * own row are one transaction, so that a crash or another writer leaves all of it or nothing.
 */
import { allInTurns } from '../store/turns.ts'
import type { SideWrite } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { checkFolded, otherPerson } from './check.ts'
import { distinctWrites, gateOf, notCollectedOutcome, ofNobody, rememberRefused } from './collecting.ts'
import { forgetPart, forgetRefused, noteRefusedPart } from './cut.ts'
import { expungedOutcome, isExpunged } from './expunged.ts'
import { draftOf } from './fold/draft.ts'
import { statementWrites } from './fold/rows.ts'
import { foldStatements, saidIn, saidOfOthers, type StatementFor, type UsedLinks } from './fold/stored.ts'
import { askKin, withoutKin } from './kin.ts'
import { type Linked, linkPatient } from './link/link.ts'
import { refoldIfMoved } from './link/refold-moved.ts'
import { leftUnmerged } from './link/replaced.ts'
import { underKnownKeys } from './numbered.ts'
import { issuesOfMapping, issuesTold, knownOutcome, quarantined, storedOutcome } from './record-outcome.ts'
import {
  countOfThings,
  deliveryId,
  deliveryWrites,
  isStoredAlready,
  provenanceOf,
  type RecordJob,
  waitingOutcome,
  waitingRow,
  waitingWrite,
  wantedOf,
} from './record-writes.ts'
import { retryingConflicts } from './retry.ts'
import type { DeliveryDoc, IngestTables } from './tables.ts'
import type { IngestDeps, ReceiptIssue, RecordOutcome } from './types.ts'
import { refoldIfPlaced } from './visit/follow.ts'
import { planVisits } from './visit/plan.ts'
import { wordsOf } from './visit/words.ts'

export interface StoredRecord {
  outcome: RecordOutcome
  /** what the link step left to do, after the commit */
  linked?: Linked
  /** hashes of its numbers, where its patient refused it: what waits for them is refused with it */
  refusedUnder?: readonly string[]
}

type Known = DeliveryDoc | undefined

/**
 * @returns outcome of the record; `quarantined` when nothing of it could be stored
 * @throws OutcomeError busy, unavailable: the record is to be tried again
 */
export async function storeRecord(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<StoredRecord> {
  const kin = await askKin(deps, tables, job.source, job.record)
  const { refusers } = kin
  if (kin.refusing.length === 0) return storeAsked(deps, tables, job)
  const record = withoutKin(job.record, kin)
  // The numbers of its patient are not those of whoever refuses.
  if (!record) return refuse(deps, tables, { ...job, record: ofNobody(job.record) }, refusers)
  const { source, payload } = job
  await deps.audit({ action: 'refuse', source: source.id, payload: payload._id, persons: refusers, reason: 'collection-refused' })
  const waited = await tables.waiting.find(waitingRow(deps, job))
  const stored = await storeAsked(deps, tables, { ...job, record })
  if (stored.outcome.status === 'quarantined') return refuse(deps, tables, { ...job, record: ofNobody(job.record) }, refusers)
  if (stored.outcome.status !== 'waiting') for (const { part = '' } of waited) await forgetPart(deps, tables, payload._id, part)
  return { ...stored, outcome: { ...stored.outcome, isWithheld: true } }
}

/** Of a record that names nobody who refuses, but for its patient. */
async function storeAsked(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<StoredRecord> {
  const { record, source } = job
  if (await isExpunged(deps, record)) return { outcome: expungedOutcome(record) }
  const delivery = await tables.deliveries.get(deliveryId(deps.secret, source, record))
  if (isStoredAlready(delivery, job) && !(await leftUnmerged(tables, record)))
    return { outcome: knownOutcome(delivery, job.payload._id, job.record) }
  if (record.nothingToStore) return nothingToStore(deps, tables, job, delivery)
  if (record.needsPatient && !record.identity) return { outcome: quarantined('patient-unknown', record) }
  const gate = gateOf(deps, source, record)
  const link = record.identity ? await linkPatient(deps, tables, source, record.identity, gate) : undefined
  if (link && !link.found) {
    if (link.refusers) return refuse(deps, tables, job, link.refusers)
    if (!record.needsPatient) return storeLinked(deps, tables, job, delivery, undefined)
    if (delivery?.digest === record.digest) return { outcome: knownOutcome(delivery, job.payload._id, job.record) }
    return link.awaits.length > 0 ? wait(deps, tables, job, delivery, link.awaits) : { outcome: quarantined('patient-unknown', record) }
  }
  return storeLinked(deps, tables, job, delivery, link?.linked)
}

/** Nothing of the record is kept but that it was refused, in the account of those who refused it. */
export async function refuse(deps: IngestDeps, tables: IngestTables, job: RecordJob, refusers: readonly string[]): Promise<StoredRecord> {
  const { source, payload, record } = job
  await deps.audit({ action: 'refuse', source: source.id, payload: payload._id, persons: refusers, reason: 'collection-refused' })
  const refusedUnder = await rememberRefused(deps, tables, record, refusers)
  const waited = await tables.waiting.find(waitingRow(deps, job))
  for (const { _id, part } of waited) {
    // Before the row goes: whoever takes over finds what is to be cut by one of the two.
    await noteRefusedPart(tables, payload._id, part)
    await tables.waiting.delete({ _id })
    await tables.deliveries.delete({ _id: deliveryId(deps.secret, source, record), status: 'waiting' })
    await forgetRefused(deps, tables, payload._id)
  }
  return { outcome: notCollectedOutcome(record), refusedUnder }
}

async function nothingToStore(deps: IngestDeps, tables: IngestTables, job: RecordJob, delivery: Known): Promise<StoredRecord> {
  const outcome: RecordOutcome = { status: 'nothing', resources: 0, issues: issuesTold(job.record, issuesOfMapping(job.record)) }
  return commitAlone(deps, tables, job, delivery, () => [], outcome)
}

function wait(deps: IngestDeps, tables: IngestTables, job: RecordJob, delivery: Known, awaits: string[]): Promise<StoredRecord> {
  return commitAlone(deps, tables, job, delivery, (known) => [waitingWrite(deps, job, awaits, known)], waitingOutcome(job.record))
}

/** The delivery's row with side writes, no resources. Who was faster with this very delivery has the word. */
function commitAlone(
  deps: IngestDeps,
  tables: IngestTables,
  job: RecordJob,
  first: Known,
  side: (delivery: Known) => SideWrite[],
  outcome: RecordOutcome,
): Promise<StoredRecord> {
  return retryingConflicts<StoredRecord>(async (count) => {
    const delivery = await deliveryNow(deps, tables, job, first, count)
    if (count > 0 && delivery?.digest === job.record.digest)
      return { done: { outcome: knownOutcome(delivery, job.payload._id, job.record) } }
    return (await commit(deps, job, delivery, [], side(delivery), outcome)) ? { done: { outcome } } : undefined
  })
}

/** The delivery's row as first read; read again once another writer was met. */
function deliveryNow(deps: IngestDeps, tables: IngestTables, job: RecordJob, first: Known, count: number): Promise<Known> | Known {
  return count === 0 ? first : tables.deliveries.get(deliveryId(deps.secret, job.source, job.record))
}

/** A record in parts: each part is complete in itself, the last one carries Provenance and the delivery's row. */
async function storeLinked(
  deps: IngestDeps,
  tables: IngestTables,
  job: RecordJob,
  delivery: Known,
  linked: Linked | undefined,
): Promise<StoredRecord> {
  const after = linked ? { linked } : {}
  const wanted = wantedOf(job.record, linked)
  const count = partsOf(wanted).length
  const found = [...(linked?.issues ?? []), ...issuesOfMapping(job.record)]
  for (let at = 0; at < count; at++) {
    const last = at === count - 1
    const result = await retryingConflicts(async (attempt): Promise<PartResult | undefined> => {
      // A record that has begun is finished: it was there before it was refused.
      const collecting = linked && at === 0 ? await gateOf(deps, job.source, job.record)([linked.patient, linked.person]) : undefined
      if (collecting && collecting.refusers.length > 0) return { done: { ...NOTHING_DONE, refusers: collecting.refusers } }
      const kin = at === 0 ? await askKin(deps, tables, job.source, job.record) : undefined
      if (kin && kin.refusing.length > 0) return { done: { ...NOTHING_DONE, isRefusedByKin: true } }
      const guards = distinctWrites([...(collecting?.side ?? []), ...(kin?.side ?? [])])
      const known = last ? await deliveryNow(deps, tables, job, delivery, attempt) : undefined
      const [all = []] = await underKnownKeys(tables, [{ record: job.record, wanted }])
      const part = partsOf(all)[at] ?? []
      return storePart(deps, tables, job, { part, last, wanted: all, linked, found, delivery: known, again: attempt > 0, guards })
    })
    if (result.refusers) return refuse(deps, tables, job, result.refusers)
    // Refused since it was asked.
    if (result.isRefusedByKin) return storeRecord(deps, tables, job)
    if (result.outcome) return { outcome: result.outcome, ...after }
    found.push(...result.issues)
    await refoldIfMoved(deps, tables, result.links, result.folded)
    await refoldIfPlaced(deps, tables, result.visits, result.folded)
  }
  return { outcome: storedOutcome(job.record, countOfThings(wanted), found), ...after }
}

interface Part {
  part: StatementFor[]
  last: boolean
  /** of all parts */
  wanted: StatementFor[]
  linked: Linked | undefined
  /** issues so far */
  found: readonly ReceiptIssue[]
  delivery: Known
  /** another writer was met before */
  again: boolean
  /** of the gate at collection */
  guards: readonly SideWrite[]
}

interface PartResult {
  done: {
    issues: ReceiptIssue[]
    links: UsedLinks
    visits: Map<string, string>
    folded: readonly StatementFor[]
    outcome?: RecordOutcome
    refusers?: readonly string[]
    isRefusedByKin?: true
  }
}

const NO_LINKS: UsedLinks = { persons: new Map(), several: [], like: new Map() }
const NOTHING_DONE = { issues: [], links: NO_LINKS, visits: new Map<string, string>(), folded: [] }

const REASONS = ['resource-invalid', 'list-too-long', 'source-refused'] as const

/** undefined: another writer was faster. An outcome ends the record. */
async function storePart(
  deps: IngestDeps,
  tables: IngestTables,
  job: RecordJob,
  { part, last, wanted, linked, found, delivery, again, guards }: Part,
): Promise<PartResult | undefined> {
  const { record } = job
  const plan = await planVisits(tables, wanted, wordsOf(record.visits, linked?.patient), deps.now())
  const placed = part.map(plan.place)
  const { changes, links, visits } = await foldStatements(tables, placed, plan.visits)
  const changed = changes.filter((c) => c.changed)
  const checked = await allInTurns(changed, ({ folded }) => checkFolded(deps, folded, [job.source]))
  const issues = [
    ...checked.flatMap((one) => one.issues),
    ...otherPerson(saidOfOthers(changes)(placed)),
    ...(last ? plan.issues(record.visits, record.at) : []),
  ]
  const reasons = new Set(checked.map(({ refused }) => refused))
  const reason = REASONS.find((one) => reasons.has(one))
  if (reason) return { done: { ...NOTHING_DONE, outcome: quarantined(reason, record, issues) } }
  const drafts = changed.map((change, at) => draftOf(change, again, checked[at]?.parsed))
  const side = [...statementWrites(saidIn(changes)), ...guards, ...plan.side]
  const done = { done: { issues, links, visits, folded: placed } }
  if (!last) return (await deps.writer.write(drafts, { side })).ok ? done : undefined
  // Somebody else stored this very delivery in the meantime.
  if (again && delivery?.digest === record.digest && delivery.status !== 'waiting') {
    return { done: { ...NOTHING_DONE, outcome: knownOutcome(delivery, job.payload._id, job.record) } }
  }
  if (wanted.length > 0) {
    const people = [...(linked ? [linked.person] : []), ...links.persons.values()]
    drafts.push(provenanceOf(deps, job, wanted.map(plan.place), people, delivery === undefined && !again))
  }
  const outcome = storedOutcome(record, countOfThings(wanted), [...found, ...issues])
  return (await commit(deps, job, delivery, drafts, side, outcome)) ? done : undefined
}

function partsOf(wanted: StatementFor[]): StatementFor[][] {
  const parts: StatementFor[][] = []
  for (let at = 0; at < wanted.length; at += INGEST_BOUNDS.transactionResourcesMax)
    parts.push(wanted.slice(at, at + INGEST_BOUNDS.transactionResourcesMax))
  return parts.length > 0 ? parts : [[]]
}

/** One transaction of the record's last part. @returns false when it met another writer */
async function commit(
  deps: IngestDeps,
  job: RecordJob,
  delivery: DeliveryDoc | undefined,
  drafts: Draft[],
  side: SideWrite[],
  outcome: RecordOutcome,
): Promise<boolean> {
  const all = [...side, ...deliveryWrites(deps, job, delivery, outcome)]
  return (await deps.writer.write(drafts, { side: all })).ok
}
