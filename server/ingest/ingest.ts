/** The ingest way as the rest of the server uses it: receive, resume, replay, and what the operator looks at. */
import type { SourceMapping } from '../../mappings/engine/types.ts'
import type { Actor } from '../auth/actor.ts'
import { type More, workThrough, type WorkerOptions, type WorkKind } from '../jobs/worker.ts'
import { allows } from '../auth/scopes.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { isBusy } from './busy.ts'
import { notCollected, rememberRefused } from './collecting.ts'
import { CODE_DECISIONS, CODE_MAPPINGS, ConfirmedCodes } from './confirmed-codes.ts'
import { sweepRefused } from './cut.ts'
import { examine, type Examined } from './examine.ts'
import { hasBytes } from './forget.ts'
import { randomId } from './ids.ts'
import { patientsOfRelative } from './kin.ts'
import { workOnPersons } from './link/person-work.ts'
import { linkWrittenPatient, wouldLinkWritten, type WrittenPatient } from './link/written-patient.ts'
import { isBatch, processPayload } from './process.ts'
import { sweepWaiting, wake } from './process-record.ts'
import { RecordGroups } from './record-groups.ts'
import { InTime, takesLong } from './in-time.ts'
import { IncomingMessages } from './incoming.ts'
import { Rounds } from './rounds.ts'
import { keepPayload, rejectedPayload, sweepUploads } from './receive.ts'
import { afresh, leftAlone } from './replay.ts'
import { ensureIngestIndexes, type IngestTables, ingestTables } from './tables.ts'
import { piecesOf } from './turns.ts'
import { FINAL, type IngestDeps, type IngestSource, type PayloadDoc } from './types.ts'

export interface ReceiveMeta {
  contentType: string
  fileName: string
  /** called once the payload is durable and on record, which may be long before it is processed */
  onKept?: () => void
  /** a message that others hold up longer (a batch of the same patient's) is accepted, and goes on; absent: it is waited for */
  answerMsMax?: number
}

export interface ReceiveResult {
  payload: PayloadDoc
  source: IngestSource
  mapping: SourceMapping
  /** its receipt is there; otherwise it is accepted and will be */
  finished: boolean
  /** false: it was refused, and nothing of it is kept that could be asked for */
  isKept: boolean
  /** the bytes of a small payload that is new */
  raw?: Uint8Array
}

interface Coming {
  source: IngestSource
  mapping: SourceMapping
  actor: Actor
  meta: ReceiveMeta
  /** when it came; absent: it is still coming */
  now?: Date
  examined?: Examined
}

export interface Ingest {
  readonly deps: IngestDeps
  readonly tables: IngestTables
  /**
   * Keeps the payload, processes it at once when it is small, else leaves it to a worker.
   * @throws OutcomeError source-unknown, body-too-large, unavailable
   */
  receive(source: string, actor: Actor, stream: AsyncIterable<Uint8Array>, meta: ReceiveMeta): Promise<ReceiveResult>
  /** the format of a source whose sender has an envelope of its own for every answer, for the source's own client; else undefined */
  answering(source: string, actor: Actor): SourceMapping | undefined
  /** one round over everything that is due: accepted payloads, moved patients, records that wait. @returns rows done */
  work(): Promise<number>
  /** processes the payload again from its raw bytes: nothing that stands is stored twice */
  replay(payload: string): Promise<PayloadDoc>
  /** the same for a job: once in each job, and what is too large for now is left to a worker */
  replayFor(job: string, payload: string): Promise<void>
  /** replays every payload that named this unmapped code. @returns how many */
  retranslate(unmapped: string): Promise<number>
  /** links a Patient that a client has just written. @returns its person */
  linkWritten(written: WrittenPatient): Promise<string>
  /** whose a Patient will be that a client is about to write */
  wouldLinkWritten(coming: WrittenPatient): Promise<string>
  /** Patients of whoever a RelatedPerson is, as far as its identity number says it */
  relativeIs(relative: WrittenPatient['resource']): Promise<readonly string[]>
  /** indexes, then rounds of work until stopped */
  start(): Promise<void>
  stop(): Promise<void>
}

export function createIngest(deps: IngestDeps): Ingest {
  return new IngestService(deps)
}

class IngestService implements Ingest {
  readonly deps: IngestDeps
  readonly tables: IngestTables
  readonly #owner = randomId()
  readonly #groups: RecordGroups
  readonly #confirmed: ConfirmedCodes
  /** apart from each other: a large batch is under way for an hour */
  readonly #payloadRounds: Rounds
  readonly #personRounds: Rounds
  #stopped = false
  #sweptAt = 0
  readonly #incoming = new IncomingMessages()
  readonly #inTime = new InTime()

