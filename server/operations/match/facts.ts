/** What a Patient says of who it is, in the form in which two are compared. Reads whatever is there; what is no text counts as absent. */
import { normalizeIdNumber, readIdentityNumber } from '../../fhir/identity-number.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { fold, isHan } from '../../search/fold.ts'
import { pinyinForms } from '../../search/pinyin.ts'

export const ID_CARD = 'urn:oid:2.16.156.10011.1.3'

export interface Facts {
  identityNumbers: ReadonlySet<string>
  /** `system|value` of the others */
  identifiers: ReadonlySet<string>
  /** folded */
  names: readonly string[]
  /** how the names sound, in Latin letters */
  sounds: ReadonlySet<string>
  /** YYYY, YYYY-MM or YYYY-MM-DD */
  birthDate?: string
  gender?: 'male' | 'female'
  phones: ReadonlySet<string>
  /** folded, from the province down */
  addresses: readonly string[]
  /** town and district, folded */
  districts: ReadonlySet<string>
}

type Node = Record<string, unknown>

const items = (value: unknown): Node[] => (Array.isArray(value) ? value.filter((one) => one !== null && typeof one === 'object') : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [])

export function factsOf(patient: FhirResource): Facts {
  const identifiers = items(patient.identifier).filter(({ value }) => text(value) !== '')
  const names = items(patient.name).flatMap(namesIn)
  const { birthDate, gender } = patient
  const addresses = items(patient.address)
  return {
    identityNumbers: new Set(identifiers.filter(({ system }) => system === ID_CARD).flatMap(({ value }) => validNumber(text(value)))),
    identifiers: new Set(
      identifiers
        .filter(({ system }) => system !== ID_CARD && text(system) !== '')
        .map(({ system, value }) => `${text(system)}|${text(value)}`),
    ),
    names: [...new Set(names.map(({ folded }) => folded))],
    sounds: new Set(names.flatMap(({ sounds }) => sounds)),
    ...(typeof birthDate === 'string' ? { birthDate } : {}),
    ...(gender === 'male' || gender === 'female' ? { gender } : {}),
    phones: new Set(
      items(patient.telecom)
        .map(({ value }) => phoneOf(text(value)))
        .filter((phone) => phone.length >= PHONE_DIGITS_MIN),
    ),
    addresses: [...new Set(addresses.map(addressOf).filter((one) => one !== ''))],
    districts: new Set(
      addresses.map(({ city, district }) => (text(district) === '' ? '' : fold(text(city) + text(district)))).filter((one) => one !== ''),
    ),
  }
}

function validNumber(value: string): string[] {
  const { valid } = readIdentityNumber(value)
  return valid ? [normalizeIdNumber(value)] : []
}

interface Name {
  folded: string
  sounds: string[]
}

/** 王* and the like say nothing that could agree or contradict. */
const MASKED = /[*＊?？×]/

function namesIn(name: Node): Name[] {
  const family = text(name.family)
  const given = texts(name.given)
  const whole = text(name.text) === '' ? family + given.join('') : text(name.text)
  if (whole === '' || MASKED.test(whole)) return []
  const folded = fold(whole)
  if (folded === '') return []
  if (isHan(folded)) return [{ folded, sounds: syllables(folded) }]
  // In Latin letters either order is written.
  return [{ folded, sounds: [folded, fold(given.join('') + family)].filter((one) => one !== '') }]
}

/** Whole syllables: initials are shared by thousands. */
const syllables = (folded: string): string[] => pinyinForms(folded, true).filter((form) => form.length > [...folded].length)

const PHONE_DIGITS_MIN = 7

/** Digits, without the prefix of the country. */
const phoneOf = (value: string): string =>
  value
    .normalize('NFKC')
    .replace(/\D/g, '')
    .replace(/^(?:0086|86)(?=1\d{10}$)/, '')

function addressOf({ text: whole, state, city, district, line }: Node): string {
  const parts = [text(state), text(city), text(district), ...texts(line)].join('')
  return fold(text(whole) === '' ? parts : text(whole))
}
