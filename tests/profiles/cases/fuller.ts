/** Fuller examples of profiles that have a plain one: every extension, every slice, and something beside the slices. */
import { breaks, differs, extension, holds, identified, lacks, outside, PATIENT, single, twice, VISIT } from './broken.ts'
import { B, coding, concept, cs, fuller, ID_CARD, ORG, type ProfileCases, profile } from './case.ts'
import { condition, encounter, medicationRequest, observation, report } from './clinical.ts'
import { composition, consent, discharge, provenance, study } from './documents.ts'
import { claim, coverage, settlement } from './insurance.ts'
import { hospital, patient, practitioner } from './people.ts'

const LOCAL = { system: `${B}/sid/H1/number`, value: '1' }
const GB = 'urn:oid:2.16.156.10011.2.3.3'
const DIVISION = coding(`${GB}.2`, '310100')
const LOINC = 'http://loinc.org'

export const fullPatient = fuller(
  patient,
  {
    extension: [
      extension('cn-ethnicity', { valueCoding: coding(`${GB}.3`, '01') }),
      extension('cn-gender-gb', { valueCoding: coding(`${GB}.4`, '1') }),
      extension('cn-native-place', { valueString: '北京' }),
      extension('cn-household-register', { valueCodeableConcept: concept(cs('cn-household-kind'), 'urban') }),
      extension('cn-occupation', { valueCodeableConcept: { text: '教师' } }),
      extension('cn-education', { valueCodeableConcept: { text: '大学' } }),
      extension('cn-employment-status', { valueCodeableConcept: concept(`${GB}.13`, '11') }),
    ],
    identifier: [{ system: ID_CARD, value: '110100195803120019' }, { system: 'urn:oid:2.16.156.10011.1.2', value: '1' }, LOCAL],
    contact: [{ relationship: [concept(`${GB}.8`, '2'), { text: '长子' }], name: { text: '王小明' } }],
  },
  [
    ...single('Patient', ['ethnicity', 'genderGb', 'nativePlace', 'householdRegister', 'occupation', 'education', 'employmentStatus']),
    twice('Patient', 'identifier[1]', 'ehrNo'),
    twice('Patient', 'address[0].extension[0]', 'kind'),
    outside('Patient', 'contact[0].relationship[0]', concept('urn:x', '2'), { severity: 'warning' }),
  ],
)

export const fullPractitioner = fuller(
  practitioner,
  {
    identifier: [
      { system: ID_CARD, value: '110100195803120019' },
      { system: `${B}/sid/nhsa/practitioner`, value: 'D110105000001' },
      { system: `${B}/sid/doctor-licence`, value: '110110000000001' },
      LOCAL,
    ],
  },
  [
    ...identified('Practitioner', 'identifier[3]'),
    ...single('Practitioner', ['title']),
    ...single('Practitioner', ['idCard', 'nhsaDoctor', 'licence'], 'identifier'),
    breaks('Practitioner', 'cn-id-1', 'a number of another shape', (r) => (r.identifier[0].value = '12'), { path: 'identifier[0]' }),
    breaks('Practitioner', 'cn-pat-1', 'the same, seen from the root', (r) => (r.identifier[0].value = '12')),
  ],
)

export const fullHospital = fuller(
  hospital,
  {
    extension: [
      extension('cn-admin-level', { valueCode: 'prefectural' }),
      extension('cn-hospital-level', { valueCode: '3A' }),
      extension('cn-admin-division', { valueCoding: DIVISION }),
      extension('cn-supervised-by', { valueReference: { reference: 'Organization/HA' } }),
      extension('cn-mi-designated', { valueBoolean: true }),
    ],
    identifier: [
      { system: ORG, value: '12110000000000001N' },
      { system: `${B}/sid/uscc`, value: '91350100M000100Y43' },
      { system: `${B}/sid/nhsa/fixmedins`, value: 'H11010500001' },
      { system: `${B}/sid/miplrn`, value: '1' },
      LOCAL,
    ],
  },
  [
    ...identified('Organization', 'identifier[4]'),
    ...single('Organization', ['adminLevel', 'hospitalLevel', 'adminDivision', 'supervisedBy', 'miDesignated']),
    ...single('Organization', ['orgCode', 'uscc', 'fixmedins', 'licence'], 'identifier'),
    lacks('Organization', 'identifier'),
    breaks('Organization', 'cn-org-1', 'a credit code of another shape', (r) => (r.identifier[1].value = 'I')),
  ],
)

