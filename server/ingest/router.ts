/** HTTP side of ingest: `POST /ingest/{source}` and what the operator and the source's own client may look at. */
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import type { AnswerInput, Question, SourceMapping } from '../../mappings/engine/types.ts'
import type { Actor } from '../auth/actor.ts'
import type { Zone } from '../fhir/zone.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { FHIR_JSON, outcomeOf } from '../outcome/render.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { fileNameIn } from './file-name.ts'
import { sourceAsked, statusesAsked } from './inbox/asked.ts'
import { type Ask, inboxRoutes } from './inbox/routes.ts'
import type { ReplayJobs } from './inbox/replay-jobs.ts'
import { isOperator, requireOperator } from './inbox/viewers.ts'
import type { Ingest, ReceiveResult } from './ingest.ts'
import { answerText, receiptCounts, receiptOutcome } from './receipt.ts'
import { daysAsked, qualityAnswer } from './quality-answer.ts'
import { payloadBytes } from './receive.ts'
import type { PayloadDoc } from './types.ts'

export interface IngestRouterDeps {
  ingest: Ingest
  /** what a message asks of what is stored, for this actor; absent: questions are not answered. @throws OutcomeError */
  recognise?(actor: Actor, question: Question): Promise<{ output: object; warnings: string[] }>
  replays: ReplayJobs
  /** zone of days that the inbox is asked for */
  zone: Zone
  /** @throws OutcomeError unauthenticated */
  authenticate(request: Request): Promise<Actor>
  /** path under which the router is mounted, for Content-Location */
  base: string
}

type Handler = (request: Request, response: Response, actor: Actor) => Promise<void>

/** Mount at `/ingest`, before anything that parses bodies. */
export function ingestRouter(deps: IngestRouterDeps): Router {
  const router = express.Router()
  const { ingest } = deps
  const route = (handler: Handler) => (request: Request, response: Response, _next: NextFunction) => {
    deps
      .authenticate(request)
      .then((actor) => handler(request, response, actor))
      .catch((error: unknown) => refuse(request, response, error))
  }
  const routes: ['get' | 'post' | 'delete', string, Handler][] = [
    ...inboxRoutes(deps).map(([method, path, ask]): ['get' | 'post' | 'delete', string, Handler] => [method, path, answering(ask)]),
    ['get', '/quarantine', (q, s, a) => listQuarantine(ingest, q, s, a)],
    ['post', '/quarantine/:id/\\$replay', (q, s, a) => replayQuarantined(ingest, q, s, a)],
    ['get', '/unmapped', (q, s, a) => listUnmapped(ingest, q, s, a)],
    ['post', '/unmapped/\\$retranslate', (q, s, a) => retranslate(ingest, q, s, a)],
    ['get', '/quality', (q, s, a) => showQuality(ingest, q, s, a)],
    ['get', '/conflicts', (q, s, a) => listConflicts(ingest, q, s, a)],
    ['get', '/:source/payloads', (q, s, a) => listPayloads(ingest, q, s, a)],
    ['get', '/:source/payloads/:id', (q, s, a) => payloadStatus(deps, q, s, a)],
    ['post', '/:source/payloads/:id/\\$replay', (q, s, a) => replayPayload(ingest, q, s, a)],
    ['post', '/:source', (q, s, a) => receive(deps, q, s, a)],
  ]
  for (const [method, path, handler] of routes) router[method](path, route(handler))
  for (const [path, same] of Map.groupBy(routes, ([, path]) => path)) {
    const allowed = same.map(([method]) => method.toUpperCase()).join(', ')
    router.all(path, (request, response) => refuse(request, response, new OutcomeError('method-not-allowed', {}, { Allow: allowed })))
  }
  return router
}

const answering =
  (ask: Ask): Handler =>
  async (request, response, actor) => {
    const { status, body, headers = {} } = await ask(actor, request)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (!(body instanceof Uint8Array)) return send(response, status, body)
    response.status(status).setHeader('Cache-Control', 'no-store')
    response.end(body)
  }

function refuse(request: Request, response: Response, error: unknown): void {
  // The rest of a refused body is not read: the connection ends with the answer.
  if (!request.readableEnded && request.method === 'POST') response.setHeader('Connection', 'close')
  if (response.headersSent) return void response.destroy()
  const { status, outcome, headers } = outcomeOf(error)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  send(response, status, outcome)
}

function send(response: Response, status: number, body: object): void {
  response.status(status).setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', FHIR_JSON)
  response.end(JSON.stringify(body))
}

