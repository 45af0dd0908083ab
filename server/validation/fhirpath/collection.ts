/**
 * FHIRPath collections over plain JSON. Only what is certain without type information is decided here; anything else
 * throws NOT_CERTAIN, and the caller asks the full evaluator.
 */

export type Collection = readonly unknown[]

export const EMPTY: Collection = []
export const TRUE: Collection = [true]
export const FALSE: Collection = [false]

/** Thrown instead of a wrong answer. One object: it is control flow and needs no stack. */
export const NOT_CERTAIN = Symbol('the full FHIRPath evaluator has to decide')

export const boolean = (value: boolean | undefined): Collection => (value === undefined ? EMPTY : value ? TRUE : FALSE)

/** Singleton evaluation: empty is unknown, one thing that is not a boolean is true. */
export function truth(items: Collection): boolean | undefined {
  if (items.length === 0) return undefined
  if (items.length > 1) throw NOT_CERTAIN
  return typeof items[0] === 'boolean' ? items[0] : true
}

type Json = Record<string, unknown>

/** JSON keys of each choice element, e.g. value → valueQuantity, valueString … */
export type ChoiceKeys = ReadonlyMap<string, ReadonlySet<string>>

/** A name in an expression, with what is asked of each item by it. */
export interface MemberName {
  name: string
  /** `_birthDate` */
  sibling: string
  /** JSON keys where it is the name of choice elements */
  keys: ReadonlySet<string> | undefined
}

export const memberName = (name: string, choices: ChoiceKeys): MemberName => ({ name, sibling: `_${name}`, keys: choices.get(name) })

/** Children of a name. A primitive with extensions (`_birthDate`) is more than its JSON value: not certain. */
export function member(items: Collection, named: MemberName): Collection {
  let found: unknown[] | undefined
  for (const item of items) {
    if (item === null || typeof item !== 'object') continue
    const key = keyOf(item as Json, named)
    if (key === undefined) continue
    const value = (item as Json)[key]
    if (items.length === 1) return Array.isArray(value) ? value : [value]
    found ??= []
    if (Array.isArray(value)) found.push(...value)
    else found.push(value)
  }
  return found ?? EMPTY
}

function keyOf(item: Json, { name, sibling, keys }: MemberName): string | undefined {
  if (sibling in item) throw NOT_CERTAIN
  if (item[name] !== undefined) return name
  if (!keys) return undefined
  for (const key in item) {
    if (!key.startsWith(name, key.charCodeAt(0) === 95 ? 1 : 0)) continue
    if (key.charCodeAt(0) === 95 && keys.has(key.slice(1))) throw NOT_CERTAIN
    if (keys.has(key)) return key
  }
  return undefined
}

/** Text that may be a date: its equality and order depend on zone and precision. */
const DATE_LIKE = /^\d{4}(?:-\d{2}|T|$)/

/** Equality of two items; strings that may be dates are equal only when they are the same text. */
export function sameItem(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a === 'string' && typeof b === 'string') {
    if (DATE_LIKE.test(a) && DATE_LIKE.test(b)) throw NOT_CERTAIN
    return false
  }
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') return sameObject(a as Json, b as Json)
  return false
}

function sameObject(a: Json, b: Json): boolean {
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameItem(a[key], b[key]))
}

export function equal(a: Collection, b: Collection): boolean | undefined {
  if (a.length === 0 || b.length === 0) return undefined
  if (a.length !== b.length) return false
  return a.every((item, at) => sameItem(item, b[at]))
}

/** -1, 0, 1; undefined for empty. Numbers, and texts of the same form of date; of different forms, what `mixed` says. */
export function order(a: Collection, b: Collection, mixed: (left: string, right: string) => number | undefined): number | undefined {
  if (a.length === 0 || b.length === 0) return undefined
  if (a.length > 1 || b.length > 1) throw NOT_CERTAIN
  const [left, right] = [a[0], b[0]]
  if (typeof left === 'number' && typeof right === 'number') return Math.sign(left - right)
  if (typeof left !== 'string' || typeof right !== 'string') throw NOT_CERTAIN
  if (formOf(left) !== formOf(right)) return mixed(left, right)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Texts of the same form (length and zone) of date are ordered as texts are. */
function formOf(text: string): string {
  if (!DATE_LIKE.test(text)) throw NOT_CERTAIN
  return text.length <= 10 ? String(text.length) : `${text.length}${/(?:Z|[+-]\d\d:\d\d)$/.exec(text)?.[0]}`
}
