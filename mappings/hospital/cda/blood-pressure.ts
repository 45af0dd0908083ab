/** Blood pressure panel: one Observation with both values as components (cn-vital-sign). */
import type { Observation } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { readLabValue } from '../../engine/values/lab-value.ts'
import type { ObservationRow } from './observation.ts'
import { codeOfElement } from './observation.ts'

export interface PressureRow extends ObservationRow {
  systolic: ObservationRow
  diastolic: ObservationRow
}

const LOINC = 'http://loinc.org'
const MMHG = { unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' } as const

/** What is no number stays text. */
function component(row: ObservationRow) {
  const { valueQuantity: quantity } = readLabValue(row.value ?? '', row.unit)
  const unit = quantity && (quantity.code === undefined && quantity.unit === undefined ? MMHG : {})
  const value = quantity ? { valueQuantity: { ...quantity, ...unit } } : { valueString: row.value ?? '' }
  return { code: codeOfElement(row.element, row.name, row.loinc), ...value }
}

export const bloodPressure = mapping<PressureRow, Observation>({
  source: 'hospital/cda/blood-pressure',
  to: 'Observation',
  profile: 'cn-vital-sign',
  id: (row, run) =>
    row.documentNo === undefined || row.part === undefined
      ? undefined
      : keys.documentFact('Observation', run.scope, row.documentNo, row.part),
  rules: (from) => ({
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
    code: { coding: [{ system: LOINC, code: '85354-9' }], text: '血压' },
    subject: from.patient(),
    encounter: from.encounter('visitNo'),
    effectiveDateTime: from.dateTime('time'),
    component: from.value(
      ['systolic', 'diastolic'],
      (row) => [component(row.systolic as ObservationRow), component(row.diastolic as ObservationRow)] as never,
    ),
  }),
})
