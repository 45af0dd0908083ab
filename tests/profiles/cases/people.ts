import { B, coding, concept, ID_CARD, ORG, type ProfileCases, profile } from './case.ts'

const ethnicity = profile('cn-ethnicity')

export const patient: ProfileCases = {
  id: 'cn-patient',
  valid: {
    resourceType: 'Patient',
    meta: { profile: [profile('cn-patient')] },
    extension: [
      { url: ethnicity, valueCoding: coding('urn:oid:2.16.156.10011.2.3.3.3', '01') },
      { url: profile('cn-gender-gb'), valueCoding: coding('urn:oid:2.16.156.10011.2.3.3.4', '1') },
      {
        url: 'http://hl7.org/fhir/StructureDefinition/patient-nationality',
        extension: [{ url: 'code', valueCodeableConcept: concept('urn:oid:2.16.156.10011.2.3.3.1', 'CHN') }],
      },
    ],
    identifier: [
      { system: ID_CARD, value: '110100195803120019' },
      { system: `${B}/sid/H1/patient`, value: '0001023456' },
    ],
    name: [{ text: '王建国' }],
    gender: 'male',
    birthDate: '1958-03-12',
    address: [{ extension: [{ url: profile('cn-address-kind'), valueCode: 'home' }], text: '示例街道 1 号' }],
    maritalStatus: concept('urn:oid:2.16.156.10011.2.3.3.5', '20'),
    contact: [{ relationship: [concept('urn:oid:2.16.156.10011.2.3.3.8', '2')], name: { text: '王小明' } }],
  },
  broken: [
    ['no identifier', (r) => delete r.identifier, { code: 'required', expression: 'Patient.identifier' }],
    [
      'an identifier without system',
      (r) => delete r.identifier[1].system,
      { code: 'required', expression: 'Patient.identifier[1].system' },
    ],
    ['an identifier without value', (r) => delete r.identifier[1].value, { code: 'required', expression: 'Patient.identifier[1].value' }],
    [
      'an identity number of another shape in the slice',
      (r) => (r.identifier[0].value = '12345'),
      { code: 'invariant', rule: 'cn-id-1', expression: 'Patient.identifier[0]' },
    ],
    [
      'the same, seen from the root',
      (r) => (r.identifier[0].value = '12345'),
      { code: 'invariant', rule: 'cn-pat-1', expression: 'Patient' },
    ],
    [
      'two identity numbers',
      (r) => r.identifier.push({ system: ID_CARD, value: '11010519491231002X' }),
      { code: 'slice', rule: 'idCard max 1', expression: 'Patient.identifier' },
    ],
    [
      'a wrong check digit',
      (r) => (r.identifier[0].value = '110100195803120018'),
      { code: 'check-digit', rule: 'cn-pat-2', expression: 'Patient.identifier[0].value', profile: null },
    ],
    [
      'another birth date than in the number',
      (r) => (r.birthDate = '1958-03-13'),
      { code: 'facts-disagree', rule: 'cn-pat-3', expression: 'Patient.birthDate', severity: 'warning', profile: null },
    ],
    [
      'another sex than in the number',
      (r) => (r.gender = 'female'),
      { code: 'facts-disagree', rule: 'cn-pat-4', expression: 'Patient.gender', severity: 'warning', profile: null },
    ],
    ['no name', (r) => delete r.name, { code: 'invariant', rule: 'cn-pat-5', expression: 'Patient', severity: 'warning' }],
    ['no gender', (r) => delete r.gender, { code: 'invariant', rule: 'cn-pat-6', expression: 'Patient', severity: 'warning' }],
    ['no birth date', (r) => delete r.birthDate, { code: 'invariant', rule: 'cn-pat-7', expression: 'Patient', severity: 'warning' }],
    [
      'a gender that is none',
      (r) => (r.gender = 'm'),
      { code: 'binding', rule: 'http://hl7.org/fhir/ValueSet/administrative-gender', expression: 'Patient.gender', profile: null },
    ],
    [
      'an ethnic group that does not exist',
      (r) => (r.extension[0].valueCoding.code = '57'),
      { code: 'binding', rule: `${B}/ValueSet/cn-ethnicity`, expression: 'Patient.extension[0].value', profile: ethnicity },
    ],
    [
      'an ethnic group as text',
      (r) => (r.extension[0] = { url: ethnicity, valueString: '汉族' }),
      { code: 'type', rule: 'Coding', expression: 'Patient.extension[0].value', profile: ethnicity },
    ],
    [
      'two ethnic groups',
      (r) => r.extension.push(r.extension[0]),
      { code: 'slice', rule: 'ethnicity max 1', expression: 'Patient.extension' },
    ],
    [
      'an extension without a value',
      (r) => (r.extension[0] = { url: ethnicity, id: 'x' }),
      { code: 'required', expression: 'Patient.extension[0].value', profile: ethnicity },
    ],
    [
      'a kind of address that is none',
      (r) => (r.address[0].extension[0].valueCode = 'castle'),
      { code: 'binding', expression: 'Patient.address[0].extension[0].value', profile: profile('cn-address-kind') },
    ],
    [
      'a marital status of another table',
      (r) => (r.maritalStatus = concept('urn:x', '1')),
      { code: 'binding', expression: 'Patient.maritalStatus', severity: 'warning' },
    ],
  ],
}

