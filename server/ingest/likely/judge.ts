/** What becomes of two records: linked, asked about, or nothing. Pure. */
import type { Levels } from './compare.ts'
import type { Thresholds } from './thresholds.ts'

/** Why a clerk is asked although much agrees, or just because too little does. */
export type Doubt = 'between' | 'name' | 'birth-date' | 'one-organization' | 'written-by-client' | 'several' | 'conflict' | 'too-many'

export interface PairFacts {
  levels: Levels
  score: number
  /** both records are of one organisation: it has two patient numbers for them */
  sameDomain: boolean
  /** one of them was written over REST */
  written: boolean
}

export type Verdict = { kind: 'link' } | { kind: 'ask'; doubt: Doubt } | { kind: 'none' }

/**
 * The sum alone does not link: twins, and a newborn and its record under its own name, agree in nearly all. A link needs the name, as it is
 * written or as it sounds, and a birth date that does not contradict, or the document.
 */
export function judge({ levels, score, sameDomain, written }: PairFacts, { link, review }: Thresholds): Verdict {
  const isNamed = levels.name === 'same' || levels.name === 'short' || levels.name === 'sound'
  const isDocumented = levels.document === 'same' || levels.document === 'near'
  // A house and its telephone are shared by a family: neither the name nor the birth date agrees, or neither the name nor the sex.
  const isRelative = !isNamed && !isDocumented && (levels.birthDate === 'different' || levels.gender === 'different')
  if (score < review || isRelative) return { kind: 'none' }
  const ask = (doubt: Doubt): Verdict => ({ kind: 'ask', doubt })
  if (score < link) return ask('between')
  if (!isNamed) return ask('name')
  const isBorn = levels.birthDate === 'same' || levels.birthDate === 'near'
  if (!isBorn && !isDocumented) return ask('birth-date')
  // Two numbers in one house under names that sound alike: twins more often than a slip.
  if (sameDomain && levels.name === 'sound') return ask('one-organization')
  if (written) return ask('written-by-client')
  return { kind: 'link' }
}
