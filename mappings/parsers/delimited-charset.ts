/** What a table file is, from its first bytes: archive, byte order mark, charset, line end. */
import type { LineEnd } from './delimited-lines.ts'
import { again, headOf } from './head.ts'

/** Bytes looked at before the first row; the charset vote needs a few hundred lines. */
export const SNIFF_BYTES = 256 * 1024

export interface SniffedTable {
  /** the whole file again, without a byte order mark */
  chunks: AsyncIterable<Uint8Array>
  charset: LineCharset
  lineEnd: LineEnd
  refused?: 'payload-archive' | 'payload-charset'
}

/**
 * Reads up to SNIFF_BYTES, decides, and gives the file back as chunks. Archives are refused by their first bytes, before
 * anything could expand; UTF-16 because its line ends cannot be found byte by byte.
 */
export async function sniffTable(chunks: AsyncIterable<Uint8Array>, declared: string): Promise<SniffedTable> {
  const { head: first, rest } = await headOf(chunks, SNIFF_BYTES)
  let head = first
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf
  const lineEnd: LineEnd = !head.includes(10) && head.includes(13) ? 13 : 10
  const refused = refusal(head)
  if (bom) head = head.subarray(3)
  const charset = bom ? new LineCharset('utf-8') : lineCharset(declared, head, lineEnd)
  const file = again({ head, rest })
  if (refused) return { chunks: file, charset: new LineCharset('utf-8'), lineEnd, refused }
  if (!charset) return { chunks: file, charset: new LineCharset('utf-8'), lineEnd, refused: 'payload-charset' }
  return { chunks: file, charset, lineEnd }
}

const MAGIC: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
  [0x1f, 0x8b],
  [0x52, 0x61, 0x72, 0x21],
  [0x37, 0x7a, 0xbc, 0xaf],
  [0x42, 0x5a, 0x68],
  [0xfd, 0x37, 0x7a, 0x58],
]

function refusal(head: Uint8Array): 'payload-archive' | 'payload-charset' | undefined {
  if (MAGIC.some((magic) => magic.every((byte, at) => head[at] === byte))) return 'payload-archive'
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  return utf16 ? 'payload-charset' : undefined
}

const REPLACEMENT = '\ufffd'

/** Decodes line by line, strictly: a line that is not valid in the file's charset is undefined, never repaired. */
export class LineCharset {
  readonly name: 'utf-8' | 'gb18030' | 'undecided'
  #decoder: InstanceType<typeof TextDecoder>
  #strictUtf8: InstanceType<typeof TextDecoder> | undefined

  constructor(name: 'utf-8' | 'gb18030' | 'undecided') {
    this.name = name
    this.#decoder = new TextDecoder(name === 'utf-8' ? 'utf-8' : 'gb18030', { fatal: true, ignoreBOM: true })
    this.#strictUtf8 = name === 'undecided' ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }) : undefined
  }

  /** By the name that is registered for a source; undefined: none that can be read line by line. */
  static named(name: string): LineCharset | undefined {
    const known = NAMES[name.trim().toLowerCase().replaceAll(' ', '')]
    return known && new LineCharset(known)
  }

  decode(bytes: Uint8Array): string | undefined {
    const utf8 = this.#strictUtf8 ? strict(this.#strictUtf8, bytes) : undefined
    const text = utf8 ?? strict(this.#decoder, bytes)
    // A replacement character that was already in the file is damage done before: an error, not data.
    return text?.includes(REPLACEMENT) ? undefined : text
  }
}

function strict(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const NAMES: Record<string, 'utf-8' | 'gb18030'> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  gb18030: 'gb18030',
  'gb18030-2000': 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
  cp936: 'gb18030',
}

function lineCharset(declared: string, head: Uint8Array, lineEnd: LineEnd): LineCharset | undefined {
  const name = declared.trim().toLowerCase().replaceAll(' ', '')
  if (name === 'auto' || name === '') return new LineCharset(vote(head, lineEnd))
  return LineCharset.named(name)
}

/**
 * The lines with characters beyond ASCII vote: valid UTF-8 or not. One damaged row of a UTF-8 file must not turn the file into
 * GB 18030, and one GBK row that happens to be valid UTF-8 must not turn it into UTF-8.
 */
function vote(head: Uint8Array, lineEnd: LineEnd): 'utf-8' | 'gb18030' | 'undecided' {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let utf8 = 0
  let other = 0
  let from = 0
  while (from < head.length) {
    const end = head.indexOf(lineEnd, from)
    // The piece behind the last line end may stop inside a character; it votes only when it is the whole file.
    if (end < 0 && from > 0) break
    const line = head.subarray(from, end < 0 ? head.length : end)
    if (line.some((byte) => byte >= 0x80)) {
      if (strict(decoder, line) === undefined) other++
      else utf8++
    }
    from = end < 0 ? head.length : end + 1
  }
  if (utf8 === 0 && other === 0) return 'undecided'
  return utf8 >= other ? 'utf-8' : 'gb18030'
}
