/** Charges, DFT^P03 (HL7 v2.4, 6.4.3): each FT1 is one line of the bill. Payments are the settlement's affair. */
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { AMOUNT_IN, charge, type ChargeRow, FT1, PRICE_IN } from './charge.ts'
import { fieldsOf, locate, segmentOf, segmentsOf } from './fields.ts'
import { type Message, openMessage, runPatient, settledMessage, statedAt, warning } from './message.ts'

export const CHARGE_MESSAGES = ['DFT^P03']

/** HL7 table 0017: charge and credit; the rest moves money and not items. */
const ITEMS = new Set(['CG', 'CD'])

export function mapCharges(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  runPatient(message)
  const numbers = new Set<string>()
  for (const ft1 of segmentsOf(hl7, 'FT1')) runCharge(message, ft1, numbers)
  return settledMessage(message)
}

/** @param numbers of the lines before it */
function runCharge({ record, hl7, sentAt }: Message, ft1: Segment, numbers: Set<string>): void {
  const at = locate(hl7, ft1)
  const kind = filled(ft1.text(6, 1))
  if (kind === undefined || !ITEMS.has(kind)) {
    record.issue(
      kind === undefined
        ? { severity: 'error', code: 'mapping-required', at: at('FT1-6') }
        : warning('payload-type-unsupported', at('FT1-6')),
    )
    return
  }
  const number = filled(ft1.text(2, 1))
  // One number is one line of the bill: whether a second one goes beside it or in its place is not said.
  if (number === undefined || numbers.has(number)) {
    record.issue({ severity: 'error', code: number === undefined ? 'mapping-required' : 'mapping-conflict', at: at('FT1-2') })
    return
  }
  numbers.add(number)
  const [amountIn, priceIn] = [ft1.text(11, 1, 0, 2), ft1.text(12, 1, 0, 2)]
  const row: ChargeRow = {
    ...fieldsOf(ft1, FT1),
    ...(amountIn !== '' && { [AMOUNT_IN]: amountIn }),
    ...(priceIn !== '' && { [PRICE_IN]: priceIn }),
    ...fieldsOf(segmentOf(hl7, 'PV1'), ['PV1-2.1', 'PV1-19.1']),
  }
  const posted = statedAt(record, record.context, [row['FT1-5'] ?? '', at('FT1-5')]) ?? sentAt
  record.run(charge, row, { statedAt: posted, offer: false, at })
  record.noteRead(...['FT1-1', 'FT1-6'].map(at))
}
