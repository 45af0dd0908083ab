/**
 * Delimited table files as RHIP platforms send them: by header name, charset and delimiter found from the file, one bad row
 * rejected alone with its raw bytes. Streams: memory is bounded by ROW_BYTES_MAX and JOIN_LINES_MAX, not by the file.
 */
import { type LineCharset, sniffTable } from './delimited-charset.ts'
import { type Line, readLines, ROW_BYTES_MAX } from './delimited-lines.ts'
import { splitFields } from './delimited-fields.ts'

/** A table that a platform sends; `columns` are the known ones, `required` those without which a file is refused. */
export interface TableLayout {
  name: string
  columns: readonly string[]
  required: readonly string[]
  /** of each group at least one must be there */
  requiredEither?: readonly (readonly string[])[]
  /** what a place calls the file, where it is not the table's name */
  file?: string
  /** what a place calls a column (upper case), to the layout's own name */
  aliases?: Readonly<Record<string, string>>
  /** columns of a file without a header, in order; else those of the layout */
  order?: readonly string[]
}

/** What files say of themselves, and what has to be said of those that do not. */
export interface TableFormat {
  /** found from the header when absent */
  delimiter?: string
  /** `none`: the first line is data, and the file's name says which table it is */
  header?: 'present' | 'none'
  /** `none`: a quotation mark is a character like any other */
  quotes?: 'present' | 'none'
}

/**
 * One data row by column name; a column without a value (empty or `-`) is left out. `row` counts the file's lines of data
 * from 1; the header is not counted.
 */
export interface TableRow {
  table: string
  row: number
  values: Readonly<Record<string, string>>
  /** columns of this file that the layout does not know, as `toldAs` tells them: said once, with the first row */
  unknownColumns: readonly string[]
  /** columns in which nothing was sent, and which the place's folder fills: nobody misses that they are read */
  given?: readonly string[]
}

export type TableEvent =
  | { kind: 'row'; row: TableRow; raw: Uint8Array }
  | { kind: 'bad'; row: number; code: TableProblem; column?: string; raw: Uint8Array }
  /** the whole file is refused; nothing follows */
  | { kind: 'refused'; code: TableProblem; column?: string }

export type TableProblem =
  | 'payload-archive'
  | 'payload-charset'
  | 'table-empty'
  | 'table-no-rows'
  | 'table-unknown'
  | 'table-column-missing'
  | 'table-column-repeated'
  | 'table-columns-count'
  | 'dbf-damaged'
  | 'table-rows-count'
  | 'table-row-charset'
  | 'table-row-flag'
  | 'table-row-fields'
  | 'table-row-newline'
  | 'table-row-quote'
  | 'table-row-too-long'
  | 'mapping-value-unknown'

export interface TableOptions extends TableFormat {
  layouts: readonly TableLayout[]
  /** `auto`, or a name that TextDecoder knows */
  charset: string
  /** decides between tables whose columns would all fit */
  fileName?: string
}

/** Columns of one table; RHIP's widest has about 120, the home page of an inpatient stay about 800. */
export const COLUMNS_MAX = 1024

/** The columns of a file as a layout knows them. */
export interface KnownColumns {
  layout: TableLayout
  /** the layout's columns in file order; undefined where the file's column is unknown */
  known: (string | undefined)[]
  /** emptied when they have been said with the first good row */
  unknown: readonly string[]
}

interface Header extends KnownColumns {
  delimiter: string
  names: string[]
  quotes: boolean
}

/**
 * Reads a file row by row. Every line of data comes out exactly once: as a row, in a bad row's raw bytes, or it is blank.
 * Formula cells (`=cmd|…`) are data like any other.
 */
