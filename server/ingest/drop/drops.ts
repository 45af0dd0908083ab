/**
 * Drop folders: files that a site's own SFTP server takes in are received as if their source's client had posted them. One process takes a
 * file, under a lease; whoever dies leaves a row that says how far it came, and the next one goes on. The same bytes are one payload, so that
 * nothing is stored twice, wherever it broke off.
 */
import { randomUUID } from 'node:crypto'
import type { FilesTogether } from '../../../mappings/engine/types.ts'
import type { Actor } from '../../auth/actor.ts'
import type { DropSite } from '../../config/config.ts'
import { type WorkerOptions, workOne } from '../../jobs/worker.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { outcomeOf } from '../../outcome/render.ts'
import type { Table, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import type { Ingest } from '../ingest.ts'
import { isBusy } from '../busy.ts'
import { receiptCounts, receiptOutcome } from '../receipt.ts'
import { FINAL, type PayloadDoc } from '../types.ts'
import { DropFolder, FileChanged, shownName } from './folder.ts'
import { packed } from './packed.ts'
import { Readiness } from './ready.ts'
import { type DropSet, DropSets } from './sets.ts'

export interface RegisteredDrop extends DropSite {
  /** rights of the source's client, as registered */
  actor: Actor
  /** of a source whose files belong together, in their charset */
  together?: FilesTogether
  charset?: string
  /** its files are tables: of two that say no time the one that was taken later counts, whichever server takes them in */
  inOrder?: boolean
}

/** A file that was taken; gone when it is in `done` or `failed`. `_id` is its source, folder and name. */
export interface DropFileDoc extends TableDoc {
  _id: string
  source: string
  name: string
  since: Date
  /** its payload, once that is durable */
  payload: string | null
  /** which of the source's folders it is in, from 1; absent: the first */
  folder?: number
  /** with it: how its files were when they were read, its own first */
  read?: readonly string[]
  /** files that go with it, as one archive */
  files?: readonly string[]
  /** the file with which it goes: that one's row is the one of the work */
  set?: string
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
  // Servers see a folder under paths of their own: of those of one source each is known by its place among them.
  const placeOf = ({ source }: RegisteredDrop, at: number): number => drops.slice(0, at).filter((one) => one.source === source).length
  const watches = drops.map((drop, at) => new Watch(drop, placeOf(drop, at), deps))
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
  readonly #place: number
  readonly #deps: DropDeps
  readonly #folder: DropFolder
  readonly #readiness: Readiness
  /** of files that were taken and have no row */
  readonly #standing: Readiness
  readonly #sets: DropSets | undefined
  readonly #owner = randomUUID()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<number> = Promise.resolve(0)
  #stopped = false

  constructor(drop: RegisteredDrop, place: number, deps: DropDeps) {
    this.#drop = drop
    this.#place = place
    this.#deps = deps
    this.#folder = new DropFolder(drop.directory)
    const still = { marker: drop.marker, stableMs: drop.stableSeconds * 1000 }
    this.#readiness = new Readiness({ ...still, ready: drop.ready })
    this.#standing = new Readiness({ ...still, ready: 'stable' })
    const { together, charset = 'auto', waitSeconds } = drop
    this.#sets = together && new DropSets(this.#folder, { together, charset, waitMs: waitSeconds * 1000 })
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
    await this.#folder.prepare()
    const now = this.#deps.now().getTime()
    const whole = this.#readiness.whole(await this.#folder.list(), now)
    const sets: readonly DropSet[] = this.#sets ? await this.#sets.ready(whole, now) : whole.map((name) => ({ name, files: [] }))
    for (const set of sets) await this.#claim(set)
    await this.#claimLeft(now)
    // What was just found, and what a process left that died: rows are the list of work, not the folder.
    let finished = 0
    const own = { ...this.#own(), set: { $exists: false } }
    const rows = await this.#deps.files.find(own, { sort: { since: 1, _id: 1 }, limit: INGEST_BOUNDS.listPageMax })
    for (const row of rows) {
      if (this.#stopped) break
      if (await workOne({ name: KIND, table: this.#deps.files, due: {}, sort: {}, work: (doc) => this.#work(doc) }, row, this.#options())) {
        if (!(await this.#deps.files.get(row._id))) finished++
      } else if (this.#drop.inOrder && (await this.#isBeingReceived(row))) break
    }
    return finished
  }

  /** Another server is at it: what was taken later is received later. */
  async #isBeingReceived({ _id }: DropFileDoc): Promise<boolean> {
    const row: (DropFileDoc & { leaseUntil?: Date }) | undefined = await this.#deps.files.get(_id)
    return row?.payload === null && row.leaseUntil !== undefined && row.leaseUntil > this.#deps.now()
  }

  /** A row for the work, and one for each file that goes with it, so that it goes with no other. */
  async #claim({ name, files }: DropSet): Promise<void> {
    const { source } = this.#drop
    const folder = this.#place > 0 && { folder: this.#place + 1 }
    const row = (file: string): DropFileDoc => ({
      _id: this.#id(file),
      source,
      name: file,
      since: this.#deps.now(),
      payload: null,
      ...folder,
    })
    for (const file of files) {
      const isOurs =
        (await this.#deps.files.insert({ ...row(file), set: name })) || (await this.#deps.files.get(this.#id(file)))?.set === name
      // Another one of its name is still being worked on: all of them wait until that is done.
      if (!isOurs) return this.#release(name)
    }
    if (!(await this.#deps.files.insert({ ...row(name), ...(files.length > 0 && { files }) }))) await this.#free(name)
  }

  /**
   * Files that were taken and of which nobody knows: the folder was away when their row was looked at, or the database is an older one. They are
   * received again, under the payload that they have.
   */
  async #claimLeft(now: number): Promise<void> {
    const names = this.#standing.whole(await this.#folder.taken(), now)
    const byOwn = await this.#deps.files.getMany(names.map((name) => this.#id(name)))
    const known = new Set(byOwn.map(({ name }) => name))
    // A shortened name is compared with those of all rows: they know what it was before.
    const isShortened = names.some((name) => shownName(name) !== name)
    for (const { name } of isShortened ? await this.#deps.files.find(this.#own()) : []) known.add(this.#folder.nameOnceTaken(name))
    for (const name of names) {
      if (known.has(name) || !(await this.#folder.isTaken(name))) continue
      await this.#claim({ name, files: [] })
    }
  }

  /** A process died before it had claimed all of a set, and its index is gone: the next look finds the file. */
  async #free(name: string): Promise<void> {
    const row = await this.#deps.files.get(this.#id(name))
    if (row?.set !== undefined && !(await this.#deps.files.get(this.#id(row.set)))) await this.#deps.files.delete({ _id: row._id })
  }

  /** Unless the work was begun meanwhile. */
  async #release(name: string): Promise<void> {
    if (!(await this.#deps.files.get(this.#id(name)))) await this.#deps.files.delete({ ...this.#own(), set: name })
  }

  #id(name: string): string {
    return `${this.#drop.source}${this.#place > 0 ? `#${this.#place + 1}` : ''}|${name}`
  }

  /** Rows of this folder. */
  #own(): { source: string; folder: unknown } {
    return { source: this.#drop.source, folder: this.#place > 0 ? this.#place + 1 : { $exists: false } }
  }

  #options(): WorkerOptions {
    const { leaseMs, heartbeatMs, listPageMax } = INGEST_BOUNDS
    const failed = (_kind: string, _id: string | number, error: unknown): void => {
      // Of the file system: ENOSPC, EACCES.
      const { code, name } = error as Partial<NodeJS.ErrnoException>
      this.#deps.log('drop-file-failed', { source: this.#drop.source, cause: code ?? name ?? 'unknown' })
    }
    return { owner: this.#owner, leaseMs, heartbeatMs, pageMax: listPageMax, now: this.#deps.now, failed }
  }

  /** One step of one file, under its lease. Each step may have been done by a process that died right behind it. */
  async #work(row: DropFileDoc): Promise<void> {
    const { name } = row
    if (row.payload === null) {
      for (const file of [...(row.files ?? []), name]) await this.#folder.take(file, this.#markerOf(file))
      if (!(await this.#folder.isTaken(name))) {
        // Unless it is the folder that is gone.
        await this.#folder.prepare()
        return this.#forget(row)
      }
      const read = await this.#states(row)
      const payload = await this.#receive({ ...row, read })
      if (payload) await this.#end({ ...row, read }, payload)
      return
    }
    const payload = await this.#deps.ingest.tables.payloads.get(row.payload)
    if (payload) await this.#end(row, payload)
    else await this.#again(row)
  }

  /** @returns undefined when it was refused, or is to be tried again */
  async #receive(row: DropFileDoc): Promise<PayloadDoc | undefined> {
    const { source, actor } = this.#drop
    try {
      const meta = { contentType: '', fileName: shownName(row.name) }
      const { payload, isKept } = await this.#deps.ingest.receive(source, actor, await this.#content(row), meta)
      // Of what was refused nothing is kept that another process could go on with: it would receive the file again.
      if (isKept) await this.#deps.files.update({ _id: row._id }, { set: { payload: payload._id, read: row.read ?? [] } })
      return payload
    } catch (error) {
      if (error instanceof FileChanged || isBusy(error)) return undefined
      if (!(error instanceof OutcomeError)) throw error
      const mark = `refused-${this.#deps.now().getTime().toString(36)}`
      await this.#finish(row, 'failed', mark, outcomeOf(error).outcome)
      await this.#forget(row)
      return undefined
    }
  }

  /** The file goes to where its receipt says, as soon as there is one. One that was written to since is not the one that was read. */
  async #end(row: DropFileDoc, payload: PayloadDoc): Promise<void> {
    if (!FINAL.includes(payload.status)) return
    const now = await this.#states(row)
    if (row.read?.some((state, at) => now[at] !== '' && now[at] !== state)) return this.#again(row)
    const report = receiptOutcome(payload, await receiptCounts(this.#deps.ingest.tables, payload))
    const place = payload.status === 'quarantined' || payload.status === 'rejected' ? 'failed' : 'done'
    await this.#finish(row, place, payload._id.slice(0, MARK_CHARACTERS), report)
    await this.#forget(row)
  }

  #states({ name, files = [] }: DropFileDoc): Promise<string[]> {
    return Promise.all([name, ...files].map((file) => this.#folder.stateOf(file)))
  }

  /** The next look reads it anew. */
  async #again(row: DropFileDoc): Promise<void> {
    await this.#deps.files.update({ _id: row._id }, { set: { payload: null } })
  }

  /** The file as it is, or an archive of those that belong together: of those that are there, whatever was listed. */
  async #content({ name, files = [] }: DropFileDoc): Promise<AsyncIterable<Uint8Array>> {
    const open = (file: string): AsyncIterable<Uint8Array> => this.#folder.content(file)
    if (this.#sets?.isAlone(name) !== false) return open(name)
    const taken: string[] = []
    for (const file of [name, ...files]) if (await this.#folder.isTaken(file)) taken.push(file)
    return packed(taken, open)
  }

  /** Those that go with it first: who dies behind them finds them gone, and goes on. */
  async #finish(row: DropFileDoc, place: 'done' | 'failed', mark: string, report: object): Promise<void> {
    for (const file of row.files ?? []) await this.#folder.follow(file, place, mark)
    await this.#folder.finish(row.name, place, mark, report)
  }

  /** Elsewhere than where markers are used, a file of that name is one like any other. */
  #markerOf(name: string): string | undefined {
    return this.#drop.ready === 'marker' ? name + this.#drop.marker : undefined
  }

  async #forget(row: DropFileDoc): Promise<void> {
    if (row.files) await this.#deps.files.delete({ ...this.#own(), set: row.name })
    await this.#deps.files.delete({ _id: row._id })
  }
}
