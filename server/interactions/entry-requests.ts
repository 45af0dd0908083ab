/** Bundle entries as requests of their own, and answers as entries. */
import { FHIR_JSON, outcomeOf } from '../outcome/render.ts'
import type { EntryRequest } from './bundle-entries.ts'
import type { BundleEntry } from './bundle-text.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

/** Runs one request: the router, handed in so that bundles can reach every interaction. */
export type Dispatch = (deps: FhirDeps, request: FhirRequest) => Promise<FhirResponse>

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

/** Entries that are answered at the same time: a read waits for its account longer than it works. */
const SIDE_BY_SIDE_MAX = 16

/**
 * Runs them in their order, but those that stand side by side and do not touch what another one writes at the same time: reads,
 * and creates without a condition. (The entries of a batch do not depend on each other, R4 http.html#transaction.)
 */
export async function inOrder(entries: readonly EntryRequest[], run: (entry: EntryRequest) => Promise<void>): Promise<void> {
  for (let at = 0; at < entries.length; ) {
    const first = entries[at] as EntryRequest
    const kind = kindOf(first)
    const others = entries.slice(at + 1, at + SIDE_BY_SIDE_MAX)
    const end = kind === undefined ? 0 : others.findIndex((entry) => kindOf(entry) !== kind)
    const group = [first, ...others.slice(0, end < 0 ? others.length : end)]
    await Promise.all(group.map(run))
    at += group.length
  }
}

function kindOf({ method, segments, headers }: EntryRequest): 'read' | 'create' | undefined {
  if (method === 'GET' || method === 'HEAD') return 'read'
  return method === 'POST' && segments.length === 1 && headers['if-none-exist'] === undefined ? 'create' : undefined
}

/**
 * The failure of one entry, where it is nobody else's: "in a batch operation, the error will be in Bundle.entry.response" (R4
 * bundle-definitions.html, `response.outcome`).
 */
export function failedEntry(error: unknown): BundleEntry {
  const { status, outcome } = outcomeOf(error)
  return failureEntry(status, outcome)
}

export const failureEntry = (status: number, outcome: object): BundleEntry => ({
  reflects: true,
  response: { status: String(status), outcome },
})

const bytesOf = ({ body = [] }: FhirResponse): Buffer => Buffer.concat(body.map((piece) => Buffer.from(piece)))

/** What is no resource (an answer of GraphQL, a manifest) stands in a Binary (R4 resource-operation-graphql.html: `result`). */
function resourceOf(answer: FhirResponse): Uint8Array | string {
  const bytes = bytesOf(answer)
  const type = answer.headers['Content-Type']
  if (type === undefined || type === FHIR_JSON) return bytes
  return JSON.stringify({ resourceType: 'Binary', contentType: type, data: bytes.toString('base64') })
}

/** What a write was asked to answer instead of its resource stands in the response (R4 bundle-definitions.html, `response.outcome`). */
const OUTCOME_ASKED = 'return=OperationOutcome'

/** Of HEAD all but the content (R4 http.html#head). */
export function answerOf({ method }: EntryRequest, answer: FhirResponse): BundleEntry {
  const { body: _, ...head } = answer
  return toEntry(method === 'HEAD' ? head : answer)
}

export function toEntry(answer: FhirResponse): BundleEntry {
  const location = answer.headers.Location
  const outcome =
    answer.headers['Preference-Applied'] === OUTCOME_ASKED ? (JSON.parse(bytesOf(answer).toString('utf8')) as object) : undefined
  return {
    ...(answer.body && !outcome ? { resource: resourceOf(answer) } : {}),
    ...(answer.reflected ? { reflects: true } : {}),
    response: {
      status: String(answer.status),
      ...(location ? { location } : {}),
      ...(answer.headers.ETag ? { etag: answer.headers.ETag } : {}),
      ...(answer.modified ? { lastModified: answer.modified.toISOString() } : {}),
      ...(outcome ? { outcome } : {}),
    },
  }
}
