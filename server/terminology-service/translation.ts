/** ConceptMap/$translate (R4 conceptmap-operation-translate.html, conceptmap.html#unmapped): forward, and from target to source. */
import type { FhirCoding } from '../fhir/types.ts'
import type { Library } from './library.ts'
import type { ConceptMapResource, MapDependency, MapGroup, MapTarget } from './resources.ts'

export interface Match {
  equivalence: string
  concept: FhirCoding
  product: { element: string; concept: FhirCoding }[]
  /** canonical of the map */
  source?: string
}

/** What is known of other elements: `element`, and the codings of its value. */
export interface Dependency {
  element: string
  codings: readonly FhirCoding[]
}

export interface TranslationRequest {
  codings: readonly FhirCoding[]
  targetSystem?: string
  dependencies: readonly Dependency[]
  reverse: boolean
}

/** Maps that name others for what they do not have. */
const OTHERS_MAX = 10
/** Such a match says that there is none. */
const NONE: ReadonlySet<string> = new Set(['unmatched', 'disjoint'])
/** What the relation is called from the other side; those that are not listed are the same from both. */
const INVERSE: ReadonlyMap<string, string> = new Map([
  ['wider', 'narrower'],
  ['narrower', 'wider'],
  ['subsumes', 'specializes'],
  ['specializes', 'subsumes'],
])

export const isTranslated = (matches: readonly Match[]): boolean => matches.some(({ equivalence }) => !NONE.has(equivalence))

/** Of all maps and all codings, in their order; the same concept of one map once. */
export async function translate(maps: readonly ConceptMapResource[], asked: TranslationRequest, library: Library): Promise<Match[]> {
  const found: Match[] = []
  for (const map of maps)
    for (const coding of asked.codings)
      found.push(...(asked.reverse ? backward(map, coding, asked) : await forward(map, coding, asked, library, [])))
  const keyOf = ({ concept, source, equivalence }: Match) => JSON.stringify([source, concept.system, concept.code, equivalence])
  return [...new Map(found.map((match) => [keyOf(match), match])).values()]
}

async function forward(
  map: ConceptMapResource,
  coding: FhirCoding,
  asked: TranslationRequest,
  library: Library,
  within: readonly string[],
): Promise<Match[]> {
  const found: Match[] = []
  for (const group of groupsFor(map, coding, asked)) {
    const element = elementsOf(group).get(coding.code ?? '')
    if (!element) {
      found.push(...(await unmapped(map, group, coding, asked, library, within)))
      continue
    }
    const targets = (element.target ?? []).filter((target) => isMet(target, asked.dependencies))
    for (const target of targets) found.push(matchOf(map, group, target))
  }
  return found
}

type MapElement = NonNullable<MapGroup['element']>[number]
const indexed = new WeakMap<MapGroup, ReadonlyMap<string, MapElement>>()
const indexedBack = new WeakMap<MapGroup, ReadonlyMap<string, readonly MapElement[]>>()

/** By code, the first of each: a large map is asked again and again. */
function elementsOf(group: MapGroup): ReadonlyMap<string, MapElement> {
  const known = indexed.get(group)
  if (known) return known
  const made = new Map([...(group.element ?? [])].reverse().map((element) => [element.code ?? '', element]))
  indexed.set(group, made)
  return made
}

/** By the codes of their targets. */
function elementsTo(group: MapGroup, code: string): readonly MapElement[] {
  const known = indexedBack.get(group)
  if (known) return known.get(code) ?? []
  const made = new Map<string, MapElement[]>()
  for (const element of group.element ?? [])
    for (const target of new Set((element.target ?? []).flatMap((one) => one.code ?? []))) {
      const list = made.get(target)
      if (list) list.push(element)
      else made.set(target, [element])
    }
  indexedBack.set(group, made)
  return made.get(code) ?? []
}

function groupsFor({ group = [] }: ConceptMapResource, { system, version }: FhirCoding, { targetSystem }: TranslationRequest): MapGroup[] {
  return group.filter(
    (one) =>
      (system === undefined || one.source === system) &&
      (version === undefined || one.sourceVersion === undefined || one.sourceVersion === version) &&
      (targetSystem === undefined || one.target === targetSystem),
  )
}

/** All that the target depends on is known, and as it asks (R4 conceptmap-definitions.html, dependsOn). */
function isMet({ dependsOn = [] }: MapTarget, dependencies: readonly Dependency[]): boolean {
  return dependsOn.every(({ property, system, value }) =>
    dependencies.some(
      ({ element, codings }) =>
        element === property && codings.some((one) => one.code === value && (system === undefined || one.system === system)),
    ),
  )
}

function matchOf(map: ConceptMapResource, group: MapGroup, { code, display, equivalence, product = [] }: MapTarget): Match {
  return {
    equivalence,
    concept: codingOf(group.target, group.targetVersion, code, display),
    product: product.map(productOf),
    ...sourceOf(map),
  }
}

const sourceOf = ({ url }: ConceptMapResource): { source?: string } => (url === undefined ? {} : { source: url })

const productOf = ({ property, system, value, display }: MapDependency) => ({
  element: property,
  concept: codingOf(system, undefined, value, display),
})

function codingOf(
  system: string | undefined,
  version: string | undefined,
  code: string | undefined,
  display: string | undefined,
): FhirCoding {
  return {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined ? {} : { version }),
    ...(code === undefined ? {} : { code }),
    ...(display === undefined ? {} : { display }),
  }
}

async function unmapped(
  map: ConceptMapResource,
  group: MapGroup,
  coding: FhirCoding,
  asked: TranslationRequest,
  library: Library,
  within: readonly string[],
): Promise<Match[]> {
  const rule = group.unmapped
  if (!rule) return []
  const target = (code: string | undefined, display: string | undefined, equivalence: string): Match[] => [
    { equivalence, concept: codingOf(group.target, group.targetVersion, code, display), product: [], ...sourceOf(map) },
  ]
  if (rule.mode === 'provided') return target(coding.code, coding.display, 'equal')
  if (rule.mode === 'fixed') return target(rule.code, rule.display, 'inexact')
  const { url = '' } = rule
  if (rule.mode !== 'other-map' || within.length >= OTHERS_MAX || within.includes(url) || url === map.url) return []
  const other = await library.conceptMap(url)
  return other ? forward(other, coding, asked, library, [...within, url]) : []
}

function backward(map: ConceptMapResource, coding: FhirCoding, { targetSystem }: TranslationRequest): Match[] {
  const groups = (map.group ?? []).filter(
    ({ target, source }) =>
      (coding.system === undefined || target === coding.system) && (targetSystem === undefined || source === targetSystem),
  )
  return groups.flatMap((group) =>
    (coding.code === undefined ? [] : elementsTo(group, coding.code)).flatMap((element) =>
      (element.target ?? [])
        .filter(({ code }) => code !== undefined && code === coding.code)
        .map(({ equivalence }) => ({
          equivalence: INVERSE.get(equivalence) ?? equivalence,
          concept: codingOf(group.source, group.sourceVersion, element.code, element.display),
          product: [],
          ...sourceOf(map),
        })),
    ),
  )
}
