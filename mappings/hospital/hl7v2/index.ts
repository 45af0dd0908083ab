/** `hospital/hl7v2`: HL7 v2.3.1 to 2.5.1, one message or a batch of them in one body. */
import { settled } from '../../engine/outcome.ts'
import type { DecodeOptions, DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { collectBytes } from '../../parsers/charset.ts'
import { HL7_BOUNDS, type Hl7Record, parseHl7 } from '../../parsers/hl7v2.ts'
import { batchesOf, hasTooMany, messagesIn, miscounted } from '../../parsers/hl7v2-batch.ts'
import { ADT_EVENTS, mapAdt } from './adt-a01.ts'
import { mapMerge } from './adt-a40.ts'
import { refusedPiece } from './continuation.ts'
import { CHARGE_MESSAGES, mapCharges } from './dft.ts'
import { MDM_EVENTS, mapMdm } from './mdm.ts'
import { mapOrder, ORDER_MESSAGES } from './orm.ts'
import { asStandard, type OwnFields } from './own-fields.ts'
import { receiptAlone } from './message.ts'
import { byPatient } from './patients.ts'
import { mappingsOf, type OwnSegments, withOwnSegments } from './own-segments.ts'
import { mapOru, RESULT_MESSAGES } from './oru-r01.ts'
import { namedIn } from './patient.ts'
import { DRUG_MESSAGES, mapDrugOrder } from './rde.ts'
import { APPOINTMENT_EVENTS, mapAppointment, SLOT_EVENTS } from './siu.ts'
import { table } from '../../engine/values/table.ts'

type MapMessage = (hl7: Hl7Record, recordType: string, at: string, context: MappingContext) => MappedRecord | RejectedRecord

/** A message type is its file and one line here. */
const MESSAGES: Readonly<Record<string, MapMessage>> = table({
  ...Object.fromEntries(ADT_EVENTS.map((event) => [`ADT^${event}`, mapAdt])),
  'ADT^A40': mapMerge,
  ...Object.fromEntries(MDM_EVENTS.map((event) => [`MDM^${event}`, mapMdm])),
  ...Object.fromEntries(ORDER_MESSAGES.map((type) => [type, mapOrder])),
  ...Object.fromEntries(DRUG_MESSAGES.map((type) => [type, mapDrugOrder])),
  ...Object.fromEntries(CHARGE_MESSAGES.map((type) => [type, mapCharges])),
  ...Object.fromEntries(APPOINTMENT_EVENTS.map((event) => [`SIU^${event}`, mapAppointment])),
  ...Object.fromEntries(SLOT_EVENTS.map((event) => [`SIU^${event}`, receiptAlone])),
  ...Object.fromEntries(RESULT_MESSAGES.map((type) => [type, mapOru])),
})

export const hospitalHl7v2: SourceMapping = {
  id: 'hospital/hl7v2',
  kind: 'hospital',
  mode: 'message',
  accepts: ['application/hl7-v2', 'x-application/hl7-v2+er7', 'text/plain', 'application/octet-stream'],
  decode,
  map,
  named: (record, context) => namedIn(record as Hl7Record, context),
}

async function* decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  const bytes = await collectBytes(chunks, HL7_BOUNDS.bytesMax)
  const file = bytes && batchesOf(bytes)
  if (!file || hasTooMany(file)) return yield rejected('message', 'payload-too-large', 'payload')
  const messages = messagesIn(file)
  if (messages.length === 0) return yield rejected('message', 'payload-structure', 'MSH')
  for (const at of miscounted(file)) yield rejected('batch', 'batch-messages-count', `batch ${at + 1} BTS-1`)
  if (file.isMiscounted) yield rejected('batch', 'file-batches-count', 'FTS-1')
  for (const [index, raw] of messages.entries()) {
    const at = `message ${index + 1}`
    const parsed = parseHl7(raw, options.charset)
    if (parsed.ok) {
      for (const record of byPatient(parsed.record)) {
        yield { ok: true, record, recordType: record.type, at: record.patient === undefined ? at : `${at} PID[${record.patient}]`, raw }
      }
    } else
      yield { ok: false, rejected: { recordType: 'message', at, reason: { severity: 'error', code: parsed.flaw, at: parsed.at }, raw } }
  }
}

function rejected(recordType: string, code: string, at: string): DecodeResult {
  return { ok: false, rejected: { recordType, at, reason: { severity: 'error', code, at } } }
}

/** The same messages as one hospital writes them: with segments of its own, and with fields and words in other places. */
export function hospitalHl7v2In(own: OwnSegments & Partial<OwnFields>): SourceMapping {
  const mappings = mappingsOf(own)
  const { moves = [], values = [] } = own
  return {
    ...hospitalHl7v2,
    id: `${hospitalHl7v2.id}/${own.id}`,
    named: (record, context) => namedIn(asStandard(record as Hl7Record, { moves, values }).hl7, context),
    map: (record, recordType, at, context) => {
      const { hl7, covered } = asStandard(record as Hl7Record, { moves, values })
      const mapped = map(hl7, recordType, at, context)
      if ('reason' in mapped) return mapped
      const whole = withOwnSegments(mapped, mappings, hl7, context)
      // What stood where another field was moved to is in the payload alone.
      return settled({ ...whole, unread: [...whole.unread, ...covered.filter((name) => !whole.unread.includes(name))] }, context)
    },
  }
}

function map(record: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const mapMessage = Object.hasOwn(MESSAGES, recordType) ? MESSAGES[recordType] : undefined
  if (!mapMessage) return { recordType, at, reason: { severity: 'error', code: 'payload-type-unsupported', at: 'MSH-9' } }
  return refusedPiece(record as Hl7Record, recordType, at) ?? mapMessage(record as Hl7Record, recordType, at, context)
}
