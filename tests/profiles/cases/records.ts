import {
  breaks,
  differs,
  DOCTOR,
  extension,
  holds,
  HOSPITAL,
  identified,
  lacks,
  outside,
  PATIENT,
  pointsTo,
  single,
  twice,
  unsliced,
  VISIT,
  warns,
  type Broken,
} from './broken.ts'
import { B, coding, concept, cs, type ProfileCases, profile, meta } from './case.ts'

const DOCUMENTS = 'urn:oid:2.16.156.10011.2.4'
const LOINC = 'http://loinc.org'
const SECTION = cs('cn-section')
const OTHER = concept(LOINC, '11450-4')
const div = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'

/** Where a section stands, its code and what its entries may be. */
interface Section {
  slice: string
  code: string
  system?: string
  /** 1: the document has to have it; 2: at most once */
  min?: 1
  once?: true
  entry?: { reference: string; allowed: string }
}

const section = ({ code, system = LOINC, entry }: Section): object => ({
  code: concept(system, code),
  text: { status: 'generated', div },
  ...(entry && { entry: [{ reference: entry.reference }] }),
})

/** A document of one type with its sections and one more that no profile names. */
function record(id: string, code: string, sections: readonly Section[]): ProfileCases['valid'] {
  return {
    resourceType: 'Composition',
    meta: meta(id),
    identifier: { system: `${B}/sid/H1/document-no`, value: code },
    status: 'final',
    type: concept(DOCUMENTS, code),
    subject: PATIENT,
    encounter: VISIT,
    date: '2026-03-05T16:10:00+08:00',
    author: [DOCTOR],
    title: code,
    custodian: HOSPITAL,
    section: [...sections.map(section), { code: OTHER, text: { status: 'generated', div } }],
  }
}

/** Another type, no sections, and each section missing, twice or with an entry of another type. */
function recordBroken(sections: readonly Section[]): Broken[] {
  return [
    lacks('Composition', 'section'),
    ...sections.flatMap(({ slice, min, once, entry }, index): Broken[] => [
      ...(min ? [unsliced('Composition', `section[${index}]`, slice, { code: OTHER, text: { status: 'generated', div } })] : []),
      ...(once ? [twice('Composition', `section[${index}]`, slice)] : []),
      ...(entry ? [pointsTo('Composition', `section[${index}].entry[0]`, 'Goal/1', entry.allowed)] : []),
    ]),
  ]
}

const documentCases = (id: string, code: string, sections: readonly Section[], more: readonly Broken[] = []): ProfileCases => ({
  id,
  valid: record(id, code, sections),
  broken: [differs('Composition', 'type.coding[0].code', 'C0001'), ...recordBroken(sections), ...more],
})

export const outpatientRecord = documentCases('cn-composition-outpatient', 'C0002', [
  { slice: 'diagnosis', code: '29548-5', min: 1 },
  { slice: 'complaint', code: '10154-3', once: true },
  { slice: 'plan', code: '18776-5' },
])

const OBSERVATIONS = { reference: 'Observation/1', allowed: 'Observation | List' }

export const vitalSignsRecord = documentCases('cn-composition-vitalsigns', 'C0020', [
  { slice: 'vitalSigns', code: '8716-3', min: 1, entry: OBSERVATIONS },
])

const HOME_PAGE: Section[] = [
  { slice: 'diagnosis', code: '11535-2', min: 1, entry: { reference: 'Condition/1', allowed: 'Condition' } },
  { slice: 'operations', code: '47519-4', entry: { reference: 'Procedure/1', allowed: 'Procedure' } },
  {
    slice: 'money',
    code: '48768-6',
    entry: { reference: 'Claim/1', allowed: 'Account | ChargeItem | Claim | Coverage | ExplanationOfBenefit' },
  },
  { slice: 'administration', code: 'administration', system: SECTION },
]

export const homePage: ProfileCases = {
  id: 'cn-composition-homepage',
  valid: record('cn-composition-homepage', 'C0032', HOME_PAGE),
  broken: [
    outside('Composition', 'type.coding[0].code', 'C0034'),
    ...recordBroken(HOME_PAGE),
    breaks('Composition', 'cn-cmp-6', 'of no stay', (r) => delete r.encounter),
    warns('Composition', 'cn-cmp-7', 'without money blocks', (r) => r.section.splice(2, 1)),
  ],
}

