/** The configuration file: bounded, one YAML 1.2 or JSON document, checked against the schema. */
import { readFileSync, statSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { parseDocument } from 'yaml'
import type { DataForm, Party } from './party.ts'
import type { Problem } from './problem.ts'
import { FILE_SCHEMA, SECRET_MEMBERS } from './schema.ts'

export interface FileJwk {
  kty: string
  kid: string
  [member: string]: unknown
}

/** As written in the file; absent parts have their defaults put in by loadConfig. */
export interface ConfigFile {
  organizations?: FileOrganization[]
  clients?: FileClient[]
  sources?: FileSource[]
  mllp?: FileMllp[]
  drops?: FileDrop[]
  /** by resource type */
  profiles?: Record<string, string[]>
  policy?: Record<string, unknown>
  issuers?: FileIssuer[]
  jwksOrigins?: string[]
  privateOrigins?: string[]
}
export interface FileOrganization {
  id: string
  kind: string
  name: string
  identifier?: { system: string; value: string }
  identifiers?: { system: string; value: string }[]
  level?: string
}
export interface FileClient {
  client_id: string
  name?: string
  party: Party
  organization?: string
  role?: string
  purposes: string[]
  scopes: string
  forms?: DataForm[]
  studies?: string[]
  vouchUsers?: boolean
  createIds?: string
  subscriptionEndpoints?: string[]
  foreign?: boolean
  jwks?: { keys: FileJwk[] }
  jwks_uri?: string
  demoKey?: boolean
}
export interface FileSource {
  id: string
  kind: 'hospital' | 'miis' | 'rhip'
  mapping: string
  organization: string
  client: string
  charset?: string
  timezone?: string
  organizationCodes?: Record<string, string>
  collection?: 'consent' | 'statutory'
  silentAfterHours?: number
  validation?: { mode?: 'lenient' | 'strict'; refuse?: string[]; pass?: string[] }
}
export interface FileMllp {
  host?: string
  port: number
  tls?: { cert: string; key: string; ca?: string }
  idleSeconds?: number
  senders: FileMllpSender[]
}
export interface FileMllpSender {
  source: string
  application?: string
  facility?: string
  addresses?: string[]
  certificate?: string
}
export interface FileDrop {
  source: string
  directory: string
  ready?: 'stable' | 'rename' | 'marker'
  marker?: string
  stableSeconds?: number
  pollSeconds?: number
  waitSeconds?: number
}
export interface FileIssuer {
  issuer: string
  jwks_uri: string
  audience: string
  algorithms?: string[]
  clients?: string[]
  maxLifetimeSeconds?: number
}

const FILE_BYTES_MAX = 16 * 1024 * 1024
const ALIASES_MAX = 100
const PROBLEMS_MAX = 100

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true })
ajv.addKeyword({ keyword: 'expected', schemaType: 'array' })
const validate = ajv.compile<ConfigFile>(FILE_SCHEMA)

/** A file as far as it has the right shape. */
export interface ReadFile {
  file: ConfigFile
  /** entries that were not read for their shape (`clients[2]`); of them only the names stand in `file` */
  unfit: ReadonlySet<string>
}

/** The file's content; undefined when nothing of it can be used. Whatever is wrong is added to `problems`. */
export function readConfigFile(path: string, problems: Problem[]): ReadFile | undefined {
  let text: string
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error('too large')
    text = readFileSync(path, 'utf8')
  } catch {
    problems.push({ at: 'YILIAN_CONFIG', zh: '无法读取该文件', en: 'the file cannot be read' })
    return undefined
  }
  return parseConfig(text, problems)
}

