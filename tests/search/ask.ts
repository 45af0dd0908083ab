/** Short ways to ask in tests: does this query find this resource, by the plan on its index entry? */
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { createSearch } from '../../server/search/search.ts'
import type { ParsedSearch, Search } from '../../server/search/types.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { matches } from './naive.ts'

/** Now, for `ap`: 1 July 2024, 08:00 in China. */
export const NOW = Date.UTC(2024, 6, 1)

export const search: Search = createSearch({
  timezone: 'Asia/Shanghai',
  publicUrl: 'https://yilian.example',
  now: () => NOW,
  codeSets: createTerminology(),
})

/** `a=1&b=2` to pairs; nothing is decoded, so that `+` stays `+`. */
export function pairs(query: string): [string, string][] {
  if (query === '') return []
  return query.split('&').map((p) => {
    const at = p.indexOf('=')
    return [p.slice(0, at), p.slice(at + 1)]
  })
}

export function parse(type: string, query: string, strict = true): ParsedSearch {
  return search.parse(type, pairs(query), { strict, countDefault: 20, countMax: 1000 })
}

export function finds(resource: FhirResource, query: string, at = new Date(NOW)): boolean {
  const { plan } = parse(resource.resourceType, query)
  return matches(plan, { id: resource.id ?? 'x', at, entry: search.index(resource, new DecimalTexts()) })
}

/** The code of the refusal, or undefined when the query is taken. */
export function refusal(type: string, query: string, strict = true): string | undefined {
  try {
    parse(type, query, strict)
    return undefined
  } catch (error) {
    if (error instanceof OutcomeError) return error.issues[0]?.code
    throw error
  }
}
