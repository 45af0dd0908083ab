/** The `filter` of $expand: what a person types to find a code — parts of its words, the code, full pinyin or initials. */
import { pinyin } from 'pinyin-pro'
import { fold } from '../search/fold.ts'
import type { Designation } from './resources.ts'

interface Named {
  code: string
  display?: string
  designations: readonly Designation[]
}

interface Sounds {
  /** syllables joined, and where each begins */
  text: string
  starts: readonly number[]
  initials: string
}

const STRETCH = /\p{Script=Han}+|[a-z0-9]+/gu
const HAN = /\p{Script=Han}/u
const LATIN = /^[a-z0-9]+$/
/** Longer texts are searched as they are written. */
const SOUND_LENGTH_MAX = 100
const CACHE_MAX = 50_000
const known = new Map<string, Sounds>()

/** Folded once: a large system is gone through again and again. */
const foldedTexts = new WeakMap<Named, { code: string; texts: readonly string[] }>()

/** Code, display and designations as they are searched. */
export function namedTexts(one: Named): { code: string; texts: readonly string[] } {
  const kept = foldedTexts.get(one)
  if (kept) return kept
  const made = { code: fold(one.code), texts: [one.display ?? '', ...one.designations.map(({ value }) => value)].map(fold) }
  foldedTexts.set(one, made)
  return made
}

let last: { filter: string; words: readonly string[] } | undefined

/** One filter is asked of every concept. */
export function wordsOf(filter: string): readonly string[] {
  if (last?.filter !== filter) {
    const words = filter.trim().split(/\s+/).map(wordOf)
    last = { filter, words: words.filter((word) => word !== '') }
  }
  return last.words
}

/** With a consonant at the beginning of each syllable, as all with ü have; the last one may be only begun. */
const PINYIN = /^(?:[bpmfdtnlgkhjqxrzcsyw]h?[aeiouv]+(?:ng?|r)?)+(?:[bpmfdtnlgkhjqxrzcsyw]h?)?$/

/** `nü` and `nǚ` are said to be `nv` where the word is pinyin at all; elsewhere (Nürnberg) they are letters with marks. */
function wordOf(typed: string): string {
  const spoken = fold(typed.normalize('NFC').replace(/[üǖǘǚǜ]/gi, 'v'))
  return PINYIN.test(spoken) ? spoken : fold(typed)
}

/** Each word of the filter must be found, in whatever order. */
export function hasWords(one: Named, filter: string): boolean {
  const words = wordsOf(filter)
  if (words.length === 0) return true
  const { code, texts } = namedTexts(one)
  return words.every((word) => code.startsWith(word) || texts.some((text) => text.includes(word) || sounds(text, word)))
}

/** From the beginning of a syllable on: `xueya` is in 高血压, `ueya` is not. */
function sounds(text: string, word: string): boolean {
  if (!isSound(word) || !hasSounds(text)) return false
  const of = soundsOf(text)
  return of.initials.includes(word) || of.starts.some((start) => of.text.startsWith(word, start))
}

export const isSound = (word: string): boolean => LATIN.test(word)
const hasSounds = (text: string): boolean => text.length <= SOUND_LENGTH_MAX && HAN.test(text)

/** The pinyin of a folded text, syllable by syllable; none where it has no Chinese characters, or is too long to be said. */
export function syllablesOf(text: string): readonly string[] {
  if (!hasSounds(text)) return []
  return [...text.matchAll(STRETCH)].flatMap(([stretch]) =>
    HAN.test(stretch) ? pinyin(stretch, { toneType: 'none', type: 'array', v: true }) : [stretch],
  )
}

export function soundsWith(syllables: readonly string[]): Sounds {
  const starts: number[] = []
  let joined = ''
  for (const syllable of syllables) {
    starts.push(joined.length)
    joined += syllable
  }
  return { text: joined, starts, initials: syllables.map((one) => (LATIN.test(one) ? one.charAt(0) : one)).join('') }
}

function soundsOf(text: string): Sounds {
  return known.get(text) ?? learn(text, syllablesOf(text))
}

/** What somebody has kept of a text: it need not be worked out again. */
export function learn(text: string, syllables: readonly string[]): Sounds {
  const sounds = soundsWith(syllables)
  if (known.size >= CACHE_MAX) known.clear()
  known.set(text, sounds)
  return sounds
}
