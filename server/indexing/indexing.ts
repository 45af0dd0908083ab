/** The index's upkeep as the rest of the server sees it: parameters of operators, and jobs that index anew what is stored. */
import { randomUUID } from 'node:crypto'
import type { Access } from '../access/types.ts'
import { createLoop } from '../jobs/loop.ts'
import type { Search } from '../search/types.ts'
import type { SideWrite, Store } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { INDEXING_BOUNDS } from './bounds.ts'
import type { IndexDefinitions } from './definitions.ts'
import { parameterWrites } from './parameters.ts'
import { runJob } from './reindex.ts'
import { definitionOf, ensureIndexingTables, GENERATION, INDEXING, type IndexingTables, type ReindexJob } from './tables.ts'

export interface ReindexRequest {
  /** absent: all of which something is stored */
  types?: readonly string[]
  /** one resource of the one type */
  id?: string
  force?: boolean
}

export interface Outstanding {
  type: string
  /** current versions that were indexed otherwise than they would be now */
  count: number
}

export interface Indexing {
  /** What a unit that writes these commits beside them. @throws OutcomeError search-parameter-… */
  parameterWrites(drafts: readonly Draft[]): Promise<SideWrite[]>
  /** After such a unit: every process knows of it, or has been waited for; what is stored is indexed by what is new. */
  announce(): Promise<void>
  reindex(request: ReindexRequest): Promise<ReindexJob>
  job(id: string): Promise<ReindexJob | undefined>
  cancel(id: string): Promise<void>
  /** jobs, newest first */
  jobs(): Promise<ReindexJob[]>
  outstanding(): Promise<Outstanding[]>
  parameters(): Promise<{ id: string; code: string; base: readonly string[]; ready: boolean }[]>
  start(): void
  stop(): Promise<void>
}

export interface IndexingDeps {
  store: Store
  search: Search
  access: Pick<Access, 'masterKeys'>
  tables: IndexingTables
  definitions: IndexDefinitions
  now(): Date
  log(event: string, facts: object): void
}

/** Resources that have keys of their own making, and are written once. */
const NOT_INDEXED: ReadonlySet<string> = new Set(['AuditEvent'])
const JOBS_SHOWN = 50

export async function createIndexing(deps: IndexingDeps): Promise<Indexing> {
  const { store, search, tables, definitions } = deps
  await ensureIndexingTables(tables)
  await definitions.refresh()
  definitions.start()
  const worker = createLoop<ReindexJob>({
    leaseMs: INDEXING_BOUNDS.jobLeaseMs,
    heartbeatMs: INDEXING_BOUNDS.jobHeartbeatMs,
    pollMs: INDEXING_BOUNDS.jobPollMs,
    // One that keeps failing must not hold up the others.
    pageMax: INDEXING_BOUNDS.jobsAtOnce,
    now: deps.now,
    log: deps.log,
    kindAt: () => ({
      name: 'reindex',
      table: tables.jobs,
      due: { status: 'accepted' },
      sort: { started: 1 },
      work: (job, alive) => runJob(deps, job, alive),
    }),
  })
  const storedTypes = async () => (await store.types()).filter((type) => search.resources.has(type) && !NOT_INDEXED.has(type)).sort()

  const reindex: Indexing['reindex'] = async ({ types, id, force = false }) => {
    const stored = await storedTypes()
    const job: ReindexJob = {
      _id: randomUUID(),
      status: 'accepted',
      types: types ? stored.filter((type) => types.includes(type)) : stored,
      ...(id === undefined ? {} : { id }),
      force,
      cursor: { type: 0, pass: 0, id: '', changed: 0 },
      seen: 0,
      written: 0,
      failed: 0,
      named: [],
      unsettled: [],
      started: deps.now(),
    }
    await tables.jobs.insert(job)
    worker.wake()
    return job
  }

  return {
    parameterWrites: (drafts) => parameterWrites(search, tables, drafts),
    async announce() {
      await definitions.refresh()
      await definitions.everywhere(definitions.generation, INDEXING_BOUNDS.announceMs)
      const rows = await tables.parameters.find({ _id: { $ne: GENERATION }, ready: false })
      const types = [...new Set(rows.flatMap((row) => search.typesOf(definitionOf(row))))]
      if (types.length > 0) await reindex({ types })
    },
    reindex,
    job: (id) => tables.jobs.get(id),
    async cancel(id) {
      const ended = deps.now()
      const expires = new Date(ended.getTime() + INDEXING_BOUNDS.jobKeptMs)
      await tables.jobs.update({ _id: id, status: 'accepted' }, { set: { status: 'cancelled', ended, expires } })
    },
    jobs: () => tables.jobs.find({}, { sort: { started: -1 }, limit: JOBS_SHOWN }),
    async outstanding() {
      const found: Outstanding[] = []
      for (const type of await storedTypes()) {
        const count = await store.countIndexedOtherThan(INDEXING, type, search.indexedAs(type))
        if (count > 0) found.push({ type, count })
      }
      return found
    },
    async parameters() {
      // Who reads here that one is ready may search by it here: the row alone is ahead of what this process knows.
      await definitions.refresh()
      const rows = await tables.parameters.find({ _id: { $ne: GENERATION } }, { sort: { _id: 1 } })
      return rows.map((row) => ({
        id: row._id,
        ready: row.ready && definitions.isReady(row._id),
        code: definitionOf(row).code,
        base: definitionOf(row).base,
      }))
    },
    start: worker.start,
    async stop() {
      await worker.stop()
      await definitions.stop()
    },
  }
}
