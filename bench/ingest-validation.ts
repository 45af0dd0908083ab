/**
 * `npm run bench:ingest`: messages per second with full validation and with none, in turn, on the same MongoDB, and the ratio of the
 * run. The server without validation is the same program, with another module in the validator's place (`unchecked.ts`).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../server/store/log.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { printTable, row } from './measure.ts'
import { sendMessages } from './scenarios/ingest.ts'
import { startYilian } from './servers.ts'
import { bearer } from './tokens.ts'

const ROUNDS = 4
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 600)
const UNCHECKED = ['--import', new URL('unchecked.ts', import.meta.url).pathname]

/** One kind of server, with a database of its own. */
async function contestant(folder: string, uri: string, name: string, nodeArguments: readonly string[]) {
  const environment = { MONGODB_URI: uri, MONGODB_DATABASE: `yilian_${name}`, DATA_DIR: folder }
  const server = await startYilian(environment, nodeArguments)
  const { engine } = await bearer(folder, server.url)
  let sent = 0
  const round = async (): Promise<number> => {
    const seconds = await sendMessages(server.url, engine, { from: sent, count: MESSAGES })
    sent += MESSAGES
    return seconds
  }
  return { round, stop: server.stop }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  try {
    const without = await contestant(folder, mongod.uri, 'unchecked', UNCHECKED)
    const full = await contestant(folder, mongod.uri, 'checked', [])
    const seconds = { without: 0, full: 0 }
    // The first round compiles and warms up; the order changes, so that neither always finds what the other left.
    for (let at = 0; at <= ROUNDS; at++) {
      for (const kind of at % 2 === 0 ? (['without', 'full'] as const) : (['full', 'without'] as const)) {
        const took = await (kind === 'full' ? full : without).round()
        if (at > 0) seconds[kind] += took
      }
    }
    await full.stop()
    await without.stop()
    const rate = (took: number): number => (ROUNDS * MESSAGES) / took
    const baseline = { name: 'ingest of ORU^R01 without validation', value: rate(seconds.without) }
    printTable([row(baseline.name, baseline.value, 'messages/s'), row('ingest of ORU^R01', rate(seconds.full), 'messages/s', baseline)])
  } finally {
    await mongod.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
process.exit(0)
