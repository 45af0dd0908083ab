/**
 * The bytes of each document of a file: what is wrong with one is kept with its own bytes, and whoever refuses to be collected is looked for in them,
 * not in those of the others.
 */
import type { Charset } from '../../parsers/charset.ts'

/**
 * What is no tag, then the tags of documents with their prefixes. In the charsets of senders no byte of a Chinese character is `<`, `>` or `/`; one may be
 * `]`, which then ends a CDATA section early. What has no end goes to that of the file, so that nothing is looked through twice.
 */
const TAGS =
  /<!--(?:[\s\S]*?-->|[\s\S]*)|<!\[CDATA\[(?:[\s\S]*?\]\]>|[\s\S]*)|<\?(?:[\s\S]*?\?>|[\s\S]*)|<(\/?)(?:[^\s<>/!?]*:)?DOC(?=[\s/>])(?:"[^"<]*"|'[^'<]*'|[^"'<>])*>/g

/**
 * Documents that stand in no other one, in their order.
 * @param bytes of a file that was read as XML
 */
export function bytesOfDocuments(bytes: Uint8Array, charset: Charset): Uint8Array[] {
  const isWide = charset.startsWith('utf-16')
  const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // The other byte order has the same units, each the wrong way round.
  if (charset === 'utf-16be') return bytesOfDocuments(swapped(own), 'utf-16le').map(swapped)
  const text = own.toString(isWide ? 'utf16le' : 'latin1')
  const width = isWide ? 2 : 1
  const found: Uint8Array[] = []
  let depth = 0
  let start = 0
  for (const { 0: tag, 1: slash, index } of text.matchAll(TAGS)) {
    if (slash === undefined) continue
    const isEmpty = tag.endsWith('/>')
    if (slash === '' && depth === 0) start = index
    if (!isEmpty) depth += slash === '' ? 1 : -1
    if (depth === 0) found.push(own.subarray(start * width, (index + tag.length) * width))
  }
  return found
}

const swapped = (bytes: Uint8Array): Buffer => Buffer.from(bytes).swap16()
