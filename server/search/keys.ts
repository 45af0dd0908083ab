/** Spelling of search keys (see plan.ts) and ranges over them. */
import { createHash } from 'node:crypto'
import { EXACT_KEY_MAX, PREFIX_LENGTH_MAX, STRING_KEY_MAX, TEXT_LENGTH_MAX } from './limits.ts'

/** Between parameter and value: one for each way of matching. */
export const SEPARATOR = {
  /** token by code alone, any system */
  code: ':',
  /** beside it, where the code stands there in an organisation's own system alone */
  localCode: '^',
  /** token with system, and uri */
  system: '=',
  reference: '>',
  folded: '~',
  /** of a folded string that is longer than its key: what stands somewhere in it */
  piece: '#',
  exact: '!',
  /** of a string that is longer than its exact key: how it ends */
  end: '$',
  /** identifier with its type */
  ofType: '*',
  /** of a composite: a simple parameter has a value here that is none of its parts' */
  excess: '%',
} as const

/** Before the type of a contained resource: what its container has among its keys. */
export const CONTAINED = `_contained${SEPARATOR.code}`

/** Before the column by which a container refers to it: what a contained resource has among its keys. */
export const REFERRED = `_container${SEPARATOR.reference}`

/** A value as it stands in an exact key: long ones as their beginning and a SHA-256, so that no bound makes two values equal. */
export function exactKey(value: string): string {
  if (value.length <= EXACT_KEY_MAX) return value
  const digest = createHash('sha256').update(value, 'utf8').digest('hex')
  return `${cutText(value, PREFIX_LENGTH_MAX)}\u0001${digest}`
}

/** How a value ends whose exact key has its beginning only; undefined where that key says it. */
export function endOf(value: string): string | undefined {
  return value.length <= EXACT_KEY_MAX ? undefined : value.slice(-PREFIX_LENGTH_MAX).toWellFormed()
}

/** As much of its value as a key has, without the digest. */
export const valueIn = (key: string): string => key.split('\u0001', 1)[0] as string

/** Whether an exact key ends in a digest, and not as its value does. */
export const isDigested = (key: string): boolean => key.includes('\u0001')

/** A folded value as it stands in a string key. */
export function foldedKey(folded: string): string {
  return folded.length <= STRING_KEY_MAX ? folded : cutText(folded, STRING_KEY_MAX)
}

/**
 * A folded value that is longer than its key, in pieces that overlap by a key's length: whatever part of it may be looked for stands
 * in one of them as a whole.
 */
export function piecesOf(folded: string): string[] {
  const last = Math.min(folded.length, TEXT_LENGTH_MAX) - STRING_KEY_MAX
  const pieces: string[] = []
  for (let at = 0; at < last; at += STRING_KEY_MAX) pieces.push(folded.slice(at, at + 2 * STRING_KEY_MAX).toWellFormed())
  return pieces
}

/** The beginning of a text; never half of a surrogate pair. */
function cutText(text: string, length: number): string {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

/** The first key, in code point order, behind all keys that start with `prefix`. */
export function prefixEnd(prefix: string): string {
  const characters = [...prefix]
  for (let at = characters.length - 1; at >= 0; at--) {
    const point = characters[at]?.codePointAt(0)
    if (point !== undefined && point < 0x10ffff) {
      const next = point + 1 >= 0xd800 && point + 1 <= 0xdfff ? 0xe000 : point + 1
      return characters.slice(0, at).join('') + String.fromCodePoint(next)
    }
  }
  return String.fromCodePoint(0x10ffff).repeat(4)
}

/** Keys by which references through parameter `code` to `Type/id` are found. */
export function localReferenceKey(code: string, target: string): string {
  return `${code}${SEPARATOR.reference}${target}`
}

/** Folded keys without those that are the beginning of another: whatever finds them finds the longer one too. */
export function withoutPrefixes(folded: Iterable<string>): string[] {
  const sorted = [...new Set(folded)].sort()
  return sorted.filter((key, at) => !sorted[at + 1]?.startsWith(key))
}
