/** kill -9 of the server and of its mongod by turns, on one data folder, while hospitals, MIIS and the platform send. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callerOf, clock, sleep, timed } from '../support/client.ts'
import { randomOf } from '../support/random.ts'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { startConsents } from './consents.ts'
import { startLoad } from './load.ts'
import { startReads } from './reads.ts'
import { type Findings, verify } from './verify.ts'

export interface CrashOptions {
  dataDir: string
  seed: number
  crashes: number
  tableRows: number
  tables: number
  /** ms of work between two crashes, at most; at least a third of it */
  betweenMs: number
  /** memory of the embedded database's cache */
  cacheGb?: string
  say(line: string): void
}

export interface CrashReport {
  findings: Findings
  crashes: { server: number; mongod: number }
  /** ms from the kill until /ready answers again */
  recoveryMs: { server: number[]; mongod: number[] }
  acknowledged: Record<string, number>
  sent: number
  broken: number
  odd: Record<string, number>
  consents: { changes: number; notInForce: string[] }
  failures: string[]
}

const DATABASE = 'yilian'
const READY_MS_MAX = 90_000

export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const random = randomOf(options.seed)
  const port = await freePort()
  const environment = { DATA_DIR: options.dataDir, MONGODB_DATABASE: DATABASE, MONGOD_CACHE_GB: options.cacheGb ?? '0.5' }
  const failures: string[] = []
  let server = await startServerProcess({ port, environment })
  const url = server.url
  try {
    const caller = callerOf({ publicUrl: url, sendTo: url, dataDir: options.dataDir })
    const load = startLoad({ caller, random: random.fork('load'), tableRows: options.tableRows, tables: options.tables, pauseMs: 60 })
    const reads = startReads(caller)
    const consents = startConsents({ caller, random: random.fork('consents') })
    const recoveryMs = { server: [] as number[], mongod: [] as number[] }
    for (let at = 0; at < options.crashes; at++) {
      await sleep(options.betweenMs / 3 + random.below((options.betweenMs * 2) / 3))
      const kind = at % 2 === 0 ? 'server' : 'mongod'
      const killed = clock()
      if (kind === 'server') {
        failures.push(...server.failures())
        await server.crash()
        server = await startServerProcess({ port, environment })
      } else {
        process.kill(await mongodOf(options.dataDir), 'SIGKILL')
      }
      if (!(await becomesReady(url, server))) failures.push(`not ready again after the crash of ${kind}`)
      recoveryMs[kind].push(Math.round(clock() - killed))
      options.say(`crash ${at + 1}: ${kind}, ready after ${Math.round(clock() - killed)} ms; ${load.sent.length} sent`)
    }
    await sleep(options.betweenMs / 3)
    await Promise.all([load.stop(), consents.stop(), reads.stop()])
    const findings = await verify({
      uri: await uriOf(options.dataDir),
      database: DATABASE,
      ownBase: `${url}/fhir`,
      load,
      reads: reads.answered,
    })
    const notInForce = await consents.check()
    failures.push(...server.failures())
    if (!server.isRunning()) failures.push('the server ended by itself')
    const acknowledged = Object.fromEntries(
      ['hl7', 'miis', 'table'].map((kind) => [kind, load.sent.filter((item) => item.kind === kind && item.acknowledged).length]),
    )
    return {
      findings,
      crashes: { server: recoveryMs.server.length, mongod: recoveryMs.mongod.length },
      recoveryMs,
      acknowledged,
      sent: load.sent.length,
      broken: load.broken,
      odd: { ...load.odd, ...reads.odd },
      consents: { changes: consents.changes(), notInForce },
      failures,
    }
  } finally {
    await server.stop()
  }
}

interface Serving {
  pid: number
  port: number
}

const servingOf = async (dataDir: string): Promise<Serving> =>
  JSON.parse(await readFile(join(dataDir, 'mongod', 'serving.json'), 'utf8')) as Serving

/** The process of this very data folder. */
const mongodOf = async (dataDir: string): Promise<number> => (await servingOf(dataDir)).pid

const uriOf = async (dataDir: string): Promise<string> => `mongodb://127.0.0.1:${(await servingOf(dataDir)).port}/?replicaSet=rs0`

async function becomesReady(url: string, server: ServerProcess): Promise<boolean> {
  const deadline = clock() + READY_MS_MAX
  while (clock() < deadline && server.isRunning()) {
    if ((await timed(`${url}/ready`, { millisMax: 5000 })).status === 200) return true
    await sleep(50)
  }
  return false
}
