/** Signature, issuer, audience and times of an access token, ours or that of a trusted issuer. */
import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose'
import type { Issuer } from '../config/config.ts'
import { verifyOwnToken } from './access-token.ts'
import { remoteKeys } from './key-source.ts'
import { AUTH_LIMITS } from './limits.ts'
import type { AuthParts } from './parts.ts'

/** `expiresAt`: seconds since the epoch. `why` is for the log only. */
export type VerifiedToken = { ok: true; clientId: string; claims: JWTPayload; expiresAt: number } | { ok: false; why: string }
export type TokenVerifier = (token: string) => Promise<VerifiedToken>

interface Trusted {
  issuer: Issuer
  keys: JWTVerifyGetKey
}

/** Headers that point to a key of the sender's choice, or ask for extensions that we do not have. */
const REFUSED_HEADERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit'] as const

export function tokenVerifier(parts: AuthParts): TokenVerifier {
  const rules = { origins: parts.config.jwksOrigins, privateOrigins: parts.config.privateOrigins }
  const trusted = new Map<string, Trusted>(
    parts.config.issuers.map((issuer) => [issuer.issuer, { issuer, keys: remoteKeys({ uri: issuer.jwksUri, rules, log: parts.log }) }]),
  )
  return async function verifyToken(token) {
    try {
      const header = decodeProtectedHeader(token)
      if (REFUSED_HEADERS.some((name) => header[name] !== undefined)) return { ok: false, why: 'header' }
      const { iss } = decodeJwt(token)
      // The issuer named in the token only chooses the keys; the signature then has to fit that very issuer.
      if (iss === parts.urls.issuer) return own(parts, await verifyOwnToken(parts.key, parts.urls, token, parts.now()))
      const from = typeof iss === 'string' ? trusted.get(iss) : undefined
      return from ? external(parts, from, await verifyExternal(parts, from, token)) : { ok: false, why: 'issuer' }
    } catch (error) {
      return { ok: false, why: String((error as { code?: unknown }).code ?? 'not verified') }
    }
  }
}

function own(parts: AuthParts, claims: JWTPayload): VerifiedToken {
  const tooLong = lifetimeProblem(claims, AUTH_LIMITS.breakGlassSeconds, parts.now())
  return tooLong ? { ok: false, why: tooLong } : { ok: true, clientId: String(claims.client_id), claims, expiresAt: claims.exp ?? 0 }
}

async function verifyExternal(parts: AuthParts, from: Trusted, token: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, from.keys, {
    algorithms: [...from.issuer.algorithms],
    issuer: from.issuer.issuer,
    audience: from.issuer.audience,
    requiredClaims: ['exp', 'client_id'],
    clockTolerance: AUTH_LIMITS.clockToleranceSeconds,
    currentDate: parts.now(),
  })
  return payload
}

/** An issuer speaks for the clients it is trusted with; operators are never among them unless the configuration names them. */
function external(parts: AuthParts, from: Trusted, claims: JWTPayload): VerifiedToken {
  if (typeof claims.client_id !== 'string') return { ok: false, why: 'client_id' }
  const registered = parts.clients.get(claims.client_id)
  const speaksFor = from.issuer.clients ? from.issuer.clients.includes(claims.client_id) : registered?.client.party !== 'operator'
  if (!registered || !speaksFor) return { ok: false, why: 'client' }
  const tooLong = lifetimeProblem(claims, from.issuer.maxLifetimeSeconds, parts.now())
  return tooLong ? { ok: false, why: tooLong } : { ok: true, clientId: claims.client_id, claims, expiresAt: claims.exp ?? 0 }
}

/** The library accepts any `exp` in the future, thirty days too. */
function lifetimeProblem(claims: JWTPayload, secondsMax: number, now: Date): string | undefined {
  const seconds = now.getTime() / 1000
  if (typeof claims.exp !== 'number' || claims.exp - seconds > secondsMax + AUTH_LIMITS.clockToleranceSeconds) return 'exp too far'
  if (claims.iat !== undefined && claims.iat > seconds + AUTH_LIMITS.clockToleranceSeconds) return 'iat in the future'
  return undefined
}
