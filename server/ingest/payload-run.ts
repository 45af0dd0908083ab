/**
 * Counting and saving of one payload's progress. Records are counted in the order in which they stand, whatever is done first: a saved
 * position and the counts beside it are of the same records, so that who takes over from there counts none twice.
 */
import type { DecodeResult } from '../../mappings/engine/types.ts'
import { ISSUES } from '../outcome/issues.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { cutRefused, noteRefusedPart } from './cut.ts'
import { noteUnread } from './unread-bytes.ts'
import { wasExpunged } from './expunged.ts'
import { failureIssue, quarantine, statusWith, WHOLE_PAYLOAD } from './quarantine.ts'
import { IssueList } from './receipt.ts'
import { NO_COUNTS } from './receive.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, PayloadCounts, PayloadDoc, PayloadStatus, QualityCounts, ReceiptIssue, RecordOutcome } from './types.ts'

export type Good = Extract<DecodeResult, { ok: true }>

/** Position of a payload all of whose records are done: its bytes are not read any more. */
export const ALL_RECORDS = Number.MAX_SAFE_INTEGER

/** What became of the records between two positions. */
export class Tally {
  readonly counts: PayloadCounts = { ...NO_COUNTS }
  readonly issues = new IssueList('[]')
  expunged = 0
  /** records in whose bytes somebody is named who refuses that */
  withheld = 0
  /** what its records count for */
  readonly judged: QualityCounts = {}
  /** work on its records that is under way */
  running = 0
  /** position of its last record; undefined: more may come */
  end: number | undefined

  get isDone(): boolean {
    return this.end !== undefined && this.running === 0
  }
}

export class PayloadRun {
  readonly deps: IngestDeps
  readonly tables: IngestTables
  payload: PayloadDoc
  /** of all records up to the position that is saved last */
  readonly #counts: PayloadCounts
  readonly #issues: IssueList
  readonly #judged: QualityCounts
  /** a table, or saved before its end: what its records count for is kept with it, which a message that is worked off in one go need not cost */
  #isUnderWay: boolean
  #expunged = 0
  #withheld = 0
  /** behind that position, in order; the last one is open */
  readonly #tallies: Tally[] = [new Tally()]
  readonly #running = new Set<Promise<void>>()
  #saving: Promise<void> = Promise.resolve()
  #failure: unknown

  constructor(deps: IngestDeps, tables: IngestTables, payload: PayloadDoc) {
    this.deps = deps
    this.tables = tables
    this.payload = payload
    this.#counts = { ...payload.counts }
    this.#issues = new IssueList(payload.issues)
    this.#judged = JSON.parse(payload.judged || '{}') as QualityCounts
    this.#isUnderWay = payload.checkpoint > 0
  }

  count(tally: Tally, outcome: RecordOutcome): void {
    const { counts } = tally
    counts.total++
    counts.resources += outcome.resources
    if (outcome.status === 'unchanged') counts.unchanged++
    if (outcome.status === 'stored-with-issues') counts.withIssues++
    if (outcome.status === 'refused') counts.refused++
    if (wasExpunged(outcome)) tally.expunged++
    if (outcome.isWithheld) tally.withheld++
    if (outcome.status === 'nothing') counts.nothing++
    if (outcome.status === 'waiting') counts.open++
    tally.issues.add(outcome.issues)
    this.#judge(tally, outcome)
  }

