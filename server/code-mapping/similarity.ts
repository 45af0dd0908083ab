/** How alike two names are: by their characters, and by how they sound, so that 白血球计数 meets 白细胞计数 and a typing slip its word. */
import { fold } from '../search/fold.ts'
import { pinyinForms } from '../search/pinyin.ts'

/** Longer names are compared by their beginnings. */
const COMPARED_MAX = 60
/** Sound alone is weaker than writing: many words sound alike. */
const SOUND_WEIGHT = 0.85
const PARTS_CACHE_MAX = 50_000
const CACHED_LENGTH_MAX = 200

interface Parts {
  folded: string
  pairs: ReadonlyMap<string, number>
  sound: ReadonlyMap<string, number>
}

const known = new Map<string, Parts>()

function partsOf(name: string): Parts {
  const kept = known.get(name)
  if (kept) return kept
  const folded = fold(name).slice(0, COMPARED_MAX)
  const plain = folded.replace(/[^\p{L}\p{N}]/gu, '')
  const made = { folded, pairs: pairsOf(plain), sound: pairsOf(pinyinForms(plain, false)[0] ?? '') }
  if (name.length > CACHED_LENGTH_MAX) return made
  if (known.size >= PARTS_CACHE_MAX) known.clear()
  known.set(name, made)
  return made
}

/** Neighbours of characters and how often they come; a single character is its own. */
function pairsOf(text: string): Map<string, number> {
  const letters = [...text]
  const pairs = new Map<string, number>()
  const add = (pair: string) => pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  if (letters.length === 1) add(letters[0] as string)
  for (let at = 1; at < letters.length; at++) add(`${letters[at - 1]}${letters[at]}`)
  return pairs
}

/** Sørensen–Dice: 1 for the same pairs, 0 for none in common. */
function dice(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let common = 0
  let all = 0
  for (const [pair, count] of a) {
    all += count
    common += Math.min(count, b.get(pair) ?? 0)
  }
  for (const count of b.values()) all += count
  return all === 0 ? 0 : (2 * common) / all
}

/** 0 to 1; 1 for the same name as search folds it. */
export function similarity(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)]
  if (one.folded === '' || other.folded === '') return 0
  if (one.folded === other.folded) return 1
  return Math.max(dice(one.pairs, other.pairs), SOUND_WEIGHT * dice(one.sound, other.sound))
}
