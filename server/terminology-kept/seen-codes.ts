/** Which codes a load has met, in two megabytes: of one that it has not met this mostly says so, and the database need not be asked. */
import { hashOf } from './segment.ts'

const BITS = 2 ** 24

export interface SeenCodes {
  add(code: string): void
  /** false: it was never added */
  mayHave(code: string): boolean
}

export function seenCodes(): SeenCodes {
  const bits = new Uint32Array(BITS / 32)
  const places = (code: string): [number, number] => {
    const hash = hashOf(code)
    return [hash % BITS, (Math.imul(hash, 0x9e37_79b1) >>> 8) % BITS]
  }
  const has = (place: number) => (((bits[place >>> 5] as number) >>> (place & 31)) & 1) === 1
  return {
    add(code) {
      for (const place of places(code)) bits[place >>> 5] = (bits[place >>> 5] as number) | (1 << (place & 31))
    },
    mayHave: (code) => places(code).every(has),
  }
}
