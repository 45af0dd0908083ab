/** SCH with its services, staff and places to Appointment (HL7 v2.4, chapter 10). */
import type { Appointment } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import type { MappedConcept } from '../../engine/from.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import type { AppointmentActor } from './appointment-parts.ts'
import type { Fields } from './fields.ts'
import { table } from '../../engine/values/table.ts'

export const SCH = [
  'SCH-1.1',
  'SCH-2.1',
  'SCH-6.1',
  'SCH-6.2',
  'SCH-7.1',
  'SCH-7.2',
  'SCH-8.1',
  'SCH-8.2',
  'SCH-9',
  'SCH-10.1',
  'SCH-11.4',
  'SCH-11.5',
  'SCH-16.1',
  'SCH-16.2',
  'SCH-25.1',
] as const
export const TQ1 = ['TQ1-7', 'TQ1-8'] as const
export const AIS = ['AIS-4'] as const

type Field = (typeof SCH)[number] | (typeof TQ1)[number] | (typeof AIS)[number]
export type AppointmentRow = Fields<Field> & {
  appointmentNo?: string
  /** MSH-9.2 */
  event?: string
  services: MappedConcept[]
  actors: AppointmentActor[]
  /** NTE behind the SCH */
  remarks: string[]
}

type Status = NonNullable<Appointment['status']>

/** What the event says goes before the state that SCH-25 (HL7 table 0278) still names. */
const OF_EVENT: Readonly<Record<string, Status>> = table({ S15: 'cancelled', S16: 'cancelled', S17: 'entered-in-error', S26: 'noshow' })
const OF_STATE: Readonly<Record<string, Status>> = table({
  PENDING: 'pending',
  WAITLIST: 'waitlist',
  BOOKED: 'booked',
  STARTED: 'arrived',
  COMPLETE: 'fulfilled',
  CANCELLED: 'cancelled',
  DC: 'cancelled',
  DELETED: 'entered-in-error',
  BLOCKED: 'cancelled',
  OVERBOOK: 'booked',
  NOSHOW: 'noshow',
})

export const appointmentStatus = (event: string | undefined, state: string | undefined): Status =>
  OF_EVENT[event ?? ''] ?? OF_STATE[state?.toUpperCase() ?? ''] ?? 'booked'

const START = ['TQ1-7', 'SCH-11.4', 'AIS-4'] as const
const END = ['TQ1-8', 'SCH-11.5'] as const
const MINUTE_MS = 60_000

/** Appointment.start is an instant: what is known to the day only is none. */
function instantAmong(row: RowView<AppointmentRow>, run: Run, fields: readonly Field[]): string | undefined {
  for (const field of fields) {
    const sent = row[field]
    if (sent === undefined) continue
    const { value, flaw } = readDateTime(sent, run.context.timezone)
    if (flaw) run.flaw(field, 'mapping-date-invalid')
    if (value?.includes('T')) return instantOf(value, run.context.timezone)
  }
  return undefined
}

/** SCH-9 in the unit of SCH-10, minutes where it names none. */
function minutesOf(row: RowView<AppointmentRow>): number | undefined {
  const count = row['SCH-9'] !== undefined && /^\d{1,4}$/.test(row['SCH-9']) && readDecimal(row['SCH-9']) ? Number(row['SCH-9']) : undefined
  const unit = row['SCH-10.1']?.toUpperCase()
  if (count === undefined) return undefined
  if (unit === undefined || unit === 'M' || unit.startsWith('MIN') || unit === '分钟') return count
  return unit === 'H' || unit.startsWith('HOUR') || unit === 'HR' || unit === '小时' ? count * 60 : undefined
}

function endOf(row: RowView<AppointmentRow>, run: Run): string | undefined {
  const said = instantAmong(row, run, END)
  const [start, minutes] = [instantAmong(row, run, START), minutesOf(row)]
  if (said !== undefined || start === undefined || minutes === undefined) return said
  return new Date(Date.parse(start) + minutes * MINUTE_MS).toISOString()
}

/** R4 Appointment, app-3. What changes or ends a booking need not say again when it is. */
const needsTimes = (row: RowView<AppointmentRow>): boolean =>
  row.event === 'S12' && !['cancelled', 'waitlist'].includes(appointmentStatus(row.event, row['SCH-25.1']))

/** A time, and the other one with it (app-2). */
function timed(
  row: RowView<AppointmentRow>,
  run: Run,
  field: Field,
  time: string | undefined,
  other: string | undefined,
): string | undefined {
  if (time !== undefined && other !== undefined) return time
  if (needsTimes(row)) run.refuse(field)
  return undefined
}

export const appointment = mapping<AppointmentRow, Appointment>({
  source: 'hospital/hl7v2/SCH',
  to: 'Appointment',
  id: (row, run) => (row.appointmentNo === undefined ? undefined : keys.appointment(run.scope, row.appointmentNo)),
  withdrawn: (row) => row.event === 'S17',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'appointment-no'), 'appointmentNo')],
    status: from.value<Status>(['event', 'SCH-25.1'], (row) => appointmentStatus(row.event, row['SCH-25.1'])),
    // R4 Appointment, app-4: it would allow that of one that was missed as well, were the code not `no-show` there.
    cancelationReason: from
      .localConcept('appointment-event-reason', 'SCH-6.1', 'SCH-6.2')
      .when((run) => appointmentStatus(run.text('event'), run.text('SCH-25.1')) === 'cancelled'),
    serviceType: from.value('services', ({ services }) => (services.length > 0 ? [...services] : undefined)),
    appointmentType: from.localConcept('appointment-type', 'SCH-8.1', 'SCH-8.2'),
    reasonCode: [from.localConcept('appointment-reason', 'SCH-7.1', 'SCH-7.2')],
    start: from.value([...START], (row, run) => timed(row, run, 'TQ1-7', instantAmong(row, run, START), endOf(row, run))),
    end: from.value([...END, 'SCH-9', 'SCH-10.1'], (row, run) => timed(row, run, 'TQ1-8', endOf(row, run), instantAmong(row, run, START))),
    minutesDuration: from.value(['SCH-9', 'SCH-10.1'], (row) => minutesOf(row) || undefined),
    comment: from.value('remarks', (row) => row.remarks?.join('\n') || undefined),
    participant: from.value('actors', ({ actors }, run) => {
      for (const { mention } of actors) if (mention) run.mention(mention)
      const others = actors.map(({ actor, roles }) => ({ ...(roles.length > 0 && { type: roles }), actor, status: 'accepted' as const }))
      return [{ actor: { $patient: true } as const, status: 'accepted' as const }, ...others]
    }),
  }),
})
