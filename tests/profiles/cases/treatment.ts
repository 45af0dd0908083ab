import {
  breaks,
  DOCTOR,
  extension,
  HOSPITAL,
  identified,
  lacks,
  outside,
  PATIENT,
  pointsTo,
  single,
  twice,
  VISIT,
  warns,
} from './broken.ts'
import { B, coding, concept, cs, type ProfileCases, profile, meta, number } from './case.ts'

const GRADE = coding('urn:oid:2.16.156.10011.2.3.1.259', '2')

export const serviceOrder: ProfileCases = {
  id: 'cn-order-service',
  valid: {
    resourceType: 'ServiceRequest',
    meta: meta('cn-order-service'),
    extension: [
      extension('cn-order-kind', { valueCode: 'long-term' }),
      extension('cn-nursing-grade', { valueCoding: GRADE }),
      extension('cn-stop-time', { valueDateTime: '2026-03-08T08:00:00+08:00' }),
    ],
    identifier: [number('request-no', '1')],
    status: 'completed',
    intent: 'order',
    category: [concept(cs('cn-service-category'), 'nursing')],
    code: { text: '一级护理' },
    subject: PATIENT,
    encounter: VISIT,
    authoredOn: '2026-03-05T10:00:00+08:00',
    requester: DOCTOR,
  },
  broken: [
    ...identified('ServiceRequest'),
    ...single('ServiceRequest', ['orderKind', 'nursingGrade', 'stopTime']),
    lacks('ServiceRequest', 'identifier'),
    lacks('ServiceRequest', 'category'),
    outside('ServiceRequest', 'category[0]', concept(cs('cn-service-category'), 'gift')),
    lacks('ServiceRequest', 'code'),
    pointsTo('ServiceRequest', 'subject', 'Group/1', 'Patient'),
    lacks('ServiceRequest', 'encounter'),
    breaks(
      'ServiceRequest',
      'cn-so-1',
      'stopped before it was written',
      (r) => (r.extension[2].valueDateTime = '2026-03-04T08:00:00+08:00'),
    ),
    breaks('ServiceRequest', 'cn-so-1', 'stopped an hour before it was written, told in another zone', (r) => {
      r.extension[2].valueDateTime = '2026-03-05T10:00:00+09:00'
    }),
    breaks('ServiceRequest', 'cn-so-2', 'neither code nor text', (r) => (r.code = { coding: [{ display: '护理' }] })),
    warns('ServiceRequest', 'cn-so-3', 'nobody ordered it', (r) => delete r.requester),
    warns('ServiceRequest', 'cn-so-4', 'nursing of no grade', (r) => r.extension.splice(1, 1)),
  ],
}

export const drug: ProfileCases = {
  id: 'cn-medication',
  valid: {
    resourceType: 'Medication',
    meta: meta('cn-medication'),
    extension: [extension('cn-drug-specification', { valueString: '0.5g×20片' }), extension('cn-essential-drug', { valueBoolean: true })],
    identifier: [number('drug', 'D1')],
    code: {
      coding: [
        { system: cs('nhsa-drug'), code: 'XA10BAE046A001010100001' },
        { system: cs('nmpa-approval'), code: '国药准字H20023370' },
        { system: 'http://www.whocc.no/atc', code: 'A10BA02' },
        { system: `${B}/sid/H1/drug-code`, code: '1001' },
      ],
      text: '盐酸二甲双胍片',
    },
  },
  broken: [
    ...identified('Medication'),
    ...single('Medication', ['specification', 'essential']),
    lacks('Medication', 'code'),
    twice('Medication', 'code.coding[0]', 'nhsaDrug'),
    twice('Medication', 'code.coding[1]', 'approval'),
    lacks('Medication', 'code.coding[0].code'),
    lacks('Medication', 'code.coding[1].code'),
    lacks('Medication', 'code.coding[2].code'),
    breaks('Medication', 'cn-med-1', 'an approval number of another shape', (r) => (r.code.coding[1].code = 'H2002'), {
      severity: 'warning',
      path: 'code.coding[1]',
    }),
    breaks('Medication', 'cn-med-2', 'neither code nor name', (r) => (r.code = { coding: [{ display: '药' }] })),
  ],
}

