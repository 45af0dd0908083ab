/**
 * `npm run check:batch [-- ROWS KILLS] [--results-first] [--seed N]`: a laboratory table of that many rows (1,000,000), and that many times
 * kill -9 of the server (20). Exits 1 when a row stands not exactly once, or memory grows with the rows.
 */
import { runBatch } from './batch/run.ts'
import { batchSummary } from './batch/summary.ts'
import { numbersOf } from './support/arguments.ts'
import { runCheck, withMongod } from './support/check.ts'

const [rows = 1_000_000, kills = 20] = numbersOf(process.argv.slice(2))
const resultsFirst = process.argv.includes('--results-first')

await runCheck('batch', (dataDir, seed) =>
  withMongod(dataDir, async (mongodbUri) =>
    batchSummary(
      await runBatch({ mongodbUri, database: 'batch', dataDir, seed, rows, kills, resultsFirst, leasesLapse: true, say: console.log }),
    ),
  ),
)