/** The same for a text in memory. */
export function parseConfig(text: string, problems: Problem[]): ReadFile | undefined {
  // Keys stay text: an institution code 0001 without quotes must not become 1.
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, version: '1.2', prettyErrors: true })
  for (const error of document.errors.slice(0, PROBLEMS_MAX)) {
    const line = error.linePos?.[0].line ?? 0
    problems.push({ at: `line ${line}`, zh: `不是有效的 YAML/JSON（${error.code}）`, en: `not valid YAML or JSON (${error.code})` })
  }
  if (document.errors.length > 0) return undefined
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch {
    problems.push({ at: 'YILIAN_CONFIG', zh: '别名过多或无法解析', en: 'has too many aliases or an unresolved one' })
    return undefined
  }
  if (validate(content)) return { file: content, unfit: new Set() }
  const errors = validate.errors ?? []
  problems.push(...errors.slice(0, PROBLEMS_MAX).map(problemOf))
  return salvage(content, errors)
}

/** The rest is checked on, so that everything that is wrong is told at once; entries that do not fit keep only their names. */
function salvage(content: unknown, errors: readonly ErrorObject[]): ReadFile | undefined {
  const places = errors.map(({ instancePath }) => instancePath.split('/').slice(1))
  if (typeof content !== 'object' || content === null || places.some(([list, index]) => list !== undefined && index === undefined))
    return undefined
  const unfit = new Set(places.filter(([list]) => list !== undefined).map(([list, index]) => `${list}[${index}]`))
  const file = Object.entries(content).map(([name, list]: [string, unknown]) => [
    name,
    Array.isArray(list) ? list.map((entry, i) => (unfit.has(`${name}[${i}]`) ? namesOf(entry) : entry)) : list,
  ])
  return { file: Object.fromEntries(file) as ConfigFile, unfit }
}

function namesOf(entry: unknown): Record<string, string> {
  if (typeof entry !== 'object' || entry === null) return {}
  return Object.fromEntries(Object.entries(entry).filter(([key, value]) => NAMES.has(key) && typeof value === 'string'))
}

const NAMES = new Set(['id', 'client_id', 'issuer', 'kind'])

function problemOf(error: ErrorObject): Problem {
  const path = keyPath(error.instancePath)
  const parameters = error.params as Record<string, unknown>
  if (error.keyword === 'additionalProperties') {
    const name = String(parameters.additionalProperty)
    if (error.schemaPath.includes('/jwks/') && SECRET_MEMBERS.has(name)) {
      return { at: join(path, name), zh: '配置中不得有私钥', en: 'a private or shared key must not stand in the configuration' }
    }
    const known = Object.keys((error.parentSchema?.properties ?? {}) as object).join(', ')
    return { at: join(path, name), zh: `未知的键；可用：${known}`, en: `unknown key; known: ${known}` }
  }
  if (error.keyword === 'required') return { at: join(path, String(parameters.missingProperty)), zh: '缺少此键', en: 'is missing' }
  const [zh, en] = expectation(error, parameters)
  return { at: path || 'YILIAN_CONFIG', zh: `应为${zh}`, en: `must be ${en}` }
}

function expectation(error: ErrorObject, parameters: Record<string, unknown>): [string, string] {
  if (error.keyword === 'enum') {
    const allowed = (parameters.allowedValues as unknown[]).join(', ')
    return [`以下之一：${allowed}`, `one of: ${allowed}`]
  }
  const written = error.parentSchema?.expected as [string, string] | undefined
  if (written) return written
  if (error.keyword === 'uniqueItems') return ['不重复的列表', 'a list without repeats']
  if (error.keyword === 'minItems') return [`至少 ${parameters.limit} 项`, `a list of at least ${parameters.limit}`]
  if (error.keyword === 'type') return [TYPES[String(parameters.type)] ?? String(parameters.type), `of type ${String(parameters.type)}`]
  return [`${error.keyword} ${String(parameters.limit ?? '')}`, `${error.keyword} ${String(parameters.limit ?? '')}`]
}

const TYPES: Record<string, string> = { object: '对象', array: '列表', string: '文本', boolean: '布尔值', integer: '整数' }

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** `/clients/2/purposes/0` to `clients[2].purposes[0]`. */
function keyPath(pointer: string): string {
  const parts = pointer.split('/').slice(1)
  return parts.reduce(
    (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : join(path, part.replaceAll('~1', '/').replaceAll('~0', '~'))),
    '',
  )
}
