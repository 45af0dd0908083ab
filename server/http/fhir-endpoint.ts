/** /fhir: an HTTP request to a FhirRequest, the steps that stand before every interaction, and its answer back to bytes. */
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Logger } from 'pino'
import type { Authenticator } from '../auth/authenticator.ts'
import { smartConfiguration } from '../auth/smart-configuration.ts'
import { fromXmlInTurns } from '../fhir-xml/from-xml.ts'
import { placesInXml } from '../fhir-xml/xml-places.ts'
import { toXml } from '../fhir-xml/to-xml.ts'
import { allowedAt, requireMethod } from '../interactions/dispatch.ts'
import { metadata } from '../interactions/metadata.ts'
import { FHIR_XML_PATCH, PATCH_FORMATS, unsupportedPatch } from '../interactions/patch-formats.ts'
import { parseQuery, parseQueryBytes, utf8OfWire } from '../interactions/query-text.ts'
import { ASYNC_METHODS, isAsyncStatus, respond } from '../interactions/respond-async.ts'
import type { FhirDeps, FhirRequest, FhirResponse, Method } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON, outcomeOf } from '../outcome/render.ts'
import { binaryOf, contentAnswer, isContentRead, mayBeContent } from './binary-content.ts'
import { readBody, readGzipBody } from './body.ts'
import { acceptsGzip, COMPRESSED_BYTES_MIN, gzipped, gzippedOutcome, gzipStream } from './compression.ts'
import {
  AS_JSON,
  formatOfBody,
  mediaType,
  parameter,
  type Representation,
  representationFor,
  representationOfError,
} from './media-types.ts'
import { pretty } from './pretty.ts'
import { refuseUnsupported } from './unsupported-headers.ts'

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

/** The steps in their order: limits, media types, public pages, authentication, body, interaction. */
export function fhirEndpoint(deps: EndpointDeps) {
  return async function fhir(request: Request, response: Response): Promise<void> {
    let shape: Shape = { query: [], representation: representationOfError(request.headers.accept) }
    try {
      const { segments, query } = splitUrl(request.url)
      const method = request.method as Method
      if (request.method === 'OPTIONS') return await send(request, response, options(segments))
      refuseUnsupported(request)
      const ofContent = isContentRead(method, segments, query)
      if (!ofContent) shape = { query, representation: representationFor(request.headers.accept, query) }
      if (isPublic(method, segments))
        return await send(request, response, inShape(await publicAnswer(deps, request, { segments, query }), shape))
      const actor = await deps.authenticate(request)
      requireMethodAt(method, segments)
      const body = WITH_BODY.has(method) ? await bodyOf(request, segments) : undefined
      if (body?.form) {
        const all = [...query, ...body.form]
        shape = { query: all, representation: representationFor(request.headers.accept, all) }
      }
      const asked: FhirRequest = {
        method,
        segments,
        query,
        header: (name) => (name === 'content-type' && body?.contentType) || headerOf(request, name),
        actor,
        ...(body ? { body: body.bytes } : {}),
        ...(body?.placesInXml ? { placesInXml: body.placesInXml } : {}),
      }
      const answer = await respond(deps.fhir, asked, (error) => logUnexpected(deps.log, method, error))
      const { accept } = request.headers
      await send(request, response, ofContent ? contentOrResource(answer, query, accept) : inShape(answer, shape))
    } catch (error) {
      sendError(deps.log, request, response, error, shape)
    }
  }
}

/** Which of the two is wanted is known once the type of the content is. @throws OutcomeError not-acceptable */
function contentOrResource(answer: FhirResponse, query: Shape['query'], accept: string | undefined): FhirResponse {
  if (answer.status !== 200) return answer
  return contentAnswer(answer, accept) ?? inShape(answer, { query, representation: representationFor(accept, query) })
}

const isSmart = (segments: string[]): boolean => segments.join('/') === '.well-known/smart-configuration'
const SMART_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** What stands beside the table of the API. */
const methodsBeside = (segments: string[]): readonly string[] | undefined =>
  isSmart(segments) ? SMART_METHODS : isAsyncStatus(segments) ? ASYNC_METHODS : undefined

/** A method that the address does not have is told before what is wrong with a body. @throws OutcomeError method-not-allowed, read-only */
function requireMethodAt(method: Method, segments: string[]): void {
  const beside = methodsBeside(segments)
  if (beside === undefined && WITH_BODY.has(method)) requireMethod(method, segments)
  if (beside?.includes(method) === false) throw new OutcomeError('method-not-allowed', {}, { Allow: beside.join(', ') })
}

/** What an address lets ask, the same for everybody. No other origin is let in (CORS): no preflight has an answer of its own. */
function options(segments: string[]): FhirResponse {
  const allowed = methodsBeside(segments) ?? allowedAt(segments)
  const patch: Record<string, string> = allowed.includes('PATCH') ? { 'Accept-Patch': PATCH_FORMATS.join(', ') } : {}
  return { status: 204, headers: { Allow: allowed.join(', '), ...patch } }
}

