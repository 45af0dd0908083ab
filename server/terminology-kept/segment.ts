/**
 * The terms of one segment with the places of the concepts that have them, in buckets by a hash of the term: what a load sets aside until all
 * segments are there. merging.ts brings each bucket of all segments together.
 */
import { SEGMENT } from './bits.ts'
import type { KeptTables, TermsDoc } from './tables.ts'

export const BUCKETS = 256
/** Above it the bits of the whole segment are shorter than a list of places. */
const LIST_MAX = SEGMENT / 16
const BITS_BYTES = SEGMENT / 8
const ROWS_AT_ONCE = 256

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
      else if (list[list.length - 1] !== place) list.push(place)
    },
    async write({ terms }, s, segment) {
      const buckets: Buffer[][] = Array.from({ length: BUCKETS }, () => [])
      for (const [term, list] of places) buckets[bucketOf(term)]?.push(packed(term, list))
      let docs: TermsDoc[] = []
      for (const [bucket, pieces] of buckets.entries()) {
        if (pieces.length === 0) continue
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
  const length = Buffer.byteLength(term)
  const isList = list.length <= LIST_MAX
  const piece = Buffer.allocUnsafe(4 + length + (isList ? 2 * list.length : BITS_BYTES))
  piece.writeUInt16LE(length, 0)
  piece.write(term, 2)
  piece.writeUInt16LE(list.length, 2 + length)
  const at = 4 + length
  if (isList) for (let n = 0; n < list.length; n++) piece.writeUInt16LE(list[n] as number, at + 2 * n)
  else {
    piece.fill(0, at)
    for (const place of list) piece[at + (place >>> 3)] = (piece[at + (place >>> 3)] as number) | (1 << (place & 7))
  }
  return piece
}

export function hashOf(term: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x0100_0193)
  return (hash ^ (hash >>> 15)) >>> 0
}

export const bucketOf = (term: string): number => hashOf(term) % BUCKETS

const termsId = (s: number, bucket: number, segment: number): string => `${s}.${bucket}.${segment}`

/** One bucket of all segments: adds the places of each term to its list, which stays in order. */
export async function readBucket({ terms }: KeptTables, s: number, bucket: number): Promise<Map<string, number[]>> {
  // All ids with this beginning: `/` comes right behind `.`.
  const rows = await terms.find({ _id: { $gte: `${s}.${bucket}.`, $lt: `${s}.${bucket}/` } })
  const places = new Map<string, number[]>()
  for (const { segment, bytes } of rows.sort((a, b) => a.segment - b.segment))
    unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), segment * SEGMENT, places)
  return places
}

function unpack(bytes: Buffer, first: number, places: Map<string, number[]>): void {
  for (let at = 0; at < bytes.length; ) {
    const from = at + 2 + bytes.readUInt16LE(at)
    const term = bytes.toString('utf8', at + 2, from)
    const count = bytes.readUInt16LE(from)
    const list = places.get(term) ?? []
    if (list.length === 0) places.set(term, list)
    at = from + 2
    if (count <= LIST_MAX) for (const end = at + 2 * count; at < end; at += 2) list.push(first + bytes.readUInt16LE(at))
    else {
      for (let n = 0; n < SEGMENT; n++) if ((((bytes[at + (n >>> 3)] as number) >>> (n & 7)) & 1) === 1) list.push(first + n)
      at += BITS_BYTES
    }
  }
}
