Profile: CNMedicationRequest
Parent: MedicationRequest
Id: cn-medicationrequest
Title: "Prescription or drug order in China"
Description: "One drug of a prescription or an inpatient order, or of the charge list that tells of it."
* extension contains
    CNOrderKind named orderKind 0..1 and
    CNHerbalDoses named herbalDoses 0..1 and
    CNItemLevel named itemLevel 0..1
* insert WholeIdentifiers
* category from CNPrescriptionCategoryVS (required)
* obeys cn-mr-1 and cn-mr-2 and cn-mr-3 and cn-mr-4

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
