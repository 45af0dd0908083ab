/** One payload from its raw bytes to its receipt. Can be resumed: what is done is skipped, what is repeated changes nothing. */
import type { DecodeResult, MappingContext, RejectedRecord, SourceMapping } from '../../mappings/engine/types.ts'
import { ISSUES } from '../outcome/issues.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { ConfirmedCodes } from './confirmed-codes.ts'
import { contextOf } from './context.ts'
import { decodePayload } from './decode.ts'
import { wasNotCollected } from './collecting.ts'
import { cutRefused, noteRefusedPart } from './cut.ts'
import type { Examined } from './examine.ts'
import { wasExpunged } from './expunged.ts'
import { prepare } from './prepare.ts'
import { isBusy, processRows } from './process-record.ts'
import type { RecordGroups } from './record-groups.ts'
import { quarantine, rejectionIssue, WHOLE_PAYLOAD } from './quarantine.ts'
import { IssueList } from './receipt.ts'
import { payloadBytes } from './receive.ts'
import type { IngestTables } from './tables.ts'
import { piecesOf, Turns } from './turns.ts'
import type {
  IngestDeps,
  IngestSource,
  PayloadCounts,
  PayloadDoc,
  PayloadStatus,
  PreparedRecord,
  ReceiptIssue,
  RecordOutcome,
} from './types.ts'

/** Whether a payload has many records, which are worked off by a job: rows of a table, or a file of messages. */
export const isBatch = ({ mode, batchFile }: SourceMapping, fileName: string): boolean =>
  mode === 'table' || batchFile?.test(fileName) === true

export interface Processing {
  /** in which the records of messages are stored */
  groups: RecordGroups
  confirmed: ConfirmedCodes
  /** the payload's bytes, when they are at hand */
  raw?: Uint8Array
  /** what was read of it before it was kept */
  examined?: Examined
  /** false: the lease was lost, stop */
  alive?: () => boolean
}

/**
 * @returns the payload as it stands afterwards
 * @throws OutcomeError busy, unavailable: the payload stays accepted and is tried again
 */
export async function processPayload(
  deps: IngestDeps,
  tables: IngestTables,
  payload: PayloadDoc,
  { groups, confirmed, raw, examined, alive = () => true }: Processing,
): Promise<PayloadDoc> {
  const source = deps.sources.find(({ id }) => id === payload.source)
  const mapping = source && deps.mapping(source.mapping)
  const run = new PayloadRun(deps, tables, payload)
  if (!source || !mapping) await run.rejectWhole('source-unknown')
  else if (payload.attempts > INGEST_BOUNDS.jobAttemptsMax) await run.rejectWhole('record-failed')
  else {
    const open = () => (raw ? piecesOf(raw) : payloadBytes(tables, payload))
    await decodeAll(
      { run, source, mapping, groups, confirmed, context: contextOf(deps, source, confirmed), ...(examined && { examined }) },
      open,
      alive,
    )
  }
  return alive() ? run.finish(mapping?.mode === 'table') : payload
}

/** Messages one after the other, rows in groups. */
async function decodeAll(work: Work, open: () => AsyncIterable<Uint8Array>, alive: () => boolean): Promise<void> {
  const { run, source, mapping } = work
  const table = isBatch(mapping, run.payload.fileName)
  const groupMax = table ? INGEST_BOUNDS.batchRows : 1
  const concurrency = table ? INGEST_BOUNDS.batchConcurrency : 1
  const options = { charset: source.charset, fileName: run.payload.fileName }
  const records = work.examined ? again(work.examined.decoded) : decodePayload(mapping, open, options)
  const turns = new Turns()
  let position = 0
  let group: DecodeResult[] = []
  const startGroup = async (): Promise<void> => {
    const ready = group
    group = []
    if (ready.length > 0) await run.start(() => storeGroup(work, ready), concurrency)
  }
  try {
    for await (const decoded of guardedDecode(records)) {
      if (!alive()) break
      position++
      // A batch that goes on looks for its place first, a million rows without storing any.
      await turns.take()
      if (position <= run.payload.checkpoint) continue
      group.push(decoded)
      if (group.length >= groupMax) await startGroup()
      if (position % INGEST_BOUNDS.checkpointRecords === 0) {
        await startGroup()
        await run.checkpoint(position)
      }
    }
    await startGroup()
  } catch (error) {
    await startGroup()
    await run.settle()
    if (!(error instanceof WholePayloadError)) throw error
    await run.rejectWhole(error.code)
  }
  await run.settle()
}

