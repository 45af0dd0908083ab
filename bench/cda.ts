/**
 * `npm run bench:cda [-- DOCUMENTS [PROFILE_DIR]]`: CDA documents of all kinds from end to end (kept raw, mapped, linked, validated,
 * labelled, stored with Provenance, audited), beside bare insertion of the very documents of the database that came of them. With
 * BENCH_SERVERS=2 the senders are spread over two servers.
 */
import type { Document, MongoClient } from 'mongodb'
import { type Alone, benchAlone } from './alone.ts'
import { bareSeconds, commandsOf, countOf, type Documents } from './bare.ts'
import { documentOf, KINDS } from './documents.ts'
import { type BenchRow, row } from './measure.ts'
import type { Child } from './servers.ts'
import { processorMs, processorMsOf, residentMb } from './memory.ts'

const DATABASE = 'yilian_bench_cda'
/** Every kind several times: the server has compiled what it needs for them. */
const WARM_UP = 4 * KINDS
const TENTHS = 10
const SENDERS = 96
/** documents inserted once more are held in memory */
const BARE_DOCUMENTS_MAX = 60_000

/** Each sender waits for its answer, as an interface engine does. @returns seconds */
async function send({ servers, token }: Alone, from: number, count: number): Promise<number> {
  const headers = { Authorization: `Bearer ${await token()}`, 'Content-Type': 'application/xml' }
  // Made before: what it costs to write a document is the hospital's.
  const documents = Array.from({ length: count }, (_, at) => documentOf(from + at)).values()
  const started = performance.now()
  await Promise.all(
    Array.from({ length: SENDERS }, async (_, sender) => {
      const { url } = servers[sender % servers.length] as Child
      for (const body of documents) {
        const answer = await fetch(`${url}/ingest/h1-cda`, { method: 'POST', headers, body })
        const text = await answer.text()
        if (answer.status !== 200) throw new Error(`cda: ${answer.status} ${text.slice(0, 500)}`)
      }
    }),
  )
  return (performance.now() - started) / 1000
}

const OUTPUT = /^(?:[A-Z][A-Za-z]+(?:_history)?|contributions|deliveries)$/

/** All that came of the documents so far, the account of it too. */
async function outputOf(client: MongoClient): Promise<Documents | undefined> {
  const database = client.db(DATABASE)
  const names = (await database.listCollections().toArray()).map(({ name }) => name).filter((name) => OUTPUT.test(name))
  const counts = await Promise.all(names.map((name) => database.collection(name).countDocuments()))
  if (counts.reduce((a, b) => a + b, 0) > BARE_DOCUMENTS_MAX) return undefined
  const documents = new Map<string, Document[]>()
  for (const name of names) documents.set(name, await database.collection(name).find({}).toArray())
  return documents
}

async function run(setting: Alone, count: number): Promise<BenchRow[]> {
  const { server, servers, mongod, client } = setting
  await send(setting, 0, WARM_UP)
  const spent = async () => [await processorMsOf(servers), await processorMs(mongod.pid()), await commandsOf(client)] as const
  const before = await spent()
  const each = Math.ceil(count / TENTHS)
  const memory: number[] = []
  let sent = WARM_UP
  let seconds = 0
  let kept: { documents: Documents; of: number } | undefined
  for (let at = 0; at < TENTHS; at++) {
    const took = await send(setting, sent, each)
    seconds += took
    sent += each
    memory.push(await residentMb(server.pid))
    console.log(`${sent} documents: ${Math.round(each / took)}/s, ${Math.round(memory.at(-1) ?? 0)} MB resident`)
  }
  const after = await spent()
  const documents = await outputOf(client)
  if (documents) kept = { documents, of: sent }
  const [serverMs, mongodMs, commands] = after.map((value, at) => (value - (before[at] as number)) / (each * TENTHS)) as [
    number,
    number,
    number,
  ]
  return [
    ...(await against(setting, (each * TENTHS) / seconds, kept)),
    row('commands of the database for one', commands, ''),
    row('processor time of the server for one', serverMs, 'ms'),
    row('processor time of the database for one', mongodMs, 'ms'),
    ...memory.map((mb, at) => row(`resident memory after ${at + 1}/${TENTHS}`, mb, 'MB')),
  ]
}

async function against({ mongod }: Alone, rate: number, kept: { documents: Documents; of: number } | undefined): Promise<BenchRow[]> {
  if (!kept) return [row('CDA documents', rate, 'documents/s')]
  const { documents, of } = kept
  const rateOf = async (isIndexed: boolean) => of / (await bareSeconds(mongod.uri, DATABASE, documents, isIndexed))
  const floor = { name: 'bare insertion of what came of them', value: await rateOf(false) }
  const indexed = { name: 'the same with their indexes', value: await rateOf(true) }
  return [
    row(floor.name, floor.value, 'documents/s'),
    row(indexed.name, indexed.value, 'documents/s'),
    row('CDA documents', rate, 'documents/s', floor),
    row('CDA documents, against insertion with indexes', rate, 'documents/s', indexed),
    row('documents of the database for one', countOf(documents) / of, ''),
  ]
}

const count = Number(process.argv[2] ?? 1_120)
await benchAlone({ database: DATABASE, sender: 'engine', profiles: process.argv[3] }, (alone) => run(alone, count))
process.exit(0)
