/** Decimals by their text: value and the range that their significant figures stand for (R4 search.html, number). */

export interface DecimalRange {
  value: number
  /** inclusive */
  lo: number
  /** exclusive */
  hi: number
}

/** Digits and exponent beyond which a number is refused; FHIR asks for 18 digits. */
export const DECIMAL_DIGITS_MAX = 40
export const DECIMAL_EXPONENT_MAX = 300

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/

/**
 * `5.4` is [5.35, 5.45), `100` is [99.5, 100.5), `1e2` is [50, 150): half a unit of the last digit written, on both
 * sides. R4's rule is that of significant figures; its own example of `1e2`, [95, 105), does not keep to it. Computed on the
 * digits, so that the bounds are the doubles nearest to the exact decimals; where more digits are written than a double holds,
 * the range still has the value itself in it. Undefined for what is not a decimal or is larger than the bounds above.
 */
export function parseDecimal(text: string): DecimalRange | undefined {
  const [, sign, whole, fraction = '', power = '0'] = DECIMAL.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = whole + fraction
  const exponent = Number(power) - fraction.length
  if (digits.length > DECIMAL_DIGITS_MAX || Math.abs(exponent) > DECIMAL_EXPONENT_MAX) return undefined
  const tenths = BigInt(digits) * 10n * (sign === '-' ? -1n : 1n)
  const at = (shift: bigint) => Number(`${tenths + shift}e${exponent - 1}`)
  const value = at(0n)
  return { value, lo: at(-5n), hi: Math.max(at(5n), justAbove(value)) }
}

/** The largest double under `x`: the closed upper end of a range that excludes `x`. */
export function justBelow(x: number): number {
  return -justAbove(-x)
}

/** The smallest double over `x`. */
export function justAbove(x: number): number {
  if (!Number.isFinite(x)) return x
  if (x === 0) return Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const bits = view.getBigInt64(0)
  view.setBigInt64(0, x > 0 ? bits + 1n : bits - 1n)
  return view.getFloat64(0)
}
