/** Broken payloads against a real server process; sound ones between them, compared with a server that saw only those. */
import { systemDecision } from '../../../server/access/decision.ts'
import { receiptCounts } from '../../../server/ingest/receipt.ts'
import { ingestTables } from '../../../server/ingest/tables.ts'
import { FINAL } from '../../../server/ingest/types.ts'
import { silentLog } from '../../../server/store/log.ts'
import { createStore } from '../../../server/store/store.ts'
import { type Caller, callerOf, each, type Reply, sleep } from '../support/client.ts'
import { randomOf } from '../support/random.ts'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { goodResult } from './good.ts'
import { COUNT_NAMES, faultsOf } from './judge.ts'
import { hugeMutants, type Mutant, mutantOf } from './mutate.ts'
import { allSamples, type Sample } from './samples.ts'

export interface MutationOptions {
  mongodbUri: string
  database: string
  dataDir: string
  seed: number
  mutants: number
  /** of these, one good payload is sent after each */
  round: number
  /** size of the huge ones: 1 is full; 0 leaves them out */
  scale: number
  rssMbMax: number
  say(line: string): void
}

export interface MutationReport {
  sent: number
  kinds: Record<string, number>
  statuses: Record<string, number>
  slowestMs: number
  good: number
  peakMb: number
  payloads: number
  problems: string[]
}

const ANSWER_MS_MAX = 60_000
const PROBLEMS_MAX = 100
const SETTLE_MS_MAX = 240_000
/** Both servers derive the same ids from it. */
const SECRET = '5e'.repeat(32)

export async function runMutations(options: MutationOptions): Promise<MutationReport> {
  const one = await openServer(options, options.database)
  const fresh = await openServer(options, `${options.database}_fresh`)
  const problems: string[] = []
  const report: MutationReport = { sent: 0, kinds: {}, statuses: {}, slowestMs: 0, good: 0, peakMb: 0, payloads: 0, problems }
  const say = (problem: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }
  try {
    await ordinary(options, one, fresh, report, say)
    if (options.scale > 0) await huge(options, one, fresh, report, say)
    report.payloads = await settled(options, say)
    report.peakMb = await one.server.peakMb()
    if (report.peakMb > options.rssMbMax) say(`resident memory ${report.peakMb} MB`)
    for (const failure of one.server.failures()) say(`log: ${failure.slice(0, 600)}`)
    if (!one.server.isRunning()) say('the server ended by itself')
    return report
  } finally {
    await one.server.stop()
    await fresh.server.stop()
  }
}

interface Opened {
  server: ServerProcess
  caller: Caller
}

async function openServer(options: MutationOptions, database: string): Promise<Opened> {
  const port = await freePort()
  const environment = { MONGODB_URI: options.mongodbUri, MONGODB_DATABASE: database, DATA_DIR: options.dataDir, YILIAN_SECRET: SECRET }
  const server = await startServerProcess({ port, environment })
  return { server, caller: callerOf({ publicUrl: server.url, sendTo: server.url, dataDir: options.dataDir }) }
}

type Say = (problem: string) => void

async function ordinary(options: MutationOptions, one: Opened, fresh: Opened, report: MutationReport, say: Say): Promise<void> {
  const random = randomOf(options.seed)
  const samples = await allSamples()
  for (let from = 0; from < options.mutants; from += options.round) {
    const count = Math.min(options.round, options.mutants - from)
    const batch = Array.from({ length: count }, () => {
      const sample = random.pick(samples)
      return { sample, mutant: mutantOf(sample, random) }
    })
    await each(batch, 6, async ({ sample, mutant }, at) => judge(one.caller, sample, mutant, `${from + at}`, report, say))
    await good(one, fresh, report, say)
    options.say(`${from + count} broken payloads, ${report.problems.length} problems, at most ${await one.server.peakMb()} MB`)
  }
}

async function huge(options: MutationOptions, one: Opened, fresh: Opened, report: MutationReport, say: Say): Promise<void> {
  for (const { sample, mutant } of hugeMutants(options.scale)) {
    await judge(one.caller, sample, mutant, mutant.kind, report, say)
    options.say(`${sample.name}, ${mutant.kind}: slowest ${report.slowestMs} ms, at most ${await one.server.peakMb()} MB`)
    await good(one, fresh, report, say)
  }
}

async function good(one: Opened, fresh: Opened, report: MutationReport, say: Say): Promise<void> {
  const n = report.good++
  const [here, there] = [await goodResult(one.caller, n), await goodResult(fresh.caller, n)]
  if (!here.startsWith('200 ')) say(`sound payload ${n}: ${here.slice(0, 300)}`)
  if (here !== there) say(`sound payload ${n} came to something else: ${differenceOf(here, there)}`)
}

function differenceOf(a: string, b: string): string {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return `${a.slice(Math.max(0, at - 60), at + 120)} <> ${b.slice(Math.max(0, at - 60), at + 120)}`
}

async function judge(
  caller: Caller,
  sample: Pick<Sample, 'name' | 'client' | 'path' | 'contentType' | 'fileName'>,
  mutant: Mutant,
  n: string,
  report: MutationReport,
  say: Say,
): Promise<void> {
  const disposition = sample.fileName === undefined ? {} : { 'Content-Disposition': `attachment; filename="${sample.fileName}"` }
  const headers = { 'Content-Type': mutant.contentType ?? sample.contentType, ...disposition, ...mutant.headers }
  const reply = await caller.call({ id: sample.client }, sample.path, {
    method: 'POST',
    body: mutant.bytes,
    headers,
    millisMax: ANSWER_MS_MAX,
  })
  report.sent++
  report.kinds[mutant.kind] = (report.kinds[mutant.kind] ?? 0) + 1
  report.statuses[reply.status] = (report.statuses[reply.status] ?? 0) + 1
  report.slowestMs = Math.max(report.slowestMs, Math.round(reply.end - reply.start))
  // A resource that was stored comes back whole to who wrote it.
  const accepted = sample.path.startsWith('/fhir') && reply.status < 300
  for (const fault of faultsOf(reply, accepted)) say(`${n} ${sample.name}, ${mutant.kind}: ${fault} (${reply.status}) ${excerpt(reply)}`)
}

const excerpt = (reply: Reply): string => reply.text.slice(0, 200).replaceAll(/\s+/g, ' ')

/** Afterwards every kept payload has its end, and every one adds up. */
async function settled(options: MutationOptions, say: Say): Promise<number> {
  const store = await createStore({ uri: options.mongodbUri, database: options.database, log: silentLog })
  try {
    const tables = ingestTables({ store, decision: systemDecision('fault check') })
    const deadline = Date.now() + SETTLE_MS_MAX
    while ((await tables.payloads.count({ status: { $nin: [...FINAL] } })) > 0 && Date.now() < deadline) await sleep(500)
    let payloads = 0
    for await (const payload of tables.payloads.stream({})) {
      payloads++
      if (!FINAL.includes(payload.status)) say(`payload ${payload._id} stays ${payload.status} after ${payload.attempts} attempts`)
      const counts = await receiptCounts(tables, payload)
      const sum = COUNT_NAMES.reduce((total, name) => total + counts[name], 0)
      if (sum !== counts.records || COUNT_NAMES.some((name) => counts[name] < 0)) say(`payload ${payload._id}: ${JSON.stringify(counts)}`)
    }
    return payloads
  } finally {
    await store.close()
  }
}
