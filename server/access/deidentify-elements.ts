/**
 * Elements that stay in the pseudonymised form, by type (profiles.md 4.2): what is not listed is removed. Inside them,
 * references become pseudonyms, dates are shifted, codes lose their display, and texts go.
 */
const ELEMENTS: Readonly<Record<string, string>> = {
  Account: 'status type subject servicePeriod coverage',
  AllergyIntolerance:
    'clinicalStatus verificationStatus type category criticality code patient encounter onsetDateTime recordedDate lastOccurrence reaction',
  CarePlan: 'status intent category subject encounter period created addresses activity',
  ChargeItem: 'status code subject context occurrenceDateTime occurrencePeriod quantity priceOverride factorOverride service',
  Claim: 'status type subType use patient billablePeriod created provider priority related diagnosis procedure insurance item total',
  ClaimResponse: 'status type subType use patient created insurer outcome item total payment',
  ClinicalImpression: 'status code subject encounter effectiveDateTime effectivePeriod date finding prognosisCodeableConcept',
  Composition: 'status type category subject encounter date',
  Condition:
    'clinicalStatus verificationStatus category severity code bodySite subject encounter onsetDateTime onsetPeriod onsetAge abatementDateTime abatementPeriod recordedDate stage evidence',
  Coverage: 'status type beneficiary relationship period payor',
  Device: 'status type patient',
  DiagnosticReport:
    'basedOn status category code subject encounter effectiveDateTime effectivePeriod issued specimen result imagingStudy conclusionCode',
  DocumentReference: 'status docStatus type category subject date',
  Encounter: 'status class type serviceType priority subject period length reasonCode diagnosis hospitalization serviceProvider partOf',
  EpisodeOfCare: 'status type diagnosis patient period managingOrganization',
  ExplanationOfBenefit:
    'status type subType use patient billablePeriod created insurer provider outcome claim related diagnosis procedure insurance item total payment',
  FamilyMemberHistory: 'status patient date relationship sex deceasedBoolean condition',
  Group: 'type actual',
  ImagingStudy: 'status modality subject encounter started numberOfSeries numberOfInstances series',
  Immunization:
    'status statusReason vaccineCode patient encounter occurrenceDateTime primarySource site route doseQuantity isSubpotent reasonCode protocolApplied',
  Location: 'status type physicalType',
  MedicationAdministration:
    'status category medicationCodeableConcept medicationReference subject context effectiveDateTime effectivePeriod reasonCode request dosage',
  MedicationDispense:
    'status category medicationCodeableConcept medicationReference subject context authorizingPrescription type quantity daysSupply whenPrepared whenHandedOver dosageInstruction',
  MedicationRequest:
    'status intent category priority doNotPerform medicationCodeableConcept medicationReference subject encounter authoredOn reasonCode reasonReference courseOfTherapyType dosageInstruction dispenseRequest substitution',
  MedicationStatement:
    'status category medicationCodeableConcept medicationReference subject context effectiveDateTime effectivePeriod dateAsserted reasonCode dosage',
  MolecularSequence: 'type coordinateSystem patient specimen',
  Observation:
    'basedOn status category code subject encounter effectiveDateTime effectivePeriod effectiveInstant issued valueQuantity valueCodeableConcept valueBoolean valueInteger valueRange valueRatio valueDateTime valuePeriod dataAbsentReason interpretation bodySite method specimen referenceRange hasMember derivedFrom component',
  Organization: 'active type',
  Patient: 'gender birthDate deceasedBoolean deceasedDateTime address',
  Practitioner: 'active',
  PractitionerRole: 'active practitioner organization code specialty',
  Procedure:
    'basedOn partOf status category code subject encounter performedDateTime performedPeriod reasonCode reasonReference bodySite outcome complication followUp',
  ResearchSubject: 'status period study individual',
  RiskAssessment: 'status method code subject encounter occurrenceDateTime condition prediction',
  ServiceRequest:
    'basedOn status intent category priority doNotPerform code subject encounter occurrenceDateTime occurrencePeriod authoredOn reasonCode reasonReference bodySite',
  Specimen: 'status type subject receivedTime collection condition',
}

const sets = new Map(Object.entries(ELEMENTS).map(([type, names]) => [type, new Set(names.split(' '))]))

