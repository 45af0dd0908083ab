/** /health (alive), /ready (database, overlay and audit can be used) and /metrics (Prometheus). */
import { Router } from 'express'
import { collectDefaultMetrics, Registry } from 'prom-client'

export interface HealthDeps {
  /** name of a part and whether it works now */
  checks: Record<string, () => Promise<boolean>>
}

const CHECK_MS_MAX = 3000

export function healthRouter(deps: HealthDeps): Router {
  const router = Router()
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  router.get('/health', (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/ready', async (_request, response) => {
    const parts = await Promise.all(Object.entries(deps.checks).map(async ([name, check]) => [name, await inTime(check)] as const))
    const ready = parts.every(([, ok]) => ok)
    response.status(ready ? 200 : 503).json({ ready, parts: Object.fromEntries(parts) })
  })
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics())
  })
  return router
}

async function inTime(check: () => Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CHECK_MS_MAX).unref())
  return Promise.race([check().catch(() => false), late])
}
