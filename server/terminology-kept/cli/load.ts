/** npm run terminology:load -- --system FORMAT [--version V] [--charset C] [--bad-rows N] FILE · --list · --remove URL --version V */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import { type Config, ConfigError, loadConfig } from '../../config/config.ts'
import { siteFormats } from '../../ingest/dialects.ts'
import { createLog } from '../../log.ts'
import { startMongod } from '../../store/mongod/start.ts'
import { createStore } from '../../store/store.ts'
import { sweep, withdraw } from '../current.ts'
import { FORMATS, formatNamed } from '../formats.ts'
import type { Format } from '../format.ts'
import { rf2Files, rf2Rows, snomedRf2 } from '../formats/snomed-rf2.ts'
import { BAD_ROWS_MAX } from '../limits.ts'
import { load } from '../loading.ts'
import { type RowEvent, rowsOf } from '../rows.ts'
import { type KeptTables, keptTables, type LoadDoc, prepareKeptTables } from '../tables.ts'

const USAGE = `用法 / usage:
  npm run terminology:load -- --system FORMAT [--version V] [--url URL] [--charset auto|utf-8|gb18030] [--content complete|fragment] [--bad-rows N] FILE
  npm run terminology:load -- --list
  npm run terminology:load -- --remove URL --version V
FORMAT:
${FORMATS.map(({ id, title: [zh, en] }) => `  ${id.padEnd(22)}${zh} / ${en}`).join('\n')}`

const OPTIONS = {
  system: { type: 'string' },
  version: { type: 'string' },
  url: { type: 'string' },
  charset: { type: 'string', default: 'auto' },
  content: { type: 'string', default: 'complete' },
  'bad-rows': { type: 'string', default: String(BAD_ROWS_MAX) },
  list: { type: 'boolean', default: false },
  remove: { type: 'string' },
} as const

type Given = ReturnType<typeof readArguments>

const readArguments = () => parseArgs({ allowPositionals: true, options: OPTIONS })

async function main(): Promise<number> {
  let given: Given
  try {
    given = readArguments()
  } catch {
    return fail(USAGE)
  }
  const { values, positionals } = given
  const [file] = positionals
  const format = formatNamed(values.system ?? '')
  if (!values.list && values.remove === undefined && (!format || file === undefined || positionals.length > 1)) return fail(USAGE)
  const config = loadConfig(process.env, { mappings: siteFormats(process.env).ids })
  return withTables(config, async (tables) => {
    if (values.list) return listed(tables)
    if (values.remove !== undefined) return removed(tables, values.remove, values.version)
    return loaded(tables, format as Format, file as string, values)
  })
}

async function withTables(config: Config, run: (tables: KeptTables) => Promise<number>): Promise<number> {
  const log = createLog('error')
  // Without an address the server has a database of its own: it is joined, or started for the time of the load.
  const mongod = config.mongodbUri === undefined ? await startMongod({ dataDir: config.dataDir, log }) : undefined
  const store = await createStore({ uri: config.mongodbUri ?? mongod?.uri ?? '', database: config.mongodbDatabase, log })
  try {
    const tables = keptTables(store)
    await prepareKeptTables(tables)
    await sweep(tables, () => new Date())
    return await run(tables)
  } finally {
    await store.close()
    await mongod?.stop()
  }
}

async function loaded(tables: KeptTables, format: Format, file: string, values: Given['values']): Promise<number> {
  const version = values.version ?? format.version
  if (version === undefined) return fail(`请用 --version 指明版本 / name the version of the file by --version\n${USAGE}`)
  const badMax = Number(values['bad-rows'])
  if (!Number.isInteger(badMax) || badMax < 0) return fail(USAGE)
  const { content } = values
  if (content !== 'complete' && content !== 'fragment') return fail(USAGE)
  const source = await sourceOf(format, file, values.charset)
  if (typeof source === 'string') return fail(`没有此文件 / no such file: ${source}`)
  const started = Date.now()
  const done = await load(tables, {
    format,
    url: values.url ?? format.url,
    version,
    content,
    digest: await digestOf(source.files),
    rows: source.rows,
    badMax,
    now: () => new Date(),
    progress: ({ checkpoint }) => say(`${checkpoint.row} 行 / rows, ${checkpoint.n} 个代码 / codes, ${seconds(started)}`),
  })
  return told(done, started)
}

interface Source {
  files: string[]
  rows(): AsyncIterable<RowEvent>
}

/** @returns the name of what is not there */
async function sourceOf(format: Format, path: string, charset: string): Promise<Source | string> {
  const found = await stat(path).catch(() => undefined)
  if (format === snomedRf2) {
    const files = found?.isDirectory() ? await rf2Files(path) : path
    if (typeof files === 'string') return files
    return { files: [files.concepts, files.relationships, ...files.descriptions], rows: () => rf2Rows(files) }
  }
  return found?.isFile() ? { files: [path], rows: () => rowsOf(unpackedFile(path), format, charset) } : path
}

/** Packed by gzip or as it is. */
function unpackedFile(file: string): AsyncIterable<Uint8Array> {
  const stream = createReadStream(file)
  return file.endsWith('.gz') ? stream.pipe(createGunzip()) : stream
}

async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`

function told(done: LoadDoc, started: number): number {
  for (const { row, problem } of done.badRows) say(`第 ${row} 行 / row ${row}: ${problem}`)
  const { n, bad } = done.checkpoint
  if (done.status === 'failed') return fail(`未载入 / not loaded: ${done.problem} (${bad} 行有误 / bad rows)`)
  say(`已生效 / in force: ${done.url}|${done.version}, ${n} 个代码 / codes, ${bad} 行有误 / bad rows, ${seconds(started)}`)
  return 0
}

async function listed(tables: KeptTables): Promise<number> {
  for (const one of await tables.loads.find({}, { sort: { s: 1 } }))
    say(
      [one.status, `${one.url}|${one.version}`, `${one.checkpoint.n} 个代码 / codes`, one.started.toISOString(), one.problem ?? ''].join(
        '\t',
      ),
    )
  return 0
}

async function removed(tables: KeptTables, url: string, version: string | undefined): Promise<number> {
  if (version === undefined) return fail(USAGE)
  if (!(await withdraw(tables, url, version, () => new Date()))) return fail(`没有此版本 / no such version: ${url}|${version}`)
  say(`已撤下 / withdrawn: ${url}|${version}`)
  return 0
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function fail(text: string): number {
  process.stderr.write(`${text}\n`)
  return 1
}

process.exitCode = await main().catch((error: unknown) =>
  fail(error instanceof ConfigError || error instanceof Error ? error.message : 'the load failed'),
)
