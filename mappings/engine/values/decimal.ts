/**
 * Decimals that keep their digits: `2.30` stays `2.30`, sums are exact. FHIR decimals are JSON numbers, and JavaScript
 * numbers are binary floats that forget trailing zeros, so a decimal travels as text until it is serialised.
 */

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/
/** Longest text that is taken for a number; FHIR asks for 18 digits. */
export const DECIMAL_CHARACTERS_MAX = 40

declare global {
  interface JSON {
    rawJSON(text: string): unknown
  }
}

/** A number as it was written, in FHIR's form (`-?(0|[1-9]\d*)(\.\d+)?([eE]-?\d+)?`). */
export class Decimal {
  readonly text: string

  /** @throws TypeError when the text is no FHIR decimal; from outside use readDecimal */
  constructor(text: string) {
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) throw new TypeError('not a FHIR decimal')
    this.text = text
  }

  toJSON(): unknown {
    return JSON.rawJSON(this.text)
  }

  toString(): string {
    return this.text
  }
}

/**
 * The decimal in a text: `+`, missing leading zero, full stop at the end and thousands commas are put right. What no reader
 * could hold as an IEEE double (`1e400`, or `1e-400`, which would become 0) is no number.
 */
export function readDecimal(text: string): Decimal | undefined {
  if (text.length > DECIMAL_CHARACTERS_MAX) return undefined
  const plain = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text) ? text.replaceAll(',', '') : text
  const match = DECIMAL.exec(plain)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent] = match
  if (whole === '' && fraction === '') return undefined
  const digits = whole.replace(/^0+(?=\d)/, '') || '0'
  const written = `${sign === '-' ? '-' : ''}${digits}${fraction ? `.${fraction}` : ''}${exponent ? `e${Number(exponent)}` : ''}`
  return isDouble(written) ? new Decimal(written) : undefined
}

/** Without an exponent, DECIMAL_CHARACTERS_MAX keeps a number far from the ends of the doubles. */
function isDouble(written: string): boolean {
  const [mantissa = '', exponent] = written.split('e')
  if (exponent === undefined) return true
  const value = Number(written)
  return Number.isFinite(value) && (value !== 0 || !/[1-9]/.test(mantissa))
}

interface Scaled {
  units: bigint
  scale: number
}

function scaled(value: Decimal): Scaled {
  const [mantissa = '0', exponent = '0'] = value.text.split(/[eE]/)
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const scale = fraction.length - Number(exponent)
  const units = BigInt(whole + fraction)
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale }
}

function unscaled(units: bigint, scale: number): Decimal {
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  return new Decimal(scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`)
}

/** Exact sum; the scale is that of the finest summand. */
export function add(...values: Decimal[]): Decimal {
  const all = values.map(scaled)
  const scale = Math.max(0, ...all.map((v) => v.scale))
  return unscaled(
    all.reduce((sum, v) => sum + v.units * 10n ** BigInt(scale - v.scale), 0n),
    scale,
  )
}

/** Exact product. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  const x = scaled(a)
  const y = scaled(b)
  return unscaled(x.units * y.units, x.scale + y.scale)
}

export function negate(value: Decimal): Decimal {
  const { units, scale } = scaled(value)
  return unscaled(-units, scale)
}

const isShort = ({ text }: Decimal): boolean => text.length <= 15 && !/[eE]/.test(text)

/** Below, at or above zero: a compared with b. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  // Up to 15 digits are told apart by binary floats as well, at a fraction of the cost.
  if (isShort(a) && isShort(b)) return Number(a.text) < Number(b.text) ? -1 : Number(a.text) > Number(b.text) ? 1 : 0
  const difference = scaled(add(a, negate(b))).units
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** |a - b| <= tolerance */
export function within(a: Decimal, b: Decimal, tolerance: Decimal): boolean {
  const difference = add(a, negate(b))
  return compare(difference.text.startsWith('-') ? negate(difference) : difference, tolerance) <= 0
}
