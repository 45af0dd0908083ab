Profile: CNCoverage
Parent: Coverage
Id: cn-coverage
Title: "Insurance of a person"
Description: "One scheme in which a person is insured."
* extension contains
    CNPoolArea named poolArea 0..1 and
    CNPersonType named personType 0..1 and
    CNAdminDivision named adminDivision 0..1 and
    CNCivilServant named civilServant 0..1 and
    CNOffsiteFiling named offsiteFiling 0..*
* insert WholeIdentifiers
* type 1..1
* type from CNInsuranceTypeVS (required)
* class ^slicing.discriminator.type = #pattern
* class ^slicing.discriminator.path = "type"
* class ^slicing.rules = #open
* class contains plan 0..1 and group 0..1
* class[plan].type = http://terminology.hl7.org/CodeSystem/coverage-class#plan
* class[group].type = http://terminology.hl7.org/CodeSystem/coverage-class#group
* obeys cn-cov-1

Invariant: cn-cov-1
Description: "The number of the insured person is known"
Severity: #warning
Expression: "subscriberId.exists() or type.coding.where(code = 'self-pay').exists()"

Profile: CNClaim
Parent: Claim
Id: cn-claim
Title: "Claim on the medical insurance"
Description: "What a hospital asks the medical insurance to pay for one visit."
* extension contains
    CNMedType named medType 0..1 and
    CNPoolArea named poolArea 0..1 and
    CNRefund named refund 0..1 and
    CNOffsite named offsite 0..1 and
    CNDiseaseNo named diseaseNo 0..1
* insert WholeIdentifiers
* type from CNClaimTypeVS (required)
* use = #claim
* item.extension contains
    CNItemLevel named itemLevel 0..1 and
    CNSelfPayRatio named selfPayRatio 0..1 and
    CNLimitPrice named limitPrice 0..1 and
    CNRestrictedUse named restrictedUse 0..1
* item.category from CNFeeCategoryVS (extensible)
* obeys cn-clm-2 and cn-clm-3 and cn-clm-4

Invariant: cn-clm-2
Description: "Money is in yuan"
Severity: #error
Expression: "(total.currency | item.net.currency | item.unitPrice.currency).all($this = 'CNY')"

Invariant: cn-clm-3
Description: "The claim has a number"
Severity: #warning
Expression: "identifier.exists()"

Invariant: cn-clm-4
Description: "The claim has items and a total"
Severity: #warning
Expression: "item.exists() and total.exists()"

Profile: CNEobSettlement
Parent: ExplanationOfBenefit
Id: cn-eob-settlement
Title: "Settlement by the medical insurance"
Description: "What the funds, the account and the person paid. Each amount of the national interface is a total under its own field name."
* extension contains
    CNMedType named medType 0..1 and
    CNPoolArea named poolArea 0..1 and
    CNClearingAgency named clearingAgency 0..1 and
    CNRefund named refund 0..1 and
    CNOffsite named offsite 0..1 and
    CNDiseaseNo named diseaseNo 0..1
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains setlId 0..1
* identifier[setlId].system = "https://fhir-cn.example/sid/nhsa/setl-id"
* type from CNClaimTypeVS (required)
* use = #claim
* total 1..*
* total ^slicing.discriminator.type = #pattern
* total ^slicing.discriminator.path = "category"
* total ^slicing.rules = #open
* total.category from CNSettlementTotalVS (required)
* total contains
    medfee_sumamt 0..1 and fulamt_ownpay_amt 0..1 and overlmt_selfpay 0..1 and preselfpay_amt 0..1 and
    inscp_scp_amt 0..1 and act_pay_dedc 0..1 and hifp_pay 0..1 and cvlserv_pay 0..1 and hifes_pay 0..1 and
    hifmi_pay 0..1 and hifob_pay 0..1 and hifdm_pay 0..1 and maf_pay 0..1 and oth_pay 0..1 and
    fund_pay_sumamt 0..1 and psn_part_amt 0..1 and acct_pay 0..1 and psn_cash_pay 0..1 and
    acct_mulaid_pay 0..1 and hosp_part_amt 0..1
