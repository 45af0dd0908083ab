/** References through which a resource takes on the labels of what it refers to: it tells the same thing. */

const LABELS = `
DiagnosticReport.result DiagnosticReport.basedOn DiagnosticReport.media.link
Observation.hasMember Observation.derivedFrom Observation.basedOn
Composition.section.entry Composition.encounter Composition.relatesTo.targetReference
DocumentReference.context.related DocumentReference.context.encounter DocumentReference.relatesTo.target DocumentManifest.content
Binary.securityContext Provenance.target List.entry.item Media.basedOn
Encounter.diagnosis.condition Encounter.reasonReference EpisodeOfCare.diagnosis.condition
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

/** A section within a section is one, however deep. */
const elementOf = (type: string, path: string): string => `${type}.${path.replace(/^(?:section\.)+/, 'section.')}`

/** Does `type` take on the labels of what it refers to at `path`? */
export const inheritsLabels = (type: string, path: string): boolean => names.has(elementOf(type, path))

/** Is `type` the wrapping of what it refers to at `path`? */
export const isWrapping = (type: string, path: string): boolean => wrappings.has(elementOf(type, path))

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

export const isCollection = (type: string, path: string): boolean => COLLECTIONS.has(elementOf(type, path))

export const inheritsInsurance = (type: string, path: string): boolean => VISIT_PATHS.has(path) || inheritsLabels(type, path)
