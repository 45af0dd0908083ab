/**
 * `npm run check:timing` (leak catalogue L38): does the time of an answer tell a hidden resource from an absent one? Interleaved reads,
 * updates and deletions over HTTP, compared by the Mann-Whitney test. Not part of the tests: a busy machine makes chance differences. Exit 1 when two rounds in a row
 * tell them apart.
 */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../server/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { encounter, give, NO_SHARING, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const PAIRS = { GET: 2000, PUT: 1000, DELETE: 1000 }
type Method = keyof typeof PAIRS
const WARM_UP_PAIRS = 300
const ROUNDS = 2
const P_MIN = 0.01
/** Names differ from pair to pair, so that no cache knows them. */
const STORED = 200

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-timing-'))
  const mongod = process.env.TEST_MONGODB_URI ? undefined : await startMongod({ dataDir: folder, log: createLog('silent') })
  if (mongod) process.env.TEST_MONGODB_URI = mongod.uri
  const server = await startTestServer()
  try {
    const token = await prepare(server)
    const verdicts: boolean[] = []
    for (const method of Object.keys(PAIRS) as Method[]) verdicts.push(await isTold(server, token, method))
    process.exitCode = verdicts.includes(true) ? 1 : 0
  } finally {
    await server.stop()
    await mongod?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Do two rounds in a row tell hidden from absent? */
async function isTold(server: TestServer, token: string, method: Method): Promise<boolean> {
  await round(server, token, method, WARM_UP_PAIRS)
  let told = 0
  const pairs = PAIRS[method]
  for (let at = 1; at <= ROUNDS; at++) {
    const { hidden, absent } = await round(server, token, method, pairs)
    const { p, above } = mannWhitney(hidden, absent)
    process.stdout.write(
      `${method} round ${at}: ${pairs} + ${pairs}; median hidden ${median(hidden).toFixed(3)} ms, absent ${median(absent).toFixed(3)} ms; ` +
        `P(hidden slower) ${above.toFixed(3)}; Mann-Whitney p = ${p.toPrecision(3)}\n`,
    )
    if (p < P_MIN) told++
  }
  process.stdout.write(`${method}: the time of the answer ${told === ROUNDS ? 'tells hidden from absent' : 'does not tell'}\n`)
  return told === ROUNDS
}

/** A doctor who treats a patient who shares nothing. */
async function prepare(server: TestServer): Promise<string> {
  const loader = await server.token('loader')
  const findings = Array.from({ length: STORED }, (_, at) => observation(nameOf('h', at), 'p1', 'x'))
  await putAll(server, loader, [practitioner('doc-2'), patient('p1'), encounter('v1', 'p1', 'H2', 'Practitioner/doc-2'), ...findings])
  await give(server, 'p1', NO_SHARING)
  return server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}

const nameOf = (kind: 'h' | 'z', at: number): string => `${kind}-${String(at % STORED).padStart(5, '0')}`

async function round(server: TestServer, token: string, method: Method, pairs: number): Promise<{ hidden: number[]; absent: number[] }> {
  const times = { h: [] as number[], z: [] as number[] }
  for (let at = 0; at < pairs; at++) {
    const order: ('h' | 'z')[] = randomInt(2) === 0 ? ['h', 'z'] : ['z', 'h']
    for (const kind of order) times[kind].push(await timed(server, token, method, nameOf(kind, at)))
  }
  return { hidden: times.h, absent: times.z }
}

async function timed(server: TestServer, token: string, method: Method, id: string): Promise<number> {
  const body = method === 'PUT' ? { ...observation(id, 'p1', 'x'), meta: undefined } : undefined
  const started = performance.now()
  const answer = await server.call(method, `/fhir/Observation/${id}`, { token, ...(body ? { body } : {}) })
  const took = performance.now() - started
  if (answer.status !== 404) throw new Error(`${id} answered ${answer.status}`)
  return took
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

/** Two-sided, by the normal approximation; times of such a resolution have no ties worth a correction. */
function mannWhitney(a: readonly number[], b: readonly number[]): { p: number; above: number } {
  const all = [...a.map((time) => ({ time, ofA: true })), ...b.map((time) => ({ time, ofA: false }))].sort((x, y) => x.time - y.time)
  const rankSum = all.reduce((sum, { ofA }, at) => (ofA ? sum + at + 1 : sum), 0)
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const mean = (a.length * b.length) / 2
  const deviation = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12)
  return { p: 2 * (1 - normal(Math.abs(u - mean) / deviation)), above: u / (a.length * b.length) }
}

/** Cumulative distribution of the standard normal law (Abramowitz and Stegun 26.2.17; error below 1e-7). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}

await main()
