/**
 * Everything that matches a filter is played again, in the background. A job goes through the payloads in the order of their arrival and
 * notes how far it came; each payload carries the job that played it, so that it is played once, whoever dies in between.
 */
import { randomUUID } from 'node:crypto'
import { createLoop, type WorkLoop } from '../../jobs/loop.ts'
import type { Table, TableDoc } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import type { Ingest } from '../ingest.ts'
import { TABLES } from '../tables.ts'
import { FINAL, type PayloadStatus } from '../types.ts'
import { behind, type InboxFilter, type Place, placeAfter, whereOf } from './asked.ts'

export interface ReplayJobDoc extends TableDoc {
  _id: string
  /** client that asked for it */
  by: string
  at: Date
  /** JSON of InboxFilter */
  filter: string
  /** payloads that matched when it began */
  total: number
  /** up to which payload it has come */
  cursorAt: Date | null
  cursorId: string
  /** those that could not be played: somebody else was at it, or their bytes are not kept */
  skipped: number
  state: 'running' | 'settling' | 'completed' | 'cancelled'
  endedAt: Date | null
  /** JSON of how many ended how, once it is completed: what another job plays again later is that job's */
  outcomes?: string
  /** how those had ended that another job has played again since (replay.ts) */
  overplayed?: Partial<Record<PayloadStatus, number>>
}

export interface ReplayProgress {
  job: ReplayJobDoc
  /** played to their end, and those that wait for it */
  done: number
  pending: number
  /** of those that are done, how many ended so */
  outcomes: Partial<Record<PayloadStatus, number>>
}

export interface ReplayJobs {
  /** @param told puts it on record: what it throws begins nothing */
  begin(by: string, filter: InboxFilter, told: (id: string) => Promise<void>): Promise<ReplayJobDoc>
  progress(id: string): Promise<ReplayProgress | undefined>
  list(): Promise<ReplayJobDoc[]>
  /** what was begun ends; nothing further begins. @returns false: there is no such job */
  cancel(id: string): Promise<boolean>
  start(): Promise<void>
  stop(): Promise<void>
}

export const REPLAY_JOBS = TABLES.replayJobs
const RUNNING = ['running', 'settling']
const UNDER_WAY = ['received', 'processing'] as const

/** Not in work: only these can be played again; one that is in work is being played as it is. */
const PLAYABLE = { status: { $in: [...FINAL] }, $or: [{ chunks: { $gt: 0 } }, { inline: { $ne: null } }, { bytes: 0 }] }

export function createReplayJobs(ingest: Ingest, table: Table<ReplayJobDoc>, log: (event: string, facts: object) => void): ReplayJobs {
  const { payloads } = ingest.tables
  const { leaseMs, heartbeatMs, listPageMax, replayPollMs } = INGEST_BOUNDS
  const loop: WorkLoop = createLoop<ReplayJobDoc>({
    ...{ leaseMs, heartbeatMs, pageMax: listPageMax, pollMs: replayPollMs, now: ingest.deps.now, log },
    kindAt: () => ({
      name: 'replay',
      table,
      due: { state: { $in: RUNNING } },
      sort: { at: 1 },
      work: (job, alive) => new ReplayRun(ingest, table, job).run(alive),
    }),
  })
  return {
    async begin(by, filter, told) {
      const at = ingest.deps.now()
      const until = filter.until && filter.until < at ? filter.until : at
      const bounded = { ...filter, until }
      const job: ReplayJobDoc = {
        _id: randomUUID(),
        by,
        at,
        filter: JSON.stringify(bounded),
        total: await payloads.count(whereOf(bounded, sourcesOf(ingest))),
        cursorAt: null,
        cursorId: '',
        skipped: 0,
        state: 'running',
        endedAt: null,
      }
      await told(job._id)
      await table.insert(job)
      loop.wake()
      return job
    },
    async progress(id) {
      const job = await table.get(id)
      if (!job) return undefined
      const { outcomes, pending } =
        job.outcomes === undefined
          ? await playedBy(ingest, job)
          : { outcomes: JSON.parse(job.outcomes) as ReplayProgress['outcomes'], pending: 0 }
      return { job, done: sumOf(outcomes), pending, outcomes }
    },
    list: () => table.find({}, { sort: { at: -1 }, limit: listPageMax }),
    async cancel(id) {
      const set = { state: 'cancelled', endedAt: ingest.deps.now() }
      return (await table.update({ _id: id, state: { $in: RUNNING } }, { set })) !== undefined || (await table.get(id)) !== undefined
    },
    async start() {
      await table.ensureIndex({ state: 1, at: 1 })
      loop.start()
    },
    stop: () => loop.stop(),
  }
}