  constructor(given: IngestDeps) {
    const deps: IngestDeps = { ...given, left: () => this.#personRounds.poke() }
    this.deps = deps
    this.tables = ingestTables(deps)
    this.#groups = new RecordGroups(deps, this.tables)
    const rounds = (round: () => Promise<unknown>): Rounds =>
      new Rounds({ round, pollMs: INGEST_BOUNDS.pollMs, failed: () => deps.log?.('job-round-failed', {}) })
    this.#payloadRounds = rounds(() => this.#workOnPayloads(this.#payloadRounds.more))
    this.#personRounds = rounds(() => this.#workOnPersons())
    const { store, decision } = deps
    this.#confirmed = new ConfirmedCodes(store.table(decision, CODE_MAPPINGS), store.table(decision, CODE_DECISIONS))
  }

  async receive(sourceId: string, actor: Actor, stream: AsyncIterable<Uint8Array>, meta: ReceiveMeta): Promise<ReceiveResult> {
    const { source, mapping } = await this.#admit(sourceId, actor)
    if (isBatch(mapping, meta.fileName)) return this.#keep({ source, mapping, actor, meta, stream })
    return this.#incoming.read(stream, (bytes) => this.#receiveMessage({ source, mapping, actor, meta, now: this.deps.now() }, bytes))
  }

  /** A message is looked at before anything of it is kept. */
  async #receiveMessage(coming: Coming & { now: Date }, bytes: Uint8Array): Promise<ReceiveResult> {
    const { source, mapping, actor, meta, now } = coming
    const { deps, tables } = this
    const way = { deps, tables, source, mapping, confirmed: this.#confirmed, receivedAt: now }
    const examination = await examine(way, bytes, meta.fileName.slice(0, INGEST_BOUNDS.labelCharactersMax))
    if (examination.verdict === 'foreign') {
      await deps.audit({ action: 'refuse', source: source.id, actor, reason: examination.code })
      deps.quality?.payload(source.id, 'denied')
      throw new OutcomeError(examination.code, { expression: [examination.at] })
    }
    if (examination.verdict === 'not-collected') {
      const refusal = { action: 'refuse' as const, source: source.id, actor }
      const { refused } = examination
      await deps.audit({
        ...refusal,
        persons: [...new Set(refused.flatMap(({ refusers }) => refusers))].sort(),
        reason: 'collection-refused',
      })
      await deps.audit({ ...refusal, reason: 'not-collected' })
      for (const { record, refusers } of refused) await wake(deps, tables, await rememberRefused(deps, tables, record, refusers))
      deps.quality?.payload(source.id, 'refused')
      deps.silence?.heard(source.id)
      const payload = rejectedPayload(deps, source, bytes, { now, issues: refused.map(({ record }) => notCollected(record)) })
      return { payload, source, mapping, finished: true, raw: bytes, isKept: false }
    }
    return this.#keep({ ...coming, stream: piecesOf(bytes), ...(examination.examined && { examined: examination.examined }) })
  }

  async #keep(coming: Coming & { stream: AsyncIterable<Uint8Array> }): Promise<ReceiveResult> {
    const { source, mapping, actor, meta, stream, now, examined } = coming
    const table = isBatch(mapping, meta.fileName)
    const bytesMax = table ? INGEST_BOUNDS.batchBytesMax : INGEST_BOUNDS.messageBytesMax
    const { contentType, fileName } = meta
    const owner = table ? '' : this.#owner
    const { payload, again, raw } = await keepPayload(
      this.deps,
      this.tables,
      source,
      stream,
      { contentType, fileName, bytesMax },
      owner,
      now,
    )
    // Durable before anything is answered; work on what is kept need not wait for it.
    const audited = this.deps.audit({
      action: 'receive',
      source: source.id,
      actor,
      payload: payload._id,
      reason: again ? 'received-again' : 'received',
    })
    if (meta.onKept) void audited.then(meta.onKept, () => undefined)
    this.deps.quality?.payload(source.id, again ? 'again' : 'received')
    this.deps.silence?.heard(source.id)
    const answer = (doc: PayloadDoc): ReceiveResult => ({
      payload: doc,
      source,
      mapping,
      finished: FINAL.includes(doc.status),
      isKept: true,
      ...(raw && { raw }),
    })
    if (again || table || takesLong(payload, examined)) {
      await audited
      if (again) return answer(payload)
      await this.#release(payload)
      this.#payloadRounds.poke()
      return answer(payload)
    }
    const [done] = await Promise.all([this.#processInTime(payload, meta.answerMsMax, raw, examined), audited])
    return answer(done)
  }

  /** What cannot wait any longer is answered as it was kept. */
  async #processInTime(
    payload: PayloadDoc,
    msMax: number | undefined,
    raw: Uint8Array | undefined,
    examined: Examined | undefined,
  ): Promise<PayloadDoc> {
    const work = this.#processOrLeave(payload, raw, examined)
    if (msMax === undefined) return work
    // Its lease ends by itself: a worker takes it up.
    const failed = (): void => this.deps.log?.('job-failed', { kind: 'payload', id: payload._id })
    return (await this.#inTime.wait(work, msMax, failed)) ?? payload
  }

  answering(sourceId: string, actor: Actor): SourceMapping | undefined {
    const source = this.deps.sources.find(({ id }) => id === sourceId)
    if (!source || !(actor.unrestricted === true || actor.clientId === source.client)) return undefined
    const mapping = this.deps.mapping(source.mapping)
    return mapping?.answer ? mapping : undefined
  }

  /** What cannot be processed now is kept: a worker tries again, the sender need not. */
  async #processOrLeave(payload: PayloadDoc, raw: Uint8Array | undefined, examined: Examined | undefined): Promise<PayloadDoc> {
    try {
      return await this.#processHeld(payload, raw, examined)
    } catch (error) {
      if (!(error instanceof OutcomeError)) throw error
      await this.#release(payload)
      return payload
    }
  }

  /**
   * Only the registered client may send for a source; a refusal leaves nothing but its audit (formats.md D48). To others the
   * source does not exist; the audit tells the two apart.
   */
  async #admit(sourceId: string, actor: Actor): Promise<{ source: IngestSource; mapping: SourceMapping }> {
    const source = this.deps.sources.find(({ id }) => id === sourceId)
    const registered = source !== undefined && (actor.unrestricted === true || actor.clientId === source.client)
    if (!registered) {
      const reason = source ? 'payload-refused' : 'source-unknown'
      await this.deps.audit({ action: 'refuse', source: source?.id ?? 'unknown', actor, reason })
      if (source) this.deps.quality?.payload(source.id, 'denied')
      throw new OutcomeError('source-unknown')
    }
    // A payload becomes resources of any type, new and changed ones: a token for less is not enough to send it.
    if (!allows(actor, '*', 'c') || !allows(actor, '*', 'u')) {
      await this.deps.audit({ action: 'refuse', source: source.id, actor, reason: 'scope' })
      throw new OutcomeError('forbidden')
    }
    const mapping = this.deps.mapping(source.mapping)
    if (!mapping) throw new OutcomeError('payload-type-unsupported')
    return { source, mapping }
  }

