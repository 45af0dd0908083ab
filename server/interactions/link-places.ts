/** Where a link stands in its resource, for who is told that it leads nowhere. */
import { isResourceType } from '../fhir/resource-types.ts'
import { stepsAt } from '../fhir/text-places.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { loadBase } from '../validation/base.ts'
import { expressionOf } from '../validation/structure.ts'

/**
 * @param text compact JSON of the resource
 * @param offset where the link begins in it
 * @returns `Observation.performer[1].reference`; of what is no element `?`
 */
export function placeOfLink(text: string, offset: number): string {
  const { resourceType } = JSON.parse(text) as { resourceType?: unknown }
  const type = typeof resourceType === 'string' && isResourceType(resourceType) ? resourceType : 'Resource'
  const pointer = stepsAt(text, offset).map((step) => `/${String(step).replaceAll('/', '?')}`)
  return expressionOf(pointer.join(''), loadBase().tree.node(type), type)
}

/** What is wrong with a link, told at its place. */
export function failAtLink(error: unknown, text: string, offset: number): never {
  if (!(error instanceof OutcomeError)) throw error
  const place = placeOfLink(text, offset)
  throw new OutcomeError(
    error.issues.map((issue) => ({ ...issue, expression: [place] })),
    {},
    error.headers,
  )
}
