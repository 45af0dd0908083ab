/** All current documents of a type in id order, in batches that fit in memory; a failure ends it, and `afterId` resumes. */
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { PlanNode } from '../search/plan.ts'
import { PROJECTION, type StoredDoc, toStored } from './documents.ts'
import { guarded } from './failures.ts'
import type { StoreLog } from './log.ts'
import type { StoredFilter } from './plan-filter.ts'
import { linkedFilter } from './lookups.ts'
import type { Stored } from './types.ts'

export interface StreamOptions {
  since?: Date
  until?: Date
  afterId?: string
  /** deleted ones too: their labels count as well */
  tombstones?: boolean
  /** only those that were indexed otherwise */
  indexedOtherThan?: number
}

export function streamBatches(
  db: Db,
  log: StoreLog,
  d: Decision,
  type: string,
  plan: PlanNode,
  options: StreamOptions,
): AsyncGenerator<Stored[]> {
  const filter = streamFilter(d, type, plan, options)
  const cursor = db.collection<StoredDoc>(type).find(filter, { projection: PROJECTION, sort: { _id: 1 }, ...CURSOR })
  return batched(cursor, log, (doc) => toStored(type, doc), d)
}

/** No time limit: MongoDB counts it over the whole cursor, and an export may last. */
export const CURSOR = { batchSize: BOUNDS.streamBatchDocs }

export async function* batched<Doc>(
  cursor: { next(): Promise<Doc | null>; close(): Promise<void> },
  log: StoreLog,
  stored: (doc: Doc) => Stored,
  d: Decision,
): AsyncGenerator<Stored[]> {
  try {
    let batch: Stored[] = []
    let bytes = 0
    for (;;) {
      const doc = await guarded(log, () => cursor.next())
      if (doc === null) break
      const next = stored(doc)
      if (!d.permits(next.type, next.acc)) continue
      batch.push(next)
      bytes += next.body.byteLength
      if (batch.length >= BOUNDS.streamBatchDocs || bytes >= BOUNDS.streamBatchBytes) {
        yield batch
        batch = []
        bytes = 0
      }
    }
    if (batch.length > 0) yield batch
  } finally {
    await cursor.close().catch(() => {})
  }
}

function streamFilter(d: Decision, type: string, plan: PlanNode, options: StreamOptions): StoredFilter {
  const at = { ...(options.since ? { $gte: options.since } : {}), ...(options.until ? { $lt: options.until } : {}) }
  const bounds: StoredFilter[] = []
  if (Object.keys(at).length > 0) bounds.push({ at } as StoredFilter)
  if (options.indexedOtherThan !== undefined) bounds.push({ ix: { $ne: options.indexedOtherThan } } as StoredFilter)
  if (options.afterId !== undefined) bounds.push({ _id: { $gt: String(options.afterId) } })
  const { before, stages } = linkedFilter(d, type, plan, options.tombstones)
  // A stream is read by a cursor that stays open: it does not wait for look-ups.
  if (stages.length > 0) throw new OutcomeError('too-costly')
  return { $and: [before, ...bounds] } as StoredFilter
}
