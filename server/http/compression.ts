/**
 * Compression of answers (RFC 9110 8.4, RFC 1952). Who can choose a part of a text and see how long it is compressed finds out
 * what else stands in it (BREACH): so what an answer repeats of its request, such as the self link of a search, is stored in
 * the gzip stream and shares no compression with what the answer tells. brotli has no such way to part a stream; it is not offered.
 */
import { promisify } from 'node:util'
import { constants, crc32, createGzip, deflateRaw, type Gzip, gzipSync } from 'node:zlib'

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

/**
 * One gzip member of all pieces. `stored`: those that are not compressed, by their place; where there is no such piece the
 * answer was put together anew, nobody knows where, and none is.
 */
export async function gzipped(pieces: readonly Uint8Array[], stored: readonly number[]): Promise<Buffer> {
  const isUnknown = stored.some((at) => at >= pieces.length)
  const parts: { data: Uint8Array[]; stored: boolean }[] = []
  for (const [at, piece] of pieces.entries()) {
    const isStored = isUnknown || stored.includes(at)
    const last = parts.at(-1)
    if (last && last.stored === isStored) last.data.push(piece)
    else parts.push({ data: [piece], stored: isStored })
  }
  const blocks = await Promise.all(
    parts.map(({ data, stored: isStored }, at) => {
      const finishFlush = at === parts.length - 1 ? constants.Z_FINISH : constants.Z_FULL_FLUSH
      return deflated(Buffer.concat(data), { level: isStored ? 0 : LEVEL, finishFlush })
    }),
  )
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(
    pieces.reduce((sum, piece) => crc32(piece, sum), 0),
    0,
  )
  trailer.writeUInt32LE(pieces.reduce((size, piece) => size + piece.byteLength, 0) % 2 ** 32, 4)
  return Buffer.concat([HEADER, ...blocks, trailer])
}

/** For what is sent while it is made. */
export const gzipStream = (): Gzip => createGzip({ level: LEVEL })

/** An error tells nothing but of the request, and has a bound. Undefined where it is short, as most are. */
export const gzippedOutcome = (text: string): Buffer | undefined =>
  Buffer.byteLength(text) < COMPRESSED_BYTES_MIN ? undefined : gzipSync(text, { level: LEVEL })
