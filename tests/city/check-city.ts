/**
 * `npm run check:city [-- PEOPLE VISITS SEED]` (20,000 200,000): an invented city is sent to a server over HTTP, with three per cent of errors of all
 * kinds, and what became of it is compared with what is true. Exit 1 where linking precision is below 0.9995, recall below 0.98, events are lost or
 * more than 0.05 % doubled, or something in quarantine has no reason or no replay; 2 where its time was up before all was sent.
 * `--minutes N`, or an interrupt, ends it in time, with what is true of what was sent; `--keep FOLDER` keeps its database there, and a further run goes on behind
 * the last payload that was answered for; `--senders N`; `--scans` names queries that read more than they need.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { silentLog } from '../../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'
import { type City, type CitySize, cityOf } from './city.ts'
import { type CityServer, cpuMsOf, DATABASE, startCityServer } from './city-server.ts'
import { type Fed, feed, type Stretch } from './feeding.ts'
import { openPartsOf, type Quarantined, quarantinedOf, replayMended } from './quarantine.ts'
import { type Results, resultsOf, settled } from './results.ts'
import { scansOf, watchScans } from './scans.ts'

const PRECISION_MIN = 0.9995
const RECALL_MIN = 0.98
const DUPLICATES_MAX = 0.0005
/** of the time of a run, for playing again what is in quarantine */
const REPLAY_SHARE = 0.2
const SENDERS = 12
/** exit code of who was interrupted twice */
const INTERRUPTED = 130
const AGAIN_MS_MIN = 2_000
const SETTLE_MS_MAX = 600_000

interface Asked extends CitySize {
  minutes?: number
  keep?: string
  senders: number
  scans: boolean
  /** absent: that of the table */
  threshold?: number
}

