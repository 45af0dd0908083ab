/** /health (alive), /ready (database, overlay and audit can be used) and /metrics (Prometheus). */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Request, Router } from 'express'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Authenticator } from '../auth/authenticator.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

export interface HealthDeps {
  /** figures of other parts; those of the process are added */
  registry?: Registry
  /** METRICS_TOKEN: opens /metrics and nothing else, since a scraper cannot sign assertions; absent: operators alone see it */
  metricsToken?: string
  /** name of a part and whether it works now */
  checks: Record<string, () => Promise<boolean>>
}

const CHECK_MS_MAX = 3000

export function healthRouter(deps: HealthDeps, authenticate: Authenticator): Router {
  const router = Router()
  const registry = deps.registry ?? new Registry()
  collectDefaultMetrics({ register: registry })
  router.get('/health', (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/ready', async (_request, response) => {
    const parts = await Promise.all(Object.entries(deps.checks).map(async ([name, check]) => [name, await inTime(check)] as const))
    const ready = parts.every(([, ok]) => ok)
    response.status(ready ? 200 : 503).json({ ready, parts: Object.fromEntries(parts) })
  })
  router.get('/metrics', async (request, response) => {
    await requireScraper(request, deps.metricsToken, authenticate)
    response.type(registry.contentType).send(await registry.metrics())
  })
  router.all(['/health', '/ready', '/metrics'], (request, response) => {
    if (request.method !== 'OPTIONS') throw new OutcomeError('method-not-allowed', {}, { Allow: METHODS })
    response.status(204).set('Allow', METHODS).end()
  })
  return router
}

const METHODS = 'GET, HEAD, OPTIONS'

/** What a process is busy with tells of others' requests (access.md L82). @throws OutcomeError unauthenticated, forbidden */
async function requireScraper(request: Request, token: string | undefined, authenticate: Authenticator): Promise<void> {
  const sent = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token !== undefined && sent !== undefined && timingSafeEqual(digest(sent), digest(token))) return
  const { party, unrestricted } = await authenticate(request)
  if (party !== 'operator' && !unrestricted) throw new OutcomeError('forbidden')
}

/** Of one length, whatever is sent. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

async function inTime(check: () => Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CHECK_MS_MAX).unref())
  return Promise.race([check().catch(() => false), late])
}
