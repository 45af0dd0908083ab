/** Bundle entries as requests of their own, and answers as entries. */
import { outcomeOf } from '../outcome/render.ts'
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

/** The failure of one entry, where it is nobody else's. */
export function failedEntry(error: unknown): BundleEntry {
  const { status, outcome } = outcomeOf(error)
  return { resource: JSON.stringify(outcome), reflects: true, response: { status: String(status) } }
}

export function toEntry(answer: FhirResponse): BundleEntry {
  const location = answer.headers.Location
  const modified = answer.headers['Last-Modified']
  return {
    ...(answer.body ? { resource: Buffer.concat(answer.body.map((piece) => Buffer.from(piece))) } : {}),
    ...(answer.reflected ? { reflects: true } : {}),
    response: {
      status: String(answer.status),
      ...(location ? { location } : {}),
      ...(answer.headers.ETag ? { etag: answer.headers.ETag } : {}),
      ...(modified ? { lastModified: new Date(modified).toISOString() } : {}),
    },
  }
}
