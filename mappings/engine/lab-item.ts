/** The code of a laboratory item, and whether its flag agrees with its value: for every source that reports results. */
import { concept, type MappedConcept } from './from.ts'
import type { Run } from './rule.ts'
import { localCodes } from './systems.ts'
import { compare } from './values/decimal.ts'
import type { Interpretation } from './values/interpretation.ts'
import { readLabValue } from './values/lab-value.ts'
import { readRange } from './values/range.ts'

/**
 * LOINC code of a local item, the hospital's own code behind it. The unit is asked first, because the same local code has
 * another LOINC code per mole than per mass (`GLU|mmol/L`). Without a target the local code goes to the work list.
 */
export function labItem(
  run: Run,
  code: string | undefined,
  display: string | undefined,
  unit: string | undefined,
): MappedConcept | undefined {
  const system = (scope: string): string => localCodes(scope, 'lab-item')
  const target = code !== undefined && unit !== undefined ? run.context.translate('lab-item', `${code}|${unit}`) : undefined
  if (!target || code === undefined) return concept(run, 'lab-item', code, display, { system })
  const original = { system: system(run.scope), code, ...(display !== undefined && { display }) }
  return { coding: [target, original], text: display ?? target.display ?? code }
}

/**
 * Whether a flag of normal, high or low contradicts the number and its range (formats.md D18). Both are kept as sent; what
 * is not a plain number with a numeric range is never called a contradiction.
 */
export function flagContradicts(value: string | undefined, range: string | undefined, flags: readonly Interpretation[]): boolean {
  const quantity = value === undefined ? undefined : readLabValue(value).valueQuantity
  const flag = flags[0]?.coding?.[0]?.code
  if (!quantity || quantity.comparator || range === undefined || flag === undefined) return false
  const { low, high } = readRange(range)
  const below = low !== undefined && compare(quantity.value, low.value) < 0
  const above = high !== undefined && compare(quantity.value, high.value) > 0
  if (flag === 'N') return below || above
  if (flag === 'H' || flag === 'HH') return below || (high !== undefined && !above)
  if (flag === 'L' || flag === 'LL') return above || (low !== undefined && !below)
  return false
}
