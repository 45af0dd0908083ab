/** A large laboratory table, and kill -9 of the server at random moments: while it is sent, and while it is worked off. */
import { openAsBlob } from 'node:fs'
import { MongoClient } from 'mongodb'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { callerOf, clock, sleep, timed } from '../support/client.ts'
import { type Random, randomOf } from '../support/random.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { type PayloadRow, Progress, type Tenth, tenthsOf } from './progress.ts'
import { sizesOf, type TableFile, writeTables } from './tables.ts'
import { type Found, verify } from './verify.ts'

export interface BatchOptions {
  mongodbUri: string
  database: string
  dataDir: string
  seed: number
  rows: number
  kills: number
  /** the results come before their reports, so that every row waits for its patient */
  resultsFirst: boolean
  /** a dead process's leases lapse in their time; false: they are over once it is dead */
  leasesLapse: boolean
  say(line: string): void
}

export interface BatchReport {
  rows: number
  kills: { at: string; resumedAfterMs: number }[]
  /** ms from the end of the upload to the receipt, kills and all */
  workMs: number
  tenths: Tenth[]
  peakMb: number
  found: Found
  problems: string[]
}

const READY_MS_MAX = 120_000
const STUCK_MS_MAX = 240_000
/** A kill comes up to so long behind the moment that was drawn: between two records as well as within one. */
const AFTER_MS_MAX = 700
const UPLOAD_MS_MAX = 600_000

export async function runBatch(options: BatchOptions): Promise<BatchReport> {
  const client = await new MongoClient(options.mongodbUri).connect()
  const run = new BatchRun(options, client)
  try {
    return await run.whole()
  } finally {
    await run.stop()
    await client.close()
  }
}

class BatchRun {
  readonly #options: BatchOptions
  readonly #client: MongoClient
  readonly #random: Random
  readonly #progress: Progress
  readonly #report: Pick<BatchReport, 'kills' | 'problems'> & { peakMb: number } = { kills: [], problems: [], peakMb: 0 }
  #server: ServerProcess | undefined
  #port = 0
  #life = -1

  constructor(options: BatchOptions, client: MongoClient) {
    this.#options = options
    this.#client = client
    this.#random = randomOf(options.seed)
    const payloads = client.db(options.database).collection<PayloadRow>('payloads')
    this.#progress = new Progress(payloads, () => this.#server && { pid: this.#server.pid, life: this.#life })
  }

