/**
 * JSON of the MIIS interface to plain values. Numbers stay text, because senders write the same amount as `128.5` and as
 * `"128.50"` and neither may lose digits. Refused: duplicate keys, too deep, too many values, anything behind the end.
 */

/** `null` and absent are the same to a mapping, so null becomes undefined members that are left out. */
export type MiisValue = string | boolean | MiisObject | MiisValue[]
export interface MiisObject {
  [field: string]: MiisValue | undefined
}

export type JsonProblem =
  | 'json-invalid'
  | 'json-depth'
  | 'json-duplicate-key'
  | 'json-forbidden-key'
  | 'payload-too-large'
  | 'json-not-object'

export const MIIS_DEPTH_MAX = 32
/** A settlement of 10,000 lines with 40 fields each is 400,000 values. */
export const MIIS_VALUES_MAX = 1_000_000
/** of one list: bills have at most some ten thousand lines, and each becomes a resource or two */
export const MIIS_ITEMS_MAX = 20_000

export class JsonRefused extends Error {
  readonly problem: JsonProblem
  constructor(problem: JsonProblem) {
    super(problem)
    this.problem = problem
  }
}

/** The object in a text, numbers as they were written. @throws JsonRefused */
export function parseMiisJson(text: string): MiisObject {
  const reader = new Reader(text)
  const value = reader.document()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new JsonRefused('json-not-object')
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

class Reader {
  readonly #text: string
  #at = 0
  #values = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): MiisValue | undefined {
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) throw new JsonRefused('json-invalid')
    return value
  }

  #value(depth: number): MiisValue | undefined {
    if (depth > MIIS_DEPTH_MAX) throw new JsonRefused('json-depth')
    if (++this.#values > MIIS_VALUES_MAX) throw new JsonRefused('payload-too-large')
    this.#space()
    const c = this.#text[this.#at]
    if (c === '{') return this.#object(depth)
    if (c === '[') return this.#array(depth)
    if (c === '"') return this.#string()
    if (c === 't') return this.#word('true', true)
    if (c === 'f') return this.#word('false', false)
    if (c === 'n') return this.#word('null', undefined)
    return this.#number()
  }

  #object(depth: number): MiisObject {
    const object: MiisObject = {}
    const keys = new Set<string>()
    this.#at++
    if (this.#closes('}')) return object
    do {
      this.#space()
      if (this.#text[this.#at] !== '"') throw new JsonRefused('json-invalid')
      const key = this.#string()
      if (FORBIDDEN.has(key)) throw new JsonRefused('json-forbidden-key')
      if (keys.has(key)) throw new JsonRefused('json-duplicate-key')
      keys.add(key)
      this.#expect(':')
      const value = this.#value(depth + 1)
      if (value !== undefined) object[key] = value
    } while (this.#goesOn('}'))
    return object
  }

  #array(depth: number): MiisValue[] {
    const array: MiisValue[] = []
    this.#at++
    if (this.#closes(']')) return array
    do {
      const value = this.#value(depth + 1)
      if (value !== undefined) array.push(value)
      if (array.length > MIIS_ITEMS_MAX) throw new JsonRefused('payload-too-large')
    } while (this.#goesOn(']'))
    return array
  }

  /** The string at the cursor. Quote and backslash are found by scanning; JSON.parse undoes the escapes. */
  #string(): string {
    const start = this.#at
    let at = start + 1
    let escaped = false
    for (;;) {
      const c = this.#text.charCodeAt(at)
      if (Number.isNaN(c) || c < 0x20) throw new JsonRefused('json-invalid')
      if (c === 34) break
      if (c === 92) {
        escaped = true
        at++
      }
      at++
    }
    this.#at = at + 1
    if (!escaped) return this.#text.slice(start + 1, at)
    try {
      return JSON.parse(this.#text.slice(start, at + 1)) as string
    } catch {
      throw new JsonRefused('json-invalid')
    }
  }

  #number(): string {
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (!match) throw new JsonRefused('json-invalid')
    this.#at += match[0].length
    return match[0]
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonRefused('json-invalid')
    this.#at += word.length
    return value
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at)
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return
      this.#at++
    }
  }

  #expect(c: string): void {
    this.#space()
    if (this.#text[this.#at] !== c) throw new JsonRefused('json-invalid')
    this.#at++
  }

  #closes(end: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== end) return false
    this.#at++
    return true
  }

  /** true behind a comma, false behind the closing bracket */
  #goesOn(end: string): boolean {
    this.#space()
    if (this.#text[this.#at] === ',') {
      this.#at++
      return true
    }
    if (!this.#closes(end)) throw new JsonRefused('json-invalid')
    return false
  }
}