async function receive(deps: IngestRouterDeps, request: Request, response: Response, actor: Actor): Promise<void> {
  const { ingest, base } = deps
  const answering = ingest.answering(text(request.params.source), actor)
  try {
    refuseEncoded(request)
    const { answerMsMax } = INGEST_BOUNDS
    const meta = { contentType: request.get('content-type') ?? '', fileName: fileNameOf(request), answerMsMax }
    const result = await ingest.receive(text(request.params.source), actor, request, meta)
    const location = `${base}/${result.source.id}/payloads/${result.payload._id}`
    // What was refused cannot be asked for again: it is nowhere.
    if (result.isKept) response.setHeader('Content-Location', location)
    if (result.finished) return await answerReceipt(deps, response, actor, result)
    if (answering) return answerAccepted(answering, response, result, location)
    response.setHeader('Retry-After', '1')
    const counts = await receiptCounts(ingest.tables, result.payload)
    send(response, 202, receiptOutcome(result.payload, counts))
  } catch (error) {
    if (!answering || response.headersSent) throw error
    answerFailure(answering, ingest, request, response, error)
  }
}

const ACCEPTED = '已接收，正在处理，回执见 Content-Location'

/** The sender's own envelope knows no `accepted`: it is a success whose receipt is still to come. */
function answerAccepted(mapping: SourceMapping, response: Response, { payload }: ReceiveResult, location: string): void {
  const receivedAt = payload.receivedAt.toISOString()
  envelope(response, mapping, { ok: true, message: '', warnings: [`${ACCEPTED} ${location}`], receiptId: payload._id, receivedAt })
}

/** Whoever may send for a source with an envelope of its own is answered in it, whatever went wrong. */
function answerFailure(mapping: SourceMapping, ingest: Ingest, request: Request, response: Response, error: unknown): void {
  // The rest of a refused body is not read: the connection ends with the answer.
  if (!request.readableEnded) response.setHeader('Connection', 'close')
  const { outcome, headers } = outcomeOf(error)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  const message = String((outcome.issue[0]?.details as { text?: unknown } | undefined)?.text ?? '')
  envelope(response, mapping, { ok: false, message, warnings: [], receiptId: '', receivedAt: ingest.deps.now().toISOString() })
}

function envelope(response: Response, mapping: SourceMapping, input: AnswerInput): void {
  if (!mapping.answer) throw new OutcomeError('internal')
  const { contentType, body } = mapping.answer(input)
  response.status(200).setHeader('Content-Type', contentType)
  response.setHeader('Cache-Control', 'no-store')
  response.end(Buffer.from(body))
}

/** Bodies are kept as they came, so that their hash is the sender's; a compressed one would need a bound of its own. */
function refuseEncoded(request: Request): void {
  const encoding = request.get('content-encoding')
  if (encoding !== undefined && encoding !== 'identity')
    throw new OutcomeError('content-encoding', { expression: ['http.content-encoding'] })
}

function fileNameOf(request: Request): string {
  const told = {
    query: text(request.query.filename),
    disposition: text(request.get('content-disposition')),
    header: text(request.get('x-file-name')),
  }
  return fileNameIn(told).slice(0, INGEST_BOUNDS.labelCharactersMax)
}

async function answerReceipt(deps: IngestRouterDeps, response: Response, actor: Actor, result: ReceiveResult): Promise<void> {
  const { ingest } = deps
  const { payload, mapping, source } = result
  const counts = await receiptCounts(ingest.tables, payload)
  if (!mapping.answer) return send(response, payload.status === 'quarantined' ? 422 : 200, receiptOutcome(payload, counts))
  const isSmall = payload.bytes <= INGEST_BOUNDS.inlineBytesMax
  const bytes = result.raw ?? (isSmall ? await wholePayload(ingest, payload) : undefined)
  const { ok, message, warnings } = answerText(counts, payload)
  const question = ok && bytes ? mapping.question?.(bytes, source.charset) : undefined
  const told = question && deps.recognise ? await deps.recognise(actor, question) : undefined
  envelope(response, mapping, {
    ...(bytes && { bytes }),
    ok,
    message,
    warnings: [...(told?.warnings ?? []), ...warnings],
    receiptId: payload._id,
    receivedAt: payload.receivedAt.toISOString(),
    ...(told && { output: told.output }),
  })
}

async function wholePayload(ingest: Ingest, payload: PayloadDoc): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of payloadBytes(ingest.tables, payload)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The operator, or the source's own client; to everybody else the source does not exist. */
function requireSource(ingest: Ingest, request: Request, actor: Actor): string {
  const source = ingest.deps.sources.find(({ id }) => id === request.params.source)
  if (!source || !(isOperator(actor) || actor.clientId === source.client)) throw new OutcomeError('source-unknown')
  return source.id
}

async function payloadOf(ingest: Ingest, request: Request, actor: Actor): Promise<PayloadDoc> {
  const source = requireSource(ingest, request, actor)
  const payload = await ingest.tables.payloads.get(text(request.params.id))
  if (!payload || payload.source !== source) throw new OutcomeError('payload-unknown')
  return payload
}

async function payloadStatus({ ingest, base }: IngestRouterDeps, request: Request, response: Response, actor: Actor): Promise<void> {
  const payload = await payloadOf(ingest, request, actor)
  const finished = payload.finishedAt !== null && payload.status !== 'received' && payload.status !== 'processing'
  response.setHeader('Content-Location', `${base}/${payload.source}/payloads/${payload._id}`)
  if (!finished) response.setHeader('X-Progress', `${payload.counts.total} records, ${payload.status}`)
  send(response, finished ? 200 : 202, receiptOutcome(payload, await receiptCounts(ingest.tables, payload)))
}