  /** Works on a payload that this process kept under its own lease, and goes on holding it. */
  async #processHeld(payload: PayloadDoc, raw?: Uint8Array, examined?: Examined): Promise<PayloadDoc> {
    const { _id } = payload
    const heartbeat = setInterval(() => {
      const leaseUntil = new Date(this.deps.now().getTime() + INGEST_BOUNDS.leaseMs)
      this.tables.payloads.update({ _id, leaseOwner: this.#owner }, { set: { leaseUntil } }).catch(() => undefined)
    }, INGEST_BOUNDS.heartbeatMs)
    try {
      return await processPayload(this.deps, this.tables, payload, {
        groups: this.#groups,
        confirmed: this.#confirmed,
        ...(raw && { raw }),
        ...(examined && { examined }),
      })
    } catch (error) {
      this.#sweptAt = 0
      throw error
    } finally {
      clearInterval(heartbeat)
    }
  }

  async #release(payload: PayloadDoc): Promise<void> {
    await this.tables.payloads.update({ _id: payload._id }, { set: { leaseUntil: new Date(0) } })
  }

  async work(): Promise<number> {
    return (await this.#workOnPayloads()) + (await this.#workOnPersons())
  }

  #workOnPayloads(more?: More): Promise<number> {
    return workThrough(this.#payloadWork(), { ...this.#workerOptions(), ...(more && { more }) })
  }

  async #workOnPersons(): Promise<number> {
    return (await workOnPersons(this.deps, this.tables, this.#workerOptions(), () => this.#stopped)) + (await this.#sweep())
  }

  async #sweep(): Promise<number> {
    const now = this.deps.now().getTime()
    if (now - this.#sweptAt < INGEST_BOUNDS.sweepMs) return 0
    const uploads = await sweepUploads(this.tables, new Date(now))
    const woken = await sweepWaiting(this.deps, this.tables)
    await sweepRefused(this.deps, this.tables)
    // One that broke off is made again at the next round.
    this.#sweptAt = now
    return uploads + woken
  }

  #workerOptions(): WorkerOptions {
    const { leaseMs, heartbeatMs, listPageMax, payloadConcurrency } = INGEST_BOUNDS
    const failed = (kind: string, id: string | number): void => {
      // What it made known may not have woken all that waited for it.
      this.#sweptAt = 0
      this.deps.log?.('job-failed', { kind, id })
    }
    return { owner: this.#owner, leaseMs, heartbeatMs, pageMax: listPageMax, concurrency: payloadConcurrency, now: this.deps.now, failed }
  }

  /** Of a source that was registered just now another process may know more: what nobody knows for long is told. */
  #payloadWork(): WorkKind<PayloadDoc> {
    const { sources, mapping, now } = this.deps
    const known = sources.filter((source) => mapping(source.mapping) !== undefined).map(({ id }) => id)
    const awaited = new Date(now().getTime() - INGEST_BOUNDS.sourceAwaitedMs)
    return {
      name: 'payload',
      table: this.tables.payloads,
      due: { status: { $in: ['received', 'processing'] }, $or: [{ source: { $in: known } }, ...leftAlone(awaited)] },
      sort: { receivedAt: 1 },
      work: async (row, alive) => {
        if (FINAL.includes(row.status)) return
        const set = { status: 'processing' as const, workedAt: now() }
        const doc = await this.tables.payloads.update({ _id: row._id }, { set, inc: { attempts: 1 } })
        if (doc) await this.#processTaken(doc, () => alive() && !this.#stopped)
      },
    }
  }

  /** One that was stopped, or that others held up (the database is away, another writer has what it needs), is no attempt that failed. */
  async #processTaken(payload: PayloadDoc, alive: () => boolean): Promise<void> {
    const uncount = () => this.tables.payloads.update({ _id: payload._id }, { set: { workedAt: this.deps.now() }, inc: { attempts: -1 } })
    try {
      await processPayload(this.deps, this.tables, payload, { groups: this.#groups, confirmed: this.#confirmed, alive })
      if (!alive()) await uncount()
    } catch (error) {
      if (isBusy(error)) await uncount().catch(() => undefined)
      throw error
    }
  }

  async replay(id: string): Promise<PayloadDoc> {
    const payload = await this.tables.payloads.get(id)
    if (!payload) throw new OutcomeError('payload-unknown')
    if (!hasBytes(payload)) throw new OutcomeError('payload-bytes-gone')
    const doc = await afresh(this.deps, this.tables, this.#owner, id)
    if (!doc) throw new OutcomeError('busy')
    if (doc.bytes <= INGEST_BOUNDS.inlineBytesMax) return this.#processHeld(doc)
    await this.#release(doc)
    this.#payloadRounds.poke()
    return doc
  }

  async replayFor(job: string, id: string): Promise<void> {
    const doc = await afresh(this.deps, this.tables, this.#owner, id, job)
    if (!doc) return
    if (doc.bytes <= INGEST_BOUNDS.inlineBytesMax) await this.#processOrLeave(doc, undefined, undefined)
    else await this.#release(doc)
  }

  async retranslate(unmapped: string): Promise<number> {
    const payloads = new Set<string>()
    for await (const delivery of this.tables.deliveries.stream({ unmapped })) payloads.add(delivery.payload)
    for (const doc of await this.tables.payloads.getMany([...payloads])) if (hasBytes(doc)) await this.replay(doc._id)
    if ((await this.tables.deliveries.count({ unmapped })) === 0)
      await this.tables.unmapped.delete({ _id: unmapped, state: { $in: [null, 'open'] } })
    return payloads.size
  }

  linkWritten(written: WrittenPatient): Promise<string> {
    return linkWrittenPatient(this.deps, this.tables, written)
  }

  relativeIs(relative: WrittenPatient['resource']): Promise<readonly string[]> {
    return patientsOfRelative(this.deps, this.tables, relative)
  }

  wouldLinkWritten(coming: WrittenPatient): Promise<string> {
    return wouldLinkWritten(this.deps, this.tables, coming)
  }

  async start(): Promise<void> {
    await ensureIngestIndexes(this.tables)
    await Promise.all([this.deps.quality?.start(), this.deps.silence?.start()])
    this.#stopped = false
    for (const rounds of [this.#payloadRounds, this.#personRounds]) rounds.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([this.#payloadRounds.stop(), this.#personRounds.stop(), this.#inTime.settle()])
    await Promise.all([this.deps.quality?.stop(), this.deps.silence?.stop()])
  }
}
