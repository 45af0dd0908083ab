/** `rhip/de-xml`: XML whose elements are named by data-element codes (formats.md C2), one record per DOC. */
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type {
  DecodeOptions,
  DecodeResult,
  MappedRecord,
  MappingContext,
  PatientIdentity,
  RejectedRecord,
  SourceMapping,
} from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDate, readDateTime } from '../../engine/values/date.ts'
import { collectBytes } from '../../parsers/charset.ts'
import { parseXmlInTurns, XML_BOUNDS, type XmlElement } from '../../parsers/xml.ts'
import {
  documentPatient,
  documentReport,
  documentResult,
  type DocumentRow,
  documentSpecimen,
  type ItemRow,
  legalType,
} from './lab-document.ts'

export const rhipDeXml: SourceMapping = {
  id: 'rhip/de-xml',
  kind: 'rhip',
  mode: 'message',
  accepts: ['application/xml', 'text/xml', 'application/zip'],
  archive: /\.xml$/i,
  decode,
  map,
}

const SUPPORTED = 'HSDC02.01'

async function* decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  const bytes = await collectBytes(chunks, XML_BOUNDS.bytesMax)
  const at = 'document 1'
  // Of several documents none has bytes of its own: those of all would be kept with each that is wrong.
  let isWhole = true
  const refused = (code: string, where = at, recordType = 'document'): DecodeResult => {
    const rejected: RejectedRecord = {
      recordType,
      at: where,
      reason: { severity: 'error', code, at: where },
      ...(bytes && isWhole && { raw: bytes }),
    }
    return { ok: false, rejected }
  }
  if (!bytes) return yield refused('payload-too-large')
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return yield refused('payload-archive')
  const parsed = await parseXmlInTurns(bytes, options.charset)
  if (!parsed.ok) return yield refused(parsed.flaw)
  const { root } = parsed
  const documents = root.name === 'DOC' ? [root] : root.children.filter((child) => child.name === 'DOC')
  if (documents.length === 0) return yield refused('payload-structure')
  isWhole = documents.length === 1
  for (const [index, document] of documents.entries()) {
    const where = `document ${index + 1}`
    const type = document.attributes.type ?? ''
    if (type !== SUPPORTED) yield refused('payload-type-unsupported', where)
    else yield { ok: true, record: document, recordType: type, at: where, ...(isWhole && { raw: bytes }) }
  }
}

/** Elements of one level as fields; of an element that comes twice the first counts, and the other is said to be unread. */
function fieldsOf(element: XmlElement): { fields: Record<string, string>; repeated: string[] } {
  const fields: Record<string, string> = {}
  const repeated: string[] = []
  for (const child of element.children) {
    if (child.name === 'ITEM') continue
    if (Object.hasOwn(fields, child.name)) repeated.push(child.name)
    else if (child.children.length === 0) fields[child.name] = child.text
  }
  return { fields, repeated }
}

function map(decoded: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const document = decoded as XmlElement
  const reject = (field: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code: 'mapping-required', at: field } })
  const { fields, repeated } = fieldsOf(document)
  const row: DocumentRow = { ...fields, results: [] }
  const reportNo = filled(row['DE01.00.018.00'])
  const institution = filled(row['DE08.10.052.00'])
  if (reportNo === undefined) return reject('DE01.00.018.00')
  if (institution === undefined) return reject('DE08.10.052.00')
  const statedAt = sampledAt(row, context)
  if (statedAt === undefined) return reject('DE04.50.137.00')
  const record = new RecordBuilder(context, { recordType, deliveryId: `${recordType}|${institution}|${reportNo}`, at })
  record.patient = identityOf(row, context)
  record.noteRead('DE08.10.052.00')
  for (const field of repeated) record.issue({ severity: 'warning', code: 'mapping-conflict', at: field })
  const items = document.children.filter((child) => child.name === 'ITEM')
  for (const [index, item] of items.entries()) {
    const shared = {
      'DE01.00.018.00': reportNo,
      'DE08.10.052.00': institution,
      ...pick(row, 'DE01.00.014.00'),
      ...pick(row, 'DE04.50.137.00'),
    }
    const own = fieldsOf(item).fields
    const naming = (field: string): string => (Object.hasOwn(own, field) ? `ITEM[${index}].${field}` : field)
    const key = record.run(documentResult, { ...shared, ...own } as ItemRow, { statedAt, at: naming })
    if (key && key !== 'patient') row.results.push(key)
  }
  record.run(documentPatient, row, { statedAt })
  record.run(documentReport, row, { statedAt })
  record.run(documentSpecimen, row, { statedAt })
  return settled(record.finish(), context)
}

const pick = (row: DocumentRow, field: 'DE01.00.014.00' | 'DE04.50.137.00'): Partial<DocumentRow> => {
  const value = filled(row[field])
  return value === undefined ? {} : { [field]: value }
}

/** The only time in the data set is that of the sampling. */
function sampledAt(row: DocumentRow, context: MappingContext): string | undefined {
  const sent = filled(row['DE04.50.137.00'])
  const value = sent === undefined ? undefined : readDateTime(sent, context.timezone).value
  return value === undefined ? undefined : instantOf(value, context.timezone)
}

/** Visit and report numbers are unique within a hospital, so they carry it, as in the tables. */
function identityOf(row: DocumentRow, context: MappingContext): PatientIdentity {
  const scope = context.organization(filled(row['DE08.10.052.00']))
  const weak = (kind: 'VISIT' | 'REPORT', number: string | undefined) =>
    number === undefined ? [] : [{ kind, value: `${scope}|${number}`, strong: false }]
  const number = filled(row['DE02.01.030.00'])
  const type = number === undefined ? undefined : legalType(row)
  const name = filled(row['DE02.01.039.00'])
  const birthDate = readDate(filled(row['DE02.01.005.01']) ?? '').value
  const gender = context.translate('gb2261-1', filled(row['DE02.01.040.00']) ?? '')?.code
  return {
    local: [...weak('VISIT', filled(row['DE01.00.014.00'])), ...weak('REPORT', filled(row['DE01.00.018.00']))],
    ...(number !== undefined && type !== undefined && { legal: { type, number } }),
    ...(name !== undefined && { name }),
    ...(birthDate !== undefined && { birthDate }),
    ...(gender !== undefined && { gender }),
  }
}
