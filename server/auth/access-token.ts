/** Access tokens of the built-in authorization server: short-lived JWTs (RFC 9068), signed with the key that all processes share. */
import { randomUUID } from 'node:crypto'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Client } from '../config/config.ts'
import { formatScopes } from '../config/scope.ts'
import { claimsOf } from './claims.ts'
import type { Grant } from './grant.ts'
import { AUTH_LIMITS } from './limits.ts'
import type { SigningKey } from './signing-key.ts'

export interface TokenAnswer {
  access_token: string
  token_type: 'bearer'
  /** seconds */
  expires_in: number
  scope: string
  patient?: string
}

/** Names of this server as an authorization server, from PUBLIC_URL. */
export interface AuthUrls {
  issuer: string
  token: string
  introspect: string
  jwks: string
  /** FHIR base: audience of access tokens */
  audience: string
}

export function authUrls(publicUrl: string): AuthUrls {
  const issuer = `${publicUrl}/auth`
  return { issuer, token: `${issuer}/token`, introspect: `${issuer}/introspect`, jwks: `${issuer}/jwks`, audience: `${publicUrl}/fhir` }
}

export async function issueToken(key: SigningKey, urls: AuthUrls, client: Client, granted: Grant, now: Date): Promise<TokenAnswer> {
  const lifetime = granted.purpose === 'BTG' ? AUTH_LIMITS.breakGlassSeconds : AUTH_LIMITS.accessSeconds
  const issuedAt = Math.floor(now.getTime() / 1000)
  const access_token = await new SignJWT(claimsOf(client, granted))
    .setProtectedHeader({ alg: key.alg, typ: 'at+jwt', kid: key.kid })
    .setIssuer(urls.issuer)
    .setAudience(urls.audience)
    .setSubject(client.clientId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetime)
    .setJti(randomUUID())
    .sign(key.privateKey)
  return {
    access_token,
    token_type: 'bearer',
    expires_in: lifetime,
    scope: formatScopes(granted.scopes),
    ...(granted.patient === undefined ? {} : { patient: granted.patient }),
  }
}

/** Claims of a token that this server issued and that is still good. @throws JOSEError otherwise */
export async function verifyOwnToken(key: SigningKey, urls: AuthUrls, token: string, now: Date): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, key.verify, {
    algorithms: [key.alg],
    issuer: urls.issuer,
    audience: urls.audience,
    typ: 'at+jwt',
    requiredClaims: ['exp', 'client_id'],
    currentDate: now,
  })
  return payload
}
