/** The decode step: raw bytes to records, with what must be refused before any parser sees it (formats.md D40). */
import type { DecodeResult, SourceMapping } from '../../mappings/engine/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

const HEAD_BYTES = 4096
const ARCHIVES: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0x37, 0x7a, 0xbc, 0xaf],
  [0x52, 0x61, 0x72, 0x21],
]

/**
 * Records of a payload in order. Parts that cannot be decoded come as `ok: false`.
 * @throws OutcomeError payload-archive, payload-doctype, or what the mapping's decoder throws for the whole payload
 */
export async function* decodePayload(
  mapping: SourceMapping,
  bytes: AsyncIterable<Uint8Array>,
  options: { charset: string; fileName: string },
): AsyncGenerator<DecodeResult> {
  const checked = checkHead(bytes)
  yield* mapping.decode(checked, { charset: options.charset, ...(options.fileName !== '' && { fileName: options.fileName }) })
}

async function* checkHead(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true
  for await (const piece of bytes) {
    if (first) refuseHead(piece.subarray(0, HEAD_BYTES))
    first = false
    yield piece
  }
}

function refuseHead(head: Uint8Array): void {
  if (ARCHIVES.some((magic) => magic.every((byte, at) => head[at] === byte))) throw new OutcomeError('payload-archive')
  const text = Buffer.from(head).toString('latin1')
  if (/^\s*(?:\xef\xbb\xbf)?\s*</.test(text) && /<!DOCTYPE/i.test(text)) throw new OutcomeError('payload-doctype')
}
