/** Generated values that meet each other often enough to tell the rules apart. */
import fc from 'fast-check'

export const DATE_PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const

const two = (n: number) => String(n).padStart(2, '0')

/** Dates of a few months around the turn of 2023 to 2024, of every precision, at +08:00. */
export const arbitraryDate: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(2023, 2024),
    fc.constantFrom(1, 2, 12),
    fc.constantFrom(1, 2, 28),
    fc.constantFrom('00:00:00', '00:00:01', '23:59:59'),
    fc.constantFrom('.000', '.999'),
    fc.integer({ min: 0, max: 4 }),
  )
  .map(([year, month, day, time, fraction, precision]) => {
    const date = `${year}-${two(month)}-${two(day)}`
    return [String(year), date.slice(0, 7), date, `${date}T${time}+08:00`, `${date}T${time}${fraction}+08:00`][precision] as string
  })

/** Decimals near each other, with zero to three places. */
export const arbitraryDecimal: fc.Arbitrary<string> = fc
  .tuple(fc.integer({ min: -3000, max: 3000 }), fc.integer({ min: 0, max: 3 }))
  .map(([n, places]) => (n / 1000).toFixed(places))
  .map((text) => (Number(text) === 0 ? text.replace('-', '') : text))

export const arbitraryUnit: fc.Arbitrary<string> = fc.constantFrom('mg', 'g', 'kg', 'mm[Hg]', 'Cel', '[degF]', '[iU]', 'mmHg')
/** Units by what they are made of: milligrams, ninths of a degree over 0 °C; other units are made of themselves. */
const MADE_OF: Record<string, { of: string; by: bigint; from: bigint }> = {
  mg: { of: 'mg', by: 1n, from: 0n },
  g: { of: 'mg', by: 1_000n, from: 0n },
  kg: { of: 'mg', by: 1_000_000n, from: 0n },
  Cel: { of: 'Cel/9', by: 9n, from: 0n },
  '[degF]': { of: 'Cel/9', by: 5n, from: 32_000_000n },
}
export const madeOf = (unit: string) => MADE_OF[unit] ?? { of: unit, by: 1n, from: 0n }

/** A decimal in millionths of what its unit is made of, as a whole number. */
export const wholeIn = (text: string, unit: string): bigint =>
  (BigInt(Math.round(Number(text) * 1e6)) - madeOf(unit).from) * madeOf(unit).by

export const arbitrarySystem: fc.Arbitrary<string> = fc.constantFrom('', 'http://loinc.org', 'urn:oid:1.2', 'urn:oid:1.2.3')
export const arbitraryCode: fc.Arbitrary<string> = fc.constantFrom('a', 'A', 'ab', 'a|b', 'a,b', 'a\\b', '$', '甲')
