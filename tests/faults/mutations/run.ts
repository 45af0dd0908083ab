/** Broken payloads of every format against a real server process; sound ones between them, compared with a server that saw only those. */
import { each, sleep } from '../support/client.ts'
import { type Random, randomOf } from '../support/random.ts'
import { type Balance, type Claim, openBalance } from './balance.ts'
import { MllpLane, type Outcome, overHttp } from './exchange.ts'
import { addCounts, type Figures, note, noFigures } from './figures.ts'
import { allFormats, type Broken, type Format } from './formats.ts'
import { goodResult } from './good.ts'
import { hugeMutants } from './huge.ts'
import { type Opened, openServer, type Place } from './servers.ts'

export interface MutationOptions extends Place {
  seed: number
  /** broken payloads of each format */
  mutants: number
  /** names of formats; empty: all */
  only: readonly string[]
  /** of these, one sound payload is sent after each */
  round: number
  /** size of the huge ones: 1 is full; 0 leaves them out */
  scale: number
  rssMbMax: number
  /** an answer that takes longer is looked at again, alone; and no longer may the server compute without looking at others */
  msMax: number
  say(line: string): void
}

export interface MutationReport {
  formats: Record<string, Figures>
  good: number
  peakMb: number
  problems: string[]
}

const PROBLEMS_MAX = 200
const LANES = 6
const SLOW_AGAIN_MAX = 20
const SLOW_TRIES = 5
const CLOSED_SEEN_MS = 100

export async function runMutations(options: MutationOptions): Promise<MutationReport> {
  const report: MutationReport = { formats: {}, good: 0, peakMb: 0, problems: [] }
  const run = await MutationRun.open(options, report)
  try {
    const formats = (await allFormats()).filter(({ name }) => options.only.length === 0 || options.only.includes(name))
    for (const format of formats) await run.format(format)
    if (options.scale > 0) await run.huge()
    await run.end()
    return report
  } finally {
    await run.close()
  }
}

class MutationRun {
  readonly #options: MutationOptions
  readonly #report: MutationReport
  readonly #one: Opened
  readonly #fresh: Opened
  readonly #balance: Balance
  readonly #flying: Map<string, Figures>

