/** Further examples of profiles that have some already: what the home page, prescriptions, orders and settlements have besides. */
import { breaks, DOCTOR, extension, holds, lacks, single, twice } from './broken.ts'
import { inpatient } from './care-network.ts'
import { B, coding, concept, cs, fuller, type ProfileCases, profile } from './case.ts'
import { imagingStudy, procedure } from './examinations.ts'
import { fullHospital, fullPatient, fullPractitioner } from './fuller.ts'
import { medicationRequest } from './clinical.ts'
import { claim, settlement } from './insurance.ts'
import { composition } from './documents.ts'
import { file, treatmentConsent } from './records.ts'
import { charge, drug, serviceOrder } from './treatment.ts'

const ROLE = cs('cn-role')
const LOINC = 'http://loinc.org'
const complex = (id: string, ...parts: object[]): object => ({ url: profile(id), extension: parts })

/** The extensions of a resource, and others after them. */
const added = ({ valid }: ProfileCases, ...more: object[]): { extension: object[] } => ({
  extension: [...((valid.extension ?? []) as object[]), ...more],
})

/** Each of the extensions that were added may stand once. */
const once = (type: string, { valid }: ProfileCases, ...slices: string[]) => {
  const before = ((valid.extension ?? []) as object[]).length
  return slices.map((slice, at) => twice(type, `extension[${before + at}]`, slice))
}

/** A part of an extension refers to a person whom it may not mean. */
function leadsTo(type: string, at: number, part: number, id: string, allowed: string) {
  const path = `extension[${at}].extension[${part}]`
  const expected = { code: 'type', rule: `Reference(${allowed})`, expression: `${type}.${path}.value`, profile: profile(id) }
  return holds(`${id} of a patient`, `${path}.valueReference`, { reference: 'Patient/1' }, expected)
}

export const patientWithCards = fuller(
  fullPatient,
  { identifier: [...(fullPatient.valid.identifier as object[]), { system: `${B}/sid/ssc-no`, value: 'A12345678' }] },
  [twice('Patient', 'identifier[3]', 'ssc')],
)

export const doctorOfTwoHospitals = fuller(
  fullPractitioner,
  added(
    fullPractitioner,
    complex('cn-multi-site', { url: 'organization', valueReference: { reference: 'Organization/H2' } }),
    complex('cn-multi-site', { url: 'organization', valueReference: { reference: 'Organization/H3' } }),
  ),
  [leadsTo('Practitioner', 1, 0, 'cn-multi-site', 'Organization')],
)

export const hospitalOfTheState = fuller(
  fullHospital,
  added(
    fullHospital,
    extension('cn-ownership', { valueCode: 'public' }),
    extension('cn-record-custodian', { valueReference: { reference: 'Organization/archive' } }),
  ),
  once('Organization', fullHospital, 'ownership', 'recordCustodian'),
)

/** The persons of the home page, and two stays in intensive care. */
export const stayInIntensiveCare = fuller(
  inpatient,
  {
    ...added(
      inpatient,
      ...['2026-03-06', '2026-03-08'].map((day) =>
        complex('cn-icu-stay', { url: 'unit', valueString: 'CCU' }, { url: 'period', valuePeriod: { start: day, end: day } }),
      ),
    ),
    participant: [
      ...(inpatient.valid.participant as object[]),
      ...['chief', 'resident', 'nurse', 'coder'].flatMap((code) => [1, 2].map(() => ({ type: [concept(ROLE, code)], individual: DOCTOR }))),
    ],
  },
  ['chief', 'resident', 'nurse', 'coder'].map((_, at) => lacks('Encounter', `participant[${2 * at + 2}].individual`)),
)

export const urgentOperation = fuller(
  procedure,
  added(procedure, extension('cn-surgery-timing', { valueCode: 'emergency' }), extension('cn-unplanned-return', { valueBoolean: true })),
  once('Procedure', procedure, 'timing', 'unplannedReturn'),
)

export const printedImages = fuller(
  imagingStudy,
  added(imagingStudy, extension('cn-film-count', { valuePositiveInt: 4 })),
  once('ImagingStudy', imagingStudy, 'filmCount'),
)

export const executedOrder = fuller(
  serviceOrder,
  added(
    serviceOrder,
    ...['2026-03-05T10:00:00+08:00', '2026-03-06T10:00:00+08:00'].map((time) =>
      complex('cn-order-execution', { url: 'time', valueDateTime: time }, { url: 'nurse', valueReference: DOCTOR }),
    ),
  ),
  [leadsTo('ServiceRequest', 3, 1, 'cn-order-execution', 'Practitioner | PractitionerRole')],
)

