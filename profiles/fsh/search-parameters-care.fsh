// Search parameters for the extensions of care, institutions and audits: one instance each, as in search-parameters.fsh.

// Persons and institutions

Instance: cn-education
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-education, CNEducation)
* description = "文化程度 / Education"
* code = #education
* base[0] = #Patient
* type = #token
* expression = "Patient.extension('https://fhir-cn.example/StructureDefinition/cn-education').value.as(CodeableConcept)"

Instance: cn-guardianship-basis
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-guardianship-basis, CNGuardianshipBasis)
* description = "监护依据 / Ground of a guardianship"
* code = #guardianship-basis
* base[0] = #RelatedPerson
* type = #token
* expression = "RelatedPerson.extension('https://fhir-cn.example/StructureDefinition/cn-guardianship').extension('basis').value.as(code)"

Instance: cn-multi-site
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-multi-site, CNMultiSite)
* description = "多点执业机构 / Other institution where a doctor practises"
* code = #multi-site
* base[0] = #Practitioner
* type = #reference
* expression = "Practitioner.extension('https://fhir-cn.example/StructureDefinition/cn-multi-site').extension('organization').value.as(Reference)"
* target[0] = #Organization

Instance: cn-ownership
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-ownership, CNOwnership)
* description = "医院举办主体性质 / Who owns a hospital"
* code = #ownership
* base[0] = #Organization
* type = #token
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-ownership').value.as(code)"

Instance: cn-authority-level
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-authority-level, CNAuthorityLevel)
* description = "管理部门级别 / Level of an administration"
* code = #authority-level
* base[0] = #Organization
* type = #token
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-authority-level').value.as(code)"

Instance: cn-record-custodian
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-record-custodian, CNRecordCustodian)
* description = "病历保管机构 / Institution that keeps the records"
* code = #record-custodian
* base[0] = #Organization
* type = #reference
* expression = "Organization.extension('https://fhir-cn.example/StructureDefinition/cn-record-custodian').value.as(Reference)"
* target[0] = #Organization

// Care

Instance: cn-triage-level
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-triage-level, CNTriageLevel)
* description = "急诊预检分诊级别 / Level of triage"
* code = #triage-level
* base[0] = #Encounter
* type = #token
* expression = "Encounter.extension('https://fhir-cn.example/StructureDefinition/cn-triage-level').value.as(Coding)"

Instance: cn-clinical-pathway
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-clinical-pathway, CNClinicalPathway)
* description = "临床路径执行情况 / How far a stay followed a clinical pathway"
* code = #clinical-pathway
* base[0] = #Encounter
* type = #token
* expression = "Encounter.extension('https://fhir-cn.example/StructureDefinition/cn-clinical-pathway').value.as(code)"

Instance: cn-surgery-level
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-surgery-level, CNSurgeryLevel)
* description = "手术级别 / Level of an operation"
* code = #surgery-level
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-surgery-level').value.as(Coding)"

Instance: cn-surgery-timing
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-surgery-timing, CNSurgeryTiming)
* description = "手术时限类别 / How urgent an operation was"
* code = #surgery-timing
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-surgery-timing').value.as(code)"

Instance: cn-unplanned-return
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-unplanned-return, CNUnplannedReturn)
* description = "非计划再次手术 / Unplanned return to the theatre"
* code = #unplanned-return
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-unplanned-return').value.as(boolean)"

Instance: cn-incision-class
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-incision-class, CNIncisionClass)
* description = "手术切口类别 / Class of the incision"
* code = #incision-class
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-incision-class').value.as(code)"

Instance: cn-healing-grade
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-healing-grade, CNHealingGrade)
* description = "切口愈合等级 / How the incision healed"
* code = #healing-grade
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-healing-grade').value.as(Coding)"

Instance: cn-anaesthesia-method
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-anaesthesia-method, CNAnaesthesiaMethod)
* description = "麻醉方法 / Method of anaesthesia"
* code = #anaesthesia-method
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-anaesthesia-method').value.as(CodeableConcept)"

Instance: cn-asa-class
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-asa-class, CNAsaClass)
* description = "ASA 分级 / Physical status before anaesthesia"
* code = #asa-class
* base[0] = #Procedure
* type = #token
* expression = "Procedure.extension('https://fhir-cn.example/StructureDefinition/cn-asa-class').value.as(code)"

Instance: cn-positive-finding
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-positive-finding, CNPositiveFinding)
* description = "检查结果阳性 / The examination found something"
* code = #positive-finding
* base[0] = #DiagnosticReport
* type = #token
* expression = "DiagnosticReport.extension('https://fhir-cn.example/StructureDefinition/cn-positive-finding').value.as(boolean)"

Instance: cn-critical-value
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-critical-value, CNCriticalValue)
* description = "危急值 / A critical value was found"
* code = #critical-value
* base[0] = #DiagnosticReport
* base[1] = #Observation
* type = #token
* expression = "DiagnosticReport.extension('https://fhir-cn.example/StructureDefinition/cn-critical-value').extension('found').value.as(boolean) | Observation.extension('https://fhir-cn.example/StructureDefinition/cn-critical-value').extension('found').value.as(boolean)"

Instance: cn-nursing-grade
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-nursing-grade, CNNursingGrade)
* description = "护理等级 / Grade of nursing"
* code = #nursing-grade
* base[0] = #ServiceRequest
* base[1] = #CarePlan
* type = #token
* expression = "ServiceRequest.extension('https://fhir-cn.example/StructureDefinition/cn-nursing-grade').value.as(Coding) | CarePlan.extension('https://fhir-cn.example/StructureDefinition/cn-nursing-grade').value.as(Coding)"

