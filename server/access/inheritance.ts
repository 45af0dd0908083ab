/** References through which a resource takes on the labels of what it refers to: it tells the same thing. */

const LABELS = `
DiagnosticReport.result DiagnosticReport.basedOn DiagnosticReport.media.link
Observation.hasMember Observation.derivedFrom Observation.basedOn
Composition.section.entry Composition.encounter Composition.relatesTo.targetReference
DocumentReference.context.related DocumentReference.context.encounter DocumentReference.relatesTo.target DocumentManifest.content
Binary.securityContext Provenance.target List.entry.item Media.basedOn
Encounter.diagnosis.condition Encounter.reasonReference Encounter.partOf EpisodeOfCare.diagnosis.condition
Procedure.reasonReference Procedure.report Procedure.complicationDetail Procedure.basedOn
ServiceRequest.reasonReference ServiceRequest.basedOn Specimen.request ImagingStudy.reasonReference ImagingStudy.basedOn
MedicationRequest.reasonReference MedicationRequest.medicationReference MedicationRequest.basedOn
MedicationStatement.reasonReference MedicationStatement.medicationReference MedicationStatement.derivedFrom
MedicationAdministration.reasonReference MedicationAdministration.medicationReference MedicationAdministration.request
MedicationDispense.authorizingPrescription MedicationDispense.medicationReference Immunization.reasonReference
Condition.evidence.detail ClinicalImpression.problem ClinicalImpression.finding.itemReference RiskAssessment.condition
CarePlan.addresses CarePlan.activity.reference CareTeam.reasonReference Goal.addresses RequestGroup.action.resource Task.focus
Communication.about Communication.reasonReference CommunicationRequest.about Appointment.reasonReference
Claim.diagnosis.diagnosisReference Claim.procedure.procedureReference Claim.prescription Claim.item.encounter ClaimResponse.request
ExplanationOfBenefit.diagnosis.diagnosisReference ExplanationOfBenefit.procedure.procedureReference ExplanationOfBenefit.claim
ExplanationOfBenefit.prescription ChargeItem.service PaymentNotice.request PaymentNotice.response Invoice.lineItem.chargeItemReference
QuestionnaireResponse.basedOn QuestionnaireResponse.partOf DetectedIssue.implicated AdverseEvent.resultingCondition
`

/** Types of which the resource is only the wrapping: consents about their class hold for it. */
const TARGETS = ['Provenance.target', 'Binary.securityContext', 'AuditEvent.entity.what']

const names = new Set(LABELS.trim().split(/\s+/))
const wrappings = new Set(TARGETS)

/** What a resource takes on from what it refers to at a path. */
export interface Inheritance {
  /** its labels */
  labels: boolean
  /** it is the wrapping of it */
  wrapping: boolean
  insurance: boolean
  collection: boolean
}

/** An insured visit makes what belongs to it insured. */
const VISIT_PATHS = new Set(['encounter', 'context', 'context.encounter', 'item.encounter'])

/** Collections: each part is about its own persons, and the whole about all of them. */
const COLLECTIONS = new Set([
  'List.entry.item',
  'Composition.section.entry',
  'DocumentManifest.content',
  'DocumentReference.context.related',
  'DiagnosticReport.result',
  'Observation.hasMember',
])

const KNOWN_MAX = 5_000
/** by type, then by path */
const known = new Map<string, Map<string, Inheritance>>()
let count = 0

/** There are as many as elements; what clients may call them is bounded. */
export function inheritanceOf(type: string, path: string): Inheritance {
  const found = known.get(type)?.get(path)
  if (found) return found
  // A section within a section is one, however deep.
  const element = `${type}.${path.replace(/^(?:section\.)+/, 'section.')}`
  const labels = names.has(element)
  const made = {
    labels,
    wrapping: wrappings.has(element),
    // A visit is insured by its own number alone: what belongs to it takes that from it, and must not give it back.
    insurance: (labels || VISIT_PATHS.has(path)) && type !== 'Encounter',
    collection: COLLECTIONS.has(element),
  }
  if (count >= KNOWN_MAX) {
    known.clear()
    count = 0
  }
  count++
  const own = known.get(type) ?? new Map<string, Inheritance>()
  known.set(type, own.set(path, made))
  return made
}
