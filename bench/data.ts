/** Generated data of the benchmarks: patients, their consents, observations. Deterministic: no clock, no randomness. */

/** of the ordinary run; the run of growth loads ten times as many */
export const PATIENTS = 2_000
export const OBSERVATIONS_EACH = 50
/** one patient in so many has refused the insurer */
export const OPTED_OUT_EVERY = 20
export const CODES = ['WBC', 'RBC', 'HGB', 'PLT', 'CRP', 'GLU', 'ALT', 'AST', 'CREA', 'UREA']

const SOURCE = 'Organization/H1'
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

interface Entry {
  resource: Record<string, unknown>
  request: { method: 'PUT'; url: string }
}

const entry = (resource: Record<string, unknown>): Entry => ({
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
})

export const patientId = (n: number): string => `bp-${n}`
export const observationId = (patient: number, n: number): string => `bo-${patient}-${n}`
export const optedOut = (patient: number): boolean => patient % OPTED_OUT_EVERY === 0
/** no name is the beginning of another */
export const patientName = (n: number): string => `患者${String(n).padStart(6, '0')}`

/** Patients by number: the first, and the one after the last. */
export interface Span {
  from: number
  to: number
}

export const ALL: Span = { from: 0, to: PATIENTS }

const numbers = ({ from, to }: Span): number[] => Array.from({ length: to - from }, (_, n) => from + n)

export const patients = (span = ALL): Entry[] =>
  numbers(span).map((n) =>
    entry({
      resourceType: 'Patient',
      id: patientId(n),
      meta: { source: SOURCE },
      identifier: [{ system: 'https://fhir-cn.example/sid/H1/mrn', value: `M${n}` }],
      name: [{ text: patientName(n) }],
      gender: n % 2 === 0 ? 'female' : 'male',
      birthDate: `${1940 + (n % 60)}-0${1 + (n % 9)}-1${n % 10}`,
    }),
  )

/** Everybody lets the insurer read; one in OPTED_OUT_EVERY refuses it later. */
export const consents = (span = ALL): Entry[] =>
  numbers(span).flatMap((n) => [
    entry(consent(n, `bc-${n}`, 'OPTIN', '2025-01-01')),
    ...(optedOut(n) ? [entry(consent(n, `bx-${n}`, 'OPTOUT', '2025-06-01'))] : []),
  ])

function consent(n: number, id: string, policy: string, date: string): Record<string, unknown> {
  const subject = { reference: `Patient/${patientId(n)}` }
  return {
    resourceType: 'Consent',
    id,
    meta: { source: SOURCE },
    identifier: [{ system: 'https://fhir-cn.example/sid/consent-series', value: id }],
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: subject,
    dateTime: date,
    performer: [subject],
    policyRule: { coding: [{ system: ACT_CODE, code: policy }] },
    provision: {
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HPAYMT' }],
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
          reference: { reference: 'Organization/INS' },
        },
      ],
    },
  }
}

export function* observations(span = ALL): Generator<Entry> {
  for (const patient of numbers(span)) {
    for (let n = 0; n < OBSERVATIONS_EACH; n++) yield entry({ ...observation(patient, n), id: observationId(patient, n) })
  }
}

export function observation(patient: number, n: number): Record<string, unknown> {
  const code = CODES[(patient + n) % CODES.length] as string
  const day = String(1 + (n % 28)).padStart(2, '0')
  return {
    resourceType: 'Observation',
    meta: { source: SOURCE },
    identifier: [{ system: 'https://fhir-cn.example/sid/H1/result-no', value: `R${patient}-${n}` }],
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }],
    code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/lab-item', code, display: code }], text: code },
    subject: { reference: `Patient/${patientId(patient)}` },
    effectiveDateTime: `2026-0${1 + (n % 9)}-${day}T08:${String(patient % 60).padStart(2, '0')}:00+08:00`,
    valueQuantity: { value: (patient * 7 + n * 13) % 300, unit: 'U/L', system: 'http://unitsofmeasure.org', code: 'U/L' },
    referenceRange: [{ low: { value: 5, unit: 'U/L' }, high: { value: 40, unit: 'U/L' }, text: '5-40' }],
    note: [{ text: '标本合格。'.repeat(12) }],
  }
}

/** One HL7 v2 laboratory message; every number makes another patient and report. Segments end in CR. */
export function oruMessage(n: number): string {
  const mrn = `B${String(n).padStart(9, '0')}`
  return [
    `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306081530||ORU^R01^ORU_R01|BENCH${n}|P|2.4||||||UNICODE UTF-8`,
    `PID|1||${mrn}^^^0001^PI||测试${n}||19580312|M`,
    `PV1|1|I|0305^心内科^12||||||||||||||||ZYB${n}`,
    `OBR|1|SQB${n}|BGB${n}|XCG^血常规^L|||20260306063000|||||||20260306065500|BLD^全血|D0123^赵医生||||||20260306081500||HM|F`,
    'OBX|1|NM|WBC^白细胞计数^L||11.20|10^9/L|3.5-9.5|H|||F|||20260306080000',
    'OBX|2|NM|RBC^红细胞计数^L||4.50|10^12/L|4.3-5.8||||F',
    'OBX|3|NM|HGB^血红蛋白^L||132|g/L|130-175||||F',
    'OBX|4|NM|PLT^血小板计数^L||95|10^9/L|125-350|L|||F',
    '',
  ].join('\r')
}
