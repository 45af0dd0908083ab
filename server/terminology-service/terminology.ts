/** Questions to the loaded code systems and concept maps. Pure once loaded; loading waits for the first question. */
import { fileURLToPath } from 'node:url'
import type { FhirCoding } from '../fhir/types.ts'
import { type CodeSystemTable, type ConceptMapTable, readTables, type TerminologyTables } from './tables.ts'
import { readValueSets, type ValueSetTable } from './value-sets.ts'

export interface TargetCoding {
  system: string
  code: string
  display?: string
}

export interface Terminology {
  /** Target of a source code in a concept map; undefined when there is no map or no target. */
  translate(map: string, code: string): TargetCoding | undefined
  /** Display of a code; with a version only that version is asked, without one the first that knows the code. */
  lookup(system: string, code: string, version?: string): { display: string; version?: string } | undefined
  /**
   * Whether a code belongs to a code system or value set, by canonical url (`url|version` for one version). `unknown`: the
   * url is not loaded, or only a fragment of it is.
   */
  contains(url: string, code: string, system?: string): 'yes' | 'no' | 'unknown'
  /** What a value set has in it, by canonical url; undefined when it is not known, or not as a whole. */
  valueSet(url: string): ValueSetTable['include'] | undefined
  /** How codes of the system stand under each other; undefined when that is not known. */
  hierarchy(system: string): Hierarchy | undefined
  /** Loaded tables, for CodeSystem and ConceptMap resources, `$expand` and the console. */
  tables(): TerminologyTables
}

export interface Hierarchy {
  /** a code stands under all that it begins with; these have at least so many characters */
  root: number
  /** codes that are listed as from–to (`A00-B99`) */
  ranges: readonly string[]
}

export interface TerminologyOptions {
  /** the site's own folders, read after the shipped one */
  folders?: readonly string[]
  valueSets?: readonly ValueSetTable[]
}

const SHIPPED = fileURLToPath(new URL('../../terminology', import.meta.url))

/** The service over the shipped tables and the site's folders, read at the first question. */
export function createTerminology(options: TerminologyOptions = {}): Terminology {
  let loaded: Terminology | undefined
  const get = (): Terminology => {
    loaded ??= terminologyOf(readTables([SHIPPED, ...(options.folders ?? [])]), options.valueSets ?? readValueSets())
    return loaded
  }
  return {
    translate: (map, code) => get().translate(map, code),
    lookup: (system, code, version) => get().lookup(system, code, version),
    contains: (url, code, system) => get().contains(url, code, system),
    valueSet: (url) => get().valueSet(url),
    hierarchy: (system) => get().hierarchy(system),
    tables: () => get().tables(),
  }
}

interface IndexedSystem {
  table: CodeSystemTable
  displays: Map<string, string>
}

/** The service over given tables. */
export function terminologyOf(tables: TerminologyTables, valueSets: readonly ValueSetTable[] = []): Terminology {
  const systems = indexSystems(tables.systems)
  const maps = new Map(tables.maps.map((map) => [map.id, indexMap(map)]))
  const sets = new Map(valueSets.map((set) => [set.url, set]))

  const inSystem = (url: string, code: string): 'yes' | 'no' | 'unknown' => {
    const [base, version] = url.split('|') as [string, string?]
    const versions = (systems.get(base) ?? []).filter((each) => version === undefined || each.table.version === version)
    if (versions.length === 0) return 'unknown'
    if (versions.some((each) => each.displays.has(code))) return 'yes'
    return versions.every((each) => each.table.content === 'complete') ? 'no' : 'unknown'
  }

  const inValueSet = (set: ValueSetTable, code: string, system: string | undefined): 'yes' | 'no' | 'unknown' => {
    const parts = set.include.filter((part) => system === undefined || part.system === system)
    const answers = parts.map((part) => (part.codes ? (part.codes.includes(code) ? 'yes' : 'no') : inSystem(part.system, code)))
    if (answers.includes('yes')) return 'yes'
    return answers.includes('unknown') ? 'unknown' : 'no'
  }

  return {
    translate: (map, code) => maps.get(map)?.get(code),
    lookup: (system, code, version) => {
      const known = (systems.get(system) ?? []).find(
        (each) => (version === undefined || each.table.version === version) && each.displays.has(code),
      )
      if (!known) return undefined
      const display = known.displays.get(code) ?? ''
      return known.table.version === undefined ? { display } : { display, version: known.table.version }
    },
    contains: (url, code, system) => {
      const set = sets.get(url)
      if (set) return inValueSet(set, code, system)
      return inSystem(url, code)
    },
    valueSet: (url) => sets.get(url.split('|')[0] ?? url)?.include,
    hierarchy: (system) => hierarchyOf(systems.get(system) ?? []),
    tables: () => tables,
  }
}

/** All versions of a system have the same structure. */
function hierarchyOf(versions: readonly IndexedSystem[]): Hierarchy | undefined {
  const root = versions.find(({ table }) => table.hierarchy)?.table.hierarchy?.root
  if (root === undefined) return undefined
  const codes = new Set(versions.flatMap(({ table }) => table.concepts.map(({ code }) => code)))
  // Two categories with a hyphen: a chapter or block of ICD.
  return { root, ranges: [...codes].filter((code) => code.length === 2 * root + 1 && code.charAt(root) === '-') }
}

function indexSystems(tables: readonly CodeSystemTable[]): Map<string, IndexedSystem[]> {
  const systems = new Map<string, IndexedSystem[]>()
  for (const table of tables) {
    const indexed = { table, displays: new Map(table.concepts.map((concept) => [concept.code, concept.display])) }
    systems.set(table.url, [...(systems.get(table.url) ?? []), indexed])
  }
  return systems
}

function indexMap(map: ConceptMapTable): Map<string, TargetCoding> {
  return new Map(
    map.entries.map((entry) => {
      const coding: FhirCoding & TargetCoding = { system: entry.system ?? map.target, code: entry.code }
      if (entry.display !== undefined) coding.display = entry.display
      return [entry.from, coding]
    }),
  )
}
