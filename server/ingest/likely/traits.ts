/** What a source's record says of who its patient is, kept so that two records can be compared. Pure. */
import { readName } from '../../../mappings/engine/values/name.ts'
import type { Said } from '../link/decide.ts'
import type { PreparedIdentity } from '../types.ts'

/** Each with when it was said; the newest few, since people move, and change their telephones. */
export interface Traits {
  names: Said[]
  births: Said[]
  genders: Said[]
  phones: Said[]
  addresses: Said[]
  /** `type:number` of identity documents as they were typed, right or wrong */
  documents: Said[]
}

/** of a kind: more say little of who somebody is now */
const OF_A_KIND_MAX = 3
const CHARACTERS_MAX = 200
const PHONE_DIGITS_MIN = 7

export const NO_TRAITS: Traits = { names: [], births: [], genders: [], phones: [], addresses: [], documents: [] }

/** A newborn's stand-in name and a masked name say nothing; the number under which a newborn stands is its mother's (formats.md D11, D46). */
export function traitsOf(identity: PreparedIdentity): Traits {
  const { legal, statedAt: at } = identity
  const said = (values: readonly (string | undefined)[]): Said[] =>
    values.flatMap((value) => (value === undefined || value === '' ? [] : [{ at, value: value.slice(0, CHARACTERS_MAX) }]))
  const { masked, newbornOf } = readName(identity.name ?? '')
  const isOwn = legal !== undefined && legal.doubt !== 'newborn' && legal.doubt !== 'placeholder'
  return {
    names: masked || newbornOf !== undefined ? [] : said([identity.name]),
    births: said([identity.birthDate?.slice(0, 10), isOwn ? legal.birthDate : undefined]),
    genders: said([identity.gender, isOwn ? legal.gender : undefined].filter((gender) => gender === 'male' || gender === 'female')),
    phones: said((identity.phones ?? []).map(phoneOf).filter((phone) => phone.length >= PHONE_DIGITS_MIN)),
    addresses: said(identity.addresses ?? []),
    documents: isOwn ? said([`${legal.type}:${legal.number}`]) : [],
  }
}

/** Of each kind the newest, each value once. The order in which they are joined does not matter. */
export function joinTraits(all: readonly Traits[]): Traits {
  const joined = (kind: keyof Traits): Said[] => newest(all.flatMap((traits) => traits[kind]))
  return {
    names: joined('names'),
    births: joined('births'),
    genders: joined('genders'),
    phones: joined('phones'),
    addresses: joined('addresses'),
    documents: joined('documents'),
  }
}

function newest(said: readonly Said[]): Said[] {
  const order = (a: Said, b: Said): number => (a.at === b.at ? (a.value < b.value ? 1 : -1) : a.at < b.at ? 1 : -1)
  const kept = new Map<string, Said>()
  for (const one of [...said].sort(order)) if (!kept.has(one.value)) kept.set(one.value, one)
  return [...kept.values()].slice(0, OF_A_KIND_MAX)
}

/** What is worth comparing anew: the same said again later is not. */
export const traitValues = (traits: Traits | null | undefined): string =>
  JSON.stringify(Object.values(traits ?? NO_TRAITS).map((said: Said[]) => said.map(({ value }) => value).sort()))

/** Digits, without the prefix of the country. */
const phoneOf = (value: string): string =>
  value
    .normalize('NFKC')
    .replace(/\D/g, '')
    .replace(/^(?:0086|86)(?=1\d{10}$)/, '')
