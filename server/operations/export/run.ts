/**
 * The run of an export: page by page under a decision made anew for each, so that a withdrawal during the run holds from
 * the next page on. Resumable: the cursor is written behind each page's chunks. Leased: of several processes one works on it, since two that go
 * different ways through what changes meanwhile would leave gaps between each other's chunks.
 */
import { randomUUID } from 'node:crypto'
import { audited } from '../../interactions/audited.ts'
import { decided } from '../../interactions/decided.ts'
import { masked } from '../../interactions/read.ts'
import { told } from '../../interactions/through.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { type WorkKind, workOne, workThrough } from '../../jobs/worker.ts'
import { allOf, type PlanNode } from '../../search/plan.ts'
import type { Stored } from '../../store/types.ts'
import { begin, dueAt, failedOnce, own, pageSize } from './failing.ts'
import { CHUNK_CHARS, chunksOf, type ExportChunk, type ExportJob, jobsOf } from './job.ts'
import { membersPlan } from './members.ts'
import { criteriaOf, followFilters, parsedFilters } from './type-filter.ts'

const LEASE = { owner: randomUUID(), leaseMs: 15_000, heartbeatMs: 5000, pageMax: 20 }

type Failed = (kind: string, id: string | number, error: unknown) => void

/** Nothing where another process works on it. */
export async function runExport(deps: FhirDeps, id: string, failed: Failed = () => undefined): Promise<void> {
  const job = await jobsOf(deps.store).get(id)
  if (job?.status === 'accepted') await workOne(exportWork(deps), job, { ...LEASE, now: deps.now, failed })
}

/** Takes up what a stopped process left. */
export async function resumeExports(deps: FhirDeps, failed: Failed = () => undefined): Promise<void> {
  await workThrough(exportWork(deps), { ...LEASE, now: deps.now, failed })
}

function exportWork(deps: FhirDeps): WorkKind<ExportJob> {
  return {
    name: 'export',
    table: jobsOf(deps.store),
    due: dueAt(deps.now()),
    sort: { expires: 1 },
    async work(taken, alive) {
      let job = await begin(deps, taken)
      while (job?.status === 'accepted' && alive()) {
        const at: ExportJob = job
        job = await runPage(deps, at, alive).catch(async (error: unknown) => {
          throw await failedOnce(deps, at, error)
        })
      }
      if (job === undefined) await clearCancelled(deps, taken._id)
    },
  }
}

/** A page that was under way when it was cancelled may have written its lines behind the deletion of the files. */
async function clearCancelled(deps: FhirDeps, job: string): Promise<void> {
  const stands = await jobsOf(deps.store).get(job)
  if (!stands || stands.status === 'cancelled') await chunksOf(deps.store).delete({ job })
}

const update = (deps: FhirDeps, job: ExportJob, set: Partial<ExportJob>): Promise<ExportJob | undefined> =>
  jobsOf(deps.store).update(own(job), { set })

async function runPage(deps: FhirDeps, job: ExportJob, alive: () => boolean): Promise<ExportJob | undefined> {
  const type = job.types[job.cursor.type]
  if (type === undefined) return update(deps, job, { status: 'completed' })
  const request = requestOf(job)
  const plan = await planOf(deps, request, job, type)
  const filters = (job.filters ?? []).filter((filter) => filter.type === type)
  const parsed = await parsedFilters(deps, request, filters)
  const seen = await decided(deps, request, [], async (decision) => {
    const filter = await followFilters(deps, decision, parsed)
    const page = await deps.store.search(decision, {
      type,
      plan: filters.length === 0 ? plan : allOf([plan, filter.plan]),
      sort: [{ by: 'id', param: '_id', descending: false }],
      count: pageSize(job),
      total: 'none',
      ...(job.cursor.id === '' ? {} : { after: [job.cursor.id] }),
    })
    return { ...page, through: told(filter.through) }
  })
  const { rows, through } = seen.value
  let { chunk } = job.cursor
  // What a filter led to is told too, also where nothing is found.
  const found = [...rows, ...through]
  const query = criteriaOf(filters)
  if (found.length > 0) await audited(deps, request, { interaction: 'export', action: 'R', type, found, seen, query })
  if (rows.length > 0) {
    for (const lines of linesIn(deps, request, rows)) {
      if (!alive()) return undefined
      await chunksOf(deps.store).put(chunkOf(job, type, chunk++, lines))
    }
  }
  // Behind the last that was found, which the second gate may have taken away.
  const [last] = seen.value.next ?? []
  const cursor = last === undefined ? { type: job.cursor.type + 1, id: '', chunk: 0 } : { type: job.cursor.type, id: String(last), chunk }
  const written = rows.length > 0 && !job.written.includes(type) ? [...job.written, type] : job.written
  return update(deps, job, { cursor, written, tries: 1, waits: 0 })
}

type Line = ExportChunk['rows'][number]

/** As they fit in rows. */
function* linesIn(deps: FhirDeps, request: FhirRequest, rows: readonly Stored[]): Iterable<Line[]> {
  let lines: Line[] = []
  let chars = 0
  for (const doc of rows) {
    const line = Buffer.from(masked(deps, request, doc)).toString('utf8')
    if (lines.length > 0 && chars + line.length > CHUNK_CHARS) {
      yield lines
      lines = []
      chars = 0
    }
    lines.push({ id: doc.id, v: doc.v, line })
    chars += line.length
  }
  yield lines
}

const chunkOf = ({ _id: job, leaseTerm, expires }: ExportJob, type: string, n: number, rows: Line[]): ExportChunk => ({
  _id: `${job}#${type}#${n}#${leaseTerm}`,
  job,
  type,
  n,
  rows,
  expires,
})

function requestOf(job: ExportJob): FhirRequest {
  return { method: 'GET', segments: ['$export'], query: [], header: () => undefined, actor: job.actor }
}

/** What stands when it is looked for: a resource that was changed since the kick-off would be missing else, and it was there then. */
async function planOf(deps: FhirDeps, request: FhirRequest, job: ExportJob, type: string): Promise<PlanNode> {
  const since: PlanNode[] = job.since ? [{ kind: 'lastUpdated', where: [{ op: '$gte', value: job.since }] }] : []
  const isOfSome = job.group !== undefined || job.patients !== undefined
  return allOf(isOfSome ? [...since, await membersPlan(deps, request, job, type)] : since)
}
