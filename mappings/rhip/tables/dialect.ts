/**
 * How one place writes the tables: its names of files and columns, its codes of what decides a row, its dates, its separator. Made of the place's
 * folder (server/ingest/dialects.ts reads it, dialect-problems.ts says what is wrong with it); a new place is a folder, and no code.
 */
import type { TableLine } from '../../engine/table-line.ts'
import { filled } from '../../engine/values/blank.ts'
import type { TableLayout, TableRow } from '../../parsers/delimited.ts'
import { readTable, type TableEvent, type TableFormat } from '../../parsers/delimited.ts'
import { readAs, readRange, UNIT, withUnit } from './dialect-as.ts'
import { type DateForm, dateForm, isDateColumn, withPlainDates } from './dialect-dates.ts'

/** One line of columns.csv: this column of this file is that column of that table. */
export interface DialectColumn extends TableLine {
  file: string
  /** of the file; several with `+` between them are joined, and one in `'…'` is that text in each row */
  column: string
  /** with a number behind it (`TB_IH_DIAGNOSIS_DETAIL#2`) one of several rows of the table that a row of the file is */
  table: string
  means: string
  /** how it is read, where it is not what the table has (dialect-as.ts) */
  as?: string
}

/** One line of rows.csv: rows of the file that have this in a column of theirs are rows of that table, others of the file are not. */
export interface DialectKind extends TableLine {
  file: string
  column: string
  sent: string
  table: string
}

/** One line of values.csv: what is sent in a column of a table, and what it means; nothing sent is what an empty or absent column means. */
export interface DialectValue extends TableLine {
  table: string
  column: string
  sent: string
  means: string
}

export interface Dialect extends TableFormat {
  id: string
  columns: readonly DialectColumn[]
  values: readonly DialectValue[]
  /** of files that have rows of several tables */
  kinds?: readonly DialectKind[]
  /** forms of its dates (dialect-dates.ts) */
  dates?: readonly string[]
}

export const ANY = '*'
/** Between the values of columns that are joined, as between their names. */
const JOINED = '+'
const BETWEEN = '-'
/** A `+` at the end of a name is of the name (`K+`, `Na++Cl-`), one between two joins them. */
const JOINT = /\+(?!\s*(?:\+|$))/

/** A text that each row has, for what a file says by which column a value stands in. */
const FIXED = /^'([^']+)'$/
const fixedIn = (part: string): string | undefined => FIXED.exec(part)?.[1]

/** What a column is made of: columns of the file by their names as they are compared, and texts in `'…'` as they stand. */
export const partsOf = (column: string): string[] =>
  column
    .split(JOINT)
    .map((part) => part.trim())
    .map((part) => (fixedIn(part) === undefined ? part.toUpperCase() : part))

/** Those of them that the file has to have. */
export const columnsIn = (column: string): string[] => partsOf(column).filter((part) => fixedIn(part) === undefined)

const NUMBERED = /^(TB_\w+)#[1-9]\d?$/
const isNumbered = (table: string): boolean => NUMBERED.test(table)
/** The table's name without the number of the row. */
export const tableOf = (table: string): string => NUMBERED.exec(table)?.[1] ?? table

/** The lines of each file, by its name as it is compared. */
export const filesOf = (columns: readonly DialectColumn[]): Map<string, DialectColumn[]> =>
  Map.groupBy(columns, ({ file }) => file.toUpperCase())

/** What tells the rows of a file apart. */
export const kindsOf = ({ kinds = [] }: Pick<Dialect, 'kinds'>, file: string): DialectKind[] =>
  kinds.filter((one) => one.file.toUpperCase() === file.toUpperCase())

/**
 * Whether a file is more than one table under other names: rows of several tables, a column that is several, several that are one, or one that is
 * read in another way. Of such a file the place lists all columns that count.
 */
export function isCompound(lines: readonly DialectColumn[], kinds: readonly DialectKind[]): boolean {
  const columns = lines.map(({ column }) => column.toUpperCase())
  return (
    kinds.length > 0 ||
    lines.some(({ as = '', table }) => as !== '' || isNumbered(table)) ||
    new Set(lines.map(({ table }) => table)).size > 1 ||
    columns.some((column) => partsOf(column).length > 1 || columnsIn(column).length === 0) ||
    new Set(columns).size < columns.length
  )
}

/** What a row of a table has to have to be put anywhere, each under one of the names where there are several; nothing: there is no such table. */
export type NeededOf = (table: string) => readonly (readonly string[])[]

/** Of the tables of platforms: the key and the state. */
export function neededIn(keys: readonly string[]): (readonly string[])[] {
  const others = keys.filter((name) => name !== 'YLJGYQDM').map((name) => [name])
  return [['YLJGYQDM', 'YLJGDM'], ...others, ['XGBZ', 'CXBZ']]
}

/** Whether values.csv says what the column means where nothing is sent. */
export const hasDefault = ({ values }: Pick<Dialect, 'values'>, table: string, column: string): boolean =>
  values.some((line) => line.sent === '' && line.column === column && (line.table === ANY || line.table === tableOf(table)))

