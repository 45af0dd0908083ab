/** Leak catalogue L76-L80 at the FHIR interface: without the right token there is nothing (the token corpus itself: tests/auth). */
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { clientAssertion } from '../../server/auth/client-assertion.ts'
import { demoKeyFile, readKey } from '../../server/auth/demo-keys.ts'
import {
  BROAD,
  comparable,
  condition,
  encounter,
  give,
  idsIn,
  observation,
  patient,
  practitioner,
  putAll,
  study,
} from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ward: string
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-1'),
    study('study-1'),
    patient('p1'),
    encounter('v1', 'p1', 'H1', 'Practitioner/doc-1'),
    observation('o1', 'p1', 'x', { encounter: { reference: 'Encounter/v1' } }),
    condition('c1', 'p1', 'x', { encounter: { reference: 'Encounter/v1' } }),
  ])
  await give(server, 'p1', BROAD)
  ward = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' })
})
afterAll(() => server.stop())

const read = (token: string | undefined, path = '/fhir/Observation/o1', headers = {}): Promise<Answer> =>
  server.call('GET', path, { headers, ...(token === undefined ? {} : { token }) })

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const parts = (): [Record<string, unknown>, Record<string, unknown>, string] => {
  const [header = '', payload = '', signature = ''] = ward.split('.')
  const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())
  return [decode(header), decode(payload), signature]
}

/** The ward's token with other header or claims: signed by nobody, by the public key as a secret, or by a key of the attacker's. */
const forgeries: [string, () => string | Promise<string>][] = [
  ['nothing', () => ''],
  ['no token', () => 'x'],
  ['alg none', () => `${encode({ ...parts()[0], alg: 'none' })}.${encode(parts()[1])}.`],
  ['alg None', () => `${encode({ ...parts()[0], alg: 'None' })}.${encode(parts()[1])}.${parts()[2]}`],
  ['no signature', () => `${ward.split('.').slice(0, 2).join('.')}.`],
  ['another signature', () => `${ward.slice(0, -8)}AAAAAAAA`],
  ['other claims', () => `${encode(parts()[0])}.${encode({ ...parts()[1], client_id: 'loader', scope: 'system/*.cruds' })}.${parts()[2]}`],
  ['the public key as a secret', async () => hs256((await server.call('GET', '/auth/jwks')).text)],
  ['a key of the attackers', () => withOwnKey({})],
  [
    'a key of the attackers in jwk',
    () => withOwnKey({ jwk: generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }) }),
  ],
  ['a key of the attackers by jku', () => withOwnKey({ jku: 'http://127.0.0.1:1/jwks' })],
  ['a kid that climbs', () => withOwnKey({ kid: '../../../etc/passwd' })],
  ['crit', () => withOwnKey({ crit: ['x'], x: 1 })],
  ['two tokens', () => `${ward}, ${ward}`],
]

function hs256(secret: string): string {
  const text = `${encode({ ...parts()[0], alg: 'HS256' })}.${encode(parts()[1])}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

function withOwnKey(header: object): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const text = `${encode({ ...parts()[0], ...header })}.${encode({ ...parts()[1], jti: randomUUID() })}`
  return `${text}.${sign('sha384', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

describe('L76 forged tokens', () => {
  test('the genuine one reads', async () => {
    expect((await read(ward)).status).toBe(200)
  })

  test.each(forgeries)('%s: 401, the same for stored and absent', async (_name, forge) => {
    const token = await forge()
    const [stored, absent] = [await read(token), await read(token, '/fhir/Observation/zz')]
    expect([stored.status, comparable(stored)]).toEqual([401, comparable(absent)])
  })

  test.each(['Basic eDp4', 'bearer', 'Bearer', 'Token x'])('the header %s: 401', async (header) => {
    expect((await read(undefined, undefined, { Authorization: header })).status).toBe(401)
  })
})

test('L77 a client assertion counts once', async () => {
  const key = await readKey(demoKeyFile(server.folder, 'insurer'))
  if (!key) throw new Error('no key')
  const assertion = await clientAssertion({ clientId: 'insurer', key, audience: `${server.url}/auth/token` })
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
  const ask = () => fetch(`${server.url}/auth/token`, { method: 'POST', body })
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 401])
})

describe('L78 what is missing permits nothing', () => {
  test('no token', async () => {
    for (const path of ['/fhir/Observation/o1', '/fhir/Observation', '/fhir/Patient/p1/$everything', '/fhir/$export', '/ingest/unmapped'])
      expect([path, (await read(undefined, path)).status]).toEqual([path, 401])
  })

  test.each([
    ['patient-app', {}, 'patient'],
    ['guardian-app', {}, 'patient or user'],
    ['h1-ward', { purpose_of_use: 'BTG', user: 'Practitioner/doc-1' }, 'break_glass_reason'],
    ['insurer', { user: 'Practitioner/doc-1' }, 'user'],
  ])('%s without what it needs gets no token', async (client, parameters, why) => {
    await expect(server.token(client, parameters)).rejects.toThrow(why)
  })

  test('a doctor who treats nobody sees nobody', async () => {
    const other = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-7' })
    expect([(await read(other)).status, (await read(other, '/fhir/Observation?code=x')).json.total]).toEqual([404, 0])
  })

  test('a researcher without a study gets no record, with one that is not approved neither', async () => {
    for (const parameters of [{ data_form: 'PSEUD' }, { data_form: 'PSEUD', research_study: 'none' }]) {
      const token = await server.token('researcher', parameters)
      expect((await read(token, '/fhir/Observation?code=x')).json.total).toBe(0)
    }
  })
})

test('an export that was begun with a study is absent without it, and under another form', async () => {
  const ask = async (method: string, path: string, parameters: object) =>
    server.call(method, path, {
      token: await server.token('researcher', { data_form: 'PSEUD', ...parameters }),
      headers: { Accept: 'application/fhir+json', Prefer: 'respond-async' },
    })
  const begun = await ask('GET', '/fhir/$export?_type=Observation', { research_study: 'study-1' })
  expect(begun.status).toBe(202)
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  const absent = await ask('GET', `${path.slice(0, -4)}0000`, {})
  for (const parameters of [{}, { research_study: 'study-2' }])
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask(method, path, parameters)
      expect([answer.status, comparable(answer, path)]).toEqual([404, comparable(absent, `${path.slice(0, -4)}0000`)])
    }
  expect([200, 202]).toContain((await ask('GET', path, { research_study: 'study-1' })).status)
})

