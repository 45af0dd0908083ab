/** Status, files and deletion of an export. Another caller's job is absent. Files are decided again while they are sent. */
import type { Decision } from '../../access/decision.ts'
import { audited } from '../../interactions/audited.ts'
import { requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { callerOf } from '../../interactions/page-token.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { renderOutcome } from '../../outcome/render.ts'
import type { Stored } from '../../store/types.ts'
import type { Operation } from '../types.ts'
import { exportFailed } from './failing.ts'
import { chunksOf, type ExportChunk, type ExportJob, jobsOf } from './job.ts'

export const exportStatus: Operation = {
  code: 'export-status',
  on: 'system',
  level: 'system',
  behind: 1,
  methods: ['GET', 'DELETE'],
  writes: ({ method }) => method === 'DELETE',
  definition: '',
  run: status,
}

export const exportFile: Operation = {
  code: 'export-file',
  on: 'system',
  level: 'system',
  behind: 2,
  methods: ['GET'],
  writes: false,
  definition: '',
  run: file,
}

const RETRY_SECONDS = '1'

async function status(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const job = await jobOf(deps, request)
  if (request.method === 'DELETE') {
    await jobsOf(deps.store).update({ _id: job._id }, { set: { status: 'cancelled' } })
    await chunksOf(deps.store).delete({ job: job._id })
    return { status: 202, headers: {} }
  }
  if (job.status === 'failed') throw exportFailed(job.reason ?? 'internal')
  if (job.status === 'accepted') {
    const progress = `${job.cursor.type}/${job.types.length}`
    return { status: 202, headers: { 'X-Progress': progress, 'Retry-After': RETRY_SECONDS } }
  }
  const manifest = {
    transactionTime: job.transactionTime.toISOString(),
    request: job.request,
    requiresAccessToken: true,
    output: job.written.map((type) => fileOf(deps, job, type)),
    error: job.ignored ? [fileOf(deps, job, OUTCOME)] : [],
  }
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', Expires: job.expires.toUTCString() },
    body: [JSON.stringify(manifest)],
  }
}

const OUTCOME = 'OperationOutcome'

const fileOf = ({ baseUrl }: FhirDeps, { _id }: ExportJob, type: string) => ({ type, url: `${baseUrl}/$export-file/${_id}/${type}.ndjson` })

async function jobOf(deps: FhirDeps, request: FhirRequest): Promise<ExportJob> {
  const job = await jobsOf(deps.store).get(request.segments[1] ?? '')
  if (!job || job.status === 'cancelled' || job.expires < deps.now()) throw new OutcomeError('not-found')
  // What was begun for one purpose, study and form is neither told of nor handed out under another.
  if (callerOf(job.actor) !== callerOf(request.actor)) throw new OutcomeError('not-found')
  return job
}

async function file(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const job = await jobOf(deps, request)
  const type = /^([A-Za-z]+)\.ndjson$/.exec(request.segments[2] ?? '')?.[1]
  const headers = { 'Content-Type': 'application/fhir+ndjson' }
  if (job.status === 'completed' && type === OUTCOME && job.ignored)
    return { status: 200, headers, body: job.ignored.map((names) => `${JSON.stringify(leftOut(names))}\n`) }
  if (job.status !== 'completed' || type === undefined || !job.written.includes(type)) throw new OutcomeError('not-found')
  requireScope(request.actor, type, 'r')
  return { status: 200, headers, stream: lines(deps, request, job, type) }
}

/** "A FHIR OperationOutcome resource for each of these parameters" (Bulk Data Access 2.0, complete status, `error`). */
const leftOut = (names: string) => renderOutcome([{ code: 'search-outcome', severity: 'warning', params: { names } }])

async function* lines(deps: FhirDeps, request: FhirRequest, job: ExportJob, type: string): AsyncIterable<Uint8Array> {
  for await (const chunk of chunksOf(deps.store).stream({ job: job._id, type }, { sort: { n: 1 } })) yield* linesOf(deps, request, chunk)
}

/** How long a decision lasts while a slow reader takes his time over what it lets through (access.md L51). */
const DECISION_MS_MAX = 5000
/** Characters that leave together: what has left cannot be taken back. */
const PIECE_CHARS = 64 * 1024

/** Only what is there and permitted now, whatever was so when the file was written (access.md L26). */
async function* linesOf(deps: FhirDeps, request: FhirRequest, chunk: ExportChunk): AsyncIterable<Uint8Array> {
  let rows = chunk.rows
  while (rows.length > 0) {
    const permitted = await permittedRows(deps, request, { ...chunk, rows })
    const until = deps.now().getTime() + DECISION_MS_MAX
    let at = 0
    for (let piece = ''; at < rows.length && deps.now().getTime() < until; piece = '') {
      for (; at < rows.length && piece.length < PIECE_CHARS; at++) {
        const { id, v, line } = rows[at] as ExportChunk['rows'][number]
        if (permitted.has(`${id}/${v}`)) piece += `${line}\n`
      }
      if (piece !== '') yield Buffer.from(piece)
    }
    rows = rows.slice(at)
  }
}

async function permittedRows(deps: FhirDeps, request: FhirRequest, chunk: ExportChunk): Promise<Set<string>> {
  const ids = chunk.rows.map(({ id }) => id)
  const seen = await decided(deps, request, [], (decision) => deps.store.readMany(decision, chunk.type, ids))
  const visible = seen.value.filter((doc) => !doc.deleted)
  await audited(deps, request, { interaction: 'export-download', action: 'R', type: chunk.type, found: visible, seen })
  return permittedVersions(deps, chunk, visible, seen.decision)
}

/** A line of a version that was replaced since is decided like that version: it may be about somebody else (access.md L18). */
async function permittedVersions(deps: FhirDeps, chunk: ExportChunk, visible: readonly Stored[], decision: Decision): Promise<Set<string>> {
  const current = new Map(visible.map(({ id, v }) => [id, v]))
  const old = chunk.rows.filter(({ id, v }) => current.has(id) && current.get(id) !== v)
  const versions = await Promise.all(old.map(({ id, v }) => deps.store.readVersion(decision, chunk.type, id, v)))
  const permitted = versions.flatMap((doc) => (doc && !doc.deleted ? [`${doc.id}/${doc.v}`] : []))
  return new Set([...[...current].map(([id, v]) => `${id}/${v}`), ...permitted])
}
