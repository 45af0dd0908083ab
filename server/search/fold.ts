/** Folding of strings for search: what a person who types a name does not want to have to know. */
import { Converter } from 'opencc-js/t2cn'
import { ownText } from '../fhir/own-text.ts'
import { FOLD_CACHE_MAX, NAME_TEXT_MAX, TEXT_LENGTH_MAX } from './limits.ts'

const toSimplified = Converter({ from: 't', to: 'cn' })
const simplified = new Map<string, string>()

const PLAIN_ASCII = /^[a-z0-9.,:;/()-]*$/
const HAN = /\p{Script=Han}/u
/** White space of every kind and the dots between the parts of a transcribed name (阿依古丽·买买提). */
const REMOVED = /[\s\u200b-\u200d\ufeff·・•‧⋅∙⸱ꞏ]/gu
const MARKS = /\p{Mn}/gu
/** Letters whose capitals are those of others, so that lower case alone does not make them equal: Weiß and WEISS, the sigma at a word's end (Unicode, CaseFolding.txt). */
const ONE_CAPITAL: Readonly<Record<string, string>> = { ß: 'ss', ς: 'σ' }
/** Neither width nor compatibility forms nor marks: only characters to simplify. */
const PLAIN_HAN = /^[a-z0-9\u4e00-\u9fff]+$/

/**
 * The form under which a string is searched: width and compatibility forms (NFKC), case, accents, traditional to simplified
 * characters one by one, no white space, no middle dots. The same function runs on stored values and on search values.
 */
export function fold(text: string): string {
  const known = folded.get(text)
  if (known !== undefined) return known
  const made = makeFolded(text)
  if (text.length <= CACHED_LENGTH_MAX) {
    if (folded.size >= FOLD_CACHE_MAX) folded.clear()
    folded.set(ownText(text), ownText(made))
  }
  return made
}

/** Names, towns and displays come again and again, also within one resource (name, family, given). */
const folded = new Map<string, string>()
const CACHED_LENGTH_MAX = 40

function makeFolded(text: string): string {
  const lower = text.toLowerCase()
  if (PLAIN_ASCII.test(lower)) return lower
  if (PLAIN_HAN.test(lower)) return simplifyAll(lower)
  const wide = caseless(lower.normalize('NFKC')).replace(REMOVED, '')
  const bare = wide.normalize('NFD').replace(MARKS, '').normalize('NFC')
  return HAN.test(bare) ? simplifyAll(bare) : bare
}

const caseless = (text: string): string => text.toLowerCase().replace(/[ßς]/g, (letter) => ONE_CAPITAL[letter] ?? letter)

/** What people write between the parts of a name, in one way or another: `O’Brien`, `Jian-guo`, 买买提.艾力. */
const BETWEEN_NAMES = /[.．'’‘ʼ＇\-‐‑‒–—]/g
const PARTS = /[\s·・･•‧⋅∙⸱ꞏ.．]+/u

/** The form under which a name is searched: no dots, hyphens or apostrophes either. */
export function foldName(name: string): string {
  return fold(name.slice(0, NAME_TEXT_MAX)).replace(BETWEEN_NAMES, '')
}

const PUNCTUATION = /\p{P}/gu

/** As it is looked for: brackets and all other punctuation are ignored (R4 search.html#string), 北京协和医院（东院） as 北京协和医院东院. */
export const foldSoughtName = (name: string): string => foldName(name).replace(PUNCTUATION, '')

/** The parts of a name, as they stand between spaces and dots, each folded. */
export function partsOfName(name: string): string[] {
  return name
    .slice(0, NAME_TEXT_MAX)
    .split(PARTS)
    .map(foldSoughtName)
    .filter((part) => part !== '')
}

/** Text in which words are looked for, folded alike: white space and dots stay, they tell where words end. */
export function foldText(text: string): string {
  const lower = text.toLowerCase()
  if (ASCII.test(lower)) return lower
  // One character may stand for eighteen.
  const wide = caseless(lower.normalize('NFKC').slice(0, TEXT_LENGTH_MAX)).replace(INVISIBLE, '')
  const bare = wide.normalize('NFD').replace(MARKS, '').normalize('NFC')
  return HAN.test(bare) ? simplifyAll(bare) : bare
}

const ASCII = /^[\0-\x7f]*$/
const INVISIBLE = /[\u200b-\u200d\ufeff\u00ad]/g

function simplifyAll(text: string): string {
  let out = ''
  for (const character of text) out += character < '\u2e80' ? character : simplify(character)
  return out
}

/** Character by character, so that the two sides agree whatever stands around (a phrase dictionary would not). */
function simplify(character: string): string {
  const known = simplified.get(character)
  if (known !== undefined) return known
  const made = toSimplified(character)
  simplified.set(character, made)
  return made
}

export const hasHan = (folded: string): boolean => HAN.test(folded)

/** True when the folded text is made of Han characters alone. */
export function isHan(folded: string): boolean {
  return /^\p{Script=Han}+$/u.test(folded)
}
