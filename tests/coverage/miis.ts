/** What the insurance sends. */
import type { Claim } from './rows.ts'

const TEST = 'tests/mappings/miis/samples.test.ts'
const exchange = (row: string, name: string, ...makes: string[]): Claim => ({ row, sample: `miis/${name}.json`, makes, test: TEST })

export const MIIS: readonly Claim[] = [
  exchange('outpatient-home-page', '2203-outpatient-visit', 'Encounter', 'Condition'),
  exchange('outpatient-prescription', '2204-outpatient-charges', 'MedicationRequest'),
  exchange('outpatient-billing', '2204-outpatient-charges', 'ChargeItem'),
  exchange('inpatient-home-page', '4101-settlement-list', 'Composition', 'Encounter', 'Procedure'),
  exchange('persons', '2203-outpatient-visit', 'Patient'),
  exchange('diagnoses', '4101-settlement-list', 'Condition'),
  exchange('operations', '4101-settlement-list', 'Procedure'),
  exchange('laboratory-mutual', '4502-lab-report', 'DiagnosticReport', 'Observation'),
  exchange('settlement', '2207-response', 'ExplanationOfBenefit'),
]
