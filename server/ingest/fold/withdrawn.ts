/** What stands where something was withdrawn: that it was void, and nothing of any patient's record (formats.md D20, D21). */

const MASKED = '{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}'
const VER_STATUS = (system: string): string =>
  `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/${system}","code":"entered-in-error"}]}`

interface Stub {
  /** elements kept beside identifier and code */
  keep: readonly string[]
  /** elements that the base resource demands and that would say something of the patient, or nobody stated: a `code` that was stays */
  masked: Record<string, string>
  /** element and JSON text that says that it is void */
  status: [element: string, text: string]
}

const STATUS: [string, string] = ['status', '"entered-in-error"']
const stub = (keep: readonly string[], masked: Record<string, string> = {}, status = STATUS): Stub => ({ keep, masked, status })

/** Base cardinalities of R4 decide what must stay (each type's page, section Resource Content). */
const STUBS: Record<string, Stub> = {
  Patient: stub([], {}, ['active', 'false']),
  Practitioner: stub([], {}, ['active', 'false']),
  Organization: stub([], {}, ['active', 'false']),
  RelatedPerson: stub([], { patient: MASKED }, ['active', 'false']),
  Condition: stub([], { subject: MASKED }, ['verificationStatus', VER_STATUS('condition-ver-status')]),
  AllergyIntolerance: stub([], { patient: MASKED }, ['verificationStatus', VER_STATUS('allergyintolerance-verification')]),
  Procedure: stub([], { subject: MASKED }),
  Encounter: stub(['class'], { class: MASKED }),
  Observation: stub([], { code: MASKED }),
  DiagnosticReport: stub([], { code: MASKED }),
  MedicationRequest: stub(['intent'], { subject: MASKED, medicationCodeableConcept: MASKED }),
  MedicationAdministration: stub([], { subject: MASKED, medicationCodeableConcept: MASKED, _effectiveDateTime: MASKED }),
  MedicationStatement: stub([], { subject: MASKED, medicationCodeableConcept: MASKED }),
  Consent: stub(['scope', 'policy'], { category: `[${MASKED}]` }),
  ServiceRequest: stub(['intent'], { subject: MASKED }),
  ChargeItem: stub([], { subject: MASKED, code: MASKED }),
  ImagingStudy: stub([], { subject: MASKED }),
  Coverage: stub([], { beneficiary: MASKED, payor: `[${MASKED}]` }),
  Claim: stub(['type', 'use', 'created', 'priority'], {
    patient: MASKED,
    provider: MASKED,
    insurance: `[{"sequence":1,"focal":true,"coverage":${MASKED}}]`,
  }),
  ExplanationOfBenefit: stub(['type', 'use', 'created', 'outcome'], {
    patient: MASKED,
    insurer: MASKED,
    provider: MASKED,
    insurance: `[{"focal":true,"coverage":${MASKED}}]`,
  }),
  Composition: stub(['type', 'date', 'title'], { author: `[${MASKED}]` }),
  DocumentReference: stub([], { content: `[{"attachment":${MASKED}}]` }),
  Appointment: stub([], { _start: MASKED, _end: MASKED, participant: `[{"actor":${MASKED},"status":"declined"}]` }),
  // It has no status: bytes that are void are none.
  Binary: stub([], {}, ['contentType', '"application/octet-stream"']),
}

const PLAIN: Stub = stub([])

/** The stub of a type. */
export const withdrawnStub = (type: string): Stub => STUBS[type] ?? PLAIN

/** Whether a withdrawn statement may keep this element at all: it is not even remembered otherwise. */
export function keptWhenWithdrawn(type: string, element: string): boolean {
  if (type === 'Patient') return false
  return element === 'identifier' || element === 'code' || withdrawnStub(type).keep.includes(element)
}
