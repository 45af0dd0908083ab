/**
 * `npm run bench:growth`: every kind of request at 100,000 resources and at 1,000,000, by turns (ratios against the first of the same
 * turn), what a resource takes on disk, resident memory through ten minutes of mixed load, and the time of a start.
 * Writes bench/results/growth.json. Smaller: BENCH_PATIENTS, BENCH_GROWTH, BENCH_TURNS, BENCH_MIXED_SECONDS.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../server/store/log.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { PATIENTS } from './data.ts'
import { digested } from './digested.ts'
import { type BenchRow, printTable, row } from './measure.ts'
import { byTurns, type Store } from './scenarios/by-turns.ts'
import { loadAll } from './scenarios/load.ts'
import { mixed } from './scenarios/mixed.ts'
import { sizes } from './scenarios/sizes.ts'
import { startYilian } from './servers.ts'
import { bearer } from './tokens.ts'

const FIRST = Number(process.env.BENCH_PATIENTS ?? PATIENTS)
const GROWTH = Number(process.env.BENCH_GROWTH ?? 10)
const TURNS = Number(process.env.BENCH_TURNS ?? 3)
const MIXED_SECONDS = Number(process.env.BENCH_MIXED_SECONDS ?? 600)
const CLIENTS = 8

type Note = (made: BenchRow[]) => void

interface Place {
  uri: string
  database: string
  environment: Record<string, string>
}

/** A store of so many patients, loaded through a server that is stopped behind that. */
async function storeOf({ uri, database, environment }: Place, patients: number, note: Note): Promise<Store> {
  await mkdir(environment.DATA_DIR as string)
  const open = await startYilian({ ...environment, YILIAN_NO_AUTH: '1' })
  note(await loadAll(open.url, uri, database, { from: 0, to: patients }))
  await open.stop()
  return { environment, patients }
}

async function timeOfStart(environment: Record<string, string>): Promise<number> {
  const began = performance.now()
  const server = await startYilian(environment)
  while (!(await fetch(`${server.url}/ready`)).ok) if (performance.now() - began > 60_000) throw new Error('never ready')
  const took = performance.now() - began
  await server.stop()
  return took / 1000
}

async function run(folder: string, note: Note): Promise<void> {
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  try {
    const [near, far] = ['small', 'large'].map((name): Place => {
      const database = `yilian_growth_${name}`
      const environment = { MONGODB_URI: mongod.uri, MONGODB_DATABASE: database, DATA_DIR: join(folder, name) }
      return { uri: mongod.uri, database, environment }
    }) as [Place, Place]
    const small = await storeOf(near, FIRST, note)
    const large = await storeOf(far, FIRST * GROWTH, note)
    await digested(mongod.uri)
    await byTurns({ small, large, growth: GROWTH, clients: CLIENTS, turns: TURNS }, note)
    note(await sizes(mongod.uri, far.database))
    const guarded = await startYilian(far.environment)
    const tokens = await bearer(far.environment.DATA_DIR as string, guarded.url)
    note(await mixed({ guarded, tokens, patients: large.patients, seconds: MIXED_SECONDS, clients: CLIENTS }))
    await guarded.stop()
    note([row('start until ready, database running', await timeOfStart(far.environment), 's')])
  } finally {
    await mongod.stop()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'yilian-growth-'))
const rows: BenchRow[] = []
try {
  await run(folder, (made) => {
    printTable(made)
    rows.push(...made)
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}
await mkdir(new URL('results/', import.meta.url), { recursive: true })
await writeFile(new URL('results/growth.json', import.meta.url), `${JSON.stringify(rows, null, 2)}\n`)
printTable(rows)
process.exit(0)
