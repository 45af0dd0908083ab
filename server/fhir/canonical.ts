/** The canonical base of everything that Yilian defines itself: profiles, extensions, code systems, identifier systems. */
export const BASE = 'https://fhir-cn.example'

export const structureDefinition = (id: string): string => `${BASE}/StructureDefinition/${id}`
export const codeSystem = (id: string): string => `${BASE}/CodeSystem/${id}`
export const valueSet = (id: string): string => `${BASE}/ValueSet/${id}`

/** Identifier system of a number that one organisation assigns: `{B}/sid/{organisation id}/{kind}`. */
export const localSystem = (organization: string, kind: string): string => `${BASE}/sid/${organization}/${kind}`

/** Nationally unique identifier systems (OIDs as used in the WS/T 500 documents). */
export const NATIONAL = {
  idCard: 'urn:oid:2.16.156.10011.1.3',
  healthCard: 'urn:oid:2.16.156.10011.1.19',
  ehrNo: 'urn:oid:2.16.156.10011.1.2',
  orgCode: 'urn:oid:2.16.156.10011.1.5',
  psnNo: `${BASE}/sid/nhsa/psn-no`,
  fixmedins: `${BASE}/sid/nhsa/fixmedins`,
  mdtrtId: `${BASE}/sid/nhsa/mdtrt-id`,
  setlId: `${BASE}/sid/nhsa/setl-id`,
} as const
