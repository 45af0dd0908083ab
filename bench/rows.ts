/**
 * `npm run bench:rows [-- ROWS [PROFILE_DIR]]`: laboratory results of a platform's CSV files from end to end (kept raw, mapped, linked,
 * validated, labelled, stored with Provenance, audited), beside bare insertion of the very documents that came of them. Ten days' files,
 * each with its patients and reports first; only the results are timed. `PROFILE_DIR` gets a CPU profile of the server. With BENCH_SERVERS=2
 * two servers have a file each, side by side.
 */
import { setTimeout } from 'node:timers/promises'
import type { Db, Document } from 'mongodb'
import type { PayloadDoc } from '../server/ingest/types.ts'
import { type Alone, benchAlone } from './alone.ts'
import { bareSeconds, commandsOf, countOf, type Documents } from './bare.ts'
import { type BenchRow, row } from './measure.ts'
import type { Child } from './servers.ts'
import { processorMs, processorMsOf, residentMb } from './memory.ts'
import { dayOf, RESULTS_EACH, type TableFile } from './table-files.ts'

const DATABASE = 'yilian_bench_rows'
const DAYS = 10
const POLL_MS = 50
/** rows of the last day whose documents are inserted once more: enough for a rate, and held in memory */
const BARE_ROWS_MAX = 20_000

/** Sends a file and waits until it is worked off; every row has to be stored and sound. */
async function deliver({ client, token }: Alone, { url }: Child, { fileName, body, rows }: TableFile): Promise<PayloadDoc> {
  const answer = await fetch(`${url}/ingest/rhip`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${await token()}`,
      'Content-Type': 'text/csv',
      'Content-Disposition': `attachment; filename="${fileName}"`,
    },
    body: new Uint8Array(body),
  })
  const text = await answer.text()
  const id = answer.headers.get('content-location')?.split('/').at(-1)
  if (answer.status !== 202 || id === undefined) throw new Error(`${fileName}: ${answer.status} ${text.slice(0, 300)}`)
  const payloads = client.db(DATABASE).collection<PayloadDoc>('payloads')
  for (;;) {
    const payload = await payloads.findOne({ _id: id }, { projection: { inline: 0 } })
    if (payload?.finishedAt) {
      if (payload.status === 'stored' && payload.counts.total === rows) return payload
      throw new Error(`${fileName}: ${payload.status} ${JSON.stringify(payload.counts)} ${payload.issues.slice(0, 500)}`)
    }
    await setTimeout(POLL_MS)
  }
}

/** What the results of one day took. */
interface Taken {
  seconds: number
  serverMs: number
  mongodMs: number
  commands: number
}

/** @param files one for each server */
async function timed(setting: Alone, files: readonly TableFile[]): Promise<Taken & { payloads: string[] }> {
  const { servers, mongod, client } = setting
  const spent = async () => [await processorMsOf(servers), await processorMs(mongod.pid()), await commandsOf(client)] as const
  const before = await spent()
  const started = Date.now()
  const done = await Promise.all(servers.map((server, at) => deliver(setting, server, files[at] as TableFile)))
  const after = await spent()
  const [serverMs, mongodMs, commands] = after.map((value, at) => value - (before[at] as number)) as [number, number, number]
  const last = Math.max(...done.map(({ finishedAt }) => (finishedAt as Date).getTime()))
  return { seconds: (last - started) / 1000, serverMs, mongodMs, commands, payloads: done.map(({ _id }) => _id) }
}

/** What came of a day's results: of the first of them where there are many. */
async function outputOf(database: Db, payloads: string[], since: Date, rows: number): Promise<{ documents: Documents; rows: number }> {
  const limit = Math.min(rows, BARE_ROWS_MAX)
  const written = (name: string, most: number) =>
    database
      .collection(name)
      .find({ at: { $gte: since } }, { sort: { at: 1, _id: 1 }, limit: most })
      .toArray()
  const observations = await written('Observation', limit)
  const reports = await written('DiagnosticReport', Math.ceil(limit / RESULTS_EACH))
  const named = [...observations.map(({ _id }) => `Observation/${_id}`), ...reports.map(({ _id }) => `DiagnosticReport/${_id}`)]
  const inside = (name: string, filter: Document) => database.collection(name).find(filter).toArray()
  const documents = new Map<string, Document[]>([
    ['Observation', observations],
    ['DiagnosticReport', reports],
    ['DiagnosticReport_history', await inside('DiagnosticReport_history', { '_id.id': { $in: reports.map(({ _id }) => _id) } })],
    ['Provenance', await written('Provenance', limit)],
    ['contributions', await inside('contributions', { things: { $in: named } })],
    [
      'deliveries',
      await database
        .collection('deliveries')
        .find({ payload: { $in: payloads } })
        .limit(limit)
        .toArray(),
    ],
  ])
  return { documents, rows: observations.length }
}

async function run(setting: Alone, rows: number): Promise<BenchRow[]> {
  const all: Taken[] = []
  const memory: number[] = []
  let reports = 0
  let last: { payloads: string[]; since: Date } = { payloads: [], since: new Date(0) }
  const { servers } = setting
  for (let at = 0; at < DAYS; at++) {
    const before = reports
    const results: TableFile[] = []
    for (const server of servers) {
      const day = dayOf(reports, rows / DAYS / servers.length)
      for (const file of day.before) await deliver(setting, server, file)
      results.push(day.results)
      reports += day.reports
    }
    const since = new Date()
    const { payloads, ...taken } = await timed(setting, results)
    last = { payloads, since }
    all.push(taken)
    memory.push(await residentMb(setting.server.pid))
    const rate = Math.round(((reports - before) * RESULTS_EACH) / taken.seconds)
    console.log(`${reports * RESULTS_EACH} rows: ${rate} rows/s, ${Math.round(memory.at(-1) ?? 0)} MB resident`)
  }
  const sum = (part: keyof Taken): number => all.reduce((total, taken) => total + taken[part], 0)
  const sent = reports * RESULTS_EACH
  const { documents, rows: shown } = await outputOf(setting.client.db(DATABASE), last.payloads, last.since, Math.floor(sent / DAYS))
  const { uri } = setting.mongod
  const floor = { name: 'bare insertion of the same documents', value: shown / (await bareSeconds(uri, DATABASE, documents, false)) }
  const indexed = { name: 'the same with their indexes', value: shown / (await bareSeconds(uri, DATABASE, documents, true)) }
  const rate = sent / sum('seconds')
  return [
    row(floor.name, floor.value, 'rows/s'),
    row(indexed.name, indexed.value, 'rows/s'),
    row('results from CSV', rate, 'rows/s', floor),
    row('results from CSV, against insertion with indexes', rate, 'rows/s', indexed),
    row('documents of one row', countOf(documents) / shown, ''),
    row('commands of the database for one row', sum('commands') / sent, ''),
    row('processor time of the server for one row', sum('serverMs') / sent, 'ms'),
    row('processor time of the database for one row', sum('mongodMs') / sent, 'ms'),
    ...memory.map((mb, at) => row(`resident memory after ${at + 1}/${DAYS}`, mb, 'MB')),
  ]
}

const rows = Number(process.argv[2] ?? 21_000)
await benchAlone({ database: DATABASE, sender: 'platform', profiles: process.argv[3] }, (alone) => run(alone, rows))
process.exit(0)
