/**
 * Indexes anew what is stored, in the background: type by type in the order of ids, from where the last process left off. Keys,
 * dates, numbers, groups and the main date of current versions are made again and set where the version still stands under the
 * same persons; labels, bodies and history are not touched. Before the first pass every process indexes what it writes as this
 * one does, so that nothing can be written that a pass has to find behind itself.
 */
import type { Access } from '../access/types.ts'
import { parseResource } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { indexEntryOf } from '../search/index-entry.ts'
import type { IndexEntry, PlanNode } from '../search/plan.ts'
import type { Search } from '../search/types.ts'
import type { Restamp, Store, Stored } from '../store/types.ts'
import { INDEXING_BOUNDS } from './bounds.ts'
import type { IndexDefinitions } from './definitions.ts'
import { GENERATION, INDEXING, type IndexingTables, definitionOf, type ReindexJob } from './tables.ts'

export interface ReindexDeps {
  store: Store
  search: Search
  access: Pick<Access, 'masterKeys'>
  tables: IndexingTables
  definitions: IndexDefinitions
  now(): Date
}

/** Works on a job until it has ended, or `alive` says that it is somebody else's. */
export async function runJob(deps: ReindexDeps, taken: ReindexJob, alive: () => boolean): Promise<void> {
  await deps.definitions.refresh()
  let job: ReindexJob | undefined = taken.generation === undefined ? await begin(deps, taken, alive) : taken
  while (job?.status === 'accepted' && alive()) {
    const type: string | undefined = job.types[job.cursor.type]
    job = type === undefined ? await end(deps, job) : await runPass(deps, job, type, alive)
  }
}

const update = (deps: ReindexDeps, job: ReindexJob, set: Partial<ReindexJob>): Promise<ReindexJob | undefined> =>
  deps.tables.jobs.update({ _id: job._id, status: 'accepted' }, { set })

async function begin(deps: ReindexDeps, job: ReindexJob, alive: () => boolean): Promise<ReindexJob | undefined> {
  const { generation } = deps.definitions
  // A process that was killed is waited for until it is known to have ended.
  const everywhere = await deps.definitions.everywhere(generation, 2 * INDEXING_BOUNDS.deadMs, alive)
  return everywhere ? update(deps, job, { generation }) : undefined
}

/** One pass over a type, from the cursor on. */
async function runPass(deps: ReindexDeps, job: ReindexJob, type: string, alive: () => boolean): Promise<ReindexJob | undefined> {
  let current: ReindexJob | undefined = job
  const isForced = job.force && job.cursor.pass === 0
  const plan: PlanNode = job.id === undefined ? { kind: 'everything' } : { kind: 'ids', ids: [job.id] }
  const rows = deps.store.stream(INDEXING, type, plan, {
    ...(job.cursor.id === '' ? {} : { afterId: job.cursor.id }),
    ...(isForced ? {} : { indexedOtherThan: deps.search.indexedAs(type) }),
  })
  for await (const page of rows) {
    for (let at = 0; at < page.length; at += INDEXING_BOUNDS.batch) {
      if (!current || !alive()) return undefined
      current = await runBatch(deps, current, type, page.slice(at, at + INDEXING_BOUNDS.batch))
    }
  }
  if (!current || !alive()) return undefined
  const { cursor } = current
  // What another wrote while it was being indexed is looked at once more, until a pass finds nothing.
  const isSettled = cursor.changed === 0
  const again = !isSettled && cursor.pass + 1 < INDEXING_BOUNDS.passesMax
  const next = again ? { ...cursor, pass: cursor.pass + 1 } : { ...cursor, type: cursor.type + 1, pass: 0 }
  return update(deps, current, {
    cursor: { ...next, id: '', changed: 0 },
    ...(isSettled || again ? {} : { unsettled: [...current.unsettled, type] }),
  })
}

