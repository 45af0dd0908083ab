/**
 * MDM (HL7 v2.4, chapter 9): notification of a document (T01), with its content (T02), change of its status with content (T04),
 * cancellation (T11). A DocumentReference, and a Binary for each content: documents as base64 (OBX of type ED), text as it stands.
 */
import { settled } from '../../engine/outcome.ts'
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { content, type ContentRow, documentReference, type DocumentRow, TXA } from './document.ts'
import { embeddedDocument } from './embedded-document.ts'
import { fieldsOf, locate, segmentOf, segmentsOf } from './fields.ts'
import { type Message, openMessage, runPatient, warning } from './message.ts'
import { table } from '../../engine/values/table.ts'

export const MDM_EVENTS = ['T01', 'T02', 'T04', 'T11']

export function mapMdm(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  const txa = segmentOf(hl7, 'TXA')
  const documentNo = filled(txa?.text(12, 1))
  if (!txa || documentNo === undefined) return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: 'TXA-12' } }
  runPatient(message)
  runDocument(message, txa, documentNo, recordType === 'MDM^T11')
  return settled(message.record.finish(), context)
}

function runDocument(message: Message, txa: Segment, documentNo: string, isCancelled: boolean): void {
  const { record, hl7, visitNo, sentAt } = message
  const at = locate(hl7, txa)
  const fields = fieldsOf(txa, TXA)
  const contents = contentsOf(message, documentNo)
  const row: DocumentRow = { ...fields, documentNo, contents, ...(visitNo !== undefined && { visitNo }) }
  // Of table 0273: the sender took the document back.
  const withdrawn = isCancelled || filled(fields['TXA-19']) === 'CA'
  const options = { statedAt: sentAt, offer: false as const, at, withdrawn }
  for (const one of contents) record.run(content, one, options)
  record.run(documentReference, row, { ...options, at: (field) => PLACES[field] ?? at(field) })
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
