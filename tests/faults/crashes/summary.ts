/** The figures of the crashes in words, and whether all was sound. */
import { percentile } from '../races/summary.ts'
import type { CrashReport } from './run.ts'

export function crashSummary(report: CrashReport): { sound: boolean; lines: string[] } {
  const { findings, recoveryMs } = report
  const bad = findings.problems.length + Object.keys(report.odd).length + report.failures.length + report.consents.notInForce.length
  const of = (values: number[]) => `p50 ${percentile(values, 0.5)} ms, highest ${percentile(values, 1)} ms`
  const lines = [
    `crashes: server ${report.crashes.server} (ready again: ${of(recoveryMs.server)}), mongod ${report.crashes.mongod} (${of(recoveryMs.mongod)})`,
    `sent: ${report.sent}; acknowledged: ${JSON.stringify(report.acknowledged)}; attempts without an answer: ${report.broken}; consent changes: ${report.consents.changes}`,
    `checked: ${JSON.stringify(findings.checked)}`,
    `labels made anew: ${findings.labels.documents} documents, ${findings.labels.drifts.length} drifts; overlay: ${JSON.stringify(findings.labels.overlay)}`,
    `audit: ${findings.audit.entries} entries in ${findings.audit.chains} chains, ${findings.audit.problems.length} problems`,
    ...findings.problems.slice(0, 30).map((problem) => `PROBLEM ${problem}`),
    ...report.consents.notInForce.map((problem) => `PROBLEM ${problem}`),
    ...Object.entries(report.odd).map(([what, count]) => `UNEXPECTED ${what}: ${count}`),
    ...report.failures.slice(0, 10).map((line) => `FAILURE ${line.slice(0, 600)}`),
    bad === 0 ? 'sound' : 'NOT SOUND',
  ]
  return { sound: bad === 0, lines }
}
