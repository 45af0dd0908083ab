Profile: CNObservationLabMinimal
Parent: Observation
Id: cn-observation-lab-minimal
Title: "Laboratory result in China, as far as the source knows"
Description: "One result of a laboratory report, with the hospital's own code and, where mapped, LOINC."
* extension contains CNLabMethod named method 0..1 and CNMutualRecognition named mutualRecognition 0..1
* insert WholeIdentifiers
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains laboratory 1..1
* category[laboratory] = $observation-category#laboratory
* insert CodingsBySystem(code)
* code.coding contains loinc 0..1
* code.coding[loinc].system = "http://loinc.org"
* code.coding[loinc].code 1..1
* subject 1..1
* obeys cn-obs-1 and cn-obs-2 and cn-obs-3 and cn-obs-4 and cn-obs-5 and cn-obs-6

Profile: CNObservationLab
Parent: CNObservationLabMinimal
Id: cn-observation-lab
Title: "Laboratory result in China"
Description: "A result of which the source knows when the specimen was taken or the result made, and who made it."
* effective[x] 1..1
* performer 1..*

Invariant: cn-obs-1
Description: "There is a value, a reason for its absence, components or members"
Severity: #error
Expression: "value.exists() or dataAbsentReason.exists() or component.exists() or hasMember.exists() or status = 'cancelled' or status = 'registered' or status = 'entered-in-error'"

Invariant: cn-obs-2
Description: "The result has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Invariant: cn-obs-3
Description: "A quantity has a unit"
Severity: #warning
Expression: "value.ofType(Quantity).all(unit.exists() or code.exists())"

Invariant: cn-obs-4
Description: "The unit is mapped to UCUM"
Severity: #warning
Expression: "value.ofType(Quantity).where(unit.exists()).all(system = 'http://unitsofmeasure.org' and code.exists())"

Invariant: cn-obs-5
Description: "The time of the specimen or the result is known"
Severity: #warning
Expression: "effective.exists() or issued.exists()"

Invariant: cn-obs-6
Description: "The laboratory or the technician is known"
Severity: #warning
Expression: "performer.exists()"

Profile: CNDiagnosticReportLabMinimal
Parent: DiagnosticReport
Id: cn-diagnosticreport-lab-minimal
Title: "Laboratory report in China, as far as the source knows"
Description: "A laboratory report by its number within the hospital."
* extension contains CNMutualRecognition named mutualRecognition 0..1
* identifier 1..*
* insert WholeIdentifiers
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains lab 1..1
* category[lab] = $v2-0074#LAB
* subject 1..1
* obeys cn-rpt-1 and cn-rpt-2

Profile: CNDiagnosticReportLab
Parent: CNDiagnosticReportLabMinimal
Id: cn-diagnosticreport-lab
Title: "Laboratory report in China"
Description: "A laboratory report of which the source knows both times, who made it, and the results when it is final."
* effective[x] 1..1
* issued 1..1
* performer 1..*
* obeys cn-rpt-8

Invariant: cn-rpt-1
Description: "A final report has results, a conclusion or a document"
Severity: #warning
Expression: "(status = 'final' or status = 'amended' or status = 'corrected') implies (result.exists() or presentedForm.exists() or conclusion.exists())"

Invariant: cn-rpt-8
Description: "A final report has results, a conclusion or a document"
Severity: #error
Expression: "(status = 'final' or status = 'amended' or status = 'corrected') implies (result.exists() or presentedForm.exists() or conclusion.exists())"

Invariant: cn-rpt-2
Description: "The time of the specimen or the report is known"
Severity: #warning
Expression: "effective.exists() or issued.exists()"

Extension: CNLabMethod
Id: cn-lab-method
Description: "Laboratory method as the source names it"
Context: Observation
* value[x] only string
* value[x] 1..1

Extension: CNMutualRecognition
Id: cn-mutual-recognition
Description: "Other hospitals accept this result (检查检验结果互认)"
Context: Observation, DiagnosticReport, ImagingStudy
* value[x] only boolean
* value[x] 1..1
