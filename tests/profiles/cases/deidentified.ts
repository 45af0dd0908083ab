/**
 * De-identified forms: what of each type may leave, and every element that may not. Which these are is told by R4's definition of the type
 * and by the allow-list (`keptElements`), so that a profile which forbids less than the list removes does not go unseen.
 */
import { keptElements } from '../../../server/access/deidentify-elements.ts'
import { loadStructures } from '../../../server/validation/definitions.ts'
import { createTypeTree, type ElementInfo } from '../../../server/validation/type-tree.ts'
import { breaks, type Broken, holds, lacks, outside } from './broken.ts'
import { concept, type ProfileCases, profile } from './case.ts'

const tree = createTypeTree(loadStructures())
const PSEUDED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'PSEUDED' }
const HL7 = 'http://terminology.hl7.org/CodeSystem'
/** They are in every resource, whatever its form. */
const ALWAYS: ReadonlySet<string> = new Set(['id', 'meta', 'implicitRules', 'language'])

const VALUES: Readonly<Record<string, unknown>> = {
  boolean: true,
  positiveInt: 1,
  date: '2026-03-06',
  dateTime: '2026-03-06',
  time: '08:00:00',
  canonical: 'urn:x',
  uri: 'urn:x',
  Resource: { resourceType: 'Basic', code: { text: 'x' } },
  Extension: { url: 'urn:x', valueString: 'x' },
  SampledData: { origin: { value: 0 }, period: 1, dimensions: 1, data: '0' },
  Narrative: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
}
/** Of any other type: the least that is something. */
const PART = { extension: [{ url: 'urn:x', valueString: 'x' }] }

function sampleOf(element: ElementInfo, type: string): unknown {
  const value = VALUES[type] ?? (tree.isPrimitive(type) ? 'x' : PART)
  return element.list ? [value] : value
}

/** Every element of the type that is on no list of what may stay, and the types of a choice that may not. */
function forbidden(type: string): Broken[] {
  const kept = keptElements(type) ?? new Set()
  return [...(tree.node(type)?.keys ?? [])].flatMap(([key, { element, type: of, sibling }]): Broken[] => {
    if (sibling || ALWAYS.has(element.name) || kept.has(key)) return []
    const expression = `${type}.${element.name}`
    const isPartly = element.keys.some((each) => kept.has(each))
    const expected = isPartly ? { code: 'type', expression } : { code: 'cardinality', rule: 'max 0', expression }
    const change = (resource: Record<string, unknown>): void => {
      for (const other of element.keys) delete resource[other]
      resource[key] = sampleOf(element, of)
    }
    // One type stands for all of a choice that may not be there at all.
    return !isPartly && key !== element.keys[0] ? [] : [[`${key} is left in`, change, expected]]
  })
}

const inside = (type: string, rule: string, what: string, path: string, value: unknown): Broken =>
  holds(what, path, value, { code: 'invariant', rule, expression: type })

/** @param coded path of an element with a code */
function deidentified(id: string, type: string, coded: string, elements: object): ProfileCases {
  return {
    id,
    valid: {
      resourceType: type,
      id: 'pseudonym',
      meta: { profile: [profile(id)], security: [PSEUDED] },
      ...elements,
    } as ProfileCases['valid'],
    broken: [
      lacks(type, 'meta.security'),
      breaks(type, 'cn-deid-1', 'labelled as something else', (r) => (r.meta.security = [{ ...PSEUDED, code: 'REDACTED' }])),
      ['the source is named', (r) => (r.meta.source = 'urn:x'), { code: 'cardinality', rule: 'max 0', expression: `${type}.meta.source` }],
      inside(type, 'cn-deid-2', 'a display', coded, { system: 'urn:x', code: 'x', display: '某某' }),
      inside(type, 'cn-deid-3', 'an extension inside', coded, {
        system: 'urn:x',
        code: 'x',
        extension: [{ url: 'urn:x', valueString: 'x' }],
      }),
      ...forbidden(type),
    ],
  }
}

