/** The client's side of private_key_jwt: for the command line, the demonstration and the tests. */
import { randomUUID } from 'node:crypto'
import { importJWK, type JWK, SignJWT } from 'jose'

export interface AssertionInput {
  clientId: string
  /** private key with `kid` and `alg` */
  key: JWK
  /** token URL of the server */
  audience: string
  now?: Date
}

const LIFETIME_SECONDS = 120

export async function clientAssertion(input: AssertionInput): Promise<string> {
  const alg = input.key.alg ?? 'ES384'
  const issuedAt = Math.floor((input.now ?? new Date()).getTime() / 1000)
  return new SignJWT({})
    .setProtectedHeader({ alg, kid: String(input.key.kid), typ: 'JWT' })
    .setIssuer(input.clientId)
    .setSubject(input.clientId)
    .setAudience(input.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .setJti(randomUUID())
    .sign(await importJWK(input.key, alg))
}
