/**
 * The terms of one segment with the places of the concepts that have them, in buckets by a hash of the term: so is a term of a million concepts
 * read from some tens of small documents, and a segment written in some thousands instead of one for every term.
 */
import { type Bits, noBits, SEGMENT, setBit } from './bits.ts'
import type { KeptTables, TermsDoc } from './tables.ts'

const BUCKETS = 4096
/** Above it the bits of the whole segment are shorter than a list of places. */
const LIST_MAX = SEGMENT / 16
const BITS_BYTES = SEGMENT / 8
const ROWS_AT_ONCE = 1000

export interface SegmentTerms {
  add(term: string, place: number): void
  write(tables: KeptTables, s: number, segment: number): Promise<void>
}

export function segmentTerms(): SegmentTerms {
  const places = new Map<string, number[]>()
  return {
    add(term, place) {
      const list = places.get(term)
      if (!list) places.set(term, [place])
      else if (list.at(-1) !== place) list.push(place)
    },
    async write({ terms }, s, segment) {
      const buckets = new Map<number, Buffer[]>()
      for (const [term, list] of places) {
        const bucket = bucketOf(term)
        const pieces = buckets.get(bucket)
        if (pieces) pieces.push(packed(term, list))
        else buckets.set(bucket, [packed(term, list)])
      }
      let docs: TermsDoc[] = []
      for (const [bucket, pieces] of buckets) {
        docs.push({ _id: termsId(s, bucket, segment), s, segment, bytes: Buffer.concat(pieces) })
        if (docs.length < ROWS_AT_ONCE) continue
        await terms.insertMany(docs)
        docs = []
      }
      if (docs.length > 0) await terms.insertMany(docs)
    },
  }
}

/** Length of the term, the term, how many places, the places: as a list, or as bits. */
function packed(term: string, list: readonly number[]): Buffer {
  const name = Buffer.from(term)
  const isList = list.length <= LIST_MAX
  const piece = Buffer.alloc(4 + name.length + (isList ? 2 * list.length : BITS_BYTES))
  piece.writeUInt16LE(name.length, 0)
  name.copy(piece, 2)
  piece.writeUInt16LE(list.length, 2 + name.length)
  const at = 4 + name.length
  if (isList) for (const [n, place] of list.entries()) piece.writeUInt16LE(place, at + 2 * n)
  else for (const place of list) piece[at + (place >>> 3)] = (piece[at + (place >>> 3)] as number) | (1 << (place & 7))
  return piece
}

function bucketOf(term: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x0100_0193)
  return ((hash ^ (hash >>> 15)) >>> 0) % BUCKETS
}

const termsId = (s: number, bucket: number, segment: number): string => `${s}.${bucket}.${segment}`

/** Of each term the concepts that have it. */
export async function readTerms(tables: KeptTables, s: number, segments: number, wanted: readonly string[]): Promise<Bits[]> {
  const idsOf = (term: string) => Array.from({ length: segments }, (_, segment) => termsId(s, bucketOf(term), segment))
  const rows = await tables.terms.getMany([...new Set(wanted.flatMap(idsOf))])
  const byId = new Map(rows.map((row) => [row._id, row]))
  return wanted.map((term) => {
    const bits = noBits(segments)
    const name = Buffer.from(term)
    for (const [segment, id] of idsOf(term).entries()) {
      const row = byId.get(id)
      if (row) unpack(Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength), name, bits, segment * SEGMENT)
    }
    return bits
  })
}

function unpack(bytes: Buffer, name: Buffer, bits: Bits, first: number): void {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    const from = at + 2 + length
    const count = bytes.readUInt16LE(from)
    const size = count <= LIST_MAX ? 2 * count : BITS_BYTES
    const found = length === name.length && bytes.compare(name, 0, length, at + 2, from) === 0
    if (found && count <= LIST_MAX) for (let n = 0; n < count; n++) setBit(bits, first + bytes.readUInt16LE(from + 2 + 2 * n))
    if (found && count > LIST_MAX)
      for (let word = 0; word < SEGMENT / 32; word++) bits[first / 32 + word] = bytes.readUInt32LE(from + 2 + 4 * word)
    if (found) return
    at = from + 2 + size
  }
}
