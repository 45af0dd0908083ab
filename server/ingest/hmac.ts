/** HMAC-SHA-256 (RFC 2104) as two hashes in one go each: an object of `createHmac` costs more than both. */
import { hash } from 'node:crypto'

/** bytes that SHA-256 takes at a time (FIPS 180-4) */
const BLOCK = 64

/** The key as it stands before each of the two hashes. */
export interface Pads {
  inner: Uint8Array
  outer: Uint8Array
}

export function padsOf(secret: Uint8Array): Pads {
  const key = Buffer.alloc(BLOCK)
  key.set(secret.byteLength > BLOCK ? hash('sha256', secret, 'buffer') : secret)
  return { inner: key.map((byte) => byte ^ 0x36), outer: key.map((byte) => byte ^ 0x5c) }
}

export function hmac({ inner, outer }: Pads, text: string): Uint8Array {
  const first = hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer')
  return hash('sha256', Buffer.concat([outer, first]), 'buffer')
}
