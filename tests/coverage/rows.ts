/**
 * What each kind of source has of a patient's record, by an interview study of hospitals, insurance and platforms in China (its Table 2), and
 * below it what the sources of this tree send beyond that.
 */
export const SOURCES = ['hospital', 'miis', 'rhip'] as const
export type Source = (typeof SOURCES)[number]

export interface Row {
  part: 'outpatient' | 'inpatient' | 'beyond'
  id: string
  name: string
  /** sources that have it by the study; of `beyond` those that send it here */
  has: readonly Source[]
  /** those of them whose interface has no message that carries it, by the tables of docs/miis.md */
  uncarried?: readonly Source[]
}

const row = (part: Row['part'], id: string, name: string, ...has: Source[]): Row => ({ part, id, name, has })
const ALL = SOURCES
/** The study saw it in files of the insurance; no transaction of its interface carries it. */
const notByInsurance = (row: Row): Row => ({ ...row, uncarried: ['miis'] })

export const ROWS: readonly Row[] = [
  row('outpatient', 'outpatient-home-page', 'home page', ...ALL),
  row('outpatient', 'outpatient-record', 'medical record', ...ALL),
  row('outpatient', 'outpatient-prescription', 'prescription', 'hospital', 'miis'),
  row('outpatient', 'outpatient-billing', 'billing', 'hospital', 'miis'),
  row('outpatient', 'outpatient-laboratory', 'laboratory reports', 'hospital', 'rhip'),
  row('outpatient', 'outpatient-imaging', 'imaging', 'hospital', 'rhip'),
  row('inpatient', 'inpatient-home-page', 'home page', ...ALL),
  row('inpatient', 'admission-record', 'admission record', ...ALL),
  row('inpatient', 'disease-record', 'disease record', 'hospital', 'rhip'),
  notByInsurance(row('inpatient', 'surgical-consent', 'surgical consent', ...ALL)),
  notByInsurance(row('inpatient', 'anaesthesia-consent', 'anaesthesia consent', ...ALL)),
  notByInsurance(row('inpatient', 'transfusion-consent', 'transfusion consent', ...ALL)),
  row('inpatient', 'examination-consent', 'special-examination consent', 'hospital', 'rhip'),
  notByInsurance(row('inpatient', 'critical-notice', 'critical-illness notice', ...ALL)),
  row('inpatient', 'inpatient-prescription', 'prescription', 'hospital', 'miis'),
  row('inpatient', 'inpatient-billing', 'billing', 'hospital', 'miis'),
  row('inpatient', 'orders', 'medical orders', 'hospital', 'rhip'),
  row('inpatient', 'examination-reports', 'auxiliary-examination reports', 'hospital', 'rhip'),
  row('inpatient', 'temperature-list', 'temperature list', 'hospital', 'rhip'),
  row('inpatient', 'imaging-reports', 'imaging reports', 'hospital', 'rhip'),
  row('inpatient', 'pathology-reports', 'pathology reports', 'hospital', 'rhip'),
  row('beyond', 'persons', 'persons and their numbers', ...ALL),
  row('beyond', 'registration', 'registration of an outpatient visit', 'miis'),
  row('beyond', 'admission', 'registration of an admission', ...ALL),
  row('beyond', 'discharge', 'discharge', 'miis'),
  row('beyond', 'diagnoses', 'diagnoses', ...ALL),
  row('beyond', 'operations', 'operations', ...ALL),
  row('beyond', 'inpatient-fees', 'inpatient fees', 'rhip'),
  row('beyond', 'discharge-summary', 'discharge summary', ...ALL),
  row('beyond', 'laboratory-mutual', 'laboratory reports of the insurance', 'miis'),
  row('beyond', 'orders-insurance', 'medical orders of the insurance', 'miis'),
  row('beyond', 'course-insurance', 'course, operations and rescues of the insurance', 'miis'),
  row('beyond', 'examination-insurance', 'imaging and pathology reports of the insurance', 'miis'),
  row('beyond', 'vital-signs', 'vital signs of the insurance', 'miis'),
  row('beyond', 'microbiology', 'cultures and susceptibilities', 'miis'),
  row('beyond', 'report-files', 'reports as files', 'hospital', 'miis'),
  row('beyond', 'transfusions', 'transfusions', 'miis'),
  row('beyond', 'settlement', 'settlement', 'miis'),
  row('beyond', 'settlement-state', 'state of a settlement list', 'miis'),
  row('beyond', 'pharmacy', 'purchases in pharmacies', 'miis'),
  row('beyond', 'filings', 'referrals, chronic diseases and designated institutions', 'miis'),
  row('beyond', 'self-paid', 'visits that the insurance does not pay for', 'miis'),
  row('beyond', 'emergency', 'operations and rescues in the emergency department', 'miis'),
]

/** A payload in the tests that holds a row of a source. */
export interface Claim {
  row: string
  /** below tests/fixtures/samples */
  sample: string
  /** what must come of it: a type, or a type and profile, `DiagnosticReport (cn-diagnosticreport-pathology)` */
  makes: readonly string[]
  /** the test that says what must come of it */
  test: string
}
