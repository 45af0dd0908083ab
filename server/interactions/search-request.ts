/** From query pairs to a parsed search that this actor may ask. */
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import type { LinkBudget, ParsedSearch } from '../search/types.ts'
import { preferOf } from './answers.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

export const PAGE_COUNT_DEFAULT = 20
export const PAGE_COUNT_MAX = 1000

/** Parameters that name how to answer, not what to look for. */
export const RESULT_PARAMETERS = new Set(['_format', '_pretty', '_page'])

export function parseSearch(
  deps: FhirDeps,
  actor: Actor,
  type: string,
  query: [string, string][],
  strict: boolean,
  budget: LinkBudget = { links: 0 },
): ParsedSearch {
  return deps.search.parse(
    type,
    query.filter(([name]) => !RESULT_PARAMETERS.has(name)),
    {
      strict,
      budget,
      ...(deps.codeSets ? { codeSets: deps.codeSets } : {}),
      countDefault: PAGE_COUNT_DEFAULT,
      countMax: PAGE_COUNT_MAX,
      allowed: (of, code, modifier) =>
        !isUnknownToMask(deps, actor, of, code) && (deps.access.allowedParams(actor, of)?.(code, modifier) ?? true),
      localCodes: (of) => deps.access.allowedParams(actor, of) === undefined,
      mayFollow: (of) => allows(actor, of, 's'),
      mayInclude: (of, code) => mayInclude(deps, actor, of, code),
    },
  )
}

/**
 * What a masked form leaves out is not told by what it leads to: a parameter that looks into such an element is none for
 * includes either, in both directions.
 */
export function mayInclude({ access, search }: FhirDeps, actor: Actor, type: string, code: string): boolean {
  if (access.allowedParams(actor, type) === undefined) return true
  if (search.isCustom(type, code)) return false
  const paths = search.paths(type, code)
  return paths !== undefined && paths.length > 0 && paths.every((path) => access.formShows(actor, type, path))
}

/**
 * What a parameter of an operator looks into is not known to the masked form, whatever it is called: nobody searches by it, or
 * follows it, who sees the type masked.
 */
const isUnknownToMask = (deps: FhirDeps, actor: Actor, type: string, code: string): boolean =>
  code !== '*' && deps.search.isCustom(type, code) && deps.access.allowedParams(actor, type) !== undefined

export const isStrict = (request: Pick<FhirRequest, 'header'>): boolean => preferOf(request, 'handling') === 'strict'

/** `name=value&…` as it was understood, for links. */
export function queryText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}