Instance: cn-allergy-source
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-allergy-source, CNAllergySource)
* description = "过敏依据 / How an allergy is known"
* code = #allergy-source
* base[0] = #AllergyIntolerance
* type = #token
* expression = "AllergyIntolerance.extension('https://fhir-cn.example/StructureDefinition/cn-allergy-source').value.as(code)"

Instance: cn-vaccine-category
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-vaccine-category, CNVaccineCategory)
* description = "疫苗类别 / Within the national programme or beside it"
* code = #vaccine-category
* base[0] = #Immunization
* type = #token
* expression = "Immunization.extension('https://fhir-cn.example/StructureDefinition/cn-vaccine-category').value.as(code)"

Instance: cn-essential-drug
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-essential-drug, CNEssentialDrug)
* description = "国家基本药物 / Essential drug"
* code = #essential-drug
* base[0] = #Medication
* type = #token
* expression = "Medication.extension('https://fhir-cn.example/StructureDefinition/cn-essential-drug').value.as(boolean)"

Instance: cn-herbal-piece
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-herbal-piece, CNHerbalPiece)
* description = "中药饮片 / Prepared herb"
* code = #herbal-piece
* base[0] = #Medication
* type = #token
* expression = "Medication.extension('https://fhir-cn.example/StructureDefinition/cn-herbal-piece').value.as(boolean)"

Instance: cn-skin-test
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-skin-test, CNSkinTest)
* description = "皮试结果 / Result of the skin test"
* code = #skin-test
* base[0] = #MedicationRequest
* type = #token
* expression = "MedicationRequest.extension('https://fhir-cn.example/StructureDefinition/cn-skin-test').value.as(code)"

Instance: cn-audit-pharmacist
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-audit-pharmacist, CNAuditPharmacist)
* description = "审方药师 / Pharmacist who checked the prescription"
* code = #audit-pharmacist
* base[0] = #MedicationRequest
* type = #reference
* expression = "MedicationRequest.extension('https://fhir-cn.example/StructureDefinition/cn-audit-pharmacist').value.as(Reference)"
* target[0] = #Practitioner
* target[1] = #PractitionerRole

Instance: cn-signature-state
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-signature-state, CNSignatureState)
* description = "电子签名状态 / State of the electronic signature"
* code = #signature-state
* base[0] = #DocumentReference
* type = #token
* expression = "DocumentReference.extension('https://fhir-cn.example/StructureDefinition/cn-signature-state').value.as(code)"

Instance: cn-substitute-signing
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-substitute-signing, CNSubstituteSigning)
* description = "代签原因 / Why somebody else signed"
* code = #substitute-signing
* base[0] = #Composition
* type = #token
* expression = "Composition.extension('https://fhir-cn.example/StructureDefinition/cn-substitute-signing').value.as(code)"

// Insurance, research, audits

Instance: cn-civil-servant
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-civil-servant, CNCivilServant)
* description = "公务员补助标志 / Supplement of civil servants"
* code = #civil-servant
* base[0] = #Coverage
* type = #token
* expression = "Coverage.extension('https://fhir-cn.example/StructureDefinition/cn-civil-servant').value.as(boolean)"

Instance: cn-disease-no
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-disease-no, CNDiseaseNo)
* description = "病种编码 / Disease that the insurance settles by"
* code = #disease-no
* base[0] = #Claim
* base[1] = #ExplanationOfBenefit
* type = #token
* expression = "Claim.extension('https://fhir-cn.example/StructureDefinition/cn-disease-no').value.as(Coding) | ExplanationOfBenefit.extension('https://fhir-cn.example/StructureDefinition/cn-disease-no').value.as(Coding)"

Instance: cn-data-form
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-data-form, CNDataForm)
* description = "数据形态 / Form of the data of a study"
* code = #data-form
* base[0] = #ResearchStudy
* type = #token
* expression = "ResearchStudy.extension('https://fhir-cn.example/StructureDefinition/cn-data-form').value.as(code)"

Instance: cn-foreign-party
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-foreign-party, CNForeignParty)
* description = "有外方参与 / A foreign party takes part"
* code = #foreign-party
* base[0] = #ResearchStudy
* type = #token
* expression = "ResearchStudy.extension('https://fhir-cn.example/StructureDefinition/cn-foreign-party').value.as(boolean)"

Instance: cn-recipient
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-recipient, CNRecipient)
* description = "研究数据接收方 / Who receives data of a study"
* code = #recipient
* base[0] = #ResearchStudy
* type = #reference
* expression = "ResearchStudy.extension('https://fhir-cn.example/StructureDefinition/cn-recipient').value.as(Reference)"
* target[0] = #Organization

Instance: cn-grade
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-grade, CNGrade)
* description = "评分等级 / Grade of an audit"
* code = #grade
* base[0] = #MeasureReport
* type = #token
* expression = "MeasureReport.extension('https://fhir-cn.example/StructureDefinition/cn-grade').value.as(code)"

Instance: cn-audited-source
InstanceOf: SearchParameter
Usage: #definition
* insert OwnParameter(cn-audited-source, CNAuditedSource)
* description = "被审计的数据来源 / Source that was audited"
* code = #audited-source
* base[0] = #MeasureReport
* type = #token
* expression = "MeasureReport.extension('https://fhir-cn.example/StructureDefinition/cn-audited-source').value.as(code)"
