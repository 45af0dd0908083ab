/** Parameters of interactions that are no search: what is not understood is passed over, or refused where the client asks so. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { isStrict } from './search-request.ts'
import type { FhirRequest } from './types.ts'

/** About the form of the answer, which every interaction has. */
const OF_EVERY_ANSWER: ReadonlySet<string> = new Set(['_format', '_pretty'])
const NONE: ReadonlySet<string> = new Set()

export interface ParameterRules {
  understood?: ReadonlySet<string>
  /** known to FHIR and not built: to leave them out would answer more than was asked for, so they are refused always */
  restricting?: ReadonlySet<string>
}

/** @throws OutcomeError parameter-unsupported, parameter-unknown (only with `Prefer: handling=strict`) */
export function checkParameters(
  request: FhirRequest,
  query: FhirRequest['query'],
  { understood = NONE, restricting = NONE }: ParameterRules = {},
): void {
  for (const [name] of query) {
    if (restricting.has(name)) throw paramError('parameter-unsupported', name)
    if (!understood.has(name) && !OF_EVERY_ANSWER.has(name) && isStrict(request)) throw paramError('parameter-unknown', name)
  }
}

/**
 * The token of a page link. The link has its whole query inside: with something added it is not the link that was issued,
 * and what was added would have no effect.
 * @throws OutcomeError page-invalid
 */
export function pageTokenOf(query: FhirRequest['query']): string | undefined {
  const token = query.find(([name]) => name === '_page')?.[1]
  if (token === undefined) return undefined
  const others = query.filter(([name]) => !OF_EVERY_ANSWER.has(name))
  if (others.length > 1) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  return token
}
