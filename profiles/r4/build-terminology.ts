/**
 * The code systems, value sets and concept maps of R4 that its elements are bound to, with any strength, and all that those
 * value sets are made of: one resource a line, without narrative and publishing details.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ISO_4217 } from './iso-4217.ts'
import { readAll, type StructureDefinition } from './r4-package.ts'

interface Part {
  system?: string
  valueSet?: string[]
}

interface Definition {
  resourceType: string
  url: string
  content?: string
  compose?: { include?: Part[]; exclude?: Part[] }
  [element: string]: unknown
}

/** What says how something was published, not what it is. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'text',
  'meta',
  'contact',
  'extension',
  'jurisdiction',
  'publisher',
  'identifier',
  'useContext',
  'purpose',
  'copyright',
  'description',
  'contained',
])

/** R4's own: the other maps of the package are examples, or translate between editions of it. */
const OWN_MAP = /^http:\/\/hl7\.org\/fhir\/ConceptMap\/(?:cm|sc)-/

export function writeTerminology(folder: string): void {
  const valueSets = byUrl(readAll<Definition>('ValueSet'))
  const sets = reached(boundTo(), valueSets)
  const parts = sets.flatMap(({ compose }) => [...(compose?.include ?? []), ...(compose?.exclude ?? [])])
  const named = new Set(parts.flatMap(({ system }) => system ?? []))
  const systems = [...byUrl([...readAll<Definition>('CodeSystem'), CURRENCIES]).values()].filter(({ url }) => named.has(url))
  const maps = readAll<Definition>('ConceptMap').filter(({ url }) => OWN_MAP.test(url))
  const lines = [...systems, ...sets, ...maps].map((one) => JSON.stringify(shortened(one)))
  writeFileSync(join(folder, 'terminology.ndjson'), `${lines.sort().join('\n')}\n`)
}

/** Bound to, and not in the package. */
const CURRENCIES: Definition = { resourceType: 'CodeSystem', id: 'iso-4217', name: 'ISO4217', status: 'active', ...ISO_4217 }

/** Of some addresses the package has two: the first by name. */
const byUrl = (all: readonly Definition[]): Map<string, Definition> => new Map([...all].reverse().map((one) => [one.url, one]))

function boundTo(): string[] {
  const own = readAll<StructureDefinition>('StructureDefinition').filter(
    (one) => one.derivation !== 'constraint' || one.type === 'Extension',
  )
  return own.flatMap(({ snapshot }) => snapshot.element.flatMap(({ binding }) => binding?.valueSet ?? []))
}

function reached(from: readonly string[], valueSets: ReadonlyMap<string, Definition>): Definition[] {
  const found = new Map<string, Definition>()
  const open = [...from]
  for (let canonical = open.pop(); canonical !== undefined; canonical = open.pop()) {
    const one = valueSets.get(canonical.split('|')[0] ?? '')
    if (!one || found.has(one.url)) continue
    found.set(one.url, one)
    const parts = [...(one.compose?.include ?? []), ...(one.compose?.exclude ?? [])]
    open.push(...parts.flatMap(({ valueSet = [] }) => valueSet))
  }
  return [...found.values()]
}

/** The address right behind the type, so that a reader knows a line by its beginning. */
function shortened({ resourceType, url, ...rest }: Definition): Record<string, unknown> {
  const kept = Object.entries(rest).filter(([name]) => !LEFT_OUT.has(name))
  return { resourceType, url, ...Object.fromEntries(kept) }
}
