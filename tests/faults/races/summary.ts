/** The figures of a race in words, and whether it was sound. */
import type { RaceReport } from './run.ts'

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 10) / 10
}

export function summary(report: RaceReport): { sound: boolean; lines: string[] } {
  const of = (values: number[]) => `p50 ${percentile(values, 0.5)} ms, p95 ${percentile(values, 0.95)} ms (${values.length})`
  const bad =
    report.leaks.length + report.countLeaks + report.failures.length + report.grantsUnseen.length + Object.keys(report.unexpected).length
  const lines = [
    `take-aways: ${Object.entries(report.takeAways)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}; writes meanwhile: ${report.writes}`,
    `answers checked: ${report.responses}; rows checked: ${report.rows}; direct probes: ${report.probes}`,
    `leaks: ${report.leaks.length}; leaks by count or total: ${report.countLeaks}`,
    `acknowledgement: ${of(report.ackMs)}; grant until visible: ${of(report.visibleMs)}; grants never seen: ${report.grantsUnseen.length}`,
    ...report.grantsUnseen.slice(0, 20).map((one) => `UNSEEN ${JSON.stringify(one)}`),
    ...report.leaks.slice(0, 20).map((leak) => `LEAK ${JSON.stringify(leak)}`),
    ...Object.entries(report.unexpected).map(([what, count]) => `UNEXPECTED ${what}: ${count}`),
    ...report.failures.slice(0, 10).map((line) => `FAILURE ${line.slice(0, 600)}`),
    bad === 0 ? 'sound' : 'NOT SOUND',
  ]
  return { sound: bad === 0, lines }
}
