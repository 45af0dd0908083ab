/** What a record writes beside its resources: its Provenance, its delivery's row, the work list. */
import type { SideWrite } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { memberWrites } from './batch-members.ts'
import { partOf } from './cut.ts'
import type { StatementFor } from './fold/stored.ts'
import { keyedId } from './ids.ts'
import type { Linked } from './link/link.ts'
import { provenanceDraft } from './provenance.ts'
import { type DeliveryDoc, TABLES } from './tables.ts'
import { issuesOfMapping, issuesTold } from './record-outcome.ts'
import type { IngestDeps, IngestSource, PayloadDoc, PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'
import { unmappedId, unmappedWrites } from './unmapped.ts'

export interface RecordJob {
  source: IngestSource
  payload: Pick<PayloadDoc, '_id' | 'hash' | 'receivedAt'> & Partial<Pick<PayloadDoc, 'generation'>>
  record: PreparedRecord
  /** its part of the payload's bytes, where there is one */
  raw?: Uint8Array
  /** what its source sent before is still being worked on */
  overtakes?: boolean
}

export const deliveryId = (secret: Uint8Array, source: IngestSource, record: Pick<PreparedRecord, 'recordType' | 'deliveryId'>): string =>
  keyedId(secret, 'delivery', source.id, record.recordType, record.deliveryId)

/**
 * Whether it is stored as it stands. What says no hour counts by its arrival: of a file that is played again, or that has overtaken another one, all of it
 * is said anew, else a row that said something else before would be the last word.
 */
export function isStoredAlready(delivery: DeliveryDoc | undefined, { record, payload, overtakes }: RecordJob): delivery is DeliveryDoc {
  if (delivery?.digest !== record.digest || delivery.status === 'waiting') return false
  return record.arrival === undefined || ((payload.generation ?? 0) === 0 && overtakes !== true)
}

/** Something that came behind it was stored under its delivery before: that one is what was said last. */
const isOvertaken = (delivery: DeliveryDoc | undefined, { arrival }: PreparedRecord): boolean =>
  delivery?.arrival !== undefined && arrival !== undefined && arrival < delivery.arrival

/** Statements with the patient that the link step found. */
export function wantedOf(record: PreparedRecord, linked: Linked | undefined): StatementFor[] {
  return record.statements.map(({ type, id, ofPatient, statement }) => {
    const at = statement.state.at
    return {
      type,
      id: id ?? (linked as Linked).patient,
      statement: linked && ofPatient ? { ...statement, patient: { at, id: linked.patient } } : statement,
    }
  })
}

/** How many things it is said of: of one, several words may be kept apart. */
export const countOfThings = (wanted: readonly StatementFor[]): number => new Set(wanted.map(({ type, id }) => `${type}/${id}`)).size

/** @param persons persons behind the record's resources, by local record */
export function provenanceOf(
  deps: Pick<IngestDeps, 'secret'>,
  { source, record, payload }: RecordJob,
  wanted: readonly StatementFor[],
  persons: Iterable<string>,
  isNew: boolean,
): Draft {
  const origin = { payload, recorded: payload.receivedAt, isNew }
  return provenanceDraft(deps.secret, source, record, wanted, [...new Set(persons)].sort(), origin)
}

/**
 * The row of a record that waits for its patient. What else the same delivery said keeps its own: the newest statement counts, whichever came
 * last.
 * @param delivery the delivery's row, where it came before
 */
export function waitingWrite(
  deps: Pick<IngestDeps, 'secret' | 'now'>,
  job: RecordJob,
  awaits: string[],
  delivery: DeliveryDoc | undefined,
): SideWrite {
  const { source, payload, record } = job
  const [first, again] = waitingIds(deps, job)
  const _id = delivery === undefined ? first : again
  const { digest } = record
  const part = partOf(job.raw)
  const doc = { _id, source: source.id, payload: payload._id, digest, part, awaits, at: deps.now(), record: JSON.stringify(record) }
  return { table: TABLES.waiting, op: 'put', doc }
}

/** A delivery's own, and of what came under it later. */
function waitingIds(deps: Pick<IngestDeps, 'secret'>, { source, payload, record }: RecordJob): [string, string] {
  const id = deliveryId(deps.secret, source, record)
  return [id, [id, payload._id, record.digest].join(' ')]
}

/** Where this very record waits: none of another payload, and nothing else that its own says under the same delivery. */
export const waitingRow = (deps: Pick<IngestDeps, 'secret'>, job: RecordJob): Record<string, unknown> => ({
  _id: { $in: waitingIds(deps, job) },
  payload: job.payload._id,
  // Rows of servers that did not keep it have none.
  digest: { $in: [job.record.digest, null] },
})

export function waitingOutcome(record: PreparedRecord): RecordOutcome {
  const waits: ReceiptIssue = { severity: 'information', code: 'waiting-for-patient', at: record.at }
  return { status: 'waiting', resources: 0, issues: issuesTold(record, [waits, ...issuesOfMapping(record)]) }
}

/** The delivery's row, guarded by what was read of it, and the codes that it counts. */
export function deliveryWrites(
  deps: Pick<IngestDeps, 'secret' | 'now'>,
  job: RecordJob,
  delivery: DeliveryDoc | undefined,
  outcome: RecordOutcome,
): SideWrite[] {
  const { source, record, payload } = job
  const waited = delivery?.status === 'waiting' && outcome.status !== 'waiting'
  const others: SideWrite[] = [
    ...memberWrites({ source, record }, outcome),
    ...(waited ? [{ table: TABLES.waiting, op: 'delete', where: waitingRow(deps, job) } as const] : []),
  ]
  if (isOvertaken(delivery, record)) return others
  const place = { payload: payload._id, recordType: record.recordType, at: record.at }
  return [
    ...unmappedWrites({ source: source.id, place, now: deps.now() }, record.unmapped, delivery?.unmapped ?? []),
    deliveryWrite(deps, job, delivery, outcome),
    ...others,
  ]
}

function deliveryWrite(
  deps: Pick<IngestDeps, 'secret'>,
  { source, record, payload }: RecordJob,
  delivery: DeliveryDoc | undefined,
  outcome: RecordOutcome,
): SideWrite {
  const unmapped = record.unmapped.map((code) => unmappedId(source.id, code))
  const decided = record.decided ?? []
  // Lists without members are left out, so that their indexes have no entry; what stood in them before goes.
  const doc: DeliveryDoc = {
    _id: deliveryId(deps.secret, source, record),
    source: source.id,
    payload: payload._id,
    digest: record.digest,
    status: outcome.status,
    resources: outcome.resources,
    ...(record.arrival !== undefined && { arrival: record.arrival }),
    ...((unmapped.length > 0 || delivery?.unmapped) && { unmapped }),
    ...((decided.length > 0 || delivery?.decided) && { decided }),
  }
  const { _id, ...set } = doc
  if (!delivery) return { table: TABLES.deliveries, op: 'insert', doc }
  const where = { _id, digest: delivery.digest, arrival: delivery.arrival ?? null }
  return { table: TABLES.deliveries, op: 'update', where, set, mustMatch: true }
}
