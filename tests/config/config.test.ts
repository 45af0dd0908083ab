import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { ConfigError, configFrom, DEMO_CONFIG_FILE, loadConfig } from '../../server/config/config.ts'

const RSA_N = Buffer.alloc(256, 0xab).toString('base64url')
const KEY = { kty: 'RSA', kid: 'k1', n: RSA_N, e: 'AQAB' }

/** A small configuration that is right; each case spoils one thing. */
function good(): Record<string, unknown[]> & { policy?: unknown } {
  return {
    organizations: [{ id: 'H1', kind: 'hospital', name: '示例医院', identifier: { system: 'urn:oid:1.2', value: 'A' } }],
    clients: [
      {
        client_id: 'h1-ward',
        party: 'hospital',
        organization: 'H1',
        role: 'clinician',
        purposes: ['TREAT'],
        scopes: 'system/*.rs',
        jwks: { keys: [KEY] },
      },
    ],
    sources: [{ id: 'h1-lis', kind: 'hospital', mapping: 'hospital/hl7v2', organization: 'H1', client: 'h1-ward', charset: 'auto' }],
  }
}

function problemsOf(make: () => unknown): { at: string; en: string }[] {
  try {
    make()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ at, en }) => ({ at, en }))
    throw error
  }
  return []
}

test('a wrong YILIAN_SECRET is told with the rest, and never repeated', () => {
  const secret = '0123'
  const found = problemsOf(() => loadConfig({ YILIAN_SECRET: secret, PORT: 'x' }))
  expect(found.map(({ at }) => at)).toEqual(['PORT', 'YILIAN_SECRET'])
  expect(JSON.stringify(found)).not.toContain(secret)
  expect(problemsOf(() => loadConfig({ YILIAN_SECRET: 'a0'.repeat(32) }))).toEqual([])
})

const MAPPINGS = ['hospital/hl7v2', 'miis/interface']
const load = (content: unknown) => configFrom(JSON.stringify(content), {}, { mappings: MAPPINGS })

type Spoil = (config: ReturnType<typeof good>) => void
const first = (list: unknown[] | undefined) => (list?.[0] ?? {}) as Record<string, unknown>
const client =
  (change: Record<string, unknown>): Spoil =>
  (config) =>
    Object.assign(first(config.clients), change)
const source =
  (change: Record<string, unknown>): Spoil =>
  (config) =>
    Object.assign(first(config.sources), change)
const organization =
  (change: Record<string, unknown>): Spoil =>
  (config) =>
    Object.assign(first(config.organizations), change)
const keys = (...list: unknown[]) => client({ jwks: { keys: list } })

