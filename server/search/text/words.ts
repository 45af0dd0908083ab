/**
 * Words of text in Chinese and in scripts that write spaces, for `_text` and `_content`; see docs/decisions/0011. Chinese has no
 * spaces: its words are those of ICU's dictionary, which knows few of medicine and splits the others into pieces. So what
 * stands side by side is a word too, two by two: 肺|栓塞 is found as 肺栓塞, and 京大 is not found in 北京|大学.
 */
import { ownText } from '../../fhir/own-text.ts'
import { foldText } from '../fold.ts'
import { SEGMENT_CACHE_MAX, SEGMENT_CACHED_LENGTH_MAX, WORD_LENGTH_MAX } from '../limits.ts'

/** Letters and digits without white space or punctuation between them, but for what stands inside words (`COVID-19`, `7.2`). */
const RUN = /[\p{L}\p{N}\p{M}]+(?:[-'’·.][\p{L}\p{N}\p{M}]+)*/gu
/** In a run: Chinese, a decimal number, another word. */
const PART = /\p{Script=Han}+|\p{N}+(?:\.\p{N}+)+|(?:(?!\p{Script=Han})[\p{L}\p{N}\p{M}])+/gu
const HAN = /^\p{Script=Han}/u

/** The runs of a text, each as its words in order. */
export function runsOf(text: string): string[][] {
  return [...foldText(text).matchAll(RUN)].map(([run]) => wordsIn(run))
}

function wordsIn(run: string): string[] {
  return [...run.matchAll(PART)].flatMap(([part]) => (HAN.test(part) ? segments(part) : [part]))
}

/** Two words side by side, as one; numbers stay apart (`3-5` is no 35). */
export const joined = (left: string, right: string): string =>
  /\p{N}$/u.test(left) && /^\p{N}/u.test(right) ? `${left}-${right}` : left + right

/** Calls `add` with everything that is found in the text, each behind `prefix`, until it says that this is enough. */
export function eachWord(text: string, prefix: string, add: (word: string) => boolean): boolean {
  if (text.length > SEGMENT_CACHED_LENGTH_MAX) return eachWordIn(text, (word) => add(prefix + word))
  for (const word of wordsOf(text, prefix)) if (!add(word)) return false
  return true
}

/** by prefix */
const wordedAll = new Map<string, Map<string, readonly string[]>>()

/** Names of codes, units and people come again and again. */
function wordsOf(text: string, prefix: string): readonly string[] {
  const worded = wordedAll.get(prefix) ?? new Map<string, readonly string[]>()
  wordedAll.set(prefix, worded)
  const known = worded.get(text)
  if (known) return known
  const made: string[] = []
  eachWordIn(text, (word) => made.push(prefix + word) > 0)
  if (worded.size >= SEGMENT_CACHE_MAX) worded.clear()
  worded.set(text, made)
  return made
}

function eachWordIn(text: string, add: (word: string) => boolean): boolean {
  for (const [run] of foldText(text).matchAll(RUN)) {
    let before: string | undefined
    for (const word of wordsIn(run)) {
      if (!take(word, add) || !piecesOf(word).every(add)) return false
      if (before !== undefined && !take(joined(before, word), add)) return false
      before = word
    }
  }
  return true
}

const take = (word: string, add: (word: string) => boolean): boolean => word.length > WORD_LENGTH_MAX || add(word)

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })
const segmented = new Map<string, readonly string[]>()

/** The words of a stretch of Chinese characters. Displays and phrases come again and again. */
function segments(han: string): readonly string[] {
  const known = segmented.get(han)
  if (known) return known
  if (han.length > SEGMENT_CACHED_LENGTH_MAX) return segmentsOf(han)
  const kept = ownText(han)
  const made = segmentsOf(kept)
  if (segmented.size >= SEGMENT_CACHE_MAX) segmented.clear()
  segmented.set(kept, made)
  return made
}

const segmentsOf = (han: string): string[] => Array.from(segmenter.segment(han), ({ segment }) => segment)

const NONE: readonly string[] = []
const pieces = new Map<string, readonly string[]>()

/**
 * Words of the dictionary that a longer one of it is made of: 病理解剖 is 病理 and 解剖, 脑出血 has 出血 in it. Where the last
 * two characters of three are a word and the first two are one as well (内科学), only the first two count.
 */
function piecesOf(word: string): readonly string[] {
  if (word.length < 3 || !HAN.test(word)) return NONE
  const known = pieces.get(word)
  if (known) return known
  const made = takenApart(Array.from(word))
  if (pieces.size >= SEGMENT_CACHE_MAX) pieces.clear()
  pieces.set(word, made)
  return made
}

function takenApart(characters: readonly string[]): string[] {
  const part = (from: number, to: number) => characters.slice(from, to).join('')
  const { length } = characters
  for (let at = 2; at <= length - 2; at++)
    if (isWord(part(0, at)) && isWord(part(at, length))) return [part(0, at), part(at, length)].flatMap((one) => [one, ...piecesOf(one)])
  const inner = length < 3 ? [] : [part(0, length - 1), part(1, length)]
  const found = inner.find(isWord)
  return found === undefined ? [] : [found, ...piecesOf(found)]
}

const isWord = (text: string): boolean => segments(text).length === 1
