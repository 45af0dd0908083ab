/**
 * The statistics of R4's code system observation-statistics over exact values. Where its words leave a choice: variance and what
 * rests on it are those of a sample (n - 1), skew and kurtosis the adjusted ones of a sample (kurtosis: 0 for a normal
 * distribution), percentiles, quartiles and quintiles are interpolated between the two nearest ranks ((n - 1) p).
 */
import { aligned, type Exact, exactText, type Fraction, fractionText, numberOf } from './exact.ts'

export interface Value {
  exact: Exact
  /** as it was written */
  text: string
  /** when it was measured, milliseconds since 1970 */
  time?: number
}

/** Of values of one unit, sorted. */
interface Sample {
  values: readonly Value[]
  /** in units of the last place */
  digits: readonly bigint[]
  scale: number
  n: number
  sum: bigint
}

/** What the number is of: the unit itself, its square, the unit per day, or no unit. */
export type Dimension = 'unit' | 'square' | 'per-day' | 'none'

export interface Result {
  /** JSON number; undefined: these values have no such statistic */
  number: string | undefined
  dimension: Dimension
  /** which of several numbers */
  part?: 'gradient' | 'intercept'
}

interface Statistic {
  display: string
  of(sample: Sample, total: number): Result[]
}

const one = (number: string | undefined, dimension: Dimension): Result[] => [{ number, dimension }]
const inUnit = (display: string, of: (sample: Sample) => string | undefined): Statistic => ({
  display,
  of: (sample) => one(sample.n === 0 ? undefined : of(sample), 'unit'),
})
const percentile = (display: string, percent: bigint): Statistic => inUnit(display, (sample) => fractionText(at(sample, percent)))

const STATISTICS: ReadonlyMap<string, Statistic> = new Map<string, Statistic>([
  ['average', inUnit('Average', ({ sum, n, scale }) => fractionText(scaled(sum, BigInt(n), scale)))],
  ['maximum', inUnit('Maximum', ({ values }) => values.at(-1)?.text)],
  ['minimum', inUnit('Minimum', ({ values }) => values[0]?.text)],
  ['count', { display: 'Count', of: ({ n }) => one(String(n), 'none') }],
  ['total-count', { display: 'Total Count', of: (_, total) => one(String(total), 'none') }],
  ['median', percentile('Median', 50n)],
  ['std-dev', inUnit('Standard Deviation', deviation)],
  ['sum', inUnit('Sum', ({ sum, scale }) => exactText({ digits: sum, scale }))],
  ['variance', { display: 'Variance', of: (sample) => one(fractionOrNone(variance(sample)), 'square') }],
  ['20-percent', percentile('20th Percentile', 20n)],
  ['80-percent', percentile('80th Percentile', 80n)],
  ['4-lower', percentile('Lower Quartile', 25n)],
  ['4-upper', percentile('Upper Quartile', 75n)],
  ['4-dev', inUnit('Quartile Deviation', quartileDeviation)],
  ['5-1', percentile('1st Quintile', 20n)],
  ['5-2', percentile('2nd Quintile', 40n)],
  ['5-3', percentile('3rd Quintile', 60n)],
  ['5-4', percentile('4th Quintile', 80n)],
  ['skew', { display: 'Skew', of: (sample) => one(skew(sample), 'none') }],
  ['kurtosis', { display: 'Kurtosis', of: (sample) => one(kurtosis(sample), 'none') }],
  ['regression', { display: 'Regression', of: regression }],
])

export const isStatistic = (code: string): boolean => STATISTICS.has(code)
export const displayOf = (code: string): string => STATISTICS.get(code)?.display ?? code

