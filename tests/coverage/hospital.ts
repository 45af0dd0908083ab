/** What hospitals send. */
import type { Claim } from './rows.ts'

const message = (row: string, name: string, test: string, ...makes: string[]): Claim => ({
  row,
  sample: `hospital/${name}`,
  makes,
  test: `tests/mappings/hospital/${test}.test.ts`,
})

const document = (row: string, type: string, test: string, ...makes: string[]): Claim => ({
  row,
  sample: `hospital/cda/${type}.xml`,
  makes,
  test: `tests/mappings/hospital/cda-${test}.test.ts`,
})

export const HOSPITAL: readonly Claim[] = [
  message('outpatient-laboratory', 'oru-r01-blood-count.hl7', 'hl7v2-samples', 'DiagnosticReport', 'Observation'),
  message('outpatient-laboratory', 'oul-r22-specimens.hl7', 'hl7v2-laboratories', 'DiagnosticReport', 'Observation', 'Specimen'),
  message('orders', 'oml-o33-specimens.hl7', 'hl7v2-orders', 'ServiceRequest', 'Specimen'),
  message('persons', 'adt-a01-admission.hl7', 'hl7v2-samples', 'Patient'),
  message('admission', 'adt-a01-admission.hl7', 'hl7v2-samples', 'Encounter'),
  message('diagnoses', 'cda-c0049-discharge.xml', 'cda', 'Condition'),
  document('outpatient-home-page', 'C0002', 'records', 'Encounter', 'Condition'),
  document('outpatient-record', 'C0002', 'records', 'Composition', 'Condition', 'MedicationRequest'),
  document('outpatient-prescription', 'C0004', 'drugs', 'MedicationRequest'),
  message('outpatient-billing', 'dft-p03-outpatient.hl7', 'hl7v2-charges', 'ChargeItem'),
  document('outpatient-imaging', 'C0006-imaging', 'reports', 'DiagnosticReport (cn-diagnosticreport-imaging)'),
  document('inpatient-home-page', 'C0032', 'records', 'Composition', 'Encounter', 'Condition', 'Procedure', 'Invoice'),
  message('inpatient-home-page', 'home-page/hqms_20260315.csv', 'home-page', 'Composition', 'Encounter', 'Condition', 'Procedure'),
  message('inpatient-home-page', 'home-page/hqms_20120315.dbf', 'home-page', 'Composition', 'Encounter', 'Condition', 'Procedure'),
  document('admission-record', 'C0034', 'records', 'Composition', 'Condition', 'Observation', 'AllergyIntolerance'),
  document('disease-record', 'C0037', 'signs', 'Composition', 'Condition'),
  document('disease-record', 'C0038', 'records', 'Composition'),
  document('surgical-consent', 'C0026', 'consents', 'Composition', 'Consent', 'RelatedPerson'),
  document('anaesthesia-consent', 'C0027', 'consents', 'Composition', 'Consent'),
  document('transfusion-consent', 'C0028', 'consents', 'Composition', 'Consent'),
  document('examination-consent', 'C0029', 'consents', 'Composition', 'Consent'),
  document('critical-notice', 'C0030', 'consents', 'Composition', 'DocumentReference'),
  document('inpatient-prescription', 'C0052', 'drugs', 'MedicationRequest'),
  document('inpatient-billing', 'C0032', 'records', 'Invoice'),
  message('inpatient-billing', 'home-page/hqms_20260315.csv', 'home-page', 'Account', 'ChargeItem'),
  document('orders', 'C0052', 'drugs', 'Composition', 'MedicationRequest'),
  document('examination-reports', 'C0006', 'reports', 'DiagnosticReport', 'Observation'),
  document('temperature-list', 'C0020', 'signs', 'Composition', 'Observation (cn-vital-sign)'),
  document('imaging-reports', 'C0006-imaging', 'reports', 'DiagnosticReport (cn-diagnosticreport-imaging)'),
  document('pathology-reports', 'C0006-pathology', 'reports', 'DiagnosticReport (cn-diagnosticreport-pathology)', 'Specimen'),
  message('report-files', 'documents/day.zip', 'documents', 'DocumentReference', 'Binary'),
  document('operations', 'C0009', 'operations', 'Procedure'),
  message('discharge-summary', 'cda-c0049-discharge.xml', 'cda', 'Composition', 'DocumentReference'),
]
