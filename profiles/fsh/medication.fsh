Profile: CNMedicationRequestMinimal
Parent: MedicationRequest
Id: cn-medicationrequest-minimal
Title: "Prescription or drug order in China, as far as the source knows"
Description: "One drug of a prescription or an inpatient order, or of the charge list that tells of it."
* extension contains
    CNOrderKind named orderKind 0..1 and
    CNHerbalDoses named herbalDoses 0..1 and
    CNItemLevel named itemLevel 0..1 and
    CNSkinTest named skinTest 0..1 and
    CNDecoctionUsage named decoctionUsage 0..1 and
    CNAuditPharmacist named auditPharmacist 0..1 and
    CNRestrictedUse named restrictedUse 0..1
* insert WholeIdentifiers
* category from CNPrescriptionCategoryVS (required)
* obeys cn-mr-1 and cn-mr-2 and cn-mr-3 and cn-mr-4

Profile: CNMedicationRequest
Parent: CNMedicationRequestMinimal
Id: cn-medicationrequest
Title: "Prescription or drug order in China"
Description: "One drug of a prescription or an inpatient order, by the doctor who ordered it and with a dose or an instruction in words."
* encounter 1..1
* authoredOn 1..1
* requester 1..1
* dosageInstruction 1..*

Invariant: cn-mr-1
Description: "The drug has a code, a text or a reference"
Severity: #error
Expression: "medication.ofType(CodeableConcept).all(coding.where(code.exists()).exists() or text.exists())"

Invariant: cn-mr-2
Description: "There is a dose or an instruction in words"
Severity: #warning
Expression: "dosageInstruction.where(text.exists() or doseAndRate.exists()).exists()"

Invariant: cn-mr-3
Description: "A prescription of Chinese medicine says how many doses"
Severity: #warning
Expression: "category.coding.where(system = 'https://fhir-cn.example/CodeSystem/cn-prescription-category' and code = 'tcm').exists() implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-herbal-doses').exists()"

Invariant: cn-mr-4
Description: "Date and prescriber are known"
Severity: #warning
Expression: "authoredOn.exists() and requester.exists()"

Extension: CNOrderKind
Id: cn-order-kind
Description: "Long-term or temporary order (长期医嘱、临时医嘱)"
Context: MedicationRequest, ServiceRequest
* value[x] only code
* value[x] 1..1
* valueCode from CNOrderKindVS (required)

Extension: CNHerbalDoses
Id: cn-herbal-doses
Description: "Number of doses of a decoction (付数)"
Context: MedicationRequest
* value[x] only positiveInt
* value[x] 1..1

Extension: CNItemLevel
Id: cn-item-level
Description: "Class A, class B or self-paid in the catalogue of the medical insurance (chrgitm_lv)"
Context: Claim.item, ChargeItem, MedicationRequest
* value[x] only Coding
* value[x] 1..1

Profile: CNInpatientOrderDrug
Parent: CNMedicationRequest
Id: cn-inpatient-order-drug
Title: "Drug order of a stay (住院药品医嘱)"
Description: "A long-term or temporary order of a drug in a stay; a group of orders that are given together has one groupIdentifier (组号)."
* extension contains CNStopTime named stopTime 0..1
* extension[orderKind] 1..1
* encounter 1..1
* obeys cn-mr-5

Invariant: cn-mr-5
Description: "An order is not stopped before it was written"
Severity: #error
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-stop-time').value.empty() or authoredOn.empty() or extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-stop-time').value >= authoredOn"

Extension: CNSkinTest
Id: cn-skin-test
Description: "Result of the skin test before the drug (皮试结果)"
Context: MedicationRequest
* value[x] only code
* value[x] 1..1
* valueCode from CNSkinTestVS (required)

Extension: CNDecoctionUsage
Id: cn-decoction-usage
Description: "How a decoction is made and taken (煎服法)"
Context: MedicationRequest
* value[x] only string
* value[x] 1..1

Extension: CNAuditPharmacist
Id: cn-audit-pharmacist
Description: "Pharmacist who checked the prescription (审方药师)"
Context: MedicationRequest
* value[x] only Reference(Practitioner or PractitionerRole)
* value[x] 1..1

Extension: CNRestrictedUse
Id: cn-restricted-use
Description: "The use is within what the insurance restricts its payment to (医保限定支付范围)"
Context: MedicationRequest, Claim.item
* value[x] only boolean
* value[x] 1..1

CodeSystem: CNSkinTestCS
Id: cn-skin-test
Title: "皮试结果"
Description: "Results of a skin test"
* insert CompleteTable
* #negative "阴性"
* #positive "阳性"
* #exempt "免试"
* #pending "待试"

ValueSet: CNSkinTestVS
Id: cn-skin-test
Title: "皮试结果"
Description: "Results of a skin test"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-skin-test
