/** What a value set is made of, as far as definitions say: the value sets and code systems that its codes come from. */
import type { ValueSetResource } from '../terminology-service/resources.ts'
import { canonicalOf } from '../terminology-service/resources.ts'

export interface MadeOf {
  /** addresses without versions, its own among them */
  sets: Set<string>
  systems: Set<string>
}

/** @param definitionsOf every version of a value set that is known */
export async function madeOf(
  canonical: string,
  definitionsOf: (url: string) => Promise<readonly ValueSetResource[]> | readonly ValueSetResource[],
): Promise<MadeOf> {
  const found: MadeOf = { sets: new Set(), systems: new Set() }
  const open = [canonicalOf(canonical).url]
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (found.sets.has(url)) continue
    found.sets.add(url)
    // Every code system is a set of its codes by its own address (R4 terminology-service.html#validation).
    found.systems.add(url)
    for (const { compose, expansion } of await definitionsOf(url)) {
      for (const { system, valueSet = [] } of [...(compose?.include ?? []), ...(compose?.exclude ?? [])]) {
        if (system !== undefined) found.systems.add(system)
        open.push(...valueSet.map((one) => canonicalOf(one).url))
      }
      for (const { system } of compose ? [] : (expansion?.contains ?? [])) if (system !== undefined) found.systems.add(system)
    }
  }
  return found
}
