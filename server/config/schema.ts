/** JSON Schema of the file that YILIAN_CONFIG names. `expected` is our own keyword: what to write instead, in both languages. */
import { DATA_FORMS, PARTIES } from './party.ts'

const id = { type: 'string', pattern: '^[A-Za-z0-9\\-.]{1,64}$', expected: ['1–64 个字母、数字、- 或 .', '1–64 letters, digits, - or .'] }
const text = { type: 'string', minLength: 1, maxLength: 512, expected: ['非空文本', 'a text that is not empty'] }
const flag = { type: 'boolean', expected: ['true 或 false', 'true or false'] }
const origin = {
  type: 'string',
  pattern: '^https?://[^/?#@\\s]+$',
  expected: ['形如 https://host 的来源，不带路径', 'an origin such as https://host, without a path'],
}
const httpUrl = { type: 'string', pattern: '^https?://[^\\s@#]+$', expected: ['http(s) 绝对地址', 'an absolute http(s) URL'] }
/** Where notifications may go: exact, or everything below it where it ends in slash and star. */
const hook = {
  type: 'string',
  maxLength: 512,
  pattern: '^https?://[^\\s@#?*%\\\\]+(/\\*)?$',
  expected: [
    '通知地址（https；本机回环可用 http），以 /* 结尾表示其下的全部地址',
    'an address for notifications (https; http for the loopback only); with /* at its end, all addresses below it',
  ],
}
const listOf = (items: object, minItems = 0, maxItems = 10_000) => ({ type: 'array', items, minItems, maxItems, uniqueItems: true })
const object = (properties: Record<string, object>, required: string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
})

export const ORGANIZATION_KINDS = [
  'hospital',
  'clinic',
  'mia',
  'ha',
  'researcher',
  'university',
  'institute',
  'insurer',
  'pharma',
  'legal',
  'vendor',
  'other',
] as const
export const HOSPITAL_LEVELS = ['national', 'provincial', 'prefectural', 'county', 'military'] as const
export const SOURCE_KINDS = ['hospital', 'miis', 'rhip'] as const
export const CHARSETS = ['auto', 'utf-8', 'gb18030', 'gbk', 'gb2312', 'utf-16le', 'utf-16be'] as const
export const JWS_ALGORITHMS = ['RS384', 'ES384', 'RS256'] as const

const identifier = object({ system: text, value: text }, ['system', 'value'])

const organization = object(
  {
    id,
    kind: { enum: ORGANIZATION_KINDS },
    name: text,
    identifier,
    identifiers: listOf(identifier),
    level: { enum: HOSPITAL_LEVELS },
  },
  ['id', 'kind', 'name'],
)

/** Members that only a private or a shared key has. */
export const SECRET_MEMBERS: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])

const publicKey = object(
  {
    kty: { enum: ['RSA', 'EC'] },
    kid: { type: 'string', pattern: '^[\\w\\-.:=+]{1,128}$', expected: ['密钥编号', 'the id of the key'] },
    use: { enum: ['sig'] },
    alg: { enum: JWS_ALGORITHMS },
    key_ops: listOf({ enum: ['verify'] }),
    crv: { enum: ['P-384'] },
    x: text,
    y: text,
    n: { type: 'string', minLength: 342, maxLength: 2048, expected: ['不短于 2048 位的模数', 'a modulus of 2048 bits or more'] },
    e: text,
    ext: flag,
    x5c: listOf({ type: 'string', minLength: 1, maxLength: 16_384 }, 1, 10),
    x5t: text,
    'x5t#S256': text,
  },
  ['kty', 'kid'],
)

const client = object(
  {
    client_id: id,
    name: text,
    party: { enum: PARTIES },
    organization: id,
    role: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$', expected: ['角色代码，如 clinician', 'a role such as clinician'] },
    purposes: listOf(text, 1, 50),
    scopes: text,
    forms: listOf({ enum: DATA_FORMS }, 1),
    studies: listOf(id),
    vouchUsers: flag,
    // No id that the server makes has a point, and no two such beginnings overlap.
    createIds: {
      type: 'string',
      pattern: '^[A-Za-z0-9-]{1,30}\\.$',
      expected: ['以一个点结尾的字母、数字和连字符，如 h1-lis.', 'letters, digits and hyphens that end in one point, such as h1-lis.'],
    },
    subscriptionEndpoints: listOf(hook, 0, 100),
    foreign: flag,
    jwks: object({ keys: listOf(publicKey, 1, 20) }, ['keys']),
    jwks_uri: httpUrl,
    demoKey: flag,
  },
  ['client_id', 'party', 'purposes', 'scopes'],
)

const rules = listOf(
  {
    type: 'string',
    pattern: '^[\\x21-\\x7e]{1,256}$',
    expected: ['问题代码、约束编号或 profile 的名称', 'the code of an issue, the key of an invariant, or the name of a profile'],
  },
  0,
  1000,
)
const canonical = {
  type: 'string',
  pattern: '^(https?://|urn:)[^\\s|]{1,500}$',
  expected: ['profile 的规范地址，不带版本', 'the canonical of a profile, without a version'],
}