export const fullEncounter = fuller(
  encounter,
  {
    extension: [
      extension('cn-med-type', { valueCoding: coding(cs('nhsa-med-type'), '21') }),
      extension('cn-visit-number', { valuePositiveInt: 1 }),
    ],
    participant: [{ type: [concept(cs('cn-role'), 'technician')], individual: { reference: 'Practitioner/1' } }],
    hospitalization: { admitSource: { text: '救护车' }, dischargeDisposition: concept('urn:oid:2.16.156.10011.2.3.1.265', '1') },
  },
  [
    ...identified('Encounter'),
    ...single('Encounter', ['medType', 'visitNumber']),
    twice('Encounter', 'diagnosis[0].extension[0]', 'admissionCondition'),
    outside('Encounter', 'hospitalization.admitSource', concept('urn:x', '1'), { severity: 'warning' }),
    outside('Encounter', 'participant[0].type[0]', concept('urn:x', '1'), { severity: 'warning' }),
  ],
)

export const fullCondition = fuller(
  condition,
  {
    extension: [extension('cn-admission-condition', { valueCoding: coding('urn:oid:2.16.156.10011.2.3.1.253', '1') })],
    identifier: [LOCAL],
    code: {
      coding: [
        { system: 'urn:oid:2.16.156.10011.2.3.3.11.3', code: 'I20.000' },
        { system: 'urn:oid:2.16.156.10011.2.3.3.14', code: 'BNX010' },
        { system: `${B}/sid/H1/diagnosis`, code: '1' },
      ],
    },
  },
  [...identified('Condition'), ...single('Condition', ['admissionCondition']), lacks('Condition', 'code.coding[1].code')],
)

export const fullObservation = fuller(
  observation,
  {
    extension: [extension('cn-lab-method', { valueString: '流式细胞术' }), extension('cn-mutual-recognition', { valueBoolean: true })],
    category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory'), { text: '血常规' }],
  },
  [
    ...identified('Observation'),
    ...single('Observation', ['method', 'mutualRecognition']),
    twice('Observation', 'category[0]', 'laboratory'),
    lacks('Observation', 'code.coding[1].code'),
  ],
)

export const fullReport = fuller(
  report,
  { category: [concept('http://terminology.hl7.org/CodeSystem/v2-0074', 'LAB'), { text: '血常规' }] },
  [
    ...identified('DiagnosticReport'),
    ...single('DiagnosticReport', ['mutualRecognition']),
    lacks('DiagnosticReport', 'category'),
    twice('DiagnosticReport', 'category[0]', 'lab'),
  ],
)

export const fullPrescription = fuller(
  medicationRequest,
  {
    extension: [
      extension('cn-order-kind', { valueCode: 'temporary' }),
      extension('cn-herbal-doses', { valuePositiveInt: 7 }),
      extension('cn-item-level', { valueCoding: coding(cs('nhsa-item-level'), '01') }),
    ],
  },
  [...identified('MedicationRequest'), ...single('MedicationRequest', ['orderKind', 'herbalDoses', 'itemLevel'])],
)

export const fullCoverage = fuller(
  coverage,
  {
    extension: [
      extension('cn-pool-area', { valueCoding: DIVISION }),
      extension('cn-person-type', { valueCoding: coding(cs('nhsa-psn-type'), '11') }),
      extension('cn-admin-division', { valueCoding: DIVISION }),
      extension('cn-civil-servant', { valueBoolean: false }),
      {
        url: profile('cn-offsite-filing'),
        extension: [
          { url: 'place', valueCoding: DIVISION },
          { url: 'period', valuePeriod: { start: '2026-01-01' } },
        ],
      },
    ],
    class: ['plan', 'group', 'subplan'].map((code) => ({
      type: concept('http://terminology.hl7.org/CodeSystem/coverage-class', code),
      value: '1',
    })),
  },
  [
    ...identified('Coverage'),
    ...single('Coverage', ['poolArea', 'personType', 'adminDivision', 'civilServant']),
    ...single('Coverage', ['plan', 'group'], 'class'),
  ],
)

const INSURANCE_EXTENSIONS = {
  medType: extension('cn-med-type', { valueCoding: coding(cs('nhsa-med-type'), '11') }),
  poolArea: extension('cn-pool-area', { valueCoding: DIVISION }),
  refund: extension('cn-refund', { valueBoolean: false }),
  offsite: extension('cn-offsite', { valueBoolean: true }),
}

