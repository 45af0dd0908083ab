/**
 * Keys of things that several sources speak of. All sources make them here, so that the hospital's report, the platform's
 * row and the insurance's copy are one resource. `scope` is the organisation id that assigns the number.
 */
import type { Field, RowView, Run } from './rule.ts'
import type { KeyReference, ResourceKey } from './types.ts'

const key = (type: string, scope: string, parts: string[]): ResourceKey => ({ type, scope, parts })

/** Of several the first is known by what they have in common alone. */
const further = (nth: string | undefined): string[] => (nth === undefined ? [] : [nth])

export const keys = {
  /** the organisation itself: the configured one when the scope is its id */
  organization: (scope: string) => key('Organization', scope, []),
  /** department or ward, by the hospital's own code, else by name */
  department: (scope: string, codeOrName: string) => key('Organization', scope, ['department', codeOrName]),
  location: (scope: string, ...parts: string[]) => key('Location', scope, parts),
  /** staff numbers are reused after years, so the name belongs to the key (formats.md D45) */
  practitioner: (scope: string, staffNo: string, name: string) => key('Practitioner', scope, [staffNo, name]),
  encounter: (scope: string, visitNo: string) => key('Encounter', scope, [visitNo]),
  report: (scope: string, reportNo: string) => key('DiagnosticReport', scope, [reportNo]),
  result: (scope: string, reportNo: string, itemCode: string) => key('Observation', scope, [reportNo, itemCode]),
  /** report of another department than the laboratory, which counts for itself */
  examReport: (scope: string, reportNo: string) => key('DiagnosticReport', scope, ['exam', reportNo]),
  examResult: (scope: string, reportNo: string, itemCode: string) => key('Observation', scope, ['exam', reportNo, itemCode]),
  /** by specimen number where there is one, else `specimenOfReport` or `specimenOfExam` */
  specimen: (scope: string, specimenNo: string) => key('Specimen', scope, [specimenNo]),
  specimenOfReport: (scope: string, reportNo: string, nth?: string) => key('Specimen', scope, ['report', reportNo, ...further(nth)]),
  specimenOfExam: (scope: string, reportNo: string, nth?: string) => key('Specimen', scope, ['exam', reportNo, ...further(nth)]),
  request: (scope: string, requestNo: string) => key('ServiceRequest', scope, [requestNo]),
  /** one drug of an order, by the order's number */
  drugOrder: (scope: string, orderNo: string) => key('MedicationRequest', scope, [orderNo]),
  /** what the drug of an order is made of */
  mixture: (scope: string, orderNo: string) => key('Medication', scope, ['order', orderNo]),
  /** line of a bill, by the hospital's own number of it */
  charge: (scope: string, chargeNo: string) => key('ChargeItem', scope, [chargeNo]),
  appointment: (scope: string, appointmentNo: string) => key('Appointment', scope, [appointmentNo]),
  /** diagnosis of a visit: by code, else by its rank or its name */
  diagnosis: (scope: string, visitNo: string, codeOrRank: string) => key('Condition', scope, [visitNo, codeOrRank]),
  /** allergy and relative of a patient, by the hospital's own patient number */
  allergy: (scope: string, patientNo: string, substance: string) => key('AllergyIntolerance', scope, [patientNo, substance]),
  relative: (scope: string, patientNo: string, name: string) => key('RelatedPerson', scope, [patientNo, name]),
  /** what a document says beside itself: by the document's number and a part that counts */
  documentFact: (type: string, scope: string, documentNo: string, part: string) => key(type, scope, ['document', documentNo, part]),
  /** all that stands in one document alone, in whatever version: what replaces the document, of the same visit or patient, takes it back */
  documentFacts: (scope: string, documentNo: string, of: string) => key('Composition', scope, ['facts', documentNo, of]),
  /** operation of a visit, by its code and day: every document that tells of it speaks of the same one */
  operation: (scope: string, visitNo: string, code: string, day: string) => key('Procedure', scope, ['visit', visitNo, code, day]),
  composition: (scope: string, documentNo: string) => key('Composition', scope, [documentNo]),
  binary: (scope: string, documentNo: string) => key('Binary', scope, [documentNo]),
  /** a content of a document beside the document itself: a PDF that a message brings */
  attached: (scope: string, documentNo: string, part: string) => key('Binary', scope, [documentNo, 'attached', part]),
  document: (scope: string, documentNo: string) => key('DocumentReference', scope, [documentNo]),
} as const

type KeyOf<Row> = (row: RowView<Row>, run: Run) => ResourceKey | undefined

/** `id` of a mapping of the visit whose number is in this field. */
export function encounterKey<Row>(visitField: Field<Row>): KeyOf<Row> {
  return (_row, run) => {
    const visitNo = run.text(visitField)
    return visitNo === undefined ? undefined : keys.encounter(run.scope, visitNo)
  }
}

/** `id` of a mapping of a visit's diagnosis: by its code, by its name where there is no code. */
export function diagnosisKey<Row>(visitField: Field<Row>, codeField: Field<Row>, nameField: Field<Row>): KeyOf<Row> {
  return (_row, run) => {
    const visitNo = run.text(visitField)
    const mark = run.text(codeField) ?? run.text(nameField)
    return visitNo === undefined || mark === undefined ? undefined : keys.diagnosis(run.scope, visitNo, mark)
  }
}

export function referTo(target: ResourceKey, display?: string): KeyReference {
  return { $key: target, ...(display !== undefined && { display }) }
}
