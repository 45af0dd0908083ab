/** `rhip/de-xml`: XML whose elements are named by data-element codes (formats.md C2), one record per DOC. */
import { settled } from '../../engine/outcome.ts'
import { BEFORE_ALL } from '../../engine/mention.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type {
  DecodeOptions,
  DecodeResult,
  MappedRecord,
  MappingContext,
  PatientIdentity,
  RejectedRecord,
  ResourceKey,
  SourceMapping,
} from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDate, readDateTime } from '../../engine/values/date.ts'
import { collectBytes } from '../../parsers/charset.ts'
import { parseXmlInTurns, XML_BOUNDS, type XmlElement } from '../../parsers/xml.ts'
import { bytesOfDocuments } from './document-bytes.ts'
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

interface DeDocument {
  document: XmlElement
  misdeclared: boolean
}

async function* decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  const bytes = await collectBytes(chunks, XML_BOUNDS.bytesMax)
  const refused = (code: string, raw = bytes, at = 'document 1'): DecodeResult => ({
    ok: false,
    rejected: { recordType: 'document', at, reason: { severity: 'error', code, at }, ...(raw && { raw }) },
  })
  if (!bytes) return yield refused('payload-too-large')
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return yield refused('payload-archive')
  const parsed = await parseXmlInTurns(bytes, options.charset)
  if (!parsed.ok) return yield refused(parsed.flaw)
  const { root, charset, misdeclared, weight } = parsed
  const documents = documentsIn(root)
  // Those of all would be kept with each that is wrong.
  const raws = documents.length === 1 ? [bytes] : bytesOfDocuments(bytes, charset)
  if (documents.length === 0 || raws.length !== documents.length) return yield refused('payload-structure')
  for (const [index, document] of documents.entries()) {
    const at = `document ${index + 1}`
    const type = document.attributes.type ?? ''
    const raw = raws[index] as Uint8Array
    const record: DeDocument = { document, misdeclared }
    if (type !== SUPPORTED) yield refused('payload-type-unsupported', raw, at)
    else yield { ok: true, record, recordType: type, at, raw, weight: weight / documents.length }
  }
}

/** At whatever depth a platform has them. */
const documentsIn = (element: XmlElement): XmlElement[] => (element.name === 'DOC' ? [element] : element.children.flatMap(documentsIn))

interface Fields {
  fields: Record<string, string>
  /** elements that came again with another value: of them the first counts */
  contradicted: string[]
  /** elements within others, which no rule reads */
  nested: string[]
}

/** Elements of one level as fields. One that is not filled says nothing, wherever it stands. */
function fieldsOf(element: XmlElement): Fields {
  const fields = new Map<string, string>()
  const contradicted: string[] = []
  const nested: string[] = []
  for (const { name, children, text } of element.children) {
    if (name === 'ITEM') continue
    nested.push(...children.map((inner) => `${name}/${inner.name}`))
    const value = filled(text)
    if (value === undefined) continue
    if ((fields.get(name) ?? value) !== value) contradicted.push(name)
    else fields.set(name, value)
  }
  return { fields: Object.fromEntries(fields), contradicted, nested }
}

/** Elements that say whose a document is: of two values it cannot be told which of them the rest is about. */
const IDENTITY = ['DE02.01.030.00', 'DE02.01.039.00'] as const
const OF_ONE = new Set<string>([...IDENTITY, 'DE01.00.018.00', 'DE08.10.052.00'])

/** The element by which a document is one of several persons or reports. */
function mixedBy({ fields, contradicted }: Fields, items: readonly Fields[]): string | undefined {
  const own = contradicted.find((name) => OF_ONE.has(name))
  if (own !== undefined) return own
  return IDENTITY.find((name) => {
    const said = [fields, ...items.map((item) => item.fields)].flatMap((each) => each[name] ?? [])
    return new Set(said).size > 1 || items.some((item) => item.contradicted.includes(name))
  })
}

function map(decoded: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const { document, misdeclared } = decoded as DeDocument
  const reject = (field: string, code = 'mapping-required'): RejectedRecord => ({
    recordType,
    at,
    reason: { severity: 'error', code, at: field },
  })
  const own = fieldsOf(document)
  const items = document.children.filter(({ name }) => name === 'ITEM').map(fieldsOf)
  const mixed = mixedBy(own, items)
  if (mixed !== undefined) return reject(mixed, 'mapping-conflict')
  const row: DocumentRow = { ...own.fields, results: [] }
  const reportNo = row['DE01.00.018.00']
  const institution = row['DE08.10.052.00']
  if (reportNo === undefined) return reject('DE01.00.018.00')
  if (institution === undefined) return reject('DE08.10.052.00')
  const sampledAt = instantIn(row['DE04.50.137.00'], context)
  if (sampledAt === undefined) return reject('DE04.50.137.00')
  const said = STATED.map((field) => [field, instantIn(row[field], context)] as const).find(([, instant]) => instant !== undefined)
  const statedAt = said?.[1] ?? BEFORE_ALL
  const record = new RecordBuilder(context, { recordType, deliveryId: `${recordType}|${institution}|${reportNo}`, at })
  record.patient = identityOf(row, context)
  record.noteRead('DE08.10.052.00', ...(said ? [said[0]] : []))
  if (misdeclared) record.issue({ severity: 'warning', code: 'payload-charset', at: 'xml declaration' })
  sayUnread(record, own)
  const results = items.map((item, index) => runItem(record, row, item, { index, statedAt }))
  // One that comes twice is one, of which the first stands.
  row.results = [...new Map(results.flatMap((key) => (key ? [[JSON.stringify(key), key]] : []))).values()]
  // Of who the patient is it says what was known by then, at the latest.
  record.run(documentPatient, row, { statedAt: said ? statedAt : sampledAt })
  record.run(documentReport, row, { statedAt })
  record.run(documentSpecimen, row, { statedAt })
  return settled(record.finish(), context)
}

function sayUnread(record: RecordBuilder, { contradicted, nested }: Fields, place = ''): void {
  for (const name of contradicted) record.issue({ severity: 'warning', code: 'mapping-conflict', at: place + name })
  for (const name of nested) record.offerNamed(place + name)
}

/** A result, with what it has of its document. */
function runItem(
  record: RecordBuilder,
  row: DocumentRow,
  item: Fields,
  { index, statedAt }: { index: number; statedAt: string },
): ResourceKey | undefined {
  const place = `ITEM[${index}].`
  sayUnread(record, item, place)
  const shared = Object.fromEntries(SHARED.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])))
  // Without a field's name it is the place of the whole.
  const naming = (field: string): string => (field === '' || Object.hasOwn(item.fields, field) ? place + field : field)
  const key = record.run(documentResult, { ...shared, ...item.fields } as ItemRow, { statedAt, at: naming })
  return key === 'patient' ? undefined : key
}

const SHARED = ['DE01.00.018.00', 'DE08.10.052.00', 'DE01.00.014.00', 'DE04.50.137.00'] as const

/**
 * When it was said: when it was recorded or signed, else the day of the report. Of two of one time, or without any, the one that came last counts: the
 * sampling is no such time, since a correction may move it back.
 */
const STATED = ['DE09.00.053.00', 'DE04.50.133.00'] as const

function instantIn(field: string | undefined, context: MappingContext): string | undefined {
  const sent = filled(field)
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
