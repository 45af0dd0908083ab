/** A whole server on a database of its own, reached over real HTTP; tokens by the ordinary endpoint. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientKey, requestToken, type TokenParameters } from '../../server/auth/request-token.ts'
import { configFrom, loadConfig } from '../../server/config/config.ts'
import { siteFormats } from '../../server/ingest/dialects.ts'
import { destination, pino } from 'pino'
import { createLog, type Log } from '../../server/log.ts'
import { type Running, startServer } from '../../server/start.ts'
import { KNOWN_RULES } from '../../server/validation/known-rules.ts'
import { type TestDatabase, testDatabase } from './mongo.ts'

export interface TestServer {
  url: string
  running: Running
  /** its DATA_DIR, with the keys of the demonstration clients */
  folder: string
  database: TestDatabase
  token(client: string, parameters?: TokenParameters): Promise<string>
  /** one request below the server's root */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  stop(): Promise<void>
}

export interface CallOptions {
  token?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers by path
  json: any
}

export interface TestServerOptions {
  noAuth?: boolean
  /** of another server that runs already: a second process on it */
  beside?: TestServer
  /** text of another configuration file than the demonstration one */
  config?: string
  /** further variables of the environment */
  environment?: Record<string, string>
}

/** What servers warn of goes to the file that TEST_LOG names: an unexpected answer says nothing of its cause. */
function serverLog(): Log {
  const { TEST_LOG } = process.env
  return TEST_LOG === undefined ? createLog('silent') : pino({ level: 'warn', base: null }, destination({ dest: TEST_LOG, sync: true }))
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.beside?.database ?? (await testDatabase())
  const folder = options.beside?.folder ?? (await mkdtemp(join(tmpdir(), 'yilian-server-')))
  const environment: Record<string, string> = {
    HOST: '127.0.0.1',
    PORT: '0',
    MONGODB_URI: database.uri,
    MONGODB_DATABASE: database.database,
    DATA_DIR: folder,
    LOG_LEVEL: 'silent',
    ...(options.noAuth ? { YILIAN_NO_AUTH: '1' } : {}),
    ...options.environment,
  }
  const load = { mappings: siteFormats(environment).ids, validation: KNOWN_RULES }
  const config = options.config === undefined ? loadConfig(environment, load) : configFrom(options.config, environment, load)
  const running = await startServer(config, serverLog(), environment)
  return {
    url: running.url,
    running,
    folder,
    database,
    token: (client, parameters = {}) => tokenOf(config, running.url, client, parameters),
    call: (method, path, call = {}) => request(running.url + path, method, call),
    async stop() {
      await running.stop()
      if (options.beside) return
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function tokenOf(config: Parameters<typeof clientKey>[0], url: string, client: string, parameters: TokenParameters): Promise<string> {
  const key = await clientKey(config, client)
  if (!key) throw new Error(`no key for ${client}`)
  return (await requestToken({ publicUrl: url, clientId: client, key, parameters })).access_token
}

async function request(url: string, method: string, { token, body, headers = {} }: CallOptions): Promise<Answer> {
  const sent = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers: {
      ...(sent === undefined ? {} : { 'Content-Type': 'application/fhir+json' }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent as string }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