export const administration: ProfileCases = {
  id: 'cn-medicationadministration',
  valid: {
    resourceType: 'MedicationAdministration',
    meta: meta('cn-medicationadministration'),
    extension: [extension('cn-double-check', { valueReference: { reference: 'Practitioner/2' } })],
    identifier: [number('administration', '1')],
    status: 'not-done',
    statusReason: [{ text: '患者拒绝' }],
    medicationCodeableConcept: { text: '头孢呋辛' },
    subject: PATIENT,
    context: VISIT,
    effectiveDateTime: '2026-03-06T08:00:00+08:00',
    performer: [{ actor: { reference: 'Practitioner/1' } }],
    request: { reference: 'MedicationRequest/1' },
    dosage: { route: concept('urn:oid:2.16.156.10011.2.3.1.158', '404'), dose: { value: 1.5, unit: 'g' } },
  },
  broken: [
    ...identified('MedicationAdministration'),
    ...single('MedicationAdministration', ['doubleCheck']),
    pointsTo('MedicationAdministration', 'subject', 'Group/1', 'Patient'),
    lacks('MedicationAdministration', 'context'),
    outside('MedicationAdministration', 'dosage.route', concept('urn:x', '1'), { severity: 'warning' }),
    warns('MedicationAdministration', 'cn-ma-1', 'of no order', (r) => delete r.request),
    warns('MedicationAdministration', 'cn-ma-2', 'given by nobody', (r) => {
      r.status = 'completed'
      delete r.performer
    }),
    breaks('MedicationAdministration', 'cn-ma-3', 'not given, and nobody says why', (r) => delete r.statusReason),
  ],
}

export const allergy: ProfileCases = {
  id: 'cn-allergy',
  valid: {
    resourceType: 'AllergyIntolerance',
    meta: meta('cn-allergy'),
    extension: [extension('cn-allergy-source', { valueCode: 'skin-test' })],
    identifier: [number('allergy', '1')],
    clinicalStatus: concept('http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', 'active'),
    category: ['medication'],
    code: { text: '青霉素' },
    patient: PATIENT,
    recorder: DOCTOR,
  },
  broken: [
    ...identified('AllergyIntolerance'),
    ...single('AllergyIntolerance', ['source']),
    lacks('AllergyIntolerance', 'clinicalStatus', { profile: profile('cn-allergy') }),
    lacks('AllergyIntolerance', 'category'),
    lacks('AllergyIntolerance', 'code'),
    breaks('AllergyIntolerance', 'cn-alg-1', 'neither code nor text', (r) => (r.code = { coding: [{ display: '药' }] })),
    warns('AllergyIntolerance', 'cn-alg-2', 'nobody stated it', (r) => delete r.recorder),
  ],
}

export const vaccination: ProfileCases = {
  id: 'cn-immunization',
  valid: {
    resourceType: 'Immunization',
    meta: meta('cn-immunization'),
    extension: [extension('cn-vaccine-category', { valueCode: 'programme' })],
    identifier: [number('vaccination', '1')],
    status: 'completed',
    vaccineCode: { text: '乙型肝炎疫苗' },
    patient: PATIENT,
    occurrenceDateTime: '2026-03-01',
    lotNumber: '202601A',
  },
  broken: [
    ...identified('Immunization'),
    ...single('Immunization', ['vaccineCategory']),
    breaks('Immunization', 'cn-imm-1', 'neither code nor text', (r) => (r.vaccineCode = { coding: [{ display: '苗' }] })),
    warns('Immunization', 'cn-imm-2', 'of no batch', (r) => delete r.lotNumber),
    breaks('Immunization', 'cn-imm-3', 'not done, and nobody says why', (r) => (r.status = 'not-done')),
  ],
}

export const familyHistory: ProfileCases = {
  id: 'cn-familymemberhistory',
  valid: {
    resourceType: 'FamilyMemberHistory',
    meta: meta('cn-familymemberhistory'),
    identifier: [number('family-history', '1')],
    status: 'completed',
    patient: PATIENT,
    relationship: concept('urn:oid:2.16.156.10011.2.3.3.8', '5'),
    condition: [{ code: { text: '高血压' } }],
  },
  broken: [
    ...identified('FamilyMemberHistory'),
    outside('FamilyMemberHistory', 'relationship', concept('urn:x', '51'), { severity: 'warning' }),
    lacks('FamilyMemberHistory', 'condition'),
    breaks('FamilyMemberHistory', 'cn-fmh-1', 'a disease without a name', (r) => (r.condition[0].code = { coding: [{ display: '病' }] })),
  ],
}

export const plan: ProfileCases = {
  id: 'cn-careplan',
  valid: {
    resourceType: 'CarePlan',
    meta: meta('cn-careplan'),
    extension: [extension('cn-nursing-grade', { valueCoding: GRADE })],
    identifier: [number('nursing-plan', '1')],
    status: 'active',
    intent: 'plan',
    category: [concept(cs('cn-careplan-category'), 'nursing')],
    subject: PATIENT,
    encounter: VISIT,
    author: DOCTOR,
    activity: [{ detail: { status: 'in-progress', description: '每日翻身' } }],
  },
  broken: [
    ...identified('CarePlan'),
    ...single('CarePlan', ['nursingGrade']),
    lacks('CarePlan', 'category'),
    outside('CarePlan', 'category[0]', concept(cs('cn-careplan-category'), 'gift')),
    pointsTo('CarePlan', 'subject', 'Group/1', 'Patient'),
    breaks('CarePlan', 'cn-cpl-1', 'nursing outside of a stay', (r) => delete r.encounter),
    warns('CarePlan', 'cn-cpl-2', 'no measures', (r) => delete r.activity),
    warns('CarePlan', 'cn-cpl-3', 'by nobody', (r) => delete r.author),
  ],
}