* insert SettlementTotal(medfee_sumamt)
* insert SettlementTotal(fulamt_ownpay_amt)
* insert SettlementTotal(overlmt_selfpay)
* insert SettlementTotal(preselfpay_amt)
* insert SettlementTotal(inscp_scp_amt)
* insert SettlementTotal(act_pay_dedc)
* insert SettlementTotal(hifp_pay)
* insert SettlementTotal(cvlserv_pay)
* insert SettlementTotal(hifes_pay)
* insert SettlementTotal(hifmi_pay)
* insert SettlementTotal(hifob_pay)
* insert SettlementTotal(hifdm_pay)
* insert SettlementTotal(maf_pay)
* insert SettlementTotal(oth_pay)
* insert SettlementTotal(fund_pay_sumamt)
* insert SettlementTotal(psn_part_amt)
* insert SettlementTotal(acct_pay)
* insert SettlementTotal(psn_cash_pay)
* insert SettlementTotal(acct_mulaid_pay)
* insert SettlementTotal(hosp_part_amt)
* obeys cn-eob-4 and cn-eob-5 and cn-eob-6 and cn-eob-7 and cn-eob-8

RuleSet: SettlementTotal(code)
* total[{code}].category = $settlement#{code}

Invariant: cn-eob-4
Description: "Money is in yuan"
Severity: #error
Expression: "(total.amount.currency | payment.amount.currency | adjudication.amount.currency).all($this = 'CNY')"

Invariant: cn-eob-5
Description: "The settlement has its number of the medical insurance"
Severity: #warning
Expression: "identifier.where(system = 'https://fhir-cn.example/sid/nhsa/setl-id').exists()"

Invariant: cn-eob-6
Description: "The time of payment is known"
Severity: #warning
Expression: "payment.date.exists()"

Invariant: cn-eob-7
Description: "The sum of all fees is known"
Severity: #warning
Expression: "total.where(category.coding.where(code = 'medfee_sumamt').exists()).exists()"

Invariant: cn-eob-8
Description: "A refund names what it takes back"
Severity: #warning
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-refund' and value = true).exists() implies related.exists()"

Extension: CNPoolArea
Id: cn-pool-area
Description: "Pooling area of the insurance (insuplc_admdvs), GB/T 2260"
Context: Coverage, Claim, ExplanationOfBenefit
* value[x] only Coding
* value[x] 1..1

Extension: CNPersonType
Id: cn-person-type
Description: "Kind of insured person (psn_type)"
Context: Coverage
* value[x] only Coding
* value[x] 1..1

Extension: CNCivilServant
Id: cn-civil-servant
Description: "The person has the supplement of civil servants (公务员标志, cvlserv_flag)"
Context: Coverage
* value[x] only boolean
* value[x] 1..1

Extension: CNOffsiteFiling
Id: cn-offsite-filing
Description: "Filing for care outside the area of the insurance (异地就医备案): where, and from when to when"
Context: Coverage
* extension contains place 1..1 and period 0..1
* extension[place].value[x] only Coding
* extension[place].value[x] 1..1
* extension[period].value[x] only Period
* extension[period].value[x] 1..1

Extension: CNClearingAgency
Id: cn-clearing-agency
Description: "Agency that clears the settlement (clr_optins)"
Context: ExplanationOfBenefit
* value[x] only string
* value[x] 1..1

Extension: CNRefund
Id: cn-refund
Description: "The amounts take back an earlier settlement"
Context: Claim, ExplanationOfBenefit
* value[x] only boolean
* value[x] 1..1

Extension: CNOffsite
Id: cn-offsite
Description: "Care outside the area of the insurance"
Context: Claim, ExplanationOfBenefit
* value[x] only boolean
* value[x] 1..1

Extension: CNDiseaseNo
Id: cn-disease-no
Description: "Disease that the insurance settles by (病种编码, dise_codg)"
Context: Claim, ExplanationOfBenefit
* value[x] only Coding
* value[x] 1..1

Extension: CNSelfPayRatio
Id: cn-self-pay-ratio
Description: "Part of the item that the person pays before the funds share it (自付比例, selfpay_prop)"
Context: Claim.item, ChargeItem
* value[x] only decimal
* value[x] 1..1
* value[x] obeys cn-spr-1

Invariant: cn-spr-1
Description: "A share lies between 0 and 1"
Severity: #error
Expression: "$this >= 0 and $this <= 1"

Extension: CNLimitPrice
Id: cn-limit-price
Description: "Highest price that the insurance counts (定价上限金额, pric_uplmt_amt)"
Context: Claim.item, ChargeItem
* value[x] only Money
* value[x] 1..1
