// Search parameters for what the profiles have and R4 has no parameter for. Numbers (identity card, insurance, medical record,
// settlement, visit) are identifiers with a system and need none: `identifier=system|value`.

RuleSet: OwnParameter(id, name)
* url = "https://fhir-cn.example/SearchParameter/{id}"
* name = "{name}"
* version = "0.1.0"
* status = #active
* experimental = false
* xpathUsage = #normal

// Patients and people

Instance: cn-ethnicity
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-ethnicity, CNEthnicity)
* description = "民族（GB 3304）/ Ethnic group"
* code = #ethnicity
* base[0] = #Patient
* type = #token
* expression = "Patient.extension('https://fhir-cn.example/StructureDefinition/cn-ethnicity').value.as(Coding)"

Instance: cn-nationality
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-nationality, CNNationality)
* description = "国籍 / Nationality"
* code = #nationality
* base[0] = #Patient
* type = #token
* expression = "Patient.extension('http://hl7.org/fhir/StructureDefinition/patient-nationality').extension('code').value.as(CodeableConcept)"

Instance: cn-occupation
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-occupation, CNOccupation)
* description = "职业 / Occupation"
* code = #occupation
* base[0] = #Patient
* type = #token
* expression = "Patient.extension('https://fhir-cn.example/StructureDefinition/cn-occupation').value.as(CodeableConcept)"

Instance: cn-employment-status
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-employment-status, CNEmploymentStatus)
* description = "从业状况 / Employment status"
* code = #employment-status
* base[0] = #Patient
* type = #token
* expression = "Patient.extension('https://fhir-cn.example/StructureDefinition/cn-employment-status').value.as(CodeableConcept)"

Instance: cn-household
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-household, CNHousehold)
* description = "户籍类别 / Kind of household registration"
* code = #household
* base[0] = #Patient
* type = #token
* expression = "Patient.extension('https://fhir-cn.example/StructureDefinition/cn-household-register').value.as(CodeableConcept)"

Instance: cn-professional-title
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-professional-title, CNProfessionalTitle)
* description = "专业技术职称，按文字 / Professional title, by its words"
* code = #professional-title
* base[0] = #Practitioner
* type = #string
* expression = "Practitioner.extension('https://fhir-cn.example/StructureDefinition/cn-professional-title').value.as(CodeableConcept).text | Practitioner.extension('https://fhir-cn.example/StructureDefinition/cn-professional-title').value.as(CodeableConcept).coding.display"

// Institutions

Instance: cn-hospital-level
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-hospital-level, CNHospitalLevel)
* description = "医院等级 / Level of a hospital"
* code = #hospital-level
* base[0] = #Organization
* type = #token
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-hospital-level').value.as(code)"

Instance: cn-admin-level
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-admin-level, CNAdminLevel)
* description = "隶属层级 / Administrative level"
* code = #admin-level
* base[0] = #Organization
* type = #token
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-admin-level').value.as(code)"

Instance: cn-admin-division
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-admin-division, CNAdminDivision)
* description = "行政区划（GB/T 2260）/ Administrative division"
* code = #admin-division
* base[0] = #Organization
* base[1] = #Coverage
* type = #token
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-admin-division').value.as(Coding) | Coverage.extension('https://fhir-cn.example/StructureDefinition/cn-admin-division').value.as(Coding)"

Instance: cn-supervised-by
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-supervised-by, CNSupervisedBy)
* description = "主管单位 / Supervising organisation"
* code = #supervised-by
* base[0] = #Organization
* type = #reference
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-supervised-by').value.as(Reference)"
* target = #Organization

Instance: cn-mi-designated
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-mi-designated, CNMiDesignated)
* description = "是否医保定点 / Designated by the medical insurance"
* code = #mi-designated
* base[0] = #Organization
* type = #token
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-mi-designated').value.as(boolean)"

// Visits, orders and records

Instance: cn-med-type
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-med-type, CNMedType)
* description = "医疗类别（med_type）/ Kind of care of the medical insurance"
* code = #med-type
* base[0] = #Encounter
* base[1] = #Claim
* base[2] = #ExplanationOfBenefit
* type = #token
* expression = "Encounter.extension('https://fhir-cn.example/StructureDefinition/cn-med-type').value.as(Coding) | Claim.extension('https://fhir-cn.example/StructureDefinition/cn-med-type').value.as(Coding) | ExplanationOfBenefit.extension('https://fhir-cn.example/StructureDefinition/cn-med-type').value.as(Coding)"

