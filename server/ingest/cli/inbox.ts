/** npm run inbox -- COMMAND: what came in, over the API of a running server and with the rights of a client. */
import { parseArgs } from 'node:util'
import { clientKey, requestToken } from '../../auth/request-token.ts'
import { type Config, ConfigError, loadConfig } from '../../config/config.ts'

const USAGE = `用法 / usage:
  npm run inbox -- list [--source S] [--sender C] [--status A,B] [--issue CODE] [--from T] [--to T] [--count N] [--after PLACE]
  npm run inbox -- show SOURCE ID          回执 / the receipt
  npm run inbox -- raw SOURCE ID           原文 / the bytes as they came
  npm run inbox -- quarantine [--source S]
  npm run inbox -- part ID                 被隔离部分的原文 / the bytes of a part in quarantine
  npm run inbox -- replay SOURCE ID        重放一份 / one payload
  npm run inbox -- replay-all [过滤条件，同 list / filters as for list] [--wait]
  npm run inbox -- progress [REPLAY] · cancel REPLAY
  npm run inbox -- senders [--source S] [--from DAY] [--to DAY]
  npm run inbox -- alerts
  选项 / options: --as CLIENT --purpose P --json
  退出码 / exit code: 0; 1 = 未完成 / not done (参数有误、被拒绝、重放被取消 / wrong arguments, refused, replay cancelled)`

const OPTIONS = {
  as: { type: 'string' },
  purpose: { type: 'string' },
  json: { type: 'boolean', default: false },
  wait: { type: 'boolean', default: false },
  source: { type: 'string' },
  sender: { type: 'string' },
  status: { type: 'string' },
  issue: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  count: { type: 'string' },
  after: { type: 'string' },
} as const

/** @throws TypeError of what is no option, or is given twice: of two sources the second alone would be meant */
function readArguments() {
  const given = parseArgs({ allowPositionals: true, options: OPTIONS, tokens: true })
  const names = given.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
  if (new Set(names).size < names.length) throw new TypeError('an option is given twice')
  return given
}
type Values = ReturnType<typeof readArguments>['values']

interface Api {
  ask(method: string, path: string): Promise<{ status: number; location: string; bytes: Uint8Array }>
}

interface Command {
  /** arguments behind the name */
  takes: readonly [least: number, most: number]
  /** options that it heeds; any other is refused, since what it should have narrowed would be done to more */
  options?: readonly (keyof Values)[]
  /** whether the answer is what was asked for; absent: it is */
  isDone?(answer: unknown): boolean
  run(api: Api, words: readonly string[], values: Values): Promise<unknown>
}

const FILTERS = ['source', 'sender', 'status', 'issue', 'from', 'to'] as const
const OF_ALL: readonly (keyof Values)[] = ['as', 'purpose', 'json']
const POLL_MS = 1_000

const queryOf = (values: Values, names: readonly (keyof Values)[]): string => {
  const query = new URLSearchParams()
  for (const name of names) if (typeof values[name] === 'string') query.set(name === 'count' ? '_count' : name, values[name])
  return query.size === 0 ? '' : `?${query}`
}

const part = (text: string | undefined): string => encodeURIComponent(text ?? '')

/** What an address would leave out: with it another thing would be asked for than the one that is named. */
const NO_NAMES: readonly string[] = ['', '.', '..']

async function json(api: Api, method: string, path: string): Promise<unknown> {
  return JSON.parse(Buffer.from((await api.ask(method, path)).bytes).toString('utf8')) as unknown
}

async function bytes(api: Api, path: string): Promise<undefined> {
  process.stdout.write((await api.ask('GET', path)).bytes)
  return undefined
}

const COMMANDS: Readonly<Record<string, Command>> = {
  list: {
    takes: [0, 0],
    options: [...FILTERS, 'count', 'after'],
    run: (api, _, values) => json(api, 'GET', `/ingest/inbox${queryOf(values, [...FILTERS, 'count', 'after'])}`),
  },
  show: { takes: [2, 2], run: (api, [source, id]) => json(api, 'GET', `/ingest/${part(source)}/payloads/${part(id)}`) },
  raw: { takes: [2, 2], run: (api, [source, id]) => bytes(api, `/ingest/${part(source)}/payloads/${part(id)}/$raw`) },
  quarantine: {
    takes: [0, 0],
    options: ['source'],
    run: (api, _, values) => json(api, 'GET', `/ingest/quarantine${queryOf(values, ['source'])}`),
  },
  part: { takes: [1, 1], run: (api, [id]) => bytes(api, `/ingest/quarantine/${part(id)}/$raw`) },
  replay: { takes: [2, 2], run: (api, [source, id]) => json(api, 'POST', `/ingest/${part(source)}/payloads/${part(id)}/$replay`) },
  'replay-all': {
    takes: [0, 0],
    options: [...FILTERS, 'wait'],
    isDone: (answer) => (answer as { state?: string }).state !== 'cancelled',
    run: replayAll,
  },
  progress: { takes: [0, 1], run: (api, [id]) => json(api, 'GET', `/ingest/inbox/replays${id === undefined ? '' : `/${part(id)}`}`) },
  cancel: { takes: [1, 1], run: (api, [id]) => json(api, 'DELETE', `/ingest/inbox/replays/${part(id)}`) },
  senders: {
    takes: [0, 0],
    options: ['source', 'from', 'to'],
    run: (api, _, values) => json(api, 'GET', `/ingest/inbox/senders${queryOf(values, ['source', 'from', 'to'])}`),
  },
  alerts: { takes: [0, 0], run: (api) => json(api, 'GET', '/ingest/inbox/alerts') },
}

