/**
 * `npm run bench`: every figure with its ratio to a baseline of the same run on the same machine and the same MongoDB.
 * Writes bench/results/latest.json and prints it as a table.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../server/store/log.ts'
import { startMongod } from '../server/store/mongod/start.ts'
import { PATIENTS, patientId } from './data.ts'
import { digested } from './digested.ts'
import { createsBesideBare } from './scenarios/creates.ts'
import { ingestMessages } from './scenarios/ingest.ts'
import { loadAll } from './scenarios/load.ts'
import { residentMb } from './memory.ts'
import { type BenchRow, printTable, row } from './measure.ts'
import { pages, reads, searches } from './scenarios/queries.ts'
import { startBaseline, startYilian } from './servers.ts'
import { bearer } from './tokens.ts'

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-bench-'))
  const mongod = await startMongod({ dataDir: folder, log: silentLog })
  const database = 'yilian_bench'
  const environment = { MONGODB_URI: mongod.uri, MONGODB_DATABASE: database, DATA_DIR: folder }
  const rows: BenchRow[] = []
  try {
    const open = await startYilian({ ...environment, YILIAN_NO_AUTH: '1' })
    const baseline = await startBaseline(mongod.uri, database)
    const guarded = await startYilian(environment)
    const note = (made: BenchRow[]) => {
      printTable(made)
      rows.push(...made)
    }
    note(await loadAll(open.url, mongod.uri, database))
    const token = await bearer(folder, guarded.url)
    for (const clients of [8, 32]) {
      note(await reads({ baseline: baseline.url, open: open.url, guarded: guarded.url, token: token.insurer, clients }))
      note(await pages({ baseline: baseline.url, open: open.url, guarded: guarded.url, token: token.insurer, clients }))
      note(await searches({ open: open.url, guarded: guarded.url, withConsent: token.insurer, without: token.quality, clients }))
    }
    note(await ingestMessages(guarded.url, token.engine))
    rows.push(row('resident memory, access control on', await residentMb(guarded.pid), 'MB'))
    for (const child of [guarded, baseline, open]) await child.stop()
    await digested(mongod.uri)
    note(await createsBesideBare({ uri: mongod.uri, database, environment, patients: PATIENTS, clients: 8, turns: 5 }))
  } finally {
    await mongod.stop()
    await rm(folder, { recursive: true, force: true })
  }
  await mkdir(new URL('results/', import.meta.url), { recursive: true })
  await writeFile(new URL('results/latest.json', import.meta.url), `${JSON.stringify(rows, null, 2)}\n`)
  printTable(rows)
  console.log(`data: patients ${patientId(0)}…, see bench/data.ts`)
}

await main()
process.exit(0)
