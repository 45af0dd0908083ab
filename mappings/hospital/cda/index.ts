/** `hospital/cda`: the shared documents of WS/T 500 as CDA, one document in one body. */
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type { DecodeOptions, DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { collectBytes } from '../../parsers/charset.ts'
import { child, parseXml, XML_BOUNDS, type XmlElement } from '../../parsers/xml.ts'
import { dischargeRecord } from './c0049.ts'
import { type DocumentRow, runDocument } from './document.ts'
import { type CdaHeader, DOCUMENT_TYPES, isForeignCustodian, readHeader } from './header.ts'
import { patientIdentity } from './patient.ts'
import { CdaReader } from './reading.ts'
import { readSections } from './sections.ts'

interface CdaRecord {
  root: XmlElement
  bytes: Uint8Array
  misdeclared: boolean
}

type MapDocument = (record: RecordBuilder, document: Omit<DocumentRow, 'entries'>, statedAt: string) => void

/** Documents that say more than their text: a type is its file and one line here. */
const DOCUMENTS: Readonly<Record<string, MapDocument>> = { C0049: dischargeRecord }

/** Every other document is kept whole: Composition with its sections, and the original. */
const anyDocument: MapDocument = (record, document, statedAt) => runDocument(record, { ...document, entries: () => [] }, statedAt)

const DOCUMENT_CODE = /^C00(?:0[1-9]|[1-4]\d|5[0-3])$/

export const hospitalCda: SourceMapping = {
  id: 'hospital/cda',
  kind: 'hospital',
  mode: 'message',
  accepts: ['application/xml', 'text/xml', 'application/hl7-v3+xml', 'application/hl7-sda+xml'],
  decode,
  map,
}

async function* decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  const at = 'document'
  const reject = (code: string, raw?: Uint8Array): DecodeResult => ({
    ok: false,
    rejected: { recordType: 'ClinicalDocument', at, reason: { severity: 'error', code, at }, ...(raw && { raw }) },
  })
  const bytes = await collectBytes(chunks, XML_BOUNDS.bytesMax)
  if (!bytes) return yield reject('payload-too-large')
  const parsed = parseXml(bytes, options.charset)
  if (!parsed.ok) return yield reject(parsed.flaw, bytes)
  const { root, misdeclared } = parsed
  const type = child(root, 'code')?.attributes.code ?? ''
  if (root.name !== 'ClinicalDocument') return yield reject('payload-structure', bytes)
  const record: CdaRecord = { root, bytes, misdeclared }
  yield { ok: true, record, recordType: DOCUMENT_CODE.test(type) ? type : 'ClinicalDocument', at, raw: bytes }
}

function map(decoded: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const { root, bytes, misdeclared } = decoded as CdaRecord
  const reject = (code: string, field: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code, at: field } })
  const reader = new CdaReader(root)
  const header = readHeader(reader)
  const type = child(root, 'code')
  if (!DOCUMENT_CODE.test(header.type ?? '') || type?.attributes.codeSystem !== DOCUMENT_TYPES)
    return reject('payload-type-unsupported', 'code/@code')
  if (header.documentNo === undefined) return reject('mapping-required', 'id/@extension')
  if (isForeignCustodian(header, context)) return reject('mapping-organization', 'custodian')
  const stated = readDateTime(header.effectiveTime ?? '', context.timezone).value
  if (stated === undefined)
    return reject(header.effectiveTime === undefined ? 'mapping-required' : 'mapping-date-invalid', 'effectiveTime/@value')
  const deliveryId = [header.documentNo, header.version].filter((part) => part !== undefined).join('.')
  const record = new RecordBuilder(context, { recordType, deliveryId, at })
  record.patient = patientIdentity(header, context)
  if (misdeclared) record.issue({ severity: 'warning', code: 'payload-charset', at: 'xml declaration' })
  const mapDocument = DOCUMENTS[header.type ?? ''] ?? anyDocument
  mapDocument(record, documentOf(header, reader, bytes), instantOf(stated, context.timezone))
  for (const place of reader.damaged) record.issue({ severity: 'warning', code: 'mapping-character-unreadable', at: place })
  for (const place of reader.unread()) record.offerNamed(place)
  return settled(record.finish(), context)
}

function documentOf(header: CdaHeader, reader: CdaReader, bytes: Uint8Array): Omit<DocumentRow, 'entries'> {
  const { documentNo, type, title, templateId, effectiveTime, confidentiality, language, visitNo } = header
  const fields = {
    documentNo,
    type,
    title,
    templateId,
    effectiveTime,
    confidentiality,
    language,
    visitNo,
    custodianName: header.custodian.name,
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<
    Record<keyof typeof fields, string>
  >
  return { ...given, header, sections: readSections(reader), bytes }
}