/** Of the columns that a row has to have those that the file itself must bring. */
function requiredOf(dialect: Pick<Dialect, 'values'>, table: string, neededOf: NeededOf): (readonly string[])[] {
  return neededOf(tableOf(table)).filter((names) => !names.some((name) => hasDefault(dialect, table, name)))
}

/** Names of compound files are none of a table's. */
const compoundName = (file: string): string => `file:${file}`

/**
 * The layouts as the place writes them: a file of its own names for each that it names, and the others as they are. The columns keep the
 * order in which the place lists them, for files without a header.
 */
export function layoutsOf(
  dialect: Pick<Dialect, 'columns' | 'values' | 'kinds'>,
  layouts: readonly TableLayout[],
  neededOf: NeededOf,
): TableLayout[] {
  const own = [...filesOf(dialect.columns)].flatMap(([file, lines]): TableLayout[] => {
    if (isCompound(lines, kindsOf(dialect, file))) return [compoundLayout(dialect, file, lines, neededOf)]
    const [first] = lines as [DialectColumn]
    const layout = layouts.find(({ name }) => name === first.table)
    if (!layout) return []
    const aliases = { ...layout.aliases, ...Object.fromEntries(lines.map(({ column, means }) => [column.toUpperCase(), means])) }
    const order = lines.map(({ column }) => column.toUpperCase())
    // Of what the table demands beside that a place may have nothing; what comes of such a row its mappings say.
    const requiredEither = requiredOf(dialect, first.table, neededOf)
    return [{ ...layout, file: first.file, aliases, required: [], requiredEither, order }]
  })
  return [...own, ...layouts]
}

/** A file of columns under their own names, of which rows of tables are made behind it. */
function compoundLayout(
  dialect: Pick<Dialect, 'values' | 'kinds'>,
  file: string,
  lines: readonly DialectColumn[],
  neededOf: NeededOf,
): TableLayout {
  const kinds = kindsOf(dialect, file).map(({ column }) => column.toUpperCase())
  const columns = [...new Set([...lines.flatMap(({ column }) => columnsIn(column)), ...kinds])]
  const tables = [...new Set(lines.map(({ table }) => table))]
  const required = tables.flatMap((table) =>
    requiredOf(dialect, table, neededOf).flatMap((names) => {
      const line = lines.find((one) => one.table === table && names.includes(one.means))
      return line ? columnsIn(line.column) : []
    }),
  )
  return {
    name: compoundName(file),
    file: lines[0]?.file ?? file,
    columns,
    order: columns,
    required: [...new Set([...required, ...kinds])],
  }
}

interface DialectOptions {
  layouts: readonly TableLayout[]
  charset: string
  fileName?: string
  /** which columns hold dates, where their names do not say it */
  isDate?: (column: string) => boolean
  /** how the file is read, where it is no text */
  read?: typeof readTable
  /** what a row of a table has to have, where several of one table may stand in one */
  neededOf?: NeededOf
}

/** Rows with the place's codes and dates as the tables have them. */
export async function* readDialect(
  chunks: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  { read = readTable, isDate, neededOf = () => [], ...options }: DialectOptions,
): AsyncGenerator<TableEvent> {
  const { delimiter, header, quotes } = dialect
  const format = { ...(delimiter !== undefined && { delimiter }), ...(header && { header }), ...(quotes && { quotes }) }
  const values = Map.groupBy(dialect.values, ({ table }) => table)
  const forms = (dialect.dates ?? []).map(dateForm).filter((form): form is DateForm => form !== undefined)
  const split = splitterOf(dialect, neededOf, isDate)
  for await (const event of read(chunks, { ...options, ...format })) {
    if (event.kind !== 'row') {
      yield event
      continue
    }
    const rows = split(event.row)
    if (!Array.isArray(rows)) {
      yield { kind: 'bad', row: event.row.row, code: 'mapping-value-unknown', column: rows.unknown, raw: event.raw }
      continue
    }
    for (const row of rows) {
      const meant = withMeanings(row, [...(values.get(row.table) ?? []), ...(values.get(ANY) ?? [])])
      yield { ...event, row: { ...meant, values: withPlainDates(meant.values, forms, isDate) } }
    }
  }
}

/** One row of a table that a row of the file is. */
interface Part {
  /** as the place lists it, with its number */
  name: string
  table: string
  lines: readonly DialectColumn[]
  /** of a numbered one, columns of the file that say by themselves that it is there */
  own?: readonly string[]
}

const columnsOf = (lines: readonly DialectColumn[]): string[] => lines.flatMap(({ column }) => columnsIn(column))

function partsIn(lines: readonly DialectColumn[], neededOf: NeededOf): Part[] {
  return [...Map.groupBy(lines, ({ table }) => table)].map(([name, some]) => {
    const own = isNumbered(name) ? ownColumns(name, lines, neededOf) : undefined
    // Where nothing says it, it is there: a row without its key is told of, one that is passed over is not.
    return { name, table: tableOf(name), lines: some, ...(own && own.length > 0 && { own }) }
  })
}

/**
 * Columns that no other part has; and what of its key the others of its table have not, since the first diagnosis of a visit may be said in the row of
 * the visit as well.
 */
