import { B, concept, type ProfileCases, profile } from './case.ts'

const LOINC = 'http://loinc.org'
const DOCUMENTS = 'urn:oid:2.16.156.10011.2.4'
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope'
const section = (code: string): object => ({
  code: concept(LOINC, code),
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
})

const document = (id: string, code: string, sections: object[]): ProfileCases['valid'] => ({
  resourceType: 'Composition',
  meta: { profile: [profile(id)] },
  identifier: { system: `${B}/sid/H1/document-no`, value: 'DOC20260312000049' },
  status: 'final',
  type: { coding: [{ system: DOCUMENTS, code }] },
  subject: { reference: 'Patient/1' },
  encounter: { reference: 'Encounter/1' },
  date: '2026-03-12T16:10:00+08:00',
  author: [{ display: '赵医生' }],
  title: '出院记录',
  custodian: { reference: 'Organization/H1' },
  section: sections,
})

export const composition: ProfileCases = {
  id: 'cn-composition',
  valid: document('cn-composition', 'C0032', [section('11535-2')]),
  broken: [
    ['a document that does not exist', (r) => (r.type.coding[0].code = 'C0054'), { code: 'binding', expression: 'Composition.type' }],
    [
      'two national types',
      (r) => r.type.coding.push({ system: DOCUMENTS, code: 'C0049' }),
      { code: 'slice', rule: 'cnDoc max 1', expression: 'Composition.type.coding' },
    ],
    [
      'another code system',
      (r) => (r.type = concept(LOINC, '18842-5')),
      { code: 'slice', rule: 'cnDoc min 1', expression: 'Composition.type.coding' },
    ],
    ['the same, seen from the root', (r) => (r.type = { text: 'x' }), { code: 'invariant', rule: 'cn-cmp-4', expression: 'Composition' }],
    ['no patient', (r) => delete r.subject, { code: 'required', expression: 'Composition.subject' }],
    ['a number without a system', (r) => delete r.identifier.system, { code: 'required', expression: 'Composition.identifier.system' }],
    ['no number', (r) => delete r.identifier, { code: 'invariant', rule: 'cn-cmp-1', expression: 'Composition', severity: 'warning' }],
    ['no sections', (r) => delete r.section, { code: 'invariant', rule: 'cn-cmp-2', expression: 'Composition', severity: 'warning' }],
    ['no keeper', (r) => delete r.custodian, { code: 'invariant', rule: 'cn-cmp-3', expression: 'Composition', severity: 'warning' }],
    [
      'an empty section',
      (r) => (r.section[0] = { title: 'x' }),
      { code: 'invariant', rule: 'cmp-1', expression: 'Composition.section[0]', profile: null },
    ],
  ],
}

export const discharge: ProfileCases = {
  id: 'cn-composition-discharge',
  valid: document('cn-composition-discharge', 'C0049', [section('11535-2'), section('11535-2'), section('8648-8'), section('46209-3')]),
  broken: [
    ['another document', (r) => (r.type.coding[0].code = 'C0034'), { code: 'fixed', expression: 'Composition.type.coding[0].code' }],
    ['no course of treatment', (r) => r.section.splice(2, 1), { code: 'slice', rule: 'course min 1', expression: 'Composition.section' }],
    ['no diagnosis', (r) => r.section.splice(0, 2), { code: 'slice', rule: 'diagnosis min 1', expression: 'Composition.section' }],
    ['no sections', (r) => delete r.section, { code: 'required', expression: 'Composition.section' }],
    ['no orders', (r) => r.section.pop(), { code: 'invariant', rule: 'cn-cmp-5', expression: 'Composition', severity: 'warning' }],
    ['no patient (from the profile that it is built on)', (r) => delete r.subject, { code: 'required', expression: 'Composition.subject' }],
  ],
}

export const consent: ProfileCases = {
  id: 'cn-privacy-consent',
  valid: {
    resourceType: 'Consent',
    meta: { profile: [profile('cn-privacy-consent')] },
    extension: [{ url: profile('cn-notice-version'), valueString: '2026-01' }],
    identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:7a3a0a0e-0000-4000-8000-000000000001' }],
    status: 'active',
    scope: concept(SCOPE, 'research'),
    category: [concept(ACT, 'RESEARCH')],
    patient: { reference: 'Patient/P1' },
    dateTime: '2025-03-01',
    performer: [{ reference: 'Patient/P1' }],
    policyRule: concept(ACT, 'OPTINR'),
    provision: {
      extension: [
        { url: profile('cn-consent-study'), valueReference: { reference: 'ResearchStudy/S1' } },
        { url: profile('cn-data-form'), valueCode: 'PSEUD' },
      ],
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' }],
      provision: [
        {
          extension: [{ url: profile('cn-meta-model'), valueCode: 'dynamic' }],
          type: 'deny',
          securityLabel: [{ system: ACT, code: 'HIV' }],
        },
      ],
    },
  },
  broken: [
    ['no identifier', (r) => delete r.identifier, { code: 'required', expression: 'Consent.identifier' }],
    ['no patient', (r) => delete r.patient, { code: 'required', expression: 'Consent.patient' }],
    ['no date', (r) => delete r.dateTime, { code: 'required', expression: 'Consent.dateTime' }],
    ['nobody gave it', (r) => delete r.performer, { code: 'required', expression: 'Consent.performer' }],
    ['no policy', (r) => delete r.policyRule, { code: 'required', expression: 'Consent.policyRule' }],
    ['no provision', (r) => delete r.provision, { code: 'required', expression: 'Consent.provision' }],
    [
      'a type on the root provision',
      (r) => (r.provision.type = 'permit'),
      { code: 'cardinality', rule: 'max 0', expression: 'Consent.provision.type' },
    ],
    [
      'an exception without a type',
      (r) => delete r.provision.provision[0].type,
      { code: 'required', expression: 'Consent.provision.provision[0].type' },
    ],
    [
      'a scope that is not of privacy',
      (r) => (r.scope = concept(SCOPE, 'treatment')),
      { code: 'invariant', rule: 'cn-cns-1', expression: 'Consent' },
    ],
    [
      'given by another person and not verified',
      (r) => (r.performer = [{ reference: 'RelatedPerson/R1' }]),
      { code: 'invariant', rule: 'cn-cns-2', expression: 'Consent' },
    ],
    [
      'a study that is a patient',
      (r) => (r.provision.extension[0].valueReference.reference = 'Patient/P2'),
      {
        code: 'type',
        rule: 'Reference(ResearchStudy)',
        expression: 'Consent.provision.extension[0].value',
        profile: profile('cn-consent-study'),
      },
    ],
    [
      'a form of data that is none',
      (r) => (r.provision.extension[1].valueCode = 'RAW'),
      { code: 'binding', expression: 'Consent.provision.extension[1].value', profile: profile('cn-data-form') },
    ],
    [
      'two models in one exception',
      (r) => r.provision.provision[0].extension.push(r.provision.provision[0].extension[0]),
      { code: 'slice', rule: 'metaModel max 1', expression: 'Consent.provision.provision[0].extension' },
    ],
    [
      'a policy of another kind',
      (r) => (r.policyRule = concept(ACT, 'EMERG')),
      { code: 'binding', expression: 'Consent.policyRule', severity: 'warning' },
    ],
  ],
}

