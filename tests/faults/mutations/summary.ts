/** The figures of the broken payloads in words, and whether none did harm. */
import type { MutationReport } from './run.ts'

export function mutationSummary(report: MutationReport): { sound: boolean; lines: string[] } {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')
  const sound = report.problems.length === 0
  return {
    sound,
    lines: [
      `broken payloads: ${report.sent} (${list(report.kinds)})`,
      `answers by status: ${list(report.statuses)}; slowest ${report.slowestMs} ms`,
      `sound payloads between them, each the same as on a fresh server: ${report.good}; payloads kept: ${report.payloads}`,
      `highest resident memory of the server: ${report.peakMb} MB`,
      ...report.problems.slice(0, 40).map((problem) => `PROBLEM ${problem}`),
      sound ? 'sound' : 'NOT SOUND',
    ],
  }
}
