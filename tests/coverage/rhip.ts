/** What regional platforms send. */
import type { Claim } from './rows.ts'

const table = (row: string, name: string, test: string, ...makes: string[]): Claim => ({
  row,
  sample: `rhip/${name}`,
  makes,
  test: `tests/mappings/rhip/${test}.test.ts`,
})

const document = (row: string, type: string, ...makes: string[]): Claim => ({
  row,
  sample: `hospital/cda/${type}.xml`,
  makes,
  test: 'tests/mappings/rhip/cda.test.ts',
})

export const RHIP: readonly Claim[] = [
  table('outpatient-home-page', '20260310/TB_YL_MZ_MEDICAL_RECORD.csv', 'outpatient-visit', 'Encounter', 'Condition'),
  table('outpatient-record', '20260310/TB_YL_MZ_MEDICAL_RECORD.csv', 'outpatient-visit', 'Encounter', 'Condition'),
  table('outpatient-laboratory', '20260310/TB_LIS_REPORT.csv', 'tables', 'DiagnosticReport', 'Specimen'),
  table('outpatient-laboratory', '20260310/TB_LIS_INDICATORS.csv', 'tables', 'Observation'),
  table('outpatient-laboratory', 'de-coded-lab.xml', 'de-xml', 'DiagnosticReport', 'Observation', 'Specimen'),
  table('outpatient-imaging', '20260311/TB_RIS_REPORT.csv', 'imaging-report', 'DiagnosticReport'),
  table('inpatient-home-page', '20260311/TB_YL_ZY_MEDICAL_RECORD.csv', 'inpatient-visit', 'Encounter'),
  table('orders', '20260311/TB_CIS_DRADVICE_DETAIL.csv', 'order', 'MedicationRequest', 'ServiceRequest'),
  table('examination-reports', '20260311/TB_RIS_REPORT2.txt', 'examination-report', 'DiagnosticReport (cn-diagnosticreport-other)'),
  table('imaging-reports', '20260311/TB_RIS_REPORT.csv', 'imaging-report', 'DiagnosticReport', 'ImagingStudy'),
  table(
    'pathology-reports',
    '20260311/TB_RIS_REPORT2.txt',
    'examination-report',
    'DiagnosticReport (cn-diagnosticreport-pathology)',
    'Specimen',
  ),
  table('imaging-reports', '20260311/TB_RIS_REPORT2.txt', 'examination-report', 'DiagnosticReport (cn-diagnosticreport-imaging)'),
  document('admission-record', 'C0034', 'Composition', 'Condition', 'Observation'),
  document('disease-record', 'C0037', 'Composition', 'Condition'),
  document('surgical-consent', 'C0026', 'Composition', 'Consent'),
  document('anaesthesia-consent', 'C0027', 'Composition', 'Consent'),
  document('transfusion-consent', 'C0028', 'Composition', 'Consent'),
  document('examination-consent', 'C0029', 'Composition', 'Consent'),
  document('critical-notice', 'C0030', 'Composition', 'DocumentReference'),
  document('temperature-list', 'C0020', 'Composition', 'Observation (cn-vital-sign)'),
  table('persons', '20260310/TB_YL_PATIENT_INFORMATION.csv', 'tables', 'Patient'),
  table('admission', '20260311/TB_HIS_ZY_ADM_REG.csv', 'inpatient-visit', 'Encounter'),
  table('diagnoses', '20260311/TB_IH_DIAGNOSIS_DETAIL.csv', 'diagnosis-detail', 'Condition'),
  table('operations', '20260311/TB_OPRATION_DETAIL.csv', 'operation', 'Procedure'),
  table('inpatient-fees', '20260311/TB_HIS_ZY_FEE_DETAIL_FS.csv', 'charge', 'ChargeItem'),
  table('discharge-summary', '20260311/TB_CIS_LEAVEHOSPITAL_SUMMARY.csv', 'discharge-summary', 'Composition', 'Encounter'),
]
