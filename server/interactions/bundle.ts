/** batch (R4 http.html#transaction): each entry is a request of its own; one failure does not touch the others. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { outcomeOf } from '../outcome/render.ts'
import { parseResource } from '../fhir/resource-text.ts'
import { bundleAnswer, type BundleEntry } from './bundle-text.ts'
import { type EntryRequest, entriesOf } from './bundle-entries.ts'
import { transaction } from './transaction.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

export type Dispatch = (deps: FhirDeps, request: FhirRequest) => Promise<FhirResponse>

/** POST [base]: a batch or a transaction. */
export function bundleHandler(dispatch: Dispatch) {
  return async function postBundle(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
    if (!request.body) throw new OutcomeError('json-invalid')
    const parsed = parseResource(request.body)
    if (parsed.resource.resourceType !== 'Bundle') throw new OutcomeError('bundle-invalid', { expression: ['resourceType'] })
    const entries = entriesOf(parsed)
    if (parsed.resource.type === 'transaction') return transaction(deps, request, entries, dispatch)
    if (parsed.resource.type !== 'batch') throw new OutcomeError('bundle-invalid', { expression: ['Bundle.type'] })
    const answers: BundleEntry[] = []
    for (const entry of entries) answers.push(await runEntry(deps, request, entry, dispatch))
    return bundleAnswer('batch-response', answers)
  }
}

async function runEntry(deps: FhirDeps, outer: FhirRequest, entry: EntryRequest, dispatch: Dispatch): Promise<BundleEntry> {
  try {
    if (entry.problem) throw entry.problem
    return toEntry(await dispatch(deps, entryRequest(outer, entry)))
  } catch (error) {
    const { status, outcome } = outcomeOf(error)
    return { resource: JSON.stringify(outcome), response: { status: String(status) } }
  }
}

/** The entry as a request: same actor, its own conditional headers. */
export function entryRequest(outer: FhirRequest, entry: EntryRequest): FhirRequest {
  return {
    method: entry.method,
    segments: entry.segments,
    query: entry.query,
    header: (name) => entry.headers[name] ?? (name === 'prefer' ? outer.header('prefer') : undefined),
    ...(entry.text === undefined ? {} : { body: Buffer.from(entry.text) }),
    actor: outer.actor,
  }
}

export function toEntry(answer: FhirResponse): BundleEntry {
  const location = answer.headers.Location
  const modified = answer.headers['Last-Modified']
  return {
    ...(answer.body ? { resource: Buffer.concat(answer.body.map((piece) => Buffer.from(piece))) } : {}),
    response: {
      status: String(answer.status),
      ...(location ? { location } : {}),
      ...(answer.headers.ETag ? { etag: answer.headers.ETag } : {}),
      ...(modified ? { lastModified: new Date(modified).toISOString() } : {}),
    },
  }
}
