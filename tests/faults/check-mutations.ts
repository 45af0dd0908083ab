/** `npm run check:mutations`: 2,000 broken payloads and some huge ones. Exits 1 when one of them did harm. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { runMutations } from './mutations/run.ts'
import { mutationSummary } from './mutations/summary.ts'
import { seedOf } from './support/random.ts'

const folder = await mkdtemp(join(tmpdir(), 'yilian-mutations-'))
const seed = seedOf(process.argv, process.env)
console.log(`check:mutations --seed ${seed}`)
const mongod = await startMongod({ dataDir: folder, log: silentLog })
let sound = false
try {
  const report = await runMutations({
    mongodbUri: mongod.uri,
    database: 'mutations',
    dataDir: folder,
    seed,
    mutants: Number(process.env.MUTANTS ?? 2000),
    round: 100,
    scale: 1,
    rssMbMax: 2048,
    say: console.log,
  })
  const told = mutationSummary(report)
  for (const line of told.lines) console.log(line)
  sound = told.sound
} finally {
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exit(sound ? 0 : 1)
