/** The figures of a batch in words, and whether all of it stands once. */
import type { Tenth } from './progress.ts'
import type { BatchReport } from './run.ts'

/** Memory may go up and down by so much with what is collected when; more is growth. */
const GROWTH_MB_MAX = 150
const GROWTH_SHARE_MAX = 0.35

export function batchSummary(report: BatchReport): { sound: boolean; lines: string[] } {
  const { tenths, found, kills } = report
  const problems = [...report.problems, ...growthIn(tenths)]
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return {
    sound: problems.length === 0,
    lines: [
      `rows: ${report.rows}; kills: ${kills.length}; from the upload to the receipt ${Math.round(report.workMs / 1000)} s`,
      ...kills.map(({ at, resumedAfterMs }) => `killed ${at}${resumedAfterMs > 0 ? `, went on after ${resumedAfterMs} ms` : ''}`),
      row(['up to row', 'rows/s while it went on', 'resident MB']),
      row(['---', '---', '---']),
      ...tenths.map(({ rows, rowsPerSecond, mb }) => row([rows, rowsPerSecond, mb])),
      `highest resident memory: ${report.peakMb} MB`,
      `results ${found.observations}, reports ${found.reports}, patients ${found.patients}, Provenance ${found.provenances}; receipt ${JSON.stringify(found.receipt)}`,
      `largest documents: ${found.largest.map(({ collection, bytes }) => `${collection} ${bytes}`).join(', ')} bytes`,
      ...problems.slice(0, 40).map((problem) => `PROBLEM ${problem}`),
      problems.length === 0 ? 'sound' : 'NOT SOUND',
    ],
  }
}

/** Of the process that did most of it: one that has just begun takes little yet, whenever it begins. */
function growthIn(tenths: readonly Tenth[]): string[] {
  const lives = [...Map.groupBy(tenths, ({ life }) => life)].flatMap(([life, own]) => (life === undefined ? [] : [own]))
  const [, second, ...others] = lives.sort((a, b) => b.length - a.length)[0] ?? []
  const last = others.at(-1)
  if (!second || !last) return []
  const grown = last.mb - second.mb
  const isFlat = grown <= Math.max(GROWTH_MB_MAX, second.mb * GROWTH_SHARE_MAX)
  return isFlat ? [] : [`resident memory grew by ${grown} MB between the second and the last tenth of one process`]
}