async function runBatch(deps: ReindexDeps, job: ReindexJob, type: string, rows: readonly Stored[]): Promise<ReindexJob | undefined> {
  const { written, failed } = await deps.definitions.whileIndexing(() => reindexRows(deps, type, rows))
  const names = failed.map((id) => `${type}/${id}`)
  const isFirst = job.cursor.pass === 0
  return update(deps, job, {
    cursor: { ...job.cursor, id: rows.at(-1)?.id ?? job.cursor.id, changed: job.cursor.changed + rows.length - failed.length },
    seen: job.seen + (isFirst ? rows.length : 0),
    written: job.written + written,
    failed: job.failed + (isFirst ? failed.length : 0),
    named: [...new Set([...job.named, ...names])].slice(0, INDEXING_BOUNDS.namedMax),
  })
}

/** Answers how many were set, and the ids of those that cannot be indexed: they stay as they are. */
async function reindexRows(deps: ReindexDeps, type: string, rows: readonly Stored[]): Promise<{ written: number; failed: string[] }> {
  const failed: string[] = []
  const indexed = rows.flatMap((row) => {
    const one = indexOf(deps.search, row)
    if (!one) failed.push(row.id)
    return one ? [{ row, ...one }] : []
  })
  const masters = await deps.access.masterKeys(indexed.map(({ resource }) => resource))
  const changes = indexed.map(({ row, index }, at): Restamp => {
    const keys = masters[at]?.(index.keys) ?? index.keys
    return { id: row.id, v: row.v, index: { ...index, keys }, persons: row.acc.p }
  })
  let written = 0
  for (const group of groupsOf(changes)) written += await deps.store.restamp(INDEXING, type, group)
  return { written, failed }
}

/** Few resources have many keys; those that have are written by themselves. */
function groupsOf(changes: readonly Restamp[]): Restamp[][] {
  const groups: Restamp[][] = []
  let left = 0
  for (const change of changes) {
    const size = change.index?.keys.length ?? 0
    if (groups.length === 0 || size > left) {
      groups.push([])
      left = INDEXING_BOUNDS.groupKeys
    }
    groups.at(-1)?.push(change)
    left -= size
  }
  return groups
}

type Resource = ReturnType<typeof parseResource>['resource']

function indexOf(search: Search, row: Stored): { resource: Resource; index: IndexEntry } | undefined {
  try {
    const parsed = parseResource(row.body)
    return { resource: parsed.resource, index: indexEntryOf(search, parsed) }
  } catch (error) {
    if (error instanceof OutcomeError) return undefined
    throw error
  }
}

/** Parameters that are as they were when every process indexed by them are ready on the types that the job has been through. */
async function end(deps: ReindexDeps, job: ReindexJob): Promise<ReindexJob | undefined> {
  const isWhole = job.failed === 0 && job.unsettled.length === 0
  if (isWhole && job.id === undefined) await makeReady(deps, job)
  const ended = deps.now()
  const expires = new Date(ended.getTime() + INDEXING_BOUNDS.jobKeptMs)
  const done = await update(deps, job, { status: isWhole ? 'completed' : 'failed', ended, expires })
  await deps.definitions.refresh()
  return done
}

async function makeReady({ tables, search, store }: ReindexDeps, job: ReindexJob): Promise<void> {
  const stored = new Set(await store.types())
  const isThrough = (type: string) => job.types.includes(type) || !stored.has(type)
  const rows = await tables.parameters.find({ _id: { $ne: GENERATION }, since: { $lte: job.generation ?? -1 } })
  const through = rows.filter((row) => search.typesOf(definitionOf(row)).every(isThrough))
  for (const row of through) await tables.parameters.update({ _id: row._id, since: row.since }, { set: { ready: true } })
  // Counted also where all were ready before: whoever made them so may have been killed before it counted.
  if (through.length > 0) await tables.generation.update({ _id: GENERATION }, { inc: { n: 1 } })
}
