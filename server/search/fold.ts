/** Folding of strings for search: what a person who types a name does not want to have to know. */
import { Converter } from 'opencc-js/t2cn'

const toSimplified = Converter({ from: 't', to: 'cn' })
const simplified = new Map<string, string>()

const PLAIN_ASCII = /^[a-z0-9.,:;/()-]*$/
const HAN = /\p{Script=Han}/u
/** White space of every kind and the dots between the parts of a transcribed name (阿依古丽·买买提). */
const REMOVED = /[\s\u200b-\u200d\ufeff·・•‧⋅]/gu
const MARKS = /\p{Mn}/gu
const HAN_ALL = /\p{Script=Han}/gu

/**
 * The form under which a string is searched: width and compatibility forms (NFKC), case, accents, traditional to simplified
 * characters one by one, no white space, no middle dots. The same function runs on stored values and on search values.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase()
  if (PLAIN_ASCII.test(lower)) return lower
  const wide = lower.normalize('NFKC').toLowerCase().replace(REMOVED, '')
  const bare = wide.normalize('NFD').replace(MARKS, '').normalize('NFC')
  return HAN.test(bare) ? bare.replace(HAN_ALL, simplify) : bare
}

/** Character by character, so that the two sides agree whatever stands around (a phrase dictionary would not). */
function simplify(character: string): string {
  const known = simplified.get(character)
  if (known !== undefined) return known
  const made = toSimplified(character)
  simplified.set(character, made)
  return made
}

/** True when the folded text is made of Han characters alone. */
export function isHan(folded: string): boolean {
  return /^\p{Script=Han}+$/u.test(folded)
}
