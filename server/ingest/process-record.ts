/** One record with all that follows from it: its own storing, moved links, and records that waited for its numbers. */
import { followBatches, hasBatches, untouched } from './batches.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { isBusy } from './busy.ts'
import { eachOf } from './each-of.ts'
import { issuesOfUnknown } from './exchange-verdicts.ts'
import { isSaidAlike } from './fold/types.ts'
import { KeyLocks } from '../writer/key-locks.ts'
import { compareRecord } from './likely/compare-record.ts'
import { comparedTogether } from './likely/compare-together.ts'
import { followMoves } from './link/follow.ts'
import type { Linked } from './link/link.ts'
import { failureIssue, quarantineWaited } from './quarantine.ts'
import { withIssues } from './record-outcome.ts'
import type { RecordJob } from './record-writes.ts'
import { type BatchResult, type StorableRow, storeBatch, storeSound } from './store-batch.ts'
import { refuse, storeRecord, type StoredRecord } from './store-record.ts'
import { StoringLanes } from './storing-lanes.ts'
import type { IngestTables, WaitingDoc } from './tables.ts'
import type { IngestDeps, PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'
import { type Done, followVisits } from './visit/follow.ts'

/** @throws OutcomeError busy, unavailable: to be tried again, nothing is lost */
export async function processRecord(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<RecordOutcome> {
  const { outcome, linked, refusedUnder = [] } = await alone(deps, tables, job)
  if (linked) await follow(deps, tables, [linked])
  if (refusedUnder.length > 0) await wake(deps, tables, refusedUnder)
  const found = await followCommit(deps, tables, [{ job, outcome }])
  if (outcome.status !== 'waiting') return withIssues(outcome, job.record, found.get(job))
  // The number may have been registered between our look and our waiting; its writer looked before we waited.
  const known = await tables.numbers.getMany(job.record.identity?.numbers.map((n) => n.hash) ?? [])
  if (known.length === 0) return outcome
  const { outcome: second } = await alone(deps, tables, job)
  await followCommit(deps, tables, [{ job, outcome: second }])
  return second
}

/** One of which nothing can be read but whom it names, who refuses it. */
export async function refuseUnread(
  deps: IngestDeps,
  tables: IngestTables,
  job: RecordJob,
  refusers: readonly string[],
): Promise<RecordOutcome> {
  const { outcome, refusedUnder = [] } = await refuse(deps, tables, job, refusers)
  await wake(deps, tables, refusedUnder)
  return outcome
}

/**
 * Records together as far as they are plain, each other one alone. Answers by position; an error stands for its record alone.
 * @param isAwaited their senders wait for the answer
 * @throws OutcomeError busy, unavailable
 */
export async function processRows(
  deps: IngestDeps,
  tables: IngestTables,
  jobs: readonly RecordJob[],
  isAwaited = false,
): Promise<(RecordOutcome | Error)[]> {
  const all: (RecordOutcome | Error)[] = []
  for (const part of jobs.length === 1 ? [] : partsOf(jobs)) {
    const { outcomes, links } = await together(deps, tables, part, isAwaited)
    await follow(deps, tables, links)
    const found = await followCommit(deps, tables, doneOf(part, outcomes))
    for (const { job, outcome } of doneOf(part, outcomes)) all[jobs.indexOf(job)] = withIssues(outcome, job.record, found.get(job))
  }
  const rest = [...jobs.keys()].filter((at) => all[at] === undefined)
  await eachOf(rest, INGEST_BOUNDS.aloneConcurrency, async (at) => {
    all[at] = await processRecord(deps, tables, jobs[at] as RecordJob).catch((error: unknown) =>
      error instanceof Error ? error : new Error('unknown'),
    )
  })
  return all
}

/** Records of one transaction. */
function partsOf<T extends { record: PreparedRecord }>(jobs: readonly T[]): T[][] {
  const parts: T[][] = []
  let resources = Number.POSITIVE_INFINITY
  for (const job of jobs) {
    resources += job.record.statements.length
    if (resources > INGEST_BOUNDS.togetherResourcesMax) {
      parts.push([])
      resources = job.record.statements.length
    }
    parts.at(-1)?.push(job)
  }
  return parts
}

const locks = new KeyLocks()

const lanesOf = new WeakMap<IngestTables, StoringLanes<StorableRow>>()

/** One of each ingest of the process. */
function lanes(deps: IngestDeps, tables: IngestTables): StoringLanes<StorableRow> {
  const known = lanesOf.get(tables)
  if (known) return known
  const { storingLanes, togetherResourcesMax } = INGEST_BOUNDS
  const made = new StoringLanes<StorableRow>(locks, (rows) => storeSound(deps, tables, rows).catch(aloneUnlessDone(deps, rows)), {
    lanes: storingLanes,
    weightMax: togetherResourcesMax,
  })
  lanesOf.set(tables, made)
  return made
}

/** What is wrong with one row is not to end the files of those that went with it: alone, each answers for itself. */
const aloneUnlessDone =
  (deps: IngestDeps, rows: readonly StorableRow[]) =>
  (error: unknown): void => {
    if (isBusy(error) || rows.every(({ outcomes, at }) => outcomes[at] !== undefined)) throw error
    deps.log?.('rows-not-stored-together', { name: error instanceof Error ? error.name : 'unknown' })
  }

const together = (deps: IngestDeps, tables: IngestTables, jobs: readonly RecordJob[], isAwaited = false): Promise<BatchResult> =>
  storeBatch(deps, tables, jobs, {
    inTurn: (keys, work) => locks.run(keys, work),
    store: (rows) => lanes(deps, tables).store(rows, isAwaited),
  })

/** What follows a record is done outside of its turn: it may concern things that another record holds. */
function alone(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<StoredRecord> {
  const { statements, identity } = job.record
  // What each says alike (the same doctor in every message) seldom changes, so it is not worth a turn.
  const things = statements.flatMap(({ type, id, statement }) =>
    id === undefined || isSaidAlike(statement.state.at) ? [] : [`${type}/${id}`],
  )
  return locks.run([...things, ...(identity?.numbers.map((n) => n.hash) ?? [])], () => storeRecord(deps, tables, job))
}

const doneOf = (jobs: readonly RecordJob[], outcomes: readonly (RecordOutcome | undefined)[]): Done[] =>
  jobs.flatMap((job, at) => (outcomes[at] ? [{ job, outcome: outcomes[at] }] : []))

/**
 * After the commit, whatever became of the records: one that was stored before may not have come so far.
 * @returns what is to be told of them besides
 */
async function followCommit(
  deps: IngestDeps,
  tables: IngestTables,
  done: readonly Done[],
): Promise<ReadonlyMap<RecordJob, readonly ReceiptIssue[]>> {
  const found = new Map<RecordJob, readonly ReceiptIssue[]>()
  const all = [...done]
  const inSets = done.filter(({ job }) => hasBatches(job))
  const quiet = await untouched(tables, inSets)
  for (const { job, outcome } of inSets) {
    if (quiet.has(job)) continue
    await followBatches(
      tables,
      job,
      outcome,
      async (next) => void all.push({ job: next, outcome: (await alone(deps, tables, next)).outcome }),
    )
    found.set(job, await issuesOfUnknown(tables, job.record.batchWords ?? []))
  }
  await followVisits(deps, tables, all)
  return found
}

async function follow(deps: IngestDeps, tables: IngestTables, links: readonly Linked[]): Promise<void> {
  await followMoves(deps, tables, { moved: links.flatMap(({ moved }) => moved) })
  await compareOrLeave(deps, tables, links)
  const registered = links.flatMap((linked) => linked.registered)
  if (registered.length > 0) await wake(deps, tables, registered)
}

/** The records are stored whatever becomes of this: what cannot be compared now a worker takes up. */
async function compareOrLeave(deps: IngestDeps, tables: IngestTables, links: readonly Linked[]): Promise<void> {
  const left = (error: unknown): void => deps.log?.('record-not-compared', { name: error instanceof Error ? error.name : 'unknown' })
  try {
    const jobs = links.flatMap(({ compare }) => compare ?? [])
    for (const job of await comparedTogether(deps, tables, jobs)) await compareRecord(deps, tables, job).catch(left)
  } catch (error) {
    left(error)
  }
}

/**
 * Stores records that waited for one of these numbers, or refuses them with what came under it. A record that makes numbers known itself wakes others
 * in turn.
 */
export async function wake(deps: IngestDeps, tables: IngestTables, hashes: readonly string[]): Promise<number> {
  let open = [...new Set(hashes)]
  let woken = 0
  while (open.length > 0) {
    const next = new Set<string>()
    // Each once: those that go on waiting are not to stand before the others.
    for await (const waiting of waitingFor(tables, open)) {
      const { links, refusedUnder } = await storeWaiting(deps, tables, waiting)
      await followMoves(deps, tables, { moved: links.flatMap(({ moved }) => moved) })
      await compareOrLeave(deps, tables, links)
      woken += links.length
      for (const hash of links.flatMap(({ registered }) => registered)) next.add(hash)
      for (const hash of refusedUnder) if (!open.includes(hash)) next.add(hash)
    }
    open = [...next]
  }
  return woken
}

/** In pages; what begins to wait meanwhile looks for its numbers itself. */
async function* waitingFor(tables: IngestTables, hashes: readonly string[]): AsyncGenerator<WaitingDoc[]> {
  const { wakeBatch } = INGEST_BOUNDS
  let behind = ''
  for (;;) {
    const where = { awaits: { $in: hashes }, _id: { $gt: behind } }
    const page = await tables.waiting.find(where, { sort: { _id: 1 }, limit: wakeBatch })
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < wakeBatch) return
    behind = last._id
  }
}

/** With the id of the row in which it waits. */
interface WaitingJob extends RecordJob {
  row: string
}

interface Woken {
  links: Linked[]
  refusedUnder: string[]
}

/** Links of the records that no longer wait, and numbers of those that are refused: the others' patient is still not known. */
async function storeWaiting(deps: IngestDeps, tables: IngestTables, waiting: readonly WaitingDoc[]): Promise<Woken> {
  const payloads = new Map(
    (await tables.payloads.getMany([...new Set(waiting.map(({ payload }) => payload))])).map((doc) => [doc._id, doc]),
  )
  const jobs = waiting.flatMap((doc): WaitingJob[] => {
    const source = deps.sources.find(({ id }) => id === doc.source)
    const payload = payloads.get(doc.payload)
    return source && payload ? [{ source, payload, record: JSON.parse(doc.record) as PreparedRecord, row: doc._id }] : []
  })
  const woken: Woken = { links: [], refusedUnder: [] }
  for (const part of partsOf(jobs)) {
    const { outcomes, links } = await together(deps, tables, part)
    woken.links.push(...links)
    await followCommit(deps, tables, doneOf(part, outcomes))
    for (const { job, outcome } of doneOf(part, outcomes)) deps.quality?.count(job.source.id, outcome)
    await endWaiting(tables, part, outcomes)
    const rest = part.filter((_, at) => outcomes[at] === undefined)
    const broken: { job: WaitingJob; outcome: RecordOutcome }[] = []
    await eachOf(rest, INGEST_BOUNDS.aloneConcurrency, async (job) => {
      const { outcome, linked, refusedUnder = [] } = await aloneOrFailed(deps, tables, job)
      woken.refusedUnder.push(...refusedUnder)
      await followCommit(deps, tables, [{ job, outcome }])
      deps.quality?.count(job.source.id, outcome)
      if (outcome.status === 'quarantined') broken.push({ job, outcome })
      else await endWaiting(tables, [job], [outcome])
      if (outcome.status !== 'waiting' && linked) woken.links.push(linked)
    })
    await endBroken(deps, tables, broken)
  }
  return woken
}

/** Whoever wakes a record is not to fail by it. */
function aloneOrFailed(deps: IngestDeps, tables: IngestTables, job: RecordJob): Promise<StoredRecord> {
  return alone(deps, tables, job).catch((error: unknown): StoredRecord => {
    if (isBusy(error) || !(error instanceof Error)) throw error
    deps.log?.('ingest-record-failed', { payload: job.payload._id, source: job.source.id, cause: error.name })
    return { outcome: { status: 'quarantined', resources: 0, issues: [failureIssue(error, job.record.at)] } }
  })
}

/** As one that waits a record would be tried again for ever, and its sender told that all is well. */
async function endBroken(
  deps: IngestDeps,
  tables: IngestTables,
  broken: readonly { job: WaitingJob; outcome: RecordOutcome }[],
): Promise<void> {
  if (broken.length === 0) return
  await quarantineWaited(
    deps,
    tables,
    broken.map(({ job, outcome }) => ({
      payload: job.payload._id,
      source: job.source.id,
      record: job.record,
      issues: outcome.issues,
    })),
  )
  await tables.waiting.delete({ _id: { $in: broken.map(({ job }) => job.row) } })
}

/**
 * Rows of records that are done. Most went with their record in one transaction; one that stands under a delivery which did not wait any more,
 * since another one of it was stored before, goes here.
 */
async function endWaiting(
  tables: IngestTables,
  part: readonly WaitingJob[],
  outcomes: readonly (RecordOutcome | undefined)[],
): Promise<void> {
  const ended = part.filter((_, at) => !STILL_WAITS.has(outcomes[at]?.status))
  if (ended.length > 0) await tables.waiting.delete({ _id: { $in: ended.map(({ row }) => row) } })
}

/** undefined: nothing became of it yet */
const STILL_WAITS = new Set<RecordOutcome['status'] | undefined>([undefined, 'waiting'])

/** For the periodic worker: records whose number became known while a process died. */
export async function sweepWaiting(deps: IngestDeps, tables: IngestTables): Promise<number> {
  let woken = 0
  let some: string[] = []
  const look = async (): Promise<void> => {
    const known = await tables.numbers.getMany([...new Set(some)])
    some = []
    if (known.length > 0)
      woken += await wake(
        deps,
        tables,
        known.map(({ _id }) => _id),
      )
  }
  // Many at a time: a platform's results may wait for their reports by the million.
  for await (const doc of tables.waiting.stream({}, { sort: { _id: 1 } })) {
    some.push(...doc.awaits)
    if (some.length >= INGEST_BOUNDS.wakeBatch) await look()
  }
  await look()
  return woken
}
