/** The resident identity number (GB 11643, check digit ISO 7064 MOD 11-2) and the unified social credit code (GB 32100). */
import { BASE } from './canonical.ts'

/** Identifier system of numbers that were sent as identity numbers but are not valid ones: kept, never linked by. */
export const UNVERIFIED_ID_CARD = `${BASE}/sid/id-card-unverified`

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECK_CHARACTERS = '10X98765432'
const SHAPE = /^[1-9]\d{16}[\dX]$/
const LEGACY_SHAPE = /^[1-9]\d{14}$/

/** Nobody who is in a record was born before, or will be after, whatever the clock says. */
const BIRTH_YEAR_MIN = 1850
const BIRTH_YEAR_MAX = 2200

export interface IdentityNumber {
  /** normalised */
  value: string
  /** right check digit, possible birth date, and not a placeholder */
  valid: boolean
  /** typed where there was no number: never a person's (formats.md D10) */
  placeholder: boolean
  /** YYYY-MM-DD, only when valid */
  birthDate?: string
  /** only when valid */
  gender?: 'male' | 'female'
}

/** What a number that was sent as an identity number is worth, and what it says itself (formats.md D8 to D10). */
export function readIdentityNumber(sent: string): IdentityNumber {
  const value = normalizeIdNumber(sent)
  const placeholder = isPlaceholderIdNumber(value)
  const [birthDate, gender] = [birthDateOf(value), sexOf(value)]
  if (placeholder || !isValidIdNumber(value) || birthDate === undefined || gender === undefined) return { value, valid: false, placeholder }
  return { value, valid: true, placeholder, birthDate, gender }
}

/**
 * Half width, upper case, no spaces or hyphens, and 18 digits when a sound 15-digit number was sent (these were given until
 * 1999 to persons born in the 20th century).
 */
export function normalizeIdNumber(sent: string): string {
  const plain = sent.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
  if (!LEGACY_SHAPE.test(plain) || isPlaceholderIdNumber(plain)) return plain
  const first17 = `${plain.slice(0, 6)}19${plain.slice(6)}`
  const upgraded = first17 + idCheckCharacter(first17)
  return birthDateOf(upgraded) === undefined ? plain : upgraded
}

/** Check character of the first 17 digits. */
export function idCheckCharacter(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(first17[at]), 0)
  return CHECK_CHARACTERS[sum % 11] ?? ''
}

/** Shape, a birth date that exists, and the check digit. Expects a normalised number. */
export function isValidIdNumber(number: string): boolean {
  return SHAPE.test(number) && birthDateOf(number) !== undefined && idCheckCharacter(number) === number[17]
}

/** Birth date in it (YYYY-MM-DD); undefined when there is no such day. */
export function birthDateOf(number: string): string | undefined {
  if (!SHAPE.test(number)) return undefined
  const [year, month, day] = [Number(number.slice(6, 10)), Number(number.slice(10, 12)), Number(number.slice(12, 14))]
  const date = new Date(Date.UTC(year, month - 1, day))
  if (year < BIRTH_YEAR_MIN || year > BIRTH_YEAR_MAX || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  return `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`
}

/** Sex in it: the 17th digit is odd for males. */
export function sexOf(number: string): 'male' | 'female' | undefined {
  if (!SHAPE.test(number)) return undefined
  return Number(number[16]) % 2 === 1 ? 'male' : 'female'
}

/** Numbers that registration desks type when they have none. Their check digit may even be right. */
const PLACEHOLDERS = new Set(['110101199001011234', '110101190001010010'])
/** One digit again and again, perhaps with another check character; counted up; without a birth date; a sequence number that is never given. */
const PLACEHOLDER_SHAPES = [/^(.)\1{5,}.?$/, /^0?1?234567890?/, /^\d{6}(?:0{8}|19000101|99991231|99999999)/, /^\d{14}0{3}/]

/** Such a number never identifies anybody. Expects it without spaces and in upper case. */
export function isPlaceholderIdNumber(number: string): boolean {
  return PLACEHOLDERS.has(number) || PLACEHOLDER_SHAPES.some((shape) => shape.test(number))
}

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** Unified social credit code: 18 characters without I, O, S, V, Z; the last checks the others modulo 31. */
export function isValidUscc(code: string): boolean {
  if (!/^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/.test(code)) return false
  return usccCheckCharacter(code.slice(0, 17)) === code[17]
}

/** Check character of the first 17 characters: weights are the powers of 3 modulo 31. */
export function usccCheckCharacter(first17: string): string {
  let sum = 0
  let weight = 1
  for (const character of first17) {
    sum += USCC_ALPHABET.indexOf(character) * weight
    weight = (weight * 3) % 31
  }
  return USCC_ALPHABET[(31 - (sum % 31)) % 31] ?? ''
}
