/** A request's bearer token to an Actor. Whatever is missing, unknown or not understood ends in 401: never in fewer restrictions. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { mayNarrow } from '../config/purposes.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Actor } from './actor.ts'
import { askedBy } from './claims.ts'
import { grant } from './grant.ts'
import { AUTH_LIMITS } from './limits.ts'
import type { AuthParts } from './parts.ts'
import { clientActor } from './registered-actor.ts'
import { type TokenVerifier, tokenVerifier } from './verify-token.ts'

/** Anything with HTTP headers; Express requests are. @throws OutcomeError unauthenticated, purpose-not-permitted */
export type Authenticator = (request: { headers: IncomingHttpHeaders }) => Promise<Actor>

/** Everybody, when YILIAN_NO_AUTH=1: development and conformance runs. */
const NOBODY_ASKED: Actor = {
  clientId: 'no-auth',
  party: 'operator',
  organization: '',
  role: 'admin',
  purpose: 'SYSADMIN',
  form: 'IDENT',
  scopes: [{ level: 'system', type: '*', permissions: 'cruds' }],
  unrestricted: true,
}

interface Known {
  actor: Actor
  /** milliseconds since the epoch */
  until: number
}

export function createAuthenticator(parts: AuthParts): Authenticator {
  if (parts.config.noAuth) return () => Promise.resolve(NOBODY_ASKED)
  const verify = tokenVerifier(parts)
  const known = new Map<string, Known>()
  return async function authenticate(request) {
    const token = bearerToken(request.headers.authorization)
    // A verified signature stays verified until the token ends; the hash keeps tokens themselves out of memory dumps.
    const hash = createHash('sha256').update(token).digest('base64')
    let found = known.get(hash)
    if (found && found.until <= parts.now().getTime()) {
      known.delete(hash)
      found = undefined
    }
    if (!found) {
      found = await actorOf(parts, verify, token)
      if (known.size >= AUTH_LIMITS.verifiedTokens) dropOldest(known)
      known.set(hash, found)
    }
    const header = request.headers['x-purpose-of-use']
    return header === undefined ? found.actor : narrowed(parts, found.actor, String(header))
  }
}

function dropOldest(known: Map<string, Known>): void {
  const oldest = known.keys().next()
  if (!oldest.done) known.delete(oldest.value)
}

function bearerToken(header: string | undefined): string {
  if (header === undefined) throw new OutcomeError('unauthenticated')
  const match = header.length > AUTH_LIMITS.tokenChars ? null : /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header)
  if (!match?.[1]) throw invalidToken()
  return match[1]
}

function invalidToken(): OutcomeError {
  return new OutcomeError('unauthenticated', {}, { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
}

async function actorOf(parts: AuthParts, verify: TokenVerifier, token: string): Promise<Known> {
  const verified = await verify(token)
  if (!verified.ok) {
    parts.log.info({ why: verified.why }, 'token refused')
    throw invalidToken()
  }
  const client = parts.clients.get(verified.clientId)?.client
  const asked = askedBy(verified.claims, parts.urls.audience)
  const granted = client && asked ? grant(client, asked, 'issuer') : undefined
  if (!client || !granted?.ok) {
    parts.log.info({ why: granted && !granted.ok ? granted.why : client ? 'claims' : 'unknown client' }, 'token refused')
    throw invalidToken()
  }
  if (granted.grant.purpose === 'BTG' && isTooLongForBreakingGlass(parts, verified.expiresAt)) {
    parts.log.info({ why: 'exp too far for BTG' }, 'token refused')
    throw invalidToken()
  }
  const { study, reason, patient, user } = granted.grant
  const actor: Actor = {
    ...clientActor(client, granted.grant),
    ...(study === undefined ? {} : { study }),
    ...(reason === undefined ? {} : { breakGlassReason: reason }),
    ...(patient === undefined ? {} : { patient }),
    ...(user === undefined ? {} : { user }),
  }
  return { actor: Object.freeze(actor), until: verified.expiresAt * 1000 }
}

/** Whoever issued it: glass is broken for minutes, not for the life of an ordinary token. */
function isTooLongForBreakingGlass(parts: AuthParts, expiresAt: number): boolean {
  return expiresAt - parts.now().getTime() / 1000 > AUTH_LIMITS.breakGlassSeconds + AUTH_LIMITS.clockToleranceSeconds
}

const ACT_REASON_PREFIX = 'http://terminology.hl7.org/CodeSystem/v3-ActReason|'

/** X-Purpose-Of-Use: the token's purpose or a kind of it; a wider or another one is refused, not ignored. */
function narrowed(parts: AuthParts, actor: Actor, header: string): Actor {
  const value = header.trim()
  const asked = value.startsWith(ACT_REASON_PREFIX) ? value.slice(ACT_REASON_PREFIX.length) : value
  const client = parts.clients.get(actor.clientId)?.client
  if (!client || !mayNarrow(actor.party, client.purposes, actor.purpose, asked)) {
    throw new OutcomeError('purpose-not-permitted', { expression: ['http.x-purpose-of-use'] })
  }
  return asked === actor.purpose ? actor : { ...actor, purpose: asked }
}