Instance: cn-payment-method
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-payment-method, CNPaymentMethod)
* description = "医疗付费方式 / Method of payment"
* code = #payment-method
* base[0] = #Encounter
* type = #token
* expression = "Encounter.extension('https://fhir-cn.example/StructureDefinition/cn-payment-method').value.as(CodeableConcept)"

Instance: cn-visit-number
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-visit-number, CNVisitNumber)
* description = "第几次住院 / Number of the admission"
* code = #visit-number
* base[0] = #Encounter
* type = #number
* expression = "Encounter.extension('https://fhir-cn.example/StructureDefinition/cn-visit-number').value.as(positiveInt)"

Instance: cn-admission-condition
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-admission-condition, CNAdmissionCondition)
* description = "入院病情 / Condition on admission"
* code = #admission-condition
* base[0] = #Encounter
* base[1] = #Condition
* type = #token
* expression = "Encounter.diagnosis.extension('https://fhir-cn.example/StructureDefinition/cn-admission-condition').value.as(Coding) | Condition.extension('https://fhir-cn.example/StructureDefinition/cn-admission-condition').value.as(Coding)"

Instance: cn-admit-source
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-admit-source, CNAdmitSource)
* description = "入院途径 / Route of admission"
* code = #admit-source
* base[0] = #Encounter
* type = #token
* expression = "Encounter.hospitalization.admitSource"

Instance: cn-discharge-disposition
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-discharge-disposition, CNDischargeDisposition)
* description = "离院方式 / Way of discharge"
* code = #discharge-disposition
* base[0] = #Encounter
* type = #token
* expression = "Encounter.hospitalization.dischargeDisposition"

Instance: cn-order-kind
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-order-kind, CNOrderKind)
* description = "医嘱类别（长期、临时）/ Long-term or temporary order"
* code = #order-kind
* base[0] = #MedicationRequest
* base[1] = #ServiceRequest
* type = #token
* expression = "MedicationRequest.extension('https://fhir-cn.example/StructureDefinition/cn-order-kind').value.as(code) | ServiceRequest.extension('https://fhir-cn.example/StructureDefinition/cn-order-kind').value.as(code)"

Instance: cn-mutual-recognition
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-mutual-recognition, CNMutualRecognition)
* description = "检查检验结果互认 / Result recognised by other institutions"
* code = #mutual-recognition
* base[0] = #Observation
* base[1] = #DiagnosticReport
* type = #token
* expression = "Observation.extension('https://fhir-cn.example/StructureDefinition/cn-mutual-recognition').value.as(boolean) | DiagnosticReport.extension('https://fhir-cn.example/StructureDefinition/cn-mutual-recognition').value.as(boolean)"

Instance: cn-template-id
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-template-id, CNTemplateId)
* description = "共享文档模板（CDA templateId）/ Template of the document"
* code = #template-id
* base[0] = #Composition
* base[1] = #DocumentReference
* type = #uri
* expression = "Composition.extension('https://fhir-cn.example/StructureDefinition/cn-template-id').value.as(oid) | DocumentReference.extension('https://fhir-cn.example/StructureDefinition/cn-template-id').value.as(oid)"

// Insurance

Instance: cn-subscriber-id
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-subscriber-id, CNSubscriberId)
* description = "医保人员编号 / Number of the insured person"
* code = #subscriber-id
* base[0] = #Coverage
* type = #token
* expression = "Coverage.subscriberId"

Instance: cn-pool-area
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-pool-area, CNPoolArea)
* description = "参保地（统筹区）/ Pooling area of the insurance"
* code = #pool-area
* base[0] = #Coverage
* base[1] = #Claim
* base[2] = #ExplanationOfBenefit
* type = #token
* expression = "Coverage.extension('https://fhir-cn.example/StructureDefinition/cn-pool-area').value.as(Coding) | Claim.extension('https://fhir-cn.example/StructureDefinition/cn-pool-area').value.as(Coding) | ExplanationOfBenefit.extension('https://fhir-cn.example/StructureDefinition/cn-pool-area').value.as(Coding)"

Instance: cn-person-type
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-person-type, CNPersonType)
* description = "人员类别（psn_type）/ Kind of insured person"
* code = #person-type
* base[0] = #Coverage
* type = #token
* expression = "Coverage.extension('https://fhir-cn.example/StructureDefinition/cn-person-type').value.as(Coding)"

Instance: cn-claim-type
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-claim-type, CNClaimType)
* description = "结算类别 / Type of the claim or settlement"
* code = #type
* base[0] = #Claim
* base[1] = #ExplanationOfBenefit
* type = #token
* expression = "Claim.type | ExplanationOfBenefit.type"

