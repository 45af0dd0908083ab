/** Pinyin of Chinese names: the forms under which people look for somebody whose characters they do not type. */
import { pinyin } from 'pinyin-pro'
import { isHan } from './fold.ts'
import { PINYIN_CACHE_MAX, PINYIN_CHARACTERS_MAX } from './limits.ts'

const cache = new Map<string, readonly string[]>()

/**
 * Folded pinyin forms of a folded name: all syllables joined, and their initials. A name that starts with a surname is read
 * as one (单 shàn, 曾 zēng, 仇 qiú); the ordinary reading is given too, since many type it. `ü` is given as v, u and, as in
 * passports, yu. Empty for anything that is not Chinese or longer than PINYIN_CHARACTERS_MAX.
 */
export function pinyinForms(folded: string, startsWithSurname: boolean): readonly string[] {
  if (folded.length > PINYIN_CHARACTERS_MAX * 2 || !isHan(folded)) return []
  const cacheKey = startsWithSurname ? `+${folded}` : folded
  const known = cache.get(cacheKey)
  if (known) return known
  const made = makeForms(folded, startsWithSurname)
  const oldest = cache.size >= PINYIN_CACHE_MAX ? cache.keys().next().value : undefined
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(cacheKey, made)
  return made
}

function makeForms(folded: string, startsWithSurname: boolean): string[] {
  const options = { toneType: 'none', type: 'array', v: true } as const
  const readings = [pinyin(folded, { ...options, surname: 'off' })]
  if (startsWithSurname) readings.unshift(pinyin(folded, { ...options, surname: 'head' }))
  const forms = new Set<string>()
  for (const syllables of readings) {
    // A character that the dictionary does not know comes back as itself: such a name has no pinyin.
    if (syllables.length > PINYIN_CHARACTERS_MAX || syllables.some((s) => !/^[a-z]+$/.test(s))) continue
    for (const u of ['v', 'u', 'yu']) forms.add(syllables.map((s) => s.replace('v', u)).join(''))
    forms.add(syllables.map((s) => s[0]).join(''))
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
