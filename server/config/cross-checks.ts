/** What a schema cannot say: names that must exist, be unique, and fit each other. */
import { isAbsolute, normalize } from 'node:path'
import { isResourceType } from '../fhir/resource-types.ts'
import { ISSUES } from '../outcome/issues.ts'
import type { ConfigFile, FileClient, FileDrop, FileJwk, FileMllp, FileSource, ReadFile } from './file.ts'
import type { Party } from './party.ts'
import type { Problem } from './problem.ts'
import { PURPOSES_OF_PARTY } from './purposes.ts'
import { parseScopes, type ScopeProblem } from './scope.ts'

type Wrong = (at: string, zh: string, en: string) => void

export interface CheckOptions {
  /** ids of the mappings that this server has; absent: not checked */
  mappings?: readonly string[]
  /** absent: not checked */
  validation?: KnownRules
  production: boolean
}

/** What a configuration can name of the validator's rules. */
export interface KnownRules {
  /** the resource type of a profile */
  typeOf(profile: string): string | undefined
  /** an invariant, or the name of a profile */
  has(rule: string): boolean
}

/** Parties that ask on behalf of an organisation: without one nothing could be their own. */
const NEEDS_ORGANIZATION: ReadonlySet<Party> = new Set(['hospital', 'mia', 'ha', 'researcher', 'insurer', 'pharma'])
/** A party's rights come from what its organisation is. */
const KIND_OF_PARTY: Partial<Record<Party, readonly string[]>> = { hospital: ['hospital', 'clinic'], mia: ['mia'], ha: ['ha'] }

const SCOPE_EXPECTED: Readonly<Record<ScopeProblem, [zh: string, en: string]>> = {
  grammar: ['应为以空格分隔的 SMART v2 范围，如 system/*.rs', 'must be SMART v2 scopes separated by single spaces, such as system/*.rs'],
  constrained: ['不支持带条件（?）的范围', 'scopes with a constraint (?) are not supported'],
  'mixed-versions': ['不能混用 SMART v1 与 v2 写法', 'must not mix SMART v1 and v2'],
  'mixed-contexts': ['不能混用 patient、user、system', 'must not mix patient, user and system'],
  'too-long': ['过长', 'is too long'],
  empty: ['至少应有一个数据范围', 'must have at least one data scope'],
}

/** Adds a problem for everything that does not fit. */
export function crossCheck({ file, unfit }: ReadFile, options: CheckOptions, problems: Problem[]): void {
  const wrong: Wrong = (at, zh, en) => problems.push({ at, zh, en })
  const organizations = new Map((file.organizations ?? []).map((one) => [one.id, one.kind]))
  const clients = new Set((file.clients ?? []).map((one) => one.client_id))
  unique(
    'organizations',
    'id',
    (file.organizations ?? []).map((one) => one.id),
    wrong,
  )
  unique(
    'clients',
    'client_id',
    (file.clients ?? []).map((one) => one.client_id),
    wrong,
  )
  unique(
    'clients',
    'createIds',
    (file.clients ?? []).map((one) => one.createIds),
    wrong,
  )
  unique(
    'sources',
    'id',
    (file.sources ?? []).map((one) => one.id),
    wrong,
  )
  unique(
    'issuers',
    'issuer',
    (file.issuers ?? []).map((one) => one.issuer),
    wrong,
  )
  uniqueIdentifiers(file, wrong)
  const fitting = <T>(name: string, list: readonly T[] = []): [string, T][] =>
    list.map((entry, i): [string, T] => [`${name}[${i}]`, entry]).filter(([at]) => !unfit.has(at))
  for (const [at, client] of fitting('clients', file.clients)) checkClient(client, at, file, organizations, options, wrong)
  for (const [at, source] of fitting('sources', file.sources)) checkSource(source, at, organizations, clients, options, wrong)
  for (const [at, drop] of fitting('drops', file.drops)) checkDrop(drop, at, file, wrong)
  checkProfiles(file, options, wrong)
  for (const [at, listener] of fitting('mllp', file.mllp)) checkMllp(listener, at, file.sources ?? [], wrong)
  for (const [at, issuer] of fitting('issuers', file.issuers)) {
    for (const [j, name] of (issuer.clients ?? []).entries()) {
      if (!clients.has(name)) wrong(`${at}.clients[${j}]`, '没有此客户端', 'there is no such client')
    }
    if (!isAllowedUrl(issuer.jwks_uri, file)) wrong(`${at}.jwks_uri`, HTTPS_ZH, HTTPS_EN)
  }
}

const HTTPS_ZH = '应为 https 地址；http 仅限 privateOrigins 所列来源'
const HTTPS_EN = 'must be https; http only for an origin listed in privateOrigins'

function unique(list: string, key: string, values: readonly (string | undefined)[], wrong: Wrong): void {
  const seen = new Set<string>()
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue
    if (seen.has(value)) wrong(`${list}[${i}].${key}`, '重复', 'is used twice')
    seen.add(value)
  }
}

