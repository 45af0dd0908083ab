/**
 * `npm run bench:mllp`: HL7 v2 laboratory messages over MLLP from end to end (kept raw, mapped, linked, validated, labelled, stored with
 * Provenance, audited), beside bare insertion of what comes of them. `-- PROFILE_DIR` writes a CPU profile of the server there.
 * BENCH_MESSAGES and BENCH_CONNECTIONS say how many.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { DEMO_CONFIG_FILE } from '../server/config/config.ts'
import { silentLog } from '../server/store/log.ts'
import { freePort } from '../server/store/mongod/free-port.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { mllpClient } from '../tests/support/mllp.ts'
import { oruMessage } from './data.ts'
import { residentMb } from './memory.ts'
import { type BenchRow, printTable, row } from './measure.ts'
import { startYilian } from './servers.ts'

const WARM_UP = 400
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 3000)
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 128)
const DATABASE = 'yilian_bench_mllp'

/** Each connection asks and waits for its answer, as senders do. */
async function send(port: number, from: number, count: number): Promise<number> {
  let next = from
  const started = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = await mllpClient(port)
      while (next < from + count) {
        const id = next++
        const answer = await client.ask(oruMessage(id))
        if (!answer.includes(`\rMSA|AA|BENCH${id}`)) throw new Error(`mllp: ${answer.slice(0, 300)}`)
      }
      client.close()
    }),
  )
  return (performance.now() - started) / 1000
}

/** What stands in the database afterwards, inserted again in batches into collections without indexes: the floor. */
async function bareInsertion(uri: string): Promise<{ seconds: number; documents: number }> {
  const client = await new MongoClient(uri).connect()
  const database = client.db(DATABASE)
  const names = (await database.listCollections().toArray()).map(({ name }) => name).filter((name) => /^[A-Z][A-Za-z]+$/.test(name))
  let documents = 0
  let seconds = 0
  for (const name of names) {
    const rows = await database.collection(name).find({}).toArray()
    documents += rows.length
    const started = performance.now()
    for (let at = 0; at < rows.length; at += 500) {
      await client
        .db(`${DATABASE}_bare`)
        .collection(name)
        .insertMany(rows.slice(at, at + 500), { writeConcern: { w: 'majority', j: true } })
    }
    seconds += (performance.now() - started) / 1000
  }
  await client.close()
  return { seconds, documents }
}

async function main(profiles: string | undefined): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-mllp-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  const rows: BenchRow[] = []
  try {
    const port = await freePort()
    const config = join(folder, 'config.yaml')
    const listener = `mllp: [{ port: ${port}, senders: [{ source: h1-lis, application: LIS }] }]\n`
    await writeFile(config, `${await readFile(DEMO_CONFIG_FILE, 'utf8')}\n${listener}`)
    const environment = { MONGODB_URI: mongod.uri, MONGODB_DATABASE: DATABASE, DATA_DIR: folder, YILIAN_CONFIG: config, LOG_LEVEL: 'info' }
    const options = profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }
    const server = await startYilian({ ...environment, ...options })
    await send(port, 0, WARM_UP)
    const before = await cpuSeconds(server.pid)
    const stood = await databaseWork(mongod.uri)
    const seconds = await send(port, WARM_UP, MESSAGES)
    const used = (await cpuSeconds(server.pid)) - before
    const worked = await databaseWork(mongod.uri)
    const name = `ORU^R01 over MLLP, 4 results each, ${CONNECTIONS} connections`
    const bare = await bareInsertion(mongod.uri)
    const floor = { name: 'bare insertion of what came of them', value: (MESSAGES + WARM_UP) / bare.seconds }
    rows.push(row(floor.name, floor.value, 'messages/s'))
    rows.push(row(name, MESSAGES / seconds, 'messages/s', floor))
    rows.push(row('processor time of the server for one', (used / MESSAGES) * 1000, 'ms'))
    rows.push(row('processor time of the database for one', (worked.processorMs - stood.processorMs) / MESSAGES, 'ms'))
    rows.push(row('commands to the database for one', (worked.commands - stood.commands) / MESSAGES, ''))
    rows.push(row('documents of one message', (worked.inserted - stood.inserted) / MESSAGES, ''))
    rows.push(row('resident memory', await residentMb(server.pid), 'MB'))
    rows.push(row('resources of one message', bare.documents / (MESSAGES + WARM_UP), ''))
    await server.stop()
  } finally {
    await mongod.stop()
    await rm(folder, { recursive: true, force: true })
  }
  printTable(rows)
}

/** What the database has done since it started. */
async function databaseWork(uri: string): Promise<{ processorMs: number; commands: number; inserted: number }> {
  const client = await new MongoClient(uri).connect()
  const { extra_info: used, network, metrics } = await client.db('admin').command({ serverStatus: 1 })
  await client.close()
  return {
    processorMs: (Number(used.user_time_us) + Number(used.system_time_us)) / 1000,
    commands: Number(network.numRequests),
    inserted: Number(metrics.document.inserted),
  }
}

const TICKS_PER_SECOND = 100

/** user and system time of a process so far */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

await main(process.argv[2])
process.exit(0)
