/** Payloads that are played again, as if they had just come, and those that nobody works on. */
import { INGEST_BOUNDS } from './bounds.ts'
import { NO_COUNTS } from './receive.ts'
import type { SideWrite } from '../store/types.ts'
import { retryingConflicts } from './retry.ts'
import { type IngestTables, TABLES } from './tables.ts'
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
  deps: Pick<IngestDeps, 'now' | 'writer'>,
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
    status: 'received' as const,
    workedAt: deps.now(),
    leaseOwner: owner,
    leaseUntil: new Date(deps.now().getTime() + INGEST_BOUNDS.leaseMs),
    ...(job !== undefined && { replayJob: job }),
  }
  const doc = job === undefined ? await playAgain(tables, id, set) : await playFor(deps, tables, id, { ...set, replayJob: job })
  if (doc) await tables.quarantine.updateMany({ payload: id, state: 'open' }, { state: 'replayed' })
  return doc
}

const playAgain = (tables: IngestTables, _id: string, set: Partial<PayloadDoc>, where = {}): Promise<PayloadDoc | undefined> =>
  tables.payloads.update({ _id, status: { $in: [...FINAL] }, ...where }, { set, inc: { generation: 1 } })

/** How it ended under the job that played it last stays that job's to count. */
function playFor(
  { writer }: Pick<IngestDeps, 'writer'>,
  tables: IngestTables,
  id: string,
  set: Partial<PayloadDoc> & { replayJob: string },
): Promise<PayloadDoc | undefined> {
  return retryingConflicts(async () => {
    const { replayJob, status } = (await tables.payloads.get(id)) ?? {}
    if (status === undefined || !FINAL.includes(status) || replayJob === set.replayJob) return { done: undefined }
    if (replayJob === undefined) {
      const doc = await playAgain(tables, id, set, { replayJob: null })
      return doc && { done: doc }
    }
    const taken: SideWrite = {
      ...{ table: TABLES.payloads, op: 'update', where: { _id: id, status, replayJob }, mustMatch: true },
      ...{ set, inc: { generation: 1 } },
    }
    const counted: SideWrite = { table: TABLES.replayJobs, op: 'update', where: { _id: replayJob }, inc: { [`overplayed.${status}`]: 1 } }
    if (!(await writer.write([], { side: [taken, counted] })).ok) return undefined
    return { done: await tables.payloads.get(id) }
  })
}
