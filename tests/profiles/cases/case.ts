/** A profile's cases: one valid resource, and changes that each break one rule. */
import type { FhirResource } from '../../../server/fhir/types.ts'

export const B = 'https://fhir-cn.example'
export const profile = (id: string): string => `${B}/StructureDefinition/${id}`
export const meta = (id: string): { profile: string[] } => ({ profile: [profile(id)] })
/** a number that the hospital H1 gave */
export const number = (kind: string, value: string): { system: string; value: string } => ({ system: `${B}/sid/H1/${kind}`, value })
export const cs = (id: string): string => `${B}/CodeSystem/${id}`
export const coding = (system: string, code: string): { system: string; code: string } => ({ system, code })
export const concept = (system: string, code: string): { coding: { system: string; code: string }[] } => ({ coding: [{ system, code }] })

// biome-ignore lint/suspicious/noExplicitAny: the changes reach into JSON of every type
export type Change = (resource: any) => void

export interface Expected {
  code: string
  expression: string
  /** rule; left out when code and expression say enough */
  rule?: string
  /** 'error' when left out */
  severity?: 'error' | 'warning'
  /** canonical; left out: the profile of the case; null: base R4 or a rule about facts */
  profile?: string | null
}

export interface ProfileCases {
  id: string
  valid: FhirResource
  broken: [what: string, change: Change, expected: Expected][]
}

export const ORG = 'urn:oid:2.16.156.10011.1.5'
export const ID_CARD = 'urn:oid:2.16.156.10011.1.3'

/** The same profile, more of it. */
export const fuller = ({ id, valid }: ProfileCases, more: object, broken: ProfileCases['broken']): ProfileCases => ({
  id,
  valid: { ...valid, ...more },
  broken,
})
