/**
 * Compression of answers (RFC 9110 8.4, RFC 1952). Who can choose a part of a text and see how long it is compressed finds out
 * what else stands in it (BREACH): so what an answer repeats of its request, such as the self link of a search, is stored in
 * the gzip stream and shares no compression with what the answer tells. brotli has no such way to part a stream; it is not offered.
 */
import { promisify } from 'node:util'
import { constants, crc32, createGzip, deflateRaw, deflateRawSync, type Gzip, gzipSync } from 'node:zlib'

/** Below it the head of the answer is most of it. */
export const COMPRESSED_BYTES_MIN = 1024
/** Less work than the usual 6: an answer is compressed for one who asked, and sent once. */
const LEVEL = 4
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

const deflated = promisify(deflateRaw)

/** Whether `Accept-Encoding` lets gzip through: named, or by `*`, and not with a weight of 0 (RFC 9110 12.5.3). */
export function acceptsGzip(header: string | undefined): boolean {
  const weights = new Map(
    (header ?? '').split(',').map((part) => {
      const [coding = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase())
      const weight = parameters.find((one) => one.startsWith('q='))?.slice(2)
      return [coding, weight === undefined ? 1 : Number(weight)]
    }),
  )
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0
}

/** One that is shorter is stored as well: a stream of its own costs more than it saves, and a Bundle has thousands of them. */
const DEFLATED_BYTES_MIN = 256

interface Part {
  data: Uint8Array[]
  bytes: number
  isStored: boolean
}

/**
 * One gzip member of all pieces. `stored`: those that are not compressed, by their place; where there is no such piece the
 * answer was put together anew, nobody knows where, and none is.
 */
export async function gzipped(pieces: readonly Uint8Array[], stored: readonly number[]): Promise<Buffer> {
  const blocks: Uint8Array[] = [HEADER]
  // One after the other: each stream has a quarter of a megabyte while it works.
  for (const { data, isStored } of partsOf(pieces, stored)) {
    const whole = Buffer.concat(data)
    if (isStored) blocks.push(...storedBlocks(whole))
    else blocks.push(await packed(whole))
  }
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(
    pieces.reduce((sum, piece) => crc32(piece, sum), 0),
    0,
  )
  trailer.writeUInt32LE(pieces.reduce((size, piece) => size + piece.byteLength, 0) % 2 ** 32, 4)
  return Buffer.concat([...blocks, LAST_BLOCK, trailer])
}

/** A shorter one is done at once: to hand it to another thread takes longer than to do it. It needs no larger window than it is long. */
const AT_ONCE_BYTES_MAX = 16 * 1024
const AT_ONCE = { windowBits: 14, memLevel: 7 }

function packed(data: Buffer): Buffer | Promise<Buffer> {
  const options = { level: LEVEL, finishFlush: constants.Z_FULL_FLUSH }
  return data.length <= AT_ONCE_BYTES_MAX ? deflateRawSync(data, { ...options, ...AT_ONCE }) : deflated(data, options)
}

/** Pieces that are treated alike, together. */
function partsOf(pieces: readonly Uint8Array[], stored: readonly number[]): Part[] {
  const places = new Set(stored)
  const isUnknown = stored.some((at) => at >= pieces.length)
  const parts = joined(
    [...pieces.entries()].map(([at, piece]) => ({ data: [piece], bytes: piece.byteLength, isStored: isUnknown || places.has(at) })),
  )
  return joined(parts.map((part) => (part.bytes < DEFLATED_BYTES_MIN ? { ...part, isStored: true } : part)))
}

function joined(parts: readonly Part[]): Part[] {
  const found: Part[] = []
  for (const part of parts) {
    const last = found.at(-1)
    if (last?.isStored === part.isStored) {
      last.data.push(...part.data)
      last.bytes += part.bytes
    } else found.push({ ...part, data: [...part.data] })
  }
  return found
}

/** Bytes of one stored block, at most (RFC 1951 3.2.4). */
const BLOCK_BYTES_MAX = 0xffff
const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff])

function storedBlocks(data: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let at = 0; at < data.length; at += BLOCK_BYTES_MAX) {
    const block = data.subarray(at, at + BLOCK_BYTES_MAX)
    const head = Buffer.alloc(5)
    head.writeUInt16LE(block.length, 1)
    head.writeUInt16LE(~block.length & 0xffff, 3)
    blocks.push(head, block)
  }
  return blocks
}

/** For what is sent while it is made. */
export const gzipStream = (): Gzip => createGzip({ level: LEVEL })

/** An error tells nothing but of the request, and has a bound. Undefined where it is short, as most are. */
export const gzippedOutcome = (text: string): Buffer | undefined =>
  Buffer.byteLength(text) < COMPRESSED_BYTES_MIN ? undefined : gzipSync(text, { level: LEVEL })
