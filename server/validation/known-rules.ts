/** What a configuration may name of the rules that are checked here. Read when it is first asked: most configurations name none. */
import { loadStructures } from './definitions.ts'
import { type ProfileDefinition, readGenerated } from './profile-definitions.ts'
import { publishedProfile } from './published.ts'

export interface KnownRules {
  /** the resource type of a profile, ours or HL7's; undefined: it is not known here */
  typeOf(profile: string): string | undefined
  /** the key of an invariant, or the canonical or last part of a profile */
  has(rule: string): boolean
}

const structureOf = (url: string): ProfileDefinition | undefined =>
  profiles().get(url) ?? (publishedProfile(url) as ProfileDefinition | undefined)

let known: { profiles: Map<string, ProfileDefinition>; rules: Set<string> } | undefined

function load(): NonNullable<typeof known> {
  if (known) return known
  const profiles = new Map(readGenerated().flatMap((one) => (one.resourceType === 'StructureDefinition' ? [[one.url, one] as const] : [])))
  const rules = new Set(Object.keys(loadStructures().constraints).map((key) => key.split('@')[0] ?? key))
  for (const [url, { snapshot }] of profiles) {
    rules.add(url).add(url.slice(url.lastIndexOf('/') + 1))
    for (const { constraint = [] } of snapshot.element) for (const { key } of constraint) rules.add(key)
  }
  known = { profiles, rules }
  return known
}

const profiles = (): ReadonlyMap<string, ProfileDefinition> => load().profiles

export const KNOWN_RULES: KnownRules = {
  typeOf: (profile) => structureOf(profile)?.type,
  has: (rule) => load().rules.has(rule) || structureOf(rule) !== undefined,
}
