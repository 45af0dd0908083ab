/**
 * Which definition a canonical names, for one asker: what is stored, as far as he may see it, before what comes with the server;
 * without a version, active ones before others, and of those the latest (R4 references.html#canonical).
 */
import { UCUM_SYSTEM } from '../fhir/ucum.ts'
import type { CodeSystem, Concept } from './code-system.ts'
import { memorySystem } from './memory-system.ts'
import { canonicalOf, type CodeSystemResource, type ConceptMapResource, type ValueSetResource } from './resources.ts'
import type { Definition, DefinitionType, Shipped } from './shipped.ts'
import { ucumSystem } from './ucum-system.ts'

/** What is stored, as the asker sees it. */
export interface StoredDefinitions {
  byUrl(type: DefinitionType, url: string): Promise<readonly Definition[]>
  supplementsOf(url: string): Promise<readonly Definition[]>
  /** maps with a group from, or to, the code system */
  mapsOf(side: 'source' | 'target', system: string): Promise<readonly Definition[]>
}

/** Code systems that are too large for a resource (server/terminology-kept): the same for everybody, as what comes with the server. */
export interface KeptSystems {
  /** the versions that are there as a whole, the latest first */
  systems(url: string): Promise<readonly CodeSystem[]>
  /** all that are there, for the TerminologyCapabilities */
  listed(): Promise<readonly { url: string; versions: readonly string[] }[]>
}

/** `useSupplement` (R5 $expand, $lookup): supplements by their canonicals, and which of them were found for a system that was used. */
export interface NamedSupplements {
  asked: ReadonlySet<string>
  used: Set<string>
}

export interface Library {
  codeSystem(url: string, version?: string): Promise<CodeSystem | undefined>
  /** every version, the one that is meant without a version first */
  codeSystems(url: string): Promise<readonly CodeSystem[]>
  valueSet(canonical: string, version?: string): Promise<ValueSetResource | undefined>
  conceptMap(canonical: string, version?: string): Promise<ConceptMapResource | undefined>
  conceptMaps(side: 'source' | 'target', system: string): Promise<readonly ConceptMapResource[]>
  /** the system made of a resource that is given, with what is stored to supplement it */
  systemOf(definition: Definition): Promise<CodeSystem>
}

/** Nothing is stored. */
export const NOTHING_STORED: StoredDefinitions = {
  byUrl: async () => [],
  supplementsOf: async () => [],
  mapsOf: async () => [],
}

const ucum = ucumSystem()

/** Systems that were made of definitions, by their keys: making one of a large resource takes a while. */
const SYSTEMS_MAX = 200
const made = new Map<string, CodeSystem>()

/** @param named canonicals of supplements that are used beside those that are active */
export function createLibrary(shipped: Shipped, stored: StoredDefinitions, kept?: KeptSystems, named?: NamedSupplements): Library {
  const systems = new Map<string, Promise<readonly CodeSystem[]>>()
  const listed = async (type: DefinitionType, url: string): Promise<readonly Definition[]> => {
    const own = ranked(await stored.byUrl(type, url))
    const versions = new Set(own.map(versionOf))
    // What an operator stores takes the place of the shipped one of the same version.
    return [...own, ...shipped.byUrl(type, url).filter((one) => !versions.has(versionOf(one)))]
  }
  const supplementsFor = async (url: string, version: string | undefined): Promise<readonly Definition[]> =>
    (await stored.supplementsOf(url)).filter((one) => supplementsIt(one, version, named))
  const systemOf = async (definition: Definition): Promise<CodeSystem> => {
    const { url = '', version } = definition.resource() as CodeSystemResource
    const supplements = await supplementsFor(url, version)
    const key = [definition, ...supplements].map((one) => one.key).join('\n')
    const known = made.get(key)
    if (known) return known
    const options = {
      supplements: supplements.map((one) => one.resource() as CodeSystemResource),
      ...(definition.prefix ? { prefix: definition.prefix } : {}),
    }
    const system = memorySystem(definition.resource() as CodeSystemResource, options)
    if (made.size >= SYSTEMS_MAX) made.delete(made.keys().next().value ?? '')
    made.set(key, system)
    return system
  }
  const codeSystems = (url: string): Promise<readonly CodeSystem[]> => {
    const known = systems.get(url)
    if (known) return known
    const loadedOnes = async () => {
      // At the same time: the look-ups of one moment share a query.
      const [loaded] = await Promise.all([kept?.systems(url) ?? [], kept && stored.supplementsOf(url)])
      return Promise.all(loaded.map(async (system) => supplemented(system, await supplementsFor(url, system.version))))
    }
    const found = Promise.all([listed('CodeSystem', url), loadedOnes()]).then(async ([all, loaded]) => {
      const own = all.filter((one) => (one.resource() as CodeSystemResource).content !== 'supplement')
      if (url === UCUM_SYSTEM && own.length === 0) return [ucum]
      const made = await Promise.all(
        own.map(async (one) => ({ system: await systemOf(one), ships: shipped.byUrl('CodeSystem', url).includes(one) })),
      )
      // What an operator writes, then what he has loaded, then what comes with the server and is not of a version that is here already.
      const written = made.filter(({ ships }) => !ships).map(({ system }) => system)
      const first = [...written, ...loaded.filter(({ version }) => !written.some((one) => one.version === version))]
      const rest = made.filter(({ ships, system }) => ships && !loaded.some(({ version }) => version === system.version))
      return [...first, ...rest.map(({ system }) => system)]
    })
    systems.set(url, found)
    return found
  }
  const one = async (type: DefinitionType, canonical: string, version?: string) => {
    const named = canonicalOf(canonical)
    const asked = version ?? named.version
    const all = await listed(type, named.url)
    return all.find((each) => asked === undefined || versionOf(each) === asked)?.resource()
  }
  /** Every code system has a set of all its codes, by its own address where it has no other (R4 terminology-service.html#validation). */
  const allOf = async (canonical: string, version?: string): Promise<ValueSetResource | undefined> => {
    const named = canonicalOf(canonical)
    const asked = version ?? named.version
    const found = (await codeSystems(named.url)).find((system) => asked === undefined || system.version === asked)
    if (!found) return undefined
    const include = [{ system: named.url, ...(asked === undefined ? {} : { version: asked }) }]
    return { resourceType: 'ValueSet', url: named.url, status: 'active', compose: { include } }
  }
  return {
    codeSystems,
    systemOf,
    codeSystem: async (url, version) => {
      const named = canonicalOf(url)
      const asked = version ?? named.version
      return (await codeSystems(named.url)).find((system) => asked === undefined || system.version === asked)
    },
    valueSet: async (canonical, version) =>
      ((await one('ValueSet', canonical, version)) as ValueSetResource | undefined) ??
      implicit(canonical, version) ??
      (await allOf(canonical, version)),
    conceptMap: async (canonical, version) => (await one('ConceptMap', canonical, version)) as ConceptMapResource | undefined,
    conceptMaps: async (side, system) => {
      const own = (await stored.mapsOf(side, system)).map((each) => each.resource() as ConceptMapResource)
      const known = new Set(own.map(({ url }) => url))
      const others = shipped.maps().map((each) => each.resource() as ConceptMapResource)
      return [...own, ...others.filter((map) => !known.has(map.url) && (map.group ?? []).some((group) => group[side] === system))]
    },
  }
}

