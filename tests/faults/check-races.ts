/** `npm run check:races`: 200 take-aways against readers of another process. Exits 1 when anything withdrawn was seen. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { runRaces } from './races/run.ts'
import { summary } from './races/summary.ts'
import { seedOf } from './support/random.ts'

const folder = await mkdtemp(join(tmpdir(), 'yilian-races-'))
const seed = seedOf(process.argv, process.env)
console.log(`check:races --seed ${seed}`)
const mongod = await startMongod({ dataDir: folder, log: silentLog })
let sound = false
try {
  const report = await runRaces({
    mongodbUri: mongod.uri,
    database: 'races',
    dataDir: folder,
    seed,
    persons: 40,
    takeAways: Number(process.env.TAKE_AWAYS ?? 200),
    flippers: 5,
    // The overlay's entries live 120 s after relabelling: readers look on until they have ended.
    afterMs: Number(process.env.AFTER_MS ?? 135_000),
    say: console.log,
  })
  const told = summary(report)
  for (const line of told.lines) console.log(line)
  sound = told.sound
} finally {
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exit(sound ? 0 : 1)
