/** What is wrong with a place's folder: a line that would map nothing and say nothing, or by which no row could be put anywhere. */
import { lineOf, repeatedLines, type TableLine } from '../../engine/table-line.ts'
import type { TableLayout } from '../../parsers/delimited.ts'
import { undecided, unknownCodes } from './deciding.ts'
import {
  ANY,
  columnsIn,
  type Dialect,
  type DialectColumn,
  type DialectKind,
  filesOf,
  hasDefault,
  isCompound,
  kindsOf,
  type NeededOf,
  partsOf,
  tableOf,
} from './dialect.ts'
import { UNIT, wrongAs } from './dialect-as.ts'
import { dateForm, disagree } from './dialect-dates.ts'

export interface DialectProblem {
  /** file of the folder, with its line where there is one */
  at: string
  zh: string
  en: string
}

/** How the tables are, as far as a place has to keep to it. */
export interface Tables {
  layouts: readonly TableLayout[]
  neededOf: NeededOf
}

export function problemsOf(dialect: Omit<Dialect, 'id'>, tables: Tables): DialectProblem[] {
  return [
    ...problemsOfNames(dialect, tables),
    ...problemsOfRepeats(dialect),
    ...problemsOfCodes(dialect),
    ...problemsOfKeys(dialect, tables),
    ...problemsOfDates(dialect),
    ...problemsOfReadings(dialect),
    ...problemsOfKinds(dialect),
  ]
}

type Names = Pick<Dialect, 'columns' | 'values'>

/** Names that no table has. */
function problemsOfNames({ columns, values }: Names, { layouts }: Tables): DialectProblem[] {
  const known = new Map(layouts.map(({ name, columns: own }) => [name, new Set(own)]))
  const check = (file: string, line: number, table: string, column: string): DialectProblem[] => {
    const at = `${file}:${line}`
    const own = known.get(table)
    const all = [...known.keys()].join(', ')
    if (table !== ANY && !own) return [{ at, zh: `没有数据表 ${table}；可用：${all}`, en: `there is no table ${table}; known: ${all}` }]
    const has = own ? own.has(column) : [...known.values()].some((one) => one.has(column))
    if (has) return []
    const names = own ? `: ${[...own].join(' ')}` : ''
    return own
      ? [{ at, zh: `${table} 没有列 ${column}；可用${names}`, en: `${table} has no column ${column}; known${names}` }]
      : [{ at, zh: `没有一个数据表有列 ${column}`, en: `no table has a column ${column}` }]
  }
  return [
    ...columns.flatMap((one, at) => [
      ...problemsOfColumn(one, `columns.csv:${lineOf(one, at)}`),
      ...check('columns.csv', lineOf(one, at), tableOf(one.table), one.means),
    ]),
    ...values.flatMap((one, at) => check('values.csv', lineOf(one, at), one.table, one.column)),
  ]
}

/** A column without a name, and a text of each row that is not written as one. */
function problemsOfColumn({ file, column }: DialectColumn, at: string): DialectProblem[] {
  if (file === '' || partsOf(column).includes('')) return [{ at, zh: '缺少文件名或列名', en: 'a file and a column must be named' }]
  if (!columnsIn(column).some((name) => name.startsWith("'") || name.endsWith("'"))) return []
  return [{ at, zh: `固定文本写作 '…'，其中没有 + 和引号`, en: `a text that each row has stands in '…', without + and quotes in it` }]
}

/** What is said twice. */
function problemsOfRepeats({ columns, values }: Names): DialectProblem[] {
  const repeats = (file: string, lines: readonly TableLine[], names: readonly string[]): DialectProblem[] =>
    repeatedLines(lines, names).flatMap((first, at) =>
      first === undefined
        ? []
        : [{ at: `${file}:${lineOf(lines[at] as TableLine, at)}`, zh: `与第 ${first} 行重复`, en: `repeats line ${first}` }],
    )
  return [
    ...repeats(
      'columns.csv',
      columns,
      columns.map(({ file, table, means }) => `${file}>${table}.${means}`.toUpperCase()),
    ),
    ...repeats(
      'values.csv',
      values,
      values.map(({ table, column, sent }) => JSON.stringify([table, column, sent])),
    ),
  ]
}

/** Codes that are none: with such a state, or in place of what else decides what a row is, all of these rows would be quarantined. */
function problemsOfCodes({ values }: Names): DialectProblem[] {
  return values.flatMap((one, at) => {
    const { column, means, table } = one
    const place = `values.csv:${lineOf(one, at)}`
    if (column === 'XGBZ' || column === 'CXBZ')
      return means === '1' || means === '2'
        ? []
        : [{ at: place, zh: `${column} 只能是 1 或 2`, en: `${column} can only be 1 (stands) or 2 (withdrawn)` }]
    if (undecided({ [column]: means }) === undefined && unknownCodes(table, { [column]: means }).length === 0) return []
    return [{ at: place, zh: `${column} 没有代码 ${means}`, en: `${column} has no code ${means}` }]
  })
}

/**
 * Rows without a key or a state can be put nowhere. Of files with a header, whose other columns may have the table's own names, the file itself is
 * looked at when it comes.
 */
