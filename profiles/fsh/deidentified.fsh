// The forms in which data leave for research and statistics (limited data set and release): an allow-list of elements. What is not in it
// may not stand; tests compare it with what server/access/deidentify-elements.ts keeps.

RuleSet: Deidentified
* meta.source 0..0
* meta.security 1..*
* insert Removed(text)
* insert Removed(contained)
* insert Removed(extension)
* insert Removed(modifierExtension)
* insert Removed(identifier)
* obeys cn-deid-1 and cn-deid-2 and cn-deid-3

RuleSet: Removed(element)
* {element} 0..0

Invariant: cn-deid-1
Description: "The resource is labelled as pseudonymised or anonymised"
Severity: #error
Expression: "meta.security.where(system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue' and (code = 'PSEUDED' or code = 'ANONYED')).exists()"

Invariant: cn-deid-2
Description: "Codes and references stand without words beside them"
Severity: #error
Expression: "descendants().display.empty() and descendants().text.empty()"

Invariant: cn-deid-3
Description: "No number stands anywhere inside, and no extension but the one that says that what R4 demands is masked"
Severity: #error
Expression: "descendants().identifier.empty() and descendants().extension.all(url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason' and value.exists() and value = 'masked')"

Invariant: cn-deid-4
Description: "Of the birth date year and month are told, no day"
Severity: #error
Expression: "birthDate.toString().length() <= 7"

Profile: CNPatientDeid
Parent: Patient
Id: cn-patient-deid
Title: "Patient, de-identified"
Description: "A person by sex, year and month of birth, and prefecture."
* insert Deidentified
* insert Removed(active)
* insert Removed(name)
* insert Removed(telecom)
* insert Removed(maritalStatus)
* insert Removed(multipleBirth[x])
* insert Removed(photo)
* insert Removed(contact)
* insert Removed(communication)
* insert Removed(generalPractitioner)
* insert Removed(managingOrganization)
* insert Removed(link)
* address.text 0..0
* address.line 0..0
* address.district 0..0
* address.postalCode 0..0
* obeys cn-deid-4

Profile: CNEncounterDeid
Parent: Encounter
Id: cn-encounter-deid
Title: "Encounter, de-identified"
Description: "A visit without its numbers, its doctors and its beds."
* insert Deidentified
* insert Removed(statusHistory)
* insert Removed(classHistory)
* insert Removed(episodeOfCare)
* insert Removed(basedOn)
* insert Removed(participant)
* insert Removed(appointment)
* insert Removed(reasonReference)
* insert Removed(account)
* insert Removed(location)

Profile: CNConditionDeid
Parent: Condition
Id: cn-condition-deid
Title: "Diagnosis, de-identified"
Description: "A diagnosis by its codes."
* insert Deidentified
* insert Removed(recorder)
* insert Removed(asserter)
* insert Removed(note)
* onset[x] only dateTime or Period or Age
* abatement[x] only dateTime or Period

Profile: CNProcedureDeid
Parent: Procedure
Id: cn-procedure-deid
Title: "Procedure, de-identified"
Description: "An operation or other procedure by its codes, without who did it."
* insert Deidentified
* insert Removed(instantiatesCanonical)
* insert Removed(instantiatesUri)
* insert Removed(statusReason)
* insert Removed(recorder)
* insert Removed(asserter)
* insert Removed(performer)
* insert Removed(location)
* insert Removed(report)
* insert Removed(complicationDetail)
* insert Removed(note)
* insert Removed(focalDevice)
* insert Removed(usedReference)
* insert Removed(usedCode)
* performed[x] only dateTime or Period

Profile: CNObservationDeid
Parent: Observation
Id: cn-observation-deid
Title: "Result or vital sign, de-identified"
Description: "A laboratory result, vital sign or other observation with its value, where that is no text."
* insert Deidentified
* insert Removed(partOf)
* insert Removed(focus)
* insert Removed(performer)
* insert Removed(note)
* insert Removed(device)
* effective[x] only dateTime or Period or instant
* value[x] only Quantity or CodeableConcept or boolean or integer or Range or Ratio or dateTime or Period

Profile: CNDiagnosticReportDeid
Parent: DiagnosticReport
Id: cn-diagnosticreport-deid
Title: "Report, de-identified"
Description: "A report of any kind by its codes and results, without its words."
* insert Deidentified
* insert Removed(performer)
* insert Removed(resultsInterpreter)
* insert Removed(media)
* insert Removed(conclusion)
* insert Removed(presentedForm)

Profile: CNImagingStudyDeid
Parent: ImagingStudy
Id: cn-imagingstudy-deid
Title: "Imaging study, de-identified"
Description: "An imaging study without its numbers."
* insert Deidentified
* insert Removed(basedOn)
* insert Removed(referrer)
* insert Removed(interpreter)
* insert Removed(endpoint)
* insert Removed(procedureReference)
* insert Removed(procedureCode)
* insert Removed(location)
* insert Removed(reasonCode)
* insert Removed(reasonReference)
* insert Removed(note)
* insert Removed(description)

Profile: CNSpecimenDeid
Parent: Specimen
Id: cn-specimen-deid
Title: "Specimen, de-identified"
Description: "A specimen without its numbers."
* insert Deidentified
* insert Removed(accessionIdentifier)
* insert Removed(parent)
* insert Removed(request)
* insert Removed(processing)
* insert Removed(container)
* insert Removed(note)

