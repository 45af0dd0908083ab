/** `metadata` (R4 http.html#capabilities): the statement of what there is, or the part of it that is asked for. */
import { capabilities } from './capabilities.ts'
import { checkParameters } from './parameters.ts'
import { FORM_PARAMETERS, formOf, inForm } from './subset.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set(['mode', ...FORM_PARAMETERS])

/**
 * `_summary` and `_elements` as of a read; `If-None-Match` as of one, too, since the statement has an ETag for it.
 * @throws OutcomeError parameter-invalid, parameter-repeated, parameter-unknown (only with `Prefer: handling=strict`)
 */
export async function metadata(deps: FhirDeps, request: Pick<FhirRequest, 'query' | 'header'>): Promise<FhirResponse> {
  const { query } = request
  checkParameters(request, query, { understood: UNDERSTOOD, once: UNDERSTOOD })
  const form = formOf(query)
  const answer = await capabilities(deps, { query })
  const { ETag = '' } = answer.headers
  if (isHeld(request.header('if-none-match'), ETag)) return { status: 304, headers: { ETag } }
  const [text] = answer.body ?? []
  if (text === undefined || Object.keys(form).length === 0) return answer
  const isOfTerminology = query.some(([name, value]) => name === 'mode' && value === 'terminology')
  return { ...answer, body: [inForm(form, isOfTerminology ? 'TerminologyCapabilities' : 'CapabilityStatement', text)] }
}

/** Compared weakly (RFC 9110 13.1.2). */
function isHeld(tags: string | undefined, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '')
  return (tags ?? '').split(',').some((tag) => opaque(tag) === '*' || opaque(tag) === opaque(etag))
}
