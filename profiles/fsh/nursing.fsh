Profile: CNCarePlan
Parent: CarePlan
Id: cn-careplan
Title: "Nursing or care plan (护理计划, C0024)"
Description: "Problems, aims and measures of nursing in a stay, or of the management of a chronic disease."
* extension contains CNNursingGrade named nursingGrade 0..1
* insert WholeIdentifiers
* category 1..*
* category from CNCarePlanCategoryVS (required)
* subject only Reference(Patient)
* obeys cn-cpl-1 and cn-cpl-2 and cn-cpl-3

Invariant: cn-cpl-1
Description: "A nursing plan belongs to a stay"
Severity: #error
Expression: "category.coding.where(code = 'nursing').exists() implies encounter.exists()"

Invariant: cn-cpl-2
Description: "The plan has measures or aims"
Severity: #warning
Expression: "activity.exists() or goal.exists()"

Invariant: cn-cpl-3
Description: "Who wrote the plan is known"
Severity: #warning
Expression: "author.exists()"

CodeSystem: CNCarePlanCategoryCS
Id: cn-careplan-category
Title: "计划类别"
Description: "Kinds of plan"
* insert CompleteTable
* #nursing "护理计划"
* #chronic "慢性病管理"
* #discharge "出院指导"
* #rehabilitation "康复计划"

ValueSet: CNCarePlanCategoryVS
Id: cn-careplan-category
Title: "计划类别"
Description: "Kinds of plan"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-careplan-category

Profile: CNDeviceImplant
Parent: Device
Id: cn-device-implant
Title: "Implant or other costly material (高值耗材, C0022)"
Description: "A device that stays in a patient, by its unique device identification (UDI)."
* insert WholeIdentifiers
* udiCarrier 1..*
* udiCarrier.deviceIdentifier 1..1
* deviceName 1..*
* type 1..1
* patient 1..1
* obeys cn-dev-1 and cn-dev-2

Invariant: cn-dev-1
Description: "The device can be traced: a batch or a serial number"
Severity: #error
Expression: "lotNumber.exists() or serialNumber.exists()"

Invariant: cn-dev-2
Description: "Maker and date of expiry are known"
Severity: #warning
Expression: "manufacturer.exists() and expirationDate.exists()"
