/** What every message type of the hospital has in common: its header, its patient, what of it nobody read. */
import { RecordBuilder } from '../../engine/record.ts'
import { settled } from '../../engine/outcome.ts'
import type { MappedRecord, MappingContext, MappingIssue, RejectedRecord, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { leavesOf, locate, segmentOf, segmentsOf, timeOf } from './fields.ts'
import { kinNumbers } from '../identity.ts'
import { isForeign, listedNumbers, namedIn, patient, patientIdentity, type PatientRow, patientRow } from './patient.ts'
import { missingSegments } from './required-segments.ts'

export interface Message {
  record: RecordBuilder
  hl7: Hl7Record
  /** MSH-7 (or EVN-2) as an instant */
  sentAt: string
  pid: Segment
  patientRow: PatientRow
  /** the hospital's own number of the patient */
  patientNo?: string
  visitNo?: string
}

/** Fields of the header that say how the message travels. */
const ENVELOPE = [
  'MSH-3',
  'MSH-4',
  'MSH-5',
  'MSH-6',
  'MSH-7',
  'MSH-9',
  'MSH-9.1',
  'MSH-9.2',
  'MSH-9.3',
  'MSH-10',
  'MSH-12',
  'MSH-18',
  'EVN-1',
  'EVN-2',
]

/** What every message begins with; a part of `Message`. */
interface Header {
  record: RecordBuilder
  sentAt: string
}

/** Header of a message, with all of its fields offered, or why it cannot be taken. */
export function openHeader(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): Header | RejectedRecord {
  const reject = (code: string, field: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code, at: field } })
  const msh = hl7.segments[0] as Segment
  const deliveryId = filled(msh.text(10, 1))
  if (deliveryId === undefined) return reject('mapping-required', 'MSH-10')
  if (segmentsOf(hl7, 'PID').length > 1) return reject('payload-structure', 'PID[2]')
  if (isForeign(filled(msh.text(4, 1)), context)) return reject('mapping-organization', 'MSH-4')
  const record = new RecordBuilder(context, {
    recordType,
    deliveryId: deliveryId + (hl7.patient === undefined ? '' : `#${hl7.patient}`),
    at,
  })
  for (const segment of hl7.segments) {
    for (const leaf of leavesOf(hl7, segment)) {
      if (leaf.isNull) record.offerNull(leaf.name, leaf.also)
      else record.offerNamed(leaf.name, leaf.also)
      if (leaf.damaged) record.issue(warning('mapping-character-unreadable', leaf.name))
    }
  }
  record.noteRead(...ENVELOPE)
  // Of HL7 table 0103; one for training or debugging (T, D) is stored as any other, and its sender is told that nobody looked at that.
  if (filled(msh.text(11, 1)) === 'P') record.noteRead('MSH-11')
  if (hl7.misdeclared) record.issue(warning('payload-charset', 'MSH-18'))
  const evn = segmentOf(hl7, 'EVN')
  const sentAt = statedAt(record, context, [timeOf(msh, 7), 'MSH-7'], [evn ? timeOf(evn, 2) : '', 'EVN-2'])
  if (sentAt === undefined) return reject(filled(timeOf(msh, 7)) === undefined ? 'mapping-required' : 'mapping-date-invalid', 'MSH-7')
  return { record, sentAt }
}

