/**
 * DBF files (dBase III PLUS; the same in dBase IV and Visual FoxPro as far as their columns are of the types below) to rows, one by one: memory
 * is bounded by what the charset is found from. Contents of memos stand in another file, so that a column of memos is one that nobody knows.
 */
import { ByteReader } from './byte-reader.ts'
import { columnsOf, type KnownColumns, type Refusal, type TableEvent, type TableOptions } from './delimited.ts'
import { LineCharset, SNIFF_BYTES } from './delimited-charset.ts'
import { readValue, type DbfColumn, TYPES } from './dbf-values.ts'

const HEADER_BYTES = 32
const COLUMN_BYTES = 32
/** of Visual FoxPro behind the columns */
const BACKLINK_BYTES = 263
const COLUMNS_END = 0x0d
const FILE_END = 0x1a
const STANDS = 0x20
const DELETED = 0x2a
const COLUMNS_MAX = 1024
/** dBase III without and with memos, IV with memos, FoxPro with memos, Visual FoxPro. */
const VERSIONS = new Set([0x03, 0x83, 0x8b, 0xf5, 0x30, 0x31, 0x32])

/** Language drivers (byte 29): code page 936 of DOS and of Windows. */
const GBK_DRIVERS = new Set([0x4d, 0x7a])
/** Code page 950, which nobody here can read, and the Korean and Japanese ones. */
const FOREIGN_DRIVERS = new Set([0x4e, 0x4f, 0x50, 0x78, 0x79, 0x7b, 0x7c])

/** Whether bytes begin as a DBF does: no text has these control characters in these places. */
export function isDbf(head: Uint8Array): boolean {
  if (head.length < HEADER_BYTES || !VERSIONS.has(head[0] as number)) return false
  const [month, day] = [head[2] as number, head[3] as number]
  const length = (head[8] as number) + (head[9] as number) * 256
  return month <= 12 && day <= 31 && length > HEADER_BYTES && head[12] === 0 && head[13] === 0
}

interface DbfHeader {
  rows: number
  driver: number
  recordBytes: number
  columns: DbfColumn[]
  names: Uint8Array[]
}

export async function* readDbf(chunks: AsyncIterable<Uint8Array>, options: TableOptions): AsyncGenerator<TableEvent> {
  const bytes = new ByteReader(chunks)
  const header = await readHeader(bytes)
  if (!header) return yield { kind: 'refused', code: 'dbf-damaged' }
  const first = await firstRecords(bytes, header)
  const charset = FOREIGN_DRIVERS.has(header.driver) ? undefined : charsetOf(header, first, options.charset)
  if (!charset) return yield { kind: 'refused', code: 'payload-charset' }
  const names = header.names.map((name) => charset.decode(name)?.toUpperCase() ?? '')
  const found = columnsOf(names, options)
  if ('refused' in found) return yield refusedBy(found)
  const columns = withoutMemos(found, header.columns, names)
  yield* readRows(bytes, first, header, { columns, charset })
}

const refusedBy = ({ refused, column }: Refusal): TableEvent => ({
  kind: 'refused',
  code: refused,
  ...(column !== undefined && { column }),
})

/** undefined: it is no DBF, or its numbers contradict each other. */
async function readHeader(bytes: ByteReader): Promise<DbfHeader | undefined> {
  const fixed = await bytes.take(HEADER_BYTES)
  if (!fixed || !isDbf(fixed)) return undefined
  const [rows, length, recordBytes, driver] = [fixed.readUInt32LE(4), fixed.readUInt16LE(8), fixed.readUInt16LE(10), fixed[29] as number]
  const rest = await bytes.take(length - HEADER_BYTES)
  if (!rest) return undefined
  const columns: DbfColumn[] = []
  const names: Uint8Array[] = []
  let at = 0
  let offset = 1
  while (at < rest.length && rest[at] !== COLUMNS_END) {
    if (at + COLUMN_BYTES > rest.length || columns.length === COLUMNS_MAX) return undefined
    const column = rest.subarray(at, at + COLUMN_BYTES)
    const type = String.fromCharCode(column[11] as number)
    // Texts of more than 254 bytes have the rest of their length where others have the number of decimals.
    const size = (column[16] as number) + (type === 'C' ? (column[17] as number) * 256 : 0)
    const end = column.indexOf(0)
    names.push(Uint8Array.from(column.subarray(0, end < 0 || end > 11 ? 11 : end)))
    columns.push({ type, offset, size })
    offset += size
    at += COLUMN_BYTES
  }
  const behind = rest.length - at
  const isWhole = columns.length > 0 && offset === recordBytes && (behind === 1 || behind === 2 || behind === 1 + BACKLINK_BYTES)
  return isWhole ? { rows, driver, recordBytes, columns, names } : undefined
}

