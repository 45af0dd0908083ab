Profile: CNDocument
Parent: DocumentReference
Id: cn-document
Title: "Document as it was sent or signed"
Description: "A file of a patient's record: CDA, PDF, scan. What it says may stand beside it as a Composition."
* extension contains CNTemplateId named templateId 0..1 and CNSignatureState named signatureState 0..1
* insert WholeIdentifiers
* type 1..1
* type from CNDocumentTypeVS (required)
* insert CodingsBySystem(type)
* type.coding contains cnDoc 1..1 and loinc 0..1
* type.coding[cnDoc].system = "urn:oid:2.16.156.10011.2.4"
* type.coding[cnDoc].code 1..1
* type.coding[loinc].system = "http://loinc.org"
* type.coding[loinc].code 1..1
* category from CNDocumentClassVS (extensible)
* subject 1..1
* subject only Reference(Patient)
* date 1..1
* author 1..*
* custodian 1..1
* content.attachment.contentType 1..1
* content.format from CNDocumentFormatVS (required)
* obeys cn-doc-1 and cn-doc-2 and cn-doc-3

Invariant: cn-doc-1
Description: "The content is there, and its hash and size with it"
Severity: #error
Expression: "content.attachment.all((url.exists() or data.exists()) and hash.exists() and size.exists())"

Invariant: cn-doc-2
Description: "A consent or notice that was signed names the Consent that it made"
Severity: #error
Expression: "type.coding.where(system = 'urn:oid:2.16.156.10011.2.4' and (code = 'C0026' or code = 'C0027' or code = 'C0028' or code = 'C0029' or code = 'C0031')).exists() implies context.related.exists()"

Invariant: cn-doc-3
Description: "The visit is known"
Severity: #warning
Expression: "context.encounter.exists()"

Extension: CNSignatureState
Id: cn-signature-state
Description: "Whether the file is signed electronically, and whether the signature held when it came"
Context: DocumentReference
* value[x] only code
* value[x] 1..1
* valueCode from CNSignatureStateVS (required)

Profile: CNBinary
Parent: Binary
Id: cn-binary
Title: "Bytes of a document (PDF, scan)"
Description: "A file. What it belongs to decides who may read it, so that is mandatory."
* contentType from CNBinaryTypeVS (required)
* securityContext 1..1
* data 1..1

CodeSystem: CNSignatureStateCS
Id: cn-signature-state
Title: "电子签名状态"
Description: "States of an electronic signature"
* insert CompleteTable
* #unsigned "未签名"
* #signed "已签名，未验证"
* #verified "已验证"
* #invalid "验证失败"

ValueSet: CNSignatureStateVS
Id: cn-signature-state
Title: "电子签名状态"
Description: "States of an electronic signature"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-signature-state

CodeSystem: CNDocumentFormatCS
Id: cn-document-format
Title: "文档格式"
Description: "Formats of documents"
* insert CompleteTable
* #cda "WS/T 500 CDA"
* #pdf "PDF"
* #fhir-document "FHIR 文档"
* #text "纯文本"
* #image "扫描图像"

ValueSet: CNDocumentFormatVS
Id: cn-document-format
Title: "文档格式"
Description: "Formats of documents"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-document-format

CodeSystem: CNDocumentClassCS
Id: cn-document-class
Title: "文档大类"
Description: "Classes of documents"
* insert CompleteTable
* #EMR "电子病历"
* #EHR "健康档案"
* #PHR "个人健康记录"
* #insurance "医保单据"

ValueSet: CNDocumentClassVS
Id: cn-document-class
Title: "文档大类"
Description: "Classes of documents"
* insert CompleteValueSet
* include codes from system $document-class

ValueSet: CNBinaryTypeVS
Id: cn-binary-type
Title: "文件类型"
Description: "Kinds of file that a record may hold"
* insert CompleteValueSet
* urn:ietf:bcp:13#application/pdf
* urn:ietf:bcp:13#application/ofd
* urn:ietf:bcp:13#application/xml
* urn:ietf:bcp:13#text/xml
* urn:ietf:bcp:13#text/plain
* urn:ietf:bcp:13#image/jpeg
* urn:ietf:bcp:13#image/png
* urn:ietf:bcp:13#image/gif
* urn:ietf:bcp:13#image/tiff
* urn:ietf:bcp:13#application/dicom
