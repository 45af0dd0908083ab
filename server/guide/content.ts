/** What the guide is made of: the committed definitions and examples, the tables of `terminology/`, and the mapping tables. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BASE } from '../fhir/canonical.ts'
import type { FhirResource } from '../fhir/types.ts'
import { codeSystemOf, conceptMapOf } from '../terminology-service/shipped.ts'
import type { CodeSystemTable, TerminologyTables } from '../terminology-service/tables.ts'
import { mappedFields } from './sources.ts'
import { EXTENSION_NAMES } from './texts/extensions.ts'
import { PROFILE_NAMES } from './texts/profiles.ts'
import { MAP_NAMES, TERMINOLOGY_NAMES } from './texts/terminology.ts'
import type { Artifact, ArtifactType, Broken, Content, Example, StructureDefinition } from './types.ts'

const GENERATED = fileURLToPath(new URL('../../profiles/generated/', import.meta.url))
const DEFINITION = /^(StructureDefinition|ValueSet|CodeSystem|SearchParameter)-.*\.json$/

/** File after file, each in a turn of its own, so that whoever asks the server for something else meanwhile is not kept waiting. */
export async function readContent(tables: TerminologyTables): Promise<Content> {
  const systems = new Map(tables.systems.filter(({ version }) => version === undefined).map((table) => [table.url, table]))
  const artifacts: Artifact[] = []
  for (const file of await jsonFiles('', DEFINITION)) {
    const read = () => readFile(`${GENERATED}${file}`, 'utf8')
    const text = await read()
    const resource = JSON.parse(text) as FhirResource
    const fuller = fullerOf(resource, systems.get(String(resource.url)))
    artifacts.push(artifactOf(resource, fuller ? async () => jsonText(fuller) : read))
  }
  const known = new Set(artifacts.map(({ url }) => url))
  for (const table of tables.systems.filter(({ url }) => isOurs(url)))
    if (!known.has(table.url)) artifacts.push(ofTable(codeSystemOf(table)))
  for (const table of tables.maps) artifacts.push(ofTable(conceptMapOf(table)))
  artifacts.sort((a, b) => order(a.type, b.type) || order(a.id, b.id))
  const structures = new Set(artifacts.filter(({ type }) => type === 'StructureDefinition').map(({ id }) => id))
  return {
    artifacts,
    byUrl: new Map(artifacts.map((one) => [one.url, one])),
    examples: await readExamples(structures),
    broken: await countBroken(),
    brokenOf: async (id) => JSON.parse(await readFile(`${GENERATED}examples/invalid/${id}.json`, 'utf8')) as Broken[],
    fields: mappedFields(),
    notes: tables.systems.flatMap(({ id, url, title, note }) => (note === undefined || !isOurs(url) ? [] : [{ id, title, note }])),
  }
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** Systems of others (LOINC) are theirs to publish: the server knows a part, the guide has none. */
const isOurs = (url: string): boolean => url.startsWith(`${BASE}/`) || url.startsWith('urn:oid:2.16.156.')
const jsonText = (resource: object): string => `${JSON.stringify(resource, null, 1)}\n`

async function jsonFiles(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(`${GENERATED}${folder}`)).filter((name) => pattern.test(name)).sort()
}

/** The profiles' list of a national table may be the part that they need; `terminology/` has more of it. */
function fullerOf(resource: FhirResource, table: CodeSystemTable | undefined): FhirResource | undefined {
  const own = resource.concept as readonly unknown[] | undefined
  if (resource.resourceType !== 'CodeSystem' || table === undefined || table.concepts.length <= (own?.length ?? 0)) return undefined
  return { ...resource, content: table.content, concept: table.concepts, count: table.concepts.length }
}

const ofTable = (resource: object): Artifact => artifactOf(resource as FhirResource, async () => jsonText(resource))

