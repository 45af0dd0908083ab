/**
 * `npm run bench:mllp`: HL7 v2 messages over MLLP from end to end (kept raw, mapped, linked, validated, labelled, stored with Provenance,
 * audited), beside bare insertion of what comes of them: laboratory reports alone, then the messages of whole stays, each on a database of
 * its own. `-- PROFILE_DIR` writes CPU profiles of the servers there. BENCH_MESSAGES, BENCH_CONNECTIONS and
 * BENCH_SERVERS say how many.
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
import { STAY_MESSAGES, stayMessages } from './hl7-stay.ts'
import { processorMsOf, residentMb } from './memory.ts'
import { type BenchRow, printTable, row } from './measure.ts'
import { type Child, SERVERS, startServers } from './servers.ts'

const WARM_UP = 400
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 3000)
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 128)

/** What a connection sends one after the other. */
interface Feed {
  name: string
  database: string
  /** in one round */
  messages: number
  round(n: number): { id: string; text: string }[]
}

const FEEDS: readonly Feed[] = [
  {
    name: 'ORU^R01 over MLLP, 4 results each',
    database: 'yilian_bench_mllp',
    messages: 1,
    round: (n) => [{ id: `BENCH${n}`, text: oruMessage(n) }],
  },
  {
    name: 'all messages of a stay over MLLP (5 of 10 ADT, 2 ORU, ORM, RDE, DFT)',
    database: 'yilian_bench_mllp_stays',
    messages: STAY_MESSAGES,
    round: stayMessages,
  },
]

/** Each connection asks and waits for its answer, as senders do. @returns seconds */
async function send({ round }: Feed, ports: readonly number[], from: number, rounds: number): Promise<number> {
  let next = from
  const started = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      const client = await mllpClient(ports[connection % ports.length] as number)
      while (next < from + rounds)
        for (const { id, text } of round(next++)) {
          const answer = await client.ask(text)
          if (!answer.includes(`\rMSA|AA|${id}`)) throw new Error(`mllp: ${answer.slice(0, 300)}`)
        }
      client.close()
    }),
  )
  return (performance.now() - started) / 1000
}

/** What stands in the database afterwards, inserted again in batches into collections without indexes: the floor. */
async function bareInsertion(uri: string, of: string): Promise<{ seconds: number; documents: number }> {
  const client = await new MongoClient(uri).connect()
  const database = client.db(of)
  const names = (await database.listCollections().toArray())
    .map(({ name }) => name)
    .filter((name) => /^[A-Z][A-Za-z]+(?:_history)?$/.test(name))
  let documents = 0
  let seconds = 0
  for (const name of names) {
    const rows = await database.collection(name).find({}).toArray()
    documents += rows.length
    const started = performance.now()
    for (let at = 0; at < rows.length; at += 500) {
      await client
        .db(`${of}_bare`)
        .collection(name)
        .insertMany(rows.slice(at, at + 500), { writeConcern: { w: 'majority', j: true } })
    }
    seconds += (performance.now() - started) / 1000
  }
  await client.close()
  return { seconds, documents }
}

async function measure(feed: Feed, profiles: string | undefined): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-mllp-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  try {
    const ports: number[] = []
    const environments: Record<string, string>[] = []
    for (let at = 0; at < SERVERS; at++) {
      const port = await freePort()
      const config = join(folder, `config-${at}.yaml`)
      const listener = `mllp: [{ port: ${port}, senders: [{ source: h1-lis, application: LIS }] }]\n`
      await writeFile(config, `${await readFile(DEMO_CONFIG_FILE, 'utf8')}\n${listener}`)
      ports.push(port)
      environments.push({
        MONGODB_URI: mongod.uri,
        MONGODB_DATABASE: feed.database,
        DATA_DIR: folder,
        YILIAN_CONFIG: config,
        LOG_LEVEL: 'info',
        ...(profiles !== undefined && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }),
      })
    }
    const servers = await startServers((at) => environments[at] ?? {})
    try {
      return await measured(feed, servers, { ports, uri: mongod.uri })
    } finally {
      await Promise.all(servers.map((one) => one.stop()))
    }
  } finally {
    await mongod.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measured(
  feed: Feed,
  servers: readonly Child[],
  { ports, uri }: { ports: readonly number[]; uri: string },
): Promise<BenchRow[]> {
  const [warmUp, rounds] = [WARM_UP, MESSAGES].map((messages) => Math.ceil(messages / feed.messages)) as [number, number]
  const messages = rounds * feed.messages
  await send(feed, ports, 0, warmUp)
  const before = await processorMsOf(servers)
  const stood = await databaseWork(uri)
  const seconds = await send(feed, ports, warmUp, rounds)
  const used = (await processorMsOf(servers)) - before
  const worked = await databaseWork(uri)
  const memory = await Promise.all(servers.map(({ pid }) => residentMb(pid)))
  const bare = await bareInsertion(uri, feed.database)
  const all = warmUp * feed.messages + messages
  const floor = { name: 'bare insertion of what came of them', value: all / bare.seconds }
  return [
    row(floor.name, floor.value, 'messages/s'),
    row(`${feed.name}, ${CONNECTIONS} connections`, messages / seconds, 'messages/s', floor),
    row('processor time of the server for one', used / messages, 'ms'),
    row('processor time of the database for one', (worked.processorMs - stood.processorMs) / messages, 'ms'),
    row('commands to the database for one', (worked.commands - stood.commands) / messages, ''),
    row('documents inserted for one message', (worked.inserted - stood.inserted) / messages, ''),
    row('resources of one message, former versions too', bare.documents / all, ''),
    ...memory.map((mb) => row('resident memory', mb, 'MB')),
  ]
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

for (const feed of FEEDS) printTable(await measure(feed, process.argv[2]))
process.exit(0)
