Profile: CNEncounterOutpatient
Parent: CNEncounter
Id: cn-encounter-outpatient
Title: "Outpatient visit"
Description: "A visit to an outpatient clinic."
* class = $act#AMB
* insert AttendingParticipant
* period 1..1

Profile: CNEncounterEmergency
Parent: CNEncounter
Id: cn-encounter-emergency
Title: "Emergency visit"
Description: "A visit to the emergency department, or a stay under its observation."
* extension contains CNTriageLevel named triageLevel 0..1
* class from CNEmergencyClassVS (required)
* period 1..1
* obeys cn-eme-1

Invariant: cn-eme-1
Description: "The level of triage is known"
Severity: #warning
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-triage-level').exists()"

Profile: CNEncounterInpatient
Parent: CNEncounter
Id: cn-encounter-inpatient
Title: "Inpatient stay"
Description: "A stay in a hospital, as its home page (病案首页) tells of it."
* extension contains
    CNCriticalDays named criticalDays 0..1 and
    CNClinicalPathway named clinicalPathway 0..1 and
    CNRescueCount named rescueCount 0..1 and
    CNIcuStay named icuStay 0..*
* class = $act#IMP
* insert AttendingParticipant
* participant contains chief 0..* and resident 0..* and nurse 0..* and coder 0..*
* insert ParticipantRole(chief)
* insert ParticipantRole(resident)
* insert ParticipantRole(nurse)
* insert ParticipantRole(coder)
* period 1..1
* period.start 1..1
* hospitalization 1..1
* hospitalization.admitSource 1..1
* hospitalization.admitSource from CNAdmissionRouteVS (required)
* hospitalization.dischargeDisposition from CNDischargeWayVS (required)
* diagnosis.use from CNDiagnosisRoleVS (required)
* obeys cn-inp-1 and cn-inp-2 and cn-inp-3

RuleSet: AttendingParticipant
* participant 1..*
* participant ^slicing.discriminator.type = #pattern
* participant ^slicing.discriminator.path = "type"
* participant ^slicing.rules = #open
* participant contains attending 1..*
* participant[attending].type = $participation#ATND
* participant[attending].individual 1..1

// Whom the home page names beside the attending doctor.
RuleSet: ParticipantRole(code)
* participant[{code}].type = $role#{code}
* participant[{code}].individual 1..1

Invariant: cn-inp-1
Description: "A finished stay has exactly one main discharge diagnosis"
Severity: #error
Expression: "status = 'finished' implies diagnosis.where(rank = 1 and use.coding.where(code = 'DD').exists()).count() = 1"

Invariant: cn-inp-2
Description: "A finished stay says how the patient left"
Severity: #error
Expression: "status = 'finished' implies hospitalization.dischargeDisposition.exists()"

Invariant: cn-inp-3
Description: "Ward or bed is known"
Severity: #warning
Expression: "location.exists()"

Extension: CNTriageLevel
Id: cn-triage-level
Description: "Level of emergency triage (急诊预检分诊级别)"
Context: Encounter
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNTriageLevelVS (required)

Extension: CNCriticalDays
Id: cn-critical-days
Description: "Days in critical condition (病危天数)"
Context: Encounter
* value[x] only unsignedInt
* value[x] 1..1

Extension: CNClinicalPathway
Id: cn-clinical-pathway
Description: "How far the stay followed a clinical pathway (临床路径)"
Context: Encounter
* value[x] only code
* value[x] 1..1
* valueCode from CNClinicalPathwayVS (required)

Extension: CNRescueCount
Id: cn-rescue-count
Description: "How often the patient was rescued, and how often with success (抢救次数、成功次数)"
Context: Encounter
* extension contains total 1..1 and successful 0..1
* extension[total].value[x] only unsignedInt
* extension[total].value[x] 1..1
* extension[successful].value[x] only unsignedInt
* extension[successful].value[x] 1..1

ValueSet: CNEmergencyClassVS
Id: cn-emergency-class
Title: "急诊与留观"
Description: "Classes of an emergency visit"
* insert CompleteValueSet
* $act#EMER
* $act#OBSENC

Extension: CNIcuStay
Id: cn-icu-stay
Description: "Stay in an intensive care unit (重症监护室): which, from when to when"
Context: Encounter
* extension contains unit 1..1 and period 1..1
* extension[unit].value[x] only string
* extension[unit].value[x] 1..1
* extension[period].value[x] only Period
* extension[period].value[x] 1..1

CodeSystem: CNTriageLevelCS
Id: cn-triage-level
Title: "急诊预检分诊级别"
Description: "Levels of emergency triage"
* insert CompleteTable
* #1 "一级（濒危）"
* #2 "二级（危重）"
* #3 "三级（急症）"
* #4 "四级（非急症）"

ValueSet: CNTriageLevelVS
Id: cn-triage-level
Title: "急诊预检分诊级别"
Description: "Levels of emergency triage"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-triage-level

CodeSystem: CNClinicalPathwayCS
Id: cn-clinical-pathway
Title: "临床路径"
Description: "How far a stay followed a clinical pathway"
* insert CompleteTable
* #none "未入径"
* #completed "完成路径"
* #varied "变异"
* #left "退出路径"

ValueSet: CNClinicalPathwayVS
Id: cn-clinical-pathway
Title: "临床路径"
Description: "How far a stay followed a clinical pathway"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-clinical-pathway

ValueSet: CNDiagnosisRoleVS
Id: cn-diagnosis-role
Title: "诊断在就诊中的作用"
Description: "What a diagnosis is to the stay"
* insert CompleteValueSet
* http://terminology.hl7.org/CodeSystem/diagnosis-role#AD
* http://terminology.hl7.org/CodeSystem/diagnosis-role#DD
* http://terminology.hl7.org/CodeSystem/diagnosis-role#CC
* http://terminology.hl7.org/CodeSystem/diagnosis-role#CM
* http://terminology.hl7.org/CodeSystem/diagnosis-role#pre-op
* http://terminology.hl7.org/CodeSystem/diagnosis-role#post-op
* http://terminology.hl7.org/CodeSystem/diagnosis-role#billing
