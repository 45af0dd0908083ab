Profile: CNProvenance
Parent: Provenance
Id: cn-provenance
Title: "Provenance of a resource"
Description: "Which source, which payload and which mapping a resource came from."
* extension contains CNMappingVersion named mappingVersion 0..1
* activity 1..1
* entity.extension contains CNPayloadDigest named digest 0..1
* obeys cn-prv-1

Invariant: cn-prv-1
Description: "The payload is known"
Severity: #warning
Expression: "entity.exists()"

Extension: CNMappingVersion
Id: cn-mapping-version
Description: "Version of the mapping that made the resource"
Context: Provenance
* value[x] only string
* value[x] 1..1

Extension: CNPayloadDigest
Id: cn-payload-digest
Description: "SHA-256 of the payload, hexadecimal"
Context: Provenance.entity
* value[x] only string
* value[x] 1..1
