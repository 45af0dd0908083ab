/** Digests by which an index says which file it means: MD5, SHA-1, SHA-256 or SM3 (GB/T 32905), in hexadecimal digits. */
import { createHash } from 'node:crypto'

const ALGORITHMS: Readonly<Record<number, readonly string[]>> = { 32: ['md5'], 40: ['sha1'], 64: ['sha256', 'sm3'] }

/** One that is no digest is that of no file. */
export function isDigestOf(digest: string, bytes: Uint8Array): boolean {
  const sent = digest.replace(/^(?:md5|sha-?1|sha-?256|sm3)[:=]/i, '').toLowerCase()
  if (!/^[0-9a-f]+$/.test(sent)) return false
  return (ALGORITHMS[sent.length] ?? []).some((algorithm) => createHash(algorithm).update(bytes).digest('hex') === sent)
}
