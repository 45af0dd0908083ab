/** _include and _revinclude (R4 search.html#include): each found once, never a match again, filtered before the limit. */
import type { Decision } from '../access/decision.ts'
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Stored } from '../store/types.ts'
import { bodyText } from './answers.ts'
import type { FhirDeps } from './types.ts'

export const INCLUDED_MAX = 1000

export async function findIncluded(
  deps: FhirDeps,
  decision: Decision,
  actor: Actor,
  matches: Stored[],
  parsed: ParsedSearch,
): Promise<{ included: Stored[]; capped: boolean }> {
  if (matches.length === 0 || (parsed.includes.length === 0 && parsed.revincludes.length === 0)) return { included: [], capped: false }
  const found = new Map<string, Stored>()
  const known = new Set(matches.map(nameOf))
  const add = (doc: Stored) => {
    if (!doc.deleted && !known.has(nameOf(doc))) found.set(nameOf(doc), doc)
  }
  for (const doc of await forward(deps, decision, actor, matches, parsed)) add(doc)
  for (const doc of await backward(deps, decision, actor, matches, parsed)) add(doc)
  const all = [...found.values()]
  return { included: all.slice(0, INCLUDED_MAX), capped: all.length > INCLUDED_MAX }
}

const nameOf = (doc: { type: string; id: string }): string => `${doc.type}/${doc.id}`

async function forward(deps: FhirDeps, decision: Decision, actor: Actor, matches: Stored[], parsed: ParsedSearch): Promise<Stored[]> {
  const wanted = new Map<string, Set<string>>()
  if (parsed.includes.length === 0) return []
  for (const match of matches) {
    const resource = JSON.parse(bodyText(match)) as FhirResource
    for (const include of parsed.includes) {
      if (include.source !== match.type) continue
      for (const target of deps.search.targets(resource, include.param)) noteTarget(wanted, target, include.target)
    }
  }
  const answers = await Promise.all(
    [...wanted].filter(([type]) => allows(actor, type, 'r')).map(([type, ids]) => visibleOf(deps, decision, type, [...ids])),
  )
  return answers.flat()
}

/** In steps until enough are visible: a bound on ids would let hidden ones take the place of visible ones (access.md L12). */
async function visibleOf(deps: FhirDeps, decision: Decision, type: string, ids: string[]): Promise<Stored[]> {
  const found: Stored[] = []
  for (let at = 0; at < ids.length && found.length <= INCLUDED_MAX; at += INCLUDED_MAX)
    found.push(...(await deps.store.readMany(decision, type, ids.slice(at, at + INCLUDED_MAX))))
  return found
}

function noteTarget(wanted: Map<string, Set<string>>, target: string, onlyType: string | undefined): void {
  const [type = '', id = ''] = target.split('/')
  if (!isResourceType(type) || !isId(id) || (onlyType !== undefined && onlyType !== type)) return
  const ids = wanted.get(type) ?? new Set()
  wanted.set(type, ids.add(id))
}

async function backward(deps: FhirDeps, decision: Decision, actor: Actor, matches: Stored[], parsed: ParsedSearch): Promise<Stored[]> {
  const asked = parsed.revincludes.filter((term) => allows(actor, term.source, 's'))
  const answers = await Promise.all(
    asked.map((term) => {
      const keys = matches.flatMap((match) => deps.search.referenceKeys(term.param, nameOf(match), term.source))
      const query = { type: term.source, plan: { kind: 'keys' as const, keys }, sort: [], count: INCLUDED_MAX + 1, total: 'none' as const }
      return deps.store.search(decision, query).then((page) => page.rows)
    }),
  )
  return answers.flat()
}
