/**
 * The run of an export: page by page under a decision made anew for each, so that a withdrawal during the run holds from
 * the next page on. Resumable: the cursor is written behind each chunk.
 */
import { bodyText } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { decided } from '../../interactions/decided.ts'
import { masked } from '../../interactions/read.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { PlanNode } from '../../search/plan.ts'
import { chunksOf, EXPORT_PAGE, type ExportJob, jobsOf } from './job.ts'

/** Runs of this process, so that kick-off and worker do not run one job twice. */
const running = new Set<string>()

export async function runExport(deps: FhirDeps, id: string): Promise<void> {
  if (running.has(id)) return
  running.add(id)
  try {
    let job = await jobsOf(deps.store).get(id)
    while (job?.status === 'accepted') job = await runPage(deps, job)
  } finally {
    running.delete(id)
  }
}

/** Takes up what a stopped process left. */
export async function resumeExports(deps: FhirDeps): Promise<void> {
  for (const job of await jobsOf(deps.store).find({ status: 'accepted' })) await runExport(deps, job._id)
}

async function runPage(deps: FhirDeps, job: ExportJob): Promise<ExportJob | undefined> {
  const type = job.types[job.cursor.type]
  if (type === undefined) return jobsOf(deps.store).update({ _id: job._id, status: 'accepted' }, { set: { status: 'completed' } })
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
    await chunksOf(deps.store).put({
      _id: `${job._id}#${type}#${job.cursor.chunk}`,
      job: job._id,
      type,
      n: job.cursor.chunk,
      rows: rows.map((doc) => ({ id: doc.id, v: doc.v, line: Buffer.from(masked(deps, request, doc)).toString('utf8') })),
      expires: job.expires,
    })
  }
  const more = seen.value.next !== undefined
  const cursor = more
    ? { type: job.cursor.type, id: rows.at(-1)?.id ?? '', chunk: job.cursor.chunk + 1 }
    : { type: job.cursor.type + 1, id: '', chunk: 0 }
  const written = rows.length > 0 && !job.written.includes(type) ? [...job.written, type] : job.written
  return jobsOf(deps.store).update({ _id: job._id, status: 'accepted' }, { set: { cursor, written } })
}

function requestOf(job: ExportJob): FhirRequest {
  return { method: 'GET', segments: ['$export'], query: [], header: () => undefined, actor: job.actor }
}

const EVERYTHING: PlanNode = { kind: 'everything' }

async function planOf(deps: FhirDeps, request: FhirRequest, job: ExportJob, type: string): Promise<PlanNode> {
  const nodes: PlanNode[] = [{ kind: 'lastUpdated', where: [{ op: '$lte', value: job.transactionTime }] }]
  if (job.since) nodes.push({ kind: 'lastUpdated', where: [{ op: '$gte', value: job.since }] })
  if (job.group !== undefined) nodes.push(await membersPlan(deps, request, job.group, type))
  return nodes.length === 0 ? EVERYTHING : { kind: 'and', nodes }
}

/** Resources of the group's patients; the Patients themselves too. */
async function membersPlan(deps: FhirDeps, request: FhirRequest, group: string, type: string): Promise<PlanNode> {
  const seen = await decided(deps, request, [], (decision) => deps.store.read(decision, 'Group', group))
  if (!seen.value || seen.value.deleted) return { kind: 'nothing' }
  const resource = JSON.parse(bodyText(seen.value)) as FhirResource & { member?: { entity?: { reference?: string }; inactive?: boolean }[] }
  const patients = (resource.member ?? []).flatMap(({ entity, inactive }) =>
    entity?.reference?.startsWith('Patient/') && !inactive ? [entity.reference] : [],
  )
  if (type === 'Patient') return { kind: 'ids', ids: patients.map((reference) => reference.slice('Patient/'.length)) }
  const params = deps.search.compartmentParams(type)
  return { kind: 'keys', keys: patients.flatMap((patient) => params.flatMap((param) => deps.search.referenceKeys(param, patient, type))) }
}
