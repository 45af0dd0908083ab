/** /fhir: an HTTP request to a FhirRequest, the steps that stand before every interaction, and its answer back to bytes. */
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Logger } from 'pino'
import type { Authenticator } from '../auth/authenticator.ts'
import { smartConfiguration } from '../auth/smart-configuration.ts'
import { capabilities } from '../interactions/capabilities.ts'
import { dispatch } from '../interactions/dispatch.ts'
import { unsupportedPatch } from '../interactions/patch-formats.ts'
import { parseQuery, utf8OfWire } from '../interactions/query-text.ts'
import type { FhirDeps, FhirRequest, FhirResponse, Method } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON, outcomeOf } from '../outcome/render.ts'
import { readBody } from './body.ts'
import { pretty } from './pretty.ts'

export const FHIR_BODY_BYTES_MAX = 64 * 1024 * 1024
const URL_CHARS_MAX = 16_384
const SEGMENTS_MAX = 6
const WITH_BODY: ReadonlySet<Method> = new Set<Method>(['POST', 'PUT', 'PATCH'])

export interface EndpointDeps {
  fhir: FhirDeps
  authenticate: Authenticator
  publicUrl: string
  log: Logger
}

/** The steps in their order: limits, public pages, media types, authentication, body, interaction. */
export function fhirEndpoint(deps: EndpointDeps) {
  return async function fhir(request: Request, response: Response): Promise<void> {
    try {
      const { segments, query } = splitUrl(request.url)
      const method = request.method as Method
      requireAcceptable(request, query)
      if (isPublic(method, segments)) {
        return await send(response, method, inShape(await publicAnswer(deps, segments), query))
      }
      const actor = await deps.authenticate(request)
      const body = WITH_BODY.has(method) ? await bodyOf(request, segments) : undefined
      const asked: FhirRequest = { method, segments, query, header: (name) => headerOf(request, name), actor, ...(body ? { body } : {}) }
      await send(response, method, inShape(await dispatch(deps.fhir, asked), query))
    } catch (error) {
      sendError(deps.log, request, response, error)
    }
  }
}

function isPublic(method: Method, segments: string[]): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return (segments.length === 1 && segments[0] === 'metadata') || segments.join('/') === '.well-known/smart-configuration'
}

function publicAnswer(deps: EndpointDeps, segments: string[]): Promise<FhirResponse> {
  if (segments[0] !== 'metadata') {
    const body = [JSON.stringify(smartConfiguration(deps.publicUrl))]
    return Promise.resolve({ status: 200, headers: { 'Content-Type': 'application/json' }, body })
  }
  return capabilities(deps.fhir, undefined as never)
}

/** Path segments decoded once, query pairs as strings and nothing else: no objects, no arrays (access.md L62, L70). */
function splitUrl(url: string): { segments: string[]; query: [string, string][] } {
  if (url.length > URL_CHARS_MAX) throw new OutcomeError('url-too-long', { params: { max: URL_CHARS_MAX } })
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const raw = path.split('/').filter((part) => part !== '')
  if (raw.length > SEGMENTS_MAX) throw new OutcomeError('not-found')
  try {
    const segments = raw.map((part) => utf8OfWire(part)).map((part) => (part.includes('%') ? decodeURIComponent(part) : part))
    return { segments, query: mark < 0 ? [] : parseQuery(utf8OfWire(url.slice(mark + 1))) }
  } catch {
    throw new OutcomeError('url-invalid')
  }
}

function headerOf(request: Request, name: string): string | undefined {
  const value = request.headers[name]
  const text = Array.isArray(value) ? value.join(', ') : value
  // The only header that holds a query; it may name persons in their own script.
  return name === 'if-none-exist' && text !== undefined ? utf8OfWire(text, 'http.If-None-Exist') : text
}

const JSON_TYPES = new Set(['application/fhir+json', 'application/json', 'text/json', 'application/json+fhir', '*/*', 'application/*', ''])

function requireAcceptable(request: Request, query: [string, string][]): void {
  const format = query.find(([name]) => name === '_format')?.[1]
  if (format !== undefined) {
    if (format !== 'json' && !JSON_TYPES.has(mediaType(format.replaceAll(' ', '+')))) throw new OutcomeError('not-acceptable')
    return
  }
  const accept = request.headers.accept ?? ''
  const types = accept.split(',').map(mediaType)
  const special = types.some((type) => type === 'application/fhir+ndjson' || type === 'application/x-ndjson' || type === 'text/html')
  if (!special && !types.some((type) => JSON_TYPES.has(type))) throw new OutcomeError('not-acceptable')
}

