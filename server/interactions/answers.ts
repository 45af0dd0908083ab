/** The shapes of answers that several interactions share. */
import { SUBSCRIPTION } from '../access/subscriber.ts'
import { type OutcomeIssue, OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON, renderOutcome } from '../outcome/render.ts'
import type { Stored } from '../store/types.ts'
import { withoutSecrets } from './subscription-text.ts'
import type { FhirRequest, FhirResponse } from './types.ts'

export const etag = (v: number): string => `W/"${v}"`

/** ETag and Last-Modified (R4 http.html#read); without a time where that would tell what the masked form hides. */
export function versionHeaders(doc: Version): Record<string, string> {
  return { ETag: etag(doc.v), ...(doc.at ? { 'Last-Modified': doc.at.toUTCString() } : {}) }
}

type Version = { v: number; at?: Date }

const modifiedOf = ({ at }: Version): Pick<FhirResponse, 'modified'> => (at ? { modified: at } : {})

/** Conditional read (R4 http.html#cread). */
export const notModified = (doc: Version): FhirResponse => ({ status: 304, headers: versionHeaders(doc), ...modifiedOf(doc) })

export function resourceAnswer(status: number, doc: Version, body: Uint8Array | string): FhirResponse {
  return { status, headers: { 'Content-Type': FHIR_JSON, ...versionHeaders(doc) }, ...modifiedOf(doc), body: [body] }
}

export function jsonAnswer(status: number, resource: unknown, headers: Record<string, string> = {}): FhirResponse {
  return { status, headers: { 'Content-Type': FHIR_JSON, ...headers }, body: [JSON.stringify(resource)] }
}

export function outcomeAnswer(status: number, issues: OutcomeIssue[], headers: Record<string, string> = {}): FhirResponse {
  return jsonAnswer(status, renderOutcome(issues), headers)
}

/** `Prefer: respond-async` (RFC 7240 4.1): a name alone, among others. */
export const prefersAsync = (request: Pick<FhirRequest, 'header'>): boolean =>
  (request.header('prefer') ?? '').split(/[;,]/).some((part) => part.trim().toLowerCase() === 'respond-async')

/** To be done behind this answer; said in the body too, for clients that show their callers no headers (Bulk Data Access 2.0, kick-off). */
export function acceptedAnswer(url: string): FhirResponse {
  return outcomeAnswer(202, [{ code: 'accepted', severity: 'information', params: { url } }], {
    'Content-Location': url,
    'Preference-Applied': 'respond-async',
  })
}

/** After a write: what `Prefer: return=` asks for (R4 http.html#ops); representation by default. */
export function writeAnswer(
  request: FhirRequest,
  baseUrl: string,
  written: { type: string; id: string; v: number; at: Date; created: boolean; body: Uint8Array },
): FhirResponse {
  const headers: Record<string, string> = {
    'Content-Type': FHIR_JSON,
    ETag: etag(written.v),
    'Last-Modified': written.at.toUTCString(),
    Location: `${baseUrl}/${written.type}/${written.id}/_history/${written.v}`,
  }
  const answer = { status: written.created ? 201 : 200, headers, modified: written.at }
  return asPreferred(request, answer, () => [writtenBody(request, written)])
}

/** What `Prefer: return=` asks for, of an answer that has a resource. `body`: the resource; without one it is not for the caller. */
export function asPreferred(
  request: FhirRequest,
  { status, headers, modified }: Pick<FhirResponse, 'status' | 'headers' | 'modified'>,
  body: (() => (Uint8Array | string)[]) | undefined,
): FhirResponse {
  const preference = preferOf(request, 'return')
  const isKept = RETURNS.has(preference ?? '') && (body !== undefined || preference !== 'representation')
  const applied = isKept ? { ...headers, 'Preference-Applied': `return=${preference}` } : headers
  const timed = modified ? { modified } : {}
  if (preference === 'OperationOutcome')
    return { ...outcomeAnswer(status, [{ code: 'stored', severity: 'information' }], applied), ...timed }
  if (preference === 'minimal' || !body) return { ...withoutBody(status, applied), ...timed }
  return { status, headers: applied, ...timed, body: body() }
}

/** An operator who stops somebody's Subscription is not answered with its secrets. */
function writtenBody({ actor }: FhirRequest, { type, body }: { type: string; body: Uint8Array }): Uint8Array | string {
  const isOthers = type === SUBSCRIPTION && actor.party === 'operator' && !actor.unrestricted
  return isOthers ? withoutSecrets(Buffer.from(body).toString('utf8')) : body
}

const RETURNS: ReadonlySet<string> = new Set(['minimal', 'representation', 'OperationOutcome'])

/** Nothing is sent, and so nothing has a type. */
function withoutBody(status: number, { 'Content-Type': _, ...headers }: Record<string, string>): FhirResponse {
  return { status, headers }
}

/** One directive of the Prefer header (RFC 7240): `return=minimal; handling=strict`. */
export function preferOf(request: Pick<FhirRequest, 'header'>, name: string): string | undefined {
  for (const part of (request.header('prefer') ?? '').split(/[;,]/)) {
    const [key, value] = part.split('=')
    if (key?.trim().toLowerCase() === name) return value?.trim().replace(/^"|"$/g, '')
  }
  return undefined
}

/** Version number of `W/"3"` or `"3"`. */
export function versionOf(tag: string, header = 'If-Match'): number {
  const match = /^\s*(?:W\/)?"([1-9]\d{0,8})"\s*$/.exec(tag)
  if (!match) throw new OutcomeError('precondition-invalid', { expression: [`http.${header}`] })
  return Number(match[1])
}

/** The one answer for what is absent and for what is hidden. */
export function notFound(): OutcomeError {
  return new OutcomeError('not-found')
}

export const bodyText = (doc: Stored): string => Buffer.from(doc.body).toString('utf8')
