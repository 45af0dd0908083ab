/** One mongod for the whole run, in a folder of its own; MONGODB_URI names another replica set instead. */
import { mkdtemp, statfs } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { silentLog } from '../../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'

export interface RunningDatabase {
  mongod: EmbeddedMongod
  folder: string
}

const MEMORY_FOLDER = '/dev/shm'
const FREE_BYTES_MIN = 12 * 2 ** 30

/** Each test file makes some fifty collections, for each of which a disk is waited for; memory is used where there is plenty. */
async function roomyFolder(): Promise<string> {
  const free = await statfs(MEMORY_FOLDER).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return Math.min(free, freemem()) >= FREE_BYTES_MIN ? MEMORY_FOLDER : tmpdir()
}

/**
 * What was dropped is kept for reads of the past, five minutes long, with its files open: at the pace of the tests they come to more
 * than a process may have (MongoDB manual, minSnapshotHistoryWindowInSeconds).
 */
async function forgetSoon(uri: string): Promise<void> {
  const client = new MongoClient(uri)
  const admin = client.db('admin')
  await admin.command({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 0 })
  await admin.command({ setParameter: 1, syncdelay: 10 })
  await client.close()
}

export default async function setup(): Promise<void> {
  if (process.env.MONGODB_URI) {
    process.env.TEST_MONGODB_URI = process.env.MONGODB_URI
    return
  }
  const folder = await mkdtemp(join(await roomyFolder(), 'yilian-test-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog, cacheGb: 0.5 })
  await forgetSoon(mongod.uri)
  process.env.TEST_MONGODB_URI = mongod.uri
  const shared = globalThis as { yilianTestDatabase?: RunningDatabase }
  shared.yilianTestDatabase = { mongod, folder }
}
