/**
 * Bytes of one message or document to text (formats.md D1): declared → byte order mark → strict UTF-8 → GB18030. What a
 * message declares is a hint, because senders declare what they do not send; replacement characters are never accepted.
 */

export type Charset = 'utf-8' | 'gb18030' | 'big5' | 'utf-16le' | 'utf-16be'

export type Decoded =
  | { ok: true; text: string; charset: Charset /** the declared charset is another than the bytes are in */; misdeclared: boolean }
  | { ok: false }

const SPELLINGS: Record<string, Charset> = {
  UTF8: 'utf-8',
  UNICODEUTF8: 'utf-8',
  UTF16: 'utf-16le',
  UTF16LE: 'utf-16le',
  UTF16BE: 'utf-16be',
  UNICODEUTF16: 'utf-16le',
  GB18030: 'gb18030',
  GB180302000: 'gb18030',
  GB180302005: 'gb18030',
  GB180302022: 'gb18030',
  GBK: 'gb18030',
  CP936: 'gb18030',
  MS936: 'gb18030',
  WINDOWS936: 'gb18030',
  GB2312: 'gb18030',
  GB231280: 'gb18030',
  EUCCN: 'gb18030',
  BIG5: 'big5',
}

/**
 * The charset behind a spelling (MSH-18, XML encoding, configuration). undefined: none, or one that says nothing certain
 * (`UNICODE`, `CHN`, `ASCII`, `8859/1`, `auto`): the bytes decide.
 */
export function charsetOf(spelling: string | undefined): Charset | undefined {
  return spelling === undefined ? undefined : SPELLINGS[spelling.toUpperCase().replace(/[^A-Z0-9]/g, '')]
}

/** @param declared the message's own word or the registered one, in any spelling */
export function decodeText(bytes: Uint8Array, declared?: string): Decoded {
  const said = charsetOf(declared)
  const marked = markOf(bytes)
  if (marked) return result(strict(bytes, marked), marked, said)
  if (said?.startsWith('utf-16')) return result(strict(bytes, said), said, said)
  const utf8 = strict(bytes, 'utf-8')
  if (utf8 !== undefined && isReallyUtf8(utf8, said)) return result(utf8, 'utf-8', said)
  if (utf8 === undefined && isDamagedUtf8(bytes)) return { ok: false }
  if (said && said !== 'utf-8') return result(strict(bytes, said), said, said)
  return result(strict(bytes, 'gb18030'), 'gb18030', said)
}

function result(text: string | undefined, charset: Charset, said: Charset | undefined): Decoded {
  if (text === undefined || text.includes('\ufffd')) return { ok: false }
  // Pure ASCII is the same in all of them, so nothing was declared wrongly.
  const misdeclared = said !== undefined && said !== charset && !isAscii(text)
  return { ok: true, text, charset, misdeclared }
}

function markOf(bytes: Uint8Array): Charset | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return undefined
}

function strict(bytes: Uint8Array, charset: Charset): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is what is asked for
const ASCII = /^[\u0000-\u007f]*$/
const isAscii = (text: string): boolean => ASCII.test(text)
/** Letters of three bytes in UTF-8: GB 18030 text does not happen to be valid UTF-8 with these in it. */
const THREE_BYTES = /[\u0800-\uffff]|[\ud800-\udbff][\udc00-\udfff]/
/** Two-byte characters that Chinese texts do use. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is part of it
const USUAL_TWO_BYTES = /^[\u0000-\u007f°±²³µ·×÷Ø\u0370-\u03ff]*$/

/** Short GB 18030 words can be valid UTF-8 by accident; they then show as Latin letters with accents. */
function isReallyUtf8(text: string, said: Charset | undefined): boolean {
  if (THREE_BYTES.test(text)) return true
  if (said !== undefined && said !== 'utf-8') return isAscii(text)
  return said === 'utf-8' || USUAL_TWO_BYTES.test(text)
}

const CHINESE = /[\u3400-\u9fff]/g
const REPLACED = /\ufffd/g
const countOf = (text: string, what: RegExp): number => text.match(what)?.length ?? 0

/**
 * UTF-8 of which a character was cut in half is mostly valid GB 18030 as well, with other names in it and separators swallowed. Of text that is
 * GB 18030 hardly a character is three valid bytes of UTF-8.
 */
function isDamagedUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes)
  return countOf(text, CHINESE) > countOf(text, REPLACED)
}

/** All chunks as one; undefined when they are more than `bytesMax`. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > bytesMax) return undefined
    parts.push(chunk)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