const WRONG: [name: string, spoil: Spoil, at: string, expected: RegExp][] = [
  ['unknown key at the top', (c) => Object.assign(c, { polices: {} }), 'polices', /unknown key; known: organizations, clients/],
  ['unknown key of a client', client({ pruposes: ['TREAT'] }), 'clients[0].pruposes', /unknown key/],
  ['unknown policy', (c) => Object.assign(c, { policy: { consent: false } }), 'policy.consent', /unknown key/],
  [
    'policy of the wrong type',
    (c) => Object.assign(c, { policy: { treatingDays: '30' } }),
    'policy.treatingDays',
    /integer number of days/,
  ],
  ['negative days', (c) => Object.assign(c, { policy: { treatingDays: -1 } }), 'policy.treatingDays', /0–3650/],
  [
    'unknown kind of deletion',
    (c) => Object.assign(c, { policy: { conditionalDelete: 'all' } }),
    'policy.conditionalDelete',
    /single, multiple/,
  ],
  ['ids that the server could give', client({ createIds: 'ab' }), 'clients[0].createIds', /one point/],
  ['ids in which others begin', client({ createIds: 'a.b.' }), 'clients[0].createIds', /one point/],
  ['an address without TLS', client({ subscriptionEndpoints: ['http://x.example/in'] }), 'clients[0].subscriptionEndpoints[0]', /https/],
  [
    'an address in another form',
    client({ subscriptionEndpoints: ['https://X.example/in'] }),
    'clients[0].subscriptionEndpoints[0]',
    /plain form/,
  ],
  [
    'an address with dots',
    client({ subscriptionEndpoints: ['https://x.example/../*'] }),
    'clients[0].subscriptionEndpoints[0]',
    /plain form/,
  ],
  [
    'a star in the midst',
    client({ subscriptionEndpoints: ['https://x.example/*/in'] }),
    'clients[0].subscriptionEndpoints[0]',
    /at its end/,
  ],
  ['a user in an address', client({ subscriptionEndpoints: ['https://u@x.example/'] }), 'clients[0].subscriptionEndpoints[0]', /address/],
  ['too many attempts', (c) => Object.assign(c, { policy: { subscriptionAttempts: 21 } }), 'policy.subscriptionAttempts', /1–20/],
  ['unknown totals', (c) => Object.assign(c, { policy: { totals: 'estimate' } }), 'policy.totals', /accurate, none/],
  ['unknown kind of organisation', organization({ kind: 'hopsital' }), 'organizations[0].kind', /one of: hospital/],
  ['unknown level', organization({ level: 'city' }), 'organizations[0].level', /national/],
  ['id that FHIR does not have', organization({ id: 'H_1' }), 'organizations[0].id', /letters, digits/],
  ['organisation without a name', organization({ name: '' }), 'organizations[0].name', /not empty/],
  ['organisation twice', (c) => c.organizations?.push({ id: 'H1', kind: 'mia', name: 'x' }), 'organizations[1].id', /used twice/],
  [
    'identifier of another organisation',
    (c) => c.organizations?.push({ id: 'H2', kind: 'hospital', name: 'x', identifiers: [{ system: 'urn:oid:1.2', value: 'A' }] }),
    'organizations[1].identifier',
    /used twice/,
  ],
  ['client id with a slash', client({ client_id: 'a/b' }), 'clients[0].client_id', /letters, digits/],
  ['client twice', (c) => c.clients?.push({ ...first(c.clients), name: 'other' }), 'clients[1].client_id', /used twice/],
  ['unknown party', client({ party: 'doctor' }), 'clients[0].party', /one of: hospital, mia/],
  ['organisation that is not there', client({ organization: 'H9' }), 'clients[0].organization', /no such organization/],
  ['hospital client without organisation', client({ organization: undefined }), 'clients[0].organization', /required for this party/],
  ['insurance administration in a hospital', client({ party: 'mia', purposes: ['HPAYMT'] }), 'clients[0].organization', /of kind mia/],
  ['no purpose', client({ purposes: [] }), 'clients[0].purposes', /at least 1/],
  ['purpose that does not exist', client({ purposes: ['TREATMENT'] }), 'clients[0].purposes[0]', /TREAT ETREAT BTG/],
  ['purpose of another party', client({ purposes: ['TREAT', 'HMARKT'] }), 'clients[0].purposes[1]', /must be one of these/],
  ['treatment for a researcher', client({ party: 'researcher', purposes: ['TREAT'] }), 'clients[0].purposes[0]', /HRESCH/],
  ['scope that is not SMART', client({ scopes: 'system/*.rsXYZ' }), 'clients[0].scopes', /SMART v2/],
  ['scope with a constraint', client({ scopes: 'system/Observation.rs?category=x' }), 'clients[0].scopes', /constraint/],
  ['scope of mixed versions', client({ scopes: 'system/*.read system/*.rs' }), 'clients[0].scopes', /mix/],
  ['scope of an unknown type', client({ scopes: 'system/Pateint.rs' }), 'clients[0].scopes', /R4 does not have/],
  ['no keys', client({ jwks: undefined }), 'clients[0].jwks', /is missing/],
  ['empty key set', keys(), 'clients[0].jwks.keys', /at least 1/],
  ['private key', keys({ ...KEY, d: 'secret' }), 'clients[0].jwks.keys[0].d', /private/],
  ['shared secret', keys({ kty: 'oct', kid: 'k', k: 'secret' }), 'clients[0].jwks.keys[0].kty', /RSA, EC/],
  ['short RSA key', keys({ ...KEY, n: RSA_N.slice(0, 171) }), 'clients[0].jwks.keys[0].n', /2048 bits/],
  ['key without id', keys({ kty: 'RSA', n: RSA_N, e: 'AQAB' }), 'clients[0].jwks.keys[0].kid', /is missing/],
  ['key id as a path', keys({ ...KEY, kid: '../../etc' }), 'clients[0].jwks.keys[0].kid', /id of the key/],
  ['key id twice', keys(KEY, { ...KEY, e: 'AQAC' }), 'clients[0].jwks.keys[1].kid', /used twice/],
  ['curve that is not allowed', keys({ kty: 'EC', kid: 'k', crv: 'P-256', x: 'x', y: 'y' }), 'clients[0].jwks.keys[0].crv', /P-384/],
  ['half a key', keys({ kty: 'EC', kid: 'k', crv: 'P-384', x: 'x' }), 'clients[0].jwks.keys[0].y', /is missing/],
  ['algorithm of another key type', keys({ ...KEY, alg: 'ES384' }), 'clients[0].jwks.keys[0].alg', /does not fit/],
  ['two ways to the keys', client({ jwks_uri: 'https://h1.example/jwks' }), 'clients[0]', /only one of/],
  ['key address without TLS', client({ jwks: undefined, jwks_uri: 'http://h1.example/jwks' }), 'clients[0].jwks_uri', /https/],
  [
    'key address that is not listed',
    client({ jwks: undefined, jwks_uri: 'https://h1.example/jwks' }),
    'clients[0].jwks_uri',
    /jwksOrigins/,
  ],
  [
    'key address that only begins like a listed one',
    (c) => {
      client({ jwks: undefined, jwks_uri: 'https://h1.example.evil.example/jwks' })(c)
      Object.assign(c, { jwksOrigins: ['https://h1.example'] })
    },
    'clients[0].jwks_uri',
    /jwksOrigins/,
  ],
  ['origin with a path', (c) => Object.assign(c, { jwksOrigins: ['https://h1.example/'] }), 'jwksOrigins[0]', /without a path/],
  ['unknown data form', client({ forms: ['RAW'] }), 'clients[0].forms[0]', /IDENT, PSEUD, ANON/],
  ['unknown kind of source', source({ kind: 'lab' }), 'sources[0].kind', /hospital, miis, rhip/],
  [
    'mapping that this server does not have',
    source({ mapping: 'hospital/x' }),
    'sources[0].mapping',
    /known: hospital\/hl7v2, miis\/interface/,
  ],
  ['mapping of another kind of source', source({ mapping: 'miis/interface' }), 'sources[0].mapping', /must start with hospital/],
  ['source of a missing organisation', source({ organization: 'H9' }), 'sources[0].organization', /no such organization/],
  ['source of a missing client', source({ client: 'x' }), 'sources[0].client', /no such client/],
  [
    'code of a missing organisation',
    source({ organizationCodes: { '0001': 'H9' } }),
    'sources[0].organizationCodes.0001',
    /no such organization/,
  ],
  ['unknown charset', source({ charset: 'ascii' }), 'sources[0].charset', /gb18030/],
  ['zone that does not exist', source({ timezone: 'Asia/Beijing2' }), 'sources[0].timezone', /IANA/],
  [
    'issuer without audience',
    (c) => Object.assign(c, { issuers: [{ issuer: 'https://i.example', jwks_uri: 'https://i.example/k' }] }),
    'issuers[0].audience',
    /is missing/,
  ],
  [
    'issuer without TLS',
    (c) => Object.assign(c, { issuers: [{ issuer: 'https://i.example', jwks_uri: 'http://i.example/k', audience: 'y' }] }),
    'issuers[0].jwks_uri',
    /https/,
  ],
  [
    'issuer with a symmetric algorithm',
    (c) =>
      Object.assign(c, {
        issuers: [{ issuer: 'https://i.example', jwks_uri: 'https://i.example/k', audience: 'y', algorithms: ['HS256'] }],
      }),
    'issuers[0].algorithms[0]',
    /RS384/,
  ],
]

