/** A server, or several, on a database of its own, for a measurement that needs nothing beside them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { silentLog } from '../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../server/store/mongod/start.ts'
import { type BenchRow, printTable } from './measure.ts'
import { type Child, startServers } from './servers.ts'
import { type Bearers, bearer } from './tokens.ts'

export interface Alone {
  /** the first */
  server: Child
  servers: readonly Child[]
  mongod: EmbeddedMongod
  client: MongoClient
  /** of the client that sends */
  token(): Promise<string>
}

/** @param profiles folder for a CPU profile of the server */
export async function benchAlone(
  { database, sender, profiles }: { database: string; sender: keyof Bearers; profiles: string | undefined },
  work: (alone: Alone) => Promise<BenchRow[]>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  const client = await new MongoClient(mongod.uri).connect()
  try {
    const environment = { MONGODB_URI: mongod.uri, MONGODB_DATABASE: database, DATA_DIR: folder }
    const servers = await startServers(() => environment, profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`])
    const [server] = servers
    const token = (await bearer(folder, server.url))[sender]
    const stop = () => Promise.all(servers.map((one) => one.stop()))
    printTable(await work({ server, servers, mongod, client, token }).finally(stop))
  } finally {
    await client.close()
    await mongod.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
