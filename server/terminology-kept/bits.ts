/** Sets of concepts by their places: one bit for each concept of a system, a segment after the other. */

/** Concepts of one segment: what a load holds in memory, and what is lost of it by a kill. A place in it fits into fourteen bits. */
export const SEGMENT = 16_384
const WORDS = SEGMENT / 32

export type Bits = Uint32Array

export const segmentsFor = (concepts: number): number => Math.ceil(concepts / SEGMENT)
export const noBits = (segments: number): Bits => new Uint32Array(segments * WORDS)

/** The first so many. */
export function firstBits(concepts: number): Bits {
  const bits = noBits(segmentsFor(concepts))
  bits.fill(0xffff_ffff, 0, concepts >>> 5)
  if ((concepts & 31) !== 0) bits[concepts >>> 5] = 2 ** (concepts & 31) - 1
  return bits
}

export function setBit(bits: Bits, n: number): void {
  bits[n >>> 5] = (bits[n >>> 5] as number) | (1 << (n & 31))
}

export function clearBit(bits: Bits, n: number): void {
  bits[n >>> 5] = (bits[n >>> 5] as number) & ~(1 << (n & 31))
}

export const hasBit = (bits: Bits, n: number): boolean => (((bits[n >>> 5] ?? 0) >>> (n & 31)) & 1) === 1

/** Word by word in a plain loop: a set of a million concepts has 31,250 of them, and a function for each would take ten times as long. */
export function and(a: Bits, b: Bits): Bits {
  const made = new Uint32Array(a.length)
  for (let at = 0; at < a.length; at++) made[at] = (a[at] as number) & (b[at] as number)
  return made
}

export function or(a: Bits, b: Bits): Bits {
  const made = new Uint32Array(a.length)
  for (let at = 0; at < a.length; at++) made[at] = (a[at] as number) | (b[at] as number)
  return made
}

export function without(a: Bits, b: Bits): Bits {
  const made = new Uint32Array(a.length)
  for (let at = 0; at < a.length; at++) made[at] = (a[at] as number) & ~(b[at] as number)
  return made
}

export function countBits(bits: Bits): number {
  let count = 0
  for (let at = 0; at < bits.length; at++) {
    let word = bits[at] as number
    if (word === 0) continue
    word -= (word >>> 1) & 0x5555_5555
    word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333)
    count += Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
  }
  return count
}

export function isNone(bits: Bits): boolean {
  for (let at = 0; at < bits.length; at++) if (bits[at] !== 0) return false
  return true
}

/** Places from the `offset`th on, at most `most`. */
export function placesOf(bits: Bits, offset = 0, most = Number.POSITIVE_INFINITY): number[] {
  const places: number[] = []
  let left = offset
  for (let at = 0; at < bits.length && places.length < most; at++) {
    let word = bits[at] as number
    while (word !== 0 && places.length < most) {
      const bit = 31 - Math.clz32(word & -word)
      word &= word - 1
      if (left > 0) left--
      else places.push(at * 32 + bit)
    }
  }
  return places
}
