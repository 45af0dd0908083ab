/** The Express application: which path belongs to whom, and the headers that every answer has. */
import express, { type Express, type Router } from 'express'
import type { Logger } from 'pino'
import type { Guide } from '../guide/guide.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type EndpointDeps, fhirEndpoint, sendError } from './fhir-endpoint.ts'
import { guideRouter } from './guide-router.ts'
import { refuseRepeated } from './repeated-headers.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { healthRouter, type HealthDeps } from './health.ts'

export interface AppDeps extends EndpointDeps {
  auth: Router
  ingest: Router
  guide: Guide
  codeMapping: Router
  linking: Router
  health: HealthDeps
  log: Logger
}

export function createApp(deps: AppDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  // Strings and lists of strings, never objects (access.md L62); /fhir reads its queries itself.
  app.set('query parser', 'simple')
  app.use(function security(_request, response, next) {
    for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value)
    response.setHeader('Vary', 'Authorization, Accept, Accept-Encoding')
    next()
  })
  app.use(function repeated(request, _response, next) {
    refuseRepeated(request.rawHeaders)
    next()
  })
  app.use('/fhir', fhirEndpoint(deps))
  app.use('/auth', deps.auth)
  app.use('/ingest', deps.ingest)
  app.use('/ig', guideRouter(deps.guide))
  app.use('/code-mapping', deps.codeMapping)
  app.use('/linking', deps.linking)
  app.use(healthRouter(deps.health, deps.authenticate))
  app.use(function unknownPath(request, response) {
    sendError(deps.log, request, response, new OutcomeError('not-found'))
  })
  app.use(function failed(error: unknown, request: express.Request, response: express.Response, _next: express.NextFunction) {
    // Express decodes the parts of a path itself, and throws what decodeURIComponent throws.
    sendError(deps.log, request, response, error instanceof URIError ? new OutcomeError('url-invalid') : error)
  })
  return app
}
