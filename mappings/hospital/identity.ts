/** Numbers by which a hospital knows its patients, the same for HL7 v2 and CDA. */
import { localSystem, NATIONAL } from '../../server/fhir/canonical.ts'
import { readIdentityNumber } from '../../server/fhir/identity-number.ts'
import type { MappedIdentifier } from '../engine/from.ts'
import { legalIdentifier } from '../engine/legal-identifier.ts'
import type { Run } from '../engine/rule.ts'
import { identifierType } from '../engine/systems.ts'
import type { KinNumbers, LocalPatientNumber, PatientIdentity } from '../engine/types.ts'

export type NumberKind =
  | 'patient'
  | 'inpatient'
  | 'outpatient'
  | 'identity-card'
  | 'passport'
  | 'permit'
  | 'health-card'
  | 'ehr'
  | 'card'
  | 'other'

export interface PatientNumber {
  kind: NumberKind
  value: string
  /** field that it stood in, as named in issues */
  at: string
  /** the sender's own word for the kind, when it is `other` */
  word?: string
  /** the word is none that is known */
  isUntold?: true
}

const LEGAL: Partial<Record<NumberKind, string>> = { 'identity-card': '01', permit: '04', passport: '08' }

/** Numbers that a hospital or region assigned; the hospital's own patient number first. */
const LOCAL: Partial<Record<NumberKind, string>> = {
  patient: 'PI',
  inpatient: 'IPNO',
  outpatient: 'OPNO',
  'health-card': 'HC',
  card: 'CARD',
  ehr: 'EHR',
}
const ORDER: readonly NumberKind[] = ['patient', 'inpatient', 'outpatient', 'health-card', 'ehr', 'card']

/**
 * By which numbers the record's patient is known. Only the hospital's own patient number is strong: cards are lent, and an
 * inpatient number may be one stay's only.
 */
export function identityOf(
  numbers: readonly PatientNumber[],
  visitNo: string | undefined,
  facts: Pick<PatientIdentity, 'name' | 'birthDate' | 'gender'>,
): PatientIdentity {
  const local = localNumbers(numbers)
  if (visitNo !== undefined) local.push({ kind: 'VISIT', value: visitNo, strong: false })
  const legal = numbers.find((one) => LEGAL[one.kind] !== undefined)
  return { local, ...(legal && { legal: { type: LEGAL[legal.kind] as string, number: legal.value } }), ...facts }
}

/** Whether the patient is known by one of them. */
export const isKnownBy = (numbers: readonly PatientNumber[]): boolean =>
  numbers.some(({ kind }) => LEGAL[kind] !== undefined || LOCAL[kind] !== undefined)

/** Of somebody else than the patient; undefined: none by which anybody is known. */
export function kinNumbers(numbers: readonly PatientNumber[]): Pick<KinNumbers, 'local' | 'legal'> | undefined {
  const legal = numbers.find(({ kind }) => kind === 'identity-card')?.value
  const local = localNumbers(numbers)
  return legal === undefined && local.length === 0 ? undefined : { local, ...(legal !== undefined && { legal }) }
}

/** Those that the hospital or region assigned, strongest first. */
export const localNumbers = (numbers: readonly PatientNumber[]): LocalPatientNumber[] =>
  ORDER.flatMap((kind) =>
    numbers.filter((one) => one.kind === kind).map(({ value }) => ({ kind: LOCAL[kind] as string, value, strong: kind === 'patient' })),
  )

/** Identifiers of the Patient resource; the same number twice is one. Doubtful identity numbers are flagged at their field; undefined without any. */
export function patientIdentifiers(numbers: readonly PatientNumber[], run: Run): MappedIdentifier[] | undefined {
  const found = numbers.map((one) => identifierOf(one, run)).filter((one) => one !== undefined)
  if (found.length === 0) return undefined
  return found.filter((one, at) => found.findIndex((other) => other.system === one.system && other.value === one.value) === at)
}

function identifierOf({ kind, value, at, word }: PatientNumber, run: Run): MappedIdentifier | undefined {
  const legal = LEGAL[kind]
  if (legal !== undefined) return legalIdentifier(run, at, legal, value)
  const made = (type: string, system: string): MappedIdentifier => ({
    type: identifierType(type),
    system,
    value,
  })
  const own = (name: string): string => localSystem(run.scope, name)
  switch (kind) {
    case 'patient':
      return made('MRN', own('mrn'))
    case 'inpatient':
      return made('IPNO', own('inpatient-no'))
    case 'outpatient':
      return made('OPNO', own('outpatient-no'))
    case 'health-card':
      return made('HC', NATIONAL.healthCard)
    case 'ehr':
      return made('EHR', NATIONAL.ehrNo)
    case 'card':
      return made('OTH', own('card-no'))
    default:
      return made('OTH', own(isNamedBy(word) ? `other-${word?.toLowerCase()}` : 'other-no'))
  }
}

/** Whether the system of a number of another kind has its word, so that numbers of two kinds stay apart. */
export const isNamedBy = (word: string | undefined): boolean => /^[A-Za-z0-9]{1,10}$/.test(word ?? '')

/** A valid identity number says another birth date or sex than the record does (formats.md D8): both are kept, flagged. */
export function contradictsIdentityCard(
  numbers: readonly PatientNumber[],
  facts: { birthDate?: string; gender?: string },
): { birthDate: boolean; gender: boolean } {
  const sent = numbers.find((one) => one.kind === 'identity-card')
  const card = sent && readIdentityNumber(sent.value)
  if (!card?.valid) return { birthDate: false, gender: false }
  const birthDate = facts.birthDate !== undefined && !card.birthDate?.startsWith(facts.birthDate)
  const gender = (facts.gender === 'male' || facts.gender === 'female') && facts.gender !== card.gender
  return { birthDate, gender }
}
