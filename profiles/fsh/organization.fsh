Profile: CNOrganizationHospital
Parent: Organization
Id: cn-organization-hospital
Title: "Hospital"
Description: "A hospital with its national numbers, level and the authority that supervises it."
* extension contains
    CNAdminLevel named adminLevel 0..1 and
    CNHospitalLevel named hospitalLevel 0..1 and
    CNAdminDivision named adminDivision 0..1 and
    CNSupervisedBy named supervisedBy 0..1 and
    CNMiDesignated named miDesignated 0..1 and
    CNOwnership named ownership 0..1 and
    CNRecordCustodian named recordCustodian 0..1
* identifier 1..*
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains orgCode 0..1 and uscc 0..1 and fixmedins 0..1 and licence 0..1
* identifier[orgCode].system = "urn:oid:2.16.156.10011.1.5"
* identifier[uscc].system = "https://fhir-cn.example/sid/uscc"
* identifier[uscc] obeys cn-uscc-1
* identifier[fixmedins].system = "https://fhir-cn.example/sid/nhsa/fixmedins"
* identifier[licence].system = "https://fhir-cn.example/sid/miplrn"
* name 1..1
* type 1..*
* obeys cn-org-1 and cn-org-3 and cn-org-4 and cn-org-5

Invariant: cn-uscc-1
Description: "A unified social credit code has 18 characters without I, O, S, V, Z"
Severity: #error
Expression: "value.matches('^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$')"

Invariant: cn-org-1
Description: "A unified social credit code has 18 characters without I, O, S, V, Z (for readers that know no slices)"
Severity: #error
Expression: "identifier.where(system = 'https://fhir-cn.example/sid/uscc').all(value.matches('^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$'))"

Invariant: cn-org-3
Description: "A military hospital has no supervising health authority"
Severity: #error
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-admin-level').value = 'military' implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-supervised-by').empty()"

Invariant: cn-org-4
Description: "The administrative level is known"
Severity: #warning
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-admin-level').exists()"

Invariant: cn-org-5
Description: "A number of the medical insurance belongs to a designated hospital"
Severity: #warning
Expression: "identifier.where(system = 'https://fhir-cn.example/sid/nhsa/fixmedins').exists() implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-mi-designated' and value = false).empty()"

Extension: CNAdminLevel
Id: cn-admin-level
Description: "Administrative level of a hospital"
Context: Organization
* value[x] only code
* value[x] 1..1
* valueCode from CNAdminLevelVS (required)

Extension: CNHospitalLevel
Id: cn-hospital-level
Description: "Grade and class of a hospital"
Context: Organization
* value[x] only code
* value[x] 1..1
* valueCode from CNHospitalLevelVS (required)

Extension: CNAdminDivision
Id: cn-admin-division
Description: "Administrative division, GB/T 2260"
Context: Organization, Coverage
* value[x] only Coding
* value[x] 1..1

Extension: CNSupervisedBy
Id: cn-supervised-by
Description: "Health authority that supervises the hospital"
Context: Organization
* value[x] only Reference(Organization)
* value[x] 1..1

Extension: CNMiDesignated
Id: cn-mi-designated
Description: "Designated by the medical insurance"
Context: Organization
* value[x] only boolean
* value[x] 1..1

Extension: CNOwnership
Id: cn-ownership
Description: "Who owns the hospital (举办主体性质)"
Context: Organization
* value[x] only code
* value[x] 1..1
* valueCode from CNOwnershipVS (required)

Extension: CNRecordCustodian
Id: cn-record-custodian
Description: "Institution that keeps the medical records, where it is another one (病历保管机构), as after a hospital was closed or merged"
Context: Organization
* value[x] only Reference(Organization)
* value[x] 1..1

CodeSystem: CNOwnershipCS
Id: cn-ownership
Title: "医院举办主体性质"
Description: "Who owns a hospital"
* insert CompleteTable
* #public "公立"
* #private "民营"
* #mixed "公私合办"
* #foreign "中外合资、合作或外资"

ValueSet: CNOwnershipVS
Id: cn-ownership
Title: "医院举办主体性质"
Description: "Who owns a hospital"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-ownership
