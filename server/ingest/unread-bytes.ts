/**
 * Bytes of which not all could be read: a table without its header, a file of an archive that is none. They are kept to be played again, unless the
 * identity number of somebody stands in them who refuses to be collected (refusals.ts, for parts whose bytes are at hand).
 */
import { isZip, readZip } from '../../mappings/parsers/zip.ts'
import { ZipError } from '../../mappings/parsers/zip-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { noteRefusedPart } from './cut.ts'
import { hasBytes } from './forget.ts'
import { identityNumbersIn } from './number-search.ts'
import { payloadBytes } from './receive.ts'
import { mayBeRefused, refusersOfNumbers, type Way } from './refusals.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, PayloadDoc } from './types.ts'

/** No more than the search finds in one piece: a number has 15 digits and one beside them that is none. */
const PIECE_BYTES = 16 * INGEST_BOUNDS.searchedNumbersMax
/** Of the piece before, so that a number which lies on the border is found, in full width and UTF-16, too. */
const OVERLAP_BYTES = 128

/**
 * Of a payload that is done: notes that its bytes go, where parts of them could not be read and somebody who refuses stands in what is kept of it.
 * @returns whether they go
 */
export async function noteUnread(deps: IngestDeps, tables: IngestTables, payload: PayloadDoc): Promise<boolean> {
  const source = deps.sources.find(({ id }) => id === payload.source)
  if (!source || !hasBytes(payload) || !(await mayBeRefused({ deps, tables, source }))) return false
  const unread = { payload: payload._id, state: 'open', raw: null }
  if ((await tables.quarantine.find(unread, { limit: 1 })).length === 0) return false
  const persons = await refusersIn({ deps, tables, source }, () => payloadBytes(tables, payload))
  if (persons.length === 0) return false
  await deps.audit({ action: 'refuse', source: source.id, payload: payload._id, persons, reason: 'collection-refused' })
  await noteRefusedPart(tables, payload._id)
  return true
}

/**
 * Persons who refuse, in their order. Of an archive also what its files hold, as far as it can be unpacked.
 * @param open the bytes from their beginning
 */
async function refusersIn(way: Way, open: () => AsyncIterable<Uint8Array>): Promise<string[]> {
  const refusers = new Set<string>()
  let some = new Set<string>()
  const ask = async (): Promise<void> => {
    for (const one of some.size > 0 ? await refusersOfNumbers(way, [...some]) : []) refusers.add(one)
    some = new Set()
  }
  for await (const bytes of everywhere(open)) {
    for (const number of identityNumbersIn(bytes)) some.add(number)
    if (some.size >= INGEST_BOUNDS.searchedNumbersMax) await ask()
  }
  await ask()
  return [...refusers].sort()
}

async function* everywhere(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isArchive = false
  let isFirst = true
  for await (const piece of overlapping(open())) {
    if (isFirst) isArchive = isZip(piece)
    isFirst = false
    yield piece
  }
  if (!isArchive) return
  try {
    for await (const { name, chunks } of readZip(open())) {
      yield Buffer.from(name)
      yield* overlapping(chunks)
    }
  } catch (error) {
    // What is behind it no reader of ours finds.
    if (!(error instanceof ZipError)) throw error
  }
}

/** Each piece with the end of the one before. */
async function* overlapping(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let end: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.byteLength; from += PIECE_BYTES - OVERLAP_BYTES) {
      const piece = Buffer.concat([end, chunk.subarray(from, from + PIECE_BYTES - OVERLAP_BYTES)])
      yield piece
      end = piece.subarray(-OVERLAP_BYTES)
    }
  }
}
