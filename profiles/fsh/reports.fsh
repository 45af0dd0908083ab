Profile: CNDiagnosticReportImaging
Parent: DiagnosticReport
Id: cn-diagnosticreport-imaging
Title: "Imaging report (影像检查报告)"
Description: "Report of an X-ray, CT, MRI, ultrasound or nuclear examination; the images stand in an ImagingStudy, or the report is words alone."
* insert ClinicalReport(imaging, RAD)
* obeys cn-img-1

Profile: CNDiagnosticReportPathology
Parent: DiagnosticReport
Id: cn-diagnosticreport-pathology
Title: "Pathology report (病理报告)"
Description: "What was seen in tissue or cells. WS/T 500 has no document of its own for it: it is an examination report C0006 of this category."
* insert ClinicalReport(pathology, PAT)
* specimen 1..*
* obeys cn-path-1

Profile: CNDiagnosticReportOther
Parent: DiagnosticReport
Id: cn-diagnosticreport-other
Title: "Other examination report (其他检查报告)"
Description: "Electrocardiogram, endoscopy, lung function and other auxiliary examinations (C0006)."
* insert ClinicalReport(other, OTH)

RuleSet: ClinicalReport(slice, code)
* extension contains
    CNMutualRecognition named mutualRecognition 0..1 and
    CNPositiveFinding named positive 0..1 and
    CNCriticalValue named criticalValue 0..1
* identifier 1..*
* insert WholeIdentifiers
* insert CategoryByPattern
* category contains {slice} 1..1
* category[{slice}] = $v2-0074#{code}
* subject 1..1
* subject only Reference(Patient)
* obeys cn-rpt-4 and cn-rpt-5 and cn-rpt-6 and cn-rpt-7

Invariant: cn-rpt-4
Description: "A final report has a conclusion or a document"
Severity: #error
Expression: "(status = 'final' or status = 'amended' or status = 'corrected') implies (conclusion.exists() or conclusionCode.exists() or presentedForm.exists())"

Invariant: cn-rpt-5
Description: "The examination has a code or a text"
Severity: #error
Expression: "code.coding.where(code.exists()).exists() or code.text.exists()"

Invariant: cn-rpt-6
Description: "The time of the examination or the report is known"
Severity: #warning
Expression: "effective.exists() or issued.exists()"

Invariant: cn-rpt-7
Description: "Who reported and who checked the report (审核) is known"
Severity: #warning
Expression: "performer.exists() and resultsInterpreter.exists()"

Invariant: cn-img-1
Description: "The images can be found, or the report stands as a document"
Severity: #warning
Expression: "imagingStudy.exists() or media.exists() or presentedForm.exists()"

Invariant: cn-path-1
Description: "The diagnosis of pathology is coded"
Severity: #warning
Expression: "conclusionCode.exists()"

Extension: CNPositiveFinding
Id: cn-positive-finding
Description: "The examination found something (阳性)"
Context: DiagnosticReport
* value[x] only boolean
* value[x] 1..1

Extension: CNCriticalValue
Id: cn-critical-value
Description: "A critical value was found, and when it was told to the ward (危急值)"
Context: DiagnosticReport, Observation
* extension contains found 1..1 and told 0..1
* extension[found].value[x] only boolean
* extension[found].value[x] 1..1
* extension[told].value[x] only dateTime
* extension[told].value[x] 1..1

Profile: CNImagingStudyMinimal
Parent: ImagingStudy
Id: cn-imagingstudy-minimal
Title: "Imaging study, as far as the source knows"
Description: "Images of one examination by their DICOM numbers. The medical insurance has none."
* extension contains CNMutualRecognition named mutualRecognition 0..1 and CNFilmCount named filmCount 0..1
* identifier 1..*
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains uid 0..1
* identifier[uid].system = "urn:dicom:uid"
* identifier[uid] obeys cn-img-2
* subject only Reference(Patient)
* modality from CNModalityVS (extensible)
* series.modality from CNModalityVS (extensible)
* obeys cn-img-3 and cn-img-4

Profile: CNImagingStudy
Parent: CNImagingStudyMinimal
Id: cn-imagingstudy
Title: "Imaging study"
Description: "Images of one examination by their DICOM numbers. The medical insurance has none."
* identifier[uid] 1..1
* started 1..1

Invariant: cn-img-2
Description: "A DICOM UID is an OID of 64 characters at most"
Severity: #error
Expression: "value.matches('^urn:oid:[0-2]([.](0|[1-9][0-9]*))+$') and value.matches('^urn:oid:[0-9.]{1,64}$')"

Invariant: cn-img-3
Description: "The time of the examination is known"
Severity: #warning
Expression: "started.exists()"

Invariant: cn-img-4
Description: "The kind of examination is known"
Severity: #error
Expression: "modality.exists() or series.exists()"

ValueSet: CNModalityVS
Id: cn-modality
Title: "影像设备类型"
Description: "Kinds of imaging equipment (DICOM CID 29)"
* insert CompleteValueSet
* $dicom#CR
* $dicom#CT
* $dicom#DX
* $dicom#ECG
* $dicom#ES
* $dicom#IVUS
* $dicom#MG
* $dicom#MR
* $dicom#NM
* $dicom#OCT
* $dicom#OP
* $dicom#PT
* $dicom#PX
* $dicom#RF
* $dicom#RG
* $dicom#SM
* $dicom#US
* $dicom#XA

Extension: CNFilmCount
Id: cn-film-count
Description: "How many films were printed (胶片数)"
Context: ImagingStudy
* value[x] only positiveInt
* value[x] 1..1

Profile: CNSpecimen
Parent: Specimen
Id: cn-specimen
Title: "Specimen (标本)"
Description: "What was taken from a patient for a laboratory or pathology."
* identifier 1..*
* insert WholeIdentifiers
* type 1..1
* subject 1..1
* subject only Reference(Patient)
* obeys cn-spc-2 and cn-spc-3

Invariant: cn-spc-2
Description: "The time of taking is known"
Severity: #warning
Expression: "collection.collected.exists()"

Invariant: cn-spc-3
Description: "The kind of specimen has a code or a text"
Severity: #error
Expression: "type.coding.where(code.exists()).exists() or type.text.exists()"
