/** Resident identity numbers, GB 11643 (formats.md D8 to D10). The check digit is ISO 7064 MOD 11-2. */
import { toHalfWidth } from './text.ts'

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECK = '10X98765432'

export interface IdentityNumber {
  /** half width, upper-case X, 18 digits where that is certain; otherwise as sent */
  value: string
  /** 18 characters with a right check digit and a possible birth date */
  valid: boolean
  /** all the same digit, a counted-up number and the like: never a person's (D10) */
  placeholder: boolean
  /** only when valid */
  birthDate?: string
  gender?: 'male' | 'female'
}

export function checkDigit(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(first17[at]), 0)
  return CHECK[sum % 11] as string
}

/** Normalises what is certain (15 to 18 digits, x to X, width, inner spaces) and says whether the number can be one. */
export function readIdentityNumber(sent: string): IdentityNumber {
  const plain = toHalfWidth(sent).replace(/\s+/g, '').toUpperCase()
  const value = upgraded(plain)
  const placeholder = isPlaceholder(plain)
  if (placeholder || !/^[1-9]\d{16}[\dX]$/.test(value) || checkDigit(value.slice(0, 17)) !== value[17])
    return { value, valid: false, placeholder }
  const birthDate = birthDateOf(value)
  if (!birthDate) return { value, valid: false, placeholder }
  return { value, valid: true, placeholder, birthDate, gender: Number(value[16]) % 2 === 1 ? 'male' : 'female' }
}

/** 15-digit numbers were given out until 1999 to people born in the 1900s. */
function upgraded(plain: string): string {
  if (!/^[1-9]\d{14}$/.test(plain) || isPlaceholder(plain)) return plain
  const first17 = `${plain.slice(0, 6)}19${plain.slice(6)}`
  return first17 + checkDigit(first17)
}

function isPlaceholder(plain: string): boolean {
  return /^(.)\1{5,}X?$/.test(plain) || /^(?:0?1?234567890?)+/.test(plain) || /^\d{6}(?:0{8}|19000101|99999999)\d{0,4}$/.test(plain)
}

function birthDateOf(value: string): string | undefined {
  const year = Number(value.slice(6, 10))
  const month = Number(value.slice(10, 12))
  const day = Number(value.slice(12, 14))
  const date = new Date(Date.UTC(year, month - 1, day))
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return same && year >= 1850 && year <= 2200 ? `${value.slice(6, 10)}-${value.slice(10, 12)}-${value.slice(12, 14)}` : undefined
}
