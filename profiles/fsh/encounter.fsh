Profile: CNEncounterMinimal
Parent: Encounter
Id: cn-encounter-minimal
Title: "Encounter in China, as far as the source knows"
Description: "An outpatient, emergency or inpatient visit, whichever source tells of it."
* extension contains
    CNPaymentMethod named paymentMethod 0..* and
    CNMedType named medType 0..1 and
    CNVisitNumber named visitNumber 0..1
* identifier 1..*
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains mdtrtId 0..1
* identifier[mdtrtId].system = "https://fhir-cn.example/sid/nhsa/mdtrt-id"
* class from CNEncounterClassVS (required)
* subject 1..1
* participant.type from CNParticipantTypeVS (extensible)
* hospitalization.admitSource from CNAdmissionRouteVS (extensible)
* hospitalization.dischargeDisposition from CNDischargeWayVS (extensible)
* diagnosis.extension contains CNAdmissionCondition named admissionCondition 0..1
* obeys cn-enc-1 and cn-enc-3 and cn-enc-4 and cn-enc-5

Profile: CNEncounter
Parent: CNEncounterMinimal
Id: cn-encounter
Title: "Encounter in China"
Description: "A visit of which the source knows hospital and beginning, and its end when it is over."
* serviceProvider 1..1
* obeys cn-enc-6 and cn-enc-7

Invariant: cn-enc-1
Description: "A finished encounter has an end"
Severity: #warning
Expression: "status = 'finished' implies period.end.exists()"

Invariant: cn-enc-6
Description: "A finished encounter has an end"
Severity: #error
Expression: "status = 'finished' implies period.end.exists()"

Invariant: cn-enc-7
Description: "A visit that has begun has a beginning"
Severity: #error
Expression: "status = 'planned' or status = 'cancelled' or status = 'entered-in-error' or period.start.exists()"

Invariant: cn-enc-3
Description: "The start is known"
Severity: #warning
Expression: "status = 'planned' or status = 'cancelled' or status = 'entered-in-error' or period.start.exists()"

Invariant: cn-enc-4
Description: "The hospital is known"
Severity: #warning
Expression: "serviceProvider.exists()"

Invariant: cn-enc-5
Description: "One diagnosis at most is the main discharge diagnosis"
Severity: #warning
Expression: "diagnosis.where(rank = 1 and use.coding.where(code = 'DD').exists()).count() <= 1"

Extension: CNPaymentMethod
Id: cn-payment-method
Description: "How the visit is paid (医疗付费方式)"
Context: Encounter
* value[x] only CodeableConcept
* value[x] 1..1
* valueCodeableConcept from CNPaymentMethodVS (extensible)

Extension: CNMedType
Id: cn-med-type
Description: "Medical category of the medical insurance (med_type)"
Context: Encounter, Claim, ExplanationOfBenefit
* value[x] only Coding
* value[x] 1..1

Extension: CNVisitNumber
Id: cn-visit-number
Description: "Which admission of this patient at this hospital it is"
Context: Encounter
* value[x] only positiveInt
* value[x] 1..1

Extension: CNAdmissionCondition
Id: cn-admission-condition
Description: "Whether the diagnosis was present on admission (入院病情)"
Context: Encounter.diagnosis, Condition
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNAdmissionConditionVS (required)

// R4's own list has nobody who codes, and no chief of a department; what it has stays allowed.
ValueSet: CNParticipantTypeVS
Id: cn-participant-type
Title: "就诊参与者类别"
Description: "What a health worker is to a visit, by HL7 or by the home page"
* insert CompleteValueSet
* include codes from valueset http://hl7.org/fhir/ValueSet/encounter-participant-type
* include codes from system $role