async function replayAll(api: Api, _: readonly string[], values: Values): Promise<unknown> {
  const begun = await api.ask('POST', `/ingest/inbox/$replay${queryOf(values, FILTERS)}`)
  const job = JSON.parse(Buffer.from(begun.bytes).toString('utf8')) as { id: string }
  if (!values.wait) return job
  // Whoever ends the wait, or loses the server meanwhile, can ask for its progress or cancel it.
  process.stderr.write(`${job.id}\n`)
  for (;;) {
    const { status, bytes: told } = await api.ask('GET', begun.location)
    const progress = JSON.parse(Buffer.from(told).toString('utf8')) as { done: number; total: number; state: string }
    if (status === 200) return progress
    process.stderr.write(`${progress.done} / ${progress.total} ${progress.state}\n`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Answers the exit code. */
async function main(): Promise<number> {
  let given: ReturnType<typeof readArguments>
  try {
    given = readArguments()
  } catch {
    return fail(USAGE)
  }
  const [name = '', ...words] = given.positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command || !fits(command, words, given.values)) return fail(USAGE)
  const config = loadConfig(process.env)
  const api = await apiOf(config, given.values)
  if (typeof api === 'string') return fail(api)
  const answer = await command.run(api, words, given.values)
  if (answer !== undefined) process.stdout.write(given.values.json ? `${printable(JSON.stringify(answer))}\n` : shown(answer))
  return command.isDone?.(answer) === false ? 1 : 0
}

function fits({ takes, options = [] }: Command, words: readonly string[], values: Values): boolean {
  if (words.length < takes[0] || words.length > takes[1] || words.some((word) => NO_NAMES.includes(word))) return false
  const heeded = new Set([...OF_ALL, ...options])
  return Object.entries(values).every(([name, value]) => value === false || heeded.has(name as keyof Values))
}

/** What senders call their files may not give orders to a terminal, nor look like another line. Escaped as JSON does it. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (mark) => (mark === '\n' ? mark : escaped(mark)))

const escaped = (mark: string): string =>
  Array.from({ length: mark.length }, (_, at) => `\\u${mark.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')

/** A list as a table of what is plain in it; anything else as it is. */
function shown(answer: unknown): string {
  const whole = `${printable(JSON.stringify(answer, null, 2))}\n`
  if (answer === null || typeof answer !== 'object') return whole
  const { payloads, total, next } = answer as { payloads?: Record<string, unknown>[]; total?: number; next?: string }
  if (!Array.isArray(payloads)) return whole
  const lines = payloads.map((row) => {
    const problems = Array.isArray(row.problems) ? row.problems.join(',') : ''
    return [row.receivedAt, row.source, row.status, row.id, row.fileName, problems]
      .map((cell) => (cell === '' ? '-' : printable(String(cell).replaceAll('\n', ' '))))
      .join('  ')
  })
  return [...lines, `${payloads.length} / ${total ?? '?'}${next === undefined ? '' : ` --after ${next}`}`, ''].join('\n')
}

/** Its API, or why there is none. */
async function apiOf(config: Config, values: Values): Promise<Api | string> {
  const known = config.clients.filter(({ party, clientId }) => (values.as === undefined ? party === 'operator' : clientId === values.as))
  const [client] = known
  if (!client) return `没有此客户端 / no such client: ${values.as ?? '(operator)'}`
  const key = await clientKey(config, client.clientId, process.env.YILIAN_KEYS)
  if (!key)
    return '找不到该客户端的私钥：请先启动服务器，或用 YILIAN_KEYS 指定目录 / no private key: start the server first, or set YILIAN_KEYS'
  const parameters = values.purpose === undefined ? {} : { purpose_of_use: values.purpose }
  const { publicUrl } = config
  let token = ''
  let until = 0
  return {
    async ask(method, path) {
      if (Date.now() >= until) {
        const answer = await requestToken({ publicUrl, clientId: client.clientId, key, parameters })
        token = answer.access_token
        // A wait may outlive a token.
        until = Date.now() + TOKEN_USED_MS
      }
      const response = await fetch(`${publicUrl}${path}`, { method, headers: { Authorization: `Bearer ${token}` }, redirect: 'error' })
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (!response.ok) throw new Error(`${response.status} ${reasonIn(bytes)}`)
      return { status: response.status, location: response.headers.get('content-location') ?? '', bytes }
    },
  }
}

const TOKEN_USED_MS = 240_000

function reasonIn(bytes: Uint8Array): string {
  try {
    const { issue = [] } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      issue?: { details?: { text?: string }; diagnostics?: string }[]
    }
    return issue.map(({ details, diagnostics }) => `${details?.text ?? ''} / ${diagnostics ?? ''}`).join('; ')
  } catch {
    return ''
  }
}

function fail(text: string): number {
  process.stderr.write(`${printable(text)}\n`)
  return 1
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (!(error instanceof Error)) return String(error)
  if (error instanceof SyntaxError) return '答复不是 JSON，请核对 PUBLIC_URL / the answer is not JSON: is this the server (PUBLIC_URL)?'
  const unreachable = error.message === 'fetch failed'
  return unreachable ? '无法连接服务器（PUBLIC_URL） / the server cannot be reached (PUBLIC_URL)' : error.message
}

// Whoever reads may have enough before the end (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : fail(explain(error))))

process.exitCode = await main().catch((error: unknown) => fail(explain(error)))
