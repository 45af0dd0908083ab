/**
 * How one place writes the tables: its names of files and columns, its codes of what decides a row, its separator. Made of the place's folder
 * (server/ingest/dialects.ts reads it); a new place is a folder, and no code.
 */
import type { TableLayout, TableRow } from '../../parsers/delimited.ts'
import { readTable, type TableEvent, type TableFormat } from '../../parsers/delimited.ts'
import { LAYOUTS } from './layouts.ts'

/** One line of columns.csv: this column of this file is that column of that table. */
export interface DialectColumn {
  file: string
  column: string
  table: string
  means: string
}

/** One line of values.csv: what is sent in a column of a table, and what it means; nothing sent is what an empty or absent column means. */
export interface DialectValue {
  table: string
  column: string
  sent: string
  means: string
}

export interface Dialect extends TableFormat {
  id: string
  columns: readonly DialectColumn[]
  values: readonly DialectValue[]
}

export interface DialectProblem {
  /** file of the folder, with its line where there is one */
  at: string
  zh: string
  en: string
}

const ANY = '*'

/** What is wrong with the names in it: a name that no table has would map nothing and say nothing. */
export function problemsOf({ columns, values }: Pick<Dialect, 'columns' | 'values'>): DialectProblem[] {
  const tables = new Map(LAYOUTS.map(({ name, columns: known }) => [name, new Set(known)]))
  const found: DialectProblem[] = []
  const check = (file: string, line: number, table: string, column: string): void => {
    const at = `${file}:${line}`
    const known = tables.get(table)
    if (table !== ANY && !known) found.push({ at, zh: `没有数据表 ${table}`, en: `there is no table ${table}` })
    else if (known && !known.has(column)) found.push({ at, zh: `${table} 没有列 ${column}`, en: `${table} has no column ${column}` })
  }
  for (const [at, { table, means }] of columns.entries()) check('columns.csv', at + 2, table, means)
  for (const [at, { table, column }] of values.entries()) check('values.csv', at + 2, table, column)
  const seen = new Map<string, number>()
  for (const [at, { file, column, table, means }] of columns.entries()) {
    for (const name of [`${file}.${column}`.toUpperCase(), `${file}>${table}.${means}`.toUpperCase()]) {
      const first = seen.get(name)
      if (first !== undefined) found.push({ at: `columns.csv:${at + 2}`, zh: `与第 ${first} 行重复`, en: `repeats line ${first}` })
      else seen.set(name, at + 2)
    }
  }
  return found
}

/**
 * The layouts as the place writes them: a file of its own names for each that it names, and the others as they are. The columns keep the
 * order in which the place lists them, for files without a header.
 */
export function layoutsOf({ columns }: Pick<Dialect, 'columns'>, layouts: readonly TableLayout[]): TableLayout[] {
  const files = Map.groupBy(columns, ({ file, table }) => `${file}\n${table}`)
  const own = [...files.values()].flatMap((lines): TableLayout[] => {
    const [first] = lines
    const layout = layouts.find(({ name }) => name === first?.table)
    if (!first || !layout) return []
    const aliases = Object.fromEntries(lines.map(({ column, means }) => [column.toUpperCase(), means]))
    // What the table demands the place may leave to values.csv; a row that then lacks it is quarantined by itself.
    return [
      { ...layout, file: first.file, aliases, required: [], requiredEither: [], order: lines.map(({ column }) => column.toUpperCase()) },
    ]
  })
  return [...own, ...layouts]
}

/** Rows with the place's codes as the tables have them. */
export async function* readDialect(
  chunks: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  options: { layouts: readonly TableLayout[]; charset: string; fileName?: string },
): AsyncGenerator<TableEvent> {
  const { delimiter, header, quotes } = dialect
  const format = { ...(delimiter !== undefined && { delimiter }), ...(header && { header }), ...(quotes && { quotes }) }
  const values = Map.groupBy(dialect.values, ({ table }) => table)
  for await (const event of readTable(chunks, { ...options, ...format })) {
    if (event.kind === 'row')
      yield { ...event, row: withMeanings(event.row, [...(values.get(event.row.table) ?? []), ...(values.get(ANY) ?? [])]) }
    else yield event
  }
}

/** A line of the table itself goes before one of all tables. */
function withMeanings(row: TableRow, lines: readonly DialectValue[]): TableRow {
  const values: Record<string, string> = { ...row.values }
  const done = new Set<string>()
  for (const { column, sent, means } of lines) {
    if (done.has(column) || (row.values[column]?.trim() ?? '') !== sent) continue
    values[column] = means
    done.add(column)
  }
  return { ...row, values }
}
