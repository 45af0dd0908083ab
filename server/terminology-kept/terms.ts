/** By which terms a concept is found: parts of its texts and of their sounds, its values, what it stands under. */
import { createHash } from 'node:crypto'
import { fold } from '../search/fold.ts'
import { isRange, type PrefixRule } from '../terminology-service/concept-tree.ts'
import type { Concept } from '../terminology-service/code-system.ts'
import { isSound, namedTexts, soundsWith } from '../terminology-service/words.ts'

/** Characters of a part: a word of so many is answered by its term alone, wherever it stands. */
export const PART = 3
/** Characters of a beginning: of a code, a syllable or a word of another script. A longer word that stands there begins with its first ones. */
export const BEGINNING = 8
/** Characters of a text that are found by. */
const TEXT_MAX = 1000
const VALUE_MAX = 200

export const INACTIVE = '!inactive'
export const ABSTRACT = '!abstract'
/** A part of up to three characters, or a longer beginning: none is both. */
export const partTerm = (part: string): string => `.${part}`
export const underTerm = (code: string): string => `^${code}`
export const childTerm = (parent: string): string => `<${parent}`
export const hasTerm = (property: string): string => `?${property}`
export const valueTerm = (property: string, value: string): string =>
  `=${property}=${value.length > VALUE_MAX ? createHash('sha256').update(value).digest('base64url') : value}`

export interface Placed {
  concept: Concept
  parents: readonly string[]
  ancestors: readonly string[]
  /** of each of its texts, empty where it has none */
  sounds: readonly string[]
}

export function* termsOf({ concept, parents, ancestors, sounds }: Placed, prefix: PrefixRule | undefined): Iterable<string> {
  if (concept.inactive) yield INACTIVE
  if (concept.abstract) yield ABSTRACT
  yield underTerm(concept.code)
  if (prefix && !isRange(concept.code, prefix))
    for (let length = prefix.root; length < concept.code.length; length++) yield underTerm(concept.code.slice(0, length))
  for (const code of ancestors) yield underTerm(code)
  for (const code of parents) yield childTerm(code)
  for (const { code, value } of concept.properties) {
    yield hasTerm(code)
    yield valueTerm(code, textOfValue(value))
  }
  yield* textTerms(concept, sounds)
}

/** A Coding is asked for by its code. */
export const textOfValue = (value: unknown): string =>
  value !== null && typeof value === 'object' ? String((value as { code?: unknown }).code ?? '') : String(value)

function* textTerms(concept: Concept, sounds: readonly string[]): Iterable<string> {
  const { code, texts } = namedTexts(concept)
  yield* beginnings(code, 0, 1)
  const spoken = [concept.display ?? '', ...concept.designations.map(({ value }) => value)]
  for (const [at, text] of texts.entries()) {
    for (const part of partsOf(text.slice(0, TEXT_MAX))) yield partTerm(part)
    for (const start of wordStarts(spoken[at] ?? '', text)) yield* beginnings(text, start, PART + 1)
    const said = sounds[at]
    if (said === undefined || said === '') continue
    const { text: joined, starts, initials } = soundsWith(said.split(' '))
    for (const part of partsOf(initials)) if (isSound(part)) yield partTerm(part)
    for (const start of starts) for (const beginning of beginnings(joined, start, 1)) if (isSound(beginning.slice(1))) yield beginning
  }
}

function* beginnings(text: string, start: number, from: number): Iterable<string> {
  const most = Math.min(BEGINNING, text.length - start)
  for (let length = from; length <= most; length++) yield partTerm(text.slice(start, start + length))
}

const WORD_START = /(?<![a-z0-9])[a-z0-9]/g

/** Where words of letters and numbers begin in the folded text, which has no white space any more. */
function wordStarts(spoken: string, text: string): number[] {
  if (!/[A-Za-z0-9]/.test(spoken)) return []
  const words = spoken.split(/\s+/).map(fold)
  // What is folded otherwise in pieces is found by its parts alone.
  if (words.join('') !== text) return []
  const starts: number[] = []
  let at = 0
  for (const word of words) {
    for (const { index } of word.matchAll(WORD_START)) if (at + index < TEXT_MAX) starts.push(at + index)
    at += word.length
  }
  return starts
}

/** Every stretch of one to three characters. */
function* partsOf(text: string): Iterable<string> {
  const characters = [...text]
  for (let start = 0; start < characters.length; start++)
    for (let length = 1; length <= PART && start + length <= characters.length; length++)
      yield characters.slice(start, start + length).join('')
}

/** The stretches of three of a longer word. */
export function wholeParts(word: string): string[] {
  const characters = [...word]
  return characters.slice(0, characters.length - PART + 1).map((_, start) => characters.slice(start, start + PART).join(''))
}
