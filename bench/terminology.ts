/**
 * `npm run bench:terminology`: a code system of 1,000,000 codes: rows and memory of the load (a process of its own, as the command runs),
 * `$expand` with filters of all kinds, pages, `$lookup`, memory of the server; each beside the same bytes found by a bare Express in the same
 * run. Clients, servers and MongoDB share the machine. Writes bench/results/terminology.json. Smaller: BENCH_CODES.
 */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { insuranceDrugs } from '../server/terminology-kept/formats/insurance.ts'
import { silentLog } from '../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../server/store/mongod/start.ts'
import { type BenchRow, measure, printTable, row } from './measure.ts'
import { processorMs, residentMb } from './memory.ts'
import { type Child, startBaseline, startYilian } from './servers.ts'
import { codeAt, filtersOf, LATER_PAGE, OF_ONE_FORM, ONE_FORM, writeTable } from './terminology-data.ts'
import { bearer } from './tokens.ts'

const CODES = Number(process.env.BENCH_CODES ?? 1_000_000)
const DATABASE = 'yilian_terminology'
const CLIENTS = 8
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10)
/** Filters of each kind, and as many others before them. */
const EACH = 40
const WARM_UP_EACH = 20
/** Codes that are asked for again and again, and codes of which each is asked for once. */
const [ASKED_AGAIN, ASKED_ONCE] = [1000, 20_000]

interface Loaded {
  seconds: number
  peakMb: number
}

function runLoad(file: string, uri: string): Promise<Loaded> {
  const started = Date.now()
  const args = ['--max-old-space-size=256', 'server/terminology-kept/cli/load.ts', '--system', insuranceDrugs.id, '--version', '1', file]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, MONGODB_URI: uri, MONGODB_DATABASE: DATABASE },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  let peakMb = 0
  const watch = setInterval(() => {
    void residentMb(child.pid ?? 0).then((mb) => {
      peakMb = Math.max(peakMb, mb)
    })
  }, 200)
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      clearInterval(watch)
      if (code === 0) resolve({ seconds: (Date.now() - started) / 1000, peakMb })
      else reject(new Error(`the load ended with ${code}`))
    })
  })
}

/** Bare inserts of as many documents of the same size, with the same two indexes. @returns documents per second */
async function bareInserts(uri: string): Promise<number> {
  const client = await new MongoClient(uri).connect()
  try {
    const from = client.db(DATABASE).collection<{ _id: string }>('terminology_concepts')
    const docs = await from.find({}).limit(50_000).toArray()
    const to = client.db(DATABASE).collection<{ _id: string }>('bench_bare')
    await to.createIndex({ s: 1, n: 1 })
    await to.createIndex({ s: 1, k: 1 })
    const started = performance.now()
    for (let at = 0; at < docs.length; at += 1000)
      await to.insertMany(docs.slice(at, at + 1000), { ordered: false, writeConcern: { w: 'majority', journal: true } })
    const seconds = (performance.now() - started) / 1000
    await to.drop()
    return docs.length / seconds
  } finally {
    await client.close()
  }
}

const expandPath = (query: string, set = 'drugs') => `/fhir/ValueSet/$expand?url=urn:bench:${set}&${query}`
const lookupPath = (code: string) => `/fhir/CodeSystem/$lookup?system=${encodeURIComponent(insuranceDrugs.url)}&code=${code}`
const samePath = (name: string) => `/same?name=${encodeURIComponent(name)}`

