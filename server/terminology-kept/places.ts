/**
 * Sets of concepts by their places in a system: a list in their order where they are few, otherwise one bit for each concept. Most words and
 * values are those of few concepts: their lists are a hundredth of the bits, and so many more of them are kept in memory and looked through
 * in the same time. A set that was made is never changed.
 */

/** Concepts of one segment: what a load holds in memory, and what is lost of it by a kill. A place in it fits into fourteen bits. */
export const SEGMENT = 16_384
/** A list is made of fewer than one of so many concepts: half the bytes of the bits. */
const LIST_PART = 64
/** Lists that are brought together are sorted up to so many places, and otherwise written into bits. */
const SORTED_MAX = 1024
/** Of a set beside its places. */
const SET_BYTES = 200

export interface Places {
  /** how many */
  readonly size: number
  /** the one or the other */
  readonly list?: Uint32Array
  readonly bits?: Uint32Array
}

/** What makes sets for a system with so many concepts. */
export interface Sets {
  readonly all: Places
  readonly none: Places
  /** in any order, and some of them twice */
  of(places: readonly number[]): Places
  /** each in its order, without any twice */
  ofLists(lists: readonly Uint32Array[]): Places
  /** of bits that nobody changes any more */
  ofBits(bits: Uint32Array): Places
  emptyBits(): Uint32Array
  and(a: Places, b: Places): Places
  or(a: Places, b: Places): Places
  without(a: Places, b: Places): Places
  /** what all of them have in common: the rarest first */
  common(sets: readonly Places[]): Places
  /** what is in any of them */
  union(sets: readonly Places[]): Places
}

export const isNone = ({ size }: Places): boolean => size === 0
export const bytesOf = ({ list, bits }: Places): number => SET_BYTES + (list?.byteLength ?? 0) + (bits?.byteLength ?? 0)

export function setsFor(concepts: number): Sets {
  const words = Math.ceil(concepts / 32)
  const listMax = Math.floor(concepts / LIST_PART)
  const none: Places = { size: 0, list: new Uint32Array(0) }
  const emptyBits = () => new Uint32Array(words)
  let every: Places | undefined

  const ofBits = (bits: Uint32Array): Places => {
    const size = countBits(bits)
    return size > listMax ? { size, bits } : ofSorted(new Uint32Array(placesOf({ size, bits })))
  }
  const ofSorted = (list: Uint32Array): Places => (list.length === 0 ? none : { size: list.length, list })
  const ofLists = (lists: readonly Uint32Array[]): Places => {
    const [first = none.list as Uint32Array, ...others] = lists
    const total = lists.reduce((sum, { length }) => sum + length, 0)
    if (others.length === 0 && total <= listMax) return ofSorted(first)
    return total > Math.min(SORTED_MAX, listMax) ? ofBits(inBits(emptyBits(), lists)) : ofSorted(sorted(lists, total))
  }
  const union = (sets: readonly Places[]): Places => {
    const some = sets.filter(({ size }) => size > 0)
    if (some.length < 2) return some[0] ?? none
    const lists = some.flatMap(({ list }) => list ?? [])
    const [first, ...others] = some.flatMap(({ bits }) => bits ?? [])
    if (!first) return ofLists(lists)
    const made = first.slice()
    for (const bits of others) for (let at = 0; at < words; at++) made[at] = (made[at] as number) | (bits[at] as number)
    return ofBits(inBits(made, lists))
  }
  const and = (a: Places, b: Places): Places => {
    const [few, many] = a.size <= b.size ? [a, b] : [b, a]
    if (few.size === 0) return none
    if (many.size === concepts) return few
    if (few.list) return ofSorted(few.list.filter(within(many)))
    return ofBits(inBoth(few.bits as Uint32Array, many.bits as Uint32Array))
  }
  return {
    get all() {
      every ??= ofBits(firstBits(concepts))
      return every
    },
    none,
    of: (places) => ofLists([new Uint32Array([...new Set(places)]).sort()]),
    ofLists,
    ofBits,
    emptyBits,
    and,
    or: (a, b) => union([a, b]),
    without(a, b) {
      if (a.size === 0 || b.size === 0) return a
      if (a.list) {
        const isIn = within(b)
        return ofSorted(a.list.filter((place) => !isIn(place)))
      }
      return ofBits(inOneOnly(a.bits as Uint32Array, b.bits ?? inBits(emptyBits(), [b.list as Uint32Array])))
    },
    common: ([first, ...others]) => [first ?? none, ...others].sort((a, b) => a.size - b.size).reduce(and),
    union,
  }
}