/** undefined: nothing of this type stays. */
export const keptElements = (type: string): ReadonlySet<string> | undefined => sets.get(type)

/** Strings that are codes and not texts, by their element. Everything else that is a string and no date is removed. */
export const CODE_ELEMENTS: ReadonlySet<string> = new Set(
  `status docStatus intent use code system version comparator gender sex unit mode priority type category criticality currency outcome
  periodUnit durationUnit dayOfWeek when coordinateSystem severity focalSubject`.split(/\s+/),
)

/** Wherever they stand. */
export const NEVER: ReadonlySet<string> = new Set(
  `identifier extension modifierExtension contained text note name telecom contact photo display userSelected line postalCode
  district assigner attachment presentedForm`.split(/\s+/),
)

/** Definitions, about nobody and made by nobody's care: they pass as they are. */
export const UNMASKED: ReadonlySet<string> = new Set(
  `ActivityDefinition CapabilityStatement ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap EventDefinition GraphDefinition
  ImplementationGuide Library Measure Medication MedicationKnowledge MessageDefinition NamingSystem ObservationDefinition OperationDefinition
  PlanDefinition Questionnaire ResearchStudy SearchParameter SpecimenDefinition StructureDefinition StructureMap Substance
  TerminologyCapabilities ValueSet OperationOutcome`.split(/\s+/),
)

/**
 * Does the masked form of `type` keep what stands at the path? A choice is named with its type (`medicationReference`). What it
 * does not keep leads nowhere either: a link would tell what stands there.
 */
export function isKept(type: string, [first = '', ...rest]: readonly string[]): boolean {
  return keptElements(type)?.has(first) === true && !rest.some((element) => NEVER.has(element))
}

/** Search parameters that look into elements which may stay, with those elements: any of them in the type's form opens it. */
const PARAMETER_ELEMENTS: Readonly<Record<string, string>> = {
  'body-site': 'bodySite',
  bodysite: 'bodySite series collection',
  category: 'category',
  class: 'class',
  'clinical-status': 'clinicalStatus',
  code: 'code medicationCodeableConcept',
  'code-value-concept': 'valueCodeableConcept',
  'code-value-quantity': 'valueQuantity',
  'combo-code': 'component',
  'combo-code-value-concept': 'component',
  'combo-code-value-quantity': 'component',
  'combo-value-concept': 'component',
  'combo-value-quantity': 'component',
  'component-code': 'component',
  'component-code-value-concept': 'component',
  'component-code-value-quantity': 'component',
  'component-value-concept': 'component',
  'component-value-quantity': 'component',
  conclusion: 'conclusionCode',
  criticality: 'criticality',
  'data-absent-reason': 'dataAbsentReason',
  gender: 'gender',
  intent: 'intent',
  modality: 'modality series',
  outcome: 'outcome',
  priority: 'priority',
  severity: 'severity reaction',
  site: 'site',
  status: 'status',
  type: 'type',
  use: 'use',
  'vaccine-code': 'vaccineCode',
  'value-concept': 'valueCodeableConcept',
  'value-quantity': 'valueQuantity',
  'verification-status': 'verificationStatus',
}

/** About the answer, not about what is looked for. */
const RESULT_PARAMETERS: ReadonlySet<string> = new Set(
  '_count _total _summary _elements _sort _include _revinclude _format _pretty _type _outputFormat'.split(' '),
)

/** By the words beside a code, and by the beginning of one, which may be that of an organisation's own. */
const BY_TEXT: ReadonlySet<string> = new Set(['text', 'code-text'])

/** What a group is of is hidden with its members. */
const UNSEARCHABLE: ReadonlySet<string> = new Set(['Group'])

/**
 * May who sees the masked form of `type` search by this parameter (access.md L20, L21)? Only by what that form shows: an
 * element that stays, and codes as a whole but not the texts and displays beside them.
 */
export function isOpenParameter(type: string, code: string, modifier?: string): boolean {
  if (RESULT_PARAMETERS.has(code)) return true
  if (UNSEARCHABLE.has(type) || BY_TEXT.has(modifier ?? '') || !Object.hasOwn(PARAMETER_ELEMENTS, code)) return false
  return PARAMETER_ELEMENTS[code]?.split(' ').some((element) => keptElements(type)?.has(element)) === true
}
