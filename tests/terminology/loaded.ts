/** Files of the formats' true form made for tests, and a database into which they are loaded. */
import { createHash } from 'node:crypto'
import iconv from 'iconv-lite'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store } from '../../server/store/types.ts'
import type { Format } from '../../server/terminology-kept/format.ts'
import { createKept } from '../../server/terminology-kept/kept.ts'
import { load, type LoadRequest } from '../../server/terminology-kept/loading.ts'
import { rowsOf } from '../../server/terminology-kept/rows.ts'
import { type KeptTables, keptTables, type LoadDoc, prepareKeptTables } from '../../server/terminology-kept/tables.ts'
import type { KeptSystems } from '../../server/terminology-service/library.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

export interface Loading {
  database: TestDatabase
  store: Store
  tables: KeptTables
  kept: KeptSystems
  stop(): Promise<void>
}

export async function loadingInto(database?: TestDatabase): Promise<Loading> {
  const own = database ?? (await testDatabase())
  const store = await createStore({ uri: own.uri, database: own.database, log: silentLog })
  const tables = keptTables(store)
  await prepareKeptTables(tables)
  return {
    database: own,
    store,
    tables,
    kept: createKept(tables, own.database),
    async stop() {
      await store.close()
      if (!database) await own.drop()
    },
  }
}

/** Lines with fields that need no quotes. */
export const csv = (header: string, rows: Iterable<readonly string[]>): string =>
  [header, ...[...rows].map((row) => row.join(','))].map((line) => `${line}\r\n`).join('')

export function loadText(
  tables: KeptTables,
  format: Format,
  text: string,
  more: Partial<LoadRequest> = {},
  charset = 'utf-8',
): Promise<LoadDoc> {
  const bytes = iconv.encode(text, charset)
  return load(tables, {
    format,
    url: format.url,
    version: format.version ?? '1',
    digest: createHash('sha256').update(bytes).digest('hex'),
    rows: () => rowsOf(pieces(bytes), format, 'auto'),
    badMax: 10,
    now: () => new Date(),
    ...more,
  })
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
