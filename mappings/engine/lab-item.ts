/** The code of a laboratory item, and whether its flag agrees with its value: for every source that reports results. */
import { concept, type MappedConcept } from './from.ts'
import type { Run } from './rule.ts'
import { localCodes } from './systems.ts'
import type { Interpretation } from './values/interpretation.ts'
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
  const flag = flags[0]?.coding?.[0]?.code
  if (value === undefined || range === undefined || flag === undefined || !PLAIN_NUMBER.test(value)) return false
  const { low, high } = readRange(range)
  // Only which side of a limit is asked, so binary floats are exact enough here.
  const number = Number(value)
  const below = low !== undefined && number < Number(low.value.text)
  const above = high !== undefined && number > Number(high.value.text)
  if (flag === 'N') return below || above
  if (flag === 'H' || flag === 'HH') return below || (high !== undefined && !above)
  if (flag === 'L' || flag === 'LL') return above || (low !== undefined && !below)
  return false
}

const PLAIN_NUMBER = /^\d{1,15}(?:\.\d{1,15})?$/
