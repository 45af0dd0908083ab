/**
 * `hospital/documents`: PDF and scanned documents (JPEG, PNG, TIFF) with a small index, in one ZIP archive. The original is kept byte by byte; what it
 * is, whose and of which visit, the index says. What the index does not name, and what it names and is not there, goes to quarantine by itself.
 */
import { BEFORE_ALL } from '../../engine/mention.ts'
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type { DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import type { Dialect } from '../../rhip/tables/dialect.ts'
import { decodeDocuments, filesIn, INDEX_BYTES_MAX, INDEX_FILE } from './archive.ts'
import { documentNoOf, fillDocument } from './document.ts'
import { TABLE } from './layout.ts'
import type { DocumentRecord } from './row.ts'

const NO_DIALECT: Dialect = { id: '', columns: [], values: [] }

const documentsOf = (id: string, dialect: Dialect): SourceMapping => ({
  id,
  kind: 'hospital',
  mode: 'table',
  accepts: ['application/zip'],
  decode: refuseAlone,
  decodeArchive: (open, options) => decodeDocuments(open, options, dialect),
  together: {
    index: INDEX_FILE,
    indexBytesMax: INDEX_BYTES_MAX,
    archive: /\.zip$/i,
    files: (bytes, charset) => filesIn(bytes, charset, dialect),
  },
  map,
})

export const hospitalDocuments: SourceMapping = documentsOf('hospital/documents', NO_DIALECT)

/** The same with an index as one hospital writes it. */
export function hospitalDocumentsIn(dialect: Dialect): SourceMapping {
  const own = {
    ...dialect,
    columns: dialect.columns.filter(({ table }) => table === TABLE),
    values: dialect.values.filter(({ table }) => table === TABLE || table === '*'),
  }
  return documentsOf(`${hospitalDocuments.id}/${dialect.id}`, own)
}

/** A document without an index is nobody's. */
async function* refuseAlone(): AsyncGenerator<DecodeResult> {
  const at = 'file'
  yield { ok: false, rejected: { recordType: 'file', at, reason: { severity: 'error', code: 'document-index-missing', at } } }
}

function map(document: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const { values, unknownColumns } = document as DocumentRecord
  const reject = (column: string, code = 'mapping-required'): RejectedRecord => ({
    recordType,
    at,
    reason: { severity: 'error', code, at: `${column} ${at}` },
  })
  const documentNo = documentNoOf(values)
  if (documentNo === undefined) return reject('WSBH')
  const state = filled(values.XGBZ) ?? '1'
  if (state !== '1' && state !== '2') return reject('XGBZ')
  if (['BAH', 'SFZH', 'JZLSH'].every((column) => filled(values[column]) === undefined)) return reject('BAH')
  const statedAt = statedTime(values, context)
  if (statedAt === undefined) return reject('YWSCSJ', 'mapping-date-invalid')
  const record = new RecordBuilder(context, { recordType, deliveryId: [TABLE, documentNo].join('|'), at })
  record.offer(values)
  fillDocument(record, document as DocumentRecord, documentNo, statedAt)
  for (const column of unknownColumns) record.issue({ severity: 'information', code: 'table-column-unknown', at: `header ${column}` })
  return settled(record.finish(), context)
}

/** When the row was written, else the document; without either the one that came last counts. undefined: it says no time. */
function statedTime({ YWSCSJ, WSSJ }: DocumentRecord['values'], context: MappingContext): string | undefined {
  const written = filled(YWSCSJ)
  const text = written ?? filled(WSSJ)
  if (text === undefined) return BEFORE_ALL
  const { value } = readDateTime(text, context.timezone)
  if (value !== undefined) return instantOf(value, context.timezone)
  return written === undefined ? BEFORE_ALL : undefined
}
