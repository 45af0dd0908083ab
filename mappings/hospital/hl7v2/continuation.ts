/**
 * Messages in pieces (HL7 v2.5.1, 2.10.2): one that goes on ends with a DSC, and what follows it has the pointer of that in MSH-14 and begins in the middle. A piece
 * is not taken: the first would stand as if it were whole, with a text that breaks off, and the others are of nobody. All of them are kept aside and told, so
 * that the sender sends the whole.
 */
import type { RejectedRecord } from '../../engine/types.ts'
import { EXPLICIT_NULL, filled } from '../../engine/values/blank.ts'
import type { Hl7Record } from '../../parsers/hl7v2.ts'
import { segmentOf, segmentsOf } from './fields.ts'

/** HL7 table 0398: of an answer in several parts, which are asked for one by one. Each is whole. */
const INTERACTIVE = 'I'

/** What says that this is a piece of a message. */
function pointerOf(hl7: Hl7Record): 'DSC-1' | 'MSH-14' | undefined {
  const pointer = (text: string | undefined): string | undefined => (text === EXPLICIT_NULL ? undefined : filled(text))
  if (segmentsOf(hl7, 'DSC').some((dsc) => pointer(dsc.text(1, 1)) !== undefined && dsc.text(2, 1) !== INTERACTIVE)) return 'DSC-1'
  const [msh, next] = hl7.segments
  if (pointer(msh?.text(14, 1)) === undefined) return undefined
  // Engines number messages there that are whole.
  return next?.name === 'ADD' || segmentOf(hl7, 'PID') === undefined ? 'MSH-14' : undefined
}

/** Why a piece of a message is not taken; undefined: it is whole. */
export function refusedPiece(hl7: Hl7Record, recordType: string, at: string): RejectedRecord | undefined {
  const field = pointerOf(hl7)
  return field && { recordType, at, reason: { severity: 'error', code: 'payload-continued', at: field } }
}
