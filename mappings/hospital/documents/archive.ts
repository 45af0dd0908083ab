/**
 * An archive of documents with their index, to a record for each row of it. The archive is read twice, from front to back: for the index and the names,
 * then for the documents, of which one is in memory at a time.
 */
import type { DecodeOptions, DecodeResult } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { FILE_BYTES_MAX, fileKind } from '../../engine/values/file-kind.ts'
import { collectBytes } from '../../parsers/charset.ts'
import type { TableRow } from '../../parsers/delimited.ts'
import { readZip } from '../../parsers/zip.ts'
import { type Dialect, layoutsOf, readDialect } from '../../rhip/tables/dialect.ts'
import { decoded } from '../../rhip/tables/index.ts'
import { isDigestOf } from './digest.ts'
import { documentNoOf, isWithdrawn } from './document.ts'
import { INDEX, neededOf, TABLE } from './layout.ts'
import type { DocumentRecord } from './row.ts'

/** The index itself: the one table of the archive. */
export const INDEX_FILE = /\.(?:csv|txt|tsv)$/i
export const INDEX_BYTES_MAX = 4 * 1024 * 1024
/** of a file that no row lists */
const SHOWN_BYTES_MAX = 1024 * 1024

type Good = Extract<DecodeResult, { ok: true }>

/** A row of the index under the name of the file that it lists. */
interface Listed {
  row: Good
  values: TableRow['values']
  unknownColumns: readonly string[]
}

export async function* decodeDocuments(
  open: () => AsyncIterable<Uint8Array>,
  options: DecodeOptions,
  dialect: Dialect,
): AsyncGenerator<DecodeResult> {
  const indexes: string[] = []
  const names = new Set<string>()
  /** of two files whose names are one (in characters composed otherwise) nobody knows which is meant */
  const twins = new Set<string>()
  for await (const { name } of readZip(open())) {
    const key = nameKey(name)
    if (names.has(key)) twins.add(key)
    names.add(key)
    if (INDEX_FILE.test(name)) indexes.push(name)
  }
  const [index] = indexes
  if (index === undefined || indexes.length > 1) return yield refused('document-index-missing', 'archive')
  const { listed, wrong } = await readIndex(open, index, options, dialect)
  yield* wrong
  const found = new Set<string>()
  let place = 0
  for await (const { name, chunks } of readZip(open())) {
    place++
    if (name === index) continue
    const one = twins.has(nameKey(name)) ? undefined : listed.get(nameKey(name))
    // A small one is shown with its reason; a larger one is in the archive alone. Hospitals name files after patients: it is told by its place.
    if (!one) yield refused('document-not-listed', `file ${place}`, await collectBytes(chunks, SHOWN_BYTES_MAX))
    else {
      found.add(nameKey(name))
      yield await withFile(one, name, chunks)
    }
  }
  for (const [name, one] of listed) {
    if (found.has(name)) continue
    if (isWithdrawn(one.values)) yield recordOf(one)
    else yield refusedRow(one, 'document-file-missing')
  }
}

function refused(code: string, at: string, raw?: Uint8Array): DecodeResult {
  return { ok: false, rejected: { recordType: 'file', at, reason: { severity: 'error', code, at }, ...(raw && { raw }) } }
}

function refusedRow({ row }: Pick<Listed, 'row'>, code: string): DecodeResult {
  const { at, raw } = row
  return { ok: false, rejected: { recordType: TABLE, at, reason: { severity: 'error', code, at }, ...(raw && { raw }) } }
}

const recordOf = ({ row, values, unknownColumns }: Listed, file?: DocumentRecord['file']): DecodeResult => ({
  ...row,
  record: { values, unknownColumns, ...(file && { file }) } satisfies DocumentRecord,
  ...(file && { weight: file.data.length }),
})

/** As names are compared: whatever system wrote them. */
const nameKey = (name: string): string => name.normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, '').toLowerCase()

interface Index {
  /** by the name of the file, in the order of the index */
  listed: Map<string, Listed>
  /** rows that cannot be read, or contradict each other */
  wrong: DecodeResult[]
}

async function readIndex(open: () => AsyncIterable<Uint8Array>, index: string, options: DecodeOptions, dialect: Dialect): Promise<Index> {
  const wrong: DecodeResult[] = []
  const rows: Listed[] = []
  const folder = index.slice(0, index.lastIndexOf('/') + 1)
  const bytes = await bytesOf(open, index)
  if (!bytes) return { listed: new Map(), wrong: [refused('payload-too-large', index)] }
  for await (const one of rowsOf(bytes, options, dialect)) {
    const at = `${index} ${one.ok ? one.at : one.rejected.at}`
    if (!one.ok) wrong.push({ ok: false, rejected: { ...one.rejected, at, reason: { ...one.rejected.reason, at } } })
    else {
      const { values, unknownColumns } = one.record as TableRow
      rows.push({ row: { ...one, at }, values, unknownColumns })
    }
  }
  const byName = Map.groupBy(rows, ({ values }) => nameKey(folder + (filled(values.WJM) ?? '')))
  const byNumber = Map.groupBy(rows, ({ values }) => documentNoOf(values) ?? '')
  const listed = new Map<string, Listed>()
  for (const one of rows) {
    const name = nameKey(folder + (filled(one.values.WJM) ?? ''))
    const number = documentNoOf(one.values)
    if (name === nameKey(folder) || number === undefined) wrong.push(refusedRow(one, 'mapping-required'))
    else if ((byName.get(name)?.length ?? 0) > 1 || (byNumber.get(number)?.length ?? 0) > 1)
      wrong.push(refusedRow(one, 'document-listed-twice'))
    else listed.set(name, one)
  }
  return { listed, wrong }
}

async function bytesOf(open: () => AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array | undefined> {
  for await (const entry of readZip(open())) if (entry.name === name) return collectBytes(entry.chunks, INDEX_BYTES_MAX)
  return undefined
}

/** Rows of an index, as a table of the folder's own names. */
function rowsOf(bytes: Uint8Array, { charset }: DecodeOptions, dialect: Dialect): AsyncGenerator<DecodeResult> {
  const layouts = layoutsOf(dialect, [INDEX], neededOf)
  // One table, whatever its file is called.
  const named = { layouts, charset, fileName: dialect.columns[0]?.file ?? TABLE }
  return decoded(readDialect(whole(bytes), dialect, { ...named, isDate: (column) => column === 'WSSJ' || column === 'YWSCSJ' }))
}

/** Names of the files that the rows list, as far as they can be read. */
export async function filesIn(bytes: Uint8Array, charset: string, dialect: Dialect): Promise<string[]> {
  const names: string[] = []
  for await (const one of rowsOf(bytes, { charset }, dialect)) {
    const name = one.ok ? filled((one.record as TableRow).values.WJM) : undefined
    if (name !== undefined) names.push(name)
  }
  return names
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The file as its row says it is, or why it is not taken. One that is taken back is void whatever came with it. */
async function withFile(one: Listed, name: string, chunks: AsyncIterable<Uint8Array>): Promise<DecodeResult> {
  if (isWithdrawn(one.values)) return recordOf(one)
  const bytes = await collectBytes(chunks, FILE_BYTES_MAX)
  if (!bytes) return refusedRow(one, 'payload-too-large')
  const digest = filled(one.values.ZYZ)
  if (digest !== undefined && !isDigestOf(digest, bytes)) return refusedRow(one, 'document-hash')
  const contentType = fileKind(name, bytes)
  if (contentType === undefined) return refusedRow(one, 'document-kind')
  return recordOf(one, { contentType, data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') })
}