function supplemented(system: CodeSystem, supplements: readonly Definition[]): CodeSystem {
  if (supplements.length === 0 || !system.supplemented) return system
  return system.supplemented(
    supplements.map(({ key }) => key).join('\n'),
    supplements.map((one) => one.resource() as CodeSystemResource),
  )
}

/** The system that has the code: without a version, the first that knows it. */
export async function systemWith(
  library: Library,
  { system, version, code }: { system: string; version?: string; code: string },
): Promise<{ system: CodeSystem; concept?: Concept } | undefined> {
  const all = (await library.codeSystems(system)).filter((one) => version === undefined || one.version === version)
  for (const one of all) {
    const concept = await one.lookup(code)
    if (concept) return { system: one, concept }
  }
  return all[0] ? { system: all[0] } : undefined
}

const versionOf = (definition: Definition): string | undefined => (definition.resource() as CodeSystemResource).version

/** Active ones, and those that the question names, whatever their status: what is named is noted. */
function supplementsIt(definition: Definition, version: string | undefined, named?: NamedSupplements): boolean {
  const { supplements = '', status, content, url, version: own } = definition.resource() as CodeSystemResource
  const meant = canonicalOf(supplements).version
  if (content !== 'supplement' || (meant !== undefined && meant !== version)) return false
  const isNamed = [...(named?.asked ?? [])].filter((one) => {
    const asked = canonicalOf(one)
    return asked.url === url && (asked.version === undefined || asked.version === own)
  })
  for (const one of isNamed) named?.used.add(one)
  return isNamed.length > 0 || (status !== 'retired' && status !== 'draft')
}

/** Drafts and retired definitions last; of the others the latest version, by its numbers where it has some. */
const ranked = (all: readonly Definition[]): Definition[] =>
  [...all].sort((a, b) => rankOf(a) - rankOf(b) || collator.compare(versionOf(b) ?? '', versionOf(a) ?? '') || (a.key < b.key ? -1 : 1))

const rankOf = (definition: Definition): number => (definition.resource().status === 'active' ? 0 : 1)
const collator = new Intl.Collator('en', { numeric: true })

/** Value sets that a code system defines by an address (R4 snomedct.html#implicit, loinc.html#implicit). */
function implicit(canonical: string, version: string | undefined): ValueSetResource | undefined {
  const [url = '', query] = canonical.split('?')
  const of = (include: NonNullable<ValueSetResource['compose']>['include']): ValueSetResource => ({
    resourceType: 'ValueSet',
    url: canonical,
    status: 'active',
    compose: { include: include ?? [] },
  })
  if (version !== undefined) return undefined
  if (url === 'http://loinc.org/vs' && query === undefined) return of([{ system: 'http://loinc.org' }])
  if (!/^http:\/\/snomed\.info\/sct(?:\/\d+(?:\/version\/\d+)?)?$/.test(url)) return undefined
  const part = { system: 'http://snomed.info/sct', ...(url.length > 'http://snomed.info/sct'.length ? { version: url } : {}) }
  if (query === 'fhir_vs') return of([part])
  const root = /^fhir_vs=isa\/(\d+)$/.exec(query ?? '')?.[1]
  return root === undefined ? undefined : of([{ ...part, filter: [{ property: 'concept', op: 'is-a', value: root }] }])
}