export const herb = fuller(
  drug,
  {
    ...added(drug, extension('cn-herbal-piece', { valueBoolean: true })),
    code: { coding: [{ system: cs('ypid'), code: '1' }], text: '黄芪' },
  },
  [...once('Medication', drug, 'herbalPiece'), twice('Medication', 'code.coding[0]', 'ypid'), lacks('Medication', 'code.coding[0].code')],
)

export const checkedPrescription = fuller(
  medicationRequest,
  added(
    medicationRequest,
    extension('cn-skin-test', { valueCode: 'negative' }),
    extension('cn-decoction-usage', { valueString: '水煎服' }),
    extension('cn-audit-pharmacist', { valueReference: { reference: 'Practitioner/3' } }),
    extension('cn-restricted-use', { valueBoolean: true }),
  ),
  once('MedicationRequest', medicationRequest, 'skinTest', 'decoctionUsage', 'auditPharmacist', 'restrictedUse'),
)

const STOPPED = extension('cn-stop-time', { valueDateTime: '2026-03-10T10:00:00+08:00' })

export const drugOrderOfStay: ProfileCases = {
  id: 'cn-inpatient-order-drug',
  valid: {
    ...medicationRequest.valid,
    meta: { profile: [profile('cn-inpatient-order-drug')] },
    extension: [extension('cn-order-kind', { valueCode: 'long-term' }), STOPPED],
    category: [concept(cs('cn-prescription-category'), 'inpatient')],
    groupIdentifier: { system: `${B}/sid/H1/order-group`, value: '1' },
  },
  broken: [
    ...single('MedicationRequest', ['orderKind', 'stopTime']),
    ['of no kind', (r) => r.extension.shift(), { code: 'slice', rule: 'orderKind min 1', expression: 'MedicationRequest.extension' }],
    lacks('MedicationRequest', 'encounter'),
    breaks('MedicationRequest', 'cn-mr-5', 'stopped before it was written', (r) => (r.extension[1].valueDateTime = '2026-03-08')),
  ],
}

const DISEASE = extension('cn-disease-no', { valueCoding: coding(`${B}/CodeSystem/nhsa-disease`, 'M03900') })
const RATIO = extension('cn-self-pay-ratio', { valueDecimal: 0.1 })
const LIMIT = extension('cn-limit-price', { valueMoney: { value: 20, currency: 'CNY' } })
const RESTRICTED = extension('cn-restricted-use', { valueBoolean: true })

export const claimByDisease = fuller(
  claim,
  {
    ...added(claim, DISEASE),
    item: (claim.valid.item as object[]).map((item) => ({ ...item, extension: [RATIO, LIMIT, RESTRICTED] })),
  },
  [
    ...once('Claim', claim, 'diseaseNo'),
    ...single('Claim', ['selfPayRatio', 'limitPrice', 'restrictedUse'], 'item[0].extension'),
    ...[-0.1, 1.1].map((ratio) =>
      holds(`a share of ${ratio}`, 'item[0].extension[0].valueDecimal', ratio, {
        code: 'invariant',
        rule: 'cn-spr-1',
        expression: 'Claim.item[0].extension[0].value',
        profile: profile('cn-self-pay-ratio'),
      }),
    ),
  ],
)

export const settlementByDisease = fuller(settlement, added(settlement, DISEASE), once('ExplanationOfBenefit', settlement, 'diseaseNo'))

export const chargeWithLimit = fuller(charge, added(charge, RATIO, LIMIT), once('ChargeItem', charge, 'selfPayRatio', 'limitPrice'))

export const fileOfTwoKinds = fuller(
  file,
  { type: { coding: [...(file.valid.type as { coding: object[] }).coding.slice(0, 1), coding(LOINC, '18842-5')] } },
  [twice('DocumentReference', 'type.coding[1]', 'loinc'), lacks('DocumentReference', 'type.coding[1].code')],
)

export const documentInTime = fuller(
  composition,
  added(composition, extension('cn-due-time', { valueDateTime: '2026-03-13T15:00:00+08:00' })),
  once('Composition', composition, 'dueTime'),
)

const OPERATION = { reference: 'Procedure/1' }

export const consentToOperations = fuller(
  treatmentConsent,
  {
    category: [...(treatmentConsent.valid.category as object[]), { text: '手术' }],
    ...added(
      treatmentConsent,
      ...[OPERATION, { reference: 'ServiceRequest/1' }].map((valueReference) => extension('cn-consent-procedure', { valueReference })),
    ),
  },
  [lacks('Consent', 'identifier[0].value')],
)