function ownColumns(name: string, lines: readonly DialectColumn[], neededOf: NeededOf): string[] {
  const table = tableOf(name)
  const needed = new Set(neededOf(table).flat())
  const [some, others] = [lines.filter((line) => line.table === name), lines.filter((line) => line.table !== name)]
  const without = (mine: readonly DialectColumn[], theirs: readonly DialectColumn[]): string[] => {
    const taken = new Set(columnsOf(theirs))
    return columnsOf(mine).filter((column) => !taken.has(column))
  }
  const siblings = others.filter((line) => tableOf(line.table) === table)
  const key = some.filter(({ means }) => needed.has(means))
  return [...without(some, others), ...(siblings.length > 0 ? without(key, siblings) : [])]
}

/** A row of a compound file as rows of its tables, in the order in which they are listed; any other as it is. */
function splitterOf(dialect: Dialect, neededOf: NeededOf, isDate = isDateColumn): (row: TableRow) => TableRow[] | { unknown: string } {
  const files = new Map(
    [...filesOf(dialect.columns)].map(([file, lines]) => [
      compoundName(file),
      { parts: partsIn(lines, neededOf), kinds: kindsOf(dialect, file) },
    ]),
  )
  // A report stands beside each of its results: said once, as long as its lines follow each other.
  const said = new Map<string, string>()
  return (row) => {
    const file = files.get(row.table)
    if (!file) return [row]
    const parts = partsOfRow(row, file.parts, file.kinds)
    if ('unknown' in parts) return parts
    const rows = parts.map(({ name, table, lines }, at) => {
      const values = valuesOf(row, lines, isDate)
      return { name, made: { table, row: row.row, values, unknownColumns: at === 0 ? row.unknownColumns : [] } }
    })
    const fresh = rows.filter(({ name, made: { values, unknownColumns } }) => {
      const text = JSON.stringify(values)
      const isSaid = said.get(name) === text && unknownColumns.length === 0
      said.set(name, text)
      return !isSaid
    })
    // A line that repeats the one before it as a whole is said again, so that each line of the file is told of.
    return (fresh.length > 0 ? fresh : rows.slice(-1)).map(({ made }) => made)
  }
}

/**
 * Of which tables a row is: of all that no kind is said of, and of those of its kind; one of no kind that is known could be of any. Of several rows
 * of one table those are there of which a column that is theirs (`own`) is filled.
 */
function partsOfRow({ values }: TableRow, parts: readonly Part[], kinds: readonly DialectKind[]): Part[] | { unknown: string } {
  const own = kinds.filter(({ column, sent }) => (values[column.toUpperCase()]?.trim() ?? '') === sent)
  if (own.length === 0 && kinds[0]) return { unknown: kinds[0].column.toUpperCase() }
  const has = (of: readonly DialectKind[], name: string): boolean => of.some(({ table }) => table === name)
  const fitting = parts.filter(({ table }) => !has(kinds, table) || has(own, table))
  const there = fitting.filter((part) => part.own?.some((column) => filled(values[column]) !== undefined) ?? true)
  // A line of which nothing would come is told of as what it cannot be.
  return there.length > 0 ? there : fitting.slice(0, 1)
}

/**
 * A number needs all of its parts; a day of which no time is said is a day. What stands in the others when one is missing is offered under the
 * joined name, which no table has, so that it is listed as unread.
 */
function valuesOf({ values }: TableRow, lines: readonly DialectColumn[], isDate: (column: string) => boolean): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { column, means, as = '' } of lines.filter((line) => line.as !== UNIT)) {
    const names = partsOf(column)
    const parts = names.map((part) => fixedIn(part) ?? filled(values[part]))
    const said = parts.slice(0, parts.includes(undefined) ? parts.indexOf(undefined) : parts.length)
    const isBegun = names.slice(0, said.length).some((name) => fixedIn(name) === undefined)
    const isWhole = said.length === parts.length || (isBegun && isDate(means))
    const text = readRange(parts, as) ?? (isWhole ? readAs(said.join(BETWEEN), as) : undefined)
    const left = isWhole ? [] : parts.filter((part, at) => part !== undefined && fixedIn(names[at] ?? '') === undefined)
    if (text !== undefined) found[means] = text
    else if (left.length > 0) found[names.join(JOINED)] = left.join(BETWEEN)
  }
  const unit = lines.find(({ as }) => as === UNIT)
  if (!unit) return found
  const parts = partsOf(unit.column).map((part) => fixedIn(part) ?? filled(values[part]))
  return withUnit(found, { own: parts.length > 1 ? parts[0] : undefined, result: parts.at(-1) })
}

/** A line of the table itself goes before one of all tables. */
function withMeanings(row: TableRow, lines: readonly DialectValue[]): TableRow {
  const values: Record<string, string> = { ...row.values }
  const done = new Set<string>()
  const given: string[] = []
  for (const { column, sent, means } of lines) {
    if (done.has(column) || (row.values[column]?.trim() ?? '') !== sent) continue
    values[column] = means
    done.add(column)
    if (sent === '') given.push(column)
  }
  return { ...row, values, ...(given.length > 0 && { given }) }
}
