/** The date by which resources of a type are listed: when it happened, else when it was written down. */

/** Type → date parameters, the first that has a value counts. Types that are not here have no main date. */
const MAIN_DATES: Readonly<Record<string, readonly string[]>> = {
  Account: ['period'],
  AdverseEvent: ['date'],
  AllergyIntolerance: ['date', 'onset'],
  Appointment: ['date'],
  Basic: ['created'],
  Bundle: ['timestamp'],
  CarePlan: ['date'],
  CareTeam: ['date'],
  ChargeItem: ['occurrence', 'entered-date'],
  Claim: ['created'],
  ClaimResponse: ['created'],
  ClinicalImpression: ['date'],
  Communication: ['sent', 'received'],
  CommunicationRequest: ['authored', 'occurrence'],
  Composition: ['date'],
  Condition: ['recorded-date', 'onset-date'],
  Consent: ['date'],
  Contract: ['issued'],
  CoverageEligibilityRequest: ['created'],
  CoverageEligibilityResponse: ['created'],
  DetectedIssue: ['identified'],
  DeviceRequest: ['authored-on', 'event-date'],
  DiagnosticReport: ['date', 'issued'],
  DocumentManifest: ['created'],
  DocumentReference: ['date', 'period'],
  Encounter: ['date'],
  EpisodeOfCare: ['date'],
  ExplanationOfBenefit: ['created'],
  FamilyMemberHistory: ['date'],
  Flag: ['date'],
  Goal: ['start-date', 'target-date'],
  ImagingStudy: ['started'],
  Immunization: ['date'],
  ImmunizationEvaluation: ['date'],
  ImmunizationRecommendation: ['date'],
  Invoice: ['date'],
  List: ['date'],
  MeasureReport: ['date', 'period'],
  Media: ['created'],
  MedicationAdministration: ['effective-time'],
  MedicationDispense: ['whenhandedover', 'whenprepared'],
  MedicationRequest: ['authoredon'],
  MedicationStatement: ['effective'],
  NutritionOrder: ['datetime'],
  Observation: ['date'],
  PaymentNotice: ['created'],
  PaymentReconciliation: ['created'],
  Procedure: ['date'],
  Provenance: ['recorded', 'when'],
  QuestionnaireResponse: ['authored'],
  RequestGroup: ['authored'],
  ResearchStudy: ['date'],
  ResearchSubject: ['date'],
  RiskAssessment: ['date'],
  ServiceRequest: ['authored', 'occurrence'],
  Slot: ['start'],
  Specimen: ['collected'],
  SupplyRequest: ['date'],
  Task: ['authored-on', 'modified'],
  VisionPrescription: ['datewritten'],
}

const TYPES = new Map(Object.entries(MAIN_DATES))

/** Date parameters of the type's main date, best first. */
export function mainDateParams(type: string): readonly string[] {
  return TYPES.get(type) ?? []
}

/**
 * Whether sorting by this parameter is sorting by the main date: it is the only source of it. The store can then take the
 * order from its index. Periods sort by their beginning in both directions.
 */
export function isMainDate(type: string, param: string): boolean {
  const params = mainDateParams(type)
  return params.length === 1 && params[0] === param
}
