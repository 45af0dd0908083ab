/** `npm run check:crashes`: twenty times kill -9, of the server and of its database by turns. Exits 1 when anything was lost. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCrashes } from './crashes/run.ts'
import { crashSummary } from './crashes/summary.ts'
import { seedOf } from './support/random.ts'

const folder = await mkdtemp(join(tmpdir(), 'yilian-crashes-'))
const seed = seedOf(process.argv, process.env)
console.log(`check:crashes --seed ${seed}`)
let sound = false
try {
  const crashes = Number(process.env.CRASHES ?? 20)
  const report = await runCrashes({
    dataDir: folder,
    seed,
    crashes,
    tableRows: Number(process.env.TABLE_ROWS ?? 3000),
    tables: 1,
    betweenMs: 6000,
    say: console.log,
  })
  const told = crashSummary(report)
  for (const line of told.lines) console.log(line)
  sound = told.sound
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exit(sound ? 0 : 1)
