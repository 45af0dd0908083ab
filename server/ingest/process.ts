/** One payload from its raw bytes to its receipt. Can be resumed: what is done is skipped, what is repeated changes nothing. */
import type { DecodeResult, MappingContext, SourceMapping } from '../../mappings/engine/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { Turns } from '../store/turns.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { isBusy } from './busy.ts'
import type { ConfirmedCodes } from './confirmed-codes.ts'
import { contextOf } from './context.ts'
import { decodePayload } from './decode.ts'
import { leavesNoBytes } from './collecting.ts'
import { noteRefusedPart, partOf } from './cut.ts'
import { eachOf } from './each-of.ts'
import type { Examined } from './examine.ts'
import { FileOrder, type Place } from './file-order.ts'
import { ALL_RECORDS, type Good, PayloadRun, type Tally } from './payload-run.ts'
import { namedBy, prepareInTurns, type Preparing } from './prepare-in-turns.ts'
import { processRows, refuseUnread } from './process-record.ts'
import type { RecordGroups } from './record-groups.ts'
import type { RecordJob } from './record-writes.ts'
import { rejectionIssue } from './quarantine.ts'
import { payloadBytes } from './receive.ts'
import { refusalOfUnread, type Unread } from './refusals.ts'
import type { IngestTables } from './tables.ts'
import { piecesOf } from './turns.ts'
import type { IngestDeps, IngestSource, PayloadDoc, PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'

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
  else if (payload.checkpoint === ALL_RECORDS) return alive() ? run.finish(mapping.mode === 'table') : payload
  else if (payload.attempts > INGEST_BOUNDS.jobAttemptsMax) await run.rejectWhole('record-failed')
  else {
    const open = () => (raw ? piecesOf(raw) : payloadBytes(tables, payload))
    await decodeAll(
      { run, source, mapping, groups, confirmed, context: contextOf(deps, source), order: new FileOrder(), ...(examined && { examined }) },
      open,
      alive,
    )
  }
  return alive() ? run.finish(mapping?.mode === 'table') : payload
}

