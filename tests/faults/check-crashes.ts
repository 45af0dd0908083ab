/** `npm run check:crashes`: twenty times kill -9, of the server and of its database by turns. Exits 1 when anything was lost. */
import { runCrashes } from './crashes/run.ts'
import { crashSummary } from './crashes/summary.ts'
import { runCheck } from './support/check.ts'

await runCheck('crashes', async (dataDir, seed) => {
  const crashes = Number(process.env.CRASHES ?? 20)
  const tableRows = Number(process.env.TABLE_ROWS ?? 3000)
  return crashSummary(await runCrashes({ dataDir, seed, crashes, tableRows, tables: 1, betweenMs: 6000, say: console.log }))
})
