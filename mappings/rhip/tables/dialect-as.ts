/**
 * How a place's column is read where it is not what the table's column is (`as` of columns.csv): an amount in another unit, one text that is two
 * columns of the table, the two ends of a reference range.
 */
import { type MoneyUnit, readMoney } from '../../engine/values/money.ts'
import { unitBehind } from '../../engine/values/unit-behind.ts'

/** `before |` or `after |`: what stands before or behind the first of these. */
const PART = /^(before|after) (\S{1,8})$/
const UNITS: readonly MoneyUnit[] = ['fen', 'wan']
const isUnit = (as: string): as is MoneyUnit => UNITS.some((unit) => unit === as)

/** Amounts of these tables are in yuan: those of charges, and section D of the home page. */
const AMOUNT = /^(?:MXXMDJ|MXXMJE|D\d\d.*)$/

const KNOWN = 'fen, wan, before X, after X, range, unit'

/** Two columns, the lower end and the upper one: either may be all that there is. */
const RANGE = 'range'
const RANGE_COLUMN = 'CKZ'

/** The unit behind a result in the column of the result; before it may stand a column of its own, which goes before. */
export const UNIT = 'unit'
const [RESULT_COLUMN, UNIT_COLUMN] = ['JYZBJG', 'JLDW']

type Wrong = readonly [zh: string, en: string]

/**
 * @param means the table's column
 * @param parts how many columns of the file it is
 */
export function wrongAs(as: string, means: string, parts: number): Wrong | undefined {
  if (as === '' || PART.test(as)) return undefined
  if (as === RANGE) {
    if (means === RANGE_COLUMN && parts === 2) return undefined
    return [`range 须是两列（下限+上限），映射到 ${RANGE_COLUMN}`, `range is two columns, lower+upper, that are ${RANGE_COLUMN}`]
  }
  if (as === UNIT) {
    if (means === UNIT_COLUMN && parts <= 2) return undefined
    return [
      `unit 是结果列，或单位列+结果列，映射到 ${UNIT_COLUMN}`,
      `unit is the column of the result, or unit+result, that is ${UNIT_COLUMN}`,
    ]
  }
  if (!isUnit(as)) return [`不能按 ${as} 读取；可用：${KNOWN}`, `there is no reading as ${as}; known: ${KNOWN}`]
  return AMOUNT.test(means) ? undefined : [`${means} 不是金额`, `${means} is no amount`]
}

/** The text as the table has it; undefined: there is none. What is no amount stays as it came, and is told where it is used. */
export function readAs(text: string, as: string): string | undefined {
  if (isUnit(as)) {
    const money = readMoney(text, as)
    return money ? `${money.value.text}${money.currency === 'CNY' ? '' : ` ${money.currency}`}` : text
  }
  const [, side, separator] = PART.exec(as) ?? []
  if (side === undefined || separator === undefined) return text
  const at = text.indexOf(separator)
  // Without the separator all of it is what stands before.
  const part = side === 'before' ? text.slice(0, at < 0 ? text.length : at) : at < 0 ? '' : text.slice(at + separator.length)
  return part.trim() === '' ? undefined : part.trim()
}

const NUMBER = /^-?\d+(?:\.\d+)?$/

/**
 * What of the ends of a range is there; undefined: it is no range, or there is no end. A text in one of the columns (`阴性`, `<5`) is no end of
 * anything: it stays as it is.
 */
export function readRange(parts: readonly (string | undefined)[], as: string): string | undefined {
  const [low, high] = parts
  if (as !== RANGE) return undefined
  // `-3--1` would be read as a range from -3 to 1.
  if (low !== undefined && high !== undefined) return `${low}${high.startsWith('-') ? '~' : '-'}${high}`
  const [end, sign] = low === undefined ? [high, '≤'] : [low, '≥']
  return end !== undefined && NUMBER.test(end) ? sign + end : end
}

/** A line by which the unit stands behind the result, and what its columns have in a row. */
export interface UnitLine {
  /** the column of the unit, where there is one */
  own: string | undefined
  result: string | undefined
}

/** The row with its unit, and its result without it. What is no number with a unit that is known stays as it is. */
export function withUnit(values: Readonly<Record<string, string>>, { own, result }: UnitLine): Record<string, string> {
  if (own !== undefined) return { ...values, [UNIT_COLUMN]: own }
  const found = result !== undefined && values[RESULT_COLUMN] === result ? unitBehind(result) : undefined
  return found ? { ...values, [RESULT_COLUMN]: found.number, [UNIT_COLUMN]: found.unit } : { ...values }
}