function inBits(bits: Uint32Array, lists: readonly Uint32Array[]): Uint32Array {
  for (const list of lists) for (let at = 0; at < list.length; at++) setBit(bits, list[at] as number)
  return bits
}

/** Word by word in a plain loop: a set of a million concepts has 31,250 of them, and a function for each would take ten times as long. */
function inBoth(a: Uint32Array, b: Uint32Array): Uint32Array {
  const made = new Uint32Array(a.length)
  for (let at = 0; at < made.length; at++) made[at] = (a[at] as number) & (b[at] as number)
  return made
}

function inOneOnly(a: Uint32Array, b: Uint32Array): Uint32Array {
  const made = new Uint32Array(a.length)
  for (let at = 0; at < made.length; at++) made[at] = (a[at] as number) & ~(b[at] as number)
  return made
}

function sorted(lists: readonly Uint32Array[], total: number): Uint32Array {
  const made = new Uint32Array(total)
  let at = 0
  for (const list of lists) {
    made.set(list, at)
    at += list.length
  }
  return made.sort().filter((place, n, all) => n === 0 || all[n - 1] !== place)
}

export const has = (set: Places, place: number): boolean => within(set)(place)

function within({ list, bits }: Places): (place: number) => boolean {
  if (bits) return (place) => (((bits[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1
  const all = list as Uint32Array
  return (place) => all[firstFrom(all, place)] === place
}

/** Where the first one stands that is not less. */
function firstFrom(list: Uint32Array, place: number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] as number) < place) low = middle + 1
    else high = middle
  }
  return low
}

/** From the `offset`th on, at most `most`. */
export function placesOf({ list, bits }: Places, offset = 0, most = Number.POSITIVE_INFINITY): number[] {
  if (list) return [...list.subarray(offset, Math.min(list.length, offset + most))]
  const places: number[] = []
  const all = bits as Uint32Array
  let left = offset
  for (let at = 0; at < all.length && places.length < most; at++) {
    let word = all[at] as number
    const count = left > 0 ? countOf(word) : 0
    if (left > 0 && count <= left) {
      left -= count
      continue
    }
    while (word !== 0 && places.length < most) {
      const bit = 31 - Math.clz32(word & -word)
      word &= word - 1
      if (left > 0) left--
      else places.push(at * 32 + bit)
    }
  }
  return places
}

export function setBit(bits: Uint32Array, place: number): void {
  bits[place >>> 5] = (bits[place >>> 5] as number) | (1 << (place & 31))
}

function firstBits(concepts: number): Uint32Array {
  const bits = new Uint32Array(Math.ceil(concepts / 32))
  bits.fill(0xffff_ffff, 0, concepts >>> 5)
  if ((concepts & 31) !== 0) bits[concepts >>> 5] = 2 ** (concepts & 31) - 1
  return bits
}

function countBits(bits: Uint32Array): number {
  let count = 0
  for (let at = 0; at < bits.length; at++) count += countOf(bits[at] as number)
  return count
}

function countOf(word: number): number {
  if (word === 0) return 0
  let left = word - ((word >>> 1) & 0x5555_5555)
  left = (left & 0x3333_3333) + ((left >>> 2) & 0x3333_3333)
  return Math.imul((left + (left >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
