/** Each extension of ours on a resource that may have it: its value, another type, no value, an extension inside, a code of no table. */
import { type Broken, holds, lacks, pointsTo } from './broken.ts'
import { coding, concept, cs, type ProfileCases, profile } from './case.ts'

const PATIENT = { reference: 'Patient/1' }
const money = { value: 1, currency: 'CNY' }
const CONDITION = { reference: 'Condition/1' }

type Json = Record<string, unknown>
type Host = (extension: object) => Json

/** By the context of the extension: the least that is a resource of that type. */
const HOSTS = {
  Patient: (e) => ({ resourceType: 'Patient', extension: [e] }),
  Address: (e) => ({ resourceType: 'Patient', address: [{ extension: [e] }] }),
  RelatedPerson: (e) => ({ resourceType: 'RelatedPerson', extension: [e], patient: PATIENT }),
  Practitioner: (e) => ({ resourceType: 'Practitioner', extension: [e] }),
  Organization: (e) => ({ resourceType: 'Organization', extension: [e], name: '医院' }),
  Encounter: (e) => ({ resourceType: 'Encounter', extension: [e], status: 'planned', class: AMBULATORY }),
  Diagnosis: (e) => ({
    resourceType: 'Encounter',
    status: 'planned',
    class: AMBULATORY,
    diagnosis: [{ extension: [e], condition: CONDITION }],
  }),
  Procedure: (e) => ({ resourceType: 'Procedure', extension: [e], status: 'completed', subject: PATIENT }),
  Observation: (e) => ({ resourceType: 'Observation', extension: [e], status: 'final', code: { text: '体温' } }),
  DiagnosticReport: (e) => ({ resourceType: 'DiagnosticReport', extension: [e], status: 'final', code: { text: 'CT' } }),
  ImagingStudy: (e) => ({ resourceType: 'ImagingStudy', extension: [e], status: 'available', subject: PATIENT }),
  MedicationRequest: (e) => ({
    resourceType: 'MedicationRequest',
    extension: [e],
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { text: '药' },
    subject: PATIENT,
  }),
  ServiceRequest: (e) => ({ resourceType: 'ServiceRequest', extension: [e], status: 'active', intent: 'order', subject: PATIENT }),
  Medication: (e) => ({ resourceType: 'Medication', extension: [e], code: { text: '药' } }),
  MedicationAdministration: (e) => ({
    resourceType: 'MedicationAdministration',
    extension: [e],
    status: 'completed',
    medicationCodeableConcept: { text: '药' },
    subject: PATIENT,
    effectiveDateTime: '2026-03-06',
  }),
  AllergyIntolerance: (e) => ({ resourceType: 'AllergyIntolerance', extension: [e], verificationStatus: VERIFICATION, patient: PATIENT }),
  Immunization: (e) => ({
    resourceType: 'Immunization',
    extension: [e],
    status: 'completed',
    vaccineCode: { text: '疫苗' },
    patient: PATIENT,
    occurrenceDateTime: '2026-03-06',
  }),
  Coverage: (e) => ({ resourceType: 'Coverage', extension: [e], status: 'active', beneficiary: PATIENT, payor: [PATIENT] }),
  ClaimItem: (e) => ({ ...CLAIM, item: [{ extension: [e], sequence: 1, productOrService: { text: '药' }, net: money }] }),
  Claim: (e) => ({ ...CLAIM, extension: [e] }),
  ChargeItem: (e) => ({ resourceType: 'ChargeItem', extension: [e], status: 'billable', code: { text: '药' }, subject: PATIENT }),
  ExplanationOfBenefit: (e) => ({
    resourceType: 'ExplanationOfBenefit',
    extension: [e],
    status: 'active',
    type: { text: '门诊' },
    use: 'claim',
    patient: PATIENT,
    created: '2026-03-09',
    insurer: { reference: 'Organization/1' },
    provider: { reference: 'Organization/1' },
    outcome: 'complete',
    insurance: [{ focal: true, coverage: { reference: 'Coverage/1' } }],
  }),
  Composition: (e) => ({ ...COMPOSITION, extension: [e] }),
  Attester: (e) => ({ ...COMPOSITION, attester: [{ extension: [e], mode: 'personal' }] }),
  DocumentReference: (e) => ({
    resourceType: 'DocumentReference',
    extension: [e],
    status: 'current',
    content: [{ attachment: { contentType: 'application/pdf' } }],
  }),
  Consent: (e) => ({ ...CONSENT, extension: [e] }),
  Provision: (e) => ({ ...CONSENT, provision: { extension: [e] } }),
  NestedProvision: (e) => ({ ...CONSENT, provision: { provision: [{ extension: [e] }] } }),
  ResearchStudy: (e) => ({ resourceType: 'ResearchStudy', extension: [e], status: 'active' }),
  Provenance: (e) => ({ ...PROVENANCE, extension: [e] }),
  Entity: (e) => ({ ...PROVENANCE, entity: [{ extension: [e], role: 'source', what: PATIENT }] }),
  RelatedArtifact: (e) => ({ resourceType: 'Measure', status: 'active', relatedArtifact: [{ extension: [e], type: 'composed-of' }] }),
  MeasureReport: (e) => ({
    resourceType: 'MeasureReport',
    extension: [e],
    status: 'complete',
    type: 'summary',
    measure: 'urn:x',
    period: { start: '2026' },
  }),
  Group: (e) => ({ resourceType: 'Group', extension: [e], type: 'person', actual: true }),
} satisfies Record<string, Host>

