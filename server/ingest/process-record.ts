/** One record with all that follows from it: its own storing, moved links, and records that waited for its numbers. */
import { INGEST_BOUNDS } from './bounds.ts'
import { isMention } from './fold/types.ts'
import { KeyLocks } from './key-locks.ts'
import { followMoves } from './link/follow.ts'
import type { Linked } from './link/link.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { RecordJob } from './record-writes.ts'
import { storeBatch } from './store-batch.ts'
import { storeRecord, type StoredRecord } from './store-record.ts'
import type { IngestTables, WaitingDoc } from './tables.ts'
import type { IngestDeps, PreparedRecord, RecordOutcome } from './types.ts'

/** @throws OutcomeError busy, unavailable: to be tried again, nothing is lost */
export async function processRecord(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<RecordOutcome> {
  const { outcome, linked } = await alone(deps, tables, job)
  if (linked) await follow(deps, tables, [linked])
  if (outcome.status !== 'waiting') return outcome
  // The number may have been registered between our look and our waiting; its writer looked before we waited.
  const awaits = job.record.identity?.numbers.map((n) => n.hash) ?? []
  const known = await tables.numbers.find({ _id: { $in: awaits } }, { limit: 1 })
  return known.length === 0 ? outcome : (await alone(deps, tables, job)).outcome
}

/**
 * Rows of a batch, together as far as they are plain. Answers by position; an error stands for its row alone.
 * @throws OutcomeError busy, unavailable
 */
export async function processRows(deps: IngestDeps, tables: IngestTables, jobs: readonly RecordJob[]): Promise<(RecordOutcome | Error)[]> {
  const { outcomes, links } = await storeBatch(deps, tables, jobs, (keys, work) => locks.run(keys, work))
  await follow(deps, tables, links)
  const all: (RecordOutcome | Error)[] = []
  for (const [at, job] of jobs.entries()) all.push(outcomes[at] ?? (await processRecord(deps, tables, job).catch(asError)))
  return all
}

function asError(error: unknown): Error {
  if (error instanceof OutcomeError && error.issues.some(({ code }) => code === 'busy' || code === 'unavailable')) throw error
  return error instanceof Error ? error : new Error('unknown')
}

const locks = new KeyLocks()

/** What follows a record is done outside of its turn: it may concern things that another record holds. */
function alone(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<StoredRecord> {
  const { statements, identity } = job.record
  // What is only mentioned (the same doctor in every message) changes once, so it is not worth a turn.
  const things = statements.flatMap(({ type, id, statement }) =>
    id === undefined || isMention(statement.state.at) ? [] : [`${type}/${id}`],
  )
  return locks.run([...things, ...(identity?.numbers.map((n) => n.hash) ?? [])], () => storeRecord(deps, tables, job))
}

async function follow(deps: IngestDeps, tables: IngestTables, links: readonly Linked[]): Promise<void> {
  for (const linked of links) await followMoves(deps, tables, linked)
  const registered = links.flatMap((linked) => linked.registered)
  if (registered.length > 0) await wake(deps, tables, registered)
}

/** Stores records that waited for one of these numbers. A record that makes numbers known itself wakes others in turn. */
export async function wake(deps: IngestDeps, tables: IngestTables, hashes: readonly string[]): Promise<number> {
  let open = [...hashes]
  let woken = 0
  while (open.length > 0) {
    const waiting = await tables.waiting.find({ awaits: { $in: open } }, { limit: INGEST_BOUNDS.wakeBatch })
    const next: string[] = []
    for (const doc of waiting) {
      const linked = await storeWaiting(deps, tables, doc)
      if (linked === undefined) continue
      woken++
      await followMoves(deps, tables, linked)
      next.push(...linked.registered)
    }
    // A full page may have left some behind: the same numbers are asked again, unless nothing moves any more.
    open = waiting.length === INGEST_BOUNDS.wakeBatch && woken > 0 ? [...open, ...next] : next
  }
  return woken
}

/** undefined: its patient is still not known, or it cannot be stored. */
async function storeWaiting(deps: IngestDeps, tables: IngestTables, doc: WaitingDoc): Promise<Linked | undefined> {
  const source = deps.sources.find(({ id }) => id === doc.source)
  const payload = await tables.payloads.get(doc.payload)
  if (!source || !payload) return undefined
  const record = JSON.parse(doc.record) as PreparedRecord
  const { outcome, linked } = await alone(deps, tables, { source, payload, record })
  return outcome.status === 'waiting' ? undefined : linked
}

/** For the periodic worker: records whose number became known while a process died. */
export async function sweepWaiting(deps: IngestDeps, tables: IngestTables): Promise<number> {
  let woken = 0
  for await (const doc of tables.waiting.stream({}, { sort: { _id: 1 } })) {
    const known = await tables.numbers.find({ _id: { $in: doc.awaits } }, { limit: 1 })
    if (known.length > 0) woken += await wake(deps, tables, doc.awaits)
  }
  return woken
}
