Profile: CNMeasure
Parent: Measure
Id: cn-measure
Title: "Measure of a quality or privacy audit"
Description: "What share of records is complete, conforming, consistent, integrated, timely, accurate, or was used lawfully."
* url 1..1
* version 1..1
* title 1..1
* topic 1..*
* topic from CNQualityDimensionVS (required)
* scoring 1..1
* scoring from CNMeasureScoringVS (required)
* improvementNotation 1..1
* relatedArtifact.extension contains CNMeasureWeight named weight 0..1
* obeys cn-mea-1 and cn-mea-2

Invariant: cn-mea-1
Description: "A proportion has a numerator and a denominator"
Severity: #error
Expression: "scoring.coding.where(code = 'proportion').exists() implies (group.exists() and group.all(population.code.coding.where(code = 'numerator').exists() and population.code.coding.where(code = 'denominator').exists()))"

Invariant: cn-mea-2
Description: "A composite measure names its parts, each with its weight"
Severity: #error
Expression: "scoring.coding.where(code = 'composite').exists() implies (relatedArtifact.where(type = 'composed-of').exists() and relatedArtifact.where(type = 'composed-of').all(extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-measure-weight').exists()))"

Extension: CNMeasureWeight
Id: cn-measure-weight
Description: "Weight of a part of a composite measure, 0 to 1"
Context: Measure.relatedArtifact
* value[x] only decimal
* value[x] 1..1
* value[x] obeys cn-wgt-1

Invariant: cn-wgt-1
Description: "A weight lies between 0 and 1"
Severity: #error
Expression: "$this >= 0 and $this <= 1"

Profile: CNMeasureReport
Parent: MeasureReport
Id: cn-measurereport
Title: "Result of an audit"
Description: "The score of one hospital, by source, in one period."
* extension contains CNAuditedSource named source 0..1 and CNGrade named grade 0..1
* type = #summary
* date 1..1
* reporter 1..1
* reporter only Reference(Organization)
* group 1..*
* obeys cn-mrp-1 and cn-mrp-2

Invariant: cn-mrp-1
Description: "No numerator is greater than its denominator"
Severity: #error
Expression: "group.all(population.where(code.coding.where(code = 'numerator').exists()).count.empty() or population.where(code.coding.where(code = 'denominator').exists()).count.empty() or population.where(code.coding.where(code = 'numerator').exists()).count <= population.where(code.coding.where(code = 'denominator').exists()).count)"

Invariant: cn-mrp-2
Description: "A complete report has a score"
Severity: #warning
Expression: "status = 'complete' implies group.all(measureScore.exists())"

Extension: CNAuditedSource
Id: cn-audited-source
Description: "The source of the records that were measured"
Context: MeasureReport
* value[x] only code
* value[x] 1..1
* valueCode from CNAuditedSourceVS (required)

Extension: CNGrade
Id: cn-grade
Description: "Grade of the score: A from 95, B from 85, C from 70, D below"
Context: MeasureReport
* value[x] only code
* value[x] 1..1
* valueCode from CNGradeVS (required)

Profile: CNCohort
Parent: Group
Id: cn-cohort
Title: "Cohort of a study or an export"
Description: "The persons whom a study or an export is about. Who is in it is no consent."
* extension contains CNCohortCriteria named criteria 0..1
* insert WholeIdentifiers
* type = #person
* name 1..1
* managingEntity 1..1
* member.entity only Reference(Patient)
* obeys cn-grp-1

Invariant: cn-grp-1
Description: "The number of persons is that of the members, where both are said"
Severity: #error
Expression: "quantity.exists() and member.exists() implies quantity = member.where(inactive.empty() or inactive = false).count()"

Extension: CNCohortCriteria
Id: cn-cohort-criteria
Description: "Rules by which the persons were chosen"
Context: Group
* value[x] only canonical
* value[x] 1..1

Profile: CNLibrary
Parent: Library
Id: cn-library
Title: "Rules of measures, of cohorts and of de-identification"
Description: "A text of rules under a version, so that each result can say by which rules it came about."
* url 1..1
* version 1..1
* title 1..1
* type = http://terminology.hl7.org/CodeSystem/library-type#logic-library
* content 1..*
* content.contentType 1..1
* obeys cn-lib-1

Invariant: cn-lib-1
Description: "The rules are there, or where they can be fetched"
Severity: #error
Expression: "content.all(data.exists() or url.exists())"

CodeSystem: CNQualityDimensionCS
Id: cn-quality-dimension
Title: "质量与隐私审计维度"
Description: "Dimensions of the audits"
* insert CompleteTable
* #completeness "完整性"
* #conformity "规范性"
* #consistency "一致性"
* #integration "整合性"
* #timeliness "及时性"
* #accuracy "准确性"
* #privacy "隐私"

ValueSet: CNQualityDimensionVS
Id: cn-quality-dimension
Title: "质量与隐私审计维度"
Description: "Dimensions of the audits"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-quality-dimension

ValueSet: CNMeasureScoringVS
Id: cn-measure-scoring
Title: "计分方式"
Description: "How a measure is scored"
* insert CompleteValueSet
* http://terminology.hl7.org/CodeSystem/measure-scoring#proportion
* http://terminology.hl7.org/CodeSystem/measure-scoring#continuous-variable
* https://fhir-cn.example/CodeSystem/cn-measure-scoring#composite

CodeSystem: CNMeasureScoringCS
Id: cn-measure-scoring
Title: "R4 没有的计分方式"
Description: "Ways of scoring that R4 lacks"
* insert CompleteTable
* #composite "加权合成"

CodeSystem: CNAuditedSourceCS
Id: cn-audited-source
Title: "数据来源"
Description: "Kinds of source"
* insert CompleteTable
* #hospital "医院"
* #miis "医疗保障信息系统"
* #rhip "区域卫生信息平台"

ValueSet: CNAuditedSourceVS
Id: cn-audited-source
Title: "数据来源"
Description: "Kinds of source"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-audited-source

CodeSystem: CNGradeCS
Id: cn-grade
Title: "等级"
Description: "Grades of a score"
* insert CompleteTable
* #A "优（95 分及以上）"
* #B "良（85 至 95 分）"
* #C "合格（70 至 85 分）"
* #D "不合格（70 分以下）"

ValueSet: CNGradeVS
Id: cn-grade
Title: "等级"
Description: "Grades of a score"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-grade