export const admissionRecord = documentCases('cn-composition-admission', 'C0034', [
  { slice: 'complaint', code: '10154-3', min: 1 },
  { slice: 'presentIllness', code: '10164-2', min: 1 },
  { slice: 'pastIllness', code: '11348-0', min: 1 },
  { slice: 'examination', code: '29545-1', min: 1 },
  { slice: 'plan', code: '18776-5', min: 1 },
  { slice: 'familyHistory', code: '10157-6', entry: { reference: 'FamilyMemberHistory/1', allowed: 'FamilyMemberHistory' } },
])

export const firstCourse = documentCases('cn-composition-firstcourse', 'C0037', [
  { slice: 'diagnosis', code: '29548-5', min: 1 },
  { slice: 'plan', code: '18776-5', min: 1 },
])

export const dailyCourse = documentCases('cn-composition-dailycourse', 'C0038', [{ slice: 'course', code: '8648-8', min: 1 }])

export const orders = documentCases('cn-composition-orders', 'C0052', [
  { slice: 'orders', code: '46209-3', min: 1, entry: { reference: 'ServiceRequest/1', allowed: 'MedicationRequest | ServiceRequest' } },
  { slice: 'vitalSigns', code: '8716-3', entry: OBSERVATIONS },
])

const SIGNED = {
  extension: [extension('cn-signatory-relation', { valueCodeableConcept: concept('urn:oid:2.16.156.10011.2.3.3.8', '1') })],
  mode: 'personal',
  time: '2026-03-05T16:00:00+08:00',
  party: { reference: 'RelatedPerson/1' },
}

const signed = (cases: ProfileCases): ProfileCases => ({ ...cases, valid: { ...cases.valid, attester: [SIGNED] } })

export const consentDocument: ProfileCases = {
  id: 'cn-composition-consent',
  valid: {
    ...record('cn-composition-consent', 'C0031', []),
    extension: [extension('cn-substitute-signing', { valueCode: 'rescue' })],
    attester: [SIGNED],
  },
  broken: [
    ...single('Composition', ['substituteSigning']),
    outside('Composition', 'type.coding[0].code', 'C0034'),
    lacks('Composition', 'attester'),
    twice('Composition', 'attester[0].extension[0]', 'relation'),
    lacks('Composition', 'section'),
    breaks('Composition', 'cn-cc-1', 'signed by a doctor alone', (r) => {
      delete r.extension
      r.attester[0].party = DOCTOR
    }),
    warns('Composition', 'cn-cc-2', 'signed at no time', (r) => delete r.attester[0].time),
  ],
}

const RISK: Section = { slice: 'risk', code: 'operation-risk', system: SECTION, min: 1 }
const OPINION: Section = { slice: 'opinion', code: 'opinion', system: SECTION, min: 1 }
const BEFORE: Section = { slice: 'diagnosis', code: '10219-4', min: 1 }
const PLAN: Section = { slice: 'plan', code: '18776-5' }

export const surgeryConsent = signed(documentCases('cn-composition-consent-surgery', 'C0026', [RISK, OPINION, BEFORE, PLAN]))
export const anaesthesiaConsent = signed(documentCases('cn-composition-consent-anaesthesia', 'C0027', [RISK, OPINION, BEFORE, PLAN]))
export const transfusionConsent = signed(
  documentCases('cn-composition-consent-transfusion', 'C0028', [
    RISK,
    OPINION,
    { slice: 'diagnosis', code: '29548-5', min: 1 },
    { slice: 'transfusions', code: '56836-0' },
  ]),
)
export const examinationConsent = signed(
  documentCases('cn-composition-consent-examination', 'C0029', [
    RISK,
    OPINION,
    { slice: 'diagnosis', code: '29548-5' },
    { slice: 'planned', code: '59772-4', min: 1 },
  ]),
)
export const criticalNotice = signed(
  documentCases('cn-composition-critical-notice', 'C0030', [
    { slice: 'content', code: '34895-3', min: 1 },
    { slice: 'diagnosis', code: '29548-5' },
  ]),
)
export const otherConsent = signed(documentCases('cn-composition-consent-other', 'C0031', [OPINION]))

