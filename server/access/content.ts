/** Resource types by what they are about: nobody, clinical facts, insured content. */
import type { ResourceClass } from './resource-class.ts'
import { SENSITIVITY } from './sensitivity.ts'

/** Types that are about nobody unless they refer to a patient. Every other type without a patient is about an unknown one. */
const PUBLIC = new Set(
  `ActivityDefinition CapabilityStatement CatalogEntry ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap Device
  DeviceDefinition DeviceMetric EffectEvidenceSynthesis Endpoint EventDefinition Evidence EvidenceVariable ExampleScenario
  GraphDefinition HealthcareService ImplementationGuide InsurancePlan Library Location Measure Medication MedicationKnowledge
  MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication
  MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
  MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition NamingSystem ObservationDefinition
  OperationDefinition Organization OrganizationAffiliation PlanDefinition Practitioner PractitionerRole Questionnaire
  ResearchDefinition ResearchElementDefinition ResearchStudy RiskEvidenceSynthesis Schedule SearchParameter Slot
  SpecimenDefinition StructureDefinition StructureMap Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein
  SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification TerminologyCapabilities TestScript ValueSet`.split(/\s+/),
)

/** What patients and guardians may write: for themselves, and so without a custodian. */
export const PATIENTS_WRITE: ReadonlySet<string> = new Set(['Consent', 'QuestionnaireResponse'])

export const isPublicType = (type: string): boolean => PUBLIC.has(type)

/** What break-glass opens: care, not money, consents or the server's records. */
const CLINICAL = new Set(
  `AdverseEvent AllergyIntolerance Appointment Binary BodyStructure CarePlan CareTeam ClinicalImpression Communication
  CommunicationRequest Composition Condition DetectedIssue Device DeviceRequest DeviceUseStatement DiagnosticReport
  DocumentManifest DocumentReference Encounter EpisodeOfCare FamilyMemberHistory Flag Goal ImagingStudy Immunization
  ImmunizationEvaluation ImmunizationRecommendation List Media Medication MedicationAdministration MedicationDispense
  MedicationRequest MedicationStatement MolecularSequence NutritionOrder Observation Patient Procedure QuestionnaireResponse
  RelatedPerson RequestGroup RiskAssessment ServiceRequest Specimen SupplyDelivery SupplyRequest VisionPrescription`.split(/\s+/),
)

export const isClinicalType = (type: string): boolean => CLINICAL.has(type)

/** What the insurance system collects of an insured visit (Table 2 of the study); documents by their kind. */
const INSURANCE = new Set(
  `Account ChargeItem Claim ClaimResponse Condition Coverage CoverageEligibilityRequest CoverageEligibilityResponse Encounter
  EnrollmentRequest EnrollmentResponse ExplanationOfBenefit Invoice Medication MedicationDispense MedicationRequest Patient
  PaymentNotice PaymentReconciliation Procedure`.split(/\s+/),
)
const DOCUMENTS = new Set(['Composition', 'DocumentReference', 'DocumentManifest', 'Bundle'])
const INSURANCE_DOCUMENTS = new Set([
  ...SENSITIVITY.documentTypes.insurance,
  // Names of the same kinds, as the consent cases and foreign systems write them.
  ...['surgical-consent', 'anaesthesia-consent', 'transfusion-consent', 'critical-notice', 'home-page', 'admission-record'],
  ...['outpatient-record', 'prescription', 'medical-record'],
])

/** Insured, and of a kind that the insurance system collects; what that system sent itself is its content anyway. */
export function isInsuranceContent(resource: Pick<ResourceClass, 'type' | 'targets' | 'docType' | 'insured' | 'fromInsurance'>): boolean {
  if (resource.fromInsurance) return true
  if (!resource.insured) return false
  const types = resource.targets.length > 0 ? resource.targets : [resource.type]
  return types.every((type) => (DOCUMENTS.has(type) ? INSURANCE_DOCUMENTS.has(resource.docType) : INSURANCE.has(type)))
}
