Profile: CNServiceOrder
Parent: ServiceRequest
Id: cn-order-service
Title: "Medical order other than drugs"
Description: "An order for an examination, operation, treatment, nursing, diet, consultation or transfusion."
* extension contains
    CNOrderKind named orderKind 0..1 and
    CNNursingGrade named nursingGrade 0..1 and
    CNStopTime named stopTime 0..1 and
    CNOrderExecution named execution 0..*
* identifier 1..*
* insert WholeIdentifiers
* category 1..*
* category from CNServiceCategoryVS (required)
* code 1..1
* subject only Reference(Patient)
* encounter 1..1
* obeys cn-so-1 and cn-so-2 and cn-so-3 and cn-so-4

Invariant: cn-so-1
Description: "An order is not stopped before it was written"
Severity: #error
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-stop-time').value.empty() or authoredOn.empty() or extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-stop-time').value >= authoredOn"

Invariant: cn-so-2
Description: "The order has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Invariant: cn-so-3
Description: "Who ordered, and when, is known"
Severity: #warning
Expression: "requester.exists() and authoredOn.exists()"

Invariant: cn-so-4
Description: "An order of an inpatient stay says whether it is long-term or temporary, one of nursing its grade"
Severity: #warning
Expression: "category.coding.where(code = 'nursing').exists() implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-nursing-grade').exists()"

Extension: CNNursingGrade
Id: cn-nursing-grade
Description: "Grade of nursing (护理等级)"
Context: ServiceRequest, CarePlan
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNNursingGradeVS (required)

Extension: CNStopTime
Id: cn-stop-time
Description: "When a long-term order was stopped (停止时间)"
Context: ServiceRequest, MedicationRequest
* value[x] only dateTime
* value[x] 1..1

Extension: CNOrderExecution
Id: cn-order-execution
Description: "When the order was carried out, and by which nurse (执行时间、执行护士)"
Context: ServiceRequest
* extension contains time 1..1 and nurse 0..1
* extension[time].value[x] only dateTime
* extension[time].value[x] 1..1
* extension[nurse].value[x] only Reference(Practitioner or PractitionerRole)
* extension[nurse].value[x] 1..1

CodeSystem: CNServiceCategoryCS
Id: cn-service-category
Title: "医嘱类别"
Description: "Kinds of order other than drugs"
* insert CompleteTable
* #lab "检验"
* #imaging "影像检查"
* #pathology "病理"
* #examination "其他检查"
* #surgery "手术"
* #treatment "治疗"
* #nursing "护理"
* #diet "膳食"
* #consult "会诊"
* #transfusion "输血"
* #other "其他"

ValueSet: CNServiceCategoryVS
Id: cn-service-category
Title: "医嘱类别"
Description: "Kinds of order other than drugs"
* insert CompleteValueSet
* include codes from system $service-category

ValueSet: CNNursingGradeVS
Id: cn-nursing-grade
Title: "护理等级"
Description: "Grades of nursing"
* insert CompleteValueSet
* $nursing-grade#1 "特级护理"
* $nursing-grade#2 "一级护理"
* $nursing-grade#3 "二级护理"
* $nursing-grade#4 "三级护理"

Profile: CNMedication
Parent: Medication
Id: cn-medication
Title: "Drug"
Description: "A drug, herb or preparation by its national, insurance and hospital codes."
* extension contains
    CNDrugSpecification named specification 0..1 and
    CNEssentialDrug named essential 0..1 and
    CNHerbalPiece named herbalPiece 0..1
* insert WholeIdentifiers
* code 1..1
* insert CodingsBySystem(code)
* code.coding contains nhsaDrug 0..1 and ypid 0..1 and approval 0..1 and atc 0..*
* code.coding[nhsaDrug].system = "https://fhir-cn.example/CodeSystem/nhsa-drug"
* code.coding[nhsaDrug].code 1..1
* code.coding[ypid].system = "https://fhir-cn.example/CodeSystem/ypid"
* code.coding[ypid].code 1..1
* code.coding[approval].system = "https://fhir-cn.example/CodeSystem/nmpa-approval"
* code.coding[approval].code 1..1
* code.coding[approval] obeys cn-med-1
* code.coding[atc].system = "http://www.whocc.no/atc"
* code.coding[atc].code 1..1
* obeys cn-med-2

Invariant: cn-med-1
Description: "An approval number (国药准字) has a letter and eight digits"
Severity: #warning
Expression: "code.matches('^(国药准字)?[HZSBTFJ][A-Z]?[0-9]{8}$')"

Invariant: cn-med-2
Description: "The drug has a code or a name"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Extension: CNDrugSpecification
Id: cn-drug-specification
Description: "Specification of a package as the catalogue names it (规格)"
Context: Medication
* value[x] only string
* value[x] 1..1

Extension: CNEssentialDrug
Id: cn-essential-drug
Description: "In the national list of essential drugs (国家基本药物)"
Context: Medication
* value[x] only boolean
* value[x] 1..1

Extension: CNHerbalPiece
Id: cn-herbal-piece
Description: "Prepared herb of Chinese medicine (中药饮片)"
Context: Medication
* value[x] only boolean
* value[x] 1..1

Profile: CNMedicationAdministration
Parent: MedicationAdministration
Id: cn-medicationadministration
Title: "Drug given"
Description: "A dose that a nurse gave or did not give."
* extension contains CNDoubleCheck named doubleCheck 0..1
* insert WholeIdentifiers
* subject only Reference(Patient)
* context 1..1
* dosage.route from CNDrugRouteVS (extensible)
* obeys cn-ma-1 and cn-ma-2 and cn-ma-3

Invariant: cn-ma-1
Description: "The order is known"
Severity: #warning
Expression: "request.exists()"

Invariant: cn-ma-2
Description: "Who gave the dose is known"
Severity: #warning
Expression: "performer.exists() or status = 'not-done'"

Invariant: cn-ma-3
Description: "A dose that was not given has a reason"
Severity: #error
Expression: "status = 'not-done' implies statusReason.exists()"

Extension: CNDoubleCheck
Id: cn-double-check
Description: "Nurse who checked drug and patient as the second (双人核对)"
Context: MedicationAdministration
* value[x] only Reference(Practitioner or PractitionerRole)
* value[x] 1..1

ValueSet: CNDrugRouteVS
Id: cn-drug-route
Title: "用药途径"
Description: "Routes of drugs"
* insert CompleteValueSet
* include codes from system urn:oid:2.16.156.10011.2.3.1.158