function problemsOfKeys(dialect: Omit<Dialect, 'id'>, { neededOf }: Tables): DialectProblem[] {
  return [...filesOf(dialect.columns).values()].flatMap((lines) => {
    if (dialect.header !== 'none' && !isCompound(lines, kindsOf(dialect, lines[0]?.file ?? ''))) return []
    const tables = [...Map.groupBy(lines, ({ table }) => table)].filter(([table]) => neededOf(tableOf(table)).length > 0)
    return tables.flatMap(([table, own]) => {
      const missing = neededOf(tableOf(table)).filter(
        (names) => !names.some((name) => own.some(({ means }) => means === name) || hasDefault(dialect, table, name)),
      )
      const first = own[0] as DialectColumn
      const at = `columns.csv:${lineOf(first, dialect.columns.indexOf(first))}`
      return missing.map((names) => missingKey(at, first, names))
    })
  })
}

function missingKey(at: string, { file, table }: DialectColumn, names: readonly string[]): DialectProblem {
  return {
    at,
    zh: `文件 ${file} 没有列是 ${table} 的 ${names.join(' 或 ')}；请在 columns.csv 写明，或在 values.csv 写明为空时的值`,
    en: `no column of the file ${file} is ${names.join(' or ')} of ${table}; a line of columns.csv must say which, or one of values.csv what it is where nothing is sent`,
  }
}

function problemsOfDates({ dates = [] }: Pick<Dialect, 'dates'>): DialectProblem[] {
  const at = 'dialect.json dates'
  const unreadable = dates.filter((pattern) => !dateForm(pattern))
  const forms = 'YYYY, MM or M, DD or D, HH or H, mm, ss'
  if (unreadable.length > 0)
    return unreadable.map((pattern) => ({
      at,
      zh: `日期格式 ${pattern} 无效；由 ${forms} 组成，年月日各一次`,
      en: `${pattern} is no form of a date: it is made of ${forms}, with one year, month and day`,
    }))
  return dates.flatMap((one, n) =>
    dates
      .slice(n + 1)
      .filter((other) => disagree(one, other))
      .map((other) => ({ at, zh: `${one} 与 ${other} 会把同一文本读成不同的日期`, en: `${one} and ${other} read one text as two days` })),
  )
}

/** Columns that are read in a way that there is not, or that does not fit. */
function problemsOfReadings({ columns }: Names): DialectProblem[] {
  return columns.flatMap((one, at) => {
    const wrong = wrongAs(one.as ?? '', one.means, partsOf(one.column).length) ?? wrongUnit(one, columns)
    return wrong ? [{ at: `columns.csv:${lineOf(one, at)}`, zh: wrong[0], en: wrong[1] }] : []
  })
}

/** A unit is taken from behind the result that the same column is, read as it stands. */
function wrongUnit({ as, column, file, table }: DialectColumn, columns: readonly DialectColumn[]): Wrong | undefined {
  if (as !== UNIT) return undefined
  const result = partsOf(column).at(-1)
  const isThere = columns.some(
    (one) =>
      one.file === file && one.table === table && one.means === 'JYZBJG' && (one.as ?? '') === '' && one.column.toUpperCase() === result,
  )
  return isThere
    ? undefined
    : [`文件 ${file} 没有一行把 ${result} 写为 JYZBJG`, `no line of the file ${file} says that ${result} is JYZBJG`]
}

/** Kinds of rows that no row could be of. */
function problemsOfKinds(dialect: Omit<Dialect, 'id'>): DialectProblem[] {
  const { kinds = [], header } = dialect
  const files = filesOf(dialect.columns)
  const repeated = repeatedLines(
    kinds,
    kinds.map(({ file, column, sent, table }) => JSON.stringify([file.toUpperCase(), column.toUpperCase(), sent, table])),
  )
  return kinds.flatMap((one, at) => {
    const first = repeated[at]
    const wrong = first === undefined ? wrongKind(one, files.get(one.file.toUpperCase()), kinds, header) : repeats(first)
    return wrong ? [{ at: `rows.csv:${lineOf(one, at)}`, zh: wrong[0], en: wrong[1] }] : []
  })
}

type Wrong = readonly [zh: string, en: string]
const repeats = (line: number): Wrong => [`与第 ${line} 行重复`, `repeats line ${line}`]

function wrongKind(
  { file, column, table }: DialectKind,
  lines: readonly DialectColumn[] | undefined,
  kinds: readonly DialectKind[],
  header: Dialect['header'],
): Wrong | undefined {
  if (!lines) return [`columns.csv 没有文件 ${file}`, `columns.csv has no file ${file}`]
  if (column === '') return ['缺少列名', 'a column must be named']
  if (!lines.some((line) => tableOf(line.table) === table))
    return [`columns.csv 没有文件 ${file} 的 ${table}`, `columns.csv has no ${table} of the file ${file}`]
  const other = kinds.find((one) => one.file.toUpperCase() === file.toUpperCase() && one.column.toUpperCase() !== column.toUpperCase())
  if (other) return ['一个文件只能按一列区分', `one column tells the rows of a file apart: ${column} or ${other.column}`]
  const isListed = lines.some((line) => partsOf(line.column).includes(column.toUpperCase()))
  if (header === 'none' && !isListed)
    return [
      `文件没有表头，${column} 须列在 columns.csv`,
      `the file has no header, so that ${column} must be among its columns in columns.csv`,
    ]
  return undefined
}