const APPROVAL = profile('cn-ethics-approval')

export const study: ProfileCases = {
  id: 'cn-researchstudy',
  valid: {
    resourceType: 'ResearchStudy',
    meta: { profile: [profile('cn-researchstudy')] },
    extension: [
      {
        url: APPROVAL,
        extension: [
          { url: 'number', valueString: 'EC-2026-001' },
          { url: 'date', valueDate: '2026-01-01' },
          { url: 'waiver', valueBoolean: false },
        ],
      },
      { url: profile('cn-data-form'), valueCode: 'PSEUD' },
      { url: profile('cn-data-form'), valueCode: 'ANON' },
    ],
    identifier: [{ system: `${B}/sid/U1/study`, value: 'S1' }],
    title: '冠心病队列研究',
    status: 'active',
    description: '…',
    period: { start: '2026-01-01', end: '2028-12-31' },
    sponsor: { reference: 'Organization/U1' },
  },
  broken: [
    ['no title', (r) => delete r.title, { code: 'required', expression: 'ResearchStudy.title' }],
    ['under way without an approval', (r) => r.extension.shift(), { code: 'invariant', rule: 'cn-rs-1', expression: 'ResearchStudy' }],
    [
      'an approval without a number',
      (r) => r.extension[0].extension.shift(),
      { code: 'slice', rule: 'number min 1', expression: 'ResearchStudy.extension[0].extension', profile: APPROVAL },
    ],
    [
      'an approval with two dates',
      (r) => r.extension[0].extension.push({ url: 'date', valueDate: '2026-02-01' }),
      { code: 'slice', rule: 'date max 1', expression: 'ResearchStudy.extension[0].extension', profile: APPROVAL },
    ],
    [
      'a date that is a text',
      (r) => (r.extension[0].extension[1] = { url: 'date', valueString: '去年' }),
      { code: 'type', rule: 'date', expression: 'ResearchStudy.extension[0].extension[1].value', profile: APPROVAL },
    ],
    ['no sponsor', (r) => delete r.sponsor, { code: 'invariant', rule: 'cn-rs-2', expression: 'ResearchStudy', severity: 'warning' }],
    [
      'a foreign party without a filing',
      (r) => r.extension.push({ url: profile('cn-foreign-party'), valueBoolean: true }),
      { code: 'invariant', rule: 'cn-rs-3', expression: 'ResearchStudy', severity: 'warning' },
    ],
  ],
}

export const provenance: ProfileCases = {
  id: 'cn-provenance',
  valid: {
    resourceType: 'Provenance',
    meta: { profile: [profile('cn-provenance')] },
    extension: [{ url: profile('cn-mapping-version'), valueString: '1' }],
    target: [{ reference: 'Observation/1' }],
    recorded: '2026-03-06T08:16:00+08:00',
    activity: { text: 'map' },
    agent: [{ who: { reference: 'Organization/H1' } }],
    entity: [
      {
        extension: [{ url: profile('cn-payload-digest'), valueString: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }],
        role: 'source',
        what: { identifier: { system: `${B}/sid/payload`, value: '1' } },
      },
    ],
  },
  broken: [
    ['no activity', (r) => delete r.activity, { code: 'required', expression: 'Provenance.activity' }],
    ['no payload', (r) => delete r.entity, { code: 'invariant', rule: 'cn-prv-1', expression: 'Provenance', severity: 'warning' }],
    [
      'a version that is a number',
      (r) => (r.extension[0] = { url: profile('cn-mapping-version'), valueInteger: 1 }),
      { code: 'type', rule: 'string', expression: 'Provenance.extension[0].value', profile: profile('cn-mapping-version') },
    ],
    [
      'two digests of one payload',
      (r) => r.entity[0].extension.push(r.entity[0].extension[0]),
      { code: 'slice', rule: 'digest max 1', expression: 'Provenance.entity[0].extension' },
    ],
  ],
}
