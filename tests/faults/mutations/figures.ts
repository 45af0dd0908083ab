/** What is measured of one format. */
import { type Counts, NONE } from './balance.ts'
import type { Outcome } from './exchange.ts'

export interface Figures {
  sent: number
  kinds: Record<string, number>
  answers: Record<string, number>
  /** milliseconds from the first byte to the answer, one of each payload */
  ms: number[]
  /** sent once more alone, because the first time took longer than is allowed */
  slow: number
  /** longest time that the server computed without looking at anything else, ms */
  stallMs: number
  /** of the payloads in the inbox */
  counts: Counts
}

export const noFigures = (): Figures => ({ sent: 0, kinds: {}, answers: {}, ms: [], slow: 0, stallMs: 0, counts: { ...NONE } })

export function note(figures: Figures, kind: string, outcome: Outcome): void {
  figures.sent++
  figures.kinds[kind] = (figures.kinds[kind] ?? 0) + 1
  figures.answers[outcome.answer] = (figures.answers[outcome.answer] ?? 0) + 1
  figures.ms.push(outcome.ms)
}

export function addCounts(figures: Figures, counts: Counts): void {
  for (const name of Object.keys(counts) as (keyof Counts)[]) figures.counts[name] += counts[name]
}
