/**
 * `npm run check:searches [COUNT] [SEED]`: COUNT (10,000) generated searches over HTTP without access control, and as many under
 * random consents for six askers, each equal to a naive evaluator over FHIRPath. Prints its seed; exits 1 on a difference.
 */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { startTestServer } from '../support/server.ts'
import { consentedRound, openRound, type Tally } from './fhirpath/rounds.ts'

/** Searches of one generated world, and of one set of consents. */
const OF_A_WORLD = 2500
const OF_CONSENTS = 500

async function main(count: number, seed: number): Promise<void> {
  process.stdout.write(`seed ${seed}\n`)
  const folder = await mkdtemp(join(tmpdir(), 'yilian-searches-'))
  const mongod = process.env.TEST_MONGODB_URI ? undefined : await startMongod({ dataDir: folder, log: silentLog })
  if (mongod) process.env.TEST_MONGODB_URI = mongod.uri
  try {
    for (const [name, noAuth] of [
      ['without access control', true],
      ['under random consents', false],
    ] as const) {
      const all: Tally[] = []
      for (let at = 0; at * OF_A_WORLD < count; at++)
        all.push(await ofAWorld(noAuth, seed + at, Math.min(OF_A_WORLD, count - at * OF_A_WORLD)))
      print(name, all)
    }
  } finally {
    await mongod?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function ofAWorld(noAuth: boolean, seed: number, count: number): Promise<Tally> {
  const server = await startTestServer({ noAuth })
  try {
    return noAuth ? await openRound(server, seed, count) : await consentedRound(server, seed, count, Math.ceil(count / OF_CONSENTS))
  } finally {
    await server.stop()
  }
}

function print(name: string, all: readonly Tally[]): void {
  const sum = (of: (tally: Tally) => number) => all.reduce((so, tally) => so + of(tally), 0)
  const problems = all.flatMap((tally) => tally.problems)
  const lines = [
    ...problems,
    `${name}: ${sum(({ searches }) => searches)} searches in ${all.length} worlds, ${sum(({ nonEmpty }) => nonEmpty)} of which find something, ` +
      `${sum(({ matches }) => matches)} matches: ${problems.length} differences`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  if (problems.length > 0) process.exitCode = 1
}

await main(Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? randomInt(2 ** 31)))
