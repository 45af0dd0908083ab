/** A page for the staff of a hospital with the JSON that its script asks for: what is common to all of them. */
import { readFileSync } from 'node:fs'
import express, { type Request, type Response, type Router } from 'express'
import type { Actor } from '../auth/actor.ts'
import { compactJson } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

export type Ask = (actor: Actor, request: Request) => Promise<unknown>

export interface StaffPage {
  /** folder with page.html, page.js, which imports ./common.js, and, where it needs more than the common style, page.css */
  folder: URL
  hasOwnStyle?: true
  /** answers of the JSON side, by path */
  asks: readonly (readonly [method: 'get' | 'post', path: string, ask: Ask])[]
  /** headers of every answer in JSON */
  headers?: Readonly<Record<string, string>>
  /** @throws OutcomeError unauthenticated */
  authenticate(request: Request): Promise<Actor>
}

/** The page runs its own script, asks its own server, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

const DISCARD_FACTOR = 64

const COMMON = new URL('./', import.meta.url)

export function staffPageRouter({ folder, hasOwnStyle, asks, headers = {}, authenticate }: StaffPage): Router {
  const router = express.Router()
  const file = (name: string, from = folder): Buffer => readFileSync(new URL(name, from))
  const style = Buffer.concat([file('page.css', COMMON), ...(hasOwnStyle ? [file('page.css')] : [])])
  const parts: [path: string, type: string, bytes: Buffer][] = [
    ['/', 'text/html; charset=utf-8', file('page.html')],
    ['/page.js', 'text/javascript; charset=utf-8', file('page.js')],
    ['/common.js', 'text/javascript; charset=utf-8', file('common.js', COMMON)],
    ['/page.css', 'text/css; charset=utf-8', style],
  ]
  for (const [path, type, bytes] of parts)
    router.get(path, (_request, response) => {
      response.setHeader('Content-Security-Policy', PAGE_POLICY)
      response.setHeader('Referrer-Policy', 'no-referrer')
      response.setHeader('Content-Type', type)
      response.end(bytes)
    })
  for (const [method, path, ask] of asks)
    router[method](path, async (request: Request, response: Response) => {
      // Express hands what is thrown on to the one place that answers errors.
      const answer = await ask(await authenticate(request), request)
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.end(JSON.stringify(answer))
    })
  for (const [method, path] of [...asks, ...parts.map(([path]) => ['get', path] as const)])
    router.all(path, () => {
      throw new OutcomeError('method-not-allowed', {}, { Allow: method.toUpperCase() })
    })
  return router
}

/**
 * The JSON object that a page sent.
 * @param max bytes
 * @throws OutcomeError body-too-large, json-invalid, json-not-object
 */
export async function sentIn<T extends object>(request: Request, max: number): Promise<T> {
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
  return sent as T
}
