/** What hospitals send. */
import type { Claim } from './rows.ts'

const message = (row: string, name: string, test: string, ...makes: string[]): Claim => ({
  row,
  sample: `hospital/${name}`,
  makes,
  test: `tests/mappings/hospital/${test}.test.ts`,
})

export const HOSPITAL: readonly Claim[] = [
  message('outpatient-laboratory', 'oru-r01-blood-count.hl7', 'hl7v2-samples', 'DiagnosticReport', 'Observation'),
  message('persons', 'adt-a01-admission.hl7', 'hl7v2-samples', 'Patient'),
  message('admission', 'adt-a01-admission.hl7', 'hl7v2-samples', 'Encounter'),
  message('diagnoses', 'cda-c0049-discharge.xml', 'cda', 'Condition'),
  message('discharge-summary', 'cda-c0049-discharge.xml', 'cda', 'Composition', 'DocumentReference'),
]
