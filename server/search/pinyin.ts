/** Pinyin of Chinese names: the forms under which people look for somebody whose characters they do not type. */
import { pinyin } from 'pinyin-pro'
import { isHan } from './fold.ts'
import { PINYIN_CACHE_MAX, PINYIN_CHARACTERS_MAX } from './limits.ts'
import { placesIn } from './places.ts'
import { surnameReadings } from './surnames.ts'

const cache = new Map<string, readonly string[]>()

/** Chinese, with Latin letters and digits in it (张Mary, 第3医院). */
const WITH_HAN = /^[a-z0-9]*\p{Script=Han}[\p{Script=Han}a-z0-9]*$/u
const STRETCH = /\p{Script=Han}+|[a-z0-9]+/gu

/**
 * Folded pinyin forms of a folded name: all syllables joined, and their initials. A name that starts with a surname is read
 * as one (单 shàn, 曾 zēng, 仇 qiú); the ordinary reading is given too, since many type it. `ü` is given as v, u and, as in
 * passports, yu. Empty for anything that has no Chinese or is longer than PINYIN_CHARACTERS_MAX.
 */
export function pinyinForms(folded: string, startsWithSurname: boolean): readonly string[] {
  if (folded.length > PINYIN_CHARACTERS_MAX * 2 || !WITH_HAN.test(folded)) return []
  const cacheKey = startsWithSurname ? `+${folded}` : folded
  const known = cache.get(cacheKey)
  if (known) return known
  const made = makeForms(folded, startsWithSurname)
  const oldest = cache.size >= PINYIN_CACHE_MAX ? cache.keys().next().value : undefined
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(cacheKey, made)
  return made
}

interface Syllable {
  text: string
  initial: string
}

/** 乾 is folded to 干, as which it is written where it means dry; in names it is qián, and stays 乾 in simplified characters too. */
const spellings = (folded: string): string[] => (folded.includes('干') ? [folded, folded.replaceAll('干', '乾')] : [folded])

function makeForms(folded: string, startsWithSurname: boolean): string[] {
  const forms = new Set<string>()
  const read = (text: string): Syllable[][] => [...(startsWithSurname ? asName(text) : []), ...asUsual(text)]
  for (const syllables of spellings(folded).flatMap(read)) {
    // A character that the dictionary does not know comes back as itself: the name is found by what stands before it.
    const unknown = syllables.findIndex(({ text }) => !/^[a-z0-9]+$/.test(text))
    const known = unknown < 0 ? syllables : syllables.slice(0, unknown)
    if (known.length === 0 || known.length > PINYIN_CHARACTERS_MAX) continue
    for (const u of ['v', 'u', 'yu']) forms.add(known.map(({ text, initial }) => (initial === text ? text : text.replace('v', u))).join(''))
    forms.add(known.map(({ initial }) => initial).join(''))
  }
  return [...forms]
}

const orders = new Map<string, string>()

/**
 * A folded text as it stands in an order by pinyin, tones aside: its Chinese characters as their syllables, all else as it is.
 * Texts that sound alike are told apart by their characters, so that the same names stand together.
 */
export function pinyinOrder(folded: string, startsWithSurname: boolean): string {
  const cacheKey = startsWithSurname ? `+${folded}` : folded
  const known = orders.get(cacheKey)
  if (known !== undefined) return known
  const text = folded.slice(0, PINYIN_CHARACTERS_MAX * 2)
  const options = { toneType: 'none', type: 'array', v: true } as const
  const made = `${pinyin(text, { ...options, surname: startsWithSurname ? 'head' : 'off' }).join('')}\u0001${text}`
  const oldest = orders.size >= PINYIN_CACHE_MAX ? orders.keys().next().value : undefined
  if (oldest !== undefined) orders.delete(oldest)
  orders.set(cacheKey, made)
  return made
}

/** As it is read as a rule, and with the places in it as these are. */
function asUsual(folded: string): Syllable[][] {
  const syllables = syllablesOf(folded, 'off')
  const places = isHan(folded) && Array.from(folded).length === syllables.length ? placesIn(folded) : []
  if (places.length === 0) return [syllables]
  const placed = [...syllables]
  for (const place of places) placed.splice(place.at, place.syllables.length, ...place.syllables.map(syllable))
  return [syllables, placed]
}

/** With a surname at its head, in each way in which that is read. */
function asName(folded: string): Syllable[][] {
  const syllables = syllablesOf(folded, 'head')
  const surname = surnameReadings(folded)
  if (!surname) return [syllables]
  return [syllables, ...surname.readings.map((reading) => [...reading.map(syllable), ...syllables.slice(surname.length)])]
}

const syllable = (text: string): Syllable => ({ text, initial: text.charAt(0) })

/** One for each Chinese character; Latin stands whole, also among initials. */
function syllablesOf(folded: string, surname: 'head' | 'off'): Syllable[] {
  return [...folded.matchAll(STRETCH)].flatMap(([stretch], at) =>
    isHan(stretch)
      ? pinyin(stretch, { toneType: 'none', type: 'array', v: true, surname: at === 0 ? surname : 'off' }).map(syllable)
      : [{ text: stretch, initial: stretch }],
  )
}