export const fullClaim = fuller(
  claim,
  {
    extension: Object.values(INSURANCE_EXTENSIONS),
    item: [
      {
        extension: [extension('cn-item-level', { valueCoding: coding(cs('nhsa-item-level'), '01') })],
        sequence: 1,
        category: concept(cs('nhsa-fee-category'), '09'),
        productOrService: { text: '药' },
        net: { value: 43, currency: 'CNY' },
      },
    ],
  },
  [...identified('Claim'), ...single('Claim', Object.keys(INSURANCE_EXTENSIONS)), twice('Claim', 'item[0].extension[0]', 'itemLevel')],
)

const TOTALS = [
  ...['medfee_sumamt', 'fulamt_ownpay_amt', 'overlmt_selfpay', 'preselfpay_amt', 'inscp_scp_amt', 'act_pay_dedc', 'hifp_pay'],
  ...['cvlserv_pay', 'hifes_pay', 'hifmi_pay', 'hifob_pay', 'hifdm_pay', 'maf_pay', 'oth_pay', 'fund_pay_sumamt', 'psn_part_amt'],
  ...['acct_pay', 'psn_cash_pay', 'acct_mulaid_pay', 'hosp_part_amt'],
]

/** A visit without any cost: each amount is there, and each sum holds. */
export const fullSettlement = fuller(
  settlement,
  {
    extension: [...Object.values(INSURANCE_EXTENSIONS), extension('cn-clearing-agency', { valueString: '310100' })],
    identifier: [{ system: `${B}/sid/nhsa/setl-id`, value: '1' }, LOCAL],
    adjudication: undefined,
    total: TOTALS.map((code) => ({ category: concept(cs('nhsa-settlement-total'), code), amount: { value: 0, currency: 'CNY' } })),
  },
  [
    ...identified('ExplanationOfBenefit'),
    ...single('ExplanationOfBenefit', [...Object.keys(INSURANCE_EXTENSIONS), 'clearingAgency']),
    ...single('ExplanationOfBenefit', TOTALS, 'total'),
    outside('ExplanationOfBenefit', 'type', { text: '门诊' }),
    differs('ExplanationOfBenefit', 'use', 'preauthorization'),
  ],
)

export const fullComposition = fuller(
  composition,
  {
    extension: [extension('cn-template-id', { valueOid: 'urn:oid:2.16.156.10011.2.1.1.52' })],
    type: { coding: [coding('urn:oid:2.16.156.10011.2.4', 'C0032'), coding(LOINC, '11488-4')] },
    subject: PATIENT,
    encounter: VISIT,
  },
  [
    ...single('Composition', ['templateId']),
    lacks('Composition', 'identifier.value'),
    lacks('Composition', 'type.coding[0].code'),
    holds('a type in words', 'type', { text: 'x' }, { code: 'required', expression: 'Composition.type.coding' }),
  ],
)

const SECTION = { code: concept(LOINC, '8716-3'), text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' } }

/** With a section that the profile does not name. */
export const fullDischarge = fuller(discharge, { section: [...(discharge.valid.section as object[]), SECTION] }, [
  lacks('Composition', 'section'),
])

export const fullConsent = fuller(consent, { category: [...(consent.valid.category as object[]), { text: '生物样本' }] }, [
  ...identified('Consent'),
  ...single('Consent', ['noticeVersion']),
  outside('Consent', 'category[0]', concept('urn:x', 'y'), { severity: 'warning' }),
])

export const fullProvenance = fuller(provenance, {}, [...single('Provenance', ['mappingVersion'])])

const RECIPIENTS = [
  extension('cn-hgr-approval', { valueString: 'HGR-1' }),
  extension('cn-foreign-party', { valueBoolean: true }),
  ...(study.valid.extension as object[]),
]

export const fullStudy = fuller(study, { extension: RECIPIENTS }, [
  ...identified('ResearchStudy'),
  ...single('ResearchStudy', ['hgrApproval', 'foreignParty']),
])

/** A relative told in words alone. */
export const relativeInWords: ProfileCases = {
  id: 'cn-familymemberhistory',
  valid: {
    resourceType: 'FamilyMemberHistory',
    meta: { profile: [profile('cn-familymemberhistory')] },
    status: 'completed',
    patient: PATIENT,
    relationship: { text: '堂兄' },
    condition: [{ code: { text: '高血压' } }],
  },
  broken: [lacks('FamilyMemberHistory', 'condition')],
}
