/** Loads that operators ask for over HTTP: the file is kept until some process has loaded it, also after the one that began was killed. */
import { createHash, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { systemDecision } from '../access/decision.ts'
import { createLoop, type WorkLoop } from '../jobs/loop.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'
import { sweep } from './current.ts'
import { formatNamed } from './formats.ts'
import { load } from './loading.ts'
import { rowsOf } from './rows.ts'
import { keptTables, type LoadDoc } from './tables.ts'

const DECISION = systemDecision('terminology')

export interface LoadJob extends TableDoc {
  _id: string
  status: 'accepted' | 'completed' | 'failed'
  format: string
  url: string
  version: string
  charset: string
  badMax: number
  digest: string
  pieces: number
  started: Date
  ended?: Date
  /** number of the load, once it has begun */
  load?: string
  expires?: Date
}

interface PieceDoc extends TableDoc {
  /** `<job>.<n>` */
  _id: string
  job: string
  bytes: Uint8Array
}

export interface LoadAsked extends Pick<LoadJob, 'format' | 'url' | 'version' | 'charset' | 'badMax'> {
  file: Uint8Array
}

export interface TerminologyLoads {
  begin(asked: LoadAsked): Promise<LoadJob>
  job(id: string): Promise<{ job: LoadJob; load?: LoadDoc } | undefined>
  start(): Promise<void>
  stop(): Promise<void>
}

const PIECE_BYTES = 4 * 1024 * 1024
const KEPT_MS = 7 * 24 * 3_600_000
const TIMES = { leaseMs: 20_000, heartbeatMs: 5_000, pollMs: 2_000, pageMax: 1 } as const

export function createLoads(store: Store, now: () => Date, log: (event: string, facts: object) => void): TerminologyLoads {
  const tables = keptTables(store)
  const jobs = store.table<LoadJob>(DECISION, 'terminology_jobs')
  const pieces = store.table<PieceDoc>(DECISION, 'terminology_files')
  const loop: WorkLoop = createLoop<LoadJob>({
    ...TIMES,
    now,
    log,
    kindAt: () => ({ name: 'terminology load', table: jobs, due: { status: 'accepted' }, sort: { started: 1 }, work }),
  })

  async function work(job: LoadJob, alive: () => boolean): Promise<void> {
    const format = formatNamed(job.format)
    if (!format) throw new Error('the format is not known to this process')
    const { url, version, charset, badMax, digest } = job
    const done = await load(tables, {
      format,
      url,
      version,
      badMax,
      digest,
      rows: () => rowsOf(readPieces(pieces, job), format, charset),
      now,
      alive,
      progress: (doc) => void jobs.setOne({ _id: job._id }, { load: doc._id }).catch(() => false),
    })
    const ended = now()
    const status = done.status === 'failed' ? 'failed' : 'completed'
    await jobs.setOne({ _id: job._id }, { status, load: done._id, ended, expires: new Date(ended.getTime() + KEPT_MS) })
    await pieces.delete({ job: job._id })
  }

  return {
    async begin({ file, ...asked }) {
      const _id = randomUUID()
      const count = Math.ceil(file.length / PIECE_BYTES)
      for (let n = 0; n < count; n++)
        await pieces.insert({ _id: `${_id}.${n}`, job: _id, bytes: Buffer.from(file.subarray(n * PIECE_BYTES, (n + 1) * PIECE_BYTES)) })
      const digest = createHash('sha256').update(file).digest('hex')
      const job: LoadJob = { _id, status: 'accepted', ...asked, digest, pieces: count, started: now() }
      await jobs.insert(job)
      loop.wake()
      return job
    },
    async job(id) {
      const job = await jobs.get(id)
      const doc = job?.load === undefined ? undefined : await tables.loads.get(job.load)
      return job && { job, ...(doc ? { load: doc } : {}) }
    },
    async start() {
      await Promise.all([
        jobs.ensureIndex({ status: 1 }),
        jobs.ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
        pieces.ensureIndex({ job: 1 }),
      ])
      await sweep(tables, now)
      loop.start()
    },
    stop: loop.stop,
  }
}

async function* readPieces(pieces: Table<PieceDoc>, { _id, pieces: count }: LoadJob): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    const piece = await pieces.get(`${_id}.${n}`)
    if (!piece) throw new Error('a piece of the file is not there')
    yield piece.bytes
  }
}

const unzip = promisify(gunzip)

/** As it is, or unpacked where it is gzip. @throws Error: it unpacks to more, or is broken */
export async function unpackedWithin(file: Buffer, bytesMax: number): Promise<Buffer> {
  const isPacked = file[0] === 0x1f && file[1] === 0x8b
  return isPacked ? unzip(file, { maxOutputLength: bytesMax }) : file
}