describe('a wrong file', () => {
  test('the one that the cases spoil is right', () => expect(problemsOf(() => load(good()))).toEqual([]))

  test.each(WRONG)('%s', (_name, spoil, at, expected) => {
    const config = good()
    spoil(config)
    expect(problemsOf(() => load(config))).toContainEqual({ at, en: expect.stringMatching(expected) })
  })

  test('all problems are told at once, in both languages, and no value is repeated', () => {
    const config = good()
    client({ purposes: ['秘密'], scopes: 's3cret' })(config)
    source({ client: 'nobody-known' })(config)
    let message = ''
    try {
      load(config)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(/^配置有 3 处错误 \/ 3 configuration error\(s\)/)
    expect(message).toContain('clients[0].scopes: 应为以空格分隔的 SMART v2 范围')
    expect(message).not.toMatch(/s3cret|nobody-known|秘密/)
  })

  test('a wrong shape in one place does not hide what is wrong in another', () => {
    const config = good()
    client({ scopes: 7 })(config)
    source({ organization: 'H9' })(config)
    expect(problemsOf(() => load(config)).map(({ at }) => at)).toEqual(['clients[0].scopes', 'sources[0].organization'])
  })

  test.each([
    ['no YAML', '{ organizations: [', /^line \d+$/],
    ['the same key twice', 'policy: {}\npolicy: {}', /^line 2$/],
    ['empty', '', /^YILIAN_CONFIG$/],
    ['a list', '[]', /^YILIAN_CONFIG$/],
    ['a bomb of aliases', bomb(), /^YILIAN_CONFIG$/],
  ])('%s', (_name, text, at) => {
    expect(problemsOf(() => configFrom(text, {}))[0]?.at).toMatch(at)
  })
})

/** Ten levels of ten aliases each: ten thousand million entries if it were expanded. */
function bomb(): string {
  const levels = ['a0: &a0 [x]']
  for (let i = 1; i <= 10; i++)
    levels.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  return levels.join('\n')
}

describe('a wrong environment', () => {
  test.each([
    ['PORT', { PORT: '80a' }],
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: '-1' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'yilian.example' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'ftp://yilian.example' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://yilian.example/?a=b' }],
    ['MONGODB_URI', { MONGODB_URI: 'localhost:27017' }],
    ['MONGODB_DATABASE', { MONGODB_DATABASE: 'a/b' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'verbose' }],
    ['DEFAULT_TIMEZONE', { DEFAULT_TIMEZONE: 'China' }],
    ['DEFAULT_TIMEZONE', { DEFAULT_TIMEZONE: '+08:00' }],
    ['YILIAN_NO_AUTH', { YILIAN_NO_AUTH: 'yes' }],
    ['YILIAN_NO_AUTH', { YILIAN_NO_AUTH: '1', HOST: '0.0.0.0' }],
    ['YILIAN_NO_AUTH', { YILIAN_NO_AUTH: '1', HOST: '127.0.0.1.evil.example' }],
    ['YILIAN_NO_AUTH', { YILIAN_NO_AUTH: '1', HOST: '::' }],
    ['YILIAN_NO_AUTH', { YILIAN_NO_AUTH: '1', NODE_ENV: 'production' }],
    ['YILIAN_CONFIG', { NODE_ENV: 'production' }],
    ['YILIAN_CONFIG', { YILIAN_CONFIG: '/nowhere/yilian.yaml' }],
  ])('%s %j', (at, variables) => {
    expect(problemsOf(() => loadConfig(variables as Record<string, string>)).map((problem) => problem.at)).toContain(at)
  })

  test('a database address is not repeated: it can hold a password', () => {
    expect(() => loadConfig({ MONGODB_URI: 'user:pa55@db' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('pa55') }),
    )
  })
})

describe('a right configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yilian-config-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('an empty environment is the demonstration on the loopback interface', () => {
    const config = loadConfig({ PORT: '', MONGODB_URI: '' })
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      mongodbDatabase: 'yilian',
      dataDir: '.data',
      logLevel: 'info',
      timezone: 'Asia/Shanghai',
      noAuth: false,
      demonstration: true,
      policy: { crossHospitalTreat: true, researchPseudonymisedByDefault: false, treatingDays: 30, totals: 'accurate' },
    })
    expect('mongodbUri' in config).toBe(false)
  })

  test('the demonstration has the institution codes of the samples, with their zeros', () => {
    const { sources, organizations } = loadConfig({})
    expect(sources.find(({ id }) => id === 'rhip')?.organizationCodes.get('0001')).toBe('H1')
    expect(organizations[0]?.identifiers).toEqual([
      { system: 'urn:oid:2.16.156.10011.1.5', value: '12110000000000001N' },
      { system: 'https://fhir-cn.example/sid/nhsa/fixmedins', value: 'H11010500001' },
    ])
  })

  test('the demonstration file says nothing that a test of a real site would not accept, but for its keys', () => {
    const text = readFileSync(DEMO_CONFIG_FILE, 'utf8')
    expect(problemsOf(() => configFrom(text, {}))).toEqual([])
    const inProduction = problemsOf(() => configFrom(text, { NODE_ENV: 'production' }))
    expect(new Set(inProduction.map(({ at }) => at.replace(/\d+/, 'N')))).toEqual(new Set(['clients[N].demoKey']))
  })

  test.each([
    [
      'YAML',
      'yaml',
      'sources:\n  - { id: s, kind: hospital, mapping: hospital/hl7v2, organization: H1, client: c, organizationCodes: { 0001: H1 } }',
    ],
    [
      'JSON',
      'json',
      '"sources": [{ "id": "s", "kind": "hospital", "mapping": "hospital/hl7v2", "organization": "H1", "client": "c", "organizationCodes": { "0001": "H1" } }]',
    ],
  ])('%s from a file', (_name, extension, sources) => {
    const clientText = { client_id: 'c', party: 'operator', purposes: ['SYSADMIN'], scopes: 'system/*.cruds', jwks: { keys: [KEY] } }
    const organizations = [{ id: 'H1', kind: 'hospital', name: '医院' }]
    const rest = `"organizations": ${JSON.stringify(organizations)}, "clients": ${JSON.stringify([clientText])}`
    const yaml = `organizations: ${JSON.stringify(organizations)}\nclients: ${JSON.stringify([clientText])}\n${sources}`
    const file = join(folder, `c.${extension}`)
    writeFileSync(file, extension === 'json' ? `{ ${rest}, ${sources} }` : yaml)
    const config = loadConfig({ YILIAN_CONFIG: file, PUBLIC_URL: 'https://yilian.example/base/' })
    expect(config.sources[0]).toMatchObject({ charset: 'auto', timezone: 'Asia/Shanghai' })
    expect(config.sources[0]?.organizationCodes.get('0001')).toBe('H1')
    expect(config.publicUrl).toBe('https://yilian.example/base')
    expect(config.demonstration).toBe(false)
  })

  test('researchers and health administrations get de-identified data unless they ask for more', () => {
    const forms = new Map(loadConfig({}).clients.map((one) => [one.clientId, one.forms[0]]))
    expect([forms.get('researcher'), forms.get('ha'), forms.get('pharma'), forms.get('h1-ward'), forms.get('mia')]).toEqual([
      'PSEUD',
      'PSEUD',
      'PSEUD',
      'IDENT',
      'IDENT',
    ])
  })

  test('keys of an issuer may be fetched without listing its origin again', () => {
    const issuers = [{ issuer: 'https://sso.example', jwks_uri: 'https://sso.example/jwks', audience: 'yilian' }]
    expect(configFrom(JSON.stringify({ issuers }), {}).jwksOrigins).toEqual(['https://sso.example'])
  })
})
