/** Expansion of the value sets that R4 binds as required: small enumerations, named subsets and `is-a` hierarchies. */
import type { CodeSystem, Concept, ValueSet, ValueSetPart } from './r4-package.ts'

/** code system → its codes, sorted */
export type Expansion = Record<string, string[]>

export interface Sources {
  valueSets: Map<string, ValueSet>
  codeSystems: Map<string, CodeSystem>
}

/** Undefined when the codes stand outside of R4 (media types, languages, units). */
export function expand(url: string, sources: Sources): Expansion | undefined {
  const valueSet = sources.valueSets.get(unversioned(url))
  if (!valueSet?.compose) return undefined
  const found = new Map<string, Set<string>>()
  for (const part of valueSet.compose.include) {
    const codes = partCodes(part, sources)
    if (!codes) return undefined
    for (const [system, list] of Object.entries(codes)) {
      const known = found.get(system) ?? new Set<string>()
      for (const code of list) known.add(code)
      found.set(system, known)
    }
  }
  for (const part of valueSet.compose.exclude ?? []) {
    for (const [system, list] of Object.entries(partCodes(part, sources) ?? {})) for (const code of list) found.get(system)?.delete(code)
  }
  return Object.fromEntries([...found].sort(byKey).map(([system, codes]) => [system, [...codes].sort()]))
}

const byKey = (a: [string, unknown], b: [string, unknown]): number => (a[0] < b[0] ? -1 : 1)

export const unversioned = (url: string): string => url.split('|')[0] ?? url

function partCodes(part: ValueSetPart, sources: Sources): Expansion | undefined {
  if (part.valueSet) {
    const merged: Expansion = {}
    for (const url of part.valueSet) {
      const codes = expand(url, sources)
      if (!codes) return undefined
      Object.assign(merged, codes)
    }
    return merged
  }
  if (!part.system) return undefined
  if (part.concept) return { [part.system]: part.concept.map((concept) => concept.code) }
  const codeSystem = sources.codeSystems.get(part.system)
  if (codeSystem?.content !== 'complete' || !codeSystem.concept) return undefined
  if (!part.filter) return { [part.system]: allCodes(codeSystem.concept) }
  const [filter, ...more] = part.filter
  if (!filter || more.length > 0 || filter.op !== 'is-a') return undefined
  return { [part.system]: descendants(codeSystem.concept, filter.value) }
}

function allCodes(concepts: Concept[]): string[] {
  return concepts.flatMap((concept) => [concept.code, ...allCodes(concept.concept ?? [])])
}

/** The code and all below it, by nesting and by the property `subsumedBy` of the v3 code systems. */
function descendants(concepts: Concept[], root: string): string[] {
  const parents = new Map<string, string[]>()
  const visit = (list: Concept[], above: string[]): void => {
    for (const concept of list) {
      const subsumers = (concept.property ?? []).filter((p) => p.code === 'subsumedBy').map((p) => p.valueCode ?? '')
      parents.set(concept.code, [...above, ...subsumers])
      visit(concept.concept ?? [], [concept.code])
    }
  }
  visit(concepts, [])
  const below = (code: string): boolean => code === root || (parents.get(code) ?? []).some(below)
  return [...parents.keys()].filter(below)
}