export async function* readTable(chunks: AsyncIterable<Uint8Array>, options: TableOptions): AsyncGenerator<TableEvent> {
  const file = await sniffTable(chunks, options.charset)
  if (file.refused) {
    yield { kind: 'refused', code: file.refused }
    return
  }
  const lines = readLines(file.chunks, file.lineEnd)
  const first = await firstLine(lines, file.charset)
  const bare = options.header === 'none'
  const header: Header | Refusal = first ? (bare ? bareHeader : readHeader)(first, file.charset, options) : { refused: 'table-empty' }
  if ('refused' in header) {
    yield { kind: 'refused', code: header.refused, ...(header.column === undefined ? {} : { column: header.column }) }
    return
  }
  let any = false
  for await (const event of readRows(lines, header, file.charset, bare && first ? [first] : [])) {
    any = true
    yield event
  }
  // An export that failed behind its header looks like a day without visits, so it is said and not passed over.
  if (!any) yield { kind: 'refused', code: 'table-no-rows' }
}

/** The first line that is not blank; undefined when the file has none. */
async function firstLine(lines: AsyncGenerator<Line>, charset: LineCharset): Promise<Line | undefined> {
  for (;;) {
    const line = await nextLine(lines)
    if (!line || line.tooLong || !isBlank(charset.decode(line.bytes) ?? '?')) return line
  }
}

/** Lines that one row may run over by its quoted fields before the quote counts as an error of the first line alone. */
export const JOIN_LINES_MAX = 200

async function* readRows(
  lines: AsyncGenerator<Line>,
  header: Header,
  charset: LineCharset,
  read: readonly Line[],
): AsyncGenerator<TableEvent> {
  let row = 0
  let waiting: Line[] = [...read]
  for (;;) {
    const line = waiting.shift() ?? (await nextLine(lines))
    if (!line) return
    row++
    const outcome = readRow(line, header, charset, row)
    if (outcome !== 'open-quote') {
      if (outcome) yield outcome
      else row--
      continue
    }
    const joined = await closeQuote(line, lines, waiting, header, charset)
    waiting = joined.rest
    yield 'fields' in joined ? rowOf(joined.fields, header, row, joined.raw) : { kind: 'bad', row, code: joined.code, raw: joined.raw }
  }
}

async function nextLine(lines: AsyncGenerator<Line>): Promise<Line | undefined> {
  const next = await lines.next()
  return next.done ? undefined : next.value
}

/** A row, a bad row, undefined for a blank line, or `open-quote`: the line ends inside a quoted field. */
function readRow(line: Line, header: Header, charset: LineCharset, row: number): TableEvent | 'open-quote' | undefined {
  if (line.tooLong) return { kind: 'bad', row, code: 'table-row-too-long', raw: line.bytes }
  const text = charset.decode(line.bytes)
  if (text === undefined) return { kind: 'bad', row, code: 'table-row-charset', raw: line.bytes }
  if (isBlank(text)) return undefined
  const fields = header.quotes ? splitFields(text, header.delimiter) : text.split(header.delimiter)
  if (fields === 'open-quote') return fields
  if (fields === 'bad-quote') return { kind: 'bad', row, code: 'table-row-quote', raw: line.bytes }
  if (fields.length !== header.names.length) return { kind: 'bad', row, code: 'table-row-fields', raw: line.bytes }
  return rowOf(fields, header, row, line.bytes)
}

function rowOf(fields: readonly string[], header: Header, row: number, raw: Uint8Array): TableEvent {
  const values: Record<string, string> = {}
  for (let at = 0; at < fields.length; at++) {
    const name = header.known[at]
    const text = fields[at] as string
    // `-` is how these tables write "no value" in a NOT NULL column; leaving it out here keeps wide rows cheap.
    if (name !== undefined && text !== '' && text !== '-') values[name] = text
  }
  const unknownColumns = header.unknown
  header.unknown = []
  return { kind: 'row', row: { table: header.layout.name, row, values, unknownColumns }, raw }
}

/** DOS end-of-file marks stand alone on the last line of some exports. */
function isBlank(text: string): boolean {
  return text === '' || text === '\u001a' || text.trim() === ''
}

interface JoinedRow {
  fields: string[]
  raw: Uint8Array
  rest: Line[]
}

interface BrokenRow {
  code: TableProblem
  raw: Uint8Array
  rest: Line[]
}

/**
 * Quoted fields that run over line ends: when the quotes close within the bound and the whole is one row, it is that row. Where one of the further
 * lines would be a row by itself, nobody can say whether the quotes were meant as such: all of them are one bad row (`table-row-newline`). In any
 * other case only the first line is bad and the others are read on their own.
 */