Profile: CNMedicationRequestDeid
Parent: MedicationRequest
Id: cn-medicationrequest-deid
Title: "Prescription or drug order, de-identified"
Description: "A drug that was ordered, and its dose, without who ordered it."
* insert Deidentified
* insert Removed(statusReason)
* insert Removed(reported[x])
* insert Removed(supportingInformation)
* insert Removed(requester)
* insert Removed(performer)
* insert Removed(performerType)
* insert Removed(recorder)
* insert Removed(instantiatesCanonical)
* insert Removed(instantiatesUri)
* insert Removed(basedOn)
* insert Removed(groupIdentifier)
* insert Removed(insurance)
* insert Removed(note)
* insert Removed(priorPrescription)
* insert Removed(detectedIssue)
* insert Removed(eventHistory)

Profile: CNMedicationAdministrationDeid
Parent: MedicationAdministration
Id: cn-medicationadministration-deid
Title: "Drug given, de-identified"
Description: "A dose that was given, without who gave it."
* insert Deidentified
* insert Removed(instantiates)
* insert Removed(partOf)
* insert Removed(statusReason)
* insert Removed(supportingInformation)
* insert Removed(performer)
* insert Removed(reasonReference)
* insert Removed(device)
* insert Removed(note)
* insert Removed(eventHistory)

Profile: CNServiceOrderDeid
Parent: ServiceRequest
Id: cn-order-service-deid
Title: "Medical order other than drugs, de-identified"
Description: "An order by its codes, without who ordered it."
* insert Deidentified
* insert Removed(instantiatesCanonical)
* insert Removed(instantiatesUri)
* insert Removed(replaces)
* insert Removed(requisition)
* insert Removed(orderDetail)
* insert Removed(quantity[x])
* insert Removed(asNeeded[x])
* insert Removed(requester)
* insert Removed(performerType)
* insert Removed(performer)
* insert Removed(locationCode)
* insert Removed(locationReference)
* insert Removed(insurance)
* insert Removed(supportingInfo)
* insert Removed(specimen)
* insert Removed(note)
* insert Removed(patientInstruction)
* insert Removed(relevantHistory)
* occurrence[x] only dateTime or Period

Profile: CNAllergyDeid
Parent: AllergyIntolerance
Id: cn-allergy-deid
Title: "Allergy or intolerance, de-identified"
Description: "An allergy by its codes."
* insert Deidentified
* insert Removed(recorder)
* insert Removed(asserter)
* insert Removed(note)
* onset[x] only dateTime

Profile: CNImmunizationDeid
Parent: Immunization
Id: cn-immunization-deid
Title: "Vaccination, de-identified"
Description: "A vaccination by its codes, without batch and place."
* insert Deidentified
* insert Removed(recorded)
* insert Removed(reportOrigin)
* insert Removed(location)
* insert Removed(manufacturer)
* insert Removed(lotNumber)
* insert Removed(expirationDate)
* insert Removed(performer)
* insert Removed(note)
* insert Removed(reasonReference)
* insert Removed(subpotentReason)
* insert Removed(education)
* insert Removed(programEligibility)
* insert Removed(fundingSource)
* insert Removed(reaction)
* occurrence[x] only dateTime

Profile: CNCoverageDeid
Parent: Coverage
Id: cn-coverage-deid
Title: "Insurance of a person, de-identified"
Description: "The scheme in which a person is insured, without its numbers."
* insert Deidentified
* insert Removed(policyHolder)
* insert Removed(subscriber)
* insert Removed(subscriberId)
* insert Removed(dependent)
* insert Removed(class)
* insert Removed(order)
* insert Removed(network)
* insert Removed(costToBeneficiary)
* insert Removed(subrogation)
* insert Removed(contract)

Profile: CNClaimDeid
Parent: Claim
Id: cn-claim-deid
Title: "Claim on the medical insurance, de-identified"
Description: "What was asked to be paid, without numbers and persons."
* insert Deidentified
* insert Removed(enterer)
* insert Removed(insurer)
* insert Removed(fundsReserve)
* insert Removed(prescription)
* insert Removed(originalPrescription)
* insert Removed(payee)
* insert Removed(referral)
* insert Removed(facility)
* insert Removed(careTeam)
* insert Removed(supportingInfo)
* insert Removed(accident)
* type from CNClaimTypeVS (extensible)

Profile: CNEobSettlementDeid
Parent: ExplanationOfBenefit
Id: cn-eob-settlement-deid
Title: "Settlement by the medical insurance, de-identified"
Description: "What was paid, without numbers and persons."
* insert Deidentified
* insert Removed(enterer)
* insert Removed(priority)
* insert Removed(fundsReserveRequested)
* insert Removed(fundsReserve)
* insert Removed(prescription)
* insert Removed(originalPrescription)
* insert Removed(payee)
* insert Removed(referral)
* insert Removed(facility)
* insert Removed(claimResponse)
* insert Removed(disposition)
* insert Removed(preAuthRef)
* insert Removed(preAuthRefPeriod)
* insert Removed(careTeam)
* insert Removed(supportingInfo)
* insert Removed(precedence)
* insert Removed(accident)
* insert Removed(addItem)
* insert Removed(adjudication)
* insert Removed(formCode)
* insert Removed(form)
* insert Removed(processNote)
* insert Removed(benefitPeriod)
* insert Removed(benefitBalance)
* type from CNClaimTypeVS (extensible)
