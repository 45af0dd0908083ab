/** The files of `terminology/`: their shapes, and reading them once with their own consistency checked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CodeSystemTable {
  id: string
  url: string
  name: string
  title: string
  content: 'complete' | 'fragment'
  version?: string
  note?: string
  /** each code stands under all that it begins with, from `root` characters on (ICD) */
  hierarchy?: { kind: 'prefix'; root: number }
  concepts: { code: string; display: string }[]
}

export interface ConceptMapTable {
  id: string
  title: string
  source: string
  target: string
  entries: { from: string; code: string; display?: string; system?: string }[]
}

export interface TerminologyTables {
  systems: CodeSystemTable[]
  maps: ConceptMapTable[]
}

/** Largest number of concepts in one table; the full national drug list has about 300,000. */
export const CONCEPTS_MAX = 2_000_000

/**
 * Reads `systems/*.json` and `maps/*.json` of the folders, in order. A later table with the same url and version (or map
 * id) replaces an earlier one, so that a site's licensed list takes the place of the fragment.
 * @throws Error naming the file when a table is malformed or lists a code twice (bad configuration fails at start)
 */
export function readTables(folders: readonly string[]): TerminologyTables {
  const systems = new Map<string, CodeSystemTable>()
  const maps = new Map<string, ConceptMapTable>()
  for (const folder of folders) {
    for (const [file, table] of jsonFiles<CodeSystemTable>(join(folder, 'systems'))) {
      checkSystem(file, table)
      systems.set(`${table.url}|${table.version ?? ''}`, table)
    }
    for (const [file, table] of jsonFiles<ConceptMapTable>(join(folder, 'maps'))) {
      checkMap(file, table)
      maps.set(table.id, table)
    }
  }
  return { systems: [...systems.values()], maps: [...maps.values()] }
}

function jsonFiles<T>(folder: string): [string, T][] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as T])
}

function checkSystem(file: string, table: CodeSystemTable): void {
  const wrong = (what: string): never => {
    throw new Error(`terminology/systems/${file}: ${what}`)
  }
  if (!table.id || !table.url || !Array.isArray(table.concepts)) wrong('id, url and concepts are required')
  if (table.content !== 'complete' && table.content !== 'fragment') wrong('content must be complete or fragment')
  const { hierarchy } = table
  if (hierarchy && (hierarchy.kind !== 'prefix' || !(hierarchy.root > 0))) wrong('hierarchy must be { kind: prefix, root }')
  if (table.concepts.length > CONCEPTS_MAX) wrong(`more than ${CONCEPTS_MAX} concepts`)
  const codes = new Set(table.concepts.map((concept) => concept.code))
  if (codes.size !== table.concepts.length) wrong('a code is listed twice')
}

function checkMap(file: string, table: ConceptMapTable): void {
  const wrong = (what: string): never => {
    throw new Error(`terminology/maps/${file}: ${what}`)
  }
  if (!table.id || !table.target || !Array.isArray(table.entries)) wrong('id, target and entries are required')
  const sources = new Set(table.entries.map((entry) => entry.from))
  if (sources.size !== table.entries.length) wrong('a source code is listed twice')
}
