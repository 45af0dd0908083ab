/** Parts of payloads that could not be stored: kept with their reason, to be played again when the reason is gone. */
import type { RejectedRecord } from '../../mappings/engine/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { keyedId } from './ids.ts'
import { placeIn } from './record-outcome.ts'
import type { IngestTables, QuarantineDoc } from './tables.ts'
import type { IngestDeps, PayloadDoc, ReceiptIssue } from './types.ts'

/** Place that stands for the payload as a whole: nothing of it could be decoded. */
export const WHOLE_PAYLOAD = 'payload'

/** Idempotent: one row per payload and place. */
export async function quarantine(
  deps: Pick<IngestDeps, 'secret' | 'now'>,
  tables: IngestTables,
  payload: PayloadDoc,
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
  await tables.quarantine.put(doc)
}

export function rejectionIssue(rejected: RejectedRecord): ReceiptIssue {
  const { code, at, text, params } = rejected.reason
  return { severity: 'error', code, at: placeIn(rejected.at, at), ...(text !== undefined && { text }), ...(params && { params }) }
}
