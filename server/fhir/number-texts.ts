/** Texts of numbers in JSON that JavaScript would print differently (`1.00`), found beside plain parsing: a reviver costs four times as much. */

export interface NumberText {
  holder: object
  key: string
  text: string
}

/** Every number of compact JSON, and what looks like one inside a string: no match ends outside of the string that it began in. */
const NUMBERS = /[:[,]-?\d[\d.eE+-]*(?=[,\]}])/g

/**
 * The numbers of a compact text stand in it in the order in which they stand in what it is parsed to, unless a member is called by a
 * number: those come first there.
 * @returns undefined where that is so, or a string has what looks like a number
 */
export function writtenOtherwise(compact: string, parsed: unknown): NumberText[] | undefined {
  const seen: Seen = { texts: compact.match(NUMBERS) ?? [], count: 0, found: [] }
  // As many of the one as of the other: then nothing that is matched stands in a string.
  return follow(parsed, seen) && seen.count === seen.texts.length ? seen.found : undefined
}

interface Seen {
  /** each behind the character before it */
  texts: readonly string[]
  /** numbers so far */
  count: number
  found: NumberText[]
}

/**
 * With lists of names and not `for in`: objects and lists of many shapes come here, for which V8 compiles such a loop again and again.
 * @returns false where a member is called by a number
 */
function follow(holder: unknown, seen: Seen): boolean {
  if (holder === null || typeof holder !== 'object') return true
  if (Array.isArray(holder)) {
    for (let at = 0; at < holder.length; at++) if (!look(holder, at, holder[at], seen)) return false
    return true
  }
  for (const key of Object.keys(holder)) {
    if (isDigit(key.charCodeAt(0)) || !look(holder, key, (holder as Record<string, unknown>)[key], seen)) return false
  }
  return true
}

function look(holder: object, key: string | number, value: unknown, seen: Seen): boolean {
  if (typeof value !== 'number') return typeof value !== 'object' || follow(value, seen)
  const text = (seen.texts[seen.count++] ?? '').slice(1)
  if (text !== String(value)) seen.found.push({ holder, key: String(key), text })
  return true
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57
