/**
 * What agreement and contradiction are worth (Fellegi and Sunter): the binary logarithm of how much oftener two records of one person are at
 * this level than two of strangers. The table is data, estimated by `npm run build:link-weights` (docs/linking.md).
 */
import { readFileSync } from 'node:fs'
import { type Levels, TRAITS, type Trait } from './compare.ts'
import type { Thresholds } from './thresholds.ts'

export interface Weight {
  /** share of pairs of one person, and of two, at this level */
  m: number
  u: number
  weight: number
}

export interface WeightTable {
  version: string
  weights: Record<Trait, Record<string, Weight>>
  thresholds: Thresholds
}

export const WEIGHTS = JSON.parse(readFileSync(new URL('weights.data.json', import.meta.url), 'utf8')) as WeightTable

/** In bits, one digit behind the point. What one of the two does not say counts nothing. */
export function scoreOf(levels: Levels, { weights }: Pick<WeightTable, 'weights'> = WEIGHTS): number {
  let sum = 0
  for (const trait of TRAITS) {
    const level = levels[trait]
    if (level !== undefined) sum += weights[trait][level]?.weight ?? 0
  }
  return Math.round(sum * 10) / 10
}
