/** All elements of R4, by path: custom parameters may lead to any of them, R4's own to those that the generated table has. */
import { readFileSync } from 'node:fs'

interface Element {
  types?: string[]
  /** name[x] */
  choice?: true
  /** path of the element that has the content */
  content?: string
  /** canonical of a required binding */
  binding?: string
  elements?: Record<string, Element>
}

interface Structures {
  types: Record<string, { kind: string; elements?: Record<string, Element> }>
}

/** value set → code system → codes */
type Codes = Record<string, Record<string, string[]> | null>

export interface ElementTable {
  /** path → type, list of types (a choice) or `#path` (defined there) */
  elements: Map<string, string | readonly string[]>
  /** code systems that the required binding of a `code` implies */
  systems: Map<string, readonly string[]>
}

const folder = new URL('../../profiles/generated/r4/', import.meta.url)
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T

/** Primitives have no children here: in JSON those stand beside the value, where no compiled path leads. */
export function r4Elements(): ElementTable {
  const { types } = read<Structures>('structures.json')
  const codes = read<Codes>('codes.json')
  const table: ElementTable = { elements: new Map(), systems: new Map() }
  for (const [type, { kind, elements }] of Object.entries(types)) if (kind !== 'primitive-type') add(table, codes, type, elements ?? {})
  return table
}

function add(table: ElementTable, codes: Codes, parent: string, elements: Record<string, Element>): void {
  for (const [name, { types = [], choice, content, binding, elements: inner }] of Object.entries(elements)) {
    const path = `${parent}.${name}`
    table.elements.set(path, content !== undefined ? `#${content}` : choice ? types : (types[0] ?? 'Element'))
    const systems = types[0] === 'code' && binding !== undefined ? Object.keys(codes[binding] ?? {}) : []
    if (systems.length > 0) table.systems.set(path, systems)
    if (inner) add(table, codes, path, inner)
  }
}
