/** What regional platforms send. */
import type { Claim } from './rows.ts'

const table = (row: string, name: string, test: string, ...makes: string[]): Claim => ({
  row,
  sample: `rhip/${name}`,
  makes,
  test: `tests/mappings/rhip/${test}.test.ts`,
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
  table('persons', '20260310/TB_YL_PATIENT_INFORMATION.csv', 'tables', 'Patient'),
  table('admission', '20260311/TB_HIS_ZY_ADM_REG.csv', 'inpatient-visit', 'Encounter'),
  table('diagnoses', '20260311/TB_IH_DIAGNOSIS_DETAIL.csv', 'diagnosis-detail', 'Condition'),
  table('operations', '20260311/TB_OPRATION_DETAIL.csv', 'operation', 'Procedure'),
  table('inpatient-fees', '20260311/TB_HIS_ZY_FEE_DETAIL_FS.csv', 'charge', 'ChargeItem'),
  table('discharge-summary', '20260311/TB_CIS_LEAVEHOSPITAL_SUMMARY.csv', 'discharge-summary', 'Composition', 'Encounter'),
]
