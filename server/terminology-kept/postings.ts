/**
 * Terms of a whole system with the places of the concepts that have them. All terms with the same beginning stand together: where they are few
 * bytes, with others in a small document, otherwise in a document of their own. So one command reads whatever a question needs.
 */
import type { Places, Sets } from './places.ts'
import { bucketOf, BUCKETS, hashOf } from './segment.ts'
import type { KeptTables, PostingsDoc } from './tables.ts'
import { isWhole, keyOf } from './terms.ts'

/** A beginning with more bytes has documents of its own. */
const OWN_BYTES_MIN = 2048
/** Of one document: MongoDB has 16 MB for it. */
const DOC_BYTES_MAX = 4 * 1024 * 1024
/** Concepts for which one more group is made of each bucket. */
const CONCEPTS_OF_GROUP = 10_000
const [LIST, BITS] = [0, 1]

/** A power of two: how many groups each bucket is cut into. */
const groupsFor = (concepts: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(concepts / CONCEPTS_OF_GROUP)))
const groupId = (s: number, key: string, groups: number): string => `${s}|${bucketOf(key)}.${Math.floor(hashOf(key) / BUCKETS) % groups}`
const ownId = (s: number, key: string, n = 0): string => `${s}|=${key}${n === 0 ? '' : `#${n}`}`

/** The documents for the terms of one bucket. */
export function postingsOf(s: number, concepts: number, bucket: ReadonlyMap<string, readonly number[]>): PostingsDoc[] {
  const keys = new Map<string, Buffer[]>()
  for (const [term, places] of bucket) {
    const key = keyOf(term)
    const pieces = keys.get(key)
    if (pieces) pieces.push(packed(term, places, concepts))
    else keys.set(key, [packed(term, places, concepts)])
  }
  const docs: PostingsDoc[] = []
  const groups = new Map<string, Buffer[]>()
  for (const [key, pieces] of keys) {
    if (pieces.reduce((sum, { length }) => sum + length, 0) >= OWN_BYTES_MIN) {
      const parts = partsOf(pieces)
      for (const [n, part] of parts.entries())
        docs.push({
          _id: ownId(s, key, n),
          s,
          bytes: Buffer.concat(part),
          ...(n === 0 && parts.length > 1 ? { more: parts.length - 1 } : {}),
        })
      continue
    }
    const id = groupId(s, key, groupsFor(concepts))
    const others = groups.get(id)
    if (others) others.push(...pieces)
    else groups.set(id, pieces)
  }
  for (const [_id, pieces] of groups) docs.push({ _id, s, bytes: Buffer.concat(pieces) })
  return docs
}

/** As many together as a document holds. */
function partsOf(pieces: readonly Buffer[]): Buffer[][] {
  const parts: Buffer[][] = [[]]
  let bytes = 0
  for (const piece of pieces) {
    if (bytes > 0 && bytes + piece.length > DOC_BYTES_MAX) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(piece)
    bytes += piece.length
  }
  return parts
}

/** Length of the term, bytes of its places, the term, the places. */
function packed(term: string, places: readonly number[], concepts: number): Buffer {
  const bytes = packedPlaces(places, concepts)
  const head = Buffer.allocUnsafe(6 + Buffer.byteLength(term))
  head.writeUInt16LE(head.length - 6, 0)
  head.writeUInt32LE(bytes.length, 2)
  head.write(term, 6)
  return Buffer.concat([head, bytes])
}

/** How far each is behind the one before it, seven bits in each byte; or a bit for each concept, where that is shorter. */
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

/** Of each term the concepts that have it; of a beginning those that have any term that begins so. */
export async function readTerms(tables: KeptTables, s: number, { sets, concepts }: Kept, wanted: readonly string[]): Promise<Places[]> {
  const groups = groupsFor(concepts)
  const keys = new Map(wanted.map((term) => [term, keyOf(term)]))
  const byId = await readDocs(tables, s, groups, new Set(keys.values()))
  return wanted.map((term) => {
    const key = keys.get(term) as string
    const name = Buffer.from(term)
    const own = byId.get(ownId(s, key)) ?? byId.get(groupId(s, key, groups)) ?? []
    return unpacked(
      own.flatMap((bytes) => packedIn(bytes, name, isWhole(term))),
      sets,
    )
  })
}

/** How many there are of them, and what makes sets of them. */
export interface Kept {
  concepts: number
  sets: Sets
}

async function readDocs({ postings }: KeptTables, s: number, groups: number, keys: ReadonlySet<string>): Promise<Map<string, Buffer[]>> {
  const rows = await postings.getMany([...new Set([...keys].flatMap((key) => [groupId(s, key, groups), ownId(s, key)]))])
  const bytesOf = ({ bytes }: PostingsDoc) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = new Map(rows.map((row) => [row._id, [bytesOf(row)]]))
  for (const { _id, more = 0 } of rows) {
    if (more === 0) continue
    const others = await postings.getMany(Array.from({ length: more }, (_, n) => `${_id}#${n + 1}`))
    found.get(_id)?.push(...others.map(bytesOf))
  }
  return found
}

/** The packed places of the terms that are meant. */
function packedIn(bytes: Buffer, name: Buffer, whole: boolean): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    const size = bytes.readUInt32LE(at + 2)
    const from = at + 6 + length
    at = from + size
    if (!(whole ? length === name.length : length >= name.length) || !isAt(bytes, name, from - length)) continue
    found.push(bytes.subarray(from, at))
    if (whole) break
  }
  return found
}

/** From its end: those that stand together begin alike. */
function isAt(bytes: Buffer, name: Buffer, from: number): boolean {
  for (let n = name.length - 1; n >= 0; n--) if (bytes[from + n] !== name[n]) return false
  return true
}

function unpacked(pieces: readonly Buffer[], sets: Sets): Places {
  const inBits = pieces.filter((piece) => piece[0] === BITS)
  const lists = pieces.filter((piece) => piece[0] === LIST).map(unpackedList)
  if (inBits.length === 0) return sets.ofLists(lists)
  const bits = sets.emptyBits()
  // Words as they lie in memory on every machine that Node.js runs on: the lowest byte first.
  const all = new Uint8Array(bits.buffer)
  const [first, ...others] = inBits
  all.set((first as Buffer).subarray(1))
  for (const piece of others) for (let at = 1; at < piece.length; at++) all[at - 1] = (all[at - 1] as number) | (piece[at] as number)
  return sets.union([sets.ofBits(bits), sets.ofLists(lists)])
}

function unpackedList(piece: Buffer): Uint32Array {
  // Each place has a byte at least.
  const places = new Uint32Array(piece.length - 1)
  let count = 0
  let place = -1
  for (let at = 1; at < piece.length; ) {
    let gap = 0
    for (let shift = 0; ; shift += 7) {
      const byte = piece[at++] as number
      gap |= (byte & 0x7f) << shift
      if (byte <= 0x7f) break
    }
    place += gap
    places[count++] = place
  }
  return count === places.length ? places : places.slice(0, count)
}
