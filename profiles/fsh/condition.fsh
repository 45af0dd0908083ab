Profile: CNCondition
Parent: Condition
Id: cn-condition
Title: "Diagnosis in China"
Description: "A diagnosis of Western or Chinese medicine; a name without a code is kept as text."
* extension contains CNAdmissionCondition named admissionCondition 0..1
* insert WholeIdentifiers
* category 1..*
* category from CNConditionCategoryVS (required)
* code 1..1
* insert CodingsBySystem(code)
* code.coding contains icd10cn 0..* and tcm 0..*
* code.coding[icd10cn].system = "urn:oid:2.16.156.10011.2.3.3.11.3"
* code.coding[icd10cn].code 1..1
* code.coding[icd10cn] obeys cn-con-4
* code.coding[tcm].system = "urn:oid:2.16.156.10011.2.3.3.14"
* code.coding[tcm].code 1..1
* obeys cn-con-1 and cn-con-2

Invariant: cn-con-1
Description: "An encounter diagnosis names its encounter"
Severity: #error
Expression: "category.coding.where(system = 'http://terminology.hl7.org/CodeSystem/condition-category' and code = 'encounter-diagnosis').exists() implies encounter.exists()"

Invariant: cn-con-2
Description: "The diagnosis has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Invariant: cn-con-4
Description: "A code of ICD-10 begins with a letter and two digits"
Severity: #warning
Expression: "code.matches('^[A-Z][0-9]{2}')"
