import { B, concept, cs, type ProfileCases, profile } from './case.ts'

const CATEGORY = 'http://terminology.hl7.org/CodeSystem/condition-category'
const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const DISCHARGE_WAY = 'urn:oid:2.16.156.10011.2.3.1.265'
const CONDITION_ON_ADMISSION = profile('cn-admission-condition')

export const encounter: ProfileCases = {
  id: 'cn-encounter',
  valid: {
    resourceType: 'Encounter',
    meta: { profile: [profile('cn-encounter')] },
    extension: [
      { url: profile('cn-payment-method'), valueCodeableConcept: concept('urn:oid:2.16.156.10011.2.3.1.269', '01') },
      { url: profile('cn-visit-number'), valuePositiveInt: 1 },
    ],
    identifier: [
      { system: `${B}/sid/H1/visit`, value: 'ZY20260305001' },
      { system: `${B}/sid/nhsa/mdtrt-id`, value: '110105G0000000000002' },
    ],
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: 'Patient/1' },
    period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
    diagnosis: [
      {
        extension: [{ url: CONDITION_ON_ADMISSION, valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.253', code: '1' } }],
        condition: { reference: 'Condition/1' },
        use: concept('http://terminology.hl7.org/CodeSystem/diagnosis-role', 'DD'),
        rank: 1,
      },
    ],
    hospitalization: { dischargeDisposition: concept(DISCHARGE_WAY, '1') },
    serviceProvider: { reference: 'Organization/H1' },
  },
  broken: [
    ['no identifier', (r) => delete r.identifier, { code: 'required', expression: 'Encounter.identifier' }],
    ['no patient', (r) => delete r.subject, { code: 'required', expression: 'Encounter.subject' }],
    ['a class that is none', (r) => (r.class.code = 'FLD'), { code: 'binding', expression: 'Encounter.class' }],
    [
      'two numbers of the insurance',
      (r) => r.identifier.push(r.identifier[1]),
      { code: 'slice', rule: 'mdtrtId max 1', expression: 'Encounter.identifier' },
    ],
    [
      'it ends before it starts',
      (r) => (r.period.end = '2026-03-04T15:00:00+08:00'),
      { code: 'facts-disagree', rule: 'per-1', expression: 'Encounter.period', profile: null },
    ],
    [
      'finished without an end',
      (r) => delete r.period.end,
      { code: 'invariant', rule: 'cn-enc-1', expression: 'Encounter', severity: 'warning' },
    ],
    ['no start', (r) => delete r.period, { code: 'invariant', rule: 'cn-enc-3', expression: 'Encounter', severity: 'warning' }],
    ['no hospital', (r) => delete r.serviceProvider, { code: 'invariant', rule: 'cn-enc-4', expression: 'Encounter', severity: 'warning' }],
    [
      'two main discharge diagnoses',
      (r) => r.diagnosis.push(r.diagnosis[0]),
      { code: 'invariant', rule: 'cn-enc-5', expression: 'Encounter', severity: 'warning' },
    ],
    [
      'a discharge way of another table',
      (r) => (r.hospitalization.dischargeDisposition = concept(DISCHARGE_WAY, '7')),
      { code: 'binding', expression: 'Encounter.hospitalization.dischargeDisposition', severity: 'warning' },
    ],
    [
      'a condition on admission that is none',
      (r) => (r.diagnosis[0].extension[0].valueCoding.code = '8'),
      { code: 'binding', expression: 'Encounter.diagnosis[0].extension[0].value', profile: CONDITION_ON_ADMISSION },
    ],
    [
      'a visit number of the wrong type',
      (r) => (r.extension[1] = { url: profile('cn-visit-number'), valueInteger: 1 }),
      { code: 'type', rule: 'positiveInt', expression: 'Encounter.extension[1].value', profile: profile('cn-visit-number') },
    ],
  ],
}

export const condition: ProfileCases = {
  id: 'cn-condition',
  valid: {
    resourceType: 'Condition',
    meta: { profile: [profile('cn-condition')] },
    category: [concept(CATEGORY, 'encounter-diagnosis')],
    code: { coding: [{ system: ICD, code: 'I20.000', display: '不稳定型心绞痛' }], text: '不稳定型心绞痛' },
    subject: { reference: 'Patient/1' },
    encounter: { reference: 'Encounter/1' },
  },
  broken: [
    ['no category', (r) => delete r.category, { code: 'required', expression: 'Condition.category' }],
    [
      'a category that is none',
      (r) => (r.category = [concept(CATEGORY, 'guess')]),
      { code: 'binding', rule: `${B}/ValueSet/cn-condition-category`, expression: 'Condition.category[0]' },
    ],
    ['no code', (r) => delete r.code, { code: 'required', expression: 'Condition.code' }],
    [
      'neither code nor text',
      (r) => (r.code = { coding: [{ system: 'urn:x' }] }),
      { code: 'invariant', rule: 'cn-con-2', expression: 'Condition' },
    ],
    [
      'a national coding without a code',
      (r) => delete r.code.coding[0].code,
      { code: 'required', expression: 'Condition.code.coding[0].code' },
    ],
    [
      'a code that is not of ICD-10',
      (r) => (r.code.coding[0].code = '250.00'),
      { code: 'invariant', rule: 'cn-con-4', expression: 'Condition.code.coding[0]', severity: 'warning' },
    ],
    ['no encounter', (r) => delete r.encounter, { code: 'invariant', rule: 'cn-con-1', expression: 'Condition' }],
    ['no patient', (r) => delete r.subject, { code: 'required', expression: 'Condition.subject', profile: null }],
  ],
}

export const observation: ProfileCases = {
  id: 'cn-observation-lab',
  valid: {
    resourceType: 'Observation',
    meta: { profile: [profile('cn-observation-lab')] },
    identifier: [{ system: `${B}/sid/H1/lab-result`, value: 'BG2026030600077-1' }],
    status: 'final',
    category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory')],
    code: {
      coding: [
        { system: `${B}/sid/H1/lab-item`, code: 'WBC' },
        { system: 'http://loinc.org', code: '6690-2' },
      ],
      text: '白细胞计数',
    },
    subject: { reference: 'Patient/1' },
    effectiveDateTime: '2026-03-06T06:30:00+08:00',
    issued: '2026-03-06T08:15:00+08:00',
    performer: [{ display: '检验科' }],
    valueQuantity: { value: 10.9, unit: '10^9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
    referenceRange: [{ text: '3.5-9.5' }],
  },
  broken: [
    ['no category', (r) => delete r.category, { code: 'required', expression: 'Observation.category' }],
    [
      'another category',
      (r) => (r.category = [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')]),
      { code: 'slice', rule: 'laboratory min 1', expression: 'Observation.category' },
    ],
    [
      'two LOINC codes',
      (r) => r.code.coding.push({ system: 'http://loinc.org', code: '804-5' }),
      { code: 'slice', rule: 'loinc max 1', expression: 'Observation.code.coding' },
    ],
    ['no patient', (r) => delete r.subject, { code: 'required', expression: 'Observation.subject' }],
    ['no value', (r) => delete r.valueQuantity, { code: 'invariant', rule: 'cn-obs-1', expression: 'Observation' }],
    [
      'neither code nor text',
      (r) => (r.code = { coding: [{ display: 'WBC' }] }),
      { code: 'invariant', rule: 'cn-obs-2', expression: 'Observation' },
    ],
    [
      'a quantity without a unit',
      (r) => (r.valueQuantity = { value: 10.9 }),
      { code: 'invariant', rule: 'cn-obs-3', expression: 'Observation', severity: 'warning' },
    ],
    [
      'a unit that is not mapped',
      (r) => (r.valueQuantity = { value: 10.9, unit: '10^9/L' }),
      { code: 'invariant', rule: 'cn-obs-4', expression: 'Observation', severity: 'warning' },
    ],
    [
      'no time',
      (r) => {
        delete r.effectiveDateTime
        delete r.issued
      },
      { code: 'invariant', rule: 'cn-obs-5', expression: 'Observation', severity: 'warning' },
    ],
    ['no laboratory', (r) => delete r.performer, { code: 'invariant', rule: 'cn-obs-6', expression: 'Observation', severity: 'warning' }],
    [
      'issued before it was taken',
      (r) => (r.issued = '2026-03-06T06:00:00+08:00'),
      { code: 'facts-disagree', rule: 'cn-obs-7', expression: 'Observation.issued', severity: 'warning', profile: null },
    ],
    [
      'a value and a reason for its absence',
      (r) => (r.dataAbsentReason = { text: 'x' }),
      { code: 'invariant', rule: 'obs-6', expression: 'Observation', profile: null },
    ],
    [
      'an empty reference range',
      (r) => (r.referenceRange[0] = { appliesTo: [{ text: '男' }] }),
      { code: 'invariant', rule: 'obs-3', expression: 'Observation.referenceRange[0]', profile: null },
    ],
    [
      'a range with a comparator',
      (r) => (r.referenceRange[0] = { high: { value: 8, comparator: '<' } }),
      { code: 'invariant', rule: 'sqty-1', expression: 'Observation.referenceRange[0].high', profile: null },
    ],
  ],
}

export const report: ProfileCases = {
  id: 'cn-diagnosticreport-lab',
  valid: {
    resourceType: 'DiagnosticReport',
    meta: { profile: [profile('cn-diagnosticreport-lab')] },
    extension: [{ url: profile('cn-mutual-recognition'), valueBoolean: true }],
    identifier: [{ system: `${B}/sid/H1/lab-report-no`, value: 'BG2026030600077' }],
    status: 'final',
    category: [concept('http://terminology.hl7.org/CodeSystem/v2-0074', 'LAB')],
    code: { text: '血常规' },
    subject: { reference: 'Patient/1' },
    effectiveDateTime: '2026-03-06T06:30:00+08:00',
    issued: '2026-03-06T08:15:00+08:00',
    performer: [{ display: '检验科' }],
    result: [{ reference: 'Observation/1' }],
  },
  broken: [
    ['no number', (r) => delete r.identifier, { code: 'required', expression: 'DiagnosticReport.identifier' }],
    [
      'another category',
      (r) => (r.category = [concept('http://terminology.hl7.org/CodeSystem/v2-0074', 'RAD')]),
      { code: 'slice', rule: 'lab min 1', expression: 'DiagnosticReport.category' },
    ],
    ['no patient', (r) => delete r.subject, { code: 'required', expression: 'DiagnosticReport.subject' }],
    [
      'final without a result',
      (r) => delete r.result,
      { code: 'invariant', rule: 'cn-rpt-1', expression: 'DiagnosticReport', severity: 'warning' },
    ],
    [
      'no time',
      (r) => {
        delete r.effectiveDateTime
        delete r.issued
      },
      { code: 'invariant', rule: 'cn-rpt-2', expression: 'DiagnosticReport', severity: 'warning' },
    ],
    [
      'reported before the specimen was taken',
      (r) => (r.issued = '2026-03-05T08:15:00+08:00'),
      { code: 'facts-disagree', rule: 'cn-rpt-3', expression: 'DiagnosticReport.issued', severity: 'warning', profile: null },
    ],
    [
      'recognised as text',
      (r) => (r.extension[0] = { url: profile('cn-mutual-recognition'), valueString: '是' }),
      { code: 'type', rule: 'boolean', expression: 'DiagnosticReport.extension[0].value', profile: profile('cn-mutual-recognition') },
    ],
  ],
}

export const medicationRequest: ProfileCases = {
  id: 'cn-medicationrequest',
  valid: {
    resourceType: 'MedicationRequest',
    meta: { profile: [profile('cn-medicationrequest')] },
    extension: [{ url: profile('cn-order-kind'), valueCode: 'temporary' }],
    identifier: [{ system: `${B}/sid/H1/rx-no`, value: 'RX20260309001' }],
    status: 'active',
    intent: 'order',
    category: [concept(cs('cn-prescription-category'), 'outpatient')],
    medicationCodeableConcept: { coding: [{ system: cs('nhsa-drug'), code: 'XA10BAE046A001010100001' }], text: '盐酸二甲双胍片' },
    subject: { reference: 'Patient/1' },
    encounter: { reference: 'Encounter/1' },
    authoredOn: '2026-03-09T10:00:00+08:00',
    requester: { reference: 'Practitioner/1' },
    dosageInstruction: [{ text: '0.5g bid 口服' }],
  },
  broken: [
    [
      'a drug without code and text',
      (r) => (r.medicationCodeableConcept = { coding: [{ display: '二甲双胍' }] }),
      { code: 'invariant', rule: 'cn-mr-1', expression: 'MedicationRequest' },
    ],
    [
      'a category that is none',
      (r) => (r.category = [concept(cs('cn-prescription-category'), 'gift')]),
      { code: 'binding', expression: 'MedicationRequest.category[0]' },
    ],
    [
      'no dose',
      (r) => delete r.dosageInstruction,
      { code: 'invariant', rule: 'cn-mr-2', expression: 'MedicationRequest', severity: 'warning' },
    ],
    [
      'Chinese medicine without a number of doses',
      (r) => (r.category = [concept(cs('cn-prescription-category'), 'tcm')]),
      { code: 'invariant', rule: 'cn-mr-3', expression: 'MedicationRequest', severity: 'warning' },
    ],
    [
      'nobody prescribed it',
      (r) => delete r.requester,
      { code: 'invariant', rule: 'cn-mr-4', expression: 'MedicationRequest', severity: 'warning' },
    ],
    [
      'an order of a kind that is none',
      (r) => (r.extension[0].valueCode = 'eternal'),
      { code: 'binding', expression: 'MedicationRequest.extension[0].value', profile: profile('cn-order-kind') },
    ],
    ['no drug', (r) => delete r.medicationCodeableConcept, { code: 'required', expression: 'MedicationRequest.medication', profile: null }],
  ],
}
