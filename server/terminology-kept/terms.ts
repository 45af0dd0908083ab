/**
 * By which terms a concept is found: parts of its texts and of their sounds, beginnings, its values, what it stands under. Written are only the
 * longest parts and beginnings; those with the same first characters stand together, so that a shorter one is read as all of them.
 */
import { createHash } from 'node:crypto'
import { fold } from '../search/fold.ts'
import { isRange, type PrefixRule } from '../terminology-service/concept-tree.ts'
import type { Concept } from '../terminology-service/code-system.ts'
import { isSound, namedTexts, soundsWith } from '../terminology-service/words.ts'

/** Characters of a part: a word of so many is answered by its term alone, wherever it stands. */
export const PART = 3
/** Characters of a beginning: of a code, a syllable or a word of another script. A longer word that stands there begins with its first ones. */
export const HEAD = 12
/** Characters of a text that are found by. */
const TEXT_MAX = 1000
const VALUE_MAX = 200

/** One character; a part of two or three; a beginning of four to twelve, of a text or of a code; any other term. The kind is the first character of a term. */
export type Kind = '1' | '3' | '4' | '5' | '='
export const KINDS: readonly Kind[] = ['1', '3', '4', '5', '=']

/** To whom the terms of a concept are told, by their kinds. */
export interface TermSink {
  one(character: string): void
  part(part: string): void
  head(beginning: string): void
  codeHead(beginning: string): void
  other(term: string): void
}

/** The characters by which it stands with others: parts by their first two, beginnings by their first four. */
export function keyOf(term: string): string {
  const kind = term.charAt(0)
  if (kind === '4' || kind === '5') return term.slice(0, 5).toWellFormed()
  if (kind !== '3') return term.toWellFormed()
  return isPlain(term) ? term.slice(0, 3) : [...term].slice(0, 3).join('')
}
const isPlain = (text: string): boolean => !/[\ud800-\udfff]/.test(text)

/** Whether only the term itself is meant, not all that begin so. */
export const isWhole = (term: string): boolean => term.charAt(0) === '1' || term.charAt(0) === '='

export const INACTIVE = '=!inactive'
export const ABSTRACT = '=!abstract'
/** Of one to three characters. */
export const partTerm = (part: string): string => ([...part].length === 1 ? `1${part}` : `3${part}`)
/** Of four characters or more. */
export const headTerm = (word: string): string => `4${word.slice(0, HEAD)}`
export const codeHeadTerm = (word: string): string => `5${word.slice(0, HEAD)}`
export const underTerm = (code: string): string => `=^${code}`
export const childTerm = (parent: string): string => `=<${parent}`
export const hasTerm = (property: string): string => `=?${property}`
export const valueTerm = (property: string, value: string): string =>
  `==${property}=${value.length > VALUE_MAX ? createHash('sha256').update(value).digest('base64url') : value}`

export interface Placed {
  concept: Concept
  parents: readonly string[]
  ancestors: readonly string[]
  /** of each of its texts, empty where it has none */
  sounds: readonly string[]
}

export function tellTerms({ concept, parents, ancestors, sounds }: Placed, prefix: PrefixRule | undefined, sink: TermSink): void {
  const { code } = concept
  const tell = (term: string) => sink.other(term.slice(1))
  if (concept.inactive) tell(INACTIVE)
  if (concept.abstract) tell(ABSTRACT)
  tell(underTerm(code))
  if (prefix && !isRange(code, prefix))
    for (let length = prefix.root; length < code.length; length++) tell(underTerm(code.slice(0, length)))
  for (const one of ancestors) tell(underTerm(one))
  for (const one of parents) tell(childTerm(one))
  for (const { code: property, value } of concept.properties) {
    tell(hasTerm(property))
    tell(valueTerm(property, textOfValue(value)))
  }
  tellTexts(concept, sounds, sink)
}

/** A Coding is asked for by its code. */
export const textOfValue = (value: unknown): string =>
  value !== null && typeof value === 'object' ? String((value as { code?: unknown }).code ?? '') : String(value)

function tellTexts(concept: Concept, sounds: readonly string[], sink: TermSink): void {
  const { code, texts } = namedTexts(concept)
  tellBeginning(code, 0, { ...sink, head: sink.codeHead })
  for (const [at, text] of texts.entries()) {
    tellParts(text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text, sink)
    const spoken = at === 0 ? (concept.display ?? '') : (concept.designations[at - 1]?.value ?? '')
    for (const start of wordStarts(spoken, text)) tellHead(text, start, sink)
    const said = sounds[at]
    if (said === undefined || said === '') continue
    const { text: joined, starts, initials } = soundsWith(said.split(' '))
    // What has no sound is written as it is: words with it are no sounds, and are looked for in the text.
    for (const stretch of initials.split(NO_SOUND)) tellParts(stretch, sink)
    for (const start of starts) tellBeginning(isSound(joined) ? joined : heard(joined, start), isSound(joined) ? start : 0, sink)
  }
}

const NO_SOUND = /[^a-z0-9]+/
/** From a place on, as far as it can be said. */
const heard = (joined: string, start: number): string => joined.slice(start).split(NO_SOUND)[0] ?? ''

function tellBeginning(text: string, start: number, sink: TermSink): void {
  if (start >= text.length) return
  if (start + 1 === text.length || !isPlain(text)) tellFirst([...text.slice(start, start + 2 * PART)], sink)
  else {
    sink.one(text.charAt(start))
    sink.part(text.slice(start, start + PART))
  }
  tellHead(text, start, sink)
}

function tellFirst(characters: readonly string[], sink: TermSink): void {
  sink.one(characters[0] as string)
  if (characters.length > 1) sink.part(characters.slice(0, PART).join(''))
}

function tellHead(text: string, start: number, sink: TermSink): void {
  if (text.length - start > PART) sink.head(text.slice(start, start + HEAD))
}

/** Every stretch of up to three characters. */
function tellParts(text: string, sink: TermSink): void {
  if (!isPlain(text)) {
    const characters = [...text]
    for (let start = 0; start < characters.length; start++) tellFirst(characters.slice(start, start + PART), sink)
    return
  }
  for (let start = 0; start < text.length; start++) {
    sink.one(text.charAt(start))
    if (start + 1 < text.length) sink.part(text.slice(start, start + PART))
  }
}

const WORD_START = /(?<![a-z0-9])[a-z0-9]/g

/** Where words of letters and numbers begin in the folded text, which has no white space any more. */
function wordStarts(spoken: string, text: string): readonly number[] {
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

/** The stretches of three of a longer word. */
export function wholeParts(word: string): string[] {
  const characters = [...word]
  return characters.slice(0, characters.length - PART + 1).map((_, start) => characters.slice(start, start + PART).join(''))
}