const mediaType = (text: string): string => (text.split(';')[0] ?? '').trim().toLowerCase()

/** FHIR's JSON is UTF-8 and nothing else (R4 json.html): another charset is refused rather than misread. */
function requireUtf8(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw new OutcomeError('content-type-unsupported')
}

/** The version of FHIR may stand with the media type (R4 versioning.html#mt-version). */
function requireR4(contentType: string): void {
  const version = /;\s*fhirVersion\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]
  if (version !== undefined && version !== '4.0') throw new OutcomeError('fhir-version-unsupported', { expression: ['http.Content-Type'] })
}

/** Nothing is unpacked: what a small body unpacks to has no bound. */
function requireIdentity(encoding: string): void {
  if (encoding.split(',').every((coding) => ['', 'identity'].includes(coding.trim().toLowerCase()))) return
  const details = { expression: ['http.Content-Encoding'] }
  throw new OutcomeError('content-encoding-unsupported', details, { 'Accept-Encoding': 'identity' })
}

async function bodyOf(request: Request, segments: string[]): Promise<Buffer> {
  const type = mediaType(request.headers['content-type'] ?? '')
  requireUtf8(request.headers['content-type'] ?? '')
  requireR4(request.headers['content-type'] ?? '')
  requireIdentity(request.headers['content-encoding'] ?? '')
  const form = type === 'application/x-www-form-urlencoded' && segments.includes('_search')
  const body = await readBody(request, FHIR_BODY_BYTES_MAX)
  // A patch has media types of its own, which its interaction looks at; without one it is none.
  if (request.method === 'PATCH') {
    if (type === '') throw unsupportedPatch()
    return body
  }
  if (!form && body.length > 0 && (type === '' || !JSON_TYPES.has(type))) throw new OutcomeError('content-type-unsupported')
  return body
}

/** One allocation for a page, not one for each piece of it. */
function joined(pieces: readonly (Uint8Array | string)[]): Buffer {
  let size = 0
  for (const piece of pieces) size += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.byteLength
  const whole = Buffer.allocUnsafe(size)
  let at = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') at += whole.write(piece, at)
    else {
      whole.set(piece, at)
      at += piece.byteLength
    }
  }
  return whole
}

/** For people who read it: `_pretty=true`. */
function inShape(answer: FhirResponse, query: readonly (readonly [string, string])[]): FhirResponse {
  if (!answer.body || !query.some(([name, value]) => name === '_pretty' && value === 'true')) return answer
  return { ...answer, body: [pretty(joined(answer.body).toString('utf8'))] }
}

async function send(response: Response, method: Method, answer: FhirResponse): Promise<void> {
  if (answer.stream && method !== 'HEAD') {
    response.writeHead(answer.status, answer.headers)
    await pipeline(answer.stream, response)
    return
  }
  const pieces = answer.body ?? []
  const body = pieces.length === 1 && typeof pieces[0] !== 'string' ? pieces[0] : joined(pieces)
  const headers: Record<string, string | number> = { ...answer.headers }
  if (answer.body) headers['Content-Length'] = body?.length ?? 0
  response.writeHead(answer.status, headers)
  if (method === 'HEAD' || !answer.body) response.end()
  else response.end(body)
}

/** An unexpected failure is logged by its kind; neither log nor answer says what the request was about. */
export function sendError(log: Logger, request: Request, response: Response, error: unknown): void {
  // The caller has gone: there is nobody to answer, and nothing has failed here.
  if (request.destroyed && !request.complete) {
    log.debug({ method: request.method }, 'request broken off')
    response.destroy()
    return
  }
  const { status, outcome, headers } = outcomeOf(error)
  if (!(error instanceof OutcomeError)) {
    const known = error instanceof Error ? error : new Error('unknown')
    log.error({ kind: known.name, at: known.stack?.split('\n').slice(1, 6), method: request.method }, 'unexpected failure')
  }
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = JSON.stringify(outcome)
  const challenge: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}
  response.writeHead(status, { 'Content-Type': FHIR_JSON, ...challenge, ...headers, 'Content-Length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}