/** Those that a job played, as they stand at one moment: how many ended how, and how many wait for it. */
async function playedBy({ tables }: Ingest, { _id, overplayed = {} }: ReplayJobDoc): Promise<Pick<ReplayProgress, 'outcomes' | 'pending'>> {
  const counted = await tables.payloads.countBy({ replayJob: _id }, ['status'])
  const of = new Map(counted.map(({ values, n }) => [values.status, n]))
  const ended = FINAL.map((status) => [status, (of.get(status) ?? 0) + (overplayed[status] ?? 0)] as const)
  return {
    outcomes: Object.fromEntries(ended.filter(([, n]) => n > 0)),
    pending: UNDER_WAY.reduce((sum, status) => sum + (of.get(status) ?? 0), 0),
  }
}

const sumOf = (outcomes: ReplayProgress['outcomes']): number => Object.values(outcomes).reduce((sum, n) => sum + n, 0)

const sourcesOf = ({ deps }: Ingest): string[] => deps.sources.map(({ id }) => id)

/** Dates of a filter come back from its text as texts. */
function filterOf({ filter }: ReplayJobDoc): InboxFilter {
  const { from, until, ...others } = JSON.parse(filter) as Omit<InboxFilter, 'from' | 'until'> & { from?: string; until?: string }
  return { ...others, ...(from !== undefined && { from: new Date(from) }), ...(until !== undefined && { until: new Date(until) }) }
}

class ReplayRun {
  readonly #ingest: Ingest
  readonly #table: Table<ReplayJobDoc>
  readonly #job: ReplayJobDoc

  constructor(ingest: Ingest, table: Table<ReplayJobDoc>, job: ReplayJobDoc) {
    this.#ingest = ingest
    this.#table = table
    this.#job = job
  }

  /** Ends early when it is stopped or its lease is lost; who comes next goes on. */
  async run(alive: () => boolean): Promise<void> {
    let { cursorAt, cursorId, state } = this.#job
    let place: Place | undefined = cursorAt ? { at: cursorAt, id: cursorId } : undefined
    while (alive() && state === 'running') {
      const page = await this.#page(place)
      for (const { _id } of page) {
        if (!alive() || (await this.#isCancelled())) return
        await this.#ingest.replayFor(this.#job._id, _id)
      }
      const last = page.at(-1)
      if (last) place = placeAfter(last)
      state = await this.#note(place, last === undefined)
    }
    if (state === 'settling' && alive()) await this.#settle()
  }

  /** Asked before each: an operator who cancels has seen that it goes wrong. */
  async #isCancelled(): Promise<boolean> {
    return (await this.#table.get(this.#job._id))?.state !== 'running'
  }

  #page(place: Place | undefined) {
    const where = whereOf(filterOf(this.#job), sourcesOf(this.#ingest))
    const open = { ...PLAYABLE, replayJob: { $ne: this.#job._id } }
    return this.#ingest.tables.payloads.find(
      { $and: [where, open, behind(place, 'newer')] },
      { sort: { receivedAt: 1, _id: 1 }, limit: INGEST_BOUNDS.replayPage, without: ['inline', 'issues'] },
    )
  }

  /** How far it came, unless it was cancelled meanwhile. */
  async #note(place: Place | undefined, isEnd: boolean): Promise<ReplayJobDoc['state']> {
    const state = isEnd ? ('settling' as const) : ('running' as const)
    const set = { cursorAt: place?.at ?? null, cursorId: place?.id ?? '', state }
    return (await this.#table.update({ _id: this.#job._id, state: 'running' }, { set })) ? state : 'cancelled'
  }

  /** Large payloads are played by the workers of payloads: the job is done when they are. */
  async #settle(): Promise<void> {
    const { _id, total } = this.#job
    const { outcomes, pending } = await playedBy(this.#ingest, (await this.#table.get(_id)) ?? this.#job)
    if (pending > 0) return
    const skipped = Math.max(0, total - sumOf(outcomes))
    const set = { state: 'completed', skipped, outcomes: JSON.stringify(outcomes), endedAt: this.#ingest.deps.now() }
    await this.#table.update({ _id, state: 'settling' }, { set })
  }
}
