/**
 * The terms of one segment with the places of the concepts that have them, in buckets: what a load sets aside until all segments are there.
 * merging.ts brings each bucket of all segments together.
 */
import { SEGMENT } from './places.ts'
import type { KeptTables, TermsDoc } from './tables.ts'
import { KINDS, type Kind, keyOf, type TermSink } from './terms.ts'

export const BUCKETS = 256
/** Above it the bits of the whole segment are shorter than a list of places. */
const LIST_MAX = SEGMENT / 16
const BITS_BYTES = SEGMENT / 8
const ROWS_AT_ONCE = 64

export interface SegmentTerms {
  /** what the terms of the concept at the place are told to */
  at(place: number): TermSink
  write(tables: KeptTables, s: number, segment: number): Promise<void>
}

/** Millions of pairs: in arrays of numbers, one after the other, until they are brought into order. */
export function segmentTerms(): SegmentTerms {
  const known = new Map<Kind, Map<string, number>>(KINDS.map((kind) => [kind, new Map()]))
  let [terms, places] = [new Uint32Array(2 ** 20), new Uint16Array(2 ** 20)]
  let [last, counts] = [new Int32Array(2 ** 16), new Uint32Array(2 ** 16)]
  let pairs = 0
  let names = 0
  let place = 0
  const adding = (kind: Kind) => {
    const ids = known.get(kind) as Map<string, number>
    return (name: string) => {
      let id = ids.get(name)
      if (id === undefined) {
        id = names++
        ids.set(name, id)
        if (id >= last.length) [last, counts] = [grown(last, Int32Array), grown(counts, Uint32Array)]
        last[id] = -1
      }
      if (last[id] === place) return
      last[id] = place
      counts[id] = (counts[id] as number) + 1
      if (pairs >= terms.length) [terms, places] = [grown(terms, Uint32Array), grown(places, Uint16Array)]
      terms[pairs] = id
      places[pairs++] = place
    }
  }
  const sink: TermSink = { one: adding('1'), part: adding('3'), head: adding('4'), codeHead: adding('5'), other: adding('=') }
  return {
    at(now) {
      place = now
      return sink
    },
    async write(tables, s, segment) {
      const starts = new Uint32Array(names + 1)
      for (let id = 0; id < names; id++) starts[id + 1] = (starts[id] as number) + (counts[id] as number)
      const next = starts.slice()
      const sorted = new Uint16Array(pairs)
      for (let n = 0; n < pairs; n++) {
        const id = terms[n] as number
        sorted[next[id] as number] = places[n] as number
        next[id] = (next[id] as number) + 1
      }
      const buckets: Buffer[][] = Array.from({ length: BUCKETS }, () => [])
      for (const [kind, ids] of known)
        for (const [name, id] of ids) {
          const term = kind + name
          buckets[bucketOf(keyOf(term))]?.push(packed(term, sorted.subarray(starts[id], starts[id + 1])))
        }
      await insertBuckets(tables, s, segment, buckets)
    },
  }
}

function grown<T extends Uint32Array | Uint16Array | Int32Array>(array: T, make: new (length: number) => T): T {
  const made = new make(2 * array.length)
  made.set(array)
  return made
}

async function insertBuckets({ terms }: KeptTables, s: number, segment: number, buckets: Buffer[][]): Promise<void> {
  let docs: TermsDoc[] = []
  for (const [bucket, pieces] of buckets.entries()) {
    if (pieces.length === 0) continue
    docs.push({ _id: termsId(s, bucket, segment), s, segment, bytes: Buffer.concat(pieces) })
    buckets[bucket] = []
    if (docs.length < ROWS_AT_ONCE) continue
    await terms.insertMany(docs)
    docs = []
  }
  if (docs.length > 0) await terms.insertMany(docs)
}

/** Length of the term, the term, how many places, the places: as a list, or as bits. */
function packed(term: string, list: Uint16Array): Buffer {
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

export function hashOf(text: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  return (hash ^ (hash >>> 15)) >>> 0
}

export const bucketOf = (key: string): number => hashOf(key) % BUCKETS

const termsId = (s: number, bucket: number, segment: number): string => `${s}.${bucket}.${segment}`

/** One bucket of all segments: of each term the places, in their order. */
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
    let list = places.get(term)
    if (!list) {
      list = []
      places.set(term, list)
    }
    at = from + 2
    if (count <= LIST_MAX) for (const end = at + 2 * count; at < end; at += 2) list.push(first + bytes.readUInt16LE(at))
    else {
      for (let n = 0; n < SEGMENT; n++) if ((((bytes[at + (n >>> 3)] as number) >>> (n & 7)) & 1) === 1) list.push(first + n)
      at += BITS_BYTES
    }
  }
}
