/** Payloads that are played again, as if they had just come, and those that nobody works on. */
import { INGEST_BOUNDS } from './bounds.ts'
import { NO_COUNTS } from './receive.ts'
import type { IngestTables } from './tables.ts'
import { FINAL, type IngestDeps, type PayloadDoc } from './types.ts'

/** Conditions, of which one must hold, of payloads that came before then and that nobody has worked on since, nor played again. */
export const leftAlone = (since: Date): Record<string, unknown>[] => [
  { receivedAt: { $lt: since }, workedAt: { $exists: false } },
  { workedAt: { $lt: since } },
]

/**
 * Held by `owner`, who works on it or leaves it to a worker.
 * @param job plays each payload once
 * @returns undefined where it is in work, or was played by the same job
 */
export async function afresh(
  deps: Pick<IngestDeps, 'now'>,
  tables: IngestTables,
  owner: string,
  id: string,
  job?: string,
): Promise<PayloadDoc | undefined> {
  const set = {
    checkpoint: 0,
    counts: NO_COUNTS,
    issues: '[]',
    attempts: 0,
    status: 'received',
    workedAt: deps.now(),
    leaseOwner: owner,
    leaseUntil: new Date(deps.now().getTime() + INGEST_BOUNDS.leaseMs),
    ...(job !== undefined && { replayJob: job }),
  }
  const where = { _id: id, status: { $in: [...FINAL] }, ...(job !== undefined && { replayJob: { $ne: job } }) }
  const doc = await tables.payloads.update(where, { set, inc: { generation: 1 } })
  if (doc) await tables.quarantine.updateMany({ payload: id, state: 'open' }, { state: 'replayed' })
  return doc
}
