/** Requests of the tests, as plain HTTP. */
import { randomUUID } from 'node:crypto'
import { type CompactJWSHeaderParameters, importJWK, type JWK, SignJWT } from 'jose'
import type { KeyPair, Running } from './server.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer can be of any shape, which is what the tests look at
  body: any
  headers: Headers
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Claims of a right assertion of this client, now. */
export function assertionClaims(server: Running, clientId: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return { iss: clientId, sub: clientId, aud: `${server.url}/auth/token`, iat: now, exp: now + 240, jti: randomUUID() }
}

/** Signs claims as they are given, right or wrong. */
export async function sign(claims: Record<string, unknown>, key: JWK, header: Partial<CompactJWSHeaderParameters> = {}): Promise<string> {
  const alg = header.alg ?? String(key.alg)
  const full = { alg, kid: String(key.kid), typ: 'JWT', ...header } as CompactJWSHeaderParameters
  for (const name of Object.keys(full)) if (full[name] === undefined) delete full[name]
  return new SignJWT(claims).setProtectedHeader(full).sign(await importJWK(key, alg))
}

export async function post(
  url: string,
  form: Record<string, string> | string | [string, string][],
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form as Record<string, string>).toString()
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
  return { status: response.status, body: await response.json(), headers: response.headers }
}

/** A token request with this assertion. */
export function tokenWith(server: Running, assertion: string, parameters: Record<string, string> = {}): Promise<Answer> {
  return post(`${server.url}/auth/token`, {
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...parameters,
  })
}

/** A token request as a well-behaved client makes it. */
export async function token(server: Running, clientId: string, key: KeyPair, parameters: Record<string, string> = {}): Promise<Answer> {
  return tokenWith(server, await sign(assertionClaims(server, clientId), key.private), parameters)
}

export async function whoami(server: Running, bearer: string | undefined, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/whoami`, {
    headers: { ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }), ...headers },
  })
  return { status: response.status, body: await response.json(), headers: response.headers }
}
