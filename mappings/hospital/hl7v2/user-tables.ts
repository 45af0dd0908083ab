/** HL7's user-defined tables: a site may extend them, and what it adds is no code of HL7's. */
import { localCodes, TABLES } from '../../engine/systems.ts'

/** System of a code, as it was sent by this organisation. */
export type SystemOf = (scope: string, code: string) => string

const codes = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const RELATIONSHIPS = codes(
  'ASC BRO CGV CHD DEP DOM EMC EME EMR EXF FCH FND FTH GCH GRD GRP MGR MTH NCH NON OAD OTH OWN PAR SCH SEL SIB SIS SPO TRA UNK WRD',
)
/** HL7 table 0063, of NK1-3. */
export const relationshipSystem: SystemOf = (scope, code) =>
  RELATIONSHIPS.has(code) ? 'http://terminology.hl7.org/CodeSystem/v2-0063' : localCodes(scope, 'relationship')

const MARITAL = codes('A B C D E G I M N O P R S T U W')
const NATIONAL_MARITAL = codes('10 20 21 22 23 30 40 90')
/** HL7 table 0002, of PID-16; most senders have the national codes of GB/T 2261.2 there. */
export const maritalSystem: SystemOf = (scope, code) => {
  if (NATIONAL_MARITAL.has(code)) return TABLES.marital
  return MARITAL.has(code) ? 'http://terminology.hl7.org/CodeSystem/v2-0002' : localCodes(scope, 'marital-status')
}
