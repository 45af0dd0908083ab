Profile: CNPrivacyConsent
Parent: Consent
Id: cn-privacy-consent
Title: "Privacy or research consent"
Description: "Base of every consent that the decision engine reads: policyRule says what holds, nested provisions are the exceptions."
* extension contains
    http://hl7.org/fhir/StructureDefinition/consent-NotificationEndpoint named notify 0..1 and
    CNNoticeVersion named noticeVersion 0..1
* identifier 1..*
* insert WholeIdentifiers
* patient 1..1
* dateTime 1..1
* performer 1..*
// R4's own list has no models of consent; what it has stays allowed.
* category from CNConsentCategoryVS (extensible)
* policyRule 1..1
* policyRule from CNPolicyRuleVS (extensible)
* provision 1..1
* provision.type 0..0
* provision.extension contains CNConsentStudy named study 0..* and CNDataForm named dataForm 0..*
* provision.provision.type 1..1
* provision.provision.extension contains
    CNConsentStudy named study 0..* and
    CNDataForm named dataForm 0..* and
    CNMetaModel named metaModel 0..1
* obeys cn-cns-1 and cn-cns-2

Invariant: cn-cns-1
Description: "The scope is patient-privacy or research"
Severity: #error
Expression: "scope.coding.where(system = 'http://terminology.hl7.org/CodeSystem/consentscope' and (code = 'patient-privacy' or code = 'research')).exists()"

Invariant: cn-cns-2
Description: "A consent that another person gave for the patient is verified"
Severity: #error
Expression: "performer.all(reference = %resource.patient.reference) or verification.where(verified = true).exists()"

Extension: CNConsentStudy
Id: cn-consent-study
Description: "Study that this rule is about"
Context: Consent.provision, Consent.provision.provision
* value[x] only Reference(ResearchStudy)
* value[x] 1..1

Extension: CNDataForm
Id: cn-data-form
Description: "Form of the data: identifiable, limited data set, anonymous release"
Context: Consent.provision, Consent.provision.provision, ResearchStudy
* value[x] only code
* value[x] 1..1
* valueCode from CNDataFormVS (required)

Extension: CNMetaModel
Id: cn-meta-model
Description: "Consent model chosen for what this provision describes"
Context: Consent.provision.provision
* value[x] only code
* value[x] 1..1
* valueCode from CNMetaModelVS (required)

Extension: CNNoticeVersion
Id: cn-notice-version
Description: "Version of the notice that the person was shown"
Context: Consent
* value[x] only string
* value[x] 1..1
