/**
 * Stores one prepared record: link, fold, validate, write. Statements, resources, Provenance, work list and the delivery's
 * own row are one transaction, so that a crash or another writer leaves all of it or nothing.
 */
import type { SideWrite } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { checkFolded } from './check.ts'
import { draftOf } from './fold/draft.ts'
import { foldStatements, type StatementFor } from './fold/stored.ts'
import { keyedId } from './ids.ts'
import { refoldIfMoved } from './link/refold.ts'
import { type Linked, linkPatient } from './link/link.ts'
import { provenanceDraft } from './provenance.ts'
import { retryingConflicts } from './retry.ts'
import { type DeliveryDoc, type IngestTables, TABLES } from './tables.ts'
import type { IngestDeps, IngestSource, PayloadDoc, PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'
import { unmappedId, unmappedWrites } from './unmapped.ts'

export interface RecordJob {
  source: IngestSource
  payload: Pick<PayloadDoc, '_id' | 'hash' | 'receivedAt'>
  record: PreparedRecord
}

export interface StoredRecord {
  outcome: RecordOutcome
  /** what the link step left to do, after the commit */
  linked?: Linked
}

type Known = DeliveryDoc | undefined

export const deliveryId = (secret: Uint8Array, source: IngestSource, record: Pick<PreparedRecord, 'recordType' | 'deliveryId'>): string =>
  keyedId(secret, 'delivery', source.id, record.recordType, record.deliveryId)

/**
 * @returns outcome of the record; `quarantined` when nothing of it could be stored
 * @throws OutcomeError busy, unavailable: the record is to be tried again
 */
export async function storeRecord(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<StoredRecord> {
  const { record, source } = job
  const delivery = await tables.deliveries.get(deliveryId(deps.secret, source, record))
  if (delivery?.digest === record.digest && delivery.status !== 'waiting') return { outcome: knownOutcome(delivery, job) }
  if (record.nothingToStore) return nothingToStore(deps, tables, job, delivery)
  if (record.needsPatient && !record.identity) return { outcome: quarantined('patient-unknown', record) }
  const link = record.identity ? await linkPatient(deps, tables, source, record.identity) : undefined
  if (link && !link.found) {
    if (!record.needsPatient) return storeLinked(deps, tables, job, delivery, undefined)
    if (delivery?.digest === record.digest) return { outcome: knownOutcome(delivery, job) }
    return link.awaits.length > 0 ? wait(deps, tables, job, delivery, link.awaits) : { outcome: quarantined('patient-unknown', record) }
  }
  const linked = link?.linked
  if (linked && deps.mayCollect && !(await deps.mayCollect(linked.person, source))) {
    return {
      outcome: { status: 'refused', resources: 0, issues: [{ severity: 'information', code: 'not-collected', at: record.at }] },
      linked,
    }
  }
  return storeLinked(deps, tables, job, delivery, linked)
}

/** The same content again: its first outcome when this payload brought it (a resumed batch), else nothing new. */
function knownOutcome(delivery: DeliveryDoc, job: RecordJob): RecordOutcome {
  const status = delivery.payload === job.payload._id ? delivery.status : 'unchanged'
  return { status, resources: delivery.resources, issues: status === 'unchanged' ? [] : prefixed(job.record, issuesOfMapping(job.record)) }
}

function quarantined(code: string, record: PreparedRecord): RecordOutcome {
  return { status: 'quarantined', resources: 0, issues: [{ severity: 'error', code, at: record.at }, ...issuesOfMapping(record)] }
}

async function nothingToStore(deps: IngestDeps, tables: IngestTables, job: RecordJob, delivery: Known): Promise<StoredRecord> {
  const outcome: RecordOutcome = { status: 'nothing', resources: 0, issues: issuesOfMapping(job.record) }
  return commitAlone(deps, tables, job, delivery, [], outcome)
}

function wait(deps: IngestDeps, tables: IngestTables, job: RecordJob, delivery: Known, awaits: string[]): Promise<StoredRecord> {
  const issue: ReceiptIssue = { severity: 'information', code: 'waiting-for-patient', at: job.record.at }
  const outcome: RecordOutcome = { status: 'waiting', resources: 0, issues: [issue, ...issuesOfMapping(job.record)] }
  const _id = deliveryId(deps.secret, job.source, job.record)
  const doc = { _id, source: job.source.id, payload: job.payload._id, awaits, at: deps.now(), record: JSON.stringify(job.record) }
  return commitAlone(deps, tables, job, delivery, [{ table: TABLES.waiting, op: 'put', doc }], outcome)
}

/** The delivery's row with side writes, no resources. Who was faster with this very delivery has the word. */
function commitAlone(
  deps: IngestDeps,
  tables: IngestTables,
  job: RecordJob,
  first: Known,
  side: SideWrite[],
  outcome: RecordOutcome,
): Promise<StoredRecord> {
  return retryingConflicts<StoredRecord>(async (count) => {
    const delivery = await deliveryNow(deps, tables, job, first, count)
    if (count > 0 && delivery?.digest === job.record.digest) return { done: { outcome: knownOutcome(delivery, job) } }
    return (await commit(deps, job, delivery, [], side, outcome)) ? { done: { outcome } } : undefined
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
  const parts = partsOf(wanted)
  const found = [...(linked?.issues ?? []), ...issuesOfMapping(job.record)]
  for (const [at, part] of parts.entries()) {
    const last = at === parts.length - 1
    const result = await retryingConflicts(async (count): Promise<PartResult | undefined> => {
      const known = last ? await deliveryNow(deps, tables, job, delivery, count) : undefined
      return storePart(deps, tables, job, { part, last, wanted, linked, found, delivery: known, again: count > 0 })
    })
    if (result.outcome) return { outcome: result.outcome, ...after }
    found.push(...result.issues)
    await refoldIfMoved(deps, tables, result.persons, part)
  }
  return { outcome: storedOutcome(job.record, wanted.length, found), ...after }
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
}

interface PartResult {
  done: { issues: ReceiptIssue[]; persons: Map<string, string>; outcome?: RecordOutcome }
}

/** undefined: another writer was faster. An outcome ends the record. */
async function storePart(
  deps: IngestDeps,
  tables: IngestTables,
  job: RecordJob,
  { part, last, wanted, linked, found, delivery, again }: Part,
): Promise<PartResult | undefined> {
  const { record, source, payload } = job
  const { changes, persons } = await foldStatements(tables, part)
  const changed = changes.filter((c) => c.changed)
  const checked = checkFolded(
    deps,
    changed.map((c) => c.folded),
  )
  if (!checked.storable) {
    const outcome = quarantined('resource-invalid', record)
    return {
      done: { issues: [], persons: new Map(), outcome: { ...outcome, issues: prefixed(record, [...outcome.issues, ...checked.issues]) } },
    }
  }
  const drafts = changed.map((change) => draftOf(change, again))
  const side = changes.flatMap((c) => c.side ?? [])
  const done = { done: { issues: checked.issues, persons } }
  if (!last) return (await deps.writer.write(drafts, { side })).ok ? done : undefined
  // Somebody else stored this very delivery in the meantime.
  if (again && delivery?.digest === record.digest && delivery.status !== 'waiting') {
    return { done: { issues: [], persons: new Map(), outcome: knownOutcome(delivery, job) } }
  }
  if (wanted.length > 0) {
    drafts.push(
      provenanceDraft(deps.secret, source, record, wanted, personsOf(persons, linked), {
        payload,
        recorded: payload.receivedAt,
        isNew: delivery === undefined && !again,
      }),
    )
  }
  const outcome = storedOutcome(record, wanted.length, [...found, ...checked.issues])
  return (await commit(deps, job, delivery, drafts, side, outcome)) ? done : undefined
}

function wantedOf(record: PreparedRecord, linked: Linked | undefined): StatementFor[] {
  return record.statements.map(({ type, id, ofPatient, statement }) => {
    const at = statement.state.at
    return {
      type,
      id: id ?? (linked as Linked).patient,
      statement: linked && ofPatient ? { ...statement, patient: { at, id: linked.patient } } : statement,
    }
  })
}

function partsOf(wanted: StatementFor[]): StatementFor[][] {
  const parts: StatementFor[][] = []
  for (let at = 0; at < wanted.length; at += INGEST_BOUNDS.transactionResourcesMax)
    parts.push(wanted.slice(at, at + INGEST_BOUNDS.transactionResourcesMax))
  return parts.length > 0 ? parts : [[]]
}

const personsOf = (persons: Map<string, string>, linked: Linked | undefined): string[] =>
  [...new Set([...(linked ? [linked.person] : []), ...persons.values()])].sort()

function storedOutcome(record: PreparedRecord, resources: number, issues: ReceiptIssue[]): RecordOutcome {
  const flawed = issues.some((issue) => issue.severity !== 'information')
  return { status: flawed ? 'stored-with-issues' : 'stored', resources, issues: prefixed(record, issues) }
}

const issuesOfMapping = (record: PreparedRecord): ReceiptIssue[] => [
  ...record.issues.map((issue) => ({ ...issue })),
  ...record.unmapped.map(
    (code): ReceiptIssue => ({ severity: 'warning', code: 'mapping-code-unmapped', at: record.at, text: `${code.map}: ${code.code}` }),
  ),
]

const prefixed = (record: PreparedRecord, issues: ReceiptIssue[]): ReceiptIssue[] =>
  issues
    .slice(0, INGEST_BOUNDS.recordIssuesMax)
    .map((issue) => (issue.at.startsWith(record.at) ? issue : { ...issue, at: `${record.at}: ${issue.at}` }))

/** One transaction of the record's last part. @returns false when it met another writer */
async function commit(
  deps: IngestDeps,
  job: RecordJob,
  delivery: DeliveryDoc | undefined,
  drafts: Draft[],
  side: SideWrite[],
  outcome: RecordOutcome,
): Promise<boolean> {
  const { record, source } = job
  const now = deps.now()
  const doc: DeliveryDoc = {
    _id: deliveryId(deps.secret, source, record),
    source: source.id,
    payload: job.payload._id,
    digest: record.digest,
    status: outcome.status,
    resources: outcome.resources,
    unmapped: record.unmapped.map((code) => unmappedId(source.id, code)),
  }
  const { _id, ...set } = doc
  const all: SideWrite[] = [
    ...side,
    ...unmappedWrites(source.id, record.unmapped, delivery?.unmapped ?? [], now),
    delivery
      ? { table: TABLES.deliveries, op: 'update', where: { _id, digest: delivery.digest }, set, mustMatch: true }
      : { table: TABLES.deliveries, op: 'insert', doc },
    ...(outcome.status === 'waiting' ? [] : [{ table: TABLES.waiting, op: 'delete', where: { _id } } as const]),
  ]
  const result = await deps.writer.write(drafts, { side: all })
  return result.ok
}
