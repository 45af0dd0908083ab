/**
 * `npm run bench:growth`: every kind of request at 100,000 resources and again at 1,000,000 (ratios against the first of the same
 * run), what a resource takes on disk, resident memory through ten minutes of mixed load, and the time of a start.
 * Writes bench/results/growth.json. Smaller: BENCH_PATIENTS, BENCH_GROWTH, BENCH_MIXED_SECONDS.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { silentLog } from '../server/store/log.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { PATIENTS } from './data.ts'
import { residentMb } from './memory.ts'
import { type BenchRow, type Measured, printTable, row } from './measure.ts'
import { CODE_AND_DATE, each, type Kind, READS, VALIDATE, WRITES } from './scenarios/kinds.ts'
import { loadAll } from './scenarios/load.ts'
import { mixed } from './scenarios/mixed.ts'
import { auth } from './scenarios/queries.ts'
import { sizes } from './scenarios/sizes.ts'
import { type Child, startBaseline, startYilian } from './servers.ts'
import { bearer, type Bearers } from './tokens.ts'

const FIRST = Number(process.env.BENCH_PATIENTS ?? PATIENTS)
const GROWTH = Number(process.env.BENCH_GROWTH ?? 10)
const MIXED_SECONDS = Number(process.env.BENCH_MIXED_SECONDS ?? 600)
const CLIENTS = 8
const DATABASE = 'yilian_growth'

interface Running {
  open: Child
  guarded: Child
  baseline: Child
  tokens: Bearers
  patients: number
}

type Figures = Map<string, Measured>

/** Reads and writes without access control, and with token, consents and durable audit. */
async function figures({ open, guarded, tokens, patients }: Running): Promise<Figures> {
  const all: Figures = new Map()
  const add = (of: Figures, label: string) => {
    for (const [name, one] of of) all.set(`${name}${label}`, one)
  }
  const at = { clients: CLIENTS, patients }
  const asOpen = { ...at, url: open.url }
  const asInsurer = { ...at, url: guarded.url, headers: () => auth(tokens.insurer) }
  // Reads, and what needs no database, come before all writes, which the database digests for a while.
  add(await each([...READS, CODE_AND_DATE, VALIDATE], asOpen), ', no access control')
  add(await each([...READS.filter(isForInsurer), CODE_AND_DATE], asInsurer), ', guarded')
  add(await each(WRITES, asOpen), ', no access control')
  add(await each(WRITES, { ...at, url: guarded.url, headers: () => auth(tokens.engine) }), ', guarded')
  return all
}

/** The insurer is not let search by names. */
const isForInsurer = ({ name }: Kind): boolean => name !== 'search by name' && name !== 'chained search'

const PERCENTILES_MAX = 5

function rowsOf(now: Figures, label: string, before?: Figures): BenchRow[] {
  return [...now].flatMap(([name, { perSecond, p50Ms, p99Ms }]) => {
    const first = before?.get(name)
    const against = first ? { name: 'the same at 1 x', value: first.perSecond } : undefined
    return [
      row(`${name}, ${label}`, perSecond, 'requests/s', against),
      row(`${name}, ${label}, p99`, p99Ms, 'ms', { name: `p50 (at most ${PERCENTILES_MAX})`, value: p50Ms }),
    ]
  })
}

const orientation = (of: Figures): BenchRow[] =>
  [...READS, ...WRITES, VALIDATE].flatMap(({ name, elsewhere }) => {
    const ours = of.get(`${name}, no access control`)
    if (!ours || !elsewhere) return []
    return [
      row(`${name}, no access control, for orientation`, ours.perSecond, 'requests/s', {
        name: 'HAPI JPA 8.8, elsewhere',
        value: elsewhere,
      }),
    ]
  })

/** A checkpoint: what was loaded a moment ago is no longer written while reads are measured. */
async function digested(uri: string): Promise<void> {
  const client = await new MongoClient(uri).connect()
  await client.db('admin').command({ fsync: 1 })
  await client.close()
}

async function bareCreate({ baseline, patients }: Running): Promise<Measured> {
  const found = await each(WRITES.slice(0, 1), { url: baseline.url, clients: CLIENTS, patients })
  return found.get('create') as Measured
}

const createRows = (of: Figures, bare: Measured): BenchRow[] => {
  const against = { name: 'bare journaled transaction of resource and audit behind Express', value: bare.perSecond }
  const rate = (label: string) => of.get(`create, ${label}`)?.perSecond ?? 0
  return [
    row(against.name, bare.perSecond, 'requests/s'),
    row('create, no access control, against it', rate('no access control'), 'requests/s', against),
    row('create, guarded, against it', rate('guarded'), 'requests/s', against),
  ]
}

async function timeOfStart(environment: Record<string, string>): Promise<number> {
  const began = performance.now()
  const server = await startYilian(environment)
  while (!(await fetch(`${server.url}/ready`)).ok) if (performance.now() - began > 60_000) throw new Error('never ready')
  const took = performance.now() - began
  await server.stop()
  return took / 1000
}

async function run(folder: string, note: (made: BenchRow[]) => void): Promise<void> {
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  try {
    const environment = { MONGODB_URI: mongod.uri, MONGODB_DATABASE: DATABASE, DATA_DIR: folder }
    const open = await startYilian({ ...environment, YILIAN_NO_AUTH: '1' })
    const guarded = await startYilian(environment)
    const baseline = await startBaseline(mongod.uri, DATABASE)
    const running = { open, guarded, baseline, tokens: await bearer(folder, guarded.url) }
    note(await loadAll(open.url, mongod.uri, DATABASE, { from: 0, to: FIRST }))
    await digested(mongod.uri)
    const first = await figures({ ...running, patients: FIRST })
    note([...rowsOf(first, '1 x'), ...orientation(first), ...createRows(first, await bareCreate({ ...running, patients: FIRST }))])
    note(await loadAll(open.url, mongod.uri, DATABASE, { from: FIRST, to: FIRST * GROWTH }))
    const grown = { ...running, patients: FIRST * GROWTH }
    await digested(mongod.uri)
    note(rowsOf(await figures(grown), `${GROWTH} x`, first))
    note(await sizes(mongod.uri, DATABASE))
    note(await mixed({ guarded, tokens: running.tokens, patients: grown.patients, seconds: MIXED_SECONDS, clients: CLIENTS }))
    note([row('resident memory, no access control, at the end', await residentMb(open.pid), 'MB')])
    for (const child of [guarded, baseline, open]) await child.stop()
    note([row('start until ready, database running', await timeOfStart(environment), 's')])
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
