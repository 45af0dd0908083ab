/**
 * MDM (HL7 v2.4, chapter 9): notification of a document (T01), of its status (T03), an addendum (T05), an edit (T07) or a replacement (T09), each
 * with its content in the event behind it (T02 to T10), and its cancellation (T11). A DocumentReference, and a Binary for each content: documents as
 * base64 (OBX of type ED), text as it stands.
 */
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { content, type ContentRow, documentReference, type DocumentRow, type Relation, TXA } from './document.ts'
import { embeddedDocument } from './embedded-document.ts'
import { fieldsOf, locate, segmentOf, segmentsOf } from './fields.ts'
import { type Message, openMessage, runPatient, settledMessage, warning } from './message.ts'
import { table } from '../../engine/values/table.ts'

export const MDM_EVENTS = Array.from({ length: 11 }, (_, at) => `T${String(at + 1).padStart(2, '0')}`)

/** An addendum and a replacement are documents of their own, and name the one that they belong to; an edit is of the same document. */
const RELATIONS: Readonly<Record<string, Relation>> = table({ T05: 'appends', T06: 'appends', T09: 'replaces', T10: 'replaces' })

export function mapMdm(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  const txa = segmentOf(hl7, 'TXA')
  const documentNo = filled(txa?.text(12, 1))
  if (!txa || documentNo === undefined) return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: 'TXA-12' } }
  runPatient(message)
  runDocument(message, txa, documentNo, recordType.slice('MDM^'.length))
  return settledMessage(message)
}

function runDocument(message: Message, txa: Segment, documentNo: string, event: string): void {
  const { record, hl7, visitNo, sentAt } = message
  const at = locate(hl7, txa)
  const fields = fieldsOf(txa, TXA)
  const contents = contentsOf(message, documentNo)
  const relation = RELATIONS[event]
  const row: DocumentRow = { ...fields, documentNo, contents, ...(visitNo !== undefined && { visitNo }), ...(relation && { relation }) }
  // Of table 0273: the sender took the document back.
  const withdrawn = event === 'T11' || filled(fields['TXA-19']) === 'CA'
  const options = { statedAt: sentAt, offer: false as const, at, withdrawn }
  for (const one of contents) record.run(content, one, options)
  // A notification without content leaves the one that was sent before.
  const yielding = contents.length === 0 ? ['content'] : []
  record.run(documentReference, row, { ...options, yielding, at: (field) => PLACES[field] ?? at(field) })
  record.noteRead(...['TXA-1', 'TXA-3', 'TXA-12', 'TXA-12.1', 'TXA-19'].map(at))
}

const PLACES: Readonly<Record<string, string>> = table({ documentNo: 'TXA-12', visitNo: 'PV1-19', contents: 'OBX-5' })

/** OBX of type ED are documents of their own; the text of all others is one. */
function contentsOf(message: Message, documentNo: string): ContentRow[] {
  const { record, hl7 } = message
  const contents: ContentRow[] = []
  const texts: string[] = []
  for (const obx of segmentsOf(hl7, 'OBX')) {
    const at = locate(hl7, obx)
    const part = String(contents.length + 1)
    const document = embeddedDocument(obx)
    if (document) contents.push({ ...document, documentNo, part })
    else if (obx.text(2, 1) === 'ED') {
      // No base64, or of a kind that is not kept: the raw payload has it, and whoever sent it is told.
      record.issue(warning('mapping-value-unknown', at('OBX-5')))
      continue
    } else if (filled(obx.whole(5)) !== undefined) texts.push(plainText(obx.whole(5)))
    record.noteRead(...['OBX-2', 'OBX-3', 'OBX-3.1', 'OBX-3.2', 'OBX-5', 'OBX-11'].map(at))
  }
  if (texts.length === 0) return contents
  const data = Buffer.from(texts.join('\n'), 'utf8').toString('base64')
  return [...contents, { contentType: 'text/plain; charset=utf-8', data, documentNo, part: 'text' }]
}
