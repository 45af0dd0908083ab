/**
 * ADT^A40 (HL7 v2.4, 3.3.40, structure ADT_A39): the record under the numbers of MRG-1 ends, that of PID goes on. Linking joins
 * them: what stood under the one stands under the other, and its Patient says by whom it was replaced (formats.md D13).
 */
import { settled } from '../../engine/outcome.ts'
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import type { Hl7Record } from '../../parsers/hl7v2.ts'
import { localNumbers } from '../identity.ts'
import { locate, segmentOf, segmentsOf } from './fields.ts'
import { openMessage, runPatient, warning } from './message.ts'
import { listedNumbers } from './patient.ts'

export function mapMerge(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  const reject = (code: string, field: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code, at: field } })
  // Of several numbers that end, each has a PID of its own (patients.ts) or a repetition of MRG-1: none must be lost in silence.
  if (segmentsOf(hl7, 'MRG').length > 1) return reject('payload-structure', 'MRG[2]')
  const mrg = segmentOf(hl7, 'MRG')
  const { record } = message
  if (!mrg || !record.patient) return reject('mapping-required', 'MRG')
  const kept = new Set(record.patient.local.map(({ kind, value }) => `${kind}|${value}`))
  const listed = listedNumbers(hl7, mrg, 1, context)
  const replaces = localNumbers(listed).filter(({ kind, value, strong }) => strong && !kept.has(`${kind}|${value}`))
  if (replaces.length === 0) return reject('mapping-required', 'MRG-1')
  record.patient = { ...record.patient, replaces }
  for (let repetition = 0; repetition < mrg.repetitions(1); repetition++) {
    record.noteRead(...['MRG-1.1', 'MRG-1.4', 'MRG-1.5'].map(locate(hl7, mrg, repetition)))
  }
  // A card or a stay is no record of a patient: it ends nothing.
  if (listed.some(({ kind }) => kind !== 'patient')) record.issue(warning('mapping-value-unknown', 'MRG-1'))
  runPatient(message)
  return settled(record.finish(), context)
}
