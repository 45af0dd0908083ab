/** Parameters of interactions that are no search: what is not understood is passed over, or refused where the client asks so. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { isStrict, queryText } from './search-request.ts'
import type { FhirRequest } from './types.ts'

/** About the form of the answer, which every interaction has. */
export const OF_EVERY_ANSWER: ReadonlySet<string> = new Set(['_format', '_pretty'])
const NONE: ReadonlySet<string> = new Set()

export interface ParameterRules {
  understood?: ReadonlySet<string>
  /** known to FHIR and not built: to leave them out would answer more than was asked for, so they are refused always */
  restricting?: ReadonlySet<string>
  /** of which only one value would be looked at */
  once?: ReadonlySet<string>
}

/** @throws OutcomeError parameter-unsupported, parameter-repeated, parameter-unknown (only with `Prefer: handling=strict`) */
export function checkParameters(
  request: Pick<FhirRequest, 'header'>,
  query: FhirRequest['query'],
  { understood = NONE, restricting = NONE, once = NONE }: ParameterRules = {},
): void {
  const seen = new Set<string>()
  for (const [name] of query) {
    if (restricting.has(name)) throw paramError('parameter-unsupported', name)
    if (once.has(name) && seen.has(name)) throw paramError('parameter-repeated', name)
    seen.add(name)
    if (!understood.has(name) && !OF_EVERY_ANSWER.has(name) && isStrict(request)) throw paramError('parameter-unknown', name)
  }
}

/**
 * The token of a page link. The link has its whole query inside: with something added it is not the link that was issued,
 * and what was added would have no effect. Only its page size stands beside it as well.
 * @throws OutcomeError page-invalid
 */
export function pageTokenOf(query: FhirRequest['query']): string | undefined {
  const token = query.find(([name]) => name === '_page')?.[1]
  if (token === undefined) return undefined
  const others = query.filter(([name]) => !OF_EVERY_ANSWER.has(name) && name !== '_count')
  if (others.length > 1) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  return token
}

/** The end of a link to the next page: followed as it stands, it is answered in the form that this page was asked for. */
export function formOfAnswer(query: FhirRequest['query']): string {
  const asked = [...OF_EVERY_ANSWER].flatMap((name) => query.filter(([key]) => key === name).slice(0, 1))
  return asked.map((pair) => `&${queryText([pair])}`).join('')
}
