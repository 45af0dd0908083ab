/** `hospital/cda`: the shared documents of WS/T 500 as CDA, one document in one body or many in a ZIP archive. */
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type { DecodeOptions, DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { collectBytes } from '../../parsers/charset.ts'
import { child, parseXmlInTurns, XML_BOUNDS, type XmlElement } from '../../parsers/xml.ts'
import { allergies } from './allergy.ts'
import { bills } from './bill.ts'
import { consentKey, consents } from './consent.ts'
import { diagnoses } from './diagnosis.ts'
import { type DocumentRow, runDocument, runPeople } from './document.ts'
import { DOCUMENTS, type DocumentKind } from './documents.ts'
import { drugs } from './drugs.ts'
import { Facts, factsOf } from './facts.ts'
import { findings } from './findings.ts'
import { type CdaHeader, DOCUMENT_TYPES, isForeignCustodian, readHeader } from './header.ts'
import { operations } from './operations.ts'
import { type OwnCodes, standardiser } from './own-codes.ts'
import { orders } from './orders.ts'
import { patientIdentity } from './patient.ts'
import { CdaReader } from './reading.ts'
import { reports } from './reports.ts'
import { allSections, readSections } from './sections.ts'
import { signatures } from './signatures.ts'
import { mentionVisit, visits } from './visit.ts'
import { vitals } from './vitals.ts'
import { flat } from './statement.ts'

export interface CdaRecord {
  root: XmlElement
  bytes: Uint8Array
  misdeclared: boolean
}

export const CDA_CONTENT_TYPES = ['application/xml', 'text/xml', 'application/hl7-v3+xml', 'application/hl7-sda+xml', 'application/zip']
export const CDA_FILES = /\.(?:xml|cda)$/i

export const hospitalCda: SourceMapping = {
  id: 'hospital/cda',
  kind: 'hospital',
  mode: 'message',
  accepts: CDA_CONTENT_TYPES,
  archive: CDA_FILES,
  decode: (chunks, options) => decodeCda(chunks, options),
  map: (decoded, recordType, at, context) => mapCda(decoded as CdaRecord, recordType, at, context),
}

/** The same documents as one hospital writes them. */
export function hospitalCdaIn(own: OwnCodes): SourceMapping {
  const asStandard = standardiser(own)
  return { ...hospitalCda, id: `${hospitalCda.id}/${own.id}`, decode: (chunks, options) => decodeCda(chunks, options, asStandard) }
}

/** @param asStandard the document with the national identifiers, of one that has others */
export async function* decodeCda(
  chunks: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
  asStandard: (root: XmlElement) => XmlElement = (root) => root,
): AsyncGenerator<DecodeResult> {
  const at = 'document'
  const reject = (code: string, raw?: Uint8Array): DecodeResult => ({
    ok: false,
    rejected: { recordType: 'ClinicalDocument', at, reason: { severity: 'error', code, at }, ...(raw && { raw }) },
  })
  const bytes = await collectBytes(chunks, XML_BOUNDS.bytesMax)
  if (!bytes) return yield reject('payload-too-large')
  const parsed = await parseXmlInTurns(bytes, options.charset)
  if (!parsed.ok) return yield reject(parsed.flaw, bytes)
  const { misdeclared, weight } = parsed
  const root = asStandard(parsed.root)
  const type = child(root, 'code')?.attributes.code ?? ''
  if (root.name !== 'ClinicalDocument') return yield reject('payload-structure', bytes)
  const record: CdaRecord = { root, bytes, misdeclared }
  yield { ok: true, record, recordType: Object.hasOwn(DOCUMENTS, type) ? type : 'ClinicalDocument', at, raw: bytes, weight }
}

export function mapCda(
  { root, bytes, misdeclared }: CdaRecord,
  recordType: string,
  at: string,
  context: MappingContext,
): MappedRecord | RejectedRecord {
  const reject = (code: string, field: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code, at: field } })
  const reader = new CdaReader(root)
  const header = readHeader(reader)
  const kind = Object.hasOwn(DOCUMENTS, header.type ?? '') ? DOCUMENTS[header.type ?? ''] : undefined
  if (kind === undefined || child(root, 'code')?.attributes.codeSystem !== DOCUMENT_TYPES)
    return reject('payload-type-unsupported', 'code/@code')
  if (header.documentNo === undefined) return reject('mapping-required', 'id/@extension')
  if (isForeignCustodian(header, context)) return reject('mapping-organization', 'custodian')
  const stated = readDateTime(header.effectiveTime ?? '', context.timezone).value
  if (stated === undefined)
    return reject(header.effectiveTime === undefined ? 'mapping-required' : 'mapping-date-invalid', 'effectiveTime/@value')
  const deliveryId = [header.documentNo, header.version].filter((part) => part !== undefined).join('.')
  const record = new RecordBuilder(context, { recordType, deliveryId, at })
  const document = documentOf(header, reader, bytes)
  record.patient = patientIdentity({ ...header, ...(document.visitNo !== undefined && { visitNo: document.visitNo }) }, context)
  if (misdeclared) record.issue({ severity: 'warning', code: 'payload-charset', at: 'xml declaration' })
  const statedAt = instantOf(stated, context.timezone)
  runFacts(record, document, kind, statedAt)
  takeBackFormer(record, document, statedAt)
  for (const place of reader.damaged) record.issue({ severity: 'warning', code: 'mapping-character-unreadable', at: place })
  for (const place of reader.unread()) record.offerNamed(place)
  return settled(record.finish(), context)
}

