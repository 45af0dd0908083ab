/** Traits in the forms in which they are compared and looked for. Pure. */
import { fold, foldName, isHan } from '../../search/fold.ts'
import { pinyinForms } from '../../search/pinyin.ts'
import type { Traits } from './traits.ts'

export interface Features {
  /** folded: one width, simplified characters, no spaces or dots */
  names: string[]
  /** how they sound, in whole syllables: initials are shared by thousands */
  sounds: string[]
  /** YYYY, YYYY-MM or YYYY-MM-DD */
  births: string[]
  genders: string[]
  phones: string[]
  addresses: Address[]
  documents: string[]
}

export interface Address {
  whole: string
  /** province to district, '' where it cannot be told */
  district: string
  /** street and house: what tells neighbours apart */
  rest: string
}

const values = (said: readonly { value: string }[]): string[] => said.map(({ value }) => value)
const distinct = <T>(all: readonly T[]): T[] => [...new Set(all)]

export function featuresOf(traits: Traits): Features {
  const names = distinct(values(traits.names).map(foldName)).filter((name) => name !== '')
  return {
    names,
    sounds: distinct(names.flatMap(soundsOf)),
    births: values(traits.births),
    genders: values(traits.genders),
    phones: values(traits.phones),
    addresses: distinct(values(traits.addresses).map((text) => fold(text)))
      .filter((whole) => whole !== '')
      .map(addressOf),
    documents: values(traits.documents),
  }
}

function soundsOf(name: string): string[] {
  if (!isHan(name)) return [name]
  return pinyinForms(name, true).filter((form) => form.length > [...name].length)
}

/** The last of these within the first characters ends the part that a whole district shares. */
const DISTRICT = /^.{2,24}?(?:区|县|旗)|^.{2,24}市(?!.{0,12}(?:区|县|旗))/

function addressOf(whole: string): Address {
  const district = DISTRICT.exec(whole)?.[0] ?? ''
  return { whole, district, rest: whole.slice(district.length) }
}
