/** Bundle entries as requests of their own, and answers as entries. */
import { FHIR_JSON } from '../outcome/render.ts'
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

/** What is no resource (an answer of GraphQL, a manifest) stands in a Binary (R4 resource-operation-graphql.html: `result`). */
function resourceOf({ headers, body = [] }: FhirResponse): Uint8Array | string {
  const bytes = Buffer.concat(body.map((piece) => Buffer.from(piece)))
  const type = headers['Content-Type']
  if (type === undefined || type === FHIR_JSON) return bytes
  return JSON.stringify({ resourceType: 'Binary', contentType: type, data: bytes.toString('base64') })
}

export function toEntry(answer: FhirResponse): BundleEntry {
  const location = answer.headers.Location
  const modified = answer.headers['Last-Modified']
  return {
    ...(answer.body ? { resource: resourceOf(answer) } : {}),
    ...(answer.reflected ? { reflects: true } : {}),
    response: {
      status: String(answer.status),
      ...(location ? { location } : {}),
      ...(answer.headers.ETag ? { etag: answer.headers.ETag } : {}),
      ...(modified ? { lastModified: new Date(modified).toISOString() } : {}),
    },
  }
}
