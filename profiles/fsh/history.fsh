Profile: CNAllergy
Parent: AllergyIntolerance
Id: cn-allergy
Title: "Allergy or intolerance (过敏)"
Description: "What a patient must not be given, or the statement that nothing is known."
* extension contains CNAllergySource named source 0..1
* insert WholeIdentifiers
* clinicalStatus 1..1
* category 1..*
* code 1..1
* obeys cn-alg-1 and cn-alg-2

Invariant: cn-alg-1
Description: "The substance has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Invariant: cn-alg-2
Description: "Who stated it is known"
Severity: #warning
Expression: "recorder.exists() or asserter.exists()"

Extension: CNAllergySource
Id: cn-allergy-source
Description: "How the allergy is known (过敏依据)"
Context: AllergyIntolerance
* value[x] only code
* value[x] 1..1
* valueCode from CNAllergySourceVS (required)

CodeSystem: CNAllergySourceCS
Id: cn-allergy-source
Title: "过敏依据"
Description: "How an allergy is known"
* insert CompleteTable
* #told "患者或家属陈述"
* #skin-test "皮试阳性"
* #observed "用药后观察到"
* #laboratory "实验室检查"

ValueSet: CNAllergySourceVS
Id: cn-allergy-source
Title: "过敏依据"
Description: "How an allergy is known"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-allergy-source

Profile: CNImmunization
Parent: Immunization
Id: cn-immunization
Title: "Vaccination (预防接种)"
Description: "A vaccination of the national programme (免疫规划) or beside it."
* extension contains CNVaccineCategory named vaccineCategory 0..1
* insert WholeIdentifiers
* patient only Reference(Patient)
* obeys cn-imm-1 and cn-imm-2 and cn-imm-3

Invariant: cn-imm-1
Description: "The vaccine has a code or a text"
Severity: #error
Expression: "vaccineCode.coding.where(code.exists()).exists() or vaccineCode.text.exists()"

Invariant: cn-imm-2
Description: "The batch of a vaccine that was given is known"
Severity: #warning
Expression: "status = 'completed' implies lotNumber.exists()"

Invariant: cn-imm-3
Description: "A vaccination that was not done has a reason"
Severity: #error
Expression: "status = 'not-done' implies statusReason.exists()"

Extension: CNVaccineCategory
Id: cn-vaccine-category
Description: "Within the national programme or paid by the person (免疫规划、非免疫规划)"
Context: Immunization
* value[x] only code
* value[x] 1..1
* valueCode from CNVaccineCategoryVS (required)

CodeSystem: CNVaccineCategoryCS
Id: cn-vaccine-category
Title: "疫苗类别"
Description: "Kinds of vaccine by who pays"
* insert CompleteTable
* #programme "免疫规划疫苗"
* #other "非免疫规划疫苗"

ValueSet: CNVaccineCategoryVS
Id: cn-vaccine-category
Title: "疫苗类别"
Description: "Kinds of vaccine by who pays"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-vaccine-category

Profile: CNFamilyMemberHistory
Parent: FamilyMemberHistory
Id: cn-familymemberhistory
Title: "Family history (家族史)"
Description: "Diseases of a relative."
* insert WholeIdentifiers
* patient only Reference(Patient)
* relationship from CNKinshipVS (extensible)
* condition 1..*
* obeys cn-fmh-1

Invariant: cn-fmh-1
Description: "Each disease has a code or a text"
Severity: #error
Expression: "condition.all(code.coding.where(code.exists()).exists() or code.text.exists())"

ValueSet: CNKinshipVS
Id: cn-kinship
Title: "亲属关系"
Description: "Relationship by GB/T 4761 or HL7"
* insert CompleteValueSet
* include codes from system $family
* include codes from system http://terminology.hl7.org/CodeSystem/v3-RoleCode
