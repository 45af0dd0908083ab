/**
 * Which strings of a resource are text, for `_content` (R4 search.html 3.1.1.4.2): elements of the types `string` and
 * `markdown`, by their names. Codes, addresses, dates and data are none: other parameters look for those.
 */

export const TEXT_ELEMENTS: ReadonlySet<string> = new Set(
  `abatementString actualArm additiveProductName administrationInstruction ageString alias allowedString amountString amountText
  answerString areaOfHybridisation assignedArm authorDescription authorString availabilityExceptions basis bornString brand
  businessArrangement cancelledReason chain citation city clinicalRecommendationStatement color comment conclusion condition
  contentString contextInvariant copyright country criteria deceasedString defaultValueMarkdown defaultValueString definition
  dependent description detail detailString deviceIdentifier deviceName diagnostics disclaimer display disposition
  distinctIdentifier district disulfideLinkage documentation documentType doseNumberString error extraDetails family fixedMarkdown
  fixedString geographicalLocation given guidance hint human imprint initiator instruction intraspecificDescription label
  line logMessage lotNumber manufacturer manufacturerString maternalOrganismName meaningWhenMissing measurementPoint
  minimumVolumeString mitigation modelNumber modification name network number occurrenceString onsetString orderMeaning
  organismName other outcomeDesc overrideReason parentSubstanceName part participantEffectiveDescription partNumber
  paternalOrganismName patientInstruction patternMarkdown patternString payment paymentTerms performedString postalCode
  postConditions preAuthRef preConditions preferredReportName prefix preparation preparationInstruction productName publisher
  purpose question rateAggregation rationale reason receiver requirement requirements residueSite responsible riskAdjustment
  scheduledString scope serialNumber seriesDosesString short shortTitle site situation software specialMeasures state statusReason
  studyEffectiveDescription subscriberId subtitle suffix summary supportingInformation synonym systemType tester text
  textEquivalent timeAspect title usage usedString valueMarkdown valueString version`.split(/\s+/),
)

/**
 * Names of elements that are strings and no text: for machines, a number of somebody or
 * something (`identifier` looks for that), a secret (`header` of a Subscription's channel), a unit beside its code, or a code of that name elsewhere.
 */
export const NO_TEXT: ReadonlySet<string> = new Set(
  `actorId address altId anchor averageMolecularFormula baseFormulaProductName carrierHRF check cigar code
  compareToSourceExpression compareToSourceId compareToSourcePath connectivity contextLinkId cTerminalModification data datasetId
  defaultValue element etag expression field fraction genomeBuild header headerField id identityCertificate ifMatch ifNoneExist
  ifNoneMatch image isModifierReason language linkId location map maternalOrganismId max message minimumId molecularFormula
  molecularFormulaByMoiety mustSupport nTerminalModification observedAllele observedSeq param parameterName parameters params
  paternalOrganismId path performerLinkId productRelatedness proxyIdentityCertificate readsetId reasonLinkId reference
  referenceAllele referenceSeqString relation repeatUnit representation requesterLinkId requestURL resourceId responseCode
  searchInclude searchParam searchRevInclude sequence series shape sliceName source sourceId sourceIdentityCertificate
  sourceVersion status targetLocation targetVersion textFilter type unit url value variable variantsetId versionId xpath`.split(/\s+/),
)
