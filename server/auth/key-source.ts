/** Where the public keys of a client or an issuer come from. */
import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  type JWTVerifyGetKey,
  type LocalJWKSet,
} from 'jose'
import { type FetchRules, fetchJwks } from './fetch-jwks.ts'
import { AUTH_LIMITS } from './limits.ts'
import type { AuthLog } from './log.ts'

/** Keys that stand in the configuration. */
export function localKeys(keys: JSONWebKeySet): JWTVerifyGetKey {
  return createLocalJWKSet(keys)
}

export interface RemoteKeysOptions {
  uri: string
  rules: FetchRules
  log: AuthLog
  /** milliseconds since the epoch */
  now?: () => number
  fetch?: typeof fetchJwks
}

/**
 * Keys fetched from a registered address, kept for a quarter of an hour. A key id that is not known makes one new fetch a minute at
 * most, whatever is sent to us; so does a failed fetch. Keys in hand stay in use for an hour while their server is away.
 */
export function remoteKeys(options: RemoteKeysOptions): JWTVerifyGetKey {
  const now = options.now ?? Date.now
  const fetch = options.fetch ?? fetchJwks
  let keys: LocalJWKSet | undefined
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  async function load(): Promise<void> {
    triedAt = now()
    try {
      keys = createLocalJWKSet(await fetch(options.uri, options.rules))
      fetchedAt = now()
    } catch (error) {
      options.log.warn(
        { origin: new URL(options.uri).origin, why: error instanceof Error ? error.message : '' },
        'key set could not be fetched',
      )
    }
  }
  function refresh(): Promise<void> {
    running ??= load().finally(() => {
      running = undefined
    })
    return running
  }
  const mayTry = () => running !== undefined || now() - triedAt >= AUTH_LIMITS.jwksRefreshMs

  return async function keyOf(header: JWSHeaderParameters, token: FlattenedJWSInput) {
    if (now() - fetchedAt >= AUTH_LIMITS.jwksCacheMs && mayTry()) await refresh()
    if (now() - fetchedAt >= AUTH_LIMITS.jwksStaleMs || !keys) throw new errors.JWKSNoMatchingKey()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayTry()) throw error
      await refresh()
      return keys(header, token)
    }
  }
}
