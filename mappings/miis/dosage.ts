/** `0.5g`, `bid`, `口服`, 30 days: the words of a prescription line to a dosage. */
import type { FhirCoding } from '../../server/fhir/types.ts'
import type { Run } from '../engine/rule.ts'
import type { Decimal } from '../engine/values/decimal.ts'
import { readDecimal } from '../engine/values/decimal.ts'
import { toHalfWidth } from '../engine/values/text.ts'
import { readUnit, type UnitElements } from '../engine/values/unit.ts'

const DOSE = /^(\d+(?:\.\d+)?)\s*([^\d\s].{0,20})$/

/** `0.5g` as a quantity; undefined when number and unit are not both certain. */
export function readDose(sent: string | undefined): ({ value: Decimal } & UnitElements) | undefined {
  const match = sent === undefined ? undefined : DOSE.exec(toHalfWidth(sent).trim())
  const value = match?.[1] === undefined ? undefined : readDecimal(match[1])
  return value && { value, ...readUnit(match?.[2]) }
}

/** CodeableConcept of a frequency or route: the target when the map knows the word, the word as text always. */
export function spoken(
  run: Run,
  map: 'frequency' | 'route',
  sent: string | undefined,
): { coding?: FhirCoding[]; text: string } | undefined {
  if (sent === undefined) return undefined
  const target = run.context.translate(map, toHalfWidth(sent).trim().toLowerCase())
  if (!target) run.unmapped({ map, system: `local:${map}`, code: sent })
  return { ...(target && { coding: [target] }), text: sent }
}
