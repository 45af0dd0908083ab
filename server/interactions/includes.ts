/**
 * _include and _revinclude (R4 search.html 3.1.1.5.4): each found once, never a match again, filtered before the limit. With
 * `:iterate` what was included is followed in turn: only what the asker may see is a step on the way.
 */
import type { Decision } from '../access/decision.ts'
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import { isId } from '../fhir/ids.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { IncludeTerm, ParsedSearch } from '../search/types.ts'
import type { Stored } from '../store/types.ts'
import { bodyText } from './answers.ts'
import { isUnknownToMask } from './search-request.ts'
import type { FhirDeps } from './types.ts'

export const INCLUDED_MAX = 1000
/** Steps away from a match: a chain of references that is longer is cut there. */
export const INCLUDE_STEPS_MAX = 20

interface Search {
  deps: FhirDeps
  decision: Decision
  actor: Actor
  /** names of what is found already, matches too */
  known: Set<string>
}

export async function findIncluded(
  deps: FhirDeps,
  decision: Decision,
  actor: Actor,
  matches: Stored[],
  { includes, revincludes }: Pick<ParsedSearch, 'includes' | 'revincludes'>,
): Promise<{ included: Stored[]; capped: boolean }> {
  const search: Search = { deps, decision, actor, known: new Set(matches.map(nameOf)) }
  const again = { includes: includes.filter(({ iterate }) => iterate), revincludes: revincludes.filter(({ iterate }) => iterate) }
  const included: Stored[] = []
  let from = matches
  for (let step = 0; from.length > 0 && included.length <= INCLUDED_MAX && step < INCLUDE_STEPS_MAX; step++) {
    from = await stepFrom(search, from, step === 0 ? { includes, revincludes } : again)
    included.push(...from)
  }
  // Cut where more were found, or where the last step still led somewhere.
  const isIterated = again.includes.length + again.revincludes.length > 0
  return { included: included.slice(0, INCLUDED_MAX), capped: included.length > INCLUDED_MAX || (isIterated && from.length > 0) }
}

const nameOf = (doc: { type: string; id: string }): string => `${doc.type}/${doc.id}`

/** What is one reference away and not yet known. */
async function stepFrom(
  search: Search,
  from: readonly Stored[],
  { includes, revincludes }: Pick<ParsedSearch, 'includes' | 'revincludes'>,
): Promise<Stored[]> {
  const found: Stored[] = []
  for (const doc of [...(await forward(search, from, includes)), ...(await backward(search, from, revincludes))]) {
    const name = nameOf(doc)
    if (doc.deleted || search.known.has(name)) continue
    search.known.add(name)
    found.push(doc)
  }
  return found
}

async function forward(search: Search, from: readonly Stored[], terms: readonly IncludeTerm[]): Promise<Stored[]> {
  const wanted = new Map<string, Set<string>>()
  if (terms.length === 0) return []
  for (const doc of from) {
    const own = termsOf(search, terms, doc.type)
    if (own.length === 0) continue
    const resource = JSON.parse(bodyText(doc)) as FhirResource
    for (const { param, target: onlyType } of own)
      for (const target of search.deps.search.targets(resource, param)) if (!search.known.has(target)) noteTarget(wanted, target, onlyType)
  }
  const answers = await Promise.all(
    [...wanted].filter(([type]) => allows(search.actor, type, 'r')).map(([type, ids]) => visibleOf(search, type, [...ids])),
  )
  return answers.flat()
}

/** The terms that start at a type; `*` stands for all of its references. */
function termsOf({ deps, actor }: Search, terms: readonly IncludeTerm[], type: string): Pick<IncludeTerm, 'param' | 'target'>[] {
  return terms.flatMap((term) => {
    if (term.source === type) return [term]
    if (term.source !== '*') return []
    const references = deps.search.parameters(type).filter((parameter) => parameter.type === 'reference')
    return references.flatMap(({ code }) => (isUnknownToMask(deps, actor, type, code) ? [] : [{ param: code }]))
  })
}

/** In steps until enough are visible: a bound on ids would let hidden ones take the place of visible ones (access.md L12). */
async function visibleOf({ deps, decision }: Search, type: string, ids: string[]): Promise<Stored[]> {
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

async function backward(
  { deps, decision, actor, known }: Search,
  from: readonly Stored[],
  terms: readonly IncludeTerm[],
): Promise<Stored[]> {
  const asked = terms.filter((term) => allows(actor, term.source, 's'))
  const answers = await Promise.all(
    asked.map(async ({ source, param, reaches }) => {
      const reached = from.filter(({ type }) => reaches === undefined || reaches.includes(type))
      const keys = reached.flatMap((doc) => deps.search.referenceKeys(param, nameOf(doc), source))
      if (keys.length === 0) return []
      // Those that are known already may stand before all others: they must not fill the page.
      const count = INCLUDED_MAX + known.size + 1
      const page = await deps.store.search(decision, { type: source, plan: { kind: 'keys', keys }, sort: [], count, total: 'none' })
      return page.rows
    }),
  )
  return answers.flat()
}
