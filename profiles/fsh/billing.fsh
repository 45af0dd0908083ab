Profile: CNAccount
Parent: Account
Id: cn-account
Title: "Bill of a visit (费用账户)"
Description: "What is charged for one visit, by whom, and which insurance bears it."
* identifier 1..*
* insert WholeIdentifiers
* type 1..1
* type from CNClaimTypeVS (required)
* subject 1..*
* owner 1..1
* obeys cn-acc-1 and cn-acc-2

Invariant: cn-acc-1
Description: "A closed bill says which time it is for"
Severity: #warning
Expression: "status = 'inactive' implies servicePeriod.end.exists()"

Invariant: cn-acc-2
Description: "The insurance is known (自费 is a coverage, too)"
Severity: #warning
Expression: "coverage.exists()"

Profile: CNChargeItemMinimal
Parent: ChargeItem
Id: cn-chargeitem-minimal
Title: "Line of a bill (费用明细), as far as the source knows"
Description: "One item that was charged. Regional platforms often have no price."
* extension contains
    CNFeeCategory named feeCategory 1..1 and
    CNItemLevel named itemLevel 0..1 and
    CNSelfPayRatio named selfPayRatio 0..1 and
    CNLimitPrice named limitPrice 0..1
* insert WholeIdentifiers
* insert CodingsBySystem(code)
* code.coding contains nhsaService 0..1 and nhsaDrug 0..1
* code.coding[nhsaService].system = "https://fhir-cn.example/CodeSystem/nhsa-service"
* code.coding[nhsaService].code 1..1
* code.coding[nhsaDrug].system = "https://fhir-cn.example/CodeSystem/nhsa-drug"
* code.coding[nhsaDrug].code 1..1
* subject only Reference(Patient)
* context 1..1
* occurrence[x] 1..1
* quantity 1..1
* quantity.value 1..1
* obeys cn-chg-1 and cn-chg-2 and cn-chg-3

Profile: CNChargeItem
Parent: CNChargeItemMinimal
Id: cn-chargeitem
Title: "Line of a bill (费用明细)"
Description: "One item that was charged, with its amount."
* priceOverride 1..1

Invariant: cn-chg-1
Description: "Money is in yuan"
Severity: #error
Expression: "priceOverride.currency.all($this = 'CNY')"

Invariant: cn-chg-2
Description: "The amount is known"
Severity: #warning
Expression: "priceOverride.exists()"

Invariant: cn-chg-3
Description: "The item has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Extension: CNFeeCategory
Id: cn-fee-category
Description: "Fee category of the home page and of the medical insurance (费用类别)"
Context: ChargeItem
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNFeeCategoryVS (required)
