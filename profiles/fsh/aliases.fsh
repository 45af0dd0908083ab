Alias: $base = https://fhir-cn.example
Alias: $loinc = http://loinc.org
Alias: $act = http://terminology.hl7.org/CodeSystem/v3-ActCode
Alias: $null = http://terminology.hl7.org/CodeSystem/v3-NullFlavor
Alias: $scope = http://terminology.hl7.org/CodeSystem/consentscope
Alias: $observation-category = http://terminology.hl7.org/CodeSystem/observation-category
Alias: $v2-0074 = http://terminology.hl7.org/CodeSystem/v2-0074
Alias: $condition-category = http://terminology.hl7.org/CodeSystem/condition-category
Alias: $gender-gb = urn:oid:2.16.156.10011.2.3.3.4
Alias: $ethnicity = urn:oid:2.16.156.10011.2.3.3.3
Alias: $marital = urn:oid:2.16.156.10011.2.3.3.5
Alias: $family = urn:oid:2.16.156.10011.2.3.3.8
Alias: $documents = urn:oid:2.16.156.10011.2.4
Alias: $discharge-way = urn:oid:2.16.156.10011.2.3.1.265
Alias: $admission-route = urn:oid:2.16.156.10011.2.3.1.270
Alias: $payment-method = urn:oid:2.16.156.10011.2.3.1.269
Alias: $admission-condition = urn:oid:2.16.156.10011.2.3.1.253
Alias: $insutype = https://fhir-cn.example/CodeSystem/nhsa-insutype
Alias: $insurance-type = https://fhir-cn.example/CodeSystem/cn-insurance-type
Alias: $settlement = https://fhir-cn.example/CodeSystem/nhsa-settlement-total
Alias: $fee-category = https://fhir-cn.example/CodeSystem/nhsa-fee-category
Alias: $claim-type = https://fhir-cn.example/CodeSystem/cn-claim-type
Alias: $prescription-category = https://fhir-cn.example/CodeSystem/cn-prescription-category
Alias: $cn-condition-category = https://fhir-cn.example/CodeSystem/cn-condition-category

// Every identifier says who assigned it: a value without a system cannot be found again.
RuleSet: WholeIdentifiers
* identifier.system 1..1
* identifier.value 1..1

RuleSet: IdentifiersBySystem
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open

RuleSet: CodingsBySystem(path)
* {path}.coding ^slicing.discriminator.type = #value
* {path}.coding ^slicing.discriminator.path = "system"
* {path}.coding ^slicing.rules = #open

RuleSet: CompleteTable
* ^experimental = false
* ^caseSensitive = true
* ^content = #complete

RuleSet: Fragment
* ^experimental = false
* ^caseSensitive = true
* ^content = #fragment
Alias: $role = https://fhir-cn.example/CodeSystem/cn-role
Alias: $v2-0203 = http://terminology.hl7.org/CodeSystem/v2-0203
Alias: $participation = http://terminology.hl7.org/CodeSystem/v3-ParticipationType
Alias: $surgery-level = urn:oid:2.16.156.10011.2.3.1.258
Alias: $healing-grade = urn:oid:2.16.156.10011.2.3.1.257
Alias: $nursing-grade = urn:oid:2.16.156.10011.2.3.1.259
Alias: $service-category = https://fhir-cn.example/CodeSystem/cn-service-category
Alias: $procedure-role = https://fhir-cn.example/CodeSystem/cn-procedure-role
Alias: $section = https://fhir-cn.example/CodeSystem/cn-section
Alias: $document-class = https://fhir-cn.example/CodeSystem/cn-document-class
Alias: $dicom = http://dicom.nema.org/resources/ontology/DCM
Alias: $vital = https://fhir-cn.example/CodeSystem/cn-vital-sign
Alias: $consent-model = https://fhir-cn.example/CodeSystem/cn-consent-model
Alias: $reason = http://terminology.hl7.org/CodeSystem/v3-ActReason

// One category decides which profile a resource follows; others may stand beside it.
RuleSet: CategoryByPattern
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open

RuleSet: SectionsByCode
* section 1..*
* section ^slicing.discriminator.type = #pattern
* section ^slicing.discriminator.path = "code"
* section ^slicing.rules = #open

RuleSet: SectionCode(slice, code)
* section[{slice}].code = {code}

RuleSet: CompleteValueSet
* ^experimental = false