/** An identifier names one organisation: what a source sends under it must have one custodian. */
function uniqueIdentifiers(file: ConfigFile, wrong: Wrong): void {
  const owner = new Map<string, string>()
  for (const [i, one] of (file.organizations ?? []).entries()) {
    for (const { system, value } of [...(one.identifier ? [one.identifier] : []), ...(one.identifiers ?? [])]) {
      const key = `${system}|${value}`
      if (owner.has(key)) wrong(`organizations[${i}].identifier`, '标识重复', 'an identifier is used twice')
      owner.set(key, one.id)
    }
  }
}

function checkClient(
  client: FileClient,
  at: string,
  file: ConfigFile,
  organizations: ReadonlyMap<string, string>,
  options: CheckOptions,
  wrong: Wrong,
): void {
  if (client.organization === undefined) {
    if (NEEDS_ORGANIZATION.has(client.party)) wrong(`${at}.organization`, '此类客户端必须有机构', 'is required for this party')
  } else {
    const kind = organizations.get(client.organization)
    const fitting = KIND_OF_PARTY[client.party]
    if (kind === undefined) wrong(`${at}.organization`, '没有此机构', 'there is no such organization')
    else if (fitting && !fitting.includes(kind)) {
      wrong(
        `${at}.organization`,
        `此类客户端的机构种类应为 ${fitting.join('、')}`,
        `must be an organization of kind ${fitting.join(' or ')} for this party`,
      )
    }
  }
  const admissible = PURPOSES_OF_PARTY[client.party]
  for (const [i, purpose] of client.purposes.entries()) {
    if (!admissible.includes(purpose)) {
      wrong(
        `${at}.purposes[${i}]`,
        `此类客户端可用：${admissible.join(' ')}`,
        `must be one of these for this party: ${admissible.join(' ')}`,
      )
    }
  }
  checkScopes(client.scopes, `${at}.scopes`, wrong)
  for (const [i, endpoint] of (client.subscriptionEndpoints ?? []).entries())
    if (!isPlainEndpoint(endpoint)) wrong(`${at}.subscriptionEndpoints[${i}]`, HOOK_ZH, HOOK_EN)
  checkKeys(client, at, file, options, wrong)
}

const HOOK_ZH = '应为规范写法的 https 地址（http 仅限本机回环）'
const HOOK_EN = 'must be an https address in its plain form (http only for the loopback)'

/** What stands there is compared letter by letter, so it must be written as addresses are written. */
function isPlainEndpoint(text: string): boolean {
  const address = text.replace(/\/\*$/, '/')
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  return (url.href === address || url.href === `${address}/`) && (url.protocol === 'https:' || isLoopback(url.hostname))
}

/** Names and addresses that are this machine and nothing else. */
export const isLoopback = (hostname: string): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)

function checkScopes(text: string, at: string, wrong: Wrong): void {
  const parsed = parseScopes(text, { oneContext: false })
  if (!parsed.ok) {
    wrong(at, ...SCOPE_EXPECTED[parsed.problem])
    return
  }
  const unknown = parsed.scopes.filter(({ type }) => type !== '*' && !isResourceType(type))
  if (unknown.length > 0) wrong(at, '含未知的资源类型', 'names a resource type that R4 does not have')
}

function checkKeys(client: FileClient, at: string, file: ConfigFile, options: CheckOptions, wrong: Wrong): void {
  const ways = [client.jwks, client.jwks_uri, client.demoKey || undefined].filter((way) => way !== undefined).length
  if (ways > 1) wrong(at, 'jwks、jwks_uri、demoKey 只能有一个', 'must have only one of jwks, jwks_uri and demoKey')
  if (ways === 0 && (file.issuers ?? []).length === 0) wrong(`${at}.jwks`, '缺少公钥（jwks 或 jwks_uri）', 'is missing (jwks or jwks_uri)')
  if (client.demoKey && options.production) {
    wrong(`${at}.demoKey`, 'NODE_ENV=production 时不允许', 'is not allowed when NODE_ENV is production')
  }
  if (client.jwks_uri !== undefined) {
    if (!isAllowedUrl(client.jwks_uri, file)) wrong(`${at}.jwks_uri`, HTTPS_ZH, HTTPS_EN)
    else if (![...(file.jwksOrigins ?? []), ...(file.privateOrigins ?? [])].includes(new URL(client.jwks_uri).origin)) {
      wrong(`${at}.jwks_uri`, '其来源不在 jwksOrigins 中', 'its origin is not listed in jwksOrigins')
    }
  }
  const keys = client.jwks?.keys ?? []
  unique(
    `${at}.jwks.keys`,
    'kid',
    keys.map((key) => key.kid),
    wrong,
  )
  for (const [i, key] of keys.entries()) checkKey(key, `${at}.jwks.keys[${i}]`, wrong)
}

function checkKey(key: FileJwk, at: string, wrong: Wrong): void {
  const needed = key.kty === 'RSA' ? ['n', 'e'] : ['crv', 'x', 'y']
  for (const member of needed) if (key[member] === undefined) wrong(`${at}.${member}`, '缺少此键', 'is missing')
  if (typeof key.alg === 'string' && key.alg.startsWith('RS') !== (key.kty === 'RSA')) wrong(`${at}.alg`, '与 kty 不符', 'does not fit kty')
}

