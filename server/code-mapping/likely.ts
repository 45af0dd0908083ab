/**
 * Concepts of a large code system whose names may be like a given one, found by questions that its index answers at once: stretches
 * of at most three characters that the names have in common, all of them, all but one, then two; and the same of what is heard.
 */
import { fold } from '../search/fold.ts'
import type { CodeSystem, Concept } from '../terminology-service/code-system.ts'
import { syllablesOf } from '../terminology-service/words.ts'
import { MAPPING_BOUNDS } from './bounds.ts'

/** Stretches that are asked for: a longer name is looked for by its rarest ones. */
const PARTS_MAX = 12
const PAIRED_MAX = 6
/** characters of a part that has a term of its own (docs/terminology.md) */
const PART = 3
const HAN = /\p{Script=Han}/u
const STRETCHES = /\p{Script=Han}+|[\p{L}\p{N}]+/gu

/** @param isOn false: what was found until then has to do */
export async function* likelyIn(system: CodeSystem, name: string, isOn: () => boolean): AsyncGenerator<readonly Concept[]> {
  const page = system.page?.bind(system)
  if (!page) return
  const ask = (words: readonly string[], count: number) =>
    page({ filters: [], text: words.join(' '), offset: 0, count, activeOnly: true, selectableOnly: true })
  const folded = fold(name)
  const ways = [partsOf(folded), soundsOf(folded)]
  let left: number = MAPPING_BOUNDS.likelyMax
  for (const parts of ways) {
    const present: { part: string; total: number }[] = []
    for (const part of parts) {
      if (!isOn()) return
      // A number that is not told is one that takes long to count.
      const { total = Number.MAX_SAFE_INTEGER } = await ask([part], 0)
      if (total > 0) present.push({ part, total })
    }
    const rarest = present.sort((a, b) => a.total - b.total).map(({ part }) => part)
    for (const words of questionsOf(rarest.slice(0, PARTS_MAX))) {
      if (!isOn() || left <= 0) return
      const { concepts } = await ask(words, MAPPING_BOUNDS.likelyPage)
      left -= concepts.length
      if (concepts.length > 0) yield concepts
    }
  }
}

/** What asks for more comes first: who has the most in common with the name is among the first that are found. */
function* questionsOf(parts: readonly string[]): Generator<string[]> {
  if (parts.length === 0) return
  yield [...parts]
  if (parts.length > 2) for (const without of parts) yield parts.filter((part) => part !== without)
  const first = parts.slice(0, PAIRED_MAX)
  if (parts.length > 3) for (const [at, one] of first.entries()) for (const other of first.slice(at + 1)) yield [one, other]
  if (parts.length > 1) for (const one of first) yield [one]
}

/** Neighbouring characters of Chinese, three letters of others. */
function partsOf(folded: string): string[] {
  const parts = [...folded.matchAll(STRETCHES)].flatMap(([stretch]) => pieces(stretch, HAN.test(stretch) ? 2 : PART))
  return [...new Set(parts)]
}

function pieces(stretch: string, length: number): string[] {
  const characters = [...stretch]
  if (characters.length <= length) return [stretch]
  return characters.slice(length - 1).map((_, at) => characters.slice(at, at + length).join(''))
}

/** The beginnings of syllables. */
function soundsOf(folded: string): string[] {
  if (!HAN.test(folded)) return []
  const syllables = syllablesOf(folded.replace(/[^\p{L}\p{N}]/gu, '')).filter((one) => /^[a-z0-9]+$/.test(one))
  return [...new Set(syllables.map((one) => one.slice(0, PART)))]
}
