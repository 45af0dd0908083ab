Profile: CNPatientMinimal
Parent: Patient
Id: cn-patient-minimal
Title: "Patient in China, as far as the source knows"
Description: "A person as a hospital, the medical insurance or a regional platform knows him. Names and birth dates may come later than the first number."
* extension contains
    CNEthnicity named ethnicity 0..1 and
    CNGenderGB named genderGb 0..1 and
    CNNativePlace named nativePlace 0..1 and
    CNHouseholdRegister named householdRegister 0..1 and
    CNOccupation named occupation 0..1 and
    CNEducation named education 0..1 and
    CNEmploymentStatus named employmentStatus 0..1 and
    http://hl7.org/fhir/StructureDefinition/patient-nationality named nationality 0..*
* identifier 1..*
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains idCard 0..1 and ehrNo 0..1 and healthCard 0..* and psnNo 0..* and ssc 0..1 and passport 0..* and permit 0..*
* identifier[idCard].system = "urn:oid:2.16.156.10011.1.3"
* identifier[idCard] obeys cn-id-1
* identifier[ehrNo].system = "urn:oid:2.16.156.10011.1.2"
* identifier[healthCard].system = "urn:oid:2.16.156.10011.1.19"
* identifier[psnNo].system = "https://fhir-cn.example/sid/nhsa/psn-no"
* identifier[ssc].system = "https://fhir-cn.example/sid/ssc-no"
* identifier[passport].system = "https://fhir-cn.example/sid/passport"
* identifier[permit].system = "https://fhir-cn.example/sid/hkmt-permit"
* address.extension contains CNAddressKind named kind 0..1
* maritalStatus from CNMaritalStatusVS (extensible)
* contact.relationship from CNFamilyRelationVS (extensible)
* obeys cn-pat-1 and cn-pat-5 and cn-pat-6 and cn-pat-7

Profile: CNPatient
Parent: CNPatientMinimal
Id: cn-patient
Title: "Patient in China"
Description: "A person of whom the source knows name, sex and birth date, or says why one of them is not there (data-absent-reason)."
* name 1..*
* gender 1..1
* birthDate 1..1

Invariant: cn-id-1
Description: "A resident identity number has 17 digits and a check digit or X"
Severity: #error
Expression: "value.matches('^[1-9][0-9]{16}[0-9X]$')"

Invariant: cn-pat-1
Description: "A resident identity number has 17 digits and a check digit or X (for readers that know no slices)"
Severity: #error
Expression: "identifier.where(system = 'urn:oid:2.16.156.10011.1.3').all(value.matches('^[1-9][0-9]{16}[0-9X]$'))"

Invariant: cn-pat-5
Description: "The name is known, or it is said why not"
Severity: #warning
Expression: "name.where(text.exists() or family.exists() or extension.where(url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason').exists()).exists()"

Invariant: cn-pat-6
Description: "The gender is known"
Severity: #warning
Expression: "gender.exists()"

Invariant: cn-pat-7
Description: "The birth date is known"
Severity: #warning
Expression: "birthDate.exists()"

Extension: CNEthnicity
Id: cn-ethnicity
Description: "Ethnic group, GB 3304"
Context: Patient
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNEthnicityVS (required)

Extension: CNGenderGB
Id: cn-gender-gb
Description: "Sex as coded by GB/T 2261.1, beside the FHIR gender"
Context: Patient
* value[x] only Coding
* value[x] 1..1
* valueCoding from CNGenderGBVS (required)

Extension: CNNativePlace
Id: cn-native-place
Description: "Native place (籍贯)"
Context: Patient
* value[x] only string
* value[x] 1..1

Extension: CNHouseholdRegister
Id: cn-household-register
Description: "Kind of household registration (户籍)"
Context: Patient
* value[x] only CodeableConcept
* value[x] 1..1
* valueCodeableConcept from CNHouseholdKindVS (preferred)

Extension: CNOccupation
Id: cn-occupation
Description: "Occupation, GB/T 6565 or the table of the home page"
Context: Patient
* value[x] only CodeableConcept
* value[x] 1..1

Extension: CNEducation
Id: cn-education
Description: "Education, GB/T 4658"
Context: Patient
* value[x] only CodeableConcept
* value[x] 1..1

Extension: CNEmploymentStatus
Id: cn-employment-status
Description: "Employment status, GB/T 2261.4"
Context: Patient
* value[x] only CodeableConcept
* value[x] 1..1

Extension: CNAddressKind
Id: cn-address-kind
Description: "What an address is to the person"
Context: Address
* value[x] only code
* value[x] 1..1
* valueCode from CNAddressKindVS (required)