/**
 * What a replaced document alone said is void. Of an earlier version under the same number all that was said before this one is, and what this one
 * says again stands.
 */
function takeBackFormer(record: RecordBuilder, document: DocumentRow, statedAt: string): void {
  const { documentNo = '', header } = document
  const { organization: scope } = record.context.source
  const replaced = header.related.flatMap((one) => (one.code === 'replaces' && one.documentNo !== documentNo ? [one.documentNo] : []))
  for (const former of replaced) record.sayOfBatch({ batch: factsOf(document, scope, former), word: 'reversed', statedAt })
  const isLater = header.related.some((one) => one.code === 'replaces' && one.documentNo === documentNo) || Number(header.version) > 1
  if (!isLater) return
  const before = new Date(Date.parse(statedAt) - 1).toISOString()
  record.sayOfBatch({ batch: factsOf(document, scope, documentNo), word: 'reversed', statedAt: before })
}

/** Readers that know more of an element go before those that would take it for a plain observation. */
function runFacts(record: RecordBuilder, document: DocumentRow, kind: DocumentKind, statedAt: string): void {
  const facts = new Facts(record, document, kind, statedAt)
  runPeople(record, document, statedAt, facts.find('DE02.01.036.00')?.time)
  mentionVisit(facts)
  const found = diagnoses(facts)
  const procedures = operations(facts)
  consents(facts, procedures)
  drugs(facts)
  orders(facts)
  vitals(facts)
  allergies(facts)
  reports(facts)
  bills(facts)
  visits(facts, found)
  findings(facts)
  const { header, documentNo = '' } = document
  const consent = consentKey(facts.scope, documentNo)
  const row = {
    ...document,
    entries: (section: DocumentRow['sections'][number]) => facts.entries(section),
    rules: kind.also ? { also: kind.also } : {},
    signed: signatures(header, facts.scope, documentNo),
    ...(record.has(consent) && { consent }),
  }
  runDocument(record, row, statedAt, kind.profile, factsOf(document, facts.scope, documentNo))
}

/** Numbers of a visit that the outline C0001 has among its elements, because it may tell of several. */
const VISIT_NUMBERS = ['DE01.00.014.00', 'DE01.00.010.00']

function documentOf(header: CdaHeader, reader: CdaReader, bytes: Uint8Array): DocumentRow {
  const { documentNo, type, title, templateId, effectiveTime, confidentiality, language } = header
  const sections = readSections(reader)
  const statements = allSections(sections).flatMap((section) => flat(section.statements))
  const [inpatientNo, outpatientNo] = VISIT_NUMBERS.map((element) => statements.find((one) => one.element === element)?.text)
  const visitKind = header.visitKind ?? (inpatientNo !== undefined ? 'inpatient' : outpatientNo !== undefined ? 'outpatient' : undefined)
  const fields = {
    documentNo,
    type,
    title,
    templateId,
    effectiveTime,
    confidentiality,
    language,
    visitNo: header.visitNo ?? inpatientNo ?? outpatientNo,
    custodianName: header.custodian.name,
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<
    Record<keyof typeof fields, string>
  >
  return { ...given, header: { ...header, ...(visitKind && { visitKind }) }, sections, bytes }
}
