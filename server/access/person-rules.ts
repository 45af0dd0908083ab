/** A person's kept consents and facts to the rules in force. */
import { parseDate } from '../fhir/date.ts'
import type { Zone } from '../fhir/zone.ts'
import type { ConsentRule } from './consent-model.ts'
import { type ConsentVersion, normaliseRules } from './effective-rules.ts'
import type { KeptConsent } from './tables.ts'

/** Under 14 a child cannot consent alone (PIPL 31). */
export const CHILD_UNTIL_YEARS = 14
/** Guardians act for minors until 18. */
export const MINOR_UNTIL_YEARS = 18

/** Effective rules of a person: what the policy classes of its documents are made of. */
export function effectiveRules(consents: readonly KeptConsent[], birthDate: string | null, now: number, zone: Zone): ConsentRule[] {
  const childUntil = birthDate === null ? undefined : birthdayAt(birthDate, CHILD_UNTIL_YEARS, zone)
  const isChild = childUntil !== undefined && childUntil > now
  const versions = consents.map(({ version, alone }): ConsentVersion => {
    if (!alone || !isChild) return version
    return { ...version, rule: { ...version.rule, permitsFrom: childUntil } }
  })
  return normaliseRules(versions, now)
}

/** Instant at which somebody born then reaches that age; of a date without day or month, the latest that it can mean. */
export function birthdayAt(birthDate: string, years: number, zone: Zone): number | undefined {
  const match = /^(\d{4})(.*)$/.exec(birthDate)
  if (!match) return undefined
  const date = `${String(Number(match[1]) + years).padStart(4, '0')}${match[2]}`
  // Born on 29 February: of age on 1 March.
  const at = parseDate(date, zone) ?? parseDate(date.replace(/-02-29$/, '-03-01'), zone)
  if (!at) return undefined
  return at.precision === 'day' ? at.lo : at.hi
}