async function listPayloads(ingest: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  const source = requireSource(ingest, request, actor)
  const statuses = statusesAsked(request.query)
  const where = { source, ...(statuses && { status: { $in: statuses } }) }
  const options = { sort: { receivedAt: -1 }, limit: INGEST_BOUNDS.listPageMax, without: ['inline', 'issues'] } as const
  const found = await ingest.tables.payloads.find(where, options)
  const payloads = found.map((doc) => ({
    id: doc._id,
    status: doc.status,
    receivedAt: doc.receivedAt,
    finishedAt: doc.finishedAt,
    bytes: doc.bytes,
    sha256: doc.hash,
    fileName: doc.fileName,
    records: doc.counts.total,
    resources: doc.counts.resources,
  }))
  send(response, 200, { source, payloads })
}

/** Raw bytes are not shown here: they are patients' data, and the payload's sender has them. */
async function listQuarantine(ingest: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  const mine = ingest.deps.sources.filter((source) => isOperator(actor) || source.client === actor.clientId).map(({ id }) => id)
  const wanted = sourceAsked(request.query)
  const sources = wanted === '' ? mine : mine.filter((id) => id === wanted)
  const where = { source: { $in: sources }, state: 'open' }
  const found = await ingest.tables.quarantine.find(where, { sort: { since: -1 }, limit: INGEST_BOUNDS.listPageMax })
  const items = found.map(({ _id: id, source, payload, recordType, at, since, reasons }) => ({
    id,
    source,
    payload,
    recordType,
    at,
    since,
    reasons: JSON.parse(reasons) as unknown,
  }))
  send(response, 200, { total: await ingest.tables.quarantine.count(where), items })
}

async function replayQuarantined(ingest: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  requireOperator(actor)
  const item = await ingest.tables.quarantine.get(text(request.params.id))
  if (!item) throw new OutcomeError('payload-unknown')
  await replayAndAnswer(ingest, item.payload, item.source, response, actor)
}

async function replayPayload(ingest: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  requireOperator(actor)
  const payload = await payloadOf(ingest, request, actor)
  await replayAndAnswer(ingest, payload._id, payload.source, response, actor)
}

async function replayAndAnswer(ingest: Ingest, payload: string, source: string, response: Response, actor: Actor): Promise<void> {
  await ingest.deps.audit({ action: 'replay', source, actor, payload, reason: 'replay' })
  const doc = await ingest.replay(payload)
  send(response, doc.status === 'received' ? 202 : 200, receiptOutcome(doc, await receiptCounts(ingest.tables, doc)))
}

async function listUnmapped(ingest: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  const mine = ingest.deps.sources.filter((source) => isOperator(actor) || source.client === actor.clientId).map(({ id }) => id)
  const wanted = sourceAsked(request.query)
  const where = { source: { $in: wanted === '' ? mine : mine.filter((id) => id === wanted) } }
  const found = await ingest.tables.unmapped.find(where, { sort: { count: -1, _id: 1 }, limit: INGEST_BOUNDS.listPageMax })
  const items = found.map(({ _id: id, source, map, system, code, display, count, lastSeen }) => ({
    id,
    source,
    map,
    system,
    code,
    display,
    count,
    lastSeen,
  }))
  send(response, 200, { total: await ingest.tables.unmapped.count(where), items })
}

async function retranslate(ingest: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  requireOperator(actor)
  const id = text(request.query.id)
  await ingest.deps.audit({ action: 'replay', source: id.split('|')[0] ?? '', actor, reason: 'retranslate' })
  send(response, 200, { payloads: await ingest.retranslate(id) })
}

/** Operators alone, whatever is asked: others are refused before anything is looked at. */
async function showQuality({ deps }: Ingest, request: Request, response: Response, actor: Actor): Promise<void> {
  requireOperator(actor)
  const { quality } = deps
  if (!quality) throw new OutcomeError('not-found')
  const days = daysAsked(request.query, quality.today())
  const wanted = sourceAsked(request.query)
  const sources = wanted === '' ? deps.sources : deps.sources.filter(({ id }) => id === wanted)
  if (sources.length === 0) throw new OutcomeError('source-unknown')
  const answer = await qualityAnswer(quality, sources, days)
  await deps.audit({ action: 'quality', source: wanted, actor, reason: `${days.from} ${days.to}` })
  send(response, 200, answer)
}

async function listConflicts(ingest: Ingest, _request: Request, response: Response, actor: Actor): Promise<void> {
  requireOperator(actor)
  const found = await ingest.tables.conflicts.find({ state: 'open' }, { limit: INGEST_BOUNDS.listPageMax })
  send(response, 200, { items: found.map(({ _id: id, at, refused }) => ({ id, at, refused })) })
}