export const implant: ProfileCases = {
  id: 'cn-device-implant',
  valid: {
    resourceType: 'Device',
    meta: meta('cn-device-implant'),
    identifier: [number('material', '1')],
    udiCarrier: [{ deviceIdentifier: '06901234567892' }],
    manufacturer: '示例医疗器械有限公司',
    expirationDate: '2028-01-01',
    lotNumber: 'L1',
    deviceName: [{ name: '冠状动脉支架', type: 'user-friendly-name' }],
    type: { text: '支架' },
    patient: PATIENT,
    owner: HOSPITAL,
  },
  broken: [
    ...identified('Device'),
    lacks('Device', 'udiCarrier'),
    [
      'a carrier without a number',
      (r) => (r.udiCarrier = [{ carrierHRF: 'x' }]),
      { code: 'required', expression: 'Device.udiCarrier[0].deviceIdentifier' },
    ],
    lacks('Device', 'deviceName'),
    lacks('Device', 'type'),
    lacks('Device', 'patient'),
    breaks('Device', 'cn-dev-1', 'neither batch nor number', (r) => delete r.lotNumber),
    warns('Device', 'cn-dev-2', 'of no maker', (r) => delete r.manufacturer),
  ],
}

export const account: ProfileCases = {
  id: 'cn-account',
  valid: {
    resourceType: 'Account',
    meta: meta('cn-account'),
    identifier: [number('account', '1')],
    status: 'inactive',
    type: concept(cs('cn-claim-type'), 'inpatient'),
    subject: [PATIENT],
    servicePeriod: { start: '2026-03-05', end: '2026-03-12' },
    coverage: [{ coverage: { reference: 'Coverage/1' } }],
    owner: HOSPITAL,
  },
  broken: [
    ...identified('Account'),
    lacks('Account', 'identifier'),
    lacks('Account', 'type'),
    outside('Account', 'type', concept(cs('cn-claim-type'), 'gift')),
    lacks('Account', 'subject'),
    lacks('Account', 'owner'),
    warns('Account', 'cn-acc-1', 'closed at no time', (r) => delete r.servicePeriod),
    warns('Account', 'cn-acc-2', 'borne by nobody', (r) => delete r.coverage),
  ],
}

export const charge: ProfileCases = {
  id: 'cn-chargeitem',
  valid: {
    resourceType: 'ChargeItem',
    meta: meta('cn-chargeitem'),
    extension: [
      extension('cn-fee-category', { valueCoding: coding(cs('nhsa-fee-category'), '09') }),
      extension('cn-item-level', { valueCoding: coding(cs('nhsa-item-level'), '01') }),
    ],
    identifier: [number('charge', '1')],
    status: 'billed',
    code: {
      coding: [
        { system: cs('nhsa-service'), code: '250403004' },
        { system: cs('nhsa-drug'), code: 'XA10BAE046A001010100001' },
        { system: `${B}/sid/H1/charge-code`, code: '1' },
      ],
    },
    subject: PATIENT,
    context: VISIT,
    occurrenceDateTime: '2026-03-06',
    quantity: { value: 2 },
    priceOverride: { value: 37, currency: 'CNY' },
  },
  broken: [
    ...identified('ChargeItem'),
    lacks('ChargeItem', 'extension'),
    ['of no fee category', (r) => r.extension.shift(), { code: 'slice', rule: 'feeCategory min 1', expression: 'ChargeItem.extension' }],
    ...single('ChargeItem', ['feeCategory', 'itemLevel']),
    twice('ChargeItem', 'code.coding[0]', 'nhsaService'),
    twice('ChargeItem', 'code.coding[1]', 'nhsaDrug'),
    lacks('ChargeItem', 'code.coding[0].code'),
    lacks('ChargeItem', 'code.coding[1].code'),
    pointsTo('ChargeItem', 'subject', 'Group/1', 'Patient'),
    lacks('ChargeItem', 'context'),
    lacks('ChargeItem', 'occurrenceDateTime', { expression: 'ChargeItem.occurrence' }),
    lacks('ChargeItem', 'quantity'),
    ['a quantity without a number', (r) => (r.quantity = { unit: '盒' }), { code: 'required', expression: 'ChargeItem.quantity.value' }],
    breaks('ChargeItem', 'cn-chg-1', 'money of another country', (r) => (r.priceOverride.currency = 'USD')),
    warns('ChargeItem', 'cn-chg-2', 'no amount', (r) => delete r.priceOverride),
    breaks('ChargeItem', 'cn-chg-3', 'neither code nor text', (r) => (r.code = { coding: [{ display: '药' }] })),
  ],
}
