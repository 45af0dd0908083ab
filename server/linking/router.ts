/** HTTP side of links by likeness: the page, and the JSON that it asks for. Mounted at `/linking`. */
import { readFileSync } from 'node:fs'
import express, { type Request, type Response, type Router } from 'express'
import type { Access } from '../access/types.ts'
import type { Actor } from '../auth/actor.ts'
import { compactJson } from '../fhir/resource-text.ts'
import type { LinkEventDoc } from '../ingest/tables.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import { LINKING_BOUNDS } from './bounds.ts'
import type { Linking, Sent } from './linking.ts'
import { listAsked, type Page, type TaskSeen } from './queue.ts'

export interface LinkingRouterDeps {
  linking: Linking
  access: Pick<Access, 'mask'>
  /** @throws OutcomeError unauthenticated */
  authenticate(request: Request): Promise<Actor>
}

type Ask = (actor: Actor, request: Request) => Promise<object>

/** The page runs its own script, asks its own server, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

const DISCARD_FACTOR = 64

const file = (name: string): Buffer => readFileSync(new URL(`./page/${name}`, import.meta.url))

export function linkingRouter({ linking, access, authenticate }: LinkingRouterDeps): Router {
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
  const done = (work: (actor: Actor, sent: Sent) => Promise<void>): Ask => {
    return async (actor, request) => {
      await work(actor, await sentIn(request))
      return { done: true }
    }
  }
  const asks: [method: 'get' | 'post', path: string, ask: Ask][] = [
    ['get', '/tasks', async (actor, { query }) => pageOf(await linking.list(actor, listAsked(query)), (doc) => shown(access, actor, doc))],
    ['get', '/graph', async (actor, request) => linking.graph(actor, patientIn(request))],
    ['get', '/history', async (actor, request) => ({ events: (await linking.history(actor, patientIn(request))).map(eventOf) })],
    ['post', '/link', done(linking.link)],
    ['post', '/keep-apart', done(linking.keepApart)],
    ['post', '/part', done(linking.part)],
  ]
  for (const [method, path, ask] of asks)
    router[method](path, async (request: Request, response: Response) => {
      // Express hands what is thrown on to the one place that answers errors.
      const answer = await ask(await authenticate(request), request)
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.setHeader('Cache-Control', 'no-store')
      response.end(JSON.stringify(answer))
    })
  for (const [method, path] of [...asks, ...parts.map(([path]) => ['get', path] as const)])
    router.all(path, () => {
      throw new OutcomeError('method-not-allowed', {}, { Allow: method.toUpperCase() })
    })
  return router
}

/** @throws OutcomeError linking-patient-unknown: no id is as an unknown one */
function patientIn({ query }: Request): string {
  if (typeof query.patient !== 'string' || query.patient === '') throw new OutcomeError('linking-patient-unknown')
  return query.patient
}

/** @throws OutcomeError body-too-large, json-invalid, json-not-object */
async function sentIn(request: Request): Promise<Sent> {
  const max = LINKING_BOUNDS.bodyBytesMax
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

type Show = (doc: Stored) => object

function pageOf({ rows, next }: Page, show: Show): object {
  return { ...(next === undefined ? {} : { next }), tasks: rows.map((row) => taskOf(row, show)) }
}

function taskOf({ task, patients }: TaskSeen, show: Show): object {
  const { _id, organizations, at, score, levels, doubt, state } = task
  const records = task.patients.map((patient, place) => {
    const doc = patients.get(patient)
    return { patient, organization: organizations[place], ...(doc ? { shown: show(doc) } : {}) }
  })
  return { id: _id, state, since: at, score, levels, doubt, records }
}

/** What a clerk compares of a Patient, as a read would show it. */
const COMPARED = ['name', 'gender', 'birthDate', 'telecom', 'address', 'identifier', 'contact'] as const

function shown(access: Pick<Access, 'mask'>, actor: Actor, { body, acc }: Stored): object {
  const patient = JSON.parse(access.mask(actor, Buffer.from(body).toString('utf8'), acc)) as Record<string, unknown>
  return Object.fromEntries(COMPARED.flatMap((name) => (patient[name] === undefined ? [] : [[name, patient[name]]])))
}

const eventOf = ({ at, patients, act, by, reason, comment, score, levels, weights }: LinkEventDoc): object => ({
  at,
  act,
  patients,
  by: by ?? { rule: weights },
  ...(reason === undefined ? {} : { reason }),
  ...(comment === undefined ? {} : { comment }),
  ...(score === undefined ? {} : { score, levels }),
})
