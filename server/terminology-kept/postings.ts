/**
 * Terms of a whole system with the places of the concepts that have them. A term that few concepts have stands with others in a small document,
 * one that many have in a document of its own: so one command reads whatever a question needs, and few bytes of it are of other terms.
 */
import { type Bits, noBits, segmentsFor, setBit } from './bits.ts'
import { BUCKETS, hashOf } from './segment.ts'
import type { KeptTables, PostingsDoc } from './tables.ts'

/** A term with more bytes of places has a document of its own. */
const OWN_BYTES_MIN = 2048
/** Concepts for which one more group is made of each bucket. */
const CONCEPTS_OF_GROUP = 10_000
const [LIST, BITS] = [0, 1]

/** A power of two: how many groups each bucket is cut into. */
const groupsFor = (concepts: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(concepts / CONCEPTS_OF_GROUP)))

function groupId(s: number, term: string, groups: number): string {
  const hash = hashOf(term)
  return `${s}|${hash % BUCKETS}.${Math.floor(hash / BUCKETS) % groups}`
}
const ownId = (s: number, term: string): string => `${s}|=${term}`

/** The documents for the terms of one bucket. */
export function postingsOf(s: number, concepts: number, bucket: ReadonlyMap<string, readonly number[]>): PostingsDoc[] {
  const groups = new Map<string, Buffer[]>()
  const docs: PostingsDoc[] = []
  for (const [term, places] of bucket) {
    const bytes = packedPlaces(places, concepts)
    if (bytes.length >= OWN_BYTES_MIN) {
      docs.push({ _id: ownId(s, term), s, bytes })
      continue
    }
    const head = Buffer.allocUnsafe(4 + Buffer.byteLength(term))
    head.writeUInt16LE(head.length - 4, 0)
    head.writeUInt16LE(bytes.length, 2)
    head.write(term, 4)
    const id = groupId(s, term, groupsFor(concepts))
    const pieces = groups.get(id)
    if (pieces) pieces.push(head, bytes)
    else groups.set(id, [head, bytes])
  }
  for (const [_id, pieces] of groups) docs.push({ _id, s, bytes: Buffer.concat(pieces) })
  return docs
}

/** What comes next behind the one before it, seven bits in each byte; or a bit for each concept, where that is shorter. */
function packedPlaces(places: readonly number[], concepts: number): Buffer {
  const bitsBytes = Math.ceil(concepts / 8)
  const bytes = Buffer.allocUnsafe(1 + Math.min(bitsBytes, 5 * places.length))
  bytes[0] = LIST
  let at = 1
  let before = -1
  for (const place of places) {
    if (at + 5 > bytes.length && at + 5 > bitsBytes) return packedBits(places, bitsBytes)
    let gap = place - before
    for (; gap > 0x7f; gap >>>= 7) bytes[at++] = (gap & 0x7f) | 0x80
    bytes[at++] = gap
    before = place
  }
  return bytes.subarray(0, at)
}

function packedBits(places: readonly number[], bitsBytes: number): Buffer {
  const bytes = Buffer.alloc(1 + bitsBytes)
  bytes[0] = BITS
  for (const place of places) bytes[1 + (place >>> 3)] = (bytes[1 + (place >>> 3)] as number) | (1 << (place & 7))
  return bytes
}

/** Of each term the concepts that have it. */
export async function readTerms({ postings }: KeptTables, s: number, concepts: number, wanted: readonly string[]): Promise<Bits[]> {
  const groups = groupsFor(concepts)
  const ids = new Set(wanted.flatMap((term) => [groupId(s, term, groups), ownId(s, term)]))
  const rows = await postings.getMany([...ids])
  const byId = new Map(rows.map(({ _id, bytes }) => [_id, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)]))
  return wanted.map((term) => {
    const bits = noBits(segmentsFor(concepts))
    const group = byId.get(groupId(s, term, groups))
    const found = byId.get(ownId(s, term)) ?? (group && inGroup(group, Buffer.from(term)))
    if (found) unpack(found, bits)
    return bits
  })
}

function inGroup(bytes: Buffer, name: Buffer): Buffer | undefined {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    const size = bytes.readUInt16LE(at + 2)
    const from = at + 4 + length
    if (length === name.length && bytes.compare(name, 0, length, at + 4, from) === 0) return bytes.subarray(from, from + size)
    at = from + size
  }
  return undefined
}

function unpack(bytes: Buffer, bits: Bits): void {
  if (bytes[0] === BITS) {
    // Words as they lie in memory on every machine that Node.js runs on: the lowest byte first.
    new Uint8Array(bits.buffer).set(bytes.subarray(1))
    return
  }
  let place = -1
  for (let at = 1; at < bytes.length; ) {
    let gap = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number
      gap |= (byte & 0x7f) << shift
      if (byte <= 0x7f) break
    }
    place += gap
    setBit(bits, place)
  }
}
