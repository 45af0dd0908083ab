Profile: CNComposition
Parent: Composition
Id: cn-composition
Title: "Medical record document"
Description: "One of the 53 shared documents of WS/T 500, or a settlement list in the shape of a home page."
* extension contains CNTemplateId named templateId 0..1 and CNDueTime named dueTime 0..1
* identifier.system 1..1
* identifier.value 1..1
* type from CNDocumentTypeVS (required)
* insert CodingsBySystem(type)
* type.coding contains cnDoc 1..1
* type.coding[cnDoc].system = "urn:oid:2.16.156.10011.2.4"
* type.coding[cnDoc].code 1..1
* subject 1..1
* obeys cn-cmp-1 and cn-cmp-2 and cn-cmp-3 and cn-cmp-4

Invariant: cn-cmp-1
Description: "The document has its number and its encounter"
Severity: #warning
Expression: "identifier.exists() and encounter.exists()"

Invariant: cn-cmp-2
Description: "The document has sections"
Severity: #warning
Expression: "section.exists()"

Invariant: cn-cmp-3
Description: "The keeper of the document is known"
Severity: #warning
Expression: "custodian.exists()"

Invariant: cn-cmp-4
Description: "The type is one document of WS/T 500 (for readers that know no slices)"
Severity: #error
Expression: "type.coding.where(system = 'urn:oid:2.16.156.10011.2.4').count() = 1"

Profile: CNCompositionDischarge
Parent: CNComposition
Id: cn-composition-discharge
Title: "Discharge record C0049"
Description: "Discharge record with diagnoses and course of treatment."
* type.coding[cnDoc].code = #C0049
* section 1..*
* section ^slicing.discriminator.type = #pattern
* section ^slicing.discriminator.path = "code"
* section ^slicing.rules = #open
* section contains diagnosis 1..* and course 1..* and orders 0..*
* section[diagnosis].code 1..1
* section[diagnosis].code = $loinc#11535-2
* section[course].code 1..1
* section[course].code = $loinc#8648-8
* section[orders].code 1..1
* section[orders].code = $loinc#46209-3
* obeys cn-cmp-5

Invariant: cn-cmp-5
Description: "The record says which orders the patient leaves with"
Severity: #warning
Expression: "section.where(code.coding.where(system = 'http://loinc.org' and code = '46209-3').exists()).exists()"

Extension: CNTemplateId
Id: cn-template-id
Description: "OID of the CDA template (templateId)"
Context: Composition, DocumentReference
* value[x] only oid
* value[x] 1..1

Extension: CNDueTime
Id: cn-due-time
Description: "Until when the document had to be written (书写时限)"
Context: Composition
* value[x] only dateTime
* value[x] 1..1