async function* again(decoded: readonly DecodeResult[]): AsyncGenerator<DecodeResult> {
  yield* decoded
}

/** What a decoder throws ends the payload: its code is the reason, and bugs of ours are told apart from bad bytes. */
async function* guardedDecode(records: AsyncGenerator<DecodeResult>): AsyncGenerator<DecodeResult> {
  for (;;) {
    let next: IteratorResult<DecodeResult>
    try {
      next = await records.next()
    } catch (error) {
      if (isBusy(error)) throw error
      throw new WholePayloadError(error instanceof OutcomeError ? (error.issues[0]?.code ?? 'payload-structure') : 'record-failed')
    }
    if (next.done) return
    yield next.value
  }
}

class WholePayloadError extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

interface Work {
  run: PayloadRun
  source: IngestSource
  mapping: SourceMapping
  groups: RecordGroups
  confirmed: ConfirmedCodes
  context: MappingContext
  examined?: Examined
}

type Good = Extract<DecodeResult, { ok: true }>

/** Maps each record of a group, stores them, and counts each: stored, or quarantined with its reason. */
async function storeGroup(work: Work, group: readonly DecodeResult[]): Promise<void> {
  const { run, source, groups } = work
  if (!work.examined) await Promise.all([work.confirmed.refresh(), run.deps.refresh?.()])
  const ready: { decoded: Good; record: PreparedRecord }[] = []
  for (const decoded of group) {
    if (!decoded.ok) {
      await run.reject(decoded.rejected)
      continue
    }
    const record = await mapOne(work, decoded)
    if (record) ready.push({ decoded, record })
  }
  const jobs = ready.map(({ record }) => ({ source, payload: run.payload, record }))
  const [first] = jobs
  if (!first) return
  const outcomes = jobs.length > 1 ? await processRows(run.deps, run.tables, jobs) : [await groups.store(first).catch(asFailure)]
  for (const [at, outcome] of outcomes.entries()) {
    const { decoded } = ready[at] as (typeof ready)[number]
    if (outcome instanceof Error) await run.fail(decoded, asFailure(outcome))
    else if (outcome.status === 'quarantined') await run.quarantine(decoded, outcome.issues)
    else {
      // What was kept before it was refused is there: it is played again, and not taken away.
      if (wasNotCollected(outcome) && run.payload.generation === 0) await noteRefusedPart(run.tables, run.payload._id, decoded.raw)
      run.count(outcome)
    }
  }
}

/** undefined: it was rejected or broke the mapping, and is quarantined. */
async function mapOne({ run, source, mapping, confirmed, context, examined }: Work, decoded: Good): Promise<PreparedRecord | undefined> {
  const { recordType, at, raw } = decoded
  const known = examined?.prepared.get(decoded)
  if (known) return known
  try {
    const { made: mapped, decided } = confirmed.noting(() => mapping.map(decoded.record, recordType, at, context))
    if ('reason' in mapped) await run.reject({ ...mapped, ...(mapped.raw === undefined && raw !== undefined && { raw }) })
    else {
      const { receivedAt, generation } = run.payload
      return prepare(run.deps, source, confirmed.apply(source.id, mapped), { receivedAt: receivedAt.toISOString(), generation, decided })
    }
  } catch (error) {
    await run.fail(decoded, asFailure(error))
  }
  return undefined
}

function asFailure(error: unknown): Error {
  if (isBusy(error)) throw error
  return error instanceof Error ? error : new Error('unknown')
}

/** Counting and saving of one payload's progress. */
class PayloadRun {
  readonly deps: IngestDeps
  readonly tables: IngestTables
  payload: PayloadDoc
  readonly #counts: PayloadCounts
  readonly #issues: IssueList
  readonly #running = new Set<Promise<void>>()
  #failure: unknown
  #expunged = 0

  constructor(deps: IngestDeps, tables: IngestTables, payload: PayloadDoc) {
    this.deps = deps
    this.tables = tables
    this.payload = payload
    this.#counts = { ...payload.counts }
    this.#issues = new IssueList(payload.issues)
  }