/** `total`: measurements, those without a valid value too. */
export function statistic(code: string, values: readonly Value[], total: number): Result[] {
  const { digits, scale } = aligned(values.map(({ exact }) => exact))
  const order = digits.map((_, n) => n).sort((a, b) => compare(digits[a] as bigint, digits[b] as bigint))
  const sorted = order.map((n) => digits[n] as bigint)
  const sum = digits.reduce((before, value) => before + value, 0n)
  const sample: Sample = { values: order.map((n) => values[n] as Value), digits: sorted, scale, n: values.length, sum }
  return STATISTICS.get(code)?.of(sample, total) ?? []
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const scaled = (over: bigint, under: bigint, scale: number): Fraction => ({ over, under: under * 10n ** BigInt(scale) })
const fractionOrNone = (fraction: Fraction | undefined): string | undefined => fraction && fractionText(fraction)

/** Between the two values that are next to the rank. */
function at({ digits, scale, n }: Sample, percent: bigint): Fraction {
  const rank = percent * BigInt(n - 1)
  const lower = digits[Number(rank / 100n)] ?? 0n
  const upper = digits[Number(rank / 100n) + 1] ?? lower
  return scaled(lower * 100n + (upper - lower) * (rank % 100n), 100n, scale)
}

function quartileDeviation(sample: Sample): string {
  const [lower, upper] = [at(sample, 25n), at(sample, 75n)]
  // Both are over the same.
  return fractionText({ over: upper.over - lower.over, under: upper.under * 2n })
}

function variance({ digits, sum, scale, n }: Sample): Fraction | undefined {
  if (n < 2) return undefined
  const squares = digits.reduce((before, value) => before + value * value, 0n)
  return scaled(BigInt(n) * squares - sum * sum, BigInt(n) * BigInt(n - 1), 2 * scale)
}

function deviation(sample: Sample): string | undefined {
  const square = variance(sample)
  return square && doubleText(Math.sqrt(numberOf(square)))
}

/** With the digits that a double is good for. */
function doubleText(value: number): string | undefined {
  return Number.isFinite(value) ? String(Number(value.toPrecision(15))) : undefined
}

/** Distances from the mean, in parts of the largest: the moments' quotients are the same. Undefined where all are equal. */
function distances({ digits, sum, n }: Sample): number[] | undefined {
  const exact = digits.map((value) => value * BigInt(n) - sum)
  const largest =
    exact
      .map((value) => (value < 0n ? -value : value))
      .sort(compare)
      .at(-1) ?? 0n
  return largest === 0n ? undefined : exact.map((over) => numberOf({ over, under: largest }))
}

const powers = (values: readonly number[], power: number): number => values.reduce((before, value) => before + value ** power, 0)

function skew(sample: Sample): string | undefined {
  const { n } = sample
  const all = n < 3 ? undefined : distances(sample)
  return all && doubleText(((n * Math.sqrt(n - 1)) / (n - 2)) * (powers(all, 3) / powers(all, 2) ** 1.5))
}

function kurtosis(sample: Sample): string | undefined {
  const { n } = sample
  const all = n < 4 ? undefined : distances(sample)
  if (!all) return undefined
  const fourth = (n * (n + 1) * (n - 1) * powers(all, 4)) / powers(all, 2) ** 2
  return doubleText((fourth - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3)))
}

const DAY_MS = 86_400_000

/** The straight line through the values over the days since the first of them; what has no time takes no part. */
function regression({ values }: Sample): Result[] {
  const timed = values.flatMap(({ exact, time }) => {
    const y = numberOf({ over: exact.digits, under: 10n ** BigInt(exact.scale) })
    return time === undefined ? [] : [{ time, y }]
  })
  const first = Math.min(...timed.map(({ time }) => time))
  const points = timed.map(({ time, y }) => ({ x: (time - first) / DAY_MS, y }))
  const mean = (of: (point: { x: number; y: number }) => number) => points.reduce((before, point) => before + of(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const spread = points.reduce((before, point) => before + (point.x - x) ** 2, 0)
  const gradient = points.reduce((before, point) => before + (point.x - x) * (point.y - y), 0) / spread
  const isLine = points.length > 1 && spread > 0
  return [
    { number: isLine ? doubleText(gradient) : undefined, dimension: 'per-day', part: 'gradient' },
    { number: isLine ? doubleText(y - gradient * x) : undefined, dimension: 'unit', part: 'intercept' },
  ]
}
