/** `0.5g`: the dose of a prescription line. */
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
