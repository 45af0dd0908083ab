/** Exact decimals and fractions: what is measured as 5.40 is summed as 5.40. */
import { parseDecimal } from '../../fhir/decimal.ts'

/** `digits` × 10^-`scale` */
export interface Exact {
  digits: bigint
  scale: number
}

export interface Fraction {
  over: bigint
  /** positive */
  under: bigint
}

/** Undefined for what is no decimal, or beyond what is searched and compared as one. */
export function exactOf(text: string): Exact | undefined {
  if (!parseDecimal(text)) return undefined
  const [, sign, whole = '', fraction = '', power = '0'] = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const scale = fraction.length - Number(power)
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

/** All of them in units of the last place that one of them has. */
export function aligned(values: readonly Exact[]): { digits: bigint[]; scale: number } {
  const scale = Math.max(0, ...values.map((value) => value.scale))
  return { digits: values.map((value) => value.digits * 10n ** BigInt(scale - value.scale)), scale }
}

/** With as many places as it has. */
export function exactText({ digits, scale }: Exact): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const [whole, fraction] = [text.slice(0, text.length - scale), text.slice(text.length - scale)]
  return `${digits < 0n ? '-' : ''}${whole}${scale > 0 ? `.${fraction}` : ''}`
}

/** Significant digits of what is computed: as many as a double keeps. */
const SIGNIFICANT = 15
/** Beyond so many places a number is written with its exponent. */
const PLAIN_PLACES = 25

/** Rounded to 15 significant digits, half away from zero, without zeros at its end. */
export function fractionText({ over, under }: Fraction): string {
  if (over === 0n) return '0'
  const size = over < 0n ? -over : over
  const guess = SIGNIFICANT - (size.toString().length - under.toString().length)
  let rounded = round(size, under, guess)
  let scale = guess
  // The guess is one digit too many or the right one, and rounding may add another.
  while (rounded.toString().length > SIGNIFICANT) rounded = round(size, under, --scale)
  while (scale > 0 && rounded % 10n === 0n) {
    rounded /= 10n
    scale--
  }
  const sign = over < 0n ? '-' : ''
  if (scale > PLAIN_PLACES || scale < -PLAIN_PLACES) return `${sign}${rounded}e${-scale}`
  const digits = scale < 0 ? rounded * 10n ** BigInt(-scale) : rounded
  return sign + exactText({ digits, scale: Math.max(0, scale) })
}

function round(size: bigint, under: bigint, scale: number): bigint {
  const [top, bottom] = scale < 0 ? [size, under * 10n ** BigInt(-scale)] : [size * 10n ** BigInt(scale), under]
  return (top * 2n + bottom) / (bottom * 2n)
}

/** The nearest double. */
export const numberOf = (fraction: Fraction): number => Number(fractionText(fraction))
