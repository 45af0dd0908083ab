/** Guardians of minors and relatives of the deceased: what a RelatedPerson says of it. That it says so proves nothing (kin-proof.ts). */
import { parseDate } from '../fhir/date.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import { birthdayAt, CHILD_UNTIL_YEARS, MINOR_UNTIL_YEARS } from './person-rules.ts'
import { type Element, list, reference, text } from './provision-criteria.ts'

const ROLE_CODE = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
const GB4761 = 'urn:oid:2.16.156.10011.2.3.3.8'

/** Parents are guardians of their minor children by law (civil code 27); others must be appointed. */
const GUARDIANS = new Set([
  'GUARD',
  'PRN',
  'MTH',
  'FTH',
  'NMTH',
  'NFTH',
  'NPRN',
  'ADOPTP',
  'ADOPTM',
  'ADOPTF',
  'STPPRN',
  'STPMTH',
  'STPFTH',
])
/** GB/T 4761: 5x are parents and parents-in-law, of which 51 and 52 are father and mother. */
const GUARDIANS_GB = new Set(['50', '51', '52'])

const codingsOf = (related: FhirResource): { system: string; code: string }[] =>
  list(related.relationship).flatMap((concept) =>
    list(concept.coding).map((coding) => ({ system: text(coding.system) ?? '', code: text(coding.code) ?? '' })),
  )

export function isGuardian(related: FhirResource, now: number, zone: Zone): boolean {
  if (!isInForce(related, now, zone)) return false
  return codingsOf(related).some(({ system, code }) =>
    system === GB4761 ? GUARDIANS_GB.has(code) : (system === ROLE_CODE || system === '') && GUARDIANS.has(code),
  )
}

/** Kinship by any coded family relation: v3-RoleCode other than roles of the record, or GB/T 4761 other than 'not kin'. */
export function isKin(related: FhirResource, now: number, zone: Zone): boolean {
  if (!isInForce(related, now, zone)) return false
  return codingsOf(related).some(({ system, code }) => (system === GB4761 ? /^[0-8]/.test(code) : system === ROLE_CODE && KIN.has(code)))
}

const KIN = new Set(
  `FAMMEMB CHILD CHLDADOPT DAUADOPT SONADOPT CHLDFOST DAUFOST SONFOST DAUC DAU STPDAU NCHILD SON SONC STPSON STPCHLD EXT AUNT MAUNT PAUNT
  COUSN MCOUSN PCOUSN GGRPRN GGRFTH GGRMTH GRFTH MGRFTH PGRFTH GRMTH MGRMTH PGRMTH GRNDCHILD GRNDDAU GRNDSON GRPRN MGRPRN PGRPRN
  INLAW CHLDINLAW DAUINLAW SONINLAW PRNINLAW FTHINLAW MTHINLAW SIBINLAW BROINLAW SISINLAW NIENEPH NEPHEW NIECE UNCLE MUNCLE PUNCLE
  PRN ADOPTP ADOPTF ADOPTM FTH FTHFOST NFTH NFTHF STPFTH MTH GESTM MTHFOST NMTH NMTHF STPMTH NPRN PRNFOST STPPRN SIB BRO HBRO NBRO TWINBRO
  FTWINBRO ITWINBRO STPBRO HSIB HSIS NSIB NSIS TWINSIS FTWINSIS ITWINSIS TWIN FTWIN ITWIN SIS STPSIS STPSIB SIGOTHR DOMPART FMRSPS SPS HUSB WIFE`.split(
    /\s+/,
  ),
)

function isInForce(related: FhirResource, now: number, zone: Zone): boolean {
  if (related.active === false) return false
  const guardianship = list(related.extension).find((one) => text(one.url)?.endsWith('guardianship'))
  const periods = [related.period, list(guardianship?.extension).find((one) => one.url === 'period')?.valuePeriod]
  return periods.every((period) => period === undefined || contains(period as Element, now, zone))
}

function contains(period: Element, now: number, zone: Zone): boolean {
  const from = parseDate(text(period.start) ?? '', zone)
  const until = parseDate(text(period.end) ?? '', zone)
  if ((period.start !== undefined && !from) || (period.end !== undefined && !until)) return false
  return (!from || from.lo <= now) && (!until || now < until.hi)
}

export const wardOf = (related: FhirResource): string | undefined => reference(related.patient)?.match(/^Patient\/(.+)$/)?.[1]

export type Age = 'child' | 'adolescent' | 'adult'

/** Of somebody born then; of a date that cannot be read adult: nobody is a guardian by guess. */
export function ageOf(birthDate: string, now: number, zone: Zone): Age {
  const isUnder = (years: number): boolean => {
    const birthday = birthdayAt(birthDate, years, zone)
    return birthday !== undefined && now < birthday
  }
  if (isUnder(CHILD_UNTIL_YEARS)) return 'child'
  return isUnder(MINOR_UNTIL_YEARS) ? 'adolescent' : 'adult'
}

export const isDeceased = (patient: FhirResource): boolean =>
  patient.deceasedBoolean === true || text(patient.deceasedDateTime) !== undefined
