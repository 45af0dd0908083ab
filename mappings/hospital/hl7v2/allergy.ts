/** AL1 to AllergyIntolerance. */
import type { AllergyIntolerance } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { localCodes } from '../../engine/systems.ts'
import { filled } from '../../engine/values/blank.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { denialIn, noneKnown, refuted } from './allergy-denial.ts'
import { type Fields, fieldsOf, locate, segmentsOf } from './fields.ts'
import { type Message, warning } from './message.ts'

const AL1 = ['AL1-2.1', 'AL1-3.1', 'AL1-3.2', 'AL1-4.1', 'AL1-5', 'AL1-6'] as const
/** `patientNo`: the hospital's number of the patient (PID-3) */
type AllergyRow = Fields<(typeof AL1)[number]> & { patientNo?: string }

const STATUS = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'

const allergy = mapping<AllergyRow, AllergyIntolerance>({
  source: 'hospital/hl7v2/AL1',
  to: 'AllergyIntolerance',
  id: (row, run) => {
    const substance = row['AL1-3.1'] ?? row['AL1-3.2']
    return row.patientNo === undefined || substance === undefined ? undefined : keys.allergy(run.scope, row.patientNo, substance)
  },
  when: (row) => (row['AL1-3.1'] ?? row['AL1-3.2']) !== undefined,
  rules: (from) => ({
    clinicalStatus: { coding: [{ system: STATUS, code: 'active' }] },
    category: [
      from.choice('AL1-2.1', { DA: 'medication', FA: 'food', EA: 'environment', LA: 'environment', AA: 'environment', PA: 'environment' }),
    ],
    code: from.coded('allergen', 'AL1-3.1', 'AL1-3.2', { system: (scope) => localCodes(scope, 'allergen') }).required(),
    patient: from.patient(),
    onsetDateTime: from.dateTime('AL1-6'),
    reaction: [
      {
        manifestation: [{ text: from.prose('AL1-5') }],
        severity: from.choice('AL1-4.1', { SV: 'severe', MO: 'moderate', MI: 'mild' }).when((run) => run.text('AL1-5') !== undefined),
      },
    ],
  }),
})

/** The name of the substance, else its code. */
const saidIn = (al1: Segment): string | undefined => filled(al1.text(3, 2)) ?? filled(al1.text(3, 1))

/** AL1 by AL1: what the patient is allergic to, and what he is not. */
export function runAllergies(message: Message): void {
  const { record, hl7, sentAt, patientNo } = message
  const all = segmentsOf(hl7, 'AL1').map((al1) => ({ al1, denial: denialIn(saidIn(al1) ?? '') }))
  const isAllergic = all.some(({ al1, denial }) => denial === undefined && saidIn(al1) !== undefined)
  for (const { al1, denial } of all) {
    const at = locate(hl7, al1)
    const options = { statedAt: sentAt, offer: false as const, at }
    const known = { ...(patientNo !== undefined && { patientNo }), text: saidIn(al1) ?? '', said: sentAt }
    if (denial === undefined) record.run(allergy, { ...fieldsOf(al1, AL1), ...(patientNo !== undefined && { patientNo }) }, options)
    // That nobody knows is neither: it is told as not read.
    else if (denial === 'unknown') continue
    else if ('substance' in denial) record.run(refuted, { ...known, substance: denial.substance }, options)
    else if (isAllergic && denial.none.includes('no-known-allergies')) record.issue(warning('mapping-conflict', at('AL1-3')))
    else for (const none of denial.none) record.run(noneKnown, { ...known, none }, options)
    if (denial !== undefined) record.noteRead(...['AL1-2.1', 'AL1-3.1', 'AL1-3.2'].map(at))
  }
}
