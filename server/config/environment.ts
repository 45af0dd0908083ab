/** The environment variables of the server (design: Environment), checked; an empty variable counts as absent. */
import { isIP } from 'node:net'
import type { Problem } from './problem.ts'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface Environment {
  host: string
  port: number
  /** without a slash at its end */
  publicUrl: string
  mongodbUri?: string
  mongodbDatabase: string
  dataDir: string
  /** absent: the demonstration configuration is in force */
  configFile?: string
  logLevel: LogLevel
  /** IANA zone for times that come without one */
  timezone: string
  noAuth: boolean
  mongodBinary?: string
  production: boolean
}

export type Variables = Readonly<Record<string, string | undefined>>

/** Reads what it can; whatever is wrong is added to `problems` and stands at its default. */
export function readEnvironment(variables: Variables, problems: Problem[]): Environment {
  const read = (name: string): string | undefined => (variables[name] === '' ? undefined : variables[name])
  const wrong = (at: string, zh: string, en: string) => problems.push({ at, zh, en })
  const host = read('HOST') ?? '127.0.0.1'
  const port = portOf(read('PORT'), wrong)
  const production = read('NODE_ENV') === 'production'
  const mongodbUri = read('MONGODB_URI')
  if (mongodbUri !== undefined && !/^mongodb(\+srv)?:\/\/./.test(mongodbUri)) {
    wrong('MONGODB_URI', '应以 mongodb:// 或 mongodb+srv:// 开头', 'must start with mongodb:// or mongodb+srv://')
  }
  // Checked here with the rest, though it is read by server/secret.ts alone: a secret is no part of the configuration.
  const secret = read('YILIAN_SECRET')
  if (secret !== undefined && !isSecret(secret)) wrong('YILIAN_SECRET', '应为 64 个十六进制数字', 'must be 64 hexadecimal digits')
  const metricsToken = read('METRICS_TOKEN')
  if (metricsToken !== undefined && !/^[!-~]{32,512}$/.test(metricsToken))
    wrong('METRICS_TOKEN', '应为 32–512 个可见 ASCII 字符', 'must be 32 to 512 visible ASCII characters')
  const configFile = read('YILIAN_CONFIG')
  const mongodBinary = read('MONGOD_BINARY')
  return {
    host,
    port,
    publicUrl: publicUrlOf(read('PUBLIC_URL'), host, port, wrong),
    ...(mongodbUri === undefined ? {} : { mongodbUri }),
    mongodbDatabase: databaseOf(read('MONGODB_DATABASE'), wrong),
    dataDir: read('DATA_DIR') ?? '.data',
    ...(configFile === undefined ? {} : { configFile }),
    logLevel: logLevelOf(read('LOG_LEVEL'), wrong),
    timezone: timezoneOf(read('DEFAULT_TIMEZONE'), wrong),
    noAuth: noAuthOf(read('YILIAN_NO_AUTH'), host, production, wrong),
    ...(mongodBinary === undefined ? {} : { mongodBinary }),
    production,
  }
}

type Wrong = (at: string, zh: string, en: string) => void

/** The form of YILIAN_SECRET. */
export const isSecret = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text)

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
}

function portOf(text: string | undefined, wrong: Wrong): number {
  if (text === undefined) return 8080
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  wrong('PORT', '应为 0 至 65535 的整数', 'must be an integer from 0 to 65535')
  return 8080
}

function publicUrlOf(text: string | undefined, host: string, port: number, wrong: Wrong): string {
  const own = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  if (text === undefined) return own
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (plain) return url.href.replace(/\/+$/, '')
  wrong('PUBLIC_URL', '应为不带查询串的 http(s) 绝对地址', 'must be an absolute http(s) URL without query, fragment or user')
  return own
}

function databaseOf(text: string | undefined, wrong: Wrong): string {
  if (text === undefined) return 'yilian'
  if (!/^[A-Za-z0-9_-]{1,38}$/.test(text))
    wrong('MONGODB_DATABASE', '应为 1–38 个字母、数字、_ 或 -', 'must be 1–38 letters, digits, _ or -')
  return text
}

function logLevelOf(text: string | undefined, wrong: Wrong): LogLevel {
  if (text === undefined) return 'info'
  const level = LOG_LEVELS.find((known) => known === text)
  if (!level) wrong('LOG_LEVEL', `应为 ${LOG_LEVELS.join(' ')} 之一`, `must be one of ${LOG_LEVELS.join(' ')}`)
  return level ?? 'info'
}

function timezoneOf(text: string | undefined, wrong: Wrong): string {
  const zone = text ?? 'Asia/Shanghai'
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    // Offsets such as +08:00 are accepted by Intl, but a place's clock is more than its present offset.
    if (/^[A-Za-z]/.test(zone)) return zone
  } catch {}
  wrong('DEFAULT_TIMEZONE', '应为 IANA 时区名，如 Asia/Shanghai', 'must be an IANA time zone such as Asia/Shanghai')
  return 'Asia/Shanghai'
}

function noAuthOf(text: string | undefined, host: string, production: boolean, wrong: Wrong): boolean {
  if (text === undefined || text === '0') return false
  if (text !== '1') wrong('YILIAN_NO_AUTH', '应为 1 或 0', 'must be 1 or 0')
  if (!isLoopback(host)) wrong('YILIAN_NO_AUTH', '仅在 HOST 为本机回环地址时允许', 'is allowed only when HOST is a loopback address')
  if (production) wrong('YILIAN_NO_AUTH', 'NODE_ENV=production 时不允许', 'is not allowed when NODE_ENV is production')
  return text === '1'
}
