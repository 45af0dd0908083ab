Profile: CNProcedure
Parent: Procedure
Id: cn-procedure
Title: "Operation or other procedure"
Description: "An operation, intervention or treatment, with the items that the home page asks for."
* extension contains
    CNSurgeryLevel named surgeryLevel 0..1 and
    CNIncisionClass named incisionClass 0..1 and
    CNHealingGrade named healingGrade 0..1 and
    CNAnaesthesiaMethod named anaesthesiaMethod 0..1 and
    CNAsaClass named asaClass 0..1 and
    CNSurgeryTiming named timing 0..1 and
    CNUnplannedReturn named unplannedReturn 0..1
* insert WholeIdentifiers
* code 1..1
* insert CodingsBySystem(code)
* code.coding contains icd9cm3 0..* and nhsaService 0..*
* code.coding[icd9cm3].system = "urn:oid:2.16.156.10011.2.3.3.12"
* code.coding[icd9cm3].code 1..1
* code.coding[icd9cm3] obeys cn-prc-3
* code.coding[nhsaService].system = "https://fhir-cn.example/CodeSystem/nhsa-service"
* code.coding[nhsaService].code 1..1
* subject only Reference(Patient)
* performer ^slicing.discriminator.type = #pattern
* performer ^slicing.discriminator.path = "function"
* performer ^slicing.rules = #open
* performer contains surgeon 0..1 and assistant1 0..1 and assistant2 0..1 and anaesthetist 0..*
* insert PerformerFunction(surgeon)
* insert PerformerFunction(assistant1)
* insert PerformerFunction(assistant2)
* insert PerformerFunction(anaesthetist)
* obeys cn-prc-1 and cn-prc-2 and cn-prc-4 and cn-prc-5

RuleSet: PerformerFunction(code)
* performer[{code}].function = $procedure-role#{code}

Invariant: cn-prc-1
Description: "An operation with a level says who operated and when"
Severity: #error
Expression: "(status = 'completed' and extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-surgery-level').exists()) implies (performer.exists() and performed.exists())"

Invariant: cn-prc-2
Description: "Where an anaesthetist worked, the method of anaesthesia is known"
Severity: #warning
Expression: "performer.function.coding.where(code = 'anaesthetist').exists() implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-anaesthesia-method').exists()"

Invariant: cn-prc-3
Description: "A code of ICD-9-CM-3 begins with two digits and a point"
Severity: #warning
Expression: "code.matches('^[0-9]{2}[.]')"

Invariant: cn-prc-4
Description: "The procedure has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Invariant: cn-prc-5
Description: "The visit is known"
Severity: #warning
Expression: "encounter.exists()"

Extension: CNSurgeryLevel
Id: cn-surgery-level
Description: "Level of the operation (手术级别)"
Context: Procedure
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNSurgeryLevelVS (required)

Extension: CNIncisionClass
Id: cn-incision-class
Description: "Class of the incision (手术切口类别)"
Context: Procedure
* value[x] only code
* value[x] 1..1
* valueCode from CNIncisionClassVS (required)

Extension: CNHealingGrade
Id: cn-healing-grade
Description: "How the incision healed (切口愈合等级)"
Context: Procedure
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNHealingGradeVS (extensible)

Extension: CNAnaesthesiaMethod
Id: cn-anaesthesia-method
Description: "Method of anaesthesia (麻醉方法)"
Context: Procedure
* value[x] only CodeableConcept
* value[x] 1..1

Extension: CNAsaClass
Id: cn-asa-class
Description: "Physical status before anaesthesia, ASA I to VI"
Context: Procedure
* value[x] only code
* value[x] 1..1
* valueCode from CNAsaClassVS (required)

ValueSet: CNSurgeryLevelVS
Id: cn-surgery-level
Title: "手术级别"
Description: "Levels of operation"
* insert CompleteValueSet
* $surgery-level#1 "一级手术"
* $surgery-level#2 "二级手术"
* $surgery-level#3 "三级手术"
* $surgery-level#4 "四级手术"

CodeSystem: CNIncisionClassCS
Id: cn-incision-class
Title: "手术切口类别"
Description: "Classes of incision"
* insert CompleteTable
* #0 "0类切口"
* #I "Ⅰ类切口"
* #II "Ⅱ类切口"
* #III "Ⅲ类切口"

ValueSet: CNIncisionClassVS
Id: cn-incision-class
Title: "手术切口类别"
Description: "Classes of incision"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-incision-class

ValueSet: CNHealingGradeVS
Id: cn-healing-grade
Title: "切口愈合等级"
Description: "Grades of healing"
* insert CompleteValueSet
* $healing-grade#1 "甲"
* $healing-grade#2 "乙"
* $healing-grade#3 "丙"
* $healing-grade#9 "其他"

CodeSystem: CNAsaClassCS
Id: cn-asa-class
Title: "ASA 分级"
Description: "Physical status before anaesthesia"
* insert CompleteTable
* #I "Ⅰ级"
* #II "Ⅱ级"
* #III "Ⅲ级"
* #IV "Ⅳ级"
* #V "Ⅴ级"
* #VI "Ⅵ级"

ValueSet: CNAsaClassVS
Id: cn-asa-class
Title: "ASA 分级"
Description: "Physical status before anaesthesia"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-asa-class

CodeSystem: CNProcedureRoleCS
Id: cn-procedure-role
Title: "手术人员职责"
Description: "What a person does at an operation"
* insert CompleteTable
* #surgeon "术者"
* #assistant1 "Ⅰ助"
* #assistant2 "Ⅱ助"
* #anaesthetist "麻醉医师"
* #scrub-nurse "器械护士"
* #circulating-nurse "巡回护士"

Extension: CNSurgeryTiming
Id: cn-surgery-timing
Description: "Elective, limited in time or emergency operation (择期、限期、急诊)"
Context: Procedure
* value[x] only code
* value[x] 1..1
* valueCode from CNSurgeryTimingVS (required)

Extension: CNUnplannedReturn
Id: cn-unplanned-return
Description: "Unplanned return to the operating theatre in the same stay (非计划再次手术)"
Context: Procedure
* value[x] only boolean
* value[x] 1..1

CodeSystem: CNSurgeryTimingCS
Id: cn-surgery-timing
Title: "手术时限类别"
Description: "How urgent an operation is"
* insert CompleteTable
* #elective "择期手术"
* #limited "限期手术"
* #emergency "急诊手术"

ValueSet: CNSurgeryTimingVS
Id: cn-surgery-timing
Title: "手术时限类别"
Description: "How urgent an operation is"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-surgery-timing
