/**
 * The definitions that come with the server, by canonical url: R4's own (`profiles/generated/r4/terminology.ndjson`), those of
 * the Chinese profiles, and the tables of `terminology/`, whose lists are the fuller ones. A line is parsed when it is asked for.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BASE } from '../fhir/canonical.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { PrefixRule } from './concept-tree.ts'
import type { CodeSystemResource, ConceptMapResource } from './resources.ts'
import { type CodeSystemTable, type ConceptMapTable, readTables, type TerminologyTables } from './tables.ts'

export type DefinitionType = 'CodeSystem' | 'ValueSet' | 'ConceptMap'

/** One version of a definition, wherever it is kept. */
export interface Definition {
  /** the same key, the same content */
  key: string
  resource(): FhirResource
  prefix?: PrefixRule
}

export interface Shipped {
  byUrl(type: DefinitionType, url: string): readonly Definition[]
  maps(): readonly Definition[]
  /** url and versions of each code system, for the TerminologyCapabilities */
  systems(): { url: string; versions: readonly string[] }[]
}

const GENERATED = fileURLToPath(new URL('../../profiles/generated/', import.meta.url))
const TABLES = fileURLToPath(new URL('../../terminology', import.meta.url))
const HEAD = /^\{"resourceType":"(\w+)","url":"([^"]+)"/

export function shippedDefinitions(tables: () => TerminologyTables = () => readTables([TABLES])): Shipped {
  let read: ReadonlyMap<string, Definition[]> | undefined
  const known = () => {
    read ??= readAll(tables())
    return read
  }
  const ofType = (type: DefinitionType) => [...known()].filter(([name]) => name.startsWith(`${type} `))
  return {
    byUrl: (type, url) => known().get(`${type} ${url}`) ?? [],
    maps: () => ofType('ConceptMap').flatMap(([, list]) => list),
    systems: () =>
      ofType('CodeSystem').map(([name, list]) => ({
        url: name.slice('CodeSystem '.length),
        versions: list.flatMap((one) => (one.resource() as CodeSystemResource).version ?? []),
      })),
  }
}

function readAll({ systems, maps }: TerminologyTables): ReadonlyMap<string, Definition[]> {
  const found = new Map<string, Definition[]>()
  const add = (type: string, url: string, definition: Definition) => {
    const name = `${type} ${url}`
    found.set(name, [...(found.get(name) ?? []), definition])
  }
  for (const table of systems) add('CodeSystem', table.url, ofTable(table))
  for (const table of maps) add('ConceptMap', mapUrl(table), { key: `table map ${table.id}`, resource: once(() => conceptMapOf(table)) })
  const named = new Set(found.keys())
  for (const [type, url, text] of [...profileTexts(), ...r4Texts()]) {
    const name = `${type} ${url}`
    if (named.has(name)) continue
    named.add(name)
    add(type, url, { key: `shipped ${name}`, resource: once(() => JSON.parse(text) as FhirResource) })
  }
  return found
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function profileTexts(): [type: string, url: string, text: string][] {
  const files = readdirSync(GENERATED).filter((file) => /^(?:CodeSystem|ValueSet)-.*\.json$/.test(file))
  return files.sort().map((file) => {
    const text = readFileSync(`${GENERATED}${file}`, 'utf8')
    const { resourceType, url } = JSON.parse(text) as { resourceType: string; url: string }
    return [resourceType, url, text]
  })
}

function r4Texts(): [type: string, url: string, text: string][] {
  const lines = readFileSync(`${GENERATED}r4/terminology.ndjson`, 'utf8').split('\n')
  return lines.flatMap((line): [string, string, string][] => {
    const head = HEAD.exec(line)
    return head ? [[head[1] as string, head[2] as string, line]] : []
  })
}

function ofTable(table: CodeSystemTable): Definition {
  const { url, version, hierarchy } = table
  return {
    key: `table system ${url}|${version ?? ''}`,
    resource: once(() => codeSystemOf(table)),
    ...(hierarchy ? { prefix: { root: hierarchy.root } } : {}),
  }
}

export function codeSystemOf({ id, url, name, title, content, version, concepts, hierarchy }: CodeSystemTable): CodeSystemResource {
  return {
    resourceType: 'CodeSystem',
    id,
    url,
    ...(version === undefined ? {} : { version }),
    name,
    title,
    status: 'active',
    language: 'zh-CN',
    caseSensitive: true,
    content,
    ...(hierarchy ? { hierarchyMeaning: 'is-a' } : {}),
    concept: concepts,
  }
}

const mapUrl = ({ id }: ConceptMapTable): string => `${BASE}/ConceptMap/${id}`

/** Some sources have a name of ours instead of an address. */
const isAddress = (source: string): boolean => /^(?:urn:|https?:)/.test(source)

/** A table says what a code becomes, and not how near the two are: `relatedto`. */
export function conceptMapOf(table: ConceptMapTable): ConceptMapResource {
  const source = isAddress(table.source) ? table.source : `urn:yilian:${table.source}`
  const groups = Map.groupBy(table.entries, (entry) => entry.system ?? table.target)
  return {
    resourceType: 'ConceptMap',
    id: table.id,
    url: mapUrl(table),
    title: table.title,
    status: 'active',
    group: [...groups].map(([target, entries]) => ({
      source,
      target,
      element: entries.map(({ from, code, display }) => ({
        code: from,
        target: [{ code, ...(display === undefined ? {} : { display }), equivalence: 'relatedto' }],
      })),
    })),
  }
}
