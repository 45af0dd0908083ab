/**
 * Drop folders: files that a site's own SFTP server takes in are received as if their source's client had posted them. One process takes a
 * file, under a lease; whoever dies leaves a row that says how far it came, and the next one goes on. The same bytes are one payload, so that
 * nothing is stored twice, wherever it broke off.
 */
import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import type { DropSite } from '../../config/config.ts'
import { type WorkerOptions, workOne } from '../../jobs/worker.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { outcomeOf } from '../../outcome/render.ts'
import type { Table, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import type { Ingest } from '../ingest.ts'
import { isBusy } from '../process-record.ts'
import { receiptCounts, receiptOutcome } from '../receipt.ts'
import { FINAL, type PayloadDoc } from '../types.ts'
import { DropFolder, FileChanged } from './folder.ts'
import { Readiness } from './ready.ts'

export interface RegisteredDrop extends DropSite {
  /** rights of the source's client, as registered */
  actor: Actor
}

/** A file that was taken; gone when it is in `done` or `failed`. `_id` is its source and name. */
export interface DropFileDoc extends TableDoc {
  _id: string
  source: string
  name: string
  since: Date
  /** its payload, once that is durable */
  payload: string | null
}

export const DROP_FILES = 'drop_files'

export interface DropDeps {
  ingest: Ingest
  files: Table<DropFileDoc>
  now(): Date
  log(event: string, facts: Record<string, string | number>): void
}

export interface Drops {
  /** one look at every folder; @returns files that were finished */
  round(): Promise<number>
  stop(): Promise<void>
}

/** Looks into each folder again and again until stopped. A folder that cannot be read is said, and tried again. */
export function startDrops(drops: readonly RegisteredDrop[], deps: DropDeps): Drops {
  const watches = drops.map((drop) => new Watch(drop, deps))
  for (const watch of watches) watch.start()
  return {
    async round() {
      let finished = 0
      for (const watch of watches) finished += await watch.round()
      return finished
    },
    async stop() {
      await Promise.all(watches.map((watch) => watch.stop()))
    },
  }
}

const KIND = 'drop'
/** Characters of a payload's id before a finished file's name: two files of one name stand beside each other. */
const MARK_CHARACTERS = 12

class Watch {
  readonly #drop: RegisteredDrop
  readonly #deps: DropDeps
  readonly #folder: DropFolder
  readonly #readiness: Readiness
  readonly #owner = randomUUID()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<number> = Promise.resolve(0)
  #stopped = false

  constructor(drop: RegisteredDrop, deps: DropDeps) {
    this.#drop = drop
    this.#deps = deps
    this.#folder = new DropFolder(drop.directory)
    this.#readiness = new Readiness({ ready: drop.ready, marker: drop.marker, stableMs: drop.stableSeconds * 1000 })
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      void this.round().then(() => this.start())
    }, this.#drop.pollSeconds * 1000)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  round(): Promise<number> {
    this.#running = this.#running.then(() =>
      this.#look().catch((error: unknown) => {
        this.#deps.log('drop-folder-failed', { source: this.#drop.source, cause: (error as NodeJS.ErrnoException).code ?? 'unknown' })
        return 0
      }),
    )
    return this.#running
  }

  async #look(): Promise<number> {
    const { source } = this.#drop
    await this.#folder.prepare()
    for (const name of this.#readiness.whole(await this.#folder.list(), this.#deps.now().getTime())) {
      await this.#deps.files.insert({ _id: `${source}|${name}`, source, name, since: this.#deps.now(), payload: null })
    }
    // What was just found, and what a process left that died: rows are the list of work, not the folder.
    let finished = 0
    const rows = await this.#deps.files.find({ source }, { sort: { since: 1 }, limit: INGEST_BOUNDS.listPageMax })
    for (const row of rows) {
      if (this.#stopped) break
      if (await workOne({ name: KIND, table: this.#deps.files, due: {}, sort: {}, work: (doc) => this.#work(doc) }, row, this.#options())) {
        if (!(await this.#deps.files.get(row._id))) finished++
      }
    }
    return finished
  }

  #options(): WorkerOptions {
    const { leaseMs, heartbeatMs, listPageMax } = INGEST_BOUNDS
    const failed = (_kind: string, _id: string | number, error: unknown): void =>
      this.#deps.log('drop-file-failed', { source: this.#drop.source, cause: error instanceof Error ? error.name : 'unknown' })
    return { owner: this.#owner, leaseMs, heartbeatMs, pageMax: listPageMax, now: this.#deps.now, failed }
  }

  /** One step of one file, under its lease. Each step may have been done by a process that died right behind it. */
  async #work(row: DropFileDoc): Promise<void> {
    const { name } = row
    if (row.payload === null) {
      await this.#folder.take(name)
      if (!(await this.#folder.isTaken(name))) return this.#forget(row)
      const payload = await this.#receive(row)
      if (payload) await this.#end(row, payload)
      return
    }
    const payload = await this.#deps.ingest.tables.payloads.get(row.payload)
    if (payload) await this.#end(row, payload)
    else await this.#forget(row)
  }

  /** @returns undefined when it was refused, or is to be tried again */
  async #receive(row: DropFileDoc): Promise<PayloadDoc | undefined> {
    const { source, actor } = this.#drop
    try {
      const meta = { contentType: '', fileName: row.name }
      const { payload, isKept } = await this.#deps.ingest.receive(source, actor, this.#folder.content(row.name), meta)
      // Of what was refused nothing is kept that another process could go on with: it would receive the file again.
      if (isKept) await this.#deps.files.update({ _id: row._id }, { set: { payload: payload._id } })
      return payload
    } catch (error) {
      if (error instanceof FileChanged || isBusy(error)) return undefined
      if (!(error instanceof OutcomeError)) throw error
      const mark = `refused-${this.#deps.now().getTime().toString(36)}`
      await this.#folder.finish(row.name, 'failed', mark, outcomeOf(error).outcome, this.#markerOf(row))
      await this.#forget(row)
      return undefined
    }
  }

  /** The file goes to where its receipt says, as soon as there is one. */
  async #end(row: DropFileDoc, payload: PayloadDoc): Promise<void> {
    if (!FINAL.includes(payload.status)) return
    const report = receiptOutcome(payload, await receiptCounts(this.#deps.ingest.tables, payload))
    const place = payload.status === 'quarantined' || payload.status === 'rejected' ? 'failed' : 'done'
    await this.#folder.finish(row.name, place, payload._id.slice(0, MARK_CHARACTERS), report, this.#markerOf(row))
    await this.#forget(row)
  }

  /** Elsewhere than where markers are used, a file of that name is one like any other. */
  #markerOf({ name }: DropFileDoc): string | undefined {
    return this.#drop.ready === 'marker' ? name + this.#drop.marker : undefined
  }

  async #forget(row: DropFileDoc): Promise<void> {
    await this.#deps.files.delete({ _id: row._id })
  }
}
