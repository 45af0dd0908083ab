/** Client authentication by private_key_jwt (RFC 7523; SMART Backend Services). */
import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose'
import type { Client } from '../config/config.ts'
import type { ClientRegistry } from './client-registry.ts'
import { ALGORITHMS, AUTH_LIMITS } from './limits.ts'
import type { Replay } from './replay.ts'

export interface AssertionDeps {
  clients: ClientRegistry
  replay: Replay
  now: () => Date
}

/** `why` is for the log: the client is told only that it could not be authenticated. */
export type AssertionResult = { ok: true; client: Client } | { ok: false; why: string; clientId?: string }

const refused = (why: string, clientId?: string): AssertionResult => ({ ok: false, why, ...(clientId === undefined ? {} : { clientId }) })

/** Headers that point to a key of the sender's choice. */
const KEY_HEADERS = ['jku', 'jwk', 'x5u', 'x5c'] as const
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'jwt', 'client-authentication+jwt'])

/** Verifies the assertion for one of `audiences`; a jti counts as used only when everything else is in order. */
export async function verifyAssertion(deps: AssertionDeps, assertion: string, audiences: readonly string[]): Promise<AssertionResult> {
  if (assertion.length > AUTH_LIMITS.tokenChars) return refused('too long')
  const opened = open(assertion)
  if (!opened) return refused('not a JWT')
  const clientId = opened.claims.iss
  const registered = typeof clientId === 'string' ? deps.clients.get(clientId) : undefined
  if (!registered?.keys || typeof clientId !== 'string') return refused('unknown client')
  const problem = headerProblem(opened.header)
  if (problem) return refused(problem, clientId)
  let payload: JWTPayload
  try {
    const verified = await jwtVerify(assertion, registered.keys, {
      algorithms: [...ALGORITHMS],
      issuer: clientId,
      subject: clientId,
      audience: [...audiences],
      clockTolerance: AUTH_LIMITS.clockToleranceSeconds,
      currentDate: deps.now(),
    })
    payload = verified.payload
  } catch (error) {
    return refused(String((error as { code?: unknown }).code ?? 'not verified'), clientId)
  }
  const unfit = claimsProblem(payload, deps.now())
  if (unfit) return refused(unfit, clientId)
  const fresh = await deps.replay.use(clientId, payload.jti as string, new Date((payload.exp as number) * 1000))
  return fresh ? { ok: true, client: registered.client } : refused('jti used before', clientId)
}

function open(assertion: string): { header: ProtectedHeaderParameters; claims: JWTPayload } | undefined {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) }
  } catch {
    return undefined
  }
}

function headerProblem(header: ProtectedHeaderParameters): string | undefined {
  if (!ALGORITHMS.includes(String(header.alg))) return 'algorithm'
  if (header.crit !== undefined) return 'crit'
  if (KEY_HEADERS.some((name) => header[name] !== undefined)) return 'key in header'
  if (!TYPES.has(header.typ)) return 'typ'
  if (typeof header.kid !== 'string' || header.kid === '' || header.kid.length > AUTH_LIMITS.kidChars) return 'kid'
  return undefined
}

/** What the library leaves open: a life of thirty days, a token from the future, several audiences, no jti. */
function claimsProblem(payload: JWTPayload, now: Date): string | undefined {
  const seconds = now.getTime() / 1000
  if (typeof payload.exp !== 'number') return 'exp missing'
  if (payload.exp - seconds > AUTH_LIMITS.assertionSeconds + AUTH_LIMITS.clockToleranceSeconds) return 'exp too far'
  if (payload.iat !== undefined && payload.iat > seconds + AUTH_LIMITS.clockToleranceSeconds) return 'iat in the future'
  if (Array.isArray(payload.aud) && payload.aud.length !== 1) return 'several audiences'
  if (typeof payload.jti !== 'string' || payload.jti === '' || payload.jti.length > AUTH_LIMITS.jtiChars) return 'jti'
  return undefined
}
