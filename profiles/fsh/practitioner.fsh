Profile: CNPractitioner
Parent: Practitioner
Id: cn-practitioner
Title: "Practitioner in China"
Description: "A doctor, nurse or technician by the number that a hospital or the medical insurance gave him."
* extension contains CNProfessionalTitle named title 0..1 and CNMultiSite named multiSite 0..*
* identifier 1..*
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains idCard 0..1 and nhsaDoctor 0..1 and licence 0..1
* identifier[idCard].system = "urn:oid:2.16.156.10011.1.3"
* identifier[idCard] obeys cn-id-1
* identifier[nhsaDoctor].system = "https://fhir-cn.example/sid/nhsa/practitioner"
* identifier[licence].system = "https://fhir-cn.example/sid/doctor-licence"
* obeys cn-pat-1 and cn-pra-1

Invariant: cn-pra-1
Description: "The name is known"
Severity: #warning
Expression: "name.where(text.exists() or family.exists()).exists()"

Extension: CNProfessionalTitle
Id: cn-professional-title
Description: "Professional title (职称)"
Context: Practitioner
* value[x] only CodeableConcept
* value[x] 1..1

Extension: CNMultiSite
Id: cn-multi-site
Description: "Another institution where the doctor is registered to practise (多点执业), and for how long"
Context: Practitioner
* extension contains organization 1..1 and period 0..1
* extension[organization].value[x] only Reference(Organization)
* extension[organization].value[x] 1..1
* extension[period].value[x] only Period
* extension[period].value[x] 1..1
