/** The content of one ZIP entry, expanded piece by piece, its length and checksum compared with what the archive says. */
import { Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import type { ByteReader } from './byte-reader.ts'
import type { LocalHeader } from './zip-headers.ts'
import { ZIP_BOUNDS, ZipError } from './zip-error.ts'

export type EntryEnd = undefined

/** Content that is stored as it is. */
export async function* storedEntry(bytes: ByteReader, length: number, header: LocalHeader): AsyncGenerator<Uint8Array, EntryEnd> {
  let crc = 0
  for (let left = length; left > 0; ) {
    const piece = await bytes.some(left)
    if (!piece) throw new ZipError('archive-damaged')
    left -= piece.byteLength
    crc = crc32(piece, crc)
    yield piece
  }
  if (crc !== header.crc || header.expanded !== length) throw new ZipError('archive-damaged')
}

/** What goes into the decompressor, and how much of it was not needed. */
class Feed {
  readonly #bytes: ByteReader
  #left: number
  #sent = 0
  /** pieces from the one that holds the last needed byte on */
  #kept: { from: number; piece: Uint8Array }[] = []
  #used: () => number = () => 0

  constructor(bytes: ByteReader, length: number | undefined) {
    this.#bytes = bytes
    this.#left = length ?? Number.POSITIVE_INFINITY
  }

  /** @param used bytes that the decompressor has used so far */
  async *pieces(used: () => number): AsyncGenerator<Uint8Array> {
    this.#used = used
    while (this.#left > 0) {
      const piece = await this.#bytes.some(this.#left)
      // It reads ahead of the decompressor, which says itself when something is missing.
      if (!piece) return
      this.#kept = [...this.#kept.filter(({ from, piece: known }) => from + known.byteLength > used()), { from: this.#sent, piece }]
      this.#sent += piece.byteLength
      this.#left -= piece.byteLength
      yield piece
    }
  }

  /** Gives back what was sent and not used. @returns how many bytes of the entry were used, and how many it still has */
  end(): { used: number; left: number } {
    const used = this.#used()
    const rest = this.#kept.map(({ from, piece }) => piece.subarray(Math.max(used - from, 0)))
    const unused = Buffer.concat(rest)
    this.#bytes.giveBack(unused)
    return { used, left: this.#left + unused.byteLength }
  }
}

export async function* inflateEntry(bytes: ByteReader, header: LocalHeader): AsyncGenerator<Uint8Array, EntryEnd> {
  const feed = new Feed(bytes, header.compressed)
  const inflater = createInflateRaw()
  const used = (): number => inflater.bytesWritten
  const pieces = feed.pieces(used)
  const source = Readable.from(pieces, { objectMode: true, highWaterMark: 1 })
  source.on('error', (error) => inflater.destroy(error))
  source.pipe(inflater)
  let size = 0
  let crc = 0
  try {
    for await (const piece of inflater as AsyncIterable<Uint8Array>) {
      size += piece.byteLength
      if (size > ZIP_BOUNDS.ratioFreeBytes && size > ZIP_BOUNDS.ratioMax * Math.max(used(), 1)) throw new ZipError('archive-bomb')
      crc = crc32(piece, crc)
      yield piece
    }
  } catch (error) {
    throw error instanceof ZipError ? error : new ZipError('archive-damaged')
  } finally {
    source.unpipe(inflater)
    source.destroy()
    // A piece may just be on its way: what it took is to be known before anything is given back.
    await pieces.return(undefined)
  }
  const end = feed.end()
  if (header.described) return describedEnd(bytes, { size, crc, used: end.used })
  if (end.left !== 0 || size !== header.expanded || crc !== header.crc) throw new ZipError('archive-damaged')
}

const DESCRIPTOR = 0x08074b50

/** What stands behind the content: checksum and sizes, of 4 or 8 bytes each, with or without a signature (APPNOTE 4.3.9). */
async function describedEnd(bytes: ByteReader, found: { size: number; crc: number; used: number }): Promise<EntryEnd> {
  if ((await bytes.signature()) === DESCRIPTOR) await bytes.take(4)
  const narrow = await bytes.peek(12)
  const isNarrow = narrow?.readUInt32LE(4) === found.used && narrow.readUInt32LE(8) === found.size
  const said = await bytes.take(isNarrow ? 12 : 20)
  const wide = said && !isNarrow && Number(said.readBigUInt64LE(4)) === found.used && Number(said.readBigUInt64LE(12)) === found.size
  if (!said || !(isNarrow || wide) || said.readUInt32LE(0) !== found.crc) throw new ZipError('archive-damaged')
  return undefined
}