async function closeQuote(
  first: Line,
  lines: AsyncGenerator<Line>,
  waiting: readonly Line[],
  header: Header,
  charset: LineCharset,
): Promise<JoinedRow | BrokenRow> {
  const rest = [...waiting]
  const parts = [first.bytes]
  const texts = [charset.decode(first.bytes) ?? '']
  let mayBeRows = false
  let passed = 0
  let bytes = first.bytes.length
  for (let taken = 0; taken < JOIN_LINES_MAX; taken++) {
    if (taken >= rest.length) {
      const line = await nextLine(lines)
      if (!line) break
      rest.push(line)
    }
    const line = rest[taken] as Line
    const more = line.tooLong ? undefined : charset.decode(line.bytes)
    bytes += line.bytes.length
    if (more === undefined || bytes > ROW_BYTES_MAX) break
    parts.push(line.bytes)
    texts.push(more)
    mayBeRows ||= isRow(more, header)
    // It begins within the quotes of the line before it: what they close is seen without reading all of that again.
    const inside = splitFields(`"${more}`, header.delimiter)
    if (inside === 'open-quote') {
      passed += fieldsPassed(more, header)
      // More fields than the row can have: the quotes are not what they seem, and further lines would not help.
      if (passed >= header.names.length) break
      continue
    }
    const fields = inside === 'bad-quote' ? inside : splitFields(texts.join('\n'), header.delimiter)
    if (!Array.isArray(fields) || fields.length !== header.names.length) break
    const joined = { raw: Buffer.concat(withNewlines(parts)), rest: rest.slice(taken + 1) }
    return mayBeRows ? { ...joined, code: 'table-row-newline' } : { ...joined, fields }
  }
  return { code: 'table-row-quote', raw: first.bytes, rest }
}

/** How many fields end in a line that begins and ends within quotes. */
function fieldsPassed(text: string, header: Header): number {
  const fields = text.includes('"') ? splitFields(`"${text}"`, header.delimiter) : []
  return Array.isArray(fields) ? Math.max(fields.length - 1, 0) : 0
}

function isRow(text: string, header: Header): boolean {
  const fields = splitFields(text, header.delimiter)
  return Array.isArray(fields) && fields.length === header.names.length
}

const NEWLINE = new Uint8Array([10])

function withNewlines(parts: readonly Uint8Array[]): Uint8Array[] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [NEWLINE, part]))
}

/** In place of a column, of a header that is one. */
const ALONE = '(1 column)'

const DELIMITERS = [',', '|', '\t', '^']

function readHeader(line: Line, charset: LineCharset, options: TableOptions): Header | Refusal {
  const text = !line.tooLong ? charset.decode(line.bytes) : undefined
  if (text === undefined) return { refused: 'table-unknown' }
  const quotes = options.quotes !== 'none'
  const attempts = (options.delimiter === undefined ? DELIMITERS : [options.delimiter]).flatMap((delimiter) => {
    const names = quotes ? splitFields(text, delimiter) : text.split(delimiter)
    return Array.isArray(names) ? [{ delimiter, names }] : []
  })
  const best = attempts.sort((a, b) => b.names.length - a.names.length)[0]
  if (!best || best.names.length > COLUMNS_MAX) return { refused: 'table-unknown' }
  const names = best.names.map((name) => name.trim().toUpperCase())
  const columns = columnsOf(names, options)
  // One column is a table with another separator more often than another table.
  if ('refused' in columns) return columns.refused === 'table-unknown' && names.length === 1 ? { ...columns, column: ALONE } : columns
  return { ...columns, delimiter: best.delimiter, names, quotes }
}

