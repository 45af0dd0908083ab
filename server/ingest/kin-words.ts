/** By what a relative is known in texts: her names, telephones and identity number, however they are spelt. */
import { identityNumbersIn } from './number-search.ts'

/** What a record and the server know of her. */
export interface KinWords {
  names: readonly string[]
  phones: readonly string[]
  /** normalised */
  legals: readonly string[]
}

const PHONE_DIGITS_MIN = 7
const COUNTRY = /^(?:00)?86(?=\d{8})/
const MARKUP = /<[^<>]*>/g
/** Between the characters of a name; a backslash escapes in JSON. */
const BETWEEN = /\\[nrt]|[\s\\·•・‧]/g

/** Mobile, of a place, or said to be one; and an identity number, right or wrong. */
const NUMBERS = [
  /(?<!\d)(?:\+?86[\s-]?)?1[3-9](?:[\s-]?\d){9}(?!\d)/,
  /(?<!\d)0\d{2,3}[\s-]\d{7,8}(?!\d)/,
  /(?:电话|手机|联系|tel|phone)\D{0,12}\d[\d\s-]{5,}/,
  /(?<!\d)(?:\d[\s-]?){17}[\dx]/,
]

const plainOf = (text: string): string => text.normalize('NFKC').toLowerCase()
const joinedOf = (text: string): string => plainOf(text).replace(BETWEEN, '')
const digitsOf = (text: string): string => plainOf(text).replace(/\D/g, '')

/** Of an identity number its digits without the check character, and those that it had before 1999. */
const spellingsOf = (number: string): string[] => [number.slice(0, 17), `${number.slice(0, 6)}${number.slice(8, 17)}`]

/** Whether a value names her. In doubt it does: a name that is part of another word, digits that only happen to follow each other. */
export function namingOf({ names, phones, legals }: KinWords): (value: unknown) => boolean {
  const numbers = phones.map((phone) => digitsOf(phone).replace(COUNTRY, ''))
  const words = [...names, ...phones.filter((phone) => digitsOf(phone).length < PHONE_DIGITS_MIN)]
    .map(joinedOf)
    .filter((word) => word !== '')
  const sequences = [...numbers.filter((number) => number.length >= PHONE_DIGITS_MIN), ...legals.flatMap(spellingsOf)]
  return (value) => {
    const text = JSON.stringify(value) ?? ''
    // Markup may part a name, and what stands between two angles is not always markup.
    const spoken = [text, text.replace(MARKUP, '')]
    if (spoken.some((one) => words.some((word) => joinedOf(one).includes(word)))) return true
    if (spoken.some((one) => sequences.some((sequence) => digitsOf(one).includes(sequence)))) return true
    return identityNumbersIn(Buffer.from(text)).some((number) => legals.includes(number))
  }
}

/** Whether free words tell of a telephone or an identity number, whoever's it is. */
export const tellsNumbers = (text: string): boolean => {
  const spoken = plainOf(text).replace(MARKUP, '')
  return NUMBERS.some((number) => number.test(spoken))
}
