/**
 * Dates as a place writes them, where the forms that are read everywhere (engine/values/date.ts) do not tell day and month apart: `09/03/2026` is one
 * day in one place and another in the next. The place's folder says which.
 */
import { table } from '../../engine/values/table.ts'

/** Longest first: `MM` before `M`. One letter stands for one digit or two. */
const TOKENS: Readonly<Record<string, readonly [part: keyof Parts, pattern: string]>> = table({
  YYYY: ['year', String.raw`\d{4}`],
  MM: ['month', String.raw`\d{2}`],
  DD: ['day', String.raw`\d{2}`],
  HH: ['hour', String.raw`\d{2}`],
  mm: ['minute', String.raw`\d{2}`],
  ss: ['second', String.raw`\d{2}`],
  M: ['month', String.raw`\d{1,2}`],
  D: ['day', String.raw`\d{1,2}`],
  H: ['hour', String.raw`\d{1,2}`],
})
const TOKEN = /YYYY|MM|DD|HH|mm|ss|M|D|H/g
const LENGTH_MAX = 40

interface Parts {
  year: string
  month: string
  day: string
  hour?: string
  minute?: string
  second?: string
}

export interface DateForm {
  /** the same in the form `YYYY-MM-DD HH:mm:ss`, as far as it was sent; undefined: it is not in this form */
  read(text: string): string | undefined
}

/** undefined: it has not one year, month and day each, a time without its hour, or parts that run into each other. */
export function dateForm(pattern: string): DateForm | undefined {
  const tokens = pattern.match(TOKEN) ?? []
  const parts = tokens.map((token) => TOKENS[token]?.[0] as keyof Parts)
  const has = (part: keyof Parts): boolean => parts.includes(part)
  const isTime = (!has('minute') || has('hour')) && (!has('second') || has('minute'))
  const isWhole = has('year') && has('month') && has('day') && new Set(parts).size === parts.length && isTime
  // A digit or two right before another digit could be read in two ways; other letters would be parts that nobody knows.
  const rest = pattern.replace(TOKEN, '\u0000')
  if (
    !isWhole ||
    pattern.length > LENGTH_MAX ||
    /[A-Za-z\d]/.test(rest) ||
    /[MDH](?=[_MDH])/.test(pattern.replace(/YYYY|MM|DD|HH|mm|ss/g, '_'))
  )
    return undefined
  const written = pattern.split(TOKEN).map(escaped)
  const source = written.map((text, at) => `${text}${tokens[at] ? `(${TOKENS[tokens[at]]?.[1]})` : ''}`).join('')
  const expression = new RegExp(`^${source}$`)
  return {
    read(text) {
      const found = expression.exec(text.trim())
      return found ? plain(Object.fromEntries(parts.map((part, at) => [part, found[at + 1] as string])) as unknown as Parts) : undefined
    },
  }
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)

function plain({ year, month, day, hour, minute, second }: Parts): string {
  const two = (text: string): string => text.padStart(2, '0')
  const date = `${year}-${two(month)}-${two(day)}`
  if (hour === undefined) return date
  return `${date} ${two(hour)}:${minute ?? '00'}${second === undefined ? '' : `:${second}`}`
}

const SAMPLE: Readonly<Record<string, string>> = table({
  YYYY: '2026',
  MM: '03',
  DD: '04',
  HH: '05',
  mm: '06',
  ss: '07',
  M: '3',
  D: '4',
  H: '5',
})

/** Whether two forms read one text as two days: then nobody can say which was meant. */
export function disagree(one: string, other: string): boolean {
  const reads = (a: string, b: string): boolean => {
    const text = a.replace(TOKEN, (token) => SAMPLE[token] as string)
    const [meant, read] = [dateForm(a)?.read(text), dateForm(b)?.read(text)]
    return read !== undefined && read.slice(0, 10) !== meant?.slice(0, 10)
  }
  return reads(one, other) || reads(other, one)
}

/** Columns of dates and times in all tables of these platforms end in 日期 or 时间. */
export const isDateColumn = (column: string): boolean => /(?:RQ|SJ)$/.test(column)

/** A row's dates in the form that is read everywhere; what is in none of the place's forms stays as it came. */
export function withPlainDates(
  values: Readonly<Record<string, string>>,
  forms: readonly DateForm[],
  isDate: (column: string) => boolean = isDateColumn,
): Readonly<Record<string, string>> {
  if (forms.length === 0) return values
  return Object.fromEntries(
    Object.entries(values).map(([column, text]) => {
      const read = isDate(column) ? forms.map((form) => form.read(text)).find((found) => found !== undefined) : undefined
      return [column, read ?? text]
    }),
  )
}