function askedFor(): Asked {
  const options = {
    minutes: { type: 'string' },
    keep: { type: 'string' },
    senders: { type: 'string' },
    scans: { type: 'boolean' },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [people = 20_000, visits = 200_000, seed = 20_260_331] = positionals.map(Number)
  const threshold = thresholdOf(people, process.env.LINK_THRESHOLD)
  return {
    ...{ people, visits, seed },
    senders: Number(values.senders ?? SENDERS),
    scans: values.scans === true,
    ...(values.minutes !== undefined && { minutes: Number(values.minutes) }),
    ...(values.keep !== undefined && { keep: values.keep }),
    ...(threshold !== undefined && { threshold }),
  }
}

/** As docs/configuration.md advises for so many people, unless LINK_THRESHOLD says another one, or `table` for that of the table. */
function thresholdOf(people: number, asked: string | undefined): number | undefined {
  if (asked === 'table') return undefined
  return asked === undefined ? Math.round((Math.log2(people) + 12) * 10) / 10 : Number(asked)
}

/** How far a kept run came. */
interface Kept extends CitySize {
  place: number
}

async function keptIn(folder: string, { seed, people, visits }: CitySize): Promise<number> {
  const text = await readFile(join(folder, 'progress.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return 0
  const kept = JSON.parse(text) as Kept
  if (kept.seed !== seed || kept.people !== people || kept.visits !== visits) throw new Error(`another city is kept in ${folder}`)
  return kept.place
}

const print = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`)
const mb = (bytes: number): number => Math.round(bytes / 2 ** 20)

async function main(asked: Asked): Promise<void> {
  const { keep } = asked
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'yilian-city-')))
  await mkdir(folder, { recursive: true })
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  try {
    await runOn(folder, mongod, asked)
  } finally {
    await mongod.stop()
    if (keep === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function runOn(folder: string, mongod: EmbeddedMongod, asked: Asked): Promise<void> {
  const { seed, people, visits, threshold } = asked
  const { uri } = mongod
  const from = await keptIn(folder, asked)
  const city = cityOf({ seed, people, visits })
  print({
    seed,
    people,
    visits,
    payloads: city.length,
    from,
    threshold: threshold ?? 'of the table',
    generatorMb: mb(process.memoryUsage().rss),
  })
  const server = await startCityServer(folder, uri, threshold)
  try {
    if (asked.scans) await watchScans(uri, DATABASE)
    const fed = await feedAll({ server, mongod, city, folder, from }, asked)
    tellFed(city, fed, await server.process().peakMb())
    if (asked.scans) for (const scan of (await scansOf(uri, DATABASE)).slice(0, SCANS_TOLD)) print({ scan })
    const deadline = asked.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + asked.minutes * 60_000 * REPLAY_SHARE
    await judge({ server, city, uri, fed, deadline })
  } finally {
    await server.stop()
  }
}

const SCANS_TOLD = 12

interface Feeding {
  server: CityServer
  mongod: EmbeddedMongod
  city: City
  folder: string
  from: number
}

async function feedAll({ server, mongod, city, folder, from }: Feeding, { minutes, senders }: Asked): Promise<Fed> {
  const note = (place: number): Promise<void> =>
    writeFile(join(folder, 'progress.json'), JSON.stringify({ ...city.size, place } satisfies Kept))
  const progress = ({ place, perSecond, median, p99, cpuMs }: Stretch): void => {
    const all = `${place} of ${city.length} (${Math.round((place / city.length) * 100)} %)`
    const memory = `generator ${mb(process.memoryUsage().rss)} MB`
    process.stderr.write(`${all}, ${perSecond}/s, median ${median} ms, p99 ${p99} ms, ${cpuMs} ms of processor each, ${memory}\n`)
    void note(place)
  }
  const fed = await feed(server.url, city, {
    ...{ from, senders, progress, signal: interrupted() },
    cpuMs: () => cpuMsOf([server.process().pid, mongod.pid()]),
    ...(minutes !== undefined && { deadline: Date.now() + minutes * 60_000 }),
  })
  await note(fed.until)
  return fed
}

/** What is under way is finished and judged; who cannot wait for that interrupts once more. One interrupt may come twice: from npm, too. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  let since = Number.POSITIVE_INFINITY
  const interrupt = (): void => {
    if (Date.now() - since > AGAIN_MS_MIN) process.exit(INTERRUPTED)
    since = Math.min(since, Date.now())
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt)
  return controller.signal
}

function tellFed(city: City, { failures, stretches, ...fed }: Fed, serverMb: number): void {
  const sent = fed.until === city.length ? 'all' : `${fed.until} of ${city.length}`
  const perSecond = quartersOf(stretches.map((one) => one.perSecond))
  const cpuMs = quartersOf(stretches.map((one) => one.cpuMs))
  print({ sent, ...fed, quarters: { perSecond, cpuMs }, serverMb, generatorMb: mb(process.memoryUsage().rss) })
  for (const failure of failures) print({ failure })
}

/** Of each quarter of the run: that it does not become slower with what is stored. */
function quartersOf(values: readonly number[]): number[] {
  return [0, 1, 2, 3].map((quarter) => {
    const part = values.slice(Math.floor((values.length * quarter) / 4), Math.floor((values.length * (quarter + 1)) / 4))
    return Math.round((part.reduce((sum, one) => sum + one, 0) / Math.max(part.length, 1)) * 10) / 10
  })
}

interface Judged {
  server: CityServer
  city: City
  uri: string
  fed: Fed
  deadline: number
}

async function judge({ server, city, uri, fed, deadline }: Judged): Promise<void> {
  const atOnce = await resultsOf(uri, DATABASE, city, fed.until)
  // Comparisons that met other writers are left to workers, who look at them some seconds later.
  const seconds = await settled(uri, DATABASE, SETTLE_MS_MAX)
  print({ leftToWorkers: { jobs: atOnce.jobs, recall: atOnce.recall, seconds: seconds ?? `more than ${SETTLE_MS_MAX / 1000}` } })
  const results = await resultsOf(uri, DATABASE, city, fed.until)
  print({
    ...results,
    mixed: results.mixed.map((persons) => persons.map((at) => city.citizens[at]?.person)),
    duplicatesShare: results.duplicates / results.events,
  })
  const quarantine = await quarantinedOf(server.url, deadline)
  print({ quarantine })
  const misread = await openPartsOf(server.url)
  await server.mend()
  const left = await replayMended(server.url)
  print({ misregistered: { parts: misread, leftOnceMended: left } })
  const again = await resultsOf(uri, DATABASE, city, fed.until)
  print({
    afterReplays: {
      events: again.events,
      lost: again.lost,
      duplicates: again.duplicates,
      apart: again.apart,
      strange: again.strange,
      precision: again.precision,
      named: again.named,
    },
  })
  const broken = [...server.process().failures()]
  for (const line of broken) print({ serverFailure: line.slice(0, 300) })
  // The insurance names everybody sooner or later.
  const isWhole = fed.until < city.length || again.byNumberAlone === 0
  const isGood =
    isWhole && [results, again].every(isSound) && isAnswered(quarantine) && left === 0 && fed.failed === 0 && broken.length === 0
  process.exitCode = !isGood ? 1 : fed.until < city.length ? 2 : 0
}

function isSound({ precision, recall, lost, duplicates, events, strange, silent }: Results): boolean {
  return (
    precision >= PRECISION_MIN &&
    recall >= RECALL_MIN &&
    lost === 0 &&
    duplicates <= events * DUPLICATES_MAX &&
    strange === 0 &&
    silent === 0
  )
}

const isAnswered = ({ silent, bad }: Quarantined): boolean => silent === 0 && bad === 0

await main(askedFor())