/** Several clients, each address once: nothing of it has been asked before. Milliseconds of each. */
async function timesOf(urls: readonly string[]): Promise<number[]> {
  const times: number[] = []
  const left = [...urls.entries()]
  const client = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const [n, url] = one
      const from = performance.now()
      const answer = await fetch(url)
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${answer.status} for ${url}: ${text}`)
      times[n] = performance.now() - from
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return times
}

function at(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

/** In an order that is the same each time and has the kinds mixed. */
const mixed = (kinds: Readonly<Record<string, readonly string[]>>): { kind: string; text: string }[] =>
  Array.from({ length: EACH + 1 }, (_, n) =>
    Object.entries(kinds).flatMap(([kind, texts]) => (texts[n] === undefined ? [] : [{ kind, text: texts[n] }])),
  ).flat()

/** What Yilian answers, kept under its address: what the baseline finds and sends. */
async function keepAnswers(uri: string, base: string, paths: readonly string[]): Promise<void> {
  const client = await new MongoClient(uri).connect()
  try {
    const answers = client.db(DATABASE).collection<{ _id: string; body: Buffer }>('bench_answers')
    for (let from = 0; from < paths.length; from += 100) {
      const some = [...new Set(paths.slice(from, from + 100))]
      const bodies = await Promise.all(some.map(async (path) => Buffer.from(await (await fetch(base + path)).arrayBuffer())))
      await answers.bulkWrite(
        some.map((path, n) => ({ replaceOne: { filter: { _id: path }, replacement: { body: bodies[n] as Buffer }, upsert: true } })),
      )
    }
  } finally {
    await client.close()
  }
}

/** Begins to count. @returns what each of so many requests has taken since, in milliseconds of each process */
async function processorOf(pids: readonly number[]): Promise<(requests: number) => Promise<[number, number]>> {
  const before = await Promise.all(pids.map(processorMs))
  return async (requests) => {
    const after = await Promise.all(pids.map(processorMs))
    const [first = 0, second = 0] = after.map((ms, at) => (ms - (before[at] ?? 0)) / requests)
    return [first, second]
  }
}

interface Bench {
  uri: string
  /** pid */
  mongod: number
  baseline: Child
}

async function expansions({ uri, mongod, baseline }: Bench, yilian: Child, displays: readonly string[]): Promise<BenchRow[]> {
  const kinds = filtersOf(displays, EACH)
  const pathOf = (kind: string, text: string, n: number) =>
    expandPath(
      `filter=${encodeURIComponent(text)}&count=20${kind === LATER_PAGE ? `&offset=${20 * (1 + (n % 9))}` : ''}`,
      kind === OF_ONE_FORM ? 'one-form' : 'drugs',
    )
  const rows: BenchRow[] = []
  const all = mixed(kinds)
  const paths = all.map(({ kind, text }, n) => pathOf(kind, text, n))
  // The first ones open connections, and compile what a server that has run for a while has compiled: other words than those that are measured.
  const others = mixed(filtersOf([...displays].reverse(), WARM_UP_EACH)).filter(({ text }) => !all.some((one) => one.text === text))
  await timesOf(others.map(({ kind, text }, n) => yilian.url + pathOf(kind, text, n)))
  const processor = await processorOf([yilian.pid, mongod])
  const times = await timesOf(paths.map((path) => yilian.url + path))
  const [ofServer, ofDatabase] = await processor(paths.length)
  const again = await timesOf(paths.map((path) => yilian.url + path))
  await keepAnswers(uri, yilian.url, paths)
  const bare = await timesOf(paths.map((path) => baseline.url + samePath(path)))
  for (const part of [0.5, 0.95])
    rows.push(
      row(`$expand with filter, ${CLIENTS} clients, p${100 * part}`, at(times, part), 'ms', {
        name: 'the same bytes found behind Express',
        value: at(bare, part),
      }),
    )
  rows.push(row('  processor time of the server, each', ofServer, 'ms'), row('  processor time of MongoDB, each', ofDatabase, 'ms'))
  for (const kind of Object.keys(kinds)) {
    const own = times.filter((_, n) => all[n]?.kind === kind)
    rows.push(row(`  ${kind}, p95`, at(own, 0.95), 'ms'))
  }
  rows.push(row('$expand with filter, asked again, p95', at(again, 0.95), 'ms'))
  const naive = await timesOf(
    (kinds['two characters'] ?? []).slice(0, 16).map((text) => `${baseline.url}/filter?text=${encodeURIComponent(text)}`),
  )
  rows.push(row('bare expression over displays, p95', at(naive, 0.95), 'ms'))
  const pages = Array.from({ length: 50 }, (_, n) => expandPath(`offset=${(n * 19_997) % CODES}&count=20`))
  const paged = await timesOf(pages.map((path) => yilian.url + path))
  rows.push(row(`$expand, a page of all, ${CLIENTS} clients, p95`, at(paged, 0.95), 'ms'))
  return rows
}

async function lookups({ uri, mongod, baseline }: Bench, open: Child, guarded: Child, token: () => Promise<string>): Promise<BenchRow[]> {
  const again = Array.from({ length: ASKED_AGAIN }, (_, n) => lookupPath(codeAt((n * 997) % CODES)))
  const once = Array.from({ length: ASKED_ONCE }, (_, n) => lookupPath(codeAt((n * 47 + 13) % CODES)))
  await keepAnswers(uri, open.url, again)
  const rows: BenchRow[] = []
  for (const clients of [CLIENTS, 4 * CLIENTS]) {
    const load = { clients, seconds: SECONDS }
    const processorOfBare = await processorOf([baseline.pid, mongod])
    const bare = await measure({ ...load, url: baseline.url, paths: again.map(samePath) })
    const [bareServer, bareDatabase] = await processorOfBare(bare.answered)
    rows.push(...costs(`bare, ${clients} clients`, bareServer, bareDatabase))
    const against = { name: `the same bytes found behind Express (${Math.round(bare.perSecond)}/s)`, value: bare.perSecond }
    const headers = { Authorization: `Bearer ${await token()}` }
    for (const [name, { url, pid }, paths, more] of [
      ['$lookup, no access control', open, again, {}],
      ['$lookup, token and decision', guarded, again, headers],
      ['$lookup, each code once', open, once, {}],
    ] as const) {
      const processor = await processorOf([pid, mongod])
      const found = await measure({ ...load, url, paths, headers: more })
      const [ofServer, ofDatabase] = await processor(found.answered)
      if (found.failures + bare.failures > 0) throw new Error(`${name}: ${found.failures} wrong answers, ${bare.failures} of the baseline`)
      rows.push(row(`${name}, ${clients} clients`, found.perSecond, 'requests/s', against), ...costs(name, ofServer, ofDatabase))
    }
  }
  return rows
}

const costs = (name: string, server: number, database: number): BenchRow[] => [
  row(`  ${name}: processor time of the server, each`, server * 1000, 'µs'),
  row(`  ${name}: processor time of MongoDB, each`, database * 1000, 'µs'),
]

async function asked({ uri, pid }: EmbeddedMongod, folder: string, displays: readonly string[]): Promise<BenchRow[]> {
  const environment = { MONGODB_URI: uri, MONGODB_DATABASE: DATABASE, DATA_DIR: folder }
  const open = await startYilian({ ...environment, YILIAN_NO_AUTH: '1' })
  const baseline = await startBaseline(uri, DATABASE, 'terminology-baseline.ts')
  const guarded = await startYilian(environment)
  try {
    const formed = { filter: [{ property: 'form', op: '=', value: ONE_FORM }] }
    for (const [id, filter] of Object.entries({ drugs: {}, 'one-form': formed })) {
      const compose = { include: [{ system: insuranceDrugs.url, ...filter }] }
      const set = { resourceType: 'ValueSet', id, url: `urn:bench:${id}`, status: 'active', compose }
      const put = { method: 'PUT', headers: { 'Content-Type': 'application/fhir+json' }, body: JSON.stringify(set) }
      await fetch(`${open.url}/fhir/ValueSet/${id}`, put)
    }
    const bench = { uri, mongod: pid(), baseline }
    const rows = await expansions(bench, open, displays)
    const memory = row('memory of the server after expansions', await residentMb(open.pid), 'MB')
    const token = await bearer(folder, guarded.url)
    return [...rows, memory, ...(await lookups(bench, open, guarded, token.quality))]
  } finally {
    for (const child of [guarded, baseline, open]) await child.stop()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-terminology-'))
const mongod = await startMongod({ dataDir: join(folder, 'db'), log: silentLog })
try {
  const file = join(folder, 'drugs.csv')
  const displays = await writeTable(file, CODES)
  const { seconds, peakMb } = await runLoad(file, mongod.uri)
  const bare = await bareInserts(mongod.uri)
  const rows = [
    row(`load of ${CODES} codes`, seconds, 's'),
    row('codes loaded', CODES / seconds, 'codes/s', { name: `bare insertMany of the same documents (${Math.round(bare)}/s)`, value: bare }),
    row('highest memory of the load', peakMb, 'MB'),
    ...(await asked(mongod, folder, displays)),
  ]
  printTable(rows)
  await mkdir('bench/results', { recursive: true })
  await writeFile('bench/results/terminology.json', `${JSON.stringify({ codes: CODES, rows }, null, 2)}\n`)
} finally {
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exit(0)
