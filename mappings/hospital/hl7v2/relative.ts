/** NK1 to RelatedPerson. */
import type { RelatedPerson } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { MappingContext } from '../../engine/types.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { type Fields, fieldsOf, locate } from './fields.ts'
import { type Message, sayOfNextOfKin } from './message.ts'
import { relationshipSystem } from './user-tables.ts'

const NK1 = ['NK1-2.1', 'NK1-2.2', 'NK1-3.1', 'NK1-3.2', 'NK1-4.1', 'NK1-5.1'] as const
/** `patientNo`: the hospital's number of the patient (PID-3) */
type RelativeRow = Fields<(typeof NK1)[number]> & { patientNo?: string }

const nameOf = (row: { 'NK1-2.1'?: string | undefined; 'NK1-2.2'?: string | undefined }): string | undefined =>
  [row['NK1-2.1'], row['NK1-2.2']].filter((part) => part !== undefined).join('') || undefined

const relative = mapping<RelativeRow, RelatedPerson>({
  source: 'hospital/hl7v2/NK1',
  to: 'RelatedPerson',
  id: (row, run) => {
    const name = nameOf(row)
    return row.patientNo === undefined || name === undefined ? undefined : keys.relative(run.scope, row.patientNo, name)
  },
  when: (row) => nameOf(row) !== undefined,
  rules: (from) => ({
    patient: from.patient(),
    relationship: from.codedList('hl7-relationship', 'NK1-3.1', 'NK1-3.2', { system: relationshipSystem }),
    name: [{ text: from.value(['NK1-2.1', 'NK1-2.2'], nameOf).required() }],
    telecom: [{ system: 'phone', value: from.text('NK1-5.1') }],
    address: [{ text: from.text('NK1-4.1') }],
  }),
})

export function runRelative({ record, hl7, sentAt, patientNo }: Message, nk1: Segment, context: MappingContext): void {
  const row = { ...fieldsOf(nk1, NK1), ...(patientNo !== undefined && { patientNo }) }
  const key = record.run(relative, row, { statedAt: sentAt, offer: false, at: locate(hl7, nk1) })
  sayOfNextOfKin(record, hl7, nk1, context, key === 'patient' ? undefined : key)
}
