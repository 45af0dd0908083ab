/**
 * `npm run check:city [-- PEOPLE VISITS SEED]` (20,000 200,000): an invented city is sent to a server of its own over HTTP, with three per cent of
 * errors of all kinds, and what became of it is compared with what is true. Exit 1 where linking precision is below 0.9995, recall below 0.98, events
 * are lost or more than 0.05 % doubled, or something in quarantine has no reason or no replay.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { startTestServer } from '../support/server.ts'
import { cityOf } from './city.ts'
import { cityServer, feed, quarantinedOf } from './feeding.ts'
import { resultsOf } from './results.ts'

const PRECISION_MIN = 0.9995
const RECALL_MIN = 0.98
const DUPLICATES_MAX = 0.0005
const QUARANTINE_LOOKED_AT = 200

/** As docs/configuration.md advises for so many people, unless LINK_THRESHOLD says another one, or `table` for that of the table. */
function thresholdOf(people: number, asked: string | undefined): number | undefined {
  if (asked === 'table') return undefined
  return asked === undefined ? Math.round((Math.log2(people) + 12) * 10) / 10 : Number(asked)
}

async function main(people: number, visits: number, seed: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-city-'))
  const mongod = process.env.TEST_MONGODB_URI ? undefined : await startMongod({ dataDir: folder, log: silentLog })
  if (mongod) process.env.TEST_MONGODB_URI = mongod.uri
  const threshold = thresholdOf(people, process.env.LINK_THRESHOLD)
  const server = await startTestServer(await cityServer(threshold))
  try {
    const city = cityOf({ seed, people, visits })
    print({ seed, people: city.people.length, visits, payloads: city.payloads.length, threshold: threshold ?? 'of the table' })
    const fed = await feed(server, city, (done) => process.stderr.write(`${done} of ${city.payloads.length}\n`))
    const results = await resultsOf(server.database.uri, server.database.database, city)
    const quarantine = await quarantinedOf(server, QUARANTINE_LOOKED_AT)
    print({ ...fed, failures: fed.failures.length, perSecond: Math.round(fed.payloads / fed.seconds) })
    print({ ...results, duplicatesShare: results.duplicates / results.events, quarantine })
    for (const failure of fed.failures.slice(0, 10)) process.stdout.write(`${failure}\n`)
    const isGood =
      results.precision >= PRECISION_MIN &&
      results.recall >= RECALL_MIN &&
      results.lost === 0 &&
      results.duplicates / results.events <= DUPLICATES_MAX &&
      quarantine.bad === 0 &&
      fed.failures.length === 0
    process.exitCode = isGood ? 0 : 1
  } finally {
    await server.stop()
    await mongod?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const print = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`)

const [people, visits, seed] = process.argv
  .slice(2)
  .filter((one) => one !== '--')
  .map(Number)
await main(people ?? 20_000, visits ?? 200_000, seed ?? 20_260_331)