function checkSource(
  source: FileSource,
  at: string,
  organizations: ReadonlyMap<string, string>,
  clients: ReadonlySet<string>,
  options: CheckOptions,
  wrong: Wrong,
): void {
  if (!organizations.has(source.organization)) wrong(`${at}.organization`, '没有此机构', 'there is no such organization')
  if (!clients.has(source.client)) wrong(`${at}.client`, '没有此客户端', 'there is no such client')
  for (const [code, organization] of Object.entries(source.organizationCodes ?? {})) {
    if (!organizations.has(organization)) wrong(`${at}.organizationCodes.${code}`, '没有此机构', 'there is no such organization')
  }
  if (options.mappings && !options.mappings.includes(source.mapping)) {
    const known = options.mappings.join(', ')
    wrong(`${at}.mapping`, `没有此映射；可用：${known}`, `there is no such mapping; known: ${known}`)
  } else if (!source.mapping.startsWith(`${source.kind}/`)) {
    wrong(`${at}.mapping`, `应以 ${source.kind}/ 开头`, `must start with ${source.kind}/`)
  }
  checkRules(source, at, options, wrong)
  if (source.timezone !== undefined && !isZone(source.timezone)) {
    wrong(`${at}.timezone`, '应为 IANA 时区名，如 Asia/Shanghai', 'must be an IANA time zone such as Asia/Shanghai')
  }
}

/** Two sources on one folder would take each other's files. */
function checkDrop(drop: FileDrop, at: string, file: ConfigFile, wrong: Wrong): void {
  if (!(file.sources ?? []).some(({ id }) => id === drop.source)) wrong(`${at}.source`, '没有此来源', 'there is no such source')
  if (!isAbsolute(drop.directory)) wrong(`${at}.directory`, '应为绝对路径', 'must be an absolute path')
  const same = (file.drops ?? []).filter(({ directory }) => normalize(directory) === normalize(drop.directory))
  if (same.length > 1) wrong(`${at}.directory`, '两项使用同一目录', 'two of them have this directory')
}

/** A rule that is misspelt would refuse nothing. */
function checkRules({ validation }: FileSource, at: string, { validation: known }: CheckOptions, wrong: Wrong): void {
  if (!validation) return
  const strict = validation.mode === 'strict'
  const idle = strict ? 'refuse' : 'pass'
  if (validation[idle] !== undefined)
    wrong(
      `${at}.validation.${idle}`,
      strict ? 'strict 下只用 pass' : 'lenient 下只用 refuse',
      `is for ${strict ? 'lenient' : 'strict'} only`,
    )
  for (const name of ['refuse', 'pass'] as const)
    for (const [i, rule] of (validation[name] ?? []).entries())
      if (known && !Object.hasOwn(ISSUES, rule) && !known.has(rule))
        wrong(`${at}.validation.${name}[${i}]`, '没有此问题代码、约束或 profile', 'is no code of an issue, no invariant and no profile')
}

function checkProfiles({ profiles = {} }: ConfigFile, { validation: known }: CheckOptions, wrong: Wrong): void {
  for (const [type, list] of Object.entries(profiles)) {
    // What has not the right shape is told already.
    if (!Array.isArray(list)) continue
    if (!isResourceType(type)) wrong(`profiles.${type}`, 'R4 没有此资源类型', 'R4 has no such resource type')
    for (const [i, profile] of list.entries())
      if (known && typeof profile === 'string' && known.typeOf(profile) !== type)
        wrong(`profiles.${type}[${i}]`, '没有此 profile，或不是此类型的', 'is no profile that is known here, or of another type')
  }
}

/** Anybody can write a name into a message: beyond this machine, a sender is told by its address or its certificate. */
function checkMllp(listener: FileMllp, at: string, sources: readonly FileSource[], wrong: Wrong): void {
  const isOpen = listener.host !== undefined && !isLoopback(listener.host) && listener.host !== '::1'
  for (const [i, sender] of listener.senders.entries()) {
    const here = `${at}.senders[${i}]`
    const source = sources.find(({ id }) => id === sender.source)
    if (!source) wrong(`${here}.source`, '没有此来源', 'there is no such source')
    else if (!/(?:^|\/)hl7v2(?:\/|$)/.test(source.mapping)) wrong(`${here}.source`, '此来源不是 HL7 v2', 'the source does not send HL7 v2')
    if (sender.certificate !== undefined && listener.tls?.ca === undefined) {
      wrong(`${here}.certificate`, '需要 tls.ca', 'needs tls.ca')
    }
    if (isOpen && sender.certificate === undefined && sender.addresses === undefined) {
      wrong(here, '监听地址不是本机回环时，应有 addresses 或 certificate', 'needs addresses or certificate where host is not the loopback')
    }
  }
}

/** Keys fetched without TLS could be anybody's; the operator can vouch for the network of an origin. */
function isAllowedUrl(text: string, file: ConfigFile): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.protocol === 'https:' || (file.privateOrigins ?? []).includes(url.origin)
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return /^[A-Za-z]/.test(name)
  } catch {
    return false
  }
}