/** A file without a header: which table it is says its name, which columns there are says the layout. */
function bareHeader(line: Line, charset: LineCharset, options: TableOptions): Header | Refusal {
  const layout = namedBy(options.fileName ?? '', options.layouts)
  const text = line.tooLong ? undefined : charset.decode(line.bytes)
  if (!layout || text === undefined) return { refused: 'table-unknown' }
  const names = [...(layout.order ?? layout.columns)]
  const fits = (delimiter: string): boolean => text.split(delimiter).length === names.length
  const delimiter = options.delimiter ?? DELIMITERS.find(fits)
  if (delimiter === undefined) return { refused: 'table-columns-count', column: String(names.length) }
  return { layout, delimiter, names, known: names.map((name) => knownAs(layout, name)), unknown: [], quotes: options.quotes !== 'none' }
}

/** The layout's own name of a column of the file; undefined: it knows none. */
const knownAs = ({ aliases = {}, columns }: TableLayout, name: string): string | undefined =>
  Object.hasOwn(aliases, name) ? aliases[name] : columns.includes(name) ? name : undefined

/** The table that is named by the file: the longest name goes first, a place's own before the table's. */
function namedBy(fileName: string, layouts: readonly TableLayout[]): TableLayout | undefined {
  const file = fileName.toUpperCase()
  const named = layouts.filter(({ name, file: own = name }) => file.includes(own.toUpperCase()))
  return named.sort((a, b) => (b.file ?? b.name).length - (a.file ?? a.name).length)[0]
}

export interface Refusal {
  refused: TableProblem
  column?: string
}

/** Which table a file with these columns is. @param names in upper case */
export function columnsOf(names: readonly string[], options: Pick<TableOptions, 'layouts' | 'fileName'>): KnownColumns | Refusal {
  const present = new Set(names)
  const layout = recognise(present, options)
  if (!layout) return { refused: 'table-unknown' }
  const known = names.map((name) => knownAs(layout, name))
  const repeated = known.findIndex((name, at) => name !== undefined && known.indexOf(name) !== at)
  if (repeated >= 0) return { refused: 'table-column-repeated', column: names[repeated] as string }
  const missing = missingIn(layout, known)
  if (missing !== undefined) return { refused: 'table-column-missing', column: missing + guessed(layout, options) }
  return { layout, known, unknown: names.flatMap((name, at) => (known[at] === undefined ? [toldAs(name, at)] : [])) }
}

/** Of which table a column is missing, where the file's name does not say it: the file may be of none that is known. */
const guessed = (layout: TableLayout, { fileName = '', layouts }: Pick<TableOptions, 'layouts' | 'fileName'>): string =>
  namedBy(fileName, layouts) === layout ? '' : ` of ${layout.file ?? layout.name}`

/** Letters and digits as standards name their columns; no number of a person or of a visit */
const COLUMN_NAME = /^(?!.*\d{5})[A-Z][A-Z0-9_.]{0,63}$/

/** The name of a column, or its place from 1: where rows and header are mixed up, what stands there may be a name or a number of somebody. */
const toldAs = (name: string, at: number): string => (COLUMN_NAME.test(name) ? name : `column ${at + 1}`)

/**
 * The first column that the table must have and this file has not, as the place writes it; of a group its first name.
 * @param known the layout's own names of the file's columns
 */
function missingIn(
  { required, requiredEither = [], aliases = {} }: TableLayout,
  known: readonly (string | undefined)[],
): string | undefined {
  const missing =
    required.find((name) => !known.includes(name)) ?? requiredEither.find((names) => !names.some((name) => known.includes(name)))?.[0]
  return Object.keys(aliases).find((name) => aliases[name] === missing) ?? missing
}

/** The table named by the file, else the one that knows most of the columns (at least half of them). */
function recognise(present: ReadonlySet<string>, options: Pick<TableOptions, 'layouts' | 'fileName'>): TableLayout | undefined {
  const named = namedBy(options.fileName ?? '', options.layouts)
  const scores = options.layouts.map((layout) => {
    const known = [...present].map((name) => knownAs(layout, name))
    const hits = known.filter((name) => name !== undefined).length
    const complete = missingIn(layout, known) === undefined
    return { layout, score: complete ? hits : hits / 2, hits }
  })
  const best = scores.sort((a, b) => b.score - a.score)[0]
  if (named && scores.some((each) => each.layout === named && each.hits > 0)) return named
  return best && best.hits * 2 >= present.size ? best.layout : undefined
}
