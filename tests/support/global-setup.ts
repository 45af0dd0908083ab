/** One mongod for the whole run, in a folder of its own; MONGODB_URI names another replica set instead. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'

export interface RunningDatabase {
  mongod: EmbeddedMongod
  folder: string
}

export default async function setup(): Promise<void> {
  if (process.env.MONGODB_URI) {
    process.env.TEST_MONGODB_URI = process.env.MONGODB_URI
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'yilian-test-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog, cacheGb: 0.5 })
  process.env.TEST_MONGODB_URI = mongod.uri
  const shared = globalThis as { yilianTestDatabase?: RunningDatabase }
  shared.yilianTestDatabase = { mongod, folder }
}
