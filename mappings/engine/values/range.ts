/** Reference ranges (formats.md D17): low and high where they are certain, the text always. */
import { type Decimal, compare, readDecimal } from './decimal.ts'
import { toHalfWidth } from './text.ts'
import { readUnit, type UnitElements } from './unit.ts'

export interface RangeQuantity extends UnitElements {
  value: Decimal
}
export interface ReferenceRange {
  low?: RangeQuantity
  high?: RangeQuantity
  text: string
}

const NUMBER = String.raw`(-?\d+(?:\.\d+)?)`
const BETWEEN = new RegExp(`^${NUMBER}\\s*(?:--|-|~|—+|–|至|∼|〜)\\s*${NUMBER}$`)
const BELOW = new RegExp(`^(?:<=?|≤|小于等于|小于|低于)\\s*${NUMBER}$`)
const ABOVE = new RegExp(`^(?:>=?|≥|大于等于|大于|高于)\\s*${NUMBER}$`)

/** `3.5-9.5`, `3.5--9.5`, `130～175`, `＜8`, `>=5`; anything else (by sex or age, `阴性`) is text alone. */
export function readRange(sent: string, unit?: string): ReferenceRange {
  const text = sent.trim()
  const plain = toHalfWidth(text)
    .replace(/^[([]|[)\]]$/g, '')
    .trim()
  const quantity = (digits: string | undefined): RangeQuantity | undefined => {
    const value = digits === undefined ? undefined : readDecimal(digits)
    return value && { value, ...readUnit(unit) }
  }
  const between = BETWEEN.exec(plain)
  if (between) {
    const low = quantity(between[1])
    const high = quantity(between[2])
    return low && high && compare(low.value, high.value) <= 0 ? { low, high, text } : { text }
  }
  const high = quantity(BELOW.exec(plain)?.[1])
  const low = quantity(ABOVE.exec(plain)?.[1])
  return { ...(low && { low }), ...(high && { high }), text }
}
