/** Request bodies: bounded while they arrive, never buffered beyond the limit. */
import type { IncomingMessage } from 'node:http'
import { createGunzip, type Gunzip } from 'node:zlib'
import { OutcomeError } from '../outcome/outcome-error.ts'

/** Up to so many times the limit is read, and thrown away, so that the sender can finish and read why it is refused. */
const DISCARD_FACTOR = 2

/** @throws OutcomeError body-too-large */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > bytesMax * DISCARD_FACTOR) throw tooLarge(bytesMax)
  let chunks: Buffer[] = []
  let total = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > bytesMax * DISCARD_FACTOR) throw tooLarge(bytesMax)
    if (Math.max(total, declared) <= bytesMax) chunks.push(chunk)
    else chunks = []
  }
  if (total > bytesMax) throw tooLarge(bytesMax)
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/** JSON of many resources is packed 10 to 30 times smaller; what is so by much more is made to fill the memory. */
export const RATIO_MAX = 100
/** So much is unpacked whatever it came of. */
const RATIO_FREE_BYTES = 1024 * 1024

/**
 * A body in the coding gzip, bounded by what it unpacks to while it is unpacked.
 * @throws OutcomeError body-too-large, body-ratio, content-encoding-invalid
 */
export async function readGzipBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax * DISCARD_FACTOR) throw tooLarge(bytesMax)
  const gunzip = createGunzip()
  // A sender that breaks off ends neither stream.
  request.once('close', () => {
    if (!request.complete) gunzip.destroy(new Error('broken off'))
  })
  try {
    return await unpacked(request.pipe(gunzip), bytesMax)
  } catch (error) {
    request.unpipe(gunzip)
    if (!isZlibError(error)) throw error
    throw new OutcomeError('content-encoding-invalid', { expression: ['http.Content-Encoding'] }, { Connection: 'close' })
  } finally {
    gunzip.destroy()
  }
}

async function unpacked(gunzip: Gunzip, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > bytesMax) throw tooLarge(bytesMax)
    if (total > RATIO_FREE_BYTES && total > gunzip.bytesWritten * RATIO_MAX)
      throw new OutcomeError('body-ratio', { params: { max: RATIO_MAX } }, { Connection: 'close' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What zlib says of bytes that are no gzip, or not all of it. */
const isZlibError = (error: unknown): boolean => /^Z_(?:DATA|BUF)_ERROR$/.test((error as { code?: string } | undefined)?.code ?? '')

/** The connection is closed behind the answer: the rest of the body is not read. */
function tooLarge(max: number): OutcomeError {
  return new OutcomeError('body-too-large', { params: { max } }, { Connection: 'close' })
}
