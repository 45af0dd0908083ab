Profile: CNCompositionOutpatient
Parent: CNComposition
Id: cn-composition-outpatient
Title: "Outpatient or emergency record C0002"
Description: "What an outpatient doctor wrote: complaint, findings, diagnosis, plan."
* type.coding[cnDoc].code = #C0002
* insert SectionsByCode
* section contains diagnosis 1..* and complaint 0..1 and plan 0..*
* insert SectionCode(diagnosis, $loinc#29548-5)
* insert SectionCode(complaint, $loinc#10154-3)
* insert SectionCode(plan, $loinc#18776-5)

Profile: CNCompositionVitalSigns
Parent: CNComposition
Id: cn-composition-vitalsigns
Title: "Record of vital signs C0020"
Description: "The temperature list as a document; its marks stand in the section of vital signs."
* type.coding[cnDoc].code = #C0020
* insert SectionsByCode
* section contains vitalSigns 1..*
* insert SectionCode(vitalSigns, $loinc#8716-3)
* section[vitalSigns].entry only Reference(Observation or List)

Profile: CNCompositionHomePage
Parent: CNComposition
Id: cn-composition-homepage
Title: "Home page of an inpatient stay C0032, C0033 (病案首页)"
Description: "Discharge diagnoses, operations and the money blocks of a stay."
* type.coding[cnDoc].code from CNHomePageTypeVS (required)
* insert SectionsByCode
* section contains diagnosis 1..* and operations 0..* and money 0..* and administration 0..*
* insert SectionCode(diagnosis, $loinc#11535-2)
* section[diagnosis].entry only Reference(Condition)
* insert SectionCode(operations, $loinc#47519-4)
* section[operations].entry only Reference(Procedure)
* insert SectionCode(money, $loinc#48768-6)
* section[money].entry only Reference(Account or ChargeItem or Claim or Coverage or ExplanationOfBenefit)
* insert SectionCode(administration, $section#administration)
* obeys cn-cmp-6 and cn-cmp-7

Invariant: cn-cmp-6
Description: "A home page belongs to a stay"
Severity: #error
Expression: "encounter.exists()"

Invariant: cn-cmp-7
Description: "The money blocks of the stay are there"
Severity: #warning
Expression: "section.where(code.coding.where(system = 'http://loinc.org' and code = '48768-6').exists() or code.coding.where(system = 'https://fhir-cn.example/CodeSystem/cn-section' and code = 'money').exists()).exists()"

Profile: CNCompositionAdmission
Parent: CNComposition
Id: cn-composition-admission
Title: "Admission record C0034"
Description: "Chief complaint, histories, examination and plan of a stay."
* type.coding[cnDoc].code = #C0034
* insert SectionsByCode
* section contains complaint 1..* and presentIllness 1..* and pastIllness 1..* and examination 1..* and plan 1..* and familyHistory 0..*
* insert SectionCode(complaint, $loinc#10154-3)
* insert SectionCode(presentIllness, $loinc#10164-2)
* insert SectionCode(pastIllness, $loinc#11348-0)
* insert SectionCode(examination, $loinc#29545-1)
* insert SectionCode(plan, $loinc#18776-5)
* insert SectionCode(familyHistory, $loinc#10157-6)
* section[familyHistory].entry only Reference(FamilyMemberHistory)

Profile: CNCompositionFirstCourse
Parent: CNComposition
Id: cn-composition-firstcourse
Title: "First course note C0037"
Description: "Diagnosis and plan within eight hours of admission."
* type.coding[cnDoc].code = #C0037
* insert SectionsByCode
* section contains diagnosis 1..* and plan 1..*
* insert SectionCode(diagnosis, $loinc#29548-5)
* insert SectionCode(plan, $loinc#18776-5)

Profile: CNCompositionDailyCourse
Parent: CNComposition
Id: cn-composition-dailycourse
Title: "Daily course note C0038"
Description: "How the illness went on."
* type.coding[cnDoc].code = #C0038
* insert SectionsByCode
* section contains course 1..*
* insert SectionCode(course, $loinc#8648-8)

Profile: CNCompositionOrders
Parent: CNComposition
Id: cn-composition-orders
Title: "Orders of a stay C0052 (住院医嘱)"
Description: "Long-term and temporary orders of an inpatient stay."
* type.coding[cnDoc].code = #C0052
* insert SectionsByCode
* section contains orders 1..* and vitalSigns 0..*
* insert SectionCode(orders, $loinc#46209-3)
* section[orders].entry only Reference(MedicationRequest or ServiceRequest)
* insert SectionCode(vitalSigns, $loinc#8716-3)
* section[vitalSigns].entry only Reference(Observation or List)

ValueSet: CNHomePageTypeVS
Id: cn-homepage-type
Title: "病案首页类型"
Description: "Home page of Western and of Chinese medicine"
* insert CompleteValueSet
* $documents#C0032
* $documents#C0033
