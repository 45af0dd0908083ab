Profile: CNVitalSign
Parent: Observation
Id: cn-vital-sign
Title: "Vital sign or other mark of the temperature list"
Description: "Temperature, pulse, respiration, blood pressure, weight, intake and output, pain: what nurses measure at the six daily times."
* extension contains
    CNTemperatureSite named site 0..1 and
    CNAfterCooling named afterCooling 0..1 and
    CNChartSlot named chartSlot 0..1
* insert WholeIdentifiers
* insert CategoryByPattern
* category contains vitalSigns 1..1
* category[vitalSigns] = $observation-category#vital-signs
* code from CNVitalSignVS (extensible)
* subject 1..1
* subject only Reference(Patient)
* effective[x] 1..1
* effective[x] only dateTime or Period
* component ^slicing.discriminator.type = #pattern
* component ^slicing.discriminator.path = "code"
* component ^slicing.rules = #open
* component contains systolic 0..1 and diastolic 0..1
* component[systolic].code = $loinc#8480-6
* component[systolic].value[x] only Quantity
* component[diastolic].code = $loinc#8462-4
* component[diastolic].value[x] only Quantity
* obeys cn-vs-1 and cn-vs-2 and cn-vs-3 and cn-vs-4

Invariant: cn-vs-1
Description: "A body temperature lies between 30 and 45 degrees"
Severity: #error
Expression: "code.coding.where(system = 'http://loinc.org' and code = '8310-5').exists() implies value.ofType(Quantity).all(value >= 30 and value <= 45)"

Invariant: cn-vs-2
Description: "There is a value, components, or a reason why it was not measured (外出、拒测)"
Severity: #error
Expression: "value.exists() or component.exists() or dataAbsentReason.exists() or status = 'entered-in-error' or status = 'cancelled'"

Invariant: cn-vs-3
Description: "Pulse, heart rate and respiration are possible"
Severity: #warning
Expression: "code.coding.where(system = 'http://loinc.org' and (code = '8867-4' or code = '8893-0' or code = '9279-1')).exists() implies value.ofType(Quantity).all(value >= 0 and value <= 300)"

Invariant: cn-vs-4
Description: "A blood pressure has both values"
Severity: #error
Expression: "code.coding.where(system = 'http://loinc.org' and code = '85354-9').exists() implies (component.code.coding.where(code = '8480-6').exists() and component.code.coding.where(code = '8462-4').exists())"

Profile: CNTemperatureList
Parent: List
Id: cn-temperature-list
Title: "Temperature list (体温单, C0020)"
Description: "The marks of one week of a stay: vital signs, intake and output, and the events of the stay."
* identifier 1..*
* insert WholeIdentifiers
* mode = #working
* code 1..1
* code = $documents#C0020
* subject 1..1
* subject only Reference(Patient)
* encounter 1..1
* date 1..1
* entry.flag from CNChartEventVS (extensible)
* entry.item only Reference(Observation)
* obeys cn-tl-1

Invariant: cn-tl-1
Description: "The list has marks"
Severity: #warning
Expression: "entry.exists()"

Extension: CNTemperatureSite
Id: cn-temperature-site
Description: "Where the temperature was measured (测温部位)"
Context: Observation
* value[x] only code
* value[x] 1..1
* valueCode from CNTemperatureSiteVS (required)

Extension: CNAfterCooling
Id: cn-after-cooling
Description: "Measured after physical cooling (降温后)"
Context: Observation
* value[x] only boolean
* value[x] 1..1

Extension: CNChartSlot
Id: cn-chart-slot
Description: "Time of the list that the mark belongs to (2, 6, 10, 14, 18, 22)"
Context: Observation
* value[x] only time
* value[x] 1..1

CodeSystem: CNTemperatureSiteCS
Id: cn-temperature-site
Title: "测温部位"
Description: "Where a temperature was measured"
* insert CompleteTable
* #oral "口温"
* #axillary "腋温"
* #rectal "肛温"
* #ear "耳温"
* #forehead "额温"

ValueSet: CNTemperatureSiteVS
Id: cn-temperature-site
Title: "测温部位"
Description: "Where a temperature was measured"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-temperature-site

CodeSystem: CNChartEventCS
Id: cn-chart-event
Title: "体温单事件"
Description: "What a temperature list writes beside the curve"
* insert CompleteTable
* #admission "入院"
* #transfer "转入"
* #surgery "手术"
* #delivery "分娩"
* #discharge "出院"
* #death "死亡"
* #leave "请假"
* #refused "拒测"

ValueSet: CNChartEventVS
Id: cn-chart-event
Title: "体温单事件"
Description: "What a temperature list writes beside the curve"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-chart-event

CodeSystem: CNVitalSignCS
Id: cn-vital-sign
Title: "无 LOINC 编码的体温单项目"
Description: "Marks of the temperature list that we know no LOINC code for"
* insert CompleteTable
* #stool-count "大便次数"
* #enema "灌肠"
* #skin-test "皮试结果"
* #drainage "引流量"

ValueSet: CNVitalSignVS
Id: cn-vital-sign
Title: "体温单项目"
Description: "Marks of the temperature list"
* insert CompleteValueSet
* include codes from system $vital
* $loinc#8310-5 "体温"
* $loinc#8867-4 "心率"
* $loinc#8893-0 "脉率"
* $loinc#9279-1 "呼吸"
* $loinc#85354-9 "血压"
* $loinc#8480-6 "收缩压"
* $loinc#8462-4 "舒张压"
* $loinc#29463-7 "体重"
* $loinc#8302-2 "身高"
* $loinc#2708-6 "血氧饱和度"
* $loinc#59408-5 "血氧饱和度（脉搏血氧仪）"
* $loinc#9108-2 "24小时总入量"
* $loinc#9262-7 "24小时总出量"
* $loinc#9192-6 "24小时尿量"
* $loinc#72514-3 "疼痛评分"
* $loinc#8280-0 "腹围"