/** Messages one after the other, rows in groups, and so are parts of a message that are only kept for later. */
async function decodeAll(work: Work, open: () => AsyncIterable<Uint8Array>, alive: () => boolean): Promise<void> {
  const { run, source, mapping } = work
  const table = isBatch(mapping, run.payload.fileName)
  const { batchRows } = INGEST_BOUNDS
  const concurrency = table ? INGEST_BOUNDS.batchConcurrency : 1
  const options = { charset: source.charset, fileName: run.payload.fileName }
  const records = work.examined ? again(work.examined.decoded) : decodePayload(mapping, open, options)
  const turns = new Turns()
  let position = 0
  let group: DecodeResult[] = []
  let begins = 0
  let weight = 0
  const startGroup = async (): Promise<void> => {
    const ready = group
    group = []
    weight = 0
    const from = begins
    if (ready.length === 0) return
    const place = work.order.next()
    await run.start((tally) => storeGroup(work, { records: ready, from, place }, tally).finally(place.pass), concurrency)
  }
  try {
    for await (const decoded of guardedDecode(records)) {
      if (!alive()) break
      position++
      // A batch that goes on looks for its place first, a million rows without storing any.
      await turns.take()
      if (position <= run.payload.checkpoint) continue
      const isAlone = !table && !isUnread(work, decoded)
      if (isAlone) await startGroup()
      if (group.length === 0) begins = position
      group.push(decoded)
      weight += decoded.ok ? (decoded.weight ?? 0) : 0
      if (isAlone || group.length >= batchRows || weight >= INGEST_BOUNDS.batchFileBytesMax) await startGroup()
      if (position % INGEST_BOUNDS.checkpointRecords === 0) {
        await startGroup()
        run.checkpoint(position)
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
  order: FileOrder
  examined?: Examined
  /** asked where it makes a difference */
  overtakes?: Promise<boolean>
}

/** What was looked at before the message was kept, and could not be read. */
const isUnread = ({ examined }: Work, decoded: DecodeResult): boolean => examined?.unread.has(decoded) === true

interface Group {
  records: readonly DecodeResult[]
  /** position of the first one in the payload */
  from: number
  place: Place
}

/** Maps each record of a group, stores them, and counts each: stored, or quarantined with its reason. */
async function storeGroup(work: Work, { records, from, place }: Group, tally: Tally): Promise<void> {
  const { run, source, groups } = work
  if (!work.examined) await Promise.all([work.confirmed.refresh(), run.deps.refresh?.()])
  const ready: { decoded: Good; record: PreparedRecord }[] = []
  const broken: Broken[] = []
  for (const [at, decoded] of records.entries()) {
    const made = decoded.ok ? await mapOne(work, decoded, from + at) : brokenSo(decoded.rejected, () => [rejectionIssue(decoded.rejected)])
    if ('record' in made) ready.push({ decoded: decoded as Good, record: made.record })
    else broken.push(made)
  }
  await setApart(work, broken, tally)
  const overtakes = ready.some(({ record }) => record.arrival !== undefined) && (await overtakesOthers(work))
  const jobs = ready.map(
    ({ decoded: { raw }, record }): RecordJob => ({ source, payload: run.payload, record, overtakes, ...(raw && { raw }) }),
  )
  const [first] = jobs
  if (!first) return
  const outcomes = await place.run(placedThings(jobs), async () =>
    jobs.length > 1 ? await processRows(run.deps, run.tables, jobs) : [await groups.store(first).catch(asFailure)],
  )
  for (const [at, outcome] of outcomes.entries()) {
    const { decoded } = ready[at] as (typeof ready)[number]
    if (outcome instanceof Error && isBusy(outcome)) throw outcome
    if (outcome instanceof Error || outcome.status === 'quarantined') {
      // Its patient was asked; that its bytes name others who refuse is seen only here, where they would be kept.
      const reasons = () => (outcome instanceof Error ? run.failed(decoded, outcome) : outcome.issues)
      await setApart(work, [brokenSo(decoded, reasons)], tally)
    } else {
      // What was kept before it was refused is there: it is played again, and not taken away.
      if (leavesNoBytes(outcome) && run.payload.generation === 0) await noteRefusedPart(run.tables, run.payload._id, partOf(decoded.raw))
      run.count(tally, outcome)
    }
  }
}

/** Deliveries of the rows that count by their place in the file. */
const placedThings = (jobs: readonly RecordJob[]): string[] =>
  jobs.flatMap(({ record }) => (record.arrival === undefined ? [] : [`${record.recordType}|${record.deliveryId}`]))

/** Whether the source's payloads that came before it are still being worked on. Asked once: none comes before it any more. */
function overtakesOthers(work: Work): Promise<boolean> {
  const { _id, source, receivedAt } = work.run.payload
  const earlier = { _id: { $ne: _id }, source, status: { $in: ['received', 'processing'] }, receivedAt: { $lte: receivedAt } }
  work.overtakes ??= work.run.tables.payloads.find(earlier, { limit: 1, without: ['inline', 'issues'] }).then(({ length }) => length > 0)
  return work.overtakes
}

/** A record that cannot be stored as it stands. */
interface Broken {
  part: Pick<Good, 'recordType' | 'at' | 'raw'>
  /** asked only where it is kept */
  reasons(): readonly ReceiptIssue[]
  /** what can be told of whom it is about */
  unread(): Promise<Unread> | Unread
}

const brokenSo = (part: Broken['part'], reasons: Broken['reasons']): Broken => ({ part, reasons, unread: () => part })

/** Into quarantine, or nowhere: several at the same time, and counted in their order. */
async function setApart(work: Work, broken: readonly Broken[], tally: Tally): Promise<void> {
  const { run } = work
  const endings: (() => void)[] = []
  let failure: unknown
  await eachOf([...broken.entries()], INGEST_BOUNDS.apartConcurrency, async ([at, one]) => {
    if (failure !== undefined) return
    try {
      endings[at] = await endingOf(one)
    } catch (error) {
      failure = error
    }
  })
  // Whoever gives up does so when nothing is under way any more.
  if (failure !== undefined) throw failure
  for (const ending of endings) ending()

  async function endingOf({ part, reasons, unread }: Broken): Promise<() => void> {
    const refused = await refusedUnread(work, await unread())
    if (refused) return () => run.count(tally, refused)
    const issues = reasons()
    await run.keepApart(part, issues)
    return () => run.countApart(tally, issues)
  }
}

/** Its record, or why it was rejected or broke the mapping. */
async function mapOne(work: Work, decoded: Good, position: number): Promise<{ record: PreparedRecord } | Broken> {
  const { run, source, mapping, confirmed, context, examined } = work
  const record = examined?.prepared.get(decoded)
  if (record) return { record }
  const way = { deps: run.deps, source, mapping, confirmed, context }
  const known = examined?.unread.get(decoded)
  const unread = () => known ?? unreadOf(way, decoded, run)
  try {
    const made = known?.rejected ? { rejected: known.rejected } : await prepareInTurns(way, decoded, { ...originOf(run), position })
    if ('record' in made) return made
    const { rejected } = made
    const raw = rejected.raw ?? decoded.raw
    return { part: { ...rejected, ...(raw && { raw }) }, reasons: () => [rejectionIssue(rejected)], unread }
  } catch (error) {
    const failure = asFailure(error)
    return { part: decoded, reasons: () => run.failed(decoded, failure), unread }
  }
}

const originOf = ({ payload: { receivedAt, generation } }: PayloadRun) => ({ receivedAt: receivedAt.toISOString(), generation })

async function unreadOf(way: Preparing, decoded: Good, run: PayloadRun): Promise<Unread> {
  const { recordType, at, raw } = decoded
  const named = await namedBy(way, decoded, originOf(run))
  return { recordType, at, ...(raw && { raw }), ...(named && { named }) }
}

/** Whoever refuses to be collected is not kept in quarantine either, as far as can be read whom it is about. */
async function refusedUnread({ run, source }: Work, unread: Unread): Promise<RecordOutcome | undefined> {
  const { deps, tables, payload } = run
  const refused = await refusalOfUnread({ deps, tables, source }, unread)
  if (!refused) return undefined
  const outcome = await refuseUnread(deps, tables, { source, payload, record: refused.record }, refused.refusers)
  if (payload.generation === 0) await noteRefusedPart(tables, payload._id, partOf(unread.raw))
  return outcome
}

function asFailure(error: unknown): Error {
  if (isBusy(error)) throw error
  return error instanceof Error ? error : new Error('unknown')
}
