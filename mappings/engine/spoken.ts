/** Frequencies and routes as they are said on a prescription, for every source alike. */
import type { FhirCoding } from '../../server/fhir/types.ts'
import type { Run } from './rule.ts'
import { toHalfWidth } from './values/text.ts'

/**
 * CodeableConcept of a frequency or route: the target when the map knows the code or the name, the word itself as text always.
 * A word without a target goes to the work list.
 */
export function spoken(
  run: Run,
  map: 'frequency' | 'route',
  code: string | undefined,
  name?: string,
): { coding?: FhirCoding[]; text: string } | undefined {
  const said = name ?? code
  if (said === undefined) return undefined
  const words = [code, name].flatMap((word) => (word === undefined ? [] : [toHalfWidth(word).trim().toLowerCase()]))
  const target = words.map((word) => run.context.translate(map, word)).find((found) => found !== undefined)
  if (!target) run.unmapped({ map, system: `local:${map}`, code: code ?? said, ...(name !== undefined && { display: name }) })
  return { ...(target && { coding: [target] }), text: said }
}
