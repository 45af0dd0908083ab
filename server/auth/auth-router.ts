/** The built-in authorization server under /auth. */
import { type NextFunction, type Request, type Response, Router } from 'express'
import { introspect } from './introspection.ts'
import { OAuthError } from './oauth-error.ts'
import type { AuthParts } from './parts.ts'
import { introspectionRequest, tokenRequest } from './token-endpoint.ts'

/** POST token, POST introspect, GET jwks. Interactive sign-in belongs to an external issuer: authorize answers 501. */
export function authRouter(parts: AuthParts): Router {
  const router = Router()
  router.post(
    '/token',
    answer((request) => tokenRequest(parts, request)),
  )
  router.post(
    '/introspect',
    answer(async (request) => {
      const { client, token } = await introspectionRequest(parts, request)
      return introspect(parts, client, token)
    }),
  )
  router.get(
    '/jwks',
    answer(() => Promise.resolve(parts.key.jwks)),
  )
  router.all(
    '/authorize',
    answer(() =>
      Promise.reject(new OAuthError('not-supported', '交互式登录由外部签发方提供 / interactive sign-in is left to an external issuer')),
    ),
  )
  for (const [path, methods] of Object.entries(METHODS)) router.all(path, otherMethod(methods))
  router.use(function failed(error: unknown, request: Request, response: Response, _next: NextFunction) {
    sendError(parts, request, response, error)
  })
  return router
}

const METHODS = { '/token': 'POST, OPTIONS', '/introspect': 'POST, OPTIONS', '/jwks': 'GET, HEAD, OPTIONS' }

/** Of a path that is there under others (RFC 9110 15.5.6). */
function otherMethod(methods: string) {
  return function refused(request: Request, response: Response): void {
    response.set({ Allow: methods, 'Cache-Control': 'no-store', Pragma: 'no-cache' })
    if (request.method === 'OPTIONS') return void response.status(204).end()
    if (!request.complete) response.set('Connection', 'close')
    response.status(405).json(new OAuthError('invalid_request', '此地址不支持该方法 / the method is not supported here'))
  }
}

function answer(make: (request: Request) => Promise<unknown>) {
  return async function authEndpoint(request: Request, response: Response): Promise<void> {
    const content = await make(request)
    // Tokens and what is known of them must not be kept by anybody on the way (RFC 6749, 5.1).
    response.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(content)
  }
}

function sendError(parts: AuthParts, request: Request, response: Response, error: unknown): void {
  const known = error instanceof OAuthError ? error : new OAuthError('temporarily_unavailable', 'try again later')
  if (known !== error) parts.log.warn({ kind: error instanceof Error ? error.name : 'unknown' }, 'authorization server failed')
  response.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' })
  // What was not read of the body is not waited for.
  if (!request.complete) response.set('Connection', 'close')
  response.status(known.status).json(known)
}
