/**
 * Appointments, SIU^S12 to S22 and S26 (HL7 v2.4, 10.4): booked, moved, changed, cancelled, deleted, with another service or resource or without one,
 * missed. Slots that are blocked or free again (S23, S24) are nobody's appointment.
 */
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record } from '../../parsers/hl7v2.ts'
import { AIS, appointment, type AppointmentRow, SCH, TQ1 } from './appointment.ts'
import { appointmentParts } from './appointment-parts.ts'
import { type Fields, fieldsOf, locate, segmentOf } from './fields.ts'
import { openMessage, runPatient, settledMessage, warning } from './message.ts'

export const APPOINTMENT_EVENTS = ['S12', 'S13', 'S14', 'S15', 'S16', 'S17', 'S18', 'S19', 'S20', 'S21', 'S22', 'S26']
export const SLOT_EVENTS = ['S23', 'S24']

export function mapAppointment(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  const { record } = message
  runPatient(message)
  const event = recordType.slice('SIU^'.length)
  const { services, actors, unlisted, whole, service, read, unknown, unclear } = appointmentParts(hl7, event, context.source.organization)
  const parts = [
    { names: SCH, segment: segmentOf(hl7, 'SCH') },
    { names: TQ1, segment: segmentOf(hl7, 'TQ1') },
    { names: AIS, segment: service },
  ]
  const fields = Object.assign({}, ...parts.map(({ names, segment }) => fieldsOf<string>(segment, names))) as Fields<string>
  // The filler's number where the scheduling system has one: the placer's changes with who asks.
  const number = filled(fields['SCH-2.1']) ?? filled(fields['SCH-1.1'])
  const locateIn = (name: string): string => {
    const field = name === 'appointmentNo' ? 'SCH-2' : name === 'event' ? 'MSH-9.2' : name
    const found = parts.find(({ segment }) => segment && field.startsWith(`${segment.name}-`))
    return locate(hl7, found?.segment)(field)
  }
  if (number === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: 'SCH-2' })
  else {
    const notes = hl7.segments.filter(({ name }) => name === 'NTE')
    const row: AppointmentRow = {
      ...fields,
      appointmentNo: number,
      ...{ event, services, actors },
      remarks: notes.map((nte) => plainText(filled(nte.whole(3)) ?? '')).filter((text) => text !== ''),
    }
    record.run(appointment, row, {
      ...{ statedAt: message.sentAt, offer: false, at: locateIn, whole },
      ...(Object.keys(unlisted).length > 0 && { unlisted: { statedAt: message.sentAt, lists: unlisted } }),
    })
    record.noteRead(...read)
    for (const nte of notes) record.noteRead(...['NTE-2', 'NTE-3'].map(locate(hl7, nte)))
  }
  for (const segment of unknown) record.issue(warning('mapping-field-unread', locate(hl7, segment)(`${segment.name}-3`)))
  for (const segment of unclear) record.issue(warning('mapping-value-unknown', locate(hl7, segment)('AIG-4')))
  record.noteRead('SCH-1', 'SCH-2')
  return settledMessage(message)
}