const absent = (valueCode: string) => ({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode }],
})
const PERSON = { reference: 'Patient/pseudonym' }
const STAY = { reference: 'Encounter/pseudonym' }
const TIME = '2026-03-06T08:00:00+08:00'
const ACT = `${HL7}/v3-ActCode`
const CODE = concept('urn:oid:2.16.156.10011.2.3.3.11.3', 'I20.000')
const DRUG = concept('http://www.whocc.no/atc', 'A10BA02')
const MONEY = { value: 12, currency: 'CNY' }
const PAYER = { reference: 'Organization/pseudonym' }
const INSURANCE = { coverage: { reference: 'Coverage/pseudonym' } }
const CLAIM_TYPE = concept('https://fhir-cn.example/CodeSystem/cn-claim-type', 'outpatient')

const person = deidentified('cn-patient-deid', 'Patient', 'meta.security[0]', {
  gender: 'male',
  birthDate: '1958-03',
  address: [{ state: '北京市', city: '北京市' }],
})
const AREA = ['text', 'line', 'district', 'postalCode'].map(
  (name): Broken => [
    `${name} of the address`,
    (r) => (r.address[0][name] = name === 'line' ? ['x'] : 'x'),
    { code: 'cardinality', rule: 'max 0', expression: `Patient.address[0].${name}` },
  ],
)

/** The first of meta.security is its label: where a display or an extension there is what is broken, the label stays sound. */
const labelled = (cases: ProfileCases): ProfileCases => ({
  ...cases,
  broken: cases.broken.map(([what, change, expected]) => [
    what,
    (r) => {
      change(r)
      if (what === 'a display' || what === 'an extension inside') r.meta.security.push(PSEUDED)
    },
    expected,
  ]),
})

export const patientDeid: ProfileCases = {
  ...labelled(person),
  broken: [
    ...labelled(person).broken,
    ...AREA,
    breaks('Patient', 'cn-deid-4', 'the day of birth', (r) => (r.birthDate = '1958-03-12')),
    breaks('Patient', 'cn-deid-2', 'a text inside', (r) => (r.address[0].text = 'x')),
    breaks('Patient', 'cn-deid-3', 'another absence than by masking', (r) => (r.address[0]._city = absent('unknown'))),
    breaks('Patient', 'cn-deid-3', 'a number inside', (r) => (r.generalPractitioner = [{ identifier: { value: '1' } }])),
  ],
}

/** The release form carries the other label. */
export const patientAnonymous: ProfileCases = {
  id: 'cn-patient-deid',
  valid: { ...patientDeid.valid, meta: { ...patientDeid.valid.meta, security: [{ ...PSEUDED, code: 'ANONYED' }] } },
  broken: [lacks('Patient', 'meta.security')],
}