function artifactOf(resource: FhirResource, text: () => Promise<string>): Artifact {
  const { resourceType, id = '', url, title, name, description, type, base, baseDefinition } = resource as Record<string, unknown>
  const isExtension = type === 'Extension'
  const on = Array.isArray(base) ? (base as string[]) : typeof type === 'string' ? [type] : []
  return {
    type: resourceType as ArtifactType,
    id: String(id),
    url: String(url),
    isExtension,
    on,
    ...(typeof baseDefinition === 'string' ? { base: baseDefinition } : {}),
    names: namesOf(String(resourceType), isExtension, String(id), {
      title: title as string | undefined,
      name: name as string | undefined,
      description: description as string | undefined,
    }),
    uses: new Set(resourceType === 'StructureDefinition' ? usedBy(resource as StructureDefinition) : canonicalsIn(resource)),
    text,
  }
}

/** What an English title says again in Chinese. */
const IN_CHINESE = /\s*\([^()]*\p{Script=Han}[^()]*\)/gu
const HAS_CHINESE = /\p{Script=Han}/u

interface Said {
  title: string | undefined
  name: string | undefined
  description: string | undefined
}

/** Chinese by the tables of texts/, else a title that is Chinese itself; English is the title or the description. */
function namesOf(type: string, isExtension: boolean, id: string, { title, name, description }: Said): Artifact['names'] {
  const table =
    type === 'ConceptMap'
      ? MAP_NAMES
      : type === 'StructureDefinition'
        ? isExtension
          ? EXTENSION_NAMES
          : PROFILE_NAMES
        : type === 'SearchParameter'
          ? {}
          : TERMINOLOGY_NAMES
  const [zhPart = '', enPart] = type === 'SearchParameter' ? (description ?? '').split(' / ') : []
  const said = [title, description, name].filter((one): one is string => one !== undefined)
  const chinese = said.find((one) => HAS_CHINESE.test(one))
  const titles = said.map((one) => one.replace(IN_CHINESE, ''))
  return { zh: table[id] ?? (zhPart || chinese || id), en: enPart ?? titles.find((one) => !HAS_CHINESE.test(one)) ?? said[0] ?? id }
}

/** What a StructureDefinition asks for beyond its base: only that is its own doing. */
function* usedBy({ baseDefinition, differential }: StructureDefinition): Iterable<string> {
  yield baseDefinition
  for (const { binding, type } of differential.element) {
    if (binding?.valueSet) yield withoutVersion(binding.valueSet)
    for (const { profile = [], targetProfile = [] } of type ?? []) yield* [...profile, ...targetProfile]
  }
}

export const withoutVersion = (canonical: string): string => canonical.split('|')[0] ?? canonical

/** Systems and value sets that a terminology resource names, and extensions in an expression of a search parameter. */
function* canonicalsIn(resource: FhirResource): Iterable<string> {
  const text = JSON.stringify([resource.compose, resource.group, resource.expression])
  for (const [, url = ''] of text.matchAll(/["']((?:https?|urn):[^"'\\]+)["']/g)) yield withoutVersion(url)
}

async function readExamples(structures: ReadonlySet<string>): Promise<Example[]> {
  const found: Example[] = []
  for (const file of await jsonFiles('examples/valid', /\.json$/)) {
    const name = file.slice(0, -'.json'.length)
    const text = () => readFile(`${GENERATED}examples/valid/${file}`, 'utf8')
    const { resourceType } = JSON.parse(await text()) as FhirResource
    found.push({ name, of: structures.has(name) ? name : name.replace(/-\d+$/, ''), resourceType, text })
  }
  return found.sort((a, b) => order(a.name, b.name))
}

async function countBroken(): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const file of await jsonFiles('examples/invalid', /\.json$/)) {
    const list = JSON.parse(await readFile(`${GENERATED}examples/invalid/${file}`, 'utf8')) as Broken[]
    if (list.length > 0) found.set(file.slice(0, -'.json'.length), list.length)
  }
  return found
}
