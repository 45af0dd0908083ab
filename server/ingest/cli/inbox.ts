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
  选项 / options: --as CLIENT --purpose P --json`

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

const readArguments = () => parseArgs({ allowPositionals: true, options: OPTIONS })
type Values = ReturnType<typeof readArguments>['values']

interface Api {
  ask(method: string, path: string): Promise<{ status: number; location: string; bytes: Uint8Array }>
}

interface Command {
  /** arguments behind the name */
  takes: readonly [least: number, most: number]
  run(api: Api, words: readonly string[], values: Values): Promise<unknown>
}

const FILTERS = ['source', 'sender', 'status', 'issue', 'from', 'to'] as const
const POLL_MS = 1_000

const queryOf = (values: Values, names: readonly (keyof Values)[]): string => {
  const query = new URLSearchParams()
  for (const name of names) if (typeof values[name] === 'string') query.set(name === 'count' ? '_count' : name, values[name])
  return query.size === 0 ? '' : `?${query}`
}

const part = (text: string | undefined): string => encodeURIComponent(text ?? '')

async function json(api: Api, method: string, path: string): Promise<unknown> {
  return JSON.parse(Buffer.from((await api.ask(method, path)).bytes).toString('utf8')) as unknown
}

async function bytes(api: Api, path: string): Promise<undefined> {
  process.stdout.write((await api.ask('GET', path)).bytes)
  return undefined
}

const COMMANDS: Readonly<Record<string, Command>> = {
  list: { takes: [0, 0], run: (api, _, values) => json(api, 'GET', `/ingest/inbox${queryOf(values, [...FILTERS, 'count', 'after'])}`) },
  show: { takes: [2, 2], run: (api, [source, id]) => json(api, 'GET', `/ingest/${part(source)}/payloads/${part(id)}`) },
  raw: { takes: [2, 2], run: (api, [source, id]) => bytes(api, `/ingest/${part(source)}/payloads/${part(id)}/$raw`) },
  quarantine: { takes: [0, 0], run: (api, _, values) => json(api, 'GET', `/ingest/quarantine${queryOf(values, ['source'])}`) },
  part: { takes: [1, 1], run: (api, [id]) => bytes(api, `/ingest/quarantine/${part(id)}/$raw`) },
  replay: { takes: [2, 2], run: (api, [source, id]) => json(api, 'POST', `/ingest/${part(source)}/payloads/${part(id)}/$replay`) },
  'replay-all': { takes: [0, 0], run: replayAll },
  progress: { takes: [0, 1], run: (api, [id]) => json(api, 'GET', `/ingest/inbox/replays${id === undefined ? '' : `/${part(id)}`}`) },
  cancel: { takes: [1, 1], run: (api, [id]) => json(api, 'DELETE', `/ingest/inbox/replays/${part(id)}`) },
  senders: {
    takes: [0, 0],
    run: (api, _, values) => json(api, 'GET', `/ingest/inbox/senders${queryOf(values, ['source', 'from', 'to'])}`),
  },
  alerts: { takes: [0, 0], run: (api) => json(api, 'GET', '/ingest/inbox/alerts') },
}

async function replayAll(api: Api, _: readonly string[], values: Values): Promise<unknown> {
  const begun = await api.ask('POST', `/ingest/inbox/$replay${queryOf(values, FILTERS)}`)
  if (!values.wait) return JSON.parse(Buffer.from(begun.bytes).toString('utf8')) as unknown
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
  if (!command || words.length < command.takes[0] || words.length > command.takes[1]) return fail(USAGE)
  const config = loadConfig(process.env)
  const api = await apiOf(config, given.values)
  if (typeof api === 'string') return fail(api)
  const answer = await command.run(api, words, given.values)
  if (answer !== undefined) process.stdout.write(given.values.json ? `${JSON.stringify(answer)}\n` : shown(answer))
  return 0
}

/** A list as a table of what is plain in it; anything else as it is. */
function shown(answer: unknown): string {
  const whole = `${JSON.stringify(answer, null, 2)}\n`
  if (answer === null || typeof answer !== 'object') return whole
  const { payloads, total, next } = answer as { payloads?: Record<string, unknown>[]; total?: number; next?: string }
  if (!Array.isArray(payloads)) return whole
  const lines = payloads.map((row) => {
    const problems = Array.isArray(row.problems) ? row.problems.join(',') : ''
    return [row.receivedAt, row.source, row.status, row.id, row.fileName, problems]
      .map((cell) => (cell === '' ? '-' : String(cell)))
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
      const response = await fetch(new URL(path, publicUrl), { method, headers: { Authorization: `Bearer ${token}` }, redirect: 'error' })
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
  process.stderr.write(`${text}\n`)
  return 1
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (!(error instanceof Error)) return String(error)
  const unreachable = error.message === 'fetch failed'
  return unreachable ? '无法连接服务器（PUBLIC_URL） / the server cannot be reached (PUBLIC_URL)' : error.message
}

process.exitCode = await main().catch((error: unknown) => fail(explain(error)))
