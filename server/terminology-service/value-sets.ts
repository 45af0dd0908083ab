/**
 * Value sets that this server knows whole: those of its profiles and those that R4 itself binds as required. A set of which a
 * part is not known (a filter, an exclusion, another set that is not here) is left out: half of it would be another set.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface ValueSetTable {
  url: string
  /** codes by system; without `codes`, every code of that system */
  include: { system: string; codes?: readonly string[] }[]
}

interface Source {
  url: string
  compose?: { include?: Part[]; exclude?: unknown }
}

interface Part {
  system?: string
  concept?: { code: string }[]
  filter?: unknown
  valueSet?: string[]
}

const GENERATED = fileURLToPath(new URL('../../profiles/generated/', import.meta.url))

export function readValueSets(folder: string = GENERATED): ValueSetTable[] {
  const files = readdirSync(folder).filter((file) => /^ValueSet-.*\.json$/.test(file))
  const sources = files.sort().map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Source)
  const required = JSON.parse(readFileSync(`${folder}/r4/codes.json`, 'utf8')) as Record<string, Record<string, string[]> | null>
  const ofR4 = Object.entries(required).flatMap(([url, systems]) =>
    systems === null ? [] : [{ url, include: Object.entries(systems).map(([system, codes]) => ({ system, codes })) }],
  )
  return [...wholeSets(sources, new Map(ofR4.map((set) => [set.url, set]))), ...ofR4]
}

/** Those of `sources` that are wholly known, alone or with others and with what is known already. */
export function wholeSets(sources: readonly Source[], known: ReadonlyMap<string, ValueSetTable> = new Map()): ValueSetTable[] {
  const byUrl = new Map(sources.map((source) => [source.url, source]))
  const expand = (canonical: string, within: readonly string[]): ValueSetTable['include'] | undefined => {
    const url = canonical.split('|')[0] ?? canonical
    const include = byUrl.get(url)?.compose
    if (!include) return known.get(url)?.include
    if (include.exclude !== undefined || within.includes(url)) return undefined
    const parts = (include.include ?? []).map((part) => expandPart(part, (other) => expand(other, [...within, url])))
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined
  }
  return sources.flatMap(({ url }) => {
    const include = expand(url, [])
    return include ? [{ url, include }] : []
  })
}

/** A part with both a system and other sets is what they have in common: none of the profiles' has that. */
function expandPart(
  { system, concept, filter, valueSet }: Part,
  expand: (url: string) => ValueSetTable['include'] | undefined,
): ValueSetTable['include'] | undefined {
  if (filter !== undefined) return undefined
  if (valueSet) {
    const [only, ...more] = valueSet
    return system === undefined && only !== undefined && more.length === 0 ? expand(only) : undefined
  }
  if (system === undefined) return undefined
  return [concept ? { system, codes: concept.map(({ code }) => code) } : { system }]
}
