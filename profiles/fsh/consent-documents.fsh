Profile: CNCompositionConsent
Parent: CNComposition
Id: cn-composition-consent
Title: "Signed consent or notice, C0026 to C0031"
Description: "Consent to a treatment or notice of critical illness, as a document. It decides nothing about who may read a record."
* extension contains CNSubstituteSigning named substituteSigning 0..1
* type.coding[cnDoc].code from CNConsentDocumentTypeVS (required)
* attester.extension contains CNSignatoryRelation named relation 0..1
* attester 1..*
* section 1..*
* obeys cn-cc-1 and cn-cc-2

Invariant: cn-cc-1
Description: "The patient or a relative has signed, or it is said why somebody else did"
Severity: #error
Expression: "attester.party.reference.where(matches('(^|/)(Patient|RelatedPerson)/')).exists() or extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-substitute-signing').exists()"

Invariant: cn-cc-2
Description: "Each signature has its time"
Severity: #warning
Expression: "attester.all(time.exists())"

Profile: CNCompositionConsentSurgery
Parent: CNCompositionConsent
Id: cn-composition-consent-surgery
Title: "Consent to an operation C0026"
Description: "Diagnosis before the operation, plan, risks, opinions."
* type.coding[cnDoc].code = #C0026
* insert ConsentSections
* section contains diagnosis 1..* and plan 0..*
* insert SectionCode(diagnosis, $loinc#10219-4)
* insert SectionCode(plan, $loinc#18776-5)

Profile: CNCompositionConsentAnaesthesia
Parent: CNCompositionConsent
Id: cn-composition-consent-anaesthesia
Title: "Consent to anaesthesia C0027"
Description: "Diagnosis before the operation, method, risks, opinions."
* type.coding[cnDoc].code = #C0027
* insert ConsentSections
* section contains diagnosis 1..* and plan 0..*
* insert SectionCode(diagnosis, $loinc#10219-4)
* insert SectionCode(plan, $loinc#18776-5)

Profile: CNCompositionConsentTransfusion
Parent: CNCompositionConsent
Id: cn-composition-consent-transfusion
Title: "Consent to a transfusion C0028"
Description: "Diagnosis, transfusions before, plan, risks, opinions."
* type.coding[cnDoc].code = #C0028
* insert ConsentSections
* section contains diagnosis 1..* and transfusions 0..*
* insert SectionCode(diagnosis, $loinc#29548-5)
* insert SectionCode(transfusions, $loinc#56836-0)

Profile: CNCompositionConsentExamination
Parent: CNCompositionConsent
Id: cn-composition-consent-examination
Title: "Consent to a special examination or treatment C0029"
Description: "Diagnosis, what is planned, risks, opinions. Only regional platforms send it."
* type.coding[cnDoc].code = #C0029
* insert ConsentSections
* section contains diagnosis 0..* and planned 1..*
* insert SectionCode(diagnosis, $loinc#29548-5)
* insert SectionCode(planned, $loinc#59772-4)

Profile: CNCompositionCriticalNotice
Parent: CNCompositionConsent
Id: cn-composition-critical-notice
Title: "Notice of critical illness C0030"
Description: "What the family was told, and who received it."
* type.coding[cnDoc].code = #C0030
* insert SectionsByCode
* section contains content 1..* and diagnosis 0..*
* insert SectionCode(content, $loinc#34895-3)
* insert SectionCode(diagnosis, $loinc#29548-5)

Profile: CNCompositionConsentOther
Parent: CNCompositionConsent
Id: cn-composition-consent-other
Title: "Other consent C0031"
Description: "Any other consent: what it is about, and the opinions."
* type.coding[cnDoc].code = #C0031
* insert SectionsByCode
* section contains opinion 1..*
* insert SectionCode(opinion, $section#opinion)

RuleSet: ConsentSections
* insert SectionsByCode
* section contains risk 1..* and opinion 1..*
* insert SectionCode(risk, $section#operation-risk)
* insert SectionCode(opinion, $section#opinion)

Extension: CNSignatoryRelation
Id: cn-signatory-relation
Description: "What the person who signed is to the patient (与患者关系)"
Context: Composition.attester
* value[x] only CodeableConcept
* value[x] 1..1
* valueCodeableConcept from CNFamilyRelationVS (extensible)

Extension: CNSubstituteSigning
Id: cn-substitute-signing
Description: "Why neither the patient nor a relative signed (Civil Code 1219, 1220)"
Context: Composition
* value[x] only code
* value[x] 1..1
* valueCode from CNSubstituteSigningVS (required)

CodeSystem: CNSubstituteSigningCS
Id: cn-substitute-signing
Title: "代签原因"
Description: "Why somebody else signed"
* insert CompleteTable
* #rescue "抢救生命垂危患者，无法取得意见，经负责人批准"
* #incapable "患者无法签字且无近亲属"
* #protective "保护性医疗措施"

ValueSet: CNSubstituteSigningVS
Id: cn-substitute-signing
Title: "代签原因"
Description: "Why somebody else signed"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-substitute-signing

ValueSet: CNConsentDocumentTypeVS
Id: cn-consent-document-type
Title: "知情告知文档类型"
Description: "Consents and notices of WS/T 500"
* insert CompleteValueSet
* $documents#C0026
* $documents#C0027
* $documents#C0028
* $documents#C0029
* $documents#C0030
* $documents#C0031

Profile: CNTreatmentConsent
Parent: Consent
Id: cn-treatment-consent
Title: "Consent to a treatment"
Description: "That a patient agreed to an operation, anaesthesia, transfusion or examination. It has no provisions: it never decides who may read a record."
* extension contains CNConsentProcedure named procedure 0..*
* insert WholeIdentifiers
* scope = $scope#treatment
* category from CNConsentCategoryVS (extensible)
* category ^slicing.discriminator.type = #value
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains document 1..1
* category[document] from CNConsentDocumentTypeVS (required)
* patient 1..1
* dateTime 1..1
* performer 1..*
* source[x] 1..1
* source[x] only Attachment or Reference(DocumentReference)
* policy 1..*
* policy.uri 1..1
* provision 0..0
* obeys cn-tc-1

Invariant: cn-tc-1
Description: "A consent that another person gave for the patient is verified"
Severity: #error
Expression: "performer.all(reference = %resource.patient.reference) or verification.where(verified = true).exists()"

Profile: CNResearchConsentBroad
Parent: CNPrivacyConsent
Id: cn-research-consent-broad
Title: "Broad consent to research"
Description: "Data may be used for research that an ethics board approved, whatever the study."
* insert ConsentModel(broad)
* scope = $scope#research
* provision.purpose 1..*

Profile: CNResearchConsentDynamic
Parent: CNPrivacyConsent
Id: cn-research-consent-dynamic
Title: "Dynamic consent to one study"
Description: "Data may be used for one study, for as long as the person says so."
* insert ConsentModel(dynamic)
* scope = $scope#research
* provision.extension[study] 1..1
* provision.period 1..1

Profile: CNMetaConsent
Parent: CNPrivacyConsent
Id: cn-meta-consent
Title: "Meta consent"
Description: "Which model of consent a person wants for which use. By itself it permits nothing."
* insert ConsentModel(meta)
* provision.provision 1..*
* provision.provision.extension[metaModel] 1..1

Profile: CNGuardianConsent
Parent: CNPrivacyConsent
Id: cn-guardian-consent
Title: "Consent by a guardian"
Description: "Consent that a guardian gave for a child or a person without capacity."
* performer only Reference(RelatedPerson)
* verification 1..*
* verification.verifiedWith 1..1

RuleSet: ConsentModel(code)
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains model 1..1
* category[model] = $consent-model#{code}

ValueSet: CNConsentCategoryVS
Id: cn-consent-category
Title: "知情同意类别"
Description: "Categories of R4, consents and notices of WS/T 500, models of consent"
* insert CompleteValueSet
* include codes from system $act
* include codes from system http://terminology.hl7.org/CodeSystem/consentcategorycodes
* include codes from system $consent-model
* include codes from valueset CNConsentDocumentTypeVS
* $loinc#59284-0
* $loinc#57016-8
* $loinc#57017-6
* $loinc#64292-6

Extension: CNConsentProcedure
Id: cn-consent-procedure
Description: "Operation or examination that the patient agreed to (所同意的手术或操作)"
Context: Consent
* value[x] only Reference(Procedure or ServiceRequest)
* value[x] 1..1