/** How an answer is written: what the query says about it, and the media type. */
interface Shape {
  query: readonly (readonly [string, string])[]
  representation: Representation
}

function isPublic(method: Method, segments: string[]): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return (segments.length === 1 && segments[0] === 'metadata') || isSmart(segments)
}

function publicAnswer(
  deps: EndpointDeps,
  request: Request,
  { segments, query }: Pick<FhirRequest, 'segments' | 'query'>,
): Promise<FhirResponse> {
  if (segments[0] !== 'metadata') {
    const body = [JSON.stringify(smartConfiguration(deps.publicUrl))]
    return Promise.resolve({ status: 200, headers: { 'Content-Type': 'application/json' }, body })
  }
  return metadata(deps.fhir, { query, header: (name) => headerOf(request, name) })
}

/** Path segments decoded once, query pairs as strings and nothing else: no objects, no arrays (access.md L62, L70). */
function splitUrl(target: string): { segments: string[]; query: [string, string][] } {
  // To a proxy the whole address is sent, and a proxy may pass it on (RFC 9112, 3.2.2).
  const url = target.replace(/^https?:\/\/[^/?]*/i, '')
  if (url.length > URL_CHARS_MAX) throw new OutcomeError('url-too-long', { params: { max: URL_CHARS_MAX } })
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const raw = path.split('/').filter((part) => part !== '')
  if (raw.length > SEGMENTS_MAX) throw new OutcomeError('not-found')
  const segments = decoded('http.path', () =>
    raw.map((part) => utf8OfWire(part)).map((part) => (part.includes('%') ? decodeURIComponent(part) : part)),
  )
  return { segments, query: mark < 0 ? [] : decoded('http.query', () => parseQuery(utf8OfWire(url.slice(mark + 1)))) }
}

/** @throws OutcomeError url-invalid, naming the part of the address */
function decoded<T>(where: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new OutcomeError('url-invalid', { expression: [where] })
  }
}

function headerOf(request: Request, name: string): string | undefined {
  const value = request.headers[name]
  const text = Array.isArray(value) ? value.join(', ') : value
  // The only header that holds a query; it may name persons in their own script.
  return name === 'if-none-exist' && text !== undefined ? utf8OfWire(text, 'http.If-None-Exist') : text
}

/** FHIR's JSON and XML are UTF-8 and nothing else (R4 json.html, xml.html): another charset is refused rather than misread. */
function requireUtf8(contentType: string): void {
  const charset = parameter(contentType, 'charset')?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw new OutcomeError('content-type-unsupported', { expression: ['http.Content-Type'] })
}

/** The version of FHIR may stand with the media type (R4 versioning.html#mt-version). */
function requireR4(contentType: string): void {
  const version = parameter(contentType, 'fhirVersion')
  if (version !== undefined && version !== '4.0') throw new OutcomeError('fhir-version-unsupported', { expression: ['http.Content-Type'] })
}

function requireFhir(contentType: string): void {
  requireUtf8(contentType)
  requireR4(contentType)
}

/** gzip or none: of no other coding is it known how much it may unpack to. @throws OutcomeError content-encoding-unsupported */
function isGzip(encoding: string): boolean {
  const coding = encoding.trim().toLowerCase()
  if (coding === '' || coding === 'identity') return false
  if (coding === 'gzip' || coding === 'x-gzip') return true
  throw new OutcomeError('content-encoding-unsupported', { expression: ['http.Content-Encoding'] }, { 'Accept-Encoding': 'gzip' })
}

interface Body {
  /** XML as the JSON that it stands for: behind this point there is no XML */
  bytes: Buffer
  placesInXml?: NonNullable<FhirRequest['placesInXml']>
  /** what it has become, where that matters behind this point */
  contentType?: string
  /** parameters of a search that was sent as a form */
  form?: [string, string][]
}

async function bodyOf(request: Request, segments: string[]): Promise<Body> {
  const contentType = request.headers['content-type'] ?? ''
  const isContent = mayBeContent(request.method, segments, contentType)
  if (!isContent) requireFhir(contentType)
  const read = isGzip(request.headers['content-encoding'] ?? '') ? readGzipBody : readBody
  const bytes = await read(request, FHIR_BODY_BYTES_MAX)
  if (request.method === 'PATCH') return patchOf(contentType, bytes)
  if (bytes.length === 0) return { bytes }
  if (isContent) {
    const made = binaryOf(bytes, sentWith(request, segments, contentType))
    if (made) return { bytes: made, contentType: FHIR_JSON }
    requireFhir(contentType)
  }
  if (mediaType(contentType) === 'application/x-www-form-urlencoded' && segments.includes('_search'))
    return { bytes, form: parseQueryBytes(bytes, 'http.body') }
  // A query in the language of its own (R4 graphql.html).
  if (mediaType(contentType) === 'application/graphql' && segments.at(-1) === '$graphql') return { bytes }
  const format = formatOfBody(contentType)
  if (!format) throw new OutcomeError('content-type-unsupported', { expression: ['http.Content-Type'] })
  if (format !== 'xml') return { bytes }
  // Others let go of the XML.
  const isPlaced = segments.at(-1) === '$validate'
  return { bytes: Buffer.from(await fromXmlInTurns(bytes)), ...(isPlaced ? { placesInXml: (at?: string) => placesInXml(bytes, at) } : {}) }
}

