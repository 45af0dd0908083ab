/** Ids of what sources send: keyed hashes, so that re-delivery meets its resource and no number can be guessed from an id. */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { ResourceKey } from '../../mappings/engine/types.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
export const ID_CHARACTERS = 26

/** RFC 4648 base32, lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let out = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += ALPHABET[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? out + ALPHABET[(value << (5 - bits)) & 31] : out
}

const keys = new WeakMap<Uint8Array, KeyObject>()

/** Making a key of the secret's bytes costs more than the hash itself. */
function keyOf(secret: Uint8Array): KeyObject {
  const known = keys.get(secret)
  if (known) return known
  const made = createSecretKey(secret)
  keys.set(secret, made)
  return made
}

/** 26 characters (130 bits) of HMAC-SHA-256 over the parts; JSON keeps `a|b` and `a`, `b` apart. */
export function keyedId(secret: Uint8Array, ...parts: string[]): string {
  return base32(createHmac('sha256', keyOf(secret)).update(JSON.stringify(parts)).digest()).slice(0, ID_CHARACTERS)
}

/** Id of the resource that a key stands for, the same from every source. */
export function resourceId(secret: Uint8Array, key: ResourceKey): string {
  return keyedId(secret, 'resource', key.type, key.scope, ...key.parts)
}

/** Id of a set of things (batches.ts). */
export const batchId = (secret: Uint8Array, { type, scope, parts }: ResourceKey): string => keyedId(secret, 'batch', type, scope, ...parts)

/** 26 random characters: masters, uploads, leases. */
export function randomId(): string {
  return base32(randomBytes(17)).slice(0, ID_CHARACTERS)
}
