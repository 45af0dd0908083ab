/** The decode step: raw bytes to records, with what must be refused before any parser sees it (formats.md D40). */
import type { DecodeResult, SourceMapping } from '../../mappings/engine/types.ts'
import { checkZip, isZip, readZip } from '../../mappings/parsers/zip.ts'
import type { ZipError } from '../../mappings/parsers/zip-error.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'

const HEAD_BYTES = 4096
const ARCHIVES: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0x37, 0x7a, 0xbc, 0xaf],
  [0x52, 0x61, 0x72, 0x21],
]

export interface PayloadOptions {
  charset: string
  fileName: string
}

/**
 * Records of a payload in order. Parts that cannot be decoded come as `ok: false`. A ZIP archive is read to its end before anything of it is
 * decoded: one that is refused leaves nothing.
 * @param open the payload's bytes from their beginning, as often as they are asked for
 * @throws OutcomeError payload-archive, payload-doctype, or what the mapping's decoder throws for the whole payload
 */
export async function* decodePayload(
  mapping: SourceMapping,
  open: () => AsyncIterable<Uint8Array>,
  options: PayloadOptions,
): AsyncGenerator<DecodeResult> {
  const isArchive = (mapping.archive ?? mapping.decodeArchive) !== undefined && isZip(await headOf(open()))
  if (isArchive && mapping.decodeArchive) yield* decodeTogether(mapping, mapping.decodeArchive, open, options)
  else if (isArchive && mapping.archive) yield* decodeArchive(mapping, mapping.archive, open, options)
  else yield* decodeFile(mapping, open(), options)
}

async function* decodeFile(
  mapping: SourceMapping,
  bytes: AsyncIterable<Uint8Array>,
  { charset, fileName }: PayloadOptions,
): AsyncGenerator<DecodeResult> {
  yield* mapping.decode(checkHead(bytes), { charset, ...(fileName !== '' && { fileName }) })
}

async function* decodeArchive(
  mapping: SourceMapping,
  takes: RegExp,
  open: () => AsyncIterable<Uint8Array>,
  { charset }: PayloadOptions,
): AsyncGenerator<DecodeResult> {
  const wrong = await checkZip(open(), mapping.mode === 'message' ? INGEST_BOUNDS.messageExpandedBytesMax : undefined)
  if (wrong) return yield refusedArchive(mapping, wrong)
  let place = 0
  for await (const { name, chunks } of readZip(open())) {
    const file = toldAs(mapping, name, ++place)
    const fileName = name.slice(name.lastIndexOf('/') + 1)
    if (!takes.test(fileName)) yield refusedFile('archive-entry-unsupported', file)
    else yield* inFile(file, decodeFile(mapping, chunks, { charset, fileName }))
  }
}

async function* decodeTogether(
  mapping: SourceMapping,
  decode: NonNullable<SourceMapping['decodeArchive']>,
  open: () => AsyncIterable<Uint8Array>,
  { charset, fileName }: PayloadOptions,
): AsyncGenerator<DecodeResult> {
  const wrong = await checkZip(open())
  if (wrong) return yield refusedArchive(mapping, wrong)
  yield* decode(open, { charset, ...(fileName !== '' && { fileName }) })
}

/** Letters, digits and marks of ASCII, a day, and no longer number */
const TABLE_FILE = /^(?!.*\d{9})[!-~]+$/

/**
 * How a file of an archive is told. Tables are called after what is in them; documents hospitals name after patients, so that they are told by their
 * place.
 */
const toldAs = ({ mode, decodeArchive }: SourceMapping, name: string, place: number): string =>
  mode === 'table' && !decodeArchive && TABLE_FILE.test(name) ? name : `file ${place}`

const refusedArchive = (mapping: SourceMapping, { code, entry, place }: ZipError): DecodeResult =>
  refusedFile(code, entry === '' ? 'archive' : toldAs(mapping, entry, place))

const refusedFile = (code: string, at: string): DecodeResult => ({
  ok: false,
  rejected: { recordType: 'file', at, reason: { severity: 'error', code, at } },
})

/** Places of a file's records begin with it; what its decoder throws concerns this file alone. */
async function* inFile(file: string, records: AsyncGenerator<DecodeResult>): AsyncGenerator<DecodeResult> {
  try {
    for await (const decoded of records) {
      if (decoded.ok) yield { ...decoded, at: `${file} ${decoded.at}` }
      else {
        const at = `${file} ${decoded.rejected.at}`
        yield { ok: false, rejected: { ...decoded.rejected, at, reason: { ...decoded.rejected.reason, at } } }
      }
    }
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    yield refusedFile(error.issues[0]?.code ?? 'payload-structure', file)
  }
}

async function headOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const piece of bytes) if (piece.byteLength > 0) return piece.subarray(0, HEAD_BYTES)
  return new Uint8Array(0)
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
