/** The figures of the broken payloads as a table, and whether none did harm. */
import { percentile } from '../races/summary.ts'
import type { Figures } from './figures.ts'
import type { MutationReport } from './run.ts'

const SLOW_MS = 1000

const COLUMNS: readonly [string, (figures: Figures) => string | number][] = [
  ['sent', ({ sent }) => sent],
  ['in the inbox', ({ counts }) => counts.payloads],
  ['records', ({ counts }) => counts.records],
  ['stored', ({ counts }) => counts.stored],
  ['with issues', ({ counts }) => counts.storedWithIssues],
  ['unchanged', ({ counts }) => counts.unchanged],
  ['waiting', ({ counts }) => counts.waiting],
  ['quarantined', ({ counts }) => counts.quarantined],
  ['nothing', ({ counts }) => counts.nothing],
  ['p50 ms', ({ ms }) => percentile(ms, 0.5)],
  ['p99 ms', ({ ms }) => percentile(ms, 0.99)],
  ['slowest ms', ({ ms }) => percentile(ms, 1)],
  ['over 1 s', ({ ms }) => ms.filter((one) => one > SLOW_MS).length],
  ['longest stall ms', ({ stallMs }) => stallMs],
]

export function mutationSummary(report: MutationReport): { sound: boolean; lines: string[] } {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')
  const sound = report.problems.length === 0
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return {
    sound,
    lines: [
      row(['format', ...COLUMNS.map(([name]) => name)]),
      row(['---', ...COLUMNS.map(() => '---')]),
      ...Object.entries(report.formats).map(([name, figures]) => row([name, ...COLUMNS.map(([, value]) => value(figures))])),
      ...Object.entries(report.formats).map(([name, { answers, kinds }]) => `${name}: answers ${list(answers)}; kinds ${list(kinds)}`),
      `sound payloads between them, each the same as on a fresh server: ${report.good}`,
      `highest resident memory of the server: ${report.peakMb} MB`,
      ...report.problems.slice(0, 60).map((problem) => `PROBLEM ${problem}`),
      sound ? 'sound' : `NOT SOUND: ${report.problems.length} problems`,
    ],
  }
}