function sentWith(request: Request, [, id]: string[], contentType: string): Parameters<typeof binaryOf>[1] {
  const securityContext = headerOf(request, 'x-security-context')
  return { contentType, ...(id === undefined ? {} : { id }), ...(securityContext === undefined ? {} : { securityContext }) }
}

/** A patch has media types of its own, which its interaction looks at; without one it is none. */
async function patchOf(contentType: string, bytes: Buffer): Promise<Body> {
  if (mediaType(contentType) === '') throw unsupportedPatch()
  if (mediaType(contentType) !== FHIR_XML_PATCH) return { bytes }
  // FHIRPath Patch in XML: the same Parameters.
  return { bytes: bytes.length === 0 ? bytes : Buffer.from(await fromXmlInTurns(bytes)), contentType: FHIR_JSON }
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

/** The one place where an answer of FHIR becomes XML, or gets lines (`_pretty=true`). What is no FHIR stays JSON. */
function inShape(answer: FhirResponse, { query, representation }: Shape): FhirResponse {
  const inLines = query.some(([name, value]) => name === '_pretty' && value === 'true')
  const isFhir = answer.headers['Content-Type'] === FHIR_JSON
  const asXml = isFhir && representation.format === 'xml'
  const headers = isFhir ? { ...answer.headers, 'Content-Type': representation.contentType } : answer.headers
  if (!answer.body || !(asXml || inLines)) return { ...answer, headers }
  const text = joined(answer.body).toString('utf8')
  // In one piece nothing is told apart any more.
  const reflected = answer.reflected ? { reflected: [0] } : {}
  return { ...answer, headers, body: [asXml ? toXml(text, { pretty: inLines }) : pretty(text)], ...reflected }
}

async function send(request: Request, response: Response, answer: FhirResponse): Promise<void> {
  const isHead = request.method === 'HEAD'
  const gzip = acceptsGzip(request.headers['accept-encoding'])
  if (answer.stream) {
    response.writeHead(answer.status, { ...answer.headers, ...(gzip ? GZIP : {}) })
    if (isHead) response.end()
    else await (gzip ? pipeline(answer.stream, gzipStream(), response) : pipeline(answer.stream, response))
    return
  }
  const packed = gzip ? await packedBody(answer) : undefined
  const headers: Record<string, string | number> = { ...answer.headers, ...(packed ? GZIP : {}) }
  const pieces = answer.body ?? []
  const body = packed ?? (pieces.length === 1 && typeof pieces[0] !== 'string' ? pieces[0] : joined(pieces))
  // How long it is compressed depends on ids and times as well: it is sent without being told beforehand.
  if (answer.body && !packed) headers['Content-Length'] = body?.length ?? 0
  response.writeHead(answer.status, headers)
  if (isHead || !answer.body) response.end()
  else response.end(body)
}

/** Undefined where it is too short to be worth it. */
function packedBody({ body = [], reflected = [] }: FhirResponse): Promise<Buffer> | undefined {
  const pieces = body.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  return size < COMPRESSED_BYTES_MIN ? undefined : gzipped(pieces, reflected)
}

/** ETags are weak: they name a version and not its bytes (RFC 9110 8.8.3), so they are the same for both codings. */
const GZIP = { 'Content-Encoding': 'gzip' }

function logUnexpected(log: Logger, method: string, error: unknown): void {
  const known = error instanceof Error ? error : new Error('unknown')
  log.error({ kind: known.name, at: known.stack?.split('\n').slice(1, 6), method }, 'unexpected failure')
}

const PLAIN: Shape = { query: [], representation: AS_JSON }

/** An unexpected failure is logged by its kind; neither log nor answer says what the request was about. */
export function sendError(log: Logger, request: Request, response: Response, error: unknown, shape: Shape = PLAIN): void {
  // The caller has gone: there is nobody to answer, and nothing has failed here.
  if (request.destroyed && !request.complete) {
    log.debug({ method: request.method }, 'request broken off')
    response.destroy()
    return
  }
  const { status, outcome, headers } = outcomeOf(error)
  if (!(error instanceof OutcomeError)) logUnexpected(log, request.method, error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  const challenge: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}
  const plain = { status, headers: { 'Content-Type': FHIR_JSON, ...challenge, ...headers }, body: [JSON.stringify(outcome)] }
  const answer = inShape(plain, { ...shape, query: [] })
  const body = joined(answer.body ?? [])
  const packed = acceptsGzip(request.headers['accept-encoding']) ? gzippedOutcome(body.toString('utf8')) : undefined
  const length = packed ? GZIP : { 'Content-Length': body.length }
  response.writeHead(status, { ...answer.headers, ...length })
  response.end(request.method === 'HEAD' ? undefined : (packed ?? body))
}