/** Records from which the charset is found. */
async function firstRecords(bytes: ByteReader, { rows, recordBytes }: DbfHeader): Promise<Uint8Array[]> {
  const records: Uint8Array[] = []
  for (let size = 0; records.length < rows && size < SNIFF_BYTES; size += recordBytes) {
    const record = await bytes.take(recordBytes)
    if (!record) break
    records.push(Uint8Array.from(record))
  }
  return records
}

/** What is registered for the source goes first, then the file's own language driver, then what its texts are. */
function charsetOf(header: DbfHeader, records: readonly Uint8Array[], declared: string): LineCharset | undefined {
  const name = declared.trim().toLowerCase()
  if (name !== '' && name !== 'auto') return LineCharset.named(name)
  if (GBK_DRIVERS.has(header.driver)) return new LineCharset('gb18030')
  return new LineCharset(vote(header, records))
}

/** Western drivers are what programs write that know of none: the records with characters beyond ASCII vote. */
function vote({ columns }: DbfHeader, records: readonly Uint8Array[]): 'utf-8' | 'gb18030' | 'undecided' {
  const utf8 = new LineCharset('utf-8')
  let [asUtf8, other] = [0, 0]
  for (const record of records) {
    const texts = columns
      .filter(({ type }) => type === 'C')
      .map(({ offset, size }) => record.subarray(offset, offset + size))
      .filter((text) => text.some((byte) => byte >= 0x80))
    if (texts.length === 0) continue
    if (texts.every((text) => utf8.decode(text) !== undefined)) asUtf8++
    else other++
  }
  if (asUtf8 === 0 && other === 0) return 'undecided'
  return asUtf8 >= other ? 'utf-8' : 'gb18030'
}

/** A column whose content is elsewhere, or of a type that is not read, is told as one that nobody knows. */
function withoutMemos({ layout, known, unknown }: KnownColumns, columns: readonly DbfColumn[], names: readonly string[]): KnownColumns {
  const isRead = (at: number): boolean => TYPES.has(columns[at]?.type ?? '')
  const more = names.filter((_, at) => known[at] !== undefined && !isRead(at))
  return { layout, known: known.map((name, at) => (isRead(at) ? name : undefined)), unknown: [...unknown, ...more] }
}

interface Reading {
  columns: KnownColumns
  charset: LineCharset
}

async function* readRows(bytes: ByteReader, first: readonly Uint8Array[], header: DbfHeader, reading: Reading): AsyncGenerator<TableEvent> {
  let any = false
  let row = 0
  for (; row < header.rows; row++) {
    const record = first[row] ?? (await bytes.take(header.recordBytes))
    if (!record) break
    const event = readRow(Uint8Array.from(record), row + 1, header, reading)
    if (!event) continue
    any = true
    yield event
  }
  // The header counts the rows: fewer were cut off, and what stands behind them was deleted or never counted.
  const more = row < header.rows ? 1 : await bytesBehind(bytes)
  if (more > 0) yield { kind: 'refused', code: 'table-rows-count' }
  else if (!any) yield { kind: 'refused', code: 'table-no-rows' }
}

/** Bytes behind the mark of the file's end. */
async function bytesBehind(bytes: ByteReader): Promise<number> {
  const rest = await bytes.some()
  if (!rest) return 0
  return rest[0] === FILE_END ? 0 : rest.length
}

/** undefined: it was deleted. `row` counts all records, as the programs do that show such files. */
function readRow(record: Uint8Array, row: number, header: DbfHeader, { columns, charset }: Reading): TableEvent | undefined {
  if (record[0] === DELETED) return undefined
  if (record[0] !== STANDS) return { kind: 'bad', row, code: 'table-row-flag', raw: record }
  const values: Record<string, string> = {}
  for (const [at, column] of header.columns.entries()) {
    const name = columns.known[at]
    if (name === undefined) continue
    const text = readValue(column, record, charset)
    if (text === undefined) return { kind: 'bad', row, code: 'table-row-charset', raw: record }
    if (text !== '' && text !== '-') values[name] = text
  }
  const unknownColumns = columns.unknown
  columns.unknown = []
  return { kind: 'row', row: { table: columns.layout.name, row, values, unknownColumns }, raw: record }
}
