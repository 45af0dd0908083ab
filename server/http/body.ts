/** Request bodies: bounded while they arrive, never buffered beyond the limit. */
import type { IncomingMessage } from 'node:http'
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

/** The connection is closed behind the answer: the rest of the body is not read. */
function tooLarge(max: number): OutcomeError {
  return new OutcomeError('body-too-large', { params: { max } }, { Connection: 'close' })
}
