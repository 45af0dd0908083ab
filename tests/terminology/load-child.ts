/** A process that loads a file and can be killed: what it has done it says line by line. */
import { createReadStream } from 'node:fs'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import { formatNamed } from '../../server/terminology-kept/formats.ts'
import { load } from '../../server/terminology-kept/loading.ts'
import { rowsOf } from '../../server/terminology-kept/rows.ts'
import { keptTables } from '../../server/terminology-kept/tables.ts'

const [uri = '', database = '', id = '', version = '', file = ''] = process.argv.slice(2)
const format = formatNamed(id)
if (!format) throw new Error(`no format ${id}`)
const store = await createStore({ uri, database, log: silentLog })
const done = await load(keptTables(store), {
  format,
  url: format.url,
  version,
  digest: file,
  rows: () => rowsOf(createReadStream(file), format, 'auto'),
  badMax: 10,
  now: () => new Date(),
  progress: ({ checkpoint }) => process.stdout.write(`${checkpoint.n}\n`),
})
process.stdout.write(`${done.status}\n`)
await store.close()
