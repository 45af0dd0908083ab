/** The key with which access tokens are signed: one for all processes, kept in the database, so that it outlives restarts. */
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose'
import type { Table, TableDoc } from '../store/types.ts'

export interface SigningKeyDoc extends TableDoc {
  _id: string
  jwk: JWK
}

export interface SigningKey {
  kid: string
  alg: 'ES384'
  privateKey: CryptoKey
  /** what /auth/jwks shows */
  jwks: JSONWebKeySet
  verify: JWTVerifyGetKey
}

const ID = 'access-token'

/** The key in force; the first process ever makes it. Deleting the row and restarting replaces it. */
export async function openSigningKey(table: Table<SigningKeyDoc>): Promise<SigningKey> {
  const known = await table.get(ID)
  return fromJwk(known?.jwk ?? (await make(table)))
}

async function make(table: Table<SigningKeyDoc>): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES384', { extractable: true })
  const exported = await exportJWK(privateKey)
  const jwk = { ...exported, alg: 'ES384', use: 'sig', kid: await calculateJwkThumbprint(exported) }
  if (await table.insert({ _id: ID, jwk })) return jwk
  // Another process was first: its key counts.
  const winner = await table.get(ID)
  if (!winner) throw new Error('signing key vanished')
  return winner.jwk
}

async function fromJwk(jwk: JWK): Promise<SigningKey> {
  const { d: _private, ...publicJwk } = jwk as JWK & { d?: string }
  const jwks = { keys: [publicJwk] } as JSONWebKeySet
  const privateKey = (await importJWK(jwk, 'ES384')) as CryptoKey
  return { kid: String(jwk.kid), alg: 'ES384', privateKey, jwks, verify: createLocalJWKSet(jwks) }
}