export const encounterDeid = deidentified('cn-encounter-deid', 'Encounter', 'class', {
  status: 'finished',
  class: { system: ACT, code: 'IMP' },
  subject: PERSON,
  period: { start: TIME, end: TIME },
  serviceProvider: PAYER,
})
export const conditionDeid = deidentified('cn-condition-deid', 'Condition', 'code.coding[0]', {
  category: [concept(`${HL7}/condition-category`, 'encounter-diagnosis')],
  clinicalStatus: concept(`${HL7}/condition-clinical`, 'resolved'),
  code: CODE,
  subject: PERSON,
  encounter: STAY,
  onsetAge: { value: 50, system: 'http://unitsofmeasure.org', code: 'a' },
  abatementDateTime: '2026',
})
export const procedureDeid = deidentified('cn-procedure-deid', 'Procedure', 'code.coding[0]', {
  status: 'completed',
  code: concept('urn:oid:2.16.156.10011.2.3.3.12', '36.1100'),
  subject: PERSON,
  performedDateTime: TIME,
})
export const observationDeid = deidentified('cn-observation-deid', 'Observation', 'code.coding[0]', {
  status: 'final',
  code: concept('http://loinc.org', '6690-2'),
  subject: PERSON,
  effectiveDateTime: TIME,
  valueQuantity: { value: 10.9, unit: '10^9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
})
export const reportDeid = deidentified('cn-diagnosticreport-deid', 'DiagnosticReport', 'code.coding[0]', {
  status: 'final',
  category: [concept(`${HL7}/v2-0074`, 'LAB')],
  code: concept('http://loinc.org', '58410-2'),
  subject: PERSON,
  result: [{ reference: 'Observation/pseudonym' }],
})
export const imagesDeid = deidentified('cn-imagingstudy-deid', 'ImagingStudy', 'modality[0]', {
  status: 'available',
  modality: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: 'CT' }],
  subject: PERSON,
  started: TIME,
})
export const specimenDeid = deidentified('cn-specimen-deid', 'Specimen', 'type.coding[0]', {
  type: concept(`${HL7}/v2-0487`, 'BLD'),
  subject: PERSON,
})
export const prescriptionDeid = deidentified('cn-medicationrequest-deid', 'MedicationRequest', 'medicationCodeableConcept.coding[0]', {
  status: 'active',
  intent: 'order',
  medicationCodeableConcept: DRUG,
  subject: PERSON,
})
export const givenDeid = deidentified(
  'cn-medicationadministration-deid',
  'MedicationAdministration',
  'medicationCodeableConcept.coding[0]',
  { status: 'completed', medicationCodeableConcept: DRUG, subject: PERSON, effectiveDateTime: TIME },
)
export const orderDeid = deidentified('cn-order-service-deid', 'ServiceRequest', 'code.coding[0]', {
  status: 'active',
  intent: 'order',
  code: concept('http://loinc.org', '58410-2'),
  subject: PERSON,
  occurrenceDateTime: TIME,
})
export const allergyDeid = deidentified('cn-allergy-deid', 'AllergyIntolerance', 'code.coding[0]', {
  clinicalStatus: concept(`${HL7}/allergyintolerance-clinical`, 'active'),
  code: DRUG,
  patient: PERSON,
  onsetDateTime: '2026',
})
export const vaccinationDeid = deidentified('cn-immunization-deid', 'Immunization', 'vaccineCode.coding[0]', {
  status: 'completed',
  vaccineCode: concept('http://hl7.org/fhir/sid/cvx', '08'),
  patient: PERSON,
  occurrenceDateTime: TIME,
})
export const coverageDeid = deidentified('cn-coverage-deid', 'Coverage', 'type.coding[0]', {
  status: 'active',
  type: concept('https://fhir-cn.example/CodeSystem/nhsa-insutype', '310'),
  beneficiary: PERSON,
  payor: [PAYER],
})
export const claimDeid = deidentified('cn-claim-deid', 'Claim', 'type.coding[0]', {
  status: 'active',
  type: CLAIM_TYPE,
  use: 'claim',
  patient: PERSON,
  created: TIME,
  provider: PAYER,
  priority: concept(`${HL7}/processpriority`, 'normal'),
  insurance: [{ sequence: 1, focal: true, ...INSURANCE }],
  total: MONEY,
})
claimDeid.broken.push(outside('Claim', 'type', concept('urn:x', 'x'), { severity: 'warning' }))
export const settlementDeid = deidentified('cn-eob-settlement-deid', 'ExplanationOfBenefit', 'type.coding[0]', {
  status: 'active',
  type: CLAIM_TYPE,
  use: 'claim',
  patient: PERSON,
  created: TIME,
  insurer: PAYER,
  provider: PAYER,
  outcome: 'complete',
  insurance: [{ focal: true, ...INSURANCE }],
})
settlementDeid.broken.push(outside('ExplanationOfBenefit', 'type', concept('urn:x', 'x'), { severity: 'warning' }))