  private constructor(options: MutationOptions, report: MutationReport, parts: [Opened, Opened, Balance], flying: Map<string, Figures>) {
    this.#options = options
    this.#report = report
    ;[this.#one, this.#fresh, this.#balance] = parts
    this.#flying = flying
  }

  static async open(options: MutationOptions, report: MutationReport): Promise<MutationRun> {
    /** what is on its way, and whose it is */
    const flying = new Map<string, Figures>()
    let isOpen = false
    const say = (problem: string): void => {
      if (report.problems.length < PROBLEMS_MAX) report.problems.push(`${problem}; on the way: ${[...flying.keys()].join('; ')}`)
    }
    const one = await openServer(options, {
      onStall({ wallMs, busyMs }) {
        // A start reads profiles and tables, and answers nobody yet.
        if (!isOpen) return
        for (const figures of new Set(flying.values())) figures.stallMs = Math.max(figures.stallMs, busyMs)
        if (busyMs > options.msMax) say(`the server computed ${busyMs} of ${wallMs} ms without looking at others`)
      },
      onPersonalLine: () => say('the log names a person'),
    })
    const fresh = await openServer({ ...options, database: `${options.database}_fresh` })
    const balance = await openBalance(options.mongodbUri, options.database)
    isOpen = true
    return new MutationRun(options, report, [one, fresh, balance], flying)
  }

  async format(format: Format): Promise<void> {
    const { mutants, round, seed } = this.#options
    const random = randomOf(seed).fork(format.name)
    const figures = noFigures()
    this.#report.formats[format.name] = figures
    for (const sample of format.sound) await overHttp(this.#one.caller, { sample, mutant: { kind: 'sound', bytes: sample.bytes } })
    for (let from = 0; from < mutants; from += round) {
      const known = this.#report.problems.length
      await this.#round(format, figures, random, { from, count: Math.min(round, mutants - from) })
      await this.#good()
      const { problems } = this.#report
      this.#options.say(`${format.name}: ${figures.sent}, ${problems.length} problems, at most ${await this.#one.server.peakMb()} MB`)
      // At once: who ends a long run early knows them too.
      for (const problem of problems.slice(known)) this.#options.say(problem)
    }
  }

  async #round(format: Format, figures: Figures, random: Random, { from, count }: { from: number; count: number }): Promise<void> {
    const batch = Array.from({ length: count }, () => format.draw(random))
    // Drawing takes seconds in one piece: connections that the server closed meanwhile are to be seen as closed before one is used again.
    await sleep(CLOSED_SEEN_MS)
    const claims: Claim[] = []
    const slow: Broken[] = []
    const lanes = Array.from({ length: LANES }, () => new MllpLane(this.#one.mllpPort))
    const send = async (broken: Broken, lane: MllpLane): Promise<Outcome> =>
      format.way === 'mllp' ? lane.send(broken) : overHttp(this.#one.caller, broken)
    const free = [...lanes]
    await each(batch, LANES, async (broken, at) => {
      const label = labelOf(format.name, from + at, broken)
      const lane = free.pop() as MllpLane
      const outcome = await this.#watched(label, figures, () => send(broken, lane))
      free.push(lane)
      note(figures, broken.mutant.kind, outcome)
      if (outcome.ms > this.#options.msMax) slow.push(broken)
      claims.push(...claimOf(format, label, broken, outcome))
    })
    addCounts(figures, await this.#balance.check(claims, this.#say))
    await this.#again(format, figures, slow, send, lanes[0] as MllpLane)
    for (const lane of lanes) lane.close()
  }

  /** What was slow among others is to be fast alone, once of some times; a byte behind its end makes another payload of it each time. */
  async #again(
    format: Format,
    figures: Figures,
    slow: readonly Broken[],
    send: (broken: Broken, lane: MllpLane) => Promise<Outcome>,
    lane: MllpLane,
  ): Promise<void> {
    figures.slow += slow.length
    for (const { sample, mutant } of slow.slice(0, SLOW_AGAIN_MAX)) {
      const label = `${labelOf(format.name, -1, { sample, mutant })}, ${mutant.bytes.length} bytes`
      let bytes = mutant.bytes
      let best = Number.POSITIVE_INFINITY
      for (let times = 0; times < SLOW_TRIES && best > this.#options.msMax; times++) {
        bytes = Buffer.concat([bytes, Buffer.from('\r')])
        const broken = { sample, mutant: { ...mutant, bytes } }
        best = Math.min(best, (await this.#watched(label, figures, () => send(broken, lane))).ms)
      }
      if (best > this.#options.msMax) this.#say(`${label}: ${Math.round(best)} ms alone`)
    }
  }

  async #watched(label: string, figures: Figures, work: () => Promise<Outcome>): Promise<Outcome> {
    this.#flying.set(label, figures)
    const outcome = await work()
    this.#flying.delete(label)
    for (const fault of outcome.faults) this.#say(`${label}: ${fault}`)
    return outcome
  }

  async huge(): Promise<void> {
    const figures = noFigures()
    this.#report.formats.huge = figures
    for (const broken of hugeMutants(this.#options.scale)) {
      const label = labelOf('huge', figures.sent, broken)
      const outcome = await this.#watched(label, figures, () => overHttp(this.#one.caller, broken))
      note(figures, broken.mutant.kind, outcome)
      addCounts(figures, await this.#balance.check(claimOf({ way: 'http' }, label, broken, outcome), this.#say))
      this.#options.say(`${label}: ${outcome.answer} after ${Math.round(outcome.ms)} ms, at most ${await this.#one.server.peakMb()} MB`)
      await this.#good()
    }
  }

  async #good(): Promise<void> {
    const n = this.#report.good++
    const [here, there] = [await goodResult(this.#one.caller, n), await goodResult(this.#fresh.caller, n)]
    if (!here.startsWith('200 ')) this.#say(`sound payload ${n}: ${here.slice(0, 300)}`)
    if (here !== there) this.#say(`sound payload ${n} came to something else: ${differenceOf(here, there)}`)
  }

  readonly #say = (problem: string): void => {
    const { problems } = this.#report
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }

  async end(): Promise<void> {
    const { server } = this.#one
    this.#report.peakMb = await server.peakMb()
    if (this.#report.peakMb > this.#options.rssMbMax) this.#say(`resident memory ${this.#report.peakMb} MB`)
    for (const failure of server.failures()) this.#say(`log: ${failure.slice(0, 600)}`)
    if (!server.isRunning()) this.#say('the server ended by itself')
  }

  async close(): Promise<void> {
    await this.#balance.close()
    await this.#one.server.stop()
    await this.#fresh.server.stop()
  }
}

const labelOf = (format: string, n: number, { sample, mutant }: Broken): string => `${format} ${n} ${sample.name}, ${mutant.kind}`

function claimOf({ way }: Pick<Format, 'way'>, label: string, { sample, mutant }: Broken, outcome: Outcome): Claim[] {
  if (!sample.path.startsWith('/ingest/')) return []
  const { hash, bytes, kept, payload } = outcome
  return [
    {
      ...{ label, hash, bytes, kept },
      ...(way === 'http' && { source: sample.path.slice('/ingest/'.length) }),
      ...(payload !== undefined && { payload }),
      ...(mutant.records !== undefined && mutant.headers === undefined && kept === true && { records: mutant.records }),
    },
  ]
}

function differenceOf(a: string, b: string): string {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return `${a.slice(Math.max(0, at - 60), at + 120)} <> ${b.slice(Math.max(0, at - 60), at + 120)}`
}