  count(outcome: RecordOutcome): void {
    this.#counts.total++
    this.#counts.resources += outcome.resources
    if (outcome.status === 'unchanged') this.#counts.unchanged++
    if (outcome.status === 'stored-with-issues') this.#counts.withIssues++
    if (outcome.status === 'refused') this.#counts.refused++
    if (wasExpunged(outcome)) this.#expunged++
    if (outcome.status === 'nothing') this.#counts.nothing++
    if (outcome.status === 'waiting') this.#counts.open++
    this.#issues.add(outcome.issues)
    this.#judge(outcome)
  }

  /** What an operator plays again is judged already. */
  #judge(outcome: Pick<RecordOutcome, 'status' | 'issues'>): void {
    if (this.payload.generation === 0) this.deps.quality?.count(this.payload.source, outcome)
  }

  reject(rejected: RejectedRecord): Promise<void> {
    return this.quarantine(rejected, [rejectionIssue(rejected)])
  }

  async quarantine(part: { recordType: string; at: string; raw?: Uint8Array | undefined }, issues: readonly ReceiptIssue[]): Promise<void> {
    await quarantine(this.deps, this.tables, this.payload, part, issues)
    this.#counts.total++
    this.#counts.open++
    this.#issues.add(issues)
    this.#judge({ status: 'quarantined', issues: [...issues] })
  }

  /** A record that could not be processed for a reason of ours. */
  fail(decoded: Good, error: Error): Promise<void> {
    const { recordType, at, raw } = decoded
    this.deps.log?.('ingest-record-failed', { payload: this.payload._id, source: this.payload.source, cause: error.name })
    const known = error instanceof OutcomeError ? error.issues[0] : undefined
    const code = known?.code ?? (error instanceof RangeError ? 'record-too-large' : 'record-failed')
    const params = known?.params ?? (code === 'record-too-large' && { max: INGEST_BOUNDS.recordResourcesMax })
    return this.quarantine({ recordType, at, raw }, [{ severity: 'error', code, at, ...(params && { params }) }])
  }

  rejectWhole(code: string): Promise<void> {
    const known = code in ISSUES ? code : 'payload-structure'
    return this.quarantine({ recordType: '', at: WHOLE_PAYLOAD }, [{ severity: 'error', code: known, at: WHOLE_PAYLOAD }])
  }

  /** Starts work, at most `concurrency` at a time. @throws what earlier work threw */
  async start(work: () => Promise<void>, concurrency: number): Promise<void> {
    const running = work()
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    if (this.#running.size >= concurrency) await Promise.race(this.#running)
    this.#rethrow()
  }

  async settle(): Promise<void> {
    await Promise.all(this.#running)
    this.#rethrow()
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async checkpoint(position: number): Promise<void> {
    await this.settle()
    // What goes on is not given up, however often its process is stopped.
    await this.#save({ checkpoint: position, status: 'processing', attempts: 0 })
  }

  async finish(isTable: boolean): Promise<PayloadDoc> {
    const quarantined = this.#counts.open === 0 ? 0 : await this.tables.quarantine.count({ payload: this.payload._id, state: 'open' })
    const { total, withIssues, refused } = this.#counts
    // Nothing but what was expunged, or refused by its patients: its bytes are not kept either.
    const isGone = total > 0 && refused === total
    if (isGone && this.#expunged === total) await noteRefusedPart(this.tables, this.payload._id, undefined)
    const status: PayloadStatus = isGone
      ? 'rejected'
      : quarantined > 0 && quarantined >= total
        ? 'quarantined'
        : quarantined + withIssues > 0
          ? 'stored-with-issues'
          : 'stored'
    await this.#save({ status, finishedAt: this.deps.now(), leaseUntil: new Date(0) })
    // Behind the end: until then the bytes are what a process that takes over goes on with, from a place in them.
    if (refused > 0) this.payload = { ...this.payload, ...(await cutRefused(this.deps, this.tables, this.payload, isTable)) }
    if (this.payload.generation === 0) this.deps.quality?.payload(this.payload.source, status)
    return this.payload
  }

  /** A sound payload has none, unless it had some before. */
  get #problems(): Pick<PayloadDoc, 'problems'> {
    const { problems } = this.#issues
    return problems.length > 0 || this.payload.problems ? { problems } : {}
  }

  async #save(set: Partial<PayloadDoc>): Promise<void> {
    const all = { ...set, counts: { ...this.#counts }, issues: this.#issues.json, ...this.#problems }
    // Who lost the lease must not write over who has it now.
    const { _id, leaseTerm } = this.payload
    if (await this.tables.payloads.setOne({ _id, leaseTerm }, all)) this.payload = { ...this.payload, ...all }
  }
}
