/** What a record's legal identity document is worth for linking (formats.md D8 to D11). Pure. */
import type { PatientIdentity } from '../../../mappings/engine/types.ts'
import { readName } from '../../../mappings/engine/values/name.ts'
import { readIdentityNumber } from '../../fhir/identity-number.ts'
import { INGEST_BOUNDS } from '../bounds.ts'

/** psn_cert_type of the resident identity card */
export const IDENTITY_CARD = '01'

export type LegalDoubt = 'check-digit' | 'placeholder' | 'newborn'

export interface Legal {
  type: string
  /** normalised: 18 digits, half width, upper-case X */
  number: string
  /** the record's patient may be found and linked by it */
  links: boolean
  doubt?: LegalDoubt
  /** what an identity-card number itself says */
  birthDate?: string
  gender?: string
}

const OTHER_NUMBER = /^[A-Z0-9]{5,30}$/
const DAY_MS = 86_400_000

/**
 * The legal identity of a record, or undefined when none is stated.
 * @param statedAt ISO instant of the statement: a child registered in its first days stands under its mother's number
 * @param placeholders numbers that the site knows to be nobody's, normalised
 */
export function legalOf(identity: PatientIdentity, statedAt: string, placeholders: ReadonlySet<string>): Legal | undefined {
  if (!identity.legal) return undefined
  const { type, number: sent } = identity.legal
  if (type !== IDENTITY_CARD) {
    const number = sent
      .normalize('NFKC')
      .replace(/[\s()-]/g, '')
      .toUpperCase()
    const empty = /^(.)\1*$/.test(number) || !OTHER_NUMBER.test(number)
    return empty ? { type, number, links: false, doubt: 'placeholder' } : { type, number, links: !isNewborn(identity, undefined, statedAt) }
  }
  const read = readIdentityNumber(sent)
  const legal: Legal = { type, number: read.value, links: false }
  if (read.placeholder || placeholders.has(read.value)) return { ...legal, doubt: 'placeholder' }
  if (!read.valid) return { ...legal, doubt: 'check-digit' }
  Object.assign(legal, { birthDate: read.birthDate, gender: read.gender })
  return isNewborn(identity, read.birthDate, statedAt) ? { ...legal, doubt: 'newborn' } : { ...legal, links: true }
}

/** A child named after its mother, or born just now under a number of somebody born at another time. */
function isNewborn(identity: PatientIdentity, numberBirthDate: string | undefined, statedAt: string): boolean {
  if (identity.name && readName(identity.name).newbornOf) return true
  if (!identity.birthDate || identity.birthDate.length < 10 || identity.birthDate.slice(0, 10) === numberBirthDate) return false
  if (numberBirthDate === undefined) return false
  const ageMs = Date.parse(statedAt) - Date.parse(`${identity.birthDate.slice(0, 10)}T00:00:00Z`)
  return ageMs > -DAY_MS && ageMs < INGEST_BOUNDS.newbornDays * DAY_MS
}
