/** HTTP side of the mapping of codes: the page, and the JSON that it asks for. Mounted at `/code-mapping`. */
import { readFileSync } from 'node:fs'
import express, { type Request, type Response, type Router } from 'express'
import type { Actor } from '../auth/actor.ts'
import { localSystem } from '../fhir/canonical.ts'
import { compactJson } from '../fhir/resource-text.ts'
import type { CodingChange } from '../ingest/codings.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import type { CodeMapping, JobSeen, Listed } from './code-mapping.ts'
import type { Sent } from './meaning.ts'
import { isOperator } from './people.ts'
import { appliedTarget, type CodeMappingDoc, type EventDoc, type RetranslationJob } from './tables.ts'
import { listAsked } from './work-list.ts'

export interface CodeMappingRouterDeps {
  mapping: CodeMapping
  /** @throws OutcomeError unauthenticated */
  authenticate(request: Request): Promise<Actor>
}

type Ask = (actor: Actor, request: Request) => Promise<unknown>

/** The page runs its own script, asks its own server, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

const DISCARD_FACTOR = 64

const file = (name: string): Buffer => readFileSync(new URL(`./page/${name}`, import.meta.url))

export function codeMappingRouter({ mapping, authenticate }: CodeMappingRouterDeps): Router {
  const router = express.Router()
  const parts: [path: string, type: string, bytes: Buffer][] = [
    ['/', 'text/html; charset=utf-8', file('page.html')],
    ['/page.js', 'text/javascript; charset=utf-8', file('page.js')],
    ['/page.css', 'text/css; charset=utf-8', file('page.css')],
  ]
  for (const [path, type, bytes] of parts)
    router.get(path, (_request, response) => {
      response.setHeader('Content-Security-Policy', PAGE_POLICY)
      response.setHeader('Referrer-Policy', 'no-referrer')
      response.setHeader('Content-Type', type)
      response.end(bytes)
    })
  const asks: [method: 'get' | 'post', path: string, ask: Ask][] = [
    ['get', '/codes', async (actor, { query }) => pageOf(await mapping.list(actor, listAsked(query)))],
    [
      'get',
      '/code',
      async (actor, { query }) => wholeOf(await mapping.one(actor, typeof query.id === 'string' ? query.id : ''), isOperator(actor)),
    ],
    [
      'get',
      '/jobs',
      async (actor, { query }) => {
        const jobs = await mapping.jobs(actor, typeof query.id === 'string' ? query.id : undefined)
        return { jobs: jobs.map((seen) => jobOf(seen, isOperator(actor))) }
      },
    ],
    ['post', '/propose', async (actor, request) => decidedOf(await mapping.propose(actor, await sentIn(request)))],
    ['post', '/withdraw', async (actor, request) => decidedOf(await mapping.withdraw(actor, await sentIn(request)))],
    ['post', '/confirm', async (actor, request) => decidedOf(await mapping.confirm(actor, await sentIn(request)))],
    ['post', '/reject', async (actor, request) => decidedOf(await mapping.reject(actor, await sentIn(request)))],
  ]
  for (const [method, path, ask] of asks)
    router[method](path, async (request: Request, response: Response) => {
      // Express hands what is thrown on to the one place that answers errors.
      const answer = await ask(await authenticate(request), request)
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.end(JSON.stringify(answer))
    })
  for (const [method, path] of [...asks, ...parts.map(([path]) => ['get', path] as const)])
    router.all(path, () => {
      throw new OutcomeError('method-not-allowed', {}, { Allow: method.toUpperCase() })
    })
  return router
}

/** @throws OutcomeError body-too-large, json-invalid, json-not-object */
async function sentIn(request: Request): Promise<Sent> {
  const max = MAPPING_BOUNDS.bodyBytesMax
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes <= max) pieces.push(piece)
    // Some more is read and thrown away, so that the sender can finish and read why it is refused.
    else if (bytes > DISCARD_FACTOR * max) break
  }
  if (bytes > max) throw new OutcomeError('body-too-large', { params: { max } }, { Connection: 'close' })
  const sent = JSON.parse(compactJson(Buffer.concat(pieces))) as unknown
  if (sent === null || typeof sent !== 'object' || Array.isArray(sent)) throw new OutcomeError('json-not-object')
  return sent as Sent
}

function pageOf({ rows, total, next }: Awaited<ReturnType<CodeMapping['list']>>): object {
  return { ...(total === undefined ? {} : { total }), ...(next === undefined ? {} : { next }), codes: rows.map(rowOf) }
}

function rowOf({ row, mapping }: Listed): object {
  const { _id, source, map, system, code, display, count, firstSeen, lastSeen, example, state = 'open' } = row
  const seen = { count, ...(firstSeen ? { firstSeen } : {}), lastSeen, ...(example ? { example } : {}) }
  return { id: _id, source, map, system, code, display, ...seen, state, ...(mapping ? decidedOf(mapping) : {}) }
}

function decidedOf({ _id, current, pending }: CodeMappingDoc): object {
  return {
    id: _id,
    state: pending ? 'proposed' : current ? 'mapped' : 'open',
    ...(current ? { current: { ...current, applies: appliedTarget(current.meaning) !== undefined } } : {}),
    ...(pending ? { pending } : {}),
  }
}

type Whole = Awaited<ReturnType<CodeMapping['one']>>

function wholeOf({ suggestions, events, jobs, ...listed }: Whole, isAll: boolean): object {
  return { ...rowOf(listed), suggestions, history: events.map(eventOf), jobs: jobs.map((seen) => jobOf(seen, isAll)) }
}

const eventOf = ({ _id, mapping: _, ...event }: EventDoc): object => event

/**
 * Numbers alone: which resources there are is not told here. How many were looked at, and of how many types, is of what all
 * organisations store, and so for operators; so is how many carry a code of a shared system.
 */
function jobOf({ job, isOwn }: JobSeen, isAll: boolean): object {
  const { _id, source, status, types, cursor, seen, written, failed, started, ended, expected } = job
  const times = { started, ...(ended ? { ended } : {}) }
  const total = expected !== undefined && expected !== null && (isAll || isOfOwnSystem(job)) ? { expected } : {}
  const place = { seen, types: types.length, typesDone: Math.min(cursor.type, types.length), pass: cursor.pass + 1 }
  return { id: _id, source, status, ...(isOwn ? { written, failed, ...total } : {}), ...times, ...(isAll ? place : {}) }
}

/** A code that one organisation made: what carries it is that organisation's. */
const isOfOwnSystem = ({ organization, change }: RetranslationJob): boolean =>
  (JSON.parse(change) as CodingChange).source.system.startsWith(localSystem(organization, ''))
