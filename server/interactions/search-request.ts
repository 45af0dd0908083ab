/** From query pairs to a parsed search that this actor may ask. */
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import { paramError } from '../search/parse/names.ts'
import type { IncludeTerm, ParsedSearch } from '../search/types.ts'
import { preferOf } from './answers.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

export const PAGE_COUNT_DEFAULT = 20
export const PAGE_COUNT_MAX = 1000

/** Parameters that name how to answer, not what to look for. */
const RESULT_PARAMETERS = new Set(['_format', '_pretty', '_page'])

export function parseSearch(deps: FhirDeps, actor: Actor, type: string, query: [string, string][], strict: boolean): ParsedSearch {
  const parsed = deps.search.parse(
    type,
    query.filter(([name]) => !RESULT_PARAMETERS.has(name)),
    {
      strict,
      countDefault: PAGE_COUNT_DEFAULT,
      countMax: PAGE_COUNT_MAX,
      allowed: (of, code, modifier) =>
        !isUnknownToMask(deps, actor, of, code) && (deps.access.allowedParams(actor, of)?.(code, modifier) ?? true),
      localCodes: (of) => deps.access.allowedParams(actor, of) === undefined,
      mayFollow: (of) => allows(actor, of, 's'),
    },
  )
  const isOpen = ({ source, param }: IncludeTerm) => !isUnknownToMask(deps, actor, source, param)
  for (const term of [...parsed.includes, ...parsed.revincludes])
    if (!isOpen(term) && isNamed(query, term)) throw paramError('parameter-forbidden', term.param)
  return { ...parsed, includes: parsed.includes.filter(isOpen), revincludes: parsed.revincludes.filter(isOpen) }
}

/**
 * What a parameter of an operator looks into is not known to the masked form, whatever it is called: nobody searches by it, or
 * follows it, who sees the type masked.
 */
export const isUnknownToMask = (deps: FhirDeps, actor: Actor, type: string, code: string): boolean =>
  code !== '*' && deps.search.isCustom(type, code) && deps.access.allowedParams(actor, type) !== undefined

/** Not only by a wildcard, which leaves it out. */
const isNamed = (query: readonly [string, string][], { source, param }: IncludeTerm): boolean =>
  query.some(([name, value]) => /^_(?:rev)?include/.test(name) && `${value}:`.startsWith(`${source}:${param}:`))

export const isStrict = (request: FhirRequest): boolean => preferOf(request, 'handling') === 'strict'

/** `name=value&…` as it was understood, for links. */
export function queryText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}