  async whole(): Promise<BatchReport> {
    const { rows, kills, dataDir, resultsFirst, database } = this.#options
    const sizes = sizesOf(rows)
    const files = await writeTables(dataDir, sizes)
    this.#port = await freePort()
    await this.#start()
    const others = [files.persons, files.reports]
    if (!resultsFirst) for (const file of others) await this.#done(file)
    const payload = await this.#send(files.results, kills > 0)
    const sentAt = clock()
    await this.#worked(payload, rows, Math.max(0, kills - 1))
    const workMs = clock() - sentAt
    if (resultsFirst) for (const file of others) await this.#done(file)
    if (this.#server) this.#report.peakMb = Math.max(this.#report.peakMb, await this.#server.peakMb())
    this.#report.problems.push(...(this.#server?.failures() ?? []).map((line) => `log: ${line.slice(0, 400)}`))
    const found = await verify({ uri: this.#options.mongodbUri, database, db: this.#client.db(database), sizes, payload, resultsFirst })
    const tenths = tenthsOf(this.#progress.looks, rows)
    return { rows, workMs, tenths, found, ...this.#report, problems: [...this.#report.problems, ...found.problems] }
  }

  async #start(): Promise<void> {
    const { mongodbUri, database, dataDir } = this.#options
    const environment = { MONGODB_URI: mongodbUri, MONGODB_DATABASE: database, DATA_DIR: dataDir }
    this.#server = await startServerProcess({ port: this.#port, environment })
    this.#life++
    const deadline = clock() + READY_MS_MAX
    while ((await timed(`${this.#server.url}/ready`, { millisMax: 5000 })).status !== 200) {
      if (clock() > deadline) throw new Error('the server is not ready')
      await sleep(50)
    }
  }

  /** kill -9, and at once another one. */
  async #kill(at: string): Promise<void> {
    const server = this.#server as ServerProcess
    this.#report.peakMb = Math.max(this.#report.peakMb, await server.peakMb())
    this.#report.problems.push(...server.failures().map((line) => `log: ${line.slice(0, 400)}`))
    if (!server.isRunning()) this.#report.problems.push('the server ended by itself')
    this.#server = undefined
    await server.crash()
    if (!this.#options.leasesLapse) await this.#endLeases()
    await this.#start()
    this.#report.kills.push({ at, resumedAfterMs: 0 })
    this.#options.say(`kill ${this.#report.kills.length}: ${at}`)
  }

  /** While nobody lives who could hold one. */
  async #endLeases(): Promise<void> {
    const db = this.#client.db(this.#options.database)
    const over = { $set: { leaseUntil: new Date(0) } }
    for (const table of ['payloads', 'jobs']) await db.collection(table).updateMany({ leaseUntil: { $gt: new Date() } }, over)
  }

  /** @returns the payload's id; a sender whose upload broke off sends once more */
  async #send(file: TableFile, isKilled: boolean): Promise<string> {
    if (isKilled) {
      const broken = this.#upload(file)
      await sleep(this.#random.below(AFTER_MS_MAX))
      await this.#kill('while it was sent')
      await broken
    }
    const reply = await this.#upload(file)
    if (reply.status !== 202 && reply.status !== 200) throw new Error(`${file.name}: ${reply.status} ${reply.text.slice(0, 300)}`)
    return reply.headers.get('content-location')?.split('/').at(-1) ?? ''
  }

  async #upload(file: TableFile) {
    const url = `http://127.0.0.1:${this.#port}`
    const caller = callerOf({ publicUrl: url, sendTo: url, dataDir: this.#options.dataDir })
    const headers = { 'Content-Type': 'text/csv', 'Content-Disposition': `attachment; filename="${file.name}"` }
    // Read from the disk as it is sent.
    const body = (await openAsBlob(file.path)) as unknown as Uint8Array
    return caller.call({ id: 'ha' }, '/ingest/rhip', { method: 'POST', body, headers, millisMax: UPLOAD_MS_MAX })
  }

  async #done(file: TableFile): Promise<void> {
    const started = clock()
    const payload = await this.#send(file, false)
    const progress = new Progress(this.#client.db(this.#options.database).collection<PayloadRow>('payloads'), () => undefined)
    await progress.until(payload, Number.POSITIVE_INFINITY, STUCK_MS_MAX)
    this.#options.say(`${file.name}: ${file.records} rows in ${Math.round(clock() - started)} ms`)
  }

  async #worked(payload: string, rows: number, kills: number): Promise<void> {
    const moments = Array.from({ length: kills }, () => this.#random.below(rows)).sort((a, b) => a - b)
    for (const moment of moments) {
      const row = await this.#progress.until(payload, moment, STUCK_MS_MAX)
      if (row.finishedAt !== null) break
      await sleep(this.#random.below(AFTER_MS_MAX))
      const killed = clock()
      await this.#kill(`at row ${row.checkpoint} or behind`)
      // The dead process may have come further than it was seen to.
      const left = await this.#progress.until(payload, 0, STUCK_MS_MAX)
      if (left.finishedAt !== null) break
      await this.#progress.until(payload, left.checkpoint + 1, STUCK_MS_MAX)
      const last = this.#report.kills.at(-1)
      if (last) last.resumedAfterMs = Math.round(clock() - killed)
    }
    await this.#progress.until(payload, Number.POSITIVE_INFINITY, STUCK_MS_MAX)
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
  }
}
