Profile: CNAuditEvent
Parent: AuditEvent
Id: cn-auditevent
Title: "Use of a record"
Description: "Who used which record, for which purpose, and what was decided. The account of uses of the server is made of these."
* subtype 1..*
* action 1..1
* outcome 1..1
* purposeOfEvent from CNPurposeVS (required)
* agent.purposeOfUse from CNPurposeVS (required)
* entity ^slicing.discriminator.type = #pattern
* entity ^slicing.discriminator.path = "role"
* entity ^slicing.rules = #open
* entity contains patient 0..* and consent 0..* and query 0..1
* entity[patient].role = http://terminology.hl7.org/CodeSystem/object-role#1
* entity[patient].what 1..1
* entity[patient].what only Reference(Patient)
* entity[consent].role = http://terminology.hl7.org/CodeSystem/object-role#13
* entity[consent].what 1..1
* entity[consent].what only Reference(Consent)
* entity[query].role = http://terminology.hl7.org/CodeSystem/object-role#24
* obeys cn-aud-1 and cn-aud-2 and cn-aud-3

Invariant: cn-aud-1
Description: "A refusal carries its reason"
Severity: #error
Expression: "outcome != '0' implies outcomeDesc.exists()"

Invariant: cn-aud-2
Description: "Breaking the glass carries a reason in words"
Severity: #error
Expression: "purposeOfEvent.coding.where(code = 'BTG').exists() implies entity.detail.where(type = 'breakGlassReason').exists()"

Invariant: cn-aud-3
Description: "One agent at least asked"
Severity: #error
Expression: "agent.where(requestor = true).exists()"

ValueSet: CNPurposeVS
Id: cn-purpose
Title: "使用目的"
Description: "Purposes of use that a party may ask for"
* insert CompleteValueSet
* $reason#TREAT
* $reason#ETREAT
* $reason#BTG
* $reason#HPAYMT
* $reason#COVERAGE
* $reason#CLMATTCH
* $reason#ELIGDTRM
* $reason#FRAUD
* $reason#HOPERAT
* $reason#HQUALIMP
* $reason#PERFMSR
* $reason#CAREMGT
* $reason#PUBHLTH
* $reason#DISASTER
* $reason#THREAT
* $reason#HRESCH
* $reason#DSRCH
* $reason#CLINTRCH
* $reason#BIORCH
* $reason#TRANSRCH
* $reason#POARCH
* $reason#HMARKT
* $reason#HLEGAL
* $reason#PATRQT
* $reason#FAMRQT
* $reason#HSYSADMIN
