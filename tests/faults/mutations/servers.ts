/** The servers of the check: the one that gets everything, and a fresh one that gets the sound payloads alone. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_CONFIG_FILE } from '../../../server/config/config.ts'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { type Caller, callerOf } from '../support/client.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { tellsOfPersons } from './judge.ts'
import type { Stall } from './watch.ts'

export interface Opened {
  server: ServerProcess
  caller: Caller
  mllpPort: number
}

/** What hospitals export themselves has no sources in the demonstration. */
const OWN_FILES = ['home-page', 'documents']
  .map((format) => `  - { id: h1-${format}, kind: hospital, mapping: hospital/${format}, organization: H1, client: h1-engine }\n`)
  .join('')

/** Both servers derive the same ids from it. */
const SECRET = '5e'.repeat(32)
const WATCH = fileURLToPath(new URL('./watch.ts', import.meta.url))
const STALL = /^watch: stall (\{.*\})$/

export interface Place {
  mongodbUri: string
  database: string
  dataDir: string
}

/** What its lines tell while it runs. */
export interface Watched {
  onStall(stall: Stall): void
  /** a line of its log names one of the persons in the samples */
  onPersonalLine(): void
}

export async function openServer({ mongodbUri, database, dataDir }: Place, watched?: Watched): Promise<Opened> {
  const [port, mllpPort] = [await freePort(), await freePort()]
  const config = join(dataDir, `${database}.yaml`)
  const senders = '[{ source: h1-lis, application: LIS }, { source: h1-his, application: HIS }]'
  const demo = (await readFile(DEMO_CONFIG_FILE, 'utf8')).replace('\nsources:\n', `\nsources:\n${OWN_FILES}`)
  await writeFile(config, `${demo}\nmllp: [{ port: ${mllpPort}, senders: ${senders} }]\n`)
  const environment = {
    MONGODB_URI: mongodbUri,
    MONGODB_DATABASE: database,
    DATA_DIR: dataDir,
    YILIAN_CONFIG: config,
    YILIAN_SECRET: SECRET,
  }
  const onLine = (line: string): void => {
    const told = STALL.exec(line)?.[1]
    if (told !== undefined) watched?.onStall(JSON.parse(told) as Stall)
    if (tellsOfPersons(line)) watched?.onPersonalLine()
  }
  const server = await startServerProcess({ port, environment, nodeArguments: ['--import', WATCH], onLine })
  return { server, caller: callerOf({ publicUrl: server.url, sendTo: server.url, dataDir }), mllpPort }
}
