/** Parts of payloads that could not be stored: kept with their reason, to be played again when the reason is gone. */
import type { RejectedRecord } from '../../mappings/engine/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { keyedId } from './ids.ts'
import { IssueList } from './receipt.ts'
import { placeIn } from './record-outcome.ts'
import { retryingConflicts } from './retry.ts'
import type { IngestTables, QuarantineDoc } from './tables.ts'
import { FINAL, type IngestDeps, type PayloadCounts, type PayloadDoc, type PayloadStatus, type ReceiptIssue } from './types.ts'

/** Place that stands for the payload as a whole: nothing of it could be decoded. */
export const WHOLE_PAYLOAD = 'payload'

/** Idempotent: one row per payload and place. */
export async function quarantine(
  deps: Pick<IngestDeps, 'secret' | 'now'>,
  tables: IngestTables,
  payload: Pick<PayloadDoc, '_id' | 'source'>,
  part: { recordType: string; at: string; raw?: Uint8Array | undefined },
  reasons: readonly ReceiptIssue[],
): Promise<void> {
  const raw = part.raw && part.raw.byteLength <= INGEST_BOUNDS.quarantineRawBytesMax ? Buffer.from(part.raw) : null
  const doc: QuarantineDoc = {
    _id: keyedId(deps.secret, 'quarantine', payload._id, part.at),
    source: payload.source,
    payload: payload._id,
    recordType: part.recordType,
    at: part.at,
    since: deps.now(),
    reasons: JSON.stringify(reasons),
    raw,
    state: 'open',
  }
  // Those that come at the same time go together; what stands from an earlier attempt is said anew.
  if (!(await tables.quarantine.insert(doc))) await tables.quarantine.put(doc)
}

export function rejectionIssue(rejected: RejectedRecord): ReceiptIssue {
  const { code, at, text, params } = rejected.reason
  return { severity: 'error', code, at: placeIn(rejected.at, at), ...(text !== undefined && { text }), ...(params && { params }) }
}

/** Why a record could not be processed for a reason of ours. */
export function failureIssue(error: Error, at: string): ReceiptIssue {
  const known = error instanceof OutcomeError ? error.issues[0] : undefined
  const code = known?.code ?? (error instanceof RangeError ? 'record-too-large' : 'record-failed')
  const params = known?.params ?? (code === 'record-too-large' && { max: INGEST_BOUNDS.recordResourcesMax })
  return { severity: 'error', code, at, ...(params && { params }) }
}

/** How a payload has ended so many of whose records are in quarantine. */
export function statusWith(quarantined: number, { total, withIssues }: PayloadCounts): PayloadStatus {
  if (quarantined > 0 && quarantined >= total) return 'quarantined'
  return quarantined + withIssues > 0 ? 'stored-with-issues' : 'stored'
}

/** A record that waited for its patient and cannot be stored now that he is known. */
export interface WaitedInVain {
  payload: string
  source: string
  record: { recordType: string; at: string }
  issues: readonly ReceiptIssue[]
}

/**
 * They wait no longer, and their receipts say why. Their bytes are their payloads', which are played again when the reason is gone. Idempotent but
 * for issues that a receipt lists.
 */
export async function quarantineWaited(
  deps: Pick<IngestDeps, 'secret' | 'now'>,
  tables: IngestTables,
  records: readonly WaitedInVain[],
): Promise<void> {
  for (const { payload, source, record, issues } of records) await quarantine(deps, tables, { _id: payload, source }, record, issues)
  for (const [payload, own] of Map.groupBy(records, (one) => one.payload))
    await tellLater(
      tables,
      payload,
      own.flatMap(({ issues }) => issues),
    )
}

/** One that is in work counts what is in quarantine when it is done. */
async function tellLater(tables: IngestTables, id: string, issues: readonly ReceiptIssue[]): Promise<void> {
  await retryingConflicts(async () => {
    const payload = await tables.payloads.get(id)
    if (!payload || !FINAL.includes(payload.status)) return { done: false }
    const list = new IssueList(payload.issues)
    list.add(issues)
    const quarantined = await tables.quarantine.count({ payload: id, state: 'open' })
    const set = { status: statusWith(quarantined, payload.counts), issues: list.json, problems: list.problems }
    const { status, issues: before } = payload
    return (await tables.payloads.setOne({ _id: id, status, issues: before }, set)) ? { done: true } : undefined
  })
}