  /** What an operator plays again is judged already, and so is what came before. */
  get #isFirst(): boolean {
    return this.payload.generation === 0 && this.payload.isKnown !== true
  }

  #judge({ judged }: Tally, outcome: Pick<RecordOutcome, 'status' | 'issues'>): void {
    if (!this.#isFirst) return
    for (const name of this.deps.quality?.judged(outcome) ?? []) judged[name] = (judged[name] ?? 0) + 1
  }

  /** Into quarantine, where it can be played again. */
  keepApart(part: { recordType: string; at: string; raw?: Uint8Array | undefined }, issues: readonly ReceiptIssue[]): Promise<void> {
    return quarantine(this.deps, this.tables, this.payload, part, issues)
  }

  countApart(tally: Tally, issues: readonly ReceiptIssue[]): void {
    tally.counts.total++
    tally.counts.open++
    tally.issues.add(issues)
    this.#judge(tally, { status: 'quarantined', issues: [...issues] })
  }

  /** A record that could not be processed for a reason of ours, which is logged. @returns what its receipt says */
  failed({ at }: Good, error: Error): ReceiptIssue[] {
    this.deps.log?.('ingest-record-failed', { payload: this.payload._id, source: this.payload.source, cause: error.name })
    return [failureIssue(error, at)]
  }

  async rejectWhole(code: string): Promise<void> {
    const known = code in ISSUES ? code : 'payload-structure'
    const issues: ReceiptIssue[] = [{ severity: 'error', code: known, at: WHOLE_PAYLOAD }]
    await this.keepApart({ recordType: '', at: WHOLE_PAYLOAD }, issues)
    this.countApart(this.#open, issues)
  }

  get #open(): Tally {
    return this.#tallies.at(-1) as Tally
  }

  /** Starts work on the records that stand next, at most `concurrency` at a time. @throws what earlier work threw */
  async start(work: (tally: Tally) => Promise<void>, concurrency: number): Promise<void> {
    const tally = this.#open
    tally.running++
    const running = work(tally)
      .then(() => {
        tally.running--
        this.#advance()
      })
      .catch(this.#failed)
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    if (this.#running.size >= concurrency) await Promise.race(this.#running)
    this.#rethrow()
  }

  async settle(): Promise<void> {
    await Promise.all(this.#running)
    await this.#saving
    this.#rethrow()
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** All records up to the position are begun: it is saved when they are done. */
  checkpoint(position: number): void {
    this.#open.end = position
    this.#tallies.push(new Tally())
    this.#advance()
  }

  /** Adds up what is done without a gap, and saves how far that is. Work that failed is a gap. */
  #advance(): void {
    // What goes on behind a failure is done anew by whoever takes over.
    if (this.#failure !== undefined) return
    let position: number | undefined
    for (let first = this.#tallies[0]; first?.isDone; first = this.#tallies[0]) {
      this.#take(first)
      position = first.end
      this.#tallies.shift()
    }
    if (position === undefined) return
    // What goes on is not given up, however often its process is stopped.
    this.#isUnderWay = true
    const set = { ...this.#so, checkpoint: position, status: 'processing' as const, attempts: 0, workedAt: this.deps.now() }
    this.#saving = this.#saving.then(async () => void (await this.#save(set))).catch(this.#failed)
  }

  /** What failed first is told. */
  readonly #failed = (error: unknown): void => {
    this.#failure ??= error
  }

  #take({ counts, issues, judged, expunged, withheld }: Tally): void {
    for (const [name, n] of Object.entries(judged)) this.#judged[name] = (this.#judged[name] ?? 0) + n
    for (const name of Object.keys(counts) as (keyof PayloadCounts)[]) this.#counts[name] += counts[name]
    this.#issues.add(issues.all)
    this.#expunged += expunged
    this.#withheld += withheld
  }

  async finish(isTable: boolean): Promise<PayloadDoc> {
    if (isTable) this.#isUnderWay = true
    for (const tally of this.#tallies.splice(0)) this.#take(tally)
    const quarantined = this.#counts.open === 0 ? 0 : await this.tables.quarantine.count({ payload: this.payload._id, state: 'open' })
    if (quarantined > 0) await this.#tellLate()
    const { total, refused } = this.#counts
    // Nothing but what was expunged, or refused by its patients: its bytes are not kept either.
    const isGone = total > 0 && refused === total
    if (isGone && this.#expunged === total) await noteRefusedPart(this.tables, this.payload._id)
    const status = isGone ? 'rejected' : statusWith(quarantined, this.#counts)
    // What waited of it may have been refused meanwhile.
    if (refused + this.#counts.open + this.#withheld > 0) await this.#cut(status, isTable)
    const ended = this.#isFirst ? this.deps.quality?.ended(status) : undefined
    if (ended !== undefined) this.#judged[ended] = 1
    const isSaved = await this.#save({ ...this.#so, status, finishedAt: this.deps.now(), leaseUntil: new Date(0) })
    if (isSaved && this.#isFirst && !this.#isUnderWay) this.deps.quality?.add(this.payload.source, this.#judged)
    return this.payload
  }

  /** What waited of it when its row was done may have gone into quarantine since. */
  async #tellLate(): Promise<void> {
    const rows = await this.tables.quarantine.find({ payload: this.payload._id, state: 'open' }, { limit: INGEST_BOUNDS.receiptIssuesMax })
    const told = new Set(this.#issues.all.map((issue) => JSON.stringify(issue)))
    const reasons = rows.flatMap((row) => JSON.parse(row.reasons) as ReceiptIssue[])
    this.#issues.add(reasons.filter((issue) => !told.has(JSON.stringify(issue))))
  }

  /** Before anybody is told that it is done. What is left of the bytes is nothing to go on with from a place in them: who takes over is told that all is. */
  async #cut(status: PayloadStatus, isTable: boolean): Promise<void> {
    this.#isUnderWay = true
    await this.#save({ ...this.#so, status: 'processing', checkpoint: ALL_RECORDS })
    const cut = async (): Promise<void> => {
      this.payload = { ...this.payload, ...(await cutRefused(this.deps, this.tables, { ...this.payload, status }, isTable)) }
    }
    await cut()
    // What was kept before it was refused is there.
    if (this.payload.generation > 0 || !(await noteUnread(this.deps, this.tables, this.payload))) return
    await cut()
  }

  /** Counts and issues as they are now. A sound payload has no problems, unless it had some before. */
  get #so(): Pick<PayloadDoc, 'counts' | 'issues' | 'problems' | 'judged'> {
    const { problems, json } = this.#issues
    // What is played again may still have what it counted for at first, which may be taken any moment.
    const isJudged = this.#isFirst && this.#isUnderWay && Object.keys(this.#judged).length > 0
    return {
      counts: { ...this.#counts },
      issues: json,
      ...(isJudged && { judged: JSON.stringify(this.#judged) }),
      ...((problems.length > 0 || this.payload.problems) && { problems }),
    }
  }

  /** @returns false: who lost the lease must not write over who has it now */
  async #save(set: Partial<PayloadDoc>): Promise<boolean> {
    const { _id, leaseTerm } = this.payload
    const isSaved = await this.tables.payloads.setOne({ _id, leaseTerm }, set)
    if (isSaved) this.payload = { ...this.payload, ...set }
    return isSaved
  }
}
