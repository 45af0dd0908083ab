/**
 * The run of an export: page by page under a decision made anew for each, so that a withdrawal during the run holds from
 * the next page on. Resumable: the cursor is written behind each chunk. Leased: of several processes one works on it, since two that go
 * different ways through what changes meanwhile would leave gaps between each other's chunks.
 */
import { randomUUID } from 'node:crypto'
import { audited } from '../../interactions/audited.ts'
import { decided } from '../../interactions/decided.ts'
import { masked } from '../../interactions/read.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { type WorkKind, workOne, workThrough } from '../../jobs/worker.ts'
import { allOf, type PlanNode } from '../../search/plan.ts'
import { chunksOf, EXPORT_PAGE, type ExportJob, jobsOf } from './job.ts'
import { membersPlan } from './members.ts'

const LEASE = { owner: randomUUID(), leaseMs: 15_000, heartbeatMs: 5000, pageMax: 20 }
const ACCEPTED = { status: 'accepted' } as const

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
    due: ACCEPTED,
    sort: { expires: 1 },
    async work(taken, alive) {
      let job: ExportJob | undefined = taken
      while (job?.status === 'accepted' && alive()) job = await runPage(deps, job, alive)
    },
  }
}

/** Only for who still has the lease. */
function update(deps: FhirDeps, { _id, leaseTerm }: ExportJob, set: Partial<ExportJob>): Promise<ExportJob | undefined> {
  return jobsOf(deps.store).update({ _id, ...ACCEPTED, leaseTerm }, { set })
}

async function runPage(deps: FhirDeps, job: ExportJob, alive: () => boolean): Promise<ExportJob | undefined> {
  const type = job.types[job.cursor.type]
  if (type === undefined) return update(deps, job, { status: 'completed' })
  const request = requestOf(job)
  const plan = await planOf(deps, request, job, type)
  const seen = await decided(deps, request, [], (decision) =>
    deps.store.search(decision, {
      type,
      plan,
      sort: [{ by: 'id', param: '_id', descending: false }],
      count: EXPORT_PAGE,
      total: 'none',
      ...(job.cursor.id === '' ? {} : { after: [job.cursor.id] }),
    }),
  )
  const rows = seen.value.rows
  if (rows.length > 0) {
    await audited(deps, request, { interaction: 'export', action: 'R', type, found: rows, seen })
    if (!alive()) return undefined
    await chunksOf(deps.store).put({
      _id: `${job._id}#${type}#${job.cursor.chunk}`,
      job: job._id,
      type,
      n: job.cursor.chunk,
      rows: rows.map((doc) => ({ id: doc.id, v: doc.v, line: Buffer.from(masked(deps, request, doc)).toString('utf8') })),
      expires: job.expires,
    })
  }
  // Behind the last that was found, which the second gate may have taken away.
  const [last] = seen.value.next ?? []
  const cursor =
    last === undefined
      ? { type: job.cursor.type + 1, id: '', chunk: 0 }
      : { type: job.cursor.type, id: String(last), chunk: job.cursor.chunk + 1 }
  const written = rows.length > 0 && !job.written.includes(type) ? [...job.written, type] : job.written
  return update(deps, job, { cursor, written })
}

function requestOf(job: ExportJob): FhirRequest {
  return { method: 'GET', segments: ['$export'], query: [], header: () => undefined, actor: job.actor }
}

/** What stands when it is looked for: a resource that was changed since the kick-off would be missing else, and it was there then. */
async function planOf(deps: FhirDeps, request: FhirRequest, job: ExportJob, type: string): Promise<PlanNode> {
  const since: PlanNode[] = job.since ? [{ kind: 'lastUpdated', where: [{ op: '$gte', value: job.since }] }] : []
  return allOf(job.group === undefined ? since : [...since, await membersPlan(deps, request, job.group, type)])
}
