/** Code system and identifier system names that mappings share. */
import { codeSystem, localSystem } from '../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../server/fhir/types.ts'
import type { MapName } from './names.ts'
import { table } from './values/table.ts'

/** National tables by OID (profiles.md 1.3); the OID is the canonical. */
export const TABLES = {
  gender: 'urn:oid:2.16.156.10011.2.3.3.4',
  marital: 'urn:oid:2.16.156.10011.2.3.3.5',
  ethnicity: 'urn:oid:2.16.156.10011.2.3.3.3',
  familyRelation: 'urn:oid:2.16.156.10011.2.3.3.8',
  country: 'urn:oid:2.16.156.10011.2.3.3.1',
  icd10: 'urn:oid:2.16.156.10011.2.3.3.11.3',
  icd9cm3: 'urn:oid:2.16.156.10011.2.3.3.12',
  tcm: 'urn:oid:2.16.156.10011.2.3.3.14',
  documentType: 'urn:oid:2.16.156.10011.2.4',
  dataElement: 'urn:oid:2.16.156.10011.2.2.1',
} as const

/** Editions of ICD-10 and ICD-9-CM-3; never mixed. */
export const CLINICAL_EDITION = 'clinical-2.0'
export const INSURANCE_EDITION = 'insurance-2.0'

/** Encounter.participant.type; ATND and PPRF are what makes somebody a member of the patient's primary team. */
export const participation = (code: 'ATND' | 'PPRF' | 'REF' | 'CON' | 'ADM' | 'DIS', display: string) => [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code, display }] },
]

/** Condition.category of a diagnosis that was made at a visit. */
export const ENCOUNTER_DIAGNOSIS = [
  {
    coding: [
      { system: 'http://terminology.hl7.org/CodeSystem/condition-category', code: 'encounter-diagnosis', display: 'Encounter Diagnosis' },
    ],
  },
]

const IDENTIFIER_TYPE = codeSystem('cn-identifier-type')
/** HL7's code of those that it has: R4 binds Identifier.type to them (extensible), and clients ask for them. */
const HL7_TYPES: Readonly<Record<string, { code: string; display: string }>> = table({
  MRN: { code: 'MR', display: 'Medical record number' },
  PPN: { code: 'PPN', display: 'Passport number' },
})

/** Kind of a number, by a code of cn-identifier-type. */
export function identifierType(code: string): { coding: FhirCoding[] } {
  const hl7 = HL7_TYPES[code]
  const own = { system: IDENTIFIER_TYPE, code }
  return { coding: hl7 === undefined ? [own] : [own, { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', ...hl7 }] }
}

export type LocalCodeKind = 'lab-item' | 'lab-panel' | 'department' | 'specimen' | 'service' | 'drug' | 'material' | (string & {})

/** Code system of the codes that one hospital made itself; the same from every source that speaks of that hospital. */
export function localCodes(scope: string, kind: LocalCodeKind): string {
  return localSystem(scope, `${kind}-code`)
}

/** System of the original codes of a national or insurance table, by the name of its concept map. */
export const mapSourceSystem = (map: MapName): string => codeSystem(map)
