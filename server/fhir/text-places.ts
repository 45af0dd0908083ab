/** Where the elements of a resource stand in its JSON text: line and column of what a FHIRPath like `Patient.name[0].given` names. */
import type { Place } from './json-fault.ts'

/** What stands somewhere in a text, whatever its format. */
export interface Node {
  start: number
  /** by key, or by index */
  inside?: Map<string | number, Node>
}

/**
 * Places in a text that is JSON. An element that is not there has the place of the nearest one above it that is.
 * @param at FHIRPath of the resource inside the text, e.g. `Parameters.parameter[0].resource`; the whole text when it is left out
 */
export function placesIn(text: string, at = ''): (expression: string) => Place {
  return placesOf(text, new Reader(text).root, at)
}

/** The same for a text of another format, by the tree of what stands in it. */
export function placesOf(text: string, root: Node, at = ''): (expression: string) => Place {
  const resource = nodeAt(root, stepsOf(at).slice(1))
  const lines = lineStarts(text)
  return (expression) => placeOf(lines, nodeAt(resource, stepsOf(expression).slice(1)).start)
}

/** Keys and indices that lead to what stands at an offset of a text that is JSON. */
export function stepsAt(text: string, offset: number): (string | number)[] {
  const steps: (string | number)[] = []
  for (let node: Node | undefined = new Reader(text).root; node?.inside; ) {
    let [step, next]: [string | number | undefined, Node | undefined] = [undefined, undefined]
    for (const [key, below] of node.inside) if (below.start <= offset) [step, next] = [key, below]
    if (step !== undefined) steps.push(step)
    node = next
  }
  return steps
}

/** `a.b[0]` to a, b, 0. What is no step (a function) ends the path. */
function stepsOf(expression: string): (string | number)[] {
  const steps: (string | number)[] = []
  for (const part of expression.split('.')) {
    const [, name, index] = /^(\w+)(?:\[(\d+)\])?$/.exec(part) ?? []
    if (name === undefined) return steps
    steps.push(name)
    if (index !== undefined) steps.push(Number(index))
  }
  return steps
}

function nodeAt(root: Node, steps: readonly (string | number)[]): Node {
  let node = root
  for (const step of steps) {
    const below = childOf(node, step)
    if (!below) break
    node = below
  }
  return node
}

/** A choice has its type in its key; of a primitive there may be only the extensions. */
function childOf({ inside }: Node, step: string | number): Node | undefined {
  if (!inside || typeof step === 'number') return inside?.get(step)
  const own = inside.get(step) ?? inside.get(`_${step}`)
  if (own) return own
  for (const [key, node] of inside) if (typeof key === 'string' && isFormOf(key.replace(/^_/, ''), step)) return node
  // XML does not tell one element from a list of one.
  const only = inside.get(0)
  return only && childOf(only, step)
}

const isFormOf = (key: string, choice: string): boolean => key.startsWith(choice) && /^[A-Z]/.test(key.slice(choice.length))

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Both from 1, in characters. */
function placeOf(starts: readonly number[], offset: number): Place {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
}

const SPACE = /[ \n\r\t]*/y
const SCALAR = /[^,\]}\s]+/y

/** Offsets of a text that was parsed before: nothing is checked here, and it is not deeper than what may be parsed. */
class Reader {
  readonly root: Node
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
    this.skip(SPACE)
    this.root = this.value()
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const [found = ''] = pattern.exec(this.text) ?? []
    this.at += found.length
    return found
  }

  /** Where it ends. No pattern: one with alternatives keeps each character in mind, and data of megabytes is too much for that. */
  private passString(): number {
    let end = this.at
    do end = this.text.indexOf('"', end + 1)
    while (end >= 0 && this.isEscaped(end))
    this.at = end < 0 ? this.text.length : end + 1
    return this.at
  }

  private isEscaped(at: number): boolean {
    let first = at
    while (this.text[first - 1] === '\\') first--
    return (at - first) % 2 === 1
  }

  private value(): Node {
    const start = this.at
    const c = this.text[start]
    if (c === '{') return { start, inside: this.members('}', () => JSON.parse(this.text.slice(this.at, this.passString())) as string) }
    if (c === '[') return { start, inside: this.members(']') }
    if (c === '"') this.passString()
    else this.skip(SCALAR)
    return { start }
  }

  private members(end: string, keyOf?: () => string): Map<string | number, Node> {
    const inside = new Map<string | number, Node>()
    this.at++
    for (;;) {
      this.skip(SPACE)
      if (this.at >= this.text.length || this.text[this.at] === end) break
      if (this.text[this.at] === ',') {
        this.at++
        continue
      }
      const keyAt = this.at
      const key = keyOf ? keyOf() : inside.size
      if (keyOf) this.skip(/[ \n\r\t]*:[ \n\r\t]*/y)
      const node = this.value()
      inside.set(key, keyOf ? { ...node, start: keyAt } : node)
    }
    this.at++
    return inside
  }
}