export const practitioner: ProfileCases = {
  id: 'cn-practitioner',
  valid: {
    resourceType: 'Practitioner',
    meta: { profile: [profile('cn-practitioner')] },
    extension: [{ url: profile('cn-professional-title'), valueCodeableConcept: { text: '主任医师' } }],
    identifier: [
      { system: `${B}/sid/H1/staff-no`, value: 'D0123' },
      { system: `${B}/sid/nhsa/practitioner`, value: 'D110105000001' },
    ],
    name: [{ text: '赵医生' }],
  },
  broken: [
    ['no identifier', (r) => delete r.identifier, { code: 'required', expression: 'Practitioner.identifier' }],
    [
      'two numbers of the medical insurance',
      (r) => r.identifier.push(r.identifier[1]),
      { code: 'slice', rule: 'nhsaDoctor max 1', expression: 'Practitioner.identifier' },
    ],
    ['no name', (r) => delete r.name, { code: 'invariant', rule: 'cn-pra-1', expression: 'Practitioner', severity: 'warning' }],
    [
      'a title that is not a concept',
      (r) => (r.extension[0] = { url: profile('cn-professional-title'), valueString: '主任医师' }),
      { code: 'type', rule: 'CodeableConcept', expression: 'Practitioner.extension[0].value', profile: profile('cn-professional-title') },
    ],
  ],
}

export const hospital: ProfileCases = {
  id: 'cn-organization-hospital',
  valid: {
    resourceType: 'Organization',
    meta: { profile: [profile('cn-organization-hospital')] },
    extension: [
      { url: profile('cn-admin-level'), valueCode: 'prefectural' },
      { url: profile('cn-hospital-level'), valueCode: '3A' },
      { url: profile('cn-mi-designated'), valueBoolean: true },
    ],
    identifier: [
      { system: ORG, value: '12110000000000001N' },
      { system: `${B}/sid/uscc`, value: '91350100M000100Y43' },
      { system: `${B}/sid/nhsa/fixmedins`, value: 'H11010500001' },
    ],
    type: [concept('http://terminology.hl7.org/CodeSystem/organization-type', 'prov')],
    name: '示例市第一人民医院',
  },
  broken: [
    ['no name', (r) => delete r.name, { code: 'required', expression: 'Organization.name' }],
    ['no type', (r) => delete r.type, { code: 'required', expression: 'Organization.type' }],
    [
      'a credit code with a letter that it may not have',
      (r) => (r.identifier[1].value = '91350100M000100I43'),
      { code: 'invariant', rule: 'cn-uscc-1', expression: 'Organization.identifier[1]' },
    ],
    [
      'a credit code with a wrong check character',
      (r) => (r.identifier[1].value = '91350100M000100Y44'),
      { code: 'check-digit', rule: 'cn-org-2', expression: 'Organization.identifier[1].value', profile: null },
    ],
    [
      'a military hospital under a health authority',
      (r) => {
        r.extension[0].valueCode = 'military'
        r.extension.push({ url: profile('cn-supervised-by'), valueReference: { reference: 'Organization/HA1' } })
      },
      { code: 'invariant', rule: 'cn-org-3', expression: 'Organization' },
    ],
    [
      'an authority that is a person',
      (r) => r.extension.push({ url: profile('cn-supervised-by'), valueReference: { reference: 'Patient/1' } }),
      {
        code: 'type',
        rule: 'Reference(Organization)',
        expression: 'Organization.extension[3].value',
        profile: profile('cn-supervised-by'),
      },
    ],
    [
      'a level that is none',
      (r) => (r.extension[0].valueCode = 'galactic'),
      { code: 'binding', expression: 'Organization.extension[0].value', profile: profile('cn-admin-level') },
    ],
    ['no level', (r) => r.extension.shift(), { code: 'invariant', rule: 'cn-org-4', expression: 'Organization', severity: 'warning' }],
    [
      'a number of the insurance, but not designated',
      (r) => (r.extension[2].valueBoolean = false),
      { code: 'invariant', rule: 'cn-org-5', expression: 'Organization', severity: 'warning' },
    ],
    [
      'neither name nor identifier',
      (r) => {
        delete r.name
        delete r.identifier
      },
      { code: 'invariant', rule: 'org-1', expression: 'Organization', profile: null },
    ],
  ],
}