const AMBULATORY = coding('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'AMB')
const VERIFICATION = concept('http://terminology.hl7.org/CodeSystem/allergyintolerance-verification', 'entered-in-error')
const CLAIM = {
  resourceType: 'Claim',
  status: 'active',
  type: { text: '门诊' },
  use: 'claim',
  patient: PATIENT,
  created: '2026-03-09',
  provider: { reference: 'Organization/1' },
  priority: { text: '普通' },
  insurance: [{ sequence: 1, focal: true, coverage: { reference: 'Coverage/1' } }],
}
const COMPOSITION = {
  resourceType: 'Composition',
  status: 'final',
  type: { text: '出院记录' },
  date: '2026-03-12',
  author: [{ reference: 'Practitioner/1' }],
  title: '出院记录',
}
const CONSENT = {
  resourceType: 'Consent',
  status: 'active',
  scope: concept('http://terminology.hl7.org/CodeSystem/consentscope', 'research'),
  category: [{ text: '知情同意' }],
  patient: PATIENT,
  policyRule: { text: '同意' },
}
const PROVENANCE = { resourceType: 'Provenance', target: [PATIENT], recorded: '2026-03-06T08:16:00+08:00', agent: [{ who: PATIENT }] }

/** Where the extension stands in a host. */
const PLACES: Partial<Record<keyof typeof HOSTS, string>> = {
  Address: 'address[0].extension[0]',
  Diagnosis: 'diagnosis[0].extension[0]',
  ClaimItem: 'item[0].extension[0]',
  Attester: 'attester[0].extension[0]',
  Provision: 'provision.extension[0]',
  NestedProvision: 'provision.provision[0].extension[0]',
  Entity: 'entity[0].extension[0]',
  RelatedArtifact: 'relatedArtifact[0].extension[0]',
}

const TYPES: Record<string, string> = { PositiveInt: 'positiveInt', UnsignedInt: 'unsignedInt', DateTime: 'dateTime' }
const COMPLEX = new Set(['Coding', 'CodeableConcept', 'Reference', 'Period', 'Money'])
/** valuePositiveInt to positiveInt */
const typeOf = (key: string): string => {
  const name = key.slice('value'.length)
  return COMPLEX.has(name) ? name : (TYPES[name] ?? name.toLowerCase())
}

const OTHER_TYPE = { valueMarkdown: 'x' }
const INNER = { url: 'urn:x', valueString: 'x' }

/** What every extension with one value forbids. */
function valueBroken(type: string, at: string, url: string, key: string, value: unknown): Broken[] {
  const there = `${type}.${at}`
  return [
    holds('no value', at, { url, id: 'x' }, { code: 'required', expression: `${there}.value` }),
    holds('a value of another type', at, { url, ...OTHER_TYPE }, { code: 'type', rule: typeOf(key), expression: `${there}.value` }),
    holds(
      'an extension inside',
      at,
      { url, [key]: value, extension: [INNER] },
      { code: 'cardinality', rule: 'max 0', expression: `${there}.extension` },
    ),
  ]
}

interface Row {
  /** a value of no table */
  outside?: unknown
  severity?: 'warning'
  /** a type that a reference may not have, and those that it may */
  pointsTo?: [string, string]
}

function one(id: string, on: keyof typeof HOSTS, key: string, value: unknown, row: Row = {}): ProfileCases {
  const at = PLACES[on] ?? 'extension[0]'
  const url = profile(id)
  const valid = HOSTS[on]({ url, [key]: value }) as ProfileCases['valid']
  const type = valid.resourceType
  const broken = valueBroken(type, at, url, key, value)
  const expression = `${type}.${at}.value`
  if (row.outside !== undefined)
    broken.push(
      holds('a value of another table', `${at}.${key}`, row.outside, {
        code: 'binding',
        expression,
        ...(row.severity && { severity: row.severity }),
      }),
    )
  if (row.pointsTo) broken.push(pointsTo(type, `${at}.${key}`, row.pointsTo[0], row.pointsTo[1], `${at}.value`))
  return { id, valid, broken }
}

/** Name, key and value of each part, and whether it has to be there. */
type Part = [url: string, key: string, value: unknown, min: 0 | 1, outside?: string]

const written = (url: string, parts: readonly Part[]): Json => ({
  url,
  extension: parts.map(([part, key, value]) => ({ url: part, [key]: value })),
})

function many(id: string, on: keyof typeof HOSTS, parts: readonly Part[]): ProfileCases {
  const at = PLACES[on] ?? 'extension[0]'
  const url = profile(id)
  const valid = HOSTS[on](written(url, parts)) as ProfileCases['valid']
  const type = valid.resourceType
  const inner = `${type}.${at}.extension`
  const beside = { code: 'cardinality', rule: 'max 0', expression: `${type}.${at}.value` }
  return {
    id,
    valid,
    broken: [
      ...parts.flatMap((part, index) => partBroken(type, at, part, index)),
      ...parts.map((part) =>
        holds(`${part[0]} twice`, at, written(url, [...parts, part]), { code: 'slice', rule: `${part[0]} max 1`, expression: inner }),
      ),
      lacks(type, `${at}.extension`, min1(parts, inner)),
      lacks(type, `${at}.extension`),
      holds('a value beside the parts', at, { ...written(url, parts), valueString: 'x' }, beside),
    ],
  }
}

function partBroken(type: string, at: string, [part, key, value, min, outside]: Part, index: number): Broken[] {
  const place = `${at}.extension[${index}]`
  const inner = `${type}.${at}.extension`
  return [
    ...valueBroken(type, place, part, key, value),
    ...(min ? [holds(`no ${part}`, place, INNER, { code: 'slice', rule: `${part} min 1`, expression: inner })] : []),
    ...(outside === undefined
      ? []
      : [holds(`${part} of another table`, `${place}.${key}`, outside, { code: 'binding', expression: `${type}.${place}.value` })]),
  ]
}

/** Without any part the first mandatory one is missed. */
const min1 = (parts: readonly Part[], expression: string): { code: string; rule: string; expression: string } => ({
  code: 'slice',
  rule: `${parts.find(([, , , min]) => min === 1)?.[0]} min 1`,
  expression,
})

const GB = 'urn:oid:2.16.156.10011.2.3.3'
const CV = 'urn:oid:2.16.156.10011.2.3.1'
const wrong = coding('urn:x', 'y')

export const EXTENSIONS: ProfileCases[] = [
  one('cn-ethnicity', 'Patient', 'valueCoding', coding(`${GB}.3`, '01'), { outside: wrong }),
  one('cn-gender-gb', 'Patient', 'valueCoding', coding(`${GB}.4`, '1'), { outside: wrong }),
  one('cn-native-place', 'Patient', 'valueString', '北京'),
  one('cn-household-register', 'Patient', 'valueCodeableConcept', concept(cs('cn-household-kind'), 'urban')),
  one('cn-occupation', 'Patient', 'valueCodeableConcept', { text: '教师' }),
  one('cn-education', 'Patient', 'valueCodeableConcept', { text: '大学' }),
  one('cn-employment-status', 'Patient', 'valueCodeableConcept', concept(`${GB}.13`, '11')),
  one('cn-address-kind', 'Address', 'valueCode', 'home', { outside: 'castle' }),
  one('cn-admin-level', 'Organization', 'valueCode', 'county', { outside: 'imperial' }),
  one('cn-hospital-level', 'Organization', 'valueCode', '3A', { outside: '4A' }),
  one('cn-admin-division', 'Organization', 'valueCoding', coding(`${GB}.2`, '310100')),
  one('cn-supervised-by', 'Organization', 'valueReference', { reference: 'Organization/HA' }, { pointsTo: ['Patient/1', 'Organization'] }),
  one('cn-mi-designated', 'Organization', 'valueBoolean', true),
  one('cn-authority-level', 'Organization', 'valueCode', 'county', { outside: 'community' }),
  one('cn-professional-title', 'Practitioner', 'valueCodeableConcept', { text: '主任医师' }),
  one('cn-payment-method', 'Encounter', 'valueCodeableConcept', concept(`${CV}.269`, '01'), {
    outside: concept('urn:x', 'y'),
    severity: 'warning',
  }),
  one('cn-med-type', 'Claim', 'valueCoding', coding(cs('nhsa-med-type'), '11')),
  one('cn-visit-number', 'Encounter', 'valuePositiveInt', 2),
  one('cn-admission-condition', 'Diagnosis', 'valueCoding', coding(`${CV}.253`, '1'), { outside: wrong }),
  many('cn-multi-site', 'Practitioner', [
    ['organization', 'valueReference', { reference: 'Organization/H2' }, 1],
    ['period', 'valuePeriod', { start: '2026' }, 0],
  ]),
  one('cn-ownership', 'Organization', 'valueCode', 'mixed', { outside: 'mine' }),
  one(
    'cn-record-custodian',
    'Organization',
    'valueReference',
    { reference: 'Organization/archive' },
    { pointsTo: ['Patient/1', 'Organization'] },
  ),
  many('cn-icu-stay', 'Encounter', [
    ['unit', 'valueString', 'CCU', 1],
    ['period', 'valuePeriod', { start: '2026' }, 1],
  ]),
  one('cn-surgery-timing', 'Procedure', 'valueCode', 'limited', { outside: 'never' }),
  one('cn-unplanned-return', 'Procedure', 'valueBoolean', false),
  one('cn-film-count', 'ImagingStudy', 'valuePositiveInt', 2),
  many('cn-order-execution', 'ServiceRequest', [
    ['time', 'valueDateTime', '2026-03-06', 1],
    ['nurse', 'valueReference', { reference: 'Practitioner/2' }, 0],
  ]),
  one('cn-herbal-piece', 'Medication', 'valueBoolean', true),
  one('cn-skin-test', 'MedicationRequest', 'valueCode', 'pending', { outside: 'itchy' }),
  one('cn-decoction-usage', 'MedicationRequest', 'valueString', '水煎服'),
  one(
    'cn-audit-pharmacist',
    'MedicationRequest',
    'valueReference',
    { reference: 'Practitioner/3' },
    { pointsTo: ['Patient/1', 'Practitioner | PractitionerRole'] },
  ),
  one('cn-restricted-use', 'MedicationRequest', 'valueBoolean', true),
  one('cn-disease-no', 'Claim', 'valueCoding', coding(cs('nhsa-disease'), 'M03900')),
  one('cn-self-pay-ratio', 'ClaimItem', 'valueDecimal', 1),
  one('cn-limit-price', 'ClaimItem', 'valueMoney', money),
  one('cn-due-time', 'Composition', 'valueDateTime', '2026-03-13'),
  one(
    'cn-consent-procedure',
    'Consent',
    'valueReference',
    { reference: 'Procedure/1' },
    { pointsTo: ['Patient/1', 'Procedure | ServiceRequest'] },
  ),
  one('cn-triage-level', 'Encounter', 'valueCoding', coding(cs('cn-triage-level'), '1'), { outside: wrong }),
  one('cn-critical-days', 'Encounter', 'valueUnsignedInt', 0),
  one('cn-clinical-pathway', 'Encounter', 'valueCode', 'none', { outside: 'lost' }),
  one('cn-surgery-level', 'Procedure', 'valueCoding', coding(`${CV}.258`, '4'), { outside: coding(`${CV}.258`, '5') }),
  one('cn-incision-class', 'Procedure', 'valueCode', 'III', { outside: 'IV' }),
  one('cn-healing-grade', 'Procedure', 'valueCoding', coding(`${CV}.257`, '1'), { outside: wrong, severity: 'warning' }),
  one('cn-anaesthesia-method', 'Procedure', 'valueCodeableConcept', concept(`${CV}.159`, '11')),
  one('cn-asa-class', 'Procedure', 'valueCode', 'VI', { outside: 'VII' }),
  one('cn-lab-method', 'Observation', 'valueString', '酶法'),
  one('cn-mutual-recognition', 'Observation', 'valueBoolean', true),
  one('cn-temperature-site', 'Observation', 'valueCode', 'ear', { outside: 'nose' }),
  one('cn-after-cooling', 'Observation', 'valueBoolean', true),
  one('cn-chart-slot', 'Observation', 'valueTime', '06:00:00'),
  one('cn-positive-finding', 'DiagnosticReport', 'valueBoolean', true),
  one('cn-order-kind', 'ServiceRequest', 'valueCode', 'temporary', { outside: 'eternal' }),
  one('cn-nursing-grade', 'ServiceRequest', 'valueCoding', coding(`${CV}.259`, '1'), { outside: wrong }),
  one('cn-stop-time', 'ServiceRequest', 'valueDateTime', '2026-03-06'),
  one('cn-herbal-doses', 'MedicationRequest', 'valuePositiveInt', 7),
  one('cn-drug-specification', 'Medication', 'valueString', '0.5g×20片'),
  one('cn-essential-drug', 'Medication', 'valueBoolean', true),
  one(
    'cn-double-check',
    'MedicationAdministration',
    'valueReference',
    { reference: 'Practitioner/2' },
    { pointsTo: ['Patient/1', 'Practitioner | PractitionerRole'] },
  ),
  one('cn-allergy-source', 'AllergyIntolerance', 'valueCode', 'told', { outside: 'dreamt' }),
  one('cn-vaccine-category', 'Immunization', 'valueCode', 'other', { outside: 'free' }),
  one('cn-pool-area', 'Coverage', 'valueCoding', coding(`${GB}.2`, '310100')),
  one('cn-person-type', 'Coverage', 'valueCoding', coding(cs('nhsa-psn-type'), '11')),
  one('cn-civil-servant', 'Coverage', 'valueBoolean', true),
  many('cn-offsite-filing', 'Coverage', [
    ['place', 'valueCoding', coding(`${GB}.2`, '310100'), 1],
    ['period', 'valuePeriod', { start: '2026' }, 0],
  ]),
  one('cn-item-level', 'ClaimItem', 'valueCoding', coding(cs('nhsa-item-level'), '01')),
  one('cn-fee-category', 'ChargeItem', 'valueCoding', coding(cs('nhsa-fee-category'), '01'), { outside: wrong }),
  one('cn-clearing-agency', 'ExplanationOfBenefit', 'valueString', '310100'),
  one('cn-refund', 'Claim', 'valueBoolean', false),
  one('cn-offsite', 'Claim', 'valueBoolean', true),
  one('cn-template-id', 'Composition', 'valueOid', 'urn:oid:2.16.156.10011.2.1.1.69'),
  one('cn-substitute-signing', 'Composition', 'valueCode', 'rescue', { outside: 'lazy' }),
  one('cn-signatory-relation', 'Attester', 'valueCodeableConcept', concept(`${GB}.8`, '1'), {
    outside: concept('urn:x', 'y'),
    severity: 'warning',
  }),
  one('cn-signature-state', 'DocumentReference', 'valueCode', 'signed', { outside: 'sealed' }),
  one('cn-notice-version', 'Consent', 'valueString', '2026-01'),
  one('cn-consent-study', 'Provision', 'valueReference', { reference: 'ResearchStudy/1' }, { pointsTo: ['Patient/1', 'ResearchStudy'] }),
  one('cn-data-form', 'Provision', 'valueCode', 'ANON', { outside: 'RAW' }),
  one('cn-meta-model', 'NestedProvision', 'valueCode', 'broad', { outside: 'narrow' }),
  one('cn-hgr-approval', 'ResearchStudy', 'valueString', 'HGR-1'),
  one('cn-foreign-party', 'ResearchStudy', 'valueBoolean', true),
  one('cn-recipient', 'ResearchStudy', 'valueReference', { reference: 'Organization/1' }, { pointsTo: ['Patient/1', 'Organization'] }),
  one('cn-mapping-version', 'Provenance', 'valueString', '1'),
  one('cn-payload-digest', 'Entity', 'valueString', 'e3b0'),
  one('cn-measure-weight', 'RelatedArtifact', 'valueDecimal', 1),
  one('cn-audited-source', 'MeasureReport', 'valueCode', 'miis', { outside: 'rumour' }),
  one('cn-grade', 'MeasureReport', 'valueCode', 'A', { outside: 'E' }),
  one('cn-cohort-criteria', 'Group', 'valueCanonical', 'urn:x'),
  many('cn-guardianship', 'RelatedPerson', [
    ['period', 'valuePeriod', { start: '2026' }, 0],
    ['basis', 'valueCode', 'kin', 1, 'friend'],
  ]),
  many('cn-rescue-count', 'Encounter', [
    ['total', 'valueUnsignedInt', 2, 1],
    ['successful', 'valueUnsignedInt', 1, 0],
  ]),
  many('cn-critical-value', 'DiagnosticReport', [
    ['found', 'valueBoolean', true, 1],
    ['told', 'valueDateTime', '2026-03-06T09:00:00+08:00', 0],
  ]),
  many('cn-ethics-approval', 'ResearchStudy', [
    ['number', 'valueString', 'EC-1', 1],
    ['board', 'valueString', '伦理委员会', 0],
    ['date', 'valueDate', '2026-01-01', 0],
    ['expiry', 'valueDate', '2027-01-01', 0],
    ['waiver', 'valueBoolean', false, 0],
  ]),
]