describe('L79 scopes', () => {
  test.each([
    'patient/Observation.rsXYZ',
    'system/Observation.rs?active',
    'system/Observation.srduc',
    'SYSTEM/Observation.rs',
    'system/Observation.rs system/Condition.read',
    'system/Observation.rs user/Condition.rs',
    'system/Obser*.rs',
    'system/Observation.',
    'system/Observation.rs?category=laboratory',
  ])('%s is refused as a whole', async (scope) => {
    await expect(server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1', scope })).rejects.toThrow('scope')
  })

  test('a narrow scope opens no other type by any way', async () => {
    const token = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1', scope: 'user/Observation.rs' })
    expect((await read(token)).status).toBe(200)
    for (const path of ['/fhir/Condition/c1', '/fhir/Condition', '/fhir/Patient/p1/$everything', '/fhir/Condition/c1/_history'])
      expect([path, (await read(token, path)).status]).toEqual([path, 403])
    const included = await read(token, '/fhir/Observation?code=x&_include=Observation:encounter&_include=Observation:subject')
    expect([included.json.total, idsIn(included)]).toEqual([1, ['Observation/o1']])
    const patients = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1', scope: 'user/Encounter.rs' })
    const reverse = await read(patients, '/fhir/Encounter?_id=v1&_revinclude=Observation:encounter&_revinclude=Condition:encounter')
    expect(idsIn(reverse)).toEqual(['Encounter/v1'])
  })

  test('reading is not searching, and the other way round', async () => {
    const scoped = (scope: string) => server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1', scope })
    const [reads, searches] = [await scoped('user/Observation.r'), await scoped('user/Observation.s')]
    expect([(await read(reads)).status, (await read(reads, '/fhir/Observation')).status]).toEqual([200, 403])
    expect([(await read(searches)).status, (await read(searches, '/fhir/Observation?code=x')).status]).toEqual([403, 200])
  })
})

describe('L80 purposes', () => {
  test.each([
    ['researcher', 'TREAT'],
    ['insurer', 'TREAT'],
    ['mia', 'HRESCH'],
    ['pharma', 'BTG'],
    ['patient-app', 'TREAT'],
  ])('%s cannot ask for %s', async (client, purpose) => {
    await expect(server.token(client, { purpose_of_use: purpose, patient: 'p1' })).rejects.toThrow(/purpose_of_use|patient/)
  })

  test.each(['TREAT', 'BTG', 'PUBHLTH', 'x', 'HRESCH, TREAT'])('the header X-Purpose-Of-Use: %s widens nothing', async (purpose) => {
    const token = await server.token('insurer', { purpose_of_use: 'COVERAGE' })
    const answer = await read(token, '/fhir/Observation?code=x', { 'X-Purpose-Of-Use': purpose })
    expect([400, 401, 403]).toContain(answer.status)
  })

  test('nor does an emergency of public health that is not registered', async () => {
    const token = await server.token('ha2', { purpose_of_use: 'PUBHLTH', data_form: 'IDENT' })
    expect((await read(token)).status).toBe(404)
    for (const purpose of ['DISASTER', 'THREAT']) {
      const answer = await read(token, undefined, { 'X-Purpose-Of-Use': purpose })
      expect([answer.status, answer.json.issue[0].expression]).toEqual([403, ['http.x-purpose-of-use']])
    }
  })

  test('and narrows what the token has', async () => {
    const emergency = await read(ward, undefined, { 'X-Purpose-Of-Use': 'ETREAT' })
    expect(emergency.status).toBe(200)
    const glass = await read(ward, undefined, { 'X-Purpose-Of-Use': 'BTG' })
    expect(glass.status).toBeGreaterThanOrEqual(400)
  })
})
