/** The least that every FHIR R4 resource has; the rest is read by path. */
export interface FhirResource {
  resourceType: string
  id?: string
  meta?: FhirMeta
  [element: string]: unknown
}

export interface FhirMeta {
  versionId?: string
  lastUpdated?: string
  source?: string
  profile?: string[]
  security?: FhirCoding[]
  tag?: FhirCoding[]
  [element: string]: unknown
}

export interface FhirCoding {
  system?: string
  code?: string
  display?: string
  version?: string
  [element: string]: unknown
}
