/** Ids of what sources send: keyed hashes, so that re-delivery meets its resource and no number can be guessed from an id. */
import { randomBytes } from 'node:crypto'
import type { ResourceKey } from '../../mappings/engine/types.ts'
import { hmac, type Pads, padsOf } from './hmac.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
export const ID_CHARACTERS = 26

/** RFC 4648 base32, lower case, without padding. @param bytes a character for each */
function base32(bytes: string): string {
  let out = ''
  let bits = 0
  let value = 0
  for (let at = 0; at < bytes.length; at++) {
    value = (value << 8) | bytes.charCodeAt(at)
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += ALPHABET[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? out + ALPHABET[(value << (5 - bits)) & 31] : out
}

interface Keyed {
  pads: Pads
  /** ids made last: rows of a file name the same report, doctor and number again and again */
  made: Map<string, string>
}

const MADE_MAX = 10_000
const secrets = new WeakMap<Uint8Array, Keyed>()

function keyedBy(secret: Uint8Array): Keyed {
  const known = secrets.get(secret)
  if (known) return known
  const fresh = { pads: padsOf(secret), made: new Map<string, string>() }
  secrets.set(secret, fresh)
  return fresh
}

/** 26 characters (130 bits) of HMAC-SHA-256 over the parts; JSON keeps `a|b` and `a`, `b` apart. */
export function keyedId(secret: Uint8Array, ...parts: string[]): string {
  const { pads, made } = keyedBy(secret)
  const name = JSON.stringify(parts)
  const known = made.get(name)
  if (known !== undefined) return known
  const id = base32(hmac(pads, name)).slice(0, ID_CHARACTERS)
  if (made.size >= MADE_MAX) made.clear()
  made.set(name, id)
  return id
}

/** Id of the resource that a key stands for, the same from every source. */
export function resourceId(secret: Uint8Array, key: ResourceKey): string {
  return keyedId(secret, 'resource', key.type, key.scope, ...key.parts)
}

/** Key of a patient number; the number itself is not kept in tables that only link. */
export const numberHash = (secret: Uint8Array, domain: string, kind: string, value: string): string =>
  keyedId(secret, 'patient-number', domain, kind, value)

/** Id of a set of things (batches.ts). */
export const batchId = (secret: Uint8Array, { type, scope, parts }: ResourceKey): string => keyedId(secret, 'batch', type, scope, ...parts)

/** 26 random characters: masters, uploads, leases. */
export function randomId(): string {
  return base32(randomBytes(17).toString('latin1')).slice(0, ID_CHARACTERS)
}
