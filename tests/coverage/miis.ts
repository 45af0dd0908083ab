/** What the insurance sends. */
import type { Claim } from './rows.ts'

const exchange =
  (test: string) =>
  (row: string, name: string, ...makes: string[]): Claim => ({
    row,
    sample: `miis/${name}.json`,
    makes,
    test: `tests/mappings/miis/${test}.test.ts`,
  })
const basic = exchange('samples')
const visits = exchange('visits')
const settlements = exchange('settlements')
const record = exchange('medical-record')
const reports = exchange('reports')
const pharmacy = exchange('pharmacy')
const filings = exchange('filings')
const selfPaid = exchange('self-paid')

export const MIIS: readonly Claim[] = [
  basic('outpatient-home-page', '2203-outpatient-visit', 'Encounter', 'Condition'),
  record('outpatient-record', '4301-outpatient-record', 'Composition (cn-composition-outpatient)', 'Condition'),
  record('outpatient-prescription', '4301-outpatient-record', 'MedicationRequest'),
  basic('outpatient-prescription', '2204-outpatient-charges', 'MedicationRequest'),
  basic('outpatient-billing', '2204-outpatient-charges', 'ChargeItem'),
  basic('inpatient-home-page', '4101-settlement-list', 'Composition', 'Encounter', 'Procedure'),
  record(
    'inpatient-home-page',
    '4401-home-page',
    'Composition',
    'Encounter',
    'Condition',
    'Procedure',
    'Account',
    'ChargeItem',
    'Observation',
    'AllergyIntolerance',
  ),
  record('admission-record', '4701-medical-record', 'Composition (cn-composition-admission)', 'Observation (cn-vital-sign)'),
  settlements('inpatient-prescription', '2301-inpatient-charges', 'MedicationRequest'),
  settlements('inpatient-billing', '2301-inpatient-charges', 'ChargeItem'),
  settlements('inpatient-billing', '2304-inpatient-settlement', 'Claim', 'ExplanationOfBenefit'),
  record('orders-insurance', '4402-orders', 'MedicationRequest', 'ServiceRequest'),
  reports('examination-insurance', '4501-examination-report', 'DiagnosticReport (cn-diagnosticreport-imaging)', 'ImagingStudy'),
  reports('examination-insurance', '4505-pathology-report', 'DiagnosticReport (cn-diagnosticreport-pathology)', 'Specimen'),
  reports('vital-signs', '4602-vital-signs', 'Observation (cn-vital-sign)'),
  record('course-insurance', '4701-medical-record', 'Composition (cn-composition-firstcourse)', 'Composition (cn-composition)'),
  basic('persons', '2203-outpatient-visit', 'Patient'),
  visits('registration', '2201-registration', 'Encounter', 'Coverage'),
  visits('admission', '2401-admission', 'Encounter', 'Condition'),
  visits('discharge', '2402-discharge', 'Encounter'),
  basic('diagnoses', '4101-settlement-list', 'Condition'),
  basic('operations', '4101-settlement-list', 'Procedure'),
  record('operations', '4401-home-page', 'Procedure'),
  record('discharge-summary', '4701-medical-record', 'Composition (cn-composition-discharge)'),
  basic('laboratory-mutual', '4502-lab-report', 'DiagnosticReport', 'Observation'),
  reports('microbiology', '4503-culture', 'Observation', 'DiagnosticReport'),
  reports('microbiology', '4504-susceptibility', 'Observation'),
  reports('report-files', '4506-report-file', 'DocumentReference', 'Binary'),
  reports('transfusions', '4601-transfusion', 'Procedure', 'Observation'),
  basic('settlement', '2207-response', 'ExplanationOfBenefit'),
  pharmacy('settlement-state', '4102-settlement-list-state', 'Composition'),
  pharmacy('pharmacy', '2102-pharmacy-purchase', 'ChargeItem', 'MedicationRequest', 'Claim', 'ExplanationOfBenefit', 'Encounter'),
  filings('filings', '2501-referral', 'ServiceRequest', 'Coverage'),
  filings('filings', '2503-chronic-disease', 'Condition', 'EpisodeOfCare'),
  filings('filings', '2505-designation', 'EpisodeOfCare'),
  selfPaid('self-paid', '4202-self-paid-stay', 'Patient', 'Encounter', 'Condition'),
  selfPaid('self-paid', '4201A-self-paid-charges', 'ChargeItem', 'MedicationRequest'),
  selfPaid('self-paid', '4205-self-paid-visit', 'Encounter', 'Condition', 'ChargeItem'),
  selfPaid('emergency', '4302-emergency-record', 'Procedure', 'Composition'),
]
