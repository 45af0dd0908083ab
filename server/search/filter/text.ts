/**
 * The text of `_filter` (R4 search_filter.html 3.1.3.1, "formal grammar") as a tree. `and` and `or` are read from left to
 * right, neither before the other; keywords and operators in any case. Positions count characters from 1.
 */
import { withPlus } from '../../fhir/date.ts'
import type { IssueCode } from '../../outcome/issues.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { FILTER_DEPTH_MAX, FILTER_TESTS_MAX } from '../limits.ts'

export const FILTER_PARAMETER = '_filter'

const OPERATORS = [
  'eq',
  'ne',
  'co',
  'sw',
  'ew',
  'gt',
  'lt',
  'ge',
  'le',
  'ap',
  'sa',
  'eb',
  'pr',
  'po',
  'ss',
  'sb',
  'in',
  'ni',
  're',
] as const
export type Operator = (typeof OPERATORS)[number]

/** A name of a path, and what must hold of that of which the rest of the path is asked (`name[filter].rest`). */
export interface FilterStep {
  name: string
  at: number
  filter?: Filter
}

export interface FilterTest {
  kind: 'test'
  path: readonly [FilterStep, ...FilterStep[]]
  operator: Operator
  operatorAt: number
  value: string
  valueAt: number
}

export type Filter = { kind: 'and' | 'or'; parts: Filter[] } | { kind: 'not'; part: Filter } | FilterTest

/** An issue that names the place in the text. */
export function filterError(code: IssueCode, position: number, params: Record<string, string> = {}): OutcomeError {
  return new OutcomeError(code, { expression: [FILTER_PARAMETER], params: { position: String(position), ...params } })
}

/** @throws OutcomeError filter-syntax | filter-large */
export function parseFilter(text: string): Filter {
  const reader = new Reader(text)
  const filter = reader.expression(0)
  reader.space()
  if (!reader.atEnd) throw reader.expected('and | or')
  return filter
}

/** A dateTime up to where its zone begins. */
const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/

class Reader {
  readonly #text: string
  #at = 0
  #tests = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** `filter`, `filter and filter or filter`: what was read so far is one side of the next word. */
  expression(depth: number): Filter {
    if (depth > FILTER_DEPTH_MAX) throw this.#large()
    let left = this.#term(depth)
    for (let word = this.#logicalWord(); word !== undefined; word = this.#logicalWord()) {
      const right = this.#term(depth)
      if (left.kind === word) left.parts.push(right)
      else left = { kind: word, parts: [left, right] }
    }
    return left
  }

  #logicalWord(): 'and' | 'or' | undefined {
    this.space()
    const word = this.#match(/(?:and|or)(?=[\s(]|$)/iy)?.toLowerCase()
    return word === 'and' || word === 'or' ? word : undefined
  }

  #term(depth: number): Filter {
    this.space()
    if (this.#match(/not\s*(?=\()/iy) !== undefined) return { kind: 'not', part: this.#within(depth) }
    // In parentheses it is one side by itself, whatever word it has inside.
    return this.#text[this.#at] === '(' ? { kind: 'and', parts: [this.#within(depth)] } : this.#test(depth)
  }

  #within(depth: number): Filter {
    this.#take('(')
    const filter = this.expression(depth + 1)
    this.space()
    this.#take(')')
    return filter
  }

  #test(depth: number): FilterTest {
    if (++this.#tests > FILTER_TESTS_MAX) throw this.#large()
    const path = this.#path(depth)
    this.#gap('operator')
    const operatorAt = this.#position
    const word = this.#match(/[a-z]+/iy)?.toLowerCase()
    const operator = OPERATORS.find((one) => one === word)
    if (operator === undefined) throw filterError('filter-syntax', operatorAt, { expected: OPERATORS.join(' | ') })
    this.#gap('value')
    const valueAt = this.#position
    return { kind: 'test', path, operator, operatorAt, value: this.#value(), valueAt }
  }

  #path(depth: number): [FilterStep, ...FilterStep[]] {
    const first = this.#step(depth)
    const path: [FilterStep, ...FilterStep[]] = [first]
    while (this.#text[this.#at] === '.') {
      this.#at++
      path.push(this.#step(depth))
    }
    if (path.at(-1)?.filter) throw this.expected('.')
    return path
  }

  #step(depth: number): FilterStep {
    const at = this.#position
    const name = this.#match(/[A-Za-z_][A-Za-z0-9_-]*/y)
    if (name === undefined) throw this.expected('name')
    if (this.#text[this.#at] !== '[') return { name, at }
    this.#at++
    const filter = this.expression(depth + 1)
    this.space()
    this.#take(']')
    return { name, at, filter }
  }

  /** A JSON string, or all up to the next space, `)` or `]`; of a dateTime whose plus was not percent-encoded, its zone as well. */
  #value(): string {
    if (this.#text[this.#at] !== '"') {
      const token = this.#match(/[^\s)\]]+/uy)
      if (token === undefined) throw this.expected('value')
      // A zone after a space: nothing else of the grammar begins with a digit there.
      const zone = TIME.test(token) ? this.#match(/ \d{2}:\d{2}(?=[\s)\]]|$)/y) : undefined
      return zone === undefined ? token : withPlus(`${token}${zone}`)
    }
    const start = this.#position
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"/suy)
    try {
      const value = JSON.parse(quoted ?? '') as string
      if (value !== '') return value
    } catch {
      // Told below, by the place where the string begins.
    }
    throw filterError('filter-syntax', start, { expected: 'JSON string' })
  }

  #take(character: string): void {
    if (this.#text[this.#at] !== character) throw this.expected(character)
    this.#at++
  }

  #gap(next: string): void {
    if (!this.space()) throw this.expected(this.atEnd ? next : 'space')
  }

  /** Whether there was any. */
  space(): boolean {
    return this.#match(/\s+/y) !== undefined
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  get #position(): number {
    return [...this.#text.slice(0, this.#at)].length + 1
  }

  expected(what: string): OutcomeError {
    return filterError('filter-syntax', this.#position, { expected: what })
  }

  #large(): OutcomeError {
    return filterError('filter-large', this.#position, { max: String(FILTER_TESTS_MAX), depth: String(FILTER_DEPTH_MAX) })
  }
}
