Profile: CNRelatedPerson
Parent: RelatedPerson
Id: cn-relatedperson
Title: "Relative or guardian"
Description: "A relative, contact or guardian of a patient."
* extension contains CNGuardianship named guardianship 0..1
* insert WholeIdentifiers
* insert IdentifiersBySystem
* identifier contains idCard 0..1
* identifier[idCard].system = "urn:oid:2.16.156.10011.1.3"
* identifier[idCard] obeys cn-id-1
* relationship from CNFamilyRelationVS (extensible)
* obeys cn-rel-1 and cn-rel-2

Invariant: cn-rel-1
Description: "A guardian can be told apart or reached: a number or a telephone"
Severity: #error
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-guardianship').exists() implies (identifier.exists() or telecom.exists())"

Invariant: cn-rel-2
Description: "Name and relationship are known"
Severity: #warning
Expression: "name.where(text.exists() or family.exists()).exists() and relationship.exists()"

Extension: CNGuardianship
Id: cn-guardianship
Description: "The person is the patient's guardian (监护): since when, on what ground"
Context: RelatedPerson
* extension contains period 0..1 and basis 1..1
* extension[period].value[x] only Period
* extension[period].value[x] 1..1
* extension[basis].value[x] only code
* extension[basis].value[x] 1..1
* extension[basis].valueCode from CNGuardianshipBasisVS (required)

Profile: CNPractitionerRole
Parent: PractitionerRole
Id: cn-practitionerrole
Title: "Position of a health worker"
Description: "What a doctor, nurse or technician does in which hospital and department."
* insert WholeIdentifiers
* practitioner 1..1
* practitioner only Reference(Practitioner)
* organization 1..1
* code 1..*
* code from CNRoleVS (extensible)

Profile: CNOrganizationAuthority
Parent: Organization
Id: cn-organization-authority
Title: "Health or insurance administration"
Description: "The office that runs a regional platform (HA), the medical insurance (MIA), or supervises hospitals."
* extension contains CNAuthorityLevel named level 1..1 and CNAdminDivision named adminDivision 0..1
* identifier 1..*
* insert WholeIdentifiers
* name 1..1
* type 1..*
* type from CNAuthorityTypeVS (required)
* obeys cn-auth-1

Invariant: cn-auth-1
Description: "An administration below the national one says of which area it is"
Severity: #warning
Expression: "extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-authority-level' and value = 'national').exists() or extension.where(url = 'https://fhir-cn.example/StructureDefinition/cn-admin-division').exists()"

Extension: CNAuthorityLevel
Id: cn-authority-level
Description: "Administrative level of an administration"
Context: Organization
* value[x] only code
* value[x] 1..1
* valueCode from CNAuthorityLevelVS (required)

Profile: CNDepartment
Parent: Organization
Id: cn-department
Title: "Department of a hospital (科室)"
Description: "A clinical, technical or administrative department; it belongs to a hospital or to another department."
* insert WholeIdentifiers
* type 1..*
* type from CNDepartmentTypeVS (extensible)
* name 1..1
* partOf 1..1
* partOf only Reference(Organization)

Profile: CNLocation
Parent: Location
Id: cn-location
Title: "Ward, room, bed, operating theatre"
Description: "A place of a hospital where care is given."
* insert WholeIdentifiers
* name 1..1
* physicalType 1..1
* physicalType from CNLocationTypeVS (required)
* managingOrganization 1..1
* obeys cn-loc-1

Invariant: cn-loc-1
Description: "A bed stands in a room or a ward"
Severity: #error
Expression: "physicalType.coding.where(code = 'bd').exists() implies partOf.exists()"

Profile: CNCareTeam
Parent: CareTeam
Id: cn-careteam
Title: "Team that treats a patient"
Description: "Attending, chief and resident doctors and nurses of a stay, or the family doctor's team (家庭医生团队)."
* insert WholeIdentifiers
* status 1..1
* subject 1..1
* subject only Reference(Patient)
* participant 1..*
* participant.role from CNRoleVS (extensible)
* participant.member 1..1
* obeys cn-ctm-1

Invariant: cn-ctm-1
Description: "An active team names the hospital that answers for it"
Severity: #warning
Expression: "status = 'active' implies managingOrganization.exists()"

Profile: CNEpisodeOfCare
Parent: EpisodeOfCare
Id: cn-episodeofcare
Title: "Episode of care"
Description: "Management over many visits: a chronic disease in a community, a pregnancy, a course of tumour treatment."
* identifier 1..*
* insert WholeIdentifiers
* type 1..*
* type from CNEpisodeTypeVS (extensible)
* managingOrganization 1..1
* obeys cn-epi-1 and cn-epi-2

Invariant: cn-epi-1
Description: "A finished episode has an end"
Severity: #error
Expression: "status = 'finished' implies period.end.exists()"

Invariant: cn-epi-2
Description: "The start is known"
Severity: #warning
Expression: "status = 'planned' or status = 'cancelled' or status = 'entered-in-error' or period.start.exists()"
