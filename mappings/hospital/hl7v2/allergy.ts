/** AL1 to AllergyIntolerance. */
import type { AllergyIntolerance } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { localCodes } from '../../engine/systems.ts'
import type { Fields } from './fields.ts'

export const AL1 = ['AL1-2.1', 'AL1-3.1', 'AL1-3.2', 'AL1-4.1', 'AL1-5', 'AL1-6'] as const
/** `patientNo`: the hospital's number of the patient (PID-3) */
export type AllergyRow = Fields<(typeof AL1)[number]> & { patientNo?: string }

const STATUS = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'

export const allergy = mapping<AllergyRow, AllergyIntolerance>({
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