Instance: cn-offsite
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-offsite, CNOffsite)
* description = "是否异地就医 / Care outside the area of the insurance"
* code = #offsite
* base[0] = #Claim
* base[1] = #ExplanationOfBenefit
* type = #token
* expression = "Claim.extension('https://fhir-cn.example/StructureDefinition/cn-offsite').value.as(boolean) | ExplanationOfBenefit.extension('https://fhir-cn.example/StructureDefinition/cn-offsite').value.as(boolean)"

Instance: cn-refund
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-refund, CNRefund)
* description = "是否退费 / Amounts that take back an earlier settlement"
* code = #refund
* base[0] = #Claim
* base[1] = #ExplanationOfBenefit
* type = #token
* expression = "Claim.extension('https://fhir-cn.example/StructureDefinition/cn-refund').value.as(boolean) | ExplanationOfBenefit.extension('https://fhir-cn.example/StructureDefinition/cn-refund').value.as(boolean)"

Instance: cn-clearing-agency
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-clearing-agency, CNClearingAgency)
* description = "清算经办机构 / Agency that clears the settlement"
* code = #clearing-agency
* base[0] = #ExplanationOfBenefit
* type = #token
* expression = "ExplanationOfBenefit.extension('https://fhir-cn.example/StructureDefinition/cn-clearing-agency').value.as(string)"

Instance: cn-payment-date
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-payment-date, CNPaymentDate)
* description = "结算时间 / Time of payment"
* code = #payment-date
* base[0] = #ExplanationOfBenefit
* type = #date
* expression = "ExplanationOfBenefit.payment.date"

Instance: cn-total-category
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-total-category, CNTotalCategory)
* description = "结算合计项目 / Category of a total"
* code = #total-category
* base[0] = #ExplanationOfBenefit
* type = #token
* expression = "ExplanationOfBenefit.total.category"

Instance: cn-total-amount
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-total-amount, CNTotalAmount)
* description = "结算合计金额 / Amount of a total"
* code = #total-amount
* base[0] = #ExplanationOfBenefit
* type = #quantity
* expression = "ExplanationOfBenefit.total.amount"

Instance: cn-settlement-total
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-settlement-total, CNSettlementTotal)
* description = "某一合计项目的金额 / Amount of one category of total"
* code = #settlement-total
* base[0] = #ExplanationOfBenefit
* type = #composite
* expression = "ExplanationOfBenefit.total"
* component[0].definition = "https://fhir-cn.example/SearchParameter/cn-total-category"
* component[0].expression = "category"
* component[1].definition = "https://fhir-cn.example/SearchParameter/cn-total-amount"
* component[1].expression = "amount"

Instance: cn-fee-category
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-fee-category, CNFeeCategory)
* description = "费用类别 / Category of fees of an item"
* code = #fee-category
* base[0] = #Claim
* base[1] = #ChargeItem
* type = #token
* expression = "Claim.item.category | ChargeItem.extension('https://fhir-cn.example/StructureDefinition/cn-fee-category').value.as(Coding)"

Instance: cn-item-level
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-item-level, CNItemLevel)
* description = "医保目录等级（甲乙丙）/ Level in the catalogue of the insurance"
* code = #item-level
* base[0] = #Claim
* base[1] = #ChargeItem
* base[2] = #MedicationRequest
* type = #token
* expression = "Claim.item.extension('https://fhir-cn.example/StructureDefinition/cn-item-level').value.as(Coding) | ChargeItem.extension('https://fhir-cn.example/StructureDefinition/cn-item-level').value.as(Coding) | MedicationRequest.extension('https://fhir-cn.example/StructureDefinition/cn-item-level').value.as(Coding)"

// Research

Instance: cn-ethics-number
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-ethics-number, CNEthicsNumber)
* description = "伦理审查批件号 / Number of the ethics approval"
* code = #ethics-number
* base[0] = #ResearchStudy
* type = #token
* expression = "ResearchStudy.extension('https://fhir-cn.example/StructureDefinition/cn-ethics-approval').extension('number').value.as(string)"

Instance: cn-ethics-expiry
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-ethics-expiry, CNEthicsExpiry)
* description = "伦理批件有效期 / Expiry of the ethics approval"
* code = #ethics-expiry
* base[0] = #ResearchStudy
* type = #date
* expression = "ResearchStudy.extension('https://fhir-cn.example/StructureDefinition/cn-ethics-approval').extension('expiry').value.as(date)"
