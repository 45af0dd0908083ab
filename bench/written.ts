/**
 * `npm run bench:written [-- mllp | rows | cda]`: all that one message, row or document leaves in the database: documents, bytes and entries of
 * each index, by collection, and the commands that it takes. Counts, no times.
 */
import type { Db, MongoClient } from 'mongodb'
import { type Alone, benchAlone } from './alone.ts'
import { oruMessage } from './data.ts'
import { documentOf, KINDS } from './documents.ts'
import { type BenchRow, row } from './measure.ts'
import { dayOf, RESULTS_EACH, type TableFile } from './table-files.ts'

const DATABASE = 'yilian_bench_written'
const MESSAGES = 640
const ROWS = 2_100
const SENDERS = 64
const POLL_MS = 50

interface Way {
  sender: 'engine' | 'platform'
  /** what is there before it is counted */
  prepare(alone: Alone): Promise<void>
  /** @returns how many were sent */
  send(alone: Alone): Promise<number>
}

async function post({ server, token }: Alone, source: string, headers: Record<string, string>, body: string | Buffer): Promise<Response> {
  const answer = await fetch(`${server.url}/ingest/${source}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await token()}`, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  const text = await answer.text()
  if (answer.status !== 200 && answer.status !== 202) throw new Error(`${source}: ${answer.status} ${text.slice(0, 300)}`)
  return answer
}

async function messages(from: number, count: number, one: (n: number) => Promise<unknown>): Promise<number> {
  let next = from
  const sender = async (): Promise<void> => {
    while (next < from + count) await one(next++)
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  return count
}

const bearers = new WeakMap<Alone, Promise<string>>()

/** One token for all: how it is asked for is not counted. */
function withToken(alone: Alone): Alone {
  const known = bearers.get(alone) ?? alone.token()
  bearers.set(alone, known)
  return { ...alone, token: () => known }
}

const oru = (alone: Alone, n: number) => post(alone, 'h1-lis', { 'Content-Type': 'application/hl7-v2' }, oruMessage(n))
const cda = (alone: Alone, n: number) => post(alone, 'h1-cda', { 'Content-Type': 'application/xml' }, documentOf(n))

async function deliver(alone: Alone, { fileName, body }: TableFile): Promise<void> {
  const headers = { 'Content-Type': 'text/csv', 'Content-Disposition': `attachment; filename="${fileName}"` }
  const answer = await post(alone, 'rhip', headers, body)
  const id = answer.headers.get('content-location')?.split('/').at(-1) ?? ''
  const payloads = alone.client.db(DATABASE).collection<{ _id: string; finishedAt: Date | null }>('payloads')
  while (!(await payloads.findOne({ _id: id }))?.finishedAt) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
}

const day = dayOf(0, ROWS)
const WAYS: Readonly<Record<string, Way>> = {
  mllp: {
    sender: 'engine',
    prepare: async (alone) => void (await messages(0, SENDERS, (n) => oru(alone, n))),
    send: (alone) => messages(SENDERS, MESSAGES, (n) => oru(alone, n)),
  },
  rows: {
    sender: 'platform',
    async prepare(alone) {
      for (const file of day.before) await deliver(alone, file)
    },
    async send(alone) {
      await deliver(alone, day.results)
      return day.reports * RESULTS_EACH
    },
  },
  cda: {
    sender: 'engine',
    prepare: async (alone) => void (await messages(0, 4 * KINDS, (n) => cda(alone, n))),
    send: (alone) => messages(4 * KINDS, 16 * KINDS, (n) => cda(alone, n)),
  },
}

interface Held {
  documents: number
  bytes: number
  /** entries by index */
  entries: Record<string, number>
}

async function held(database: Db): Promise<Map<string, Held>> {
  const names = (await database.listCollections({ type: 'collection' }, { nameOnly: true }).toArray()).map(({ name }) => name)
  const found = new Map<string, Held>()
  for (const name of names.sort()) {
    const { keysPerIndex, nrecords } = await database.command({ validate: name })
    const [sized] = await database
      .collection(name)
      .aggregate([{ $collStats: { storageStats: {} } }])
      .toArray()
    found.set(name, { documents: Number(nrecords), bytes: Number(sized?.storageStats.size ?? 0), entries: keysPerIndex })
  }
  return found
}

const NOTHING: Held = { documents: 0, bytes: 0, entries: {} }

/** Of the databases' commands those that clients give. */
async function commandsOf(client: MongoClient): Promise<Map<string, number>> {
  const { metrics } = await client.db('admin').command({ serverStatus: 1 })
  const all = Object.entries(metrics.commands as Record<string, { total?: number }>)
  return new Map(all.flatMap(([name, { total }]) => (total === undefined ? [] : [[name, Number(total)] as const])))
}

async function run(alone: Alone, way: Way): Promise<BenchRow[]> {
  const { client } = alone
  const database = client.db(DATABASE)
  await way.prepare(alone)
  const [stood, asked] = [await held(database), await commandsOf(client)]
  const sent = await way.send(alone)
  const commands = await commandsOf(client)
  const rows: BenchRow[] = []
  const sum = { documents: 0, bytes: 0, entries: 0 }
  for (const [name, { documents, bytes, entries }] of await held(database)) {
    const before = stood.get(name) ?? NOTHING
    if (documents === before.documents) continue
    rows.push(row(`${name}`, (documents - before.documents) / sent, 'documents'), row(`  of`, (bytes - before.bytes) / sent, 'bytes'))
    sum.documents += documents - before.documents
    sum.bytes += bytes - before.bytes
    for (const [index, count] of Object.entries(entries)) {
      rows.push(row(`  ${index}`, (count - (before.entries[index] ?? 0)) / sent, 'entries'))
      sum.entries += count - (before.entries[index] ?? 0)
    }
  }
  for (const [name, total] of [...commands].sort(([, a], [, b]) => b - a)) {
    const more = total - (asked.get(name) ?? 0)
    if (more / sent >= 0.01) rows.push(row(`command ${name}`, more / sent, ''))
  }
  for (const [name, total] of Object.entries(sum)) rows.push(row(`all ${name}`, total / sent, ''))
  return rows
}

const name = process.argv[2] ?? 'mllp'
const way = WAYS[name]
if (!way) throw new Error(`one of ${Object.keys(WAYS).join(', ')}`)
await benchAlone({ database: DATABASE, sender: way.sender, profiles: undefined }, (alone) => run(withToken(alone), way))
process.exit(0)
