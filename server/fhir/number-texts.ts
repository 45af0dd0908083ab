/** Texts of numbers in JSON that JavaScript would print differently (`1.00`), found beside plain parsing: a reviver costs four times as much. */

export interface NumberText {
  holder: object
  key: string
  text: string
}

/** Every number of compact JSON, and what looks like one inside a string: no match ends outside of the string that it began in. */
const NUMBERS = /[:[,](-?\d[\d.eE+-]*)(?=[,\]}])/g

/**
 * The numbers of a compact text stand in it in the order in which they stand in what it is parsed to, unless a member is called by a
 * number: those come first there.
 * @returns undefined where that is so, or a string has what looks like a number
 */
export function writtenOtherwise(compact: string, parsed: unknown): NumberText[] | undefined {
  const places: Place[] = []
  if (!numbersIn(parsed, places)) return undefined
  const texts = Array.from(compact.matchAll(NUMBERS), ([, text = '']) => text)
  if (texts.length !== places.length) return undefined
  const all = places.map((place, at) => ({ ...place, text: texts[at] as string }))
  return all.filter(({ value, text }) => text !== String(value))
}

interface Place {
  holder: object
  key: string
  value: number
}

/** @returns false where a member is called by a number */
function numbersIn(holder: unknown, found: Place[]): boolean {
  if (holder === null || typeof holder !== 'object') return true
  const isList = Array.isArray(holder)
  for (const key in holder) {
    if (!isList && isDigit(key.charCodeAt(0))) return false
    const value = (holder as Record<string, unknown>)[key]
    if (typeof value === 'number') found.push({ holder, key, value })
    else if (typeof value === 'object' && !numbersIn(value, found)) return false
  }
  return true
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57
