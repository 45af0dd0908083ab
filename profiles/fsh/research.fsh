Profile: CNResearchStudy
Parent: ResearchStudy
Id: cn-researchstudy
Title: "Research study"
Description: "A study that may ask for data, with its ethics approval."
* extension contains
    CNEthicsApproval named ethicsApproval 0..* and
    CNDataForm named dataForm 0..* and
    CNHgrApproval named hgrApproval 0..1 and
    CNForeignParty named foreignParty 0..1 and
    CNRecipient named recipient 0..*
* insert WholeIdentifiers
* title 1..1
* obeys cn-rs-1 and cn-rs-2 and cn-rs-3

Invariant: cn-rs-1
Description: "A study under way has an ethics approval"
Severity: #error
Expression: "(status = 'active' or status = 'approved') implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-ethics-approval').exists()"

Invariant: cn-rs-2
Description: "Sponsor, period and description are known"
Severity: #warning
Expression: "sponsor.exists() and period.exists() and description.exists()"

Invariant: cn-rs-3
Description: "A study with a foreign party names its approval or filing for human genetic resources"
Severity: #warning
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-foreign-party' and value = true).exists() implies extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-hgr-approval').exists()"

Extension: CNEthicsApproval
Id: cn-ethics-approval
Description: "Approval of an ethics board, or its waiver of consent"
Context: ResearchStudy
* extension contains number 1..1 and board 0..1 and date 0..1 and expiry 0..1 and waiver 0..1
* extension[number].value[x] only string
* extension[number].value[x] 1..1
* extension[board].value[x] only string
* extension[board].value[x] 1..1
* extension[date].value[x] only date
* extension[date].value[x] 1..1
* extension[expiry].value[x] only date
* extension[expiry].value[x] 1..1
* extension[waiver].value[x] only boolean
* extension[waiver].value[x] 1..1

Extension: CNHgrApproval
Id: cn-hgr-approval
Description: "Approval or filing number for human genetic resources"
Context: ResearchStudy
* value[x] only string
* value[x] 1..1

Extension: CNForeignParty
Id: cn-foreign-party
Description: "A foreign party takes part"
Context: ResearchStudy
* value[x] only boolean
* value[x] 1..1

Extension: CNRecipient
Id: cn-recipient
Description: "Who receives data of the study"
Context: ResearchStudy
* value[x] only Reference(Organization)
* value[x] 1..1
