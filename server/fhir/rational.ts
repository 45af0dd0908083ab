/** Exact fractions: decimals keep all their digits until they become a double, once, at the end. */

/** `den` is positive. */
export interface Rational {
  readonly num: bigint
  readonly den: bigint
}

export const ONE: Rational = { num: 1n, den: 1n }

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/

/** The decimal that the text writes; of a double the shortest one that is read as it (`0.1` for 0.1). */
export function rational(text: string): Rational | undefined {
  const [, sign, whole, fraction = '', power = '0'] = DECIMAL.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  const exponent = Number(power) - fraction.length
  return exponent >= 0 ? { num: digits * tenTo(exponent), den: 1n } : { num: digits, den: tenTo(-exponent) }
}

const tens: bigint[] = []

/** Powers of ten come again and again. */
function tenTo(power: number): bigint {
  const known = tens[power]
  if (known !== undefined) return known
  const made = 10n ** BigInt(power)
  tens[power] = made
  return made
}

export const times = (a: Rational, b: Rational): Rational => ({ num: a.num * b.num, den: a.den * b.den })

export const plus = (a: Rational, b: Rational): Rational => ({ num: a.num * b.den + b.num * a.den, den: a.den * b.den })

/** Of a fraction that is not negative; a zero has no negative power. */
export function power(a: Rational, exponent: number): Rational | undefined {
  if (exponent < 0 && a.num === 0n) return undefined
  const to = BigInt(Math.abs(exponent))
  return exponent < 0 ? { num: a.den ** to, den: a.num ** to } : { num: a.num ** to, den: a.den ** to }
}

export function reduced({ num, den }: Rational): Rational {
  let [a, b] = [num < 0n ? -num : num, den]
  while (b > 0n) [a, b] = [b, a % b]
  return a <= 1n ? { num, den } : { num: num / a, den: den / a }
}

/** Digits of a quotient that are worked out: a double has seventeen at most, and what is cut off is told by one more. */
const DIGITS = 24

/** The double nearest to the fraction, so that equal fractions are equal doubles and larger ones never smaller. */
export function toDouble({ num, den }: Rational): number {
  if (num < 0n) return -toDouble({ num: -num, den })
  if (num <= EXACT && den <= EXACT) return Number(num) / Number(den)
  const shift = DIGITS + den.toString().length - num.toString().length
  const [dividend, divisor] = shift >= 0 ? [num * tenTo(shift), den] : [num, den * tenTo(-shift)]
  const rest = dividend % divisor === 0n ? '' : '1'
  return Number(`${dividend / divisor}${rest}e${-shift - rest.length}`)
}

/** Up to here integers are doubles, and one division rounds right (IEEE 754). */
const EXACT = 9_007_199_254_740_991n
