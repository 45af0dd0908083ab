/**
 * Payloads of the MIIS interface to exchanges: one message, a JSON list of them, or one on each line. Files of messages that are sent
 * once more after an outage are of the last two kinds, and are read piece by piece.
 */
import type { DecodeOptions, DecodeResult } from '../engine/types.ts'
import { collectBytes } from '../parsers/charset.ts'
import { jsonElements } from '../parsers/json-elements.ts'
import { MIIS_BYTES_MAX, readExchange, refused } from './envelope.ts'

const LINE_END = 0x0a
const [LIST, SPACES] = [0x5b, new Set([0x20, 0x09, 0x0a, 0x0d])]
const LINES = /\.(?:jsonl|ndjson)$/i

export async function* decodeExchanges(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  const bytes = new Ahead(chunks)
  const first = await bytes.firstFilled()
  if (first === LIST) yield* ofList(bytes.rest(), options)
  else if (LINES.test(options.fileName ?? '') || (await startsWithWholeLine(bytes, options))) yield* ofLines(bytes.rest(), options)
  else yield await ofWhole(bytes.rest(), options)
}

/** A message that stands on several lines begins with one that is none by itself. */
async function startsWithWholeLine(bytes: Ahead, { charset }: DecodeOptions): Promise<boolean> {
  const line = await bytes.firstLine(MIIS_BYTES_MAX)
  const found = line && readExchange(line, charset)
  return found !== undefined && (!('code' in found) || found.code === 'miis-envelope')
}

async function ofWhole(chunks: AsyncIterable<Uint8Array>, { charset }: DecodeOptions): Promise<DecodeResult> {
  const bytes = await collectBytes(chunks, MIIS_BYTES_MAX)
  if (!bytes) return refused('payload-too-large', 1)
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return refused('payload-archive', 1, bytes)
  return exchangeIn(bytes, charset, 1)
}

function exchangeIn(bytes: Uint8Array, charset: string, no: number): DecodeResult {
  const exchange = readExchange(bytes, charset)
  if ('code' in exchange) return refused(exchange.code, no, bytes, exchange.at)
  return { ok: true, record: exchange, recordType: exchange.infno ?? 'response', at: `message ${no}`, raw: bytes }
}

async function* ofList(chunks: AsyncIterable<Uint8Array>, { charset }: DecodeOptions): AsyncGenerator<DecodeResult> {
  let no = 0
  for await (const part of jsonElements(chunks, charset, MIIS_BYTES_MAX)) {
    no++
    if (part.kind === 'too-long') yield refused('payload-too-large', no)
    else if (part.kind === 'broken') yield refused('json-invalid', no, part.bytes)
    else yield exchangeIn(part.bytes, charset, no)
  }
  if (no === 0) yield refused('json-not-object', 1)
}

async function* ofLines(chunks: AsyncIterable<Uint8Array>, { charset }: DecodeOptions): AsyncGenerator<DecodeResult> {
  let no = 0
  let parts: Uint8Array[] = []
  let size = 0
  const keep = (bytes: Uint8Array): void => {
    size += bytes.length
    if (size <= MIIS_BYTES_MAX) parts.push(bytes)
    else parts = []
  }
  const take = (): DecodeResult | undefined => {
    const line = Buffer.concat(parts)
    const isTooLong = size > MIIS_BYTES_MAX
    parts = []
    size = 0
    if (isTooLong) return refused('payload-too-large', ++no)
    return line.some((byte) => !SPACES.has(byte)) ? exchangeIn(line, charset, ++no) : undefined
  }
  for await (const chunk of chunks) {
    let from = 0
    // Byte 10 is no part of a character of UTF-8 or GB 18030.
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      keep(chunk.subarray(from, end))
      from = end + 1
      const result = take()
      if (result) yield result
    }
    keep(chunk.subarray(from))
  }
  const last = take()
  if (last) yield last
  else if (no === 0) yield refused('json-invalid', 1)
}

/** Bytes that can be looked at before they are read. */
class Ahead {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #seen: Uint8Array[] = []

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async #more(): Promise<Uint8Array | undefined> {
    const next = await this.#chunks.next()
    if (next.done) return undefined
    this.#seen.push(next.value)
    return next.value
  }

  /** The first byte that is no space and no byte order mark; pieces of nothing else are left out. */
  async firstFilled(): Promise<number | undefined> {
    for (let chunk = await this.#more(); chunk; chunk = await this.#more()) {
      const found = chunk.find((byte) => !SPACES.has(byte) && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
      if (found !== undefined) return found
      this.#seen.pop()
    }
    return undefined
  }

  /** The first line that is not empty, when there is a line end behind it and it is not longer than anybody sends one. */
  async firstLine(bytesMax: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = []
    let size = 0
    for (let at = 0; size <= bytesMax; at++) {
      const chunk = this.#seen[at] ?? (await this.#more())
      if (!chunk) return undefined
      const start = size > 0 ? 0 : chunk.findIndex((byte) => !SPACES.has(byte))
      if (start < 0) continue
      const end = chunk.indexOf(LINE_END, start)
      parts.push(chunk.subarray(start, end < 0 ? chunk.length : end))
      if (end >= 0) return Buffer.concat(parts)
      size += chunk.length - start
    }
    return undefined
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    yield* this.#seen
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) yield next.value
  }
}