export const file: ProfileCases = {
  id: 'cn-document',
  valid: {
    resourceType: 'DocumentReference',
    meta: meta('cn-document'),
    extension: [
      extension('cn-template-id', { valueOid: 'urn:oid:2.16.156.10011.2.1.1.46' }),
      extension('cn-signature-state', { valueCode: 'verified' }),
    ],
    identifier: [{ system: `${B}/sid/H1/document-no`, value: '1' }],
    status: 'current',
    type: { coding: [coding(DOCUMENTS, 'C0026'), coding(LOINC, '59284-0')] },
    category: [concept(cs('cn-document-class'), 'EMR')],
    subject: PATIENT,
    date: '2026-03-05T16:10:00+08:00',
    author: [DOCTOR],
    custodian: HOSPITAL,
    content: [
      {
        attachment: { contentType: 'application/pdf', url: 'Binary/1', size: 1024, hash: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' },
        format: coding(cs('cn-document-format'), 'pdf'),
      },
    ],
    context: { encounter: [VISIT], related: [{ reference: 'Consent/1' }] },
  },
  broken: [
    ...identified('DocumentReference'),
    ...single('DocumentReference', ['templateId', 'signatureState']),
    lacks('DocumentReference', 'type'),
    holds('a type in words', 'type', { text: 'x' }, { code: 'required', expression: 'DocumentReference.type.coding' }),
    outside('DocumentReference', 'type.coding[0].code', 'C0099', { expression: 'DocumentReference.type' }),
    unsliced('DocumentReference', 'type.coding[0]', 'cnDoc', coding(LOINC, '34133-9')),
    twice('DocumentReference', 'type.coding[0]', 'cnDoc'),
    lacks('DocumentReference', 'type.coding[0].code'),
    outside('DocumentReference', 'category[0]', concept('urn:x', 'EMR'), { severity: 'warning' }),
    lacks('DocumentReference', 'subject'),
    pointsTo('DocumentReference', 'subject', 'Group/1', 'Patient'),
    lacks('DocumentReference', 'date'),
    lacks('DocumentReference', 'author'),
    lacks('DocumentReference', 'custodian'),
    lacks('DocumentReference', 'content[0].attachment.contentType'),
    outside('DocumentReference', 'content[0].format', coding('urn:x', 'pdf')),
    breaks('DocumentReference', 'cn-doc-1', 'a file without a hash', (r) => delete r.content[0].attachment.hash),
    breaks('DocumentReference', 'cn-doc-2', 'a consent that made no Consent', (r) => delete r.context.related),
    warns('DocumentReference', 'cn-doc-3', 'of no visit', (r) => delete r.context.encounter),
  ],
}

export const bytes: ProfileCases = {
  id: 'cn-binary',
  valid: {
    resourceType: 'Binary',
    meta: meta('cn-binary'),
    contentType: 'application/pdf',
    securityContext: { reference: 'DocumentReference/1' },
    data: 'JVBERi0xLjQ=',
  },
  broken: [outside('Binary', 'contentType', 'application/x-msdownload'), lacks('Binary', 'securityContext'), lacks('Binary', 'data')],
}

const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope'
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

export const treatmentConsent: ProfileCases = {
  id: 'cn-treatment-consent',
  valid: {
    resourceType: 'Consent',
    meta: meta('cn-treatment-consent'),
    identifier: [{ system: `${B}/sid/H1/consent-no`, value: '1' }],
    status: 'active',
    scope: concept(SCOPE, 'treatment'),
    category: [concept(DOCUMENTS, 'C0026'), concept(LOINC, '59284-0')],
    patient: PATIENT,
    dateTime: '2026-03-05T16:00:00+08:00',
    performer: [{ reference: 'RelatedPerson/1' }],
    sourceReference: { reference: 'DocumentReference/1' },
    policy: [{ uri: 'urn:example:civil-code:1219' }],
    verification: [{ verified: true }],
  },
  broken: [
    ...identified('Consent'),
    differs('Consent', 'scope', concept(SCOPE, 'patient-privacy')),
    outside('Consent', 'category[1]', concept('urn:x', 'y'), { severity: 'warning' }),
    unsliced('Consent', 'category[0]', 'document', concept(DOCUMENTS, 'C0034')),
    twice('Consent', 'category[0]', 'document'),
    lacks('Consent', 'patient'),
    lacks('Consent', 'dateTime'),
    lacks('Consent', 'performer'),
    lacks('Consent', 'sourceReference', { expression: 'Consent.source' }),
    pointsTo('Consent', 'sourceReference', 'Contract/1', 'DocumentReference', 'source'),
    [
      'a policy rule and no policy',
      (r) => {
        delete r.policy
        r.policyRule = { text: '…' }
      },
      { code: 'required', expression: 'Consent.policy' },
    ],
    [
      'a policy without an address',
      (r) => (r.policy[0] = { authority: 'urn:x' }),
      { code: 'required', expression: 'Consent.policy[0].uri' },
    ],
    [
      'it decides who may read',
      (r) => (r.provision = { type: 'permit' }),
      { code: 'cardinality', rule: 'max 0', expression: 'Consent.provision' },
    ],
    breaks('Consent', 'cn-tc-1', 'by a relative and not verified', (r) => delete r.verification),
  ],
}

const STUDY = { url: profile('cn-consent-study'), valueReference: { reference: 'ResearchStudy/S1' } }
const privacy = (id: string, model: string, provision: object): ProfileCases['valid'] => ({
  resourceType: 'Consent',
  meta: meta(id),
  identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:7a3a0a0e-0000-4000-8000-000000000002' }],
  status: 'active',
  scope: concept(SCOPE, 'research'),
  category: [concept(cs('cn-consent-model'), model), concept(ACT, 'RESEARCH')],
  patient: PATIENT,
  dateTime: '2026-01-01',
  performer: [PATIENT],
  policyRule: concept(ACT, 'OPTIN'),
  provision,
})
const PURPOSE = [coding('http://terminology.hl7.org/CodeSystem/v3-ActReason', 'HRESCH')]
const MODEL: Broken[] = [
  outside('Consent', 'category[1]', concept('urn:x', 'y'), { severity: 'warning' }),
  unsliced('Consent', 'category[0]', 'model', concept(cs('cn-consent-model'), 'opt-out')),
  twice('Consent', 'category[0]', 'model'),
]
const RESEARCH = differs('Consent', 'scope', concept(SCOPE, 'patient-privacy'))

export const broadConsent: ProfileCases = {
  id: 'cn-research-consent-broad',
  valid: privacy('cn-research-consent-broad', 'broad', { purpose: PURPOSE }),
  broken: [
    ...MODEL,
    RESEARCH,
    ['for no purpose', (r) => (r.provision = { period: { start: '2026' } }), { code: 'required', expression: 'Consent.provision.purpose' }],
  ],
}

export const dynamicConsent: ProfileCases = {
  id: 'cn-research-consent-dynamic',
  valid: privacy('cn-research-consent-dynamic', 'dynamic', {
    extension: [STUDY],
    period: { start: '2026-01-01', end: '2027-01-01' },
    purpose: PURPOSE,
  }),
  broken: [
    ...MODEL,
    RESEARCH,
    lacks('Consent', 'provision.period'),
    lacks('Consent', 'provision.extension'),
    [
      'for no study',
      (r) => delete r.provision.extension,
      { code: 'slice', rule: 'study min 1', expression: 'Consent.provision.extension' },
    ],
    twice('Consent', 'provision.extension[0]', 'study'),
  ],
}

export const metaConsent: ProfileCases = {
  id: 'cn-meta-consent',
  valid: privacy('cn-meta-consent', 'meta', {
    provision: [{ extension: [extension('cn-meta-model', { valueCode: 'dynamic' })], type: 'permit', purpose: PURPOSE }],
  }),
  broken: [
    ...MODEL,
    ['of no use', (r) => (r.provision = { purpose: PURPOSE }), { code: 'required', expression: 'Consent.provision.provision' }],
    lacks('Consent', 'provision.provision[0].extension'),
    [
      'no model',
      (r) => delete r.provision.provision[0].extension,
      { code: 'slice', rule: 'metaModel min 1', expression: 'Consent.provision.provision[0].extension' },
    ],
  ],
}

export const guardianConsent: ProfileCases = {
  id: 'cn-guardian-consent',
  valid: {
    ...privacy('cn-guardian-consent', 'broad', { purpose: PURPOSE }),
    performer: [{ reference: 'RelatedPerson/1' }],
    verification: [{ verified: true, verifiedWith: { reference: 'RelatedPerson/1' } }],
  },
  broken: [
    pointsTo('Consent', 'performer[0]', 'Patient/1', 'RelatedPerson'),
    lacks('Consent', 'verification'),
    lacks('Consent', 'verification[0].verifiedWith'),
  ],
}
