/**
 * `npm run check:clients`: clients as hospitals have them do the same list of steps against a real server, without access control
 * and with tokens. `-- --only NAME` runs one of them. Exits 1 when a step failed or a client could not be run.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { demoKeyFile } from '../../server/auth/demo-keys.ts'
import { type ServerProcess, startServerProcess } from '../faults/support/server-process.ts'
import { accessWith, CLIENT_ID } from './access.ts'
import { CLIENTS, type Known, type Runnable } from './clients.ts'
import type { Target } from './js/adapter.ts'
import { type Result, type Step, STEPS } from './steps.ts'

/** One client against one server. */
interface Round {
  client: string
  auth: (typeof MODES)[number]['auth']
  results: Result[]
}

const MODES = [
  { auth: 'no auth', environment: { YILIAN_NO_AUTH: '1' } },
  { auth: 'tokens', environment: {} },
] as const

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const chosen = CLIENTS.filter(({ name }) => values.only === undefined || name.includes(values.only))
if (chosen.length === 0) {
  console.error(`no such client; known: ${CLIENTS.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const { ready, missing } = await preparedOf(chosen)
const { rounds, failures } = await allRounds(ready)
for (const line of table(rounds)) console.log(line)
const wrong = [...missing, ...rounds.flatMap(reasonsOf('failed')), ...failures]
for (const line of rounds.flatMap(reasonsOf('none'))) console.log(`without: ${line}`)
for (const line of wrong) console.log(`FAILED: ${line}`)
process.exit(wrong.length === 0 ? 0 : 1)

interface Ready {
  name: string
  run: Runnable
}

async function preparedOf(clients: readonly Known[]): Promise<{ ready: Ready[]; missing: string[] }> {
  const ready: Ready[] = []
  const missing: string[] = []
  for (const { name, prepare } of clients) {
    try {
      ready.push({ name, run: await prepare() })
    } catch (error) {
      missing.push(`${name} cannot be installed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return { ready, missing }
}

async function allRounds(clients: readonly Ready[]): Promise<{ rounds: Round[]; failures: string[] }> {
  const rounds: Round[] = []
  const failures: string[] = []
  for (const { auth, environment } of MODES) {
    const dataDir = await mkdtemp(join(tmpdir(), 'yilian-clients-'))
    const server = await startServerProcess({ port: await freePort(), environment: { ...environment, DATA_DIR: dataDir } })
    try {
      const target = await targetOf(server, auth === 'tokens' ? dataDir : undefined)
      for (const { name, run } of clients) rounds.push({ client: name, auth, results: await run(target) })
      failures.push(...server.failures().map((line) => `the server (${auth}) wrote ${line}`))
    } finally {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  }
  return { rounds, failures }
}

async function targetOf(server: ServerProcess, dataDir: string | undefined): Promise<Target> {
  const base = `${server.url}/fhir`
  return dataDir === undefined ? { base } : { base, access: await accessWith(demoKeyFile(dataDir, CLIENT_ID)) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function* table(all: readonly Round[]): Iterable<string> {
  const width = Math.max(...Object.keys(STEPS).map((step) => step.length))
  const shown = { passed: '+', failed: 'FAILED', none: '-' }
  yield ['step'.padEnd(width), ...all.map(({ client, auth }) => `${client}, ${auth}`)].join(' | ')
  for (const step of Object.keys(STEPS) as Step[]) {
    const cells = all.map(({ client, auth, results }) => {
      const { outcome } = results.find((result) => result.step === step) ?? { outcome: 'failed' as const }
      return shown[outcome].padEnd(`${client}, ${auth}`.length)
    })
    yield [step.padEnd(width), ...cells].join(' | ')
  }
}

function reasonsOf(outcome: Result['outcome']) {
  return ({ client, auth, results }: Round): string[] =>
    results
      .filter((result) => result.outcome === outcome)
      .map(({ step, reason = '' }) => `${client}, ${auth}, ${step} (${STEPS[step]}): ${reason}`)
}
