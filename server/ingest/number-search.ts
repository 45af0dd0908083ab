/** Identity numbers in bytes that nobody could read: digits are the same in every charset that senders use. */
import { readIdentityNumber } from '../fhir/identity-number.ts'
import { INGEST_BOUNDS } from './bounds.ts'

/** 18 characters, or the 15 digits of before 1999 */
const NUMBER = /(?<!\d)(?:\d{17}[\dXx]|\d{15})(?!\d)/g
/** Digits and X of full width in UTF-8, and in GBK. */
const WIDE = /\xef\xbc([\x90-\x99\xb8])|\xa3([\xb0-\xb9\xd8])/g
const WIDE_X = new Set(['\xb8', '\xd8'])

/** Those that are sound, normalised, each once and up to a bound. */
export function identityNumbersIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  // UTF-16 has a zero beside each digit.
  const plain = text.includes('\0') ? text.replaceAll('\0', '') : text
  const found = new Set<string>()
  for (const spelling of [plain, narrow(plain)]) {
    for (const [token] of spelling?.matchAll(NUMBER) ?? []) {
      const { value, valid } = readIdentityNumber(token)
      if (valid) found.add(value)
      if (found.size >= INGEST_BOUNDS.searchedNumbersMax) return [...found]
    }
  }
  return [...found]
}

/** undefined: there are none */
function narrow(text: string): string | undefined {
  const narrowed = text.replace(WIDE, (_, utf8?: string, gbk?: string) => {
    const last = utf8 ?? gbk ?? ''
    return WIDE_X.has(last) ? 'X' : String(last.charCodeAt(0) & 0xf)
  })
  return narrowed === text ? undefined : narrowed
}