/** Header and patient of a message, or why it cannot be taken. */
export function openMessage(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): Message | RejectedRecord {
  const opened = openHeader(hl7, recordType, at, context)
  if (!('record' in opened)) return opened
  const { record, sentAt } = opened
  const reject = (code: string, field: string): RejectedRecord => ({ recordType, at, reason: { severity: 'error', code, at: field } })
  const missing = missingSegments(hl7, recordType)
  for (const name of missing.flagged) record.issue(warning('mapping-required', name))
  const pid = segmentOf(hl7, 'PID')
  if (!pid || missing.whole[0] !== undefined) return reject('mapping-required', missing.whole[0] ?? 'PID')
  const row = patientRow(hl7, pid, context)
  const visitNo = filled(segmentOf(hl7, 'PV1')?.text(19, 1))
  const patientNo = row.numbers.find((one) => one.kind === 'patient')?.value
  record.patient = patientIdentity(row, visitNo, context)
  const mother = kinNumbers(listedNumbers(hl7, pid, 21, context))
  if (mother) record.sayOfKin({ ...mother, ofMother: true })
  // Of an admission they are told by what is made of them (relative.ts); of all others the bytes alone speak.
  if (!hl7.type.startsWith('ADT')) for (const nk1 of segmentsOf(hl7, 'NK1')) sayOfNextOfKin(record, hl7, nk1, context)
  return {
    record,
    hl7,
    sentAt,
    pid,
    patientRow: row,
    ...(patientNo !== undefined && { patientNo }),
    ...(visitNo !== undefined && { visitNo }),
  }
}

/** Whoever is told of with numbers (NK1-33, NK1-37) may refuse it. @param key of what is made of her */
export function sayOfNextOfKin(record: RecordBuilder, hl7: Hl7Record, nk1: Segment, context: MappingContext, key?: ResourceKey): void {
  const numbers = listedNumbers(hl7, nk1, 33, context)
  const social = filled(nk1.text(37, 1))
  if (social !== undefined) numbers.push({ kind: 'identity-card', value: social, at: 'NK1-37' })
  const known = kinNumbers(numbers)
  const name = [nk1.text(2, 1), nk1.text(2, 2)]
    .map(filled)
    .filter((part) => part !== undefined)
    .join('')
  const phone = filled(nk1.text(5, 1))
  const words = { names: name === '' ? [] : [name], phones: phone === undefined ? [] : [phone] }
  if (known) record.sayOfKin({ ...(key && { key }), ...known, ...words })
}

/**
 * A message about what is nobody's record (a slot of a schedule, a control): nothing is stored of it but its receipt. Whoever is named all the same is
 * asked whether he lets it be collected.
 */
export function receiptAlone(
  hl7: Hl7Record,
  recordType: string,
  at: string,
  context: MappingContext,
  issues: readonly MappingIssue[] = [],
): MappedRecord | RejectedRecord {
  const opened = openHeader(hl7, recordType, at, context)
  if (!('record' in opened)) return opened
  const named = namedIn(hl7, context)
  if (named) opened.record.patient = named
  for (const issue of issues) opened.record.issue(issue)
  return opened.record.finish({ nothingToStore: true })
}

/** The Patient resource of the message. */
export function runPatient({ record, hl7, pid, patientRow: row, sentAt }: Message): void {
  for (let repetition = 0; repetition < pid.repetitions(3); repetition++) {
    record.noteRead(...['PID-3.1', 'PID-3.4', 'PID-3.5'].map(locate(hl7, pid, repetition)))
  }
  record.noteRead('PID-19')
  record.run(patient, row, { statedAt: sentAt, offer: false, at: (field) => (field === 'numbers' ? 'PID-3' : locate(hl7, pid)(field)) })
}

/**
 * What came of a message about more than the patient. One of which he alone is left, because what it is about has no number or no time, is not
 * taken as if it had been stored: its sender is told, and it can be replayed.
 */
export const settledMessage = ({ record }: Message): MappedRecord | RejectedRecord => settled(record.finish(), record.context, false)

/** The first of several times that can be read, as an instant; bad ones are flagged. */
export function statedAt(record: RecordBuilder, context: MappingContext, ...times: [text: string, at: string][]): string | undefined {
  for (const [sent, at] of times) {
    const text = filled(sent)
    if (text === undefined) continue
    const { value, flaw } = readDateTime(text, context.timezone)
    if (flaw) record.issue(warning(flaw === 'date-invalid' ? 'mapping-date-invalid' : flaw, at))
    if (value !== undefined) return instantOf(value, context.timezone)
  }
  return undefined
}

export const warning = (code: string, at: string): MappingIssue => ({ severity: 'warning', code, at })