const source = object(
  {
    id,
    kind: { enum: SOURCE_KINDS },
    mapping: {
      type: 'string',
      pattern: '^[a-z0-9-]+(/[a-z0-9-]+)+$',
      expected: ['映射编号，如 hospital/hl7v2', 'the id of a mapping such as hospital/hl7v2'],
    },
    organization: id,
    client: id,
    charset: { enum: CHARSETS },
    timezone: text,
    organizationCodes: { type: 'object', additionalProperties: id, maxProperties: 10_000 },
    collection: { enum: ['consent', 'statutory'] },
    silentAfterHours: {
      type: 'integer',
      minimum: 1,
      maximum: 8760,
      expected: ['1–8760 的整数小时数', 'an integer number of hours, 1–8760'],
    },
    validation: object({ mode: { enum: ['lenient', 'strict'] }, refuse: rules, pass: rules }),
  },
  ['id', 'kind', 'mapping', 'organization', 'client'],
)

const bits = { type: 'number', minimum: 1, maximum: 200, expected: ['1–200 的数值（比特）', 'a number of bits, 1–200'] }
const policy = object({
  crossHospitalTreat: flag,
  researchPseudonymisedByDefault: flag,
  ethicsWaiver: flag,
  emergencyNeedsTreating: flag,
  treatingDays: { type: 'integer', minimum: 0, maximum: 3650, expected: ['0–3650 的整数天数', 'an integer number of days, 0–3650'] },
  totals: { enum: ['accurate', 'none'] },
  conditionalDelete: { enum: ['single', 'multiple'] },
  linkByLikeness: { enum: ['automatic', 'review', 'off'] },
  linkThreshold: bits,
  linkReviewThreshold: bits,
  sharedCodeLists: flag,
  sharedCodeListsMin: { type: 'integer', minimum: 1, maximum: 100_000, expected: ['1–100000 的整数', 'an integer, 1–100000'] },
  subscriptionAttempts: { type: 'integer', minimum: 1, maximum: 20, expected: ['1–20 的整数', 'an integer, 1–20'] },
  subscriptionRetrySeconds: {
    type: 'integer',
    minimum: 1,
    maximum: 3600,
    expected: ['1–3600 的整数秒数', 'an integer number of seconds, 1–3600'],
  },
})

const issuer = object(
  {
    issuer: httpUrl,
    jwks_uri: httpUrl,
    audience: text,
    algorithms: listOf({ enum: JWS_ALGORITHMS }, 1),
    clients: listOf(id, 1),
    maxLifetimeSeconds: {
      type: 'integer',
      minimum: 60,
      maximum: 86_400,
      expected: ['60–86400 的整数秒数', 'an integer number of seconds, 60–86400'],
    },
  },
  ['issuer', 'jwks_uri', 'audience'],
)

const seconds = {
  type: 'integer',
  minimum: 10,
  maximum: 604_800,
  expected: ['10–604800 的整数秒数', 'an integer number of seconds, 10–604800'],
}
const mllpSender = object({ source: id, application: text, facility: text, addresses: listOf(text, 1, 1000), certificate: text }, [
  'source',
])
const mllp = object(
  {
    host: text,
    port: { type: 'integer', minimum: 0, maximum: 65_535, expected: ['0–65535 的端口号', 'a port, 0–65535'] },
    tls: object({ cert: text, key: text, ca: text }, ['cert', 'key']),
    idleSeconds: seconds,
    senders: listOf(mllpSender, 1, 1000),
  },
  ['port', 'senders'],
)

const wait = {
  type: 'integer',
  minimum: 1,
  maximum: 86_400,
  expected: ['1–86400 的整数秒数', 'an integer number of seconds, 1–86400'],
}
const drop = object(
  {
    source: id,
    directory: text,
    ready: { enum: ['stable', 'rename', 'marker'] },
    marker: {
      type: 'string',
      pattern: '^\\.[A-Za-z0-9._-]{1,20}$',
      expected: ['以点开头的后缀，如 .done', 'an ending with a dot, such as .done'],
    },
    stableSeconds: wait,
    pollSeconds: wait,
    waitSeconds: wait,
  },
  ['source', 'directory'],
)

export const FILE_SCHEMA = object({
  organizations: listOf(organization),
  clients: listOf(client),
  sources: listOf(source),
  mllp: listOf(mllp, 0, 50),
  drops: listOf(drop, 0, 200),
  profiles: { type: 'object', additionalProperties: listOf(canonical, 1, 20), maxProperties: 200 },
  policy,
  issuers: listOf(issuer, 0, 50),
  jwksOrigins: listOf(origin),
  privateOrigins: listOf(origin),
})
