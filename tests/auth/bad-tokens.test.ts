/** Access tokens that must not be accepted: from nobody, ours but spoiled, from an external issuer. All answer 401 (access.md L76, L78, L79). */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { base64url, decodeJwt, exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { sign, token, whoami } from './support/ask.ts'
import { type KeyPair, keyPair, running } from './support/server.ts'

const sso = { url: '', requests: 0, server: undefined as unknown as Server, key: {} as KeyPair, other: {} as KeyPair }

beforeAll(async () => {
  sso.key = await keyPair('ES384', 's1')
  sso.other = await keyPair('RS384', 's2')
})

/** The key server of the two trusted issuers: they are different servers, so their keys differ too. */
const started = (async () => {
  sso.server = createServer((request, response) => {
    sso.requests++
    response.end(JSON.stringify({ keys: [(request.url === '/other' ? sso.other : sso.key).public] }))
  })
  await new Promise<void>((resolve) => sso.server.listen(0, '127.0.0.1', () => resolve()))
  sso.url = `http://127.0.0.1:${(sso.server.address() as AddressInfo).port}`
})()
await started
afterAll(() => {
  sso.server.close()
})

const server = running(() => ({
  issuers: [
    { issuer: 'https://sso.example', jwks_uri: `${sso.url}/jwks`, audience: 'yilian' },
    { issuer: 'https://other.example', jwks_uri: `${sso.url}/other`, audience: 'yilian', clients: ['researcher'], algorithms: ['RS384'] },
  ],
  privateOrigins: [sso.url],
}))

const now = () => Math.floor(Date.now() / 1000)

/** Claims that the external issuer would rightly make for the ward's doctor. */
function external(change: Record<string, unknown> = {}): Record<string, unknown> {
  const claims: Record<string, unknown> = {
    iss: 'https://sso.example',
    aud: 'yilian',
    sub: 'doctor',
    client_id: 'h1-ward',
    iat: now(),
    exp: now() + 600,
    scope: 'openid fhirUser user/*.rs',
    fhirUser: `${server.url}/fhir/Practitioner/D1`,
    extensions: { ihe_iua: { purpose_of_use: [{ system: 'urn:oid:2.16.840.1.113883.5.8', code: 'TREAT' }] } },
    ...change,
  }
  for (const name of Object.keys(claims)) if (claims[name] === undefined) delete claims[name]
  return claims
}
const signed = (change: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  sign(external(change), sso.key.private, header)
const iua = (ihe_iua: unknown) => ({ extensions: { ihe_iua } })
const research = { client_id: 'researcher', scope: 'system/*.rs', fhirUser: undefined, ...iua({ purpose_of_use: 'HRESCH' }) }

const own = async (parameters: Record<string, string> = { user: 'D1' }) =>
  String((await token(server, 'h1-ward', server.keys.ward, parameters)).body.access_token)

/** Signs with the server's own key what the server itself would not sign. */
async function forged(change: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
  const claims = { ...decodeJwt(await own()), ...change }
  for (const name of Object.keys(claims)) if (claims[name] === undefined) delete claims[name]
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES384', typ: 'at+jwt', kid: server.parts.key.kid, ...header })
    .sign(server.parts.key.privateKey)
}

async function retouched(part: 0 | 1, change: (text: string) => string): Promise<string> {
  const parts = (await own()).split('.')
  parts[part] = base64url.encode(change(new TextDecoder().decode(base64url.decode(parts[part] ?? ''))))
  return parts.join('.')
}

const BAD: [name: string, make: () => Promise<string> | string][] = [
  ['no token at all', () => ''],
  ['no JWT', () => 'abc'],
  ['three empty parts', () => '..'],
  ['own: no algorithm', async () => new UnsecuredJWT(decodeJwt(await own())).encode()],
  [
    'own: the public key as a shared secret',
    async () => {
      const pem = await exportSPKI((await importJWK(server.parts.key.jwks.keys[0] as never, 'ES384')) as never)
      const header = { alg: 'HS256', kid: server.parts.key.kid, typ: 'at+jwt' }
      return new SignJWT(decodeJwt(await own())).setProtectedHeader(header).sign(new TextEncoder().encode(pem))
    },
  ],
  ['own: another client written in', () => retouched(1, (text) => text.replaceAll('h1-ward', 'loader'))],
  ['own: more scope written in', () => retouched(1, (text) => text.replace('user/*.cruds', 'system/*.cruds'))],
  ['own: another key id', () => retouched(0, (text) => text.replace(/"kid":"[^"]*"/, '"kid":"../../x"'))],
  ['own: signature cut off', async () => `${(await own()).split('.').slice(0, 2).join('.')}.`],
  [
    'own: one bit of the signature',
    async () => {
      const [header, claims, signature = ''] = (await own()).split('.')
      return `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    },
  ],
  [
    'own: signed by somebody else',
    async () => sign(decodeJwt(await own()), { ...sso.key.private, kid: server.parts.key.kid }, { typ: 'at+jwt' }),
  ],
  ['own: issuer of the outside with our key', () => forged({ iss: 'https://sso.example', aud: 'yilian' })],
  ['own: audience of another server', () => forged({ aud: 'https://other.example/fhir' })],
  ['own: audience that only begins alike', () => forged({ aud: `${server.url}/fhir2` })],
  ['own: expired', () => forged({ iat: now() - 400, exp: now() - 1 })],
  ['own: thirty days', () => forged({ exp: now() + 30 * 86_400 })],
  ['own: an hour', () => forged({ exp: now() + 3600 })],
  ['own: no expiry', () => forged({ exp: undefined })],
  ['own: not yet valid', () => forged({ nbf: now() + 60 })],
  ['own: issued in the future', () => forged({ iat: now() + 60 })],
  ['own: not typed as an access token', () => forged({}, { typ: 'JWT' })],
  ['own: crit', () => retouched(0, (text) => text.replace('{', '{"crit":["exp"],'))],
  ['own: key address in the header', () => forged({}, { jku: `${sso.url}/jwks` })],
  ['own: client that is not registered (any more)', () => forged({ client_id: 'gone' })],
  ['own: no client', () => forged({ client_id: undefined })],
  ['own: purpose that is not registered (any more)', () => forged(iua({ purpose_of_use: 'HMARKT' }))],
  ['own: no purpose', () => forged({ extensions: undefined })],
  ['own: no scope', () => forged({ scope: undefined })],
  ['own: scope outside the grammar', () => forged({ scope: 'user/*.rsXYZ' })],
  ['own: scope with a constraint', () => forged({ scope: 'user/*.rs?status=final' })],
  ['own: mixed versions of scopes', () => forged({ scope: 'user/*.read user/*.rs' })],
  ['own: mixed contexts of scopes', () => forged({ scope: 'system/*.rs user/*.rs' })],
  ['own: scope that is not registered (any more)', () => forged({ scope: 'system/*.cud' })],
  ['own: patient scopes without a patient', () => forged({ scope: 'patient/*.rs' })],
  ['own: patient scopes for a hospital', () => forged({ scope: 'patient/*.rs', patient: 'P1' })],
  ['own: user scopes without a user', () => forged({ fhirUser: undefined })],
  ['own: patient that is no id', () => forged({ patient: '../P1' })],
  ['own: patient that is an object', () => forged({ patient: { $gt: '' } })],
  ['own: form that does not exist', () => forged({ data_form: 'RAW' })],
  ['own: glass broken without a reason', () => forged(iua({ purpose_of_use: 'BTG' }))],
  ['external: issuer that nobody trusts', () => signed({ iss: 'https://evil.example' })],
  ['external: issuer that only begins like a trusted one', () => signed({ iss: 'https://sso.example.evil.example' })],
  ['external: issuer with a slash more', () => signed({ iss: 'https://sso.example/' })],
  ['external: no issuer', () => signed({ iss: undefined })],
  ['external: key of another trusted issuer', () => sign(external(), { ...sso.other.private, kid: 's1' })],
  ['external: our own issuer with its key', () => signed({ iss: `${server.url}/auth`, aud: `${server.url}/fhir` }, { typ: 'at+jwt' })],
  ['external: another audience', () => signed({ aud: 'https://app.example' })],
  ['external: no audience', () => signed({ aud: undefined })],
  ['external: expired', () => signed({ exp: now() - 60 })],
  ['external: thirty days', () => signed({ exp: now() + 30 * 86_400 })],
  ['external: unknown key id', () => signed({}, { kid: 's9' })],
  ['external: key address in the header', () => signed({}, { jku: `${sso.url}/jwks` })],
  ['external: key in the header', () => signed({}, { jwk: sso.key.public })],
  [
    'external: algorithm that this issuer may not use',
    () => sign({ ...external(research), iss: 'https://other.example' }, { ...sso.other.private, alg: 'RS256' }),
  ],
  ['external: client that this issuer does not speak for', () => sign(external({ iss: 'https://other.example' }), sso.other.private)],
  [
    'external: operator',
    () => signed({ client_id: 'loader', scope: 'system/*.rs', fhirUser: undefined, ...iua({ purpose_of_use: 'SYSADMIN' }) }),
  ],
  ['external: client that is not registered', () => signed({ client_id: 'stranger' })],
  ['external: client id that every object has', () => signed({ client_id: 'constructor' })],
  ['external: client id as a list', () => signed({ client_id: ['h1-ward'] })],
  ['external: no client', () => signed({ client_id: undefined })],
  ['external: no purpose', () => signed(iua({}))],
  ['external: two purposes', () => signed(iua({ purpose_of_use: ['TREAT', 'ETREAT'] }))],
  ['external: no purpose in the list', () => signed(iua({ purpose_of_use: [] }))],
  ['external: purpose of another code system', () => signed(iua({ purpose_of_use: [{ system: 'urn:x', code: 'TREAT' }] }))],
  ['external: purpose that is not registered', () => signed(iua({ purpose_of_use: 'HRESCH' }))],
  ['external: treatment by a researcher', () => signed({ ...research, ...iua({ purpose_of_use: 'TREAT' }) })],
  ['external: identified data for a researcher', () => signed({ ...research, data_form: 'IDENT' })],
  ['external: study that is not registered', () => signed({ ...research, research_study: 'S9' })],
  ['external: form as a list', () => signed({ ...research, data_form: ['IDENT', 'PSEUD'] })],
  ['external: user of another server', () => signed({ fhirUser: 'https://evil.example/fhir/Practitioner/D1' })],
  ['external: user that is an organisation', () => signed({ fhirUser: 'Organization/H1' })],
  [
    'external: patient app without a patient',
    () => signed({ client_id: 'patient-app', scope: 'patient/*.rs', fhirUser: undefined, ...iua({ purpose_of_use: 'PATRQT' }) }),
  ],
  ['external: glass broken for an hour', () => signed({ break_glass_reason: 'x', exp: now() + 3600, ...iua({ purpose_of_use: 'BTG' }) })],
]

describe('refused tokens', () => {
  test.each(BAD)('%s', async (_name, make) => {
    const answer = await whoami(server, await make())
    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({
      resourceType: 'OperationOutcome',
      issue: [expect.objectContaining({ severity: 'error', code: 'login', diagnostics: 'A valid access token is required' })],
    })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  })

  test.each<[string, Record<string, string>]>([
    ['no header', {}],
    ['another scheme', { authorization: 'Basic aDE6eA==' }],
    ['two tokens', { authorization: 'Bearer a, Bearer b' }],
    ['no space', { authorization: 'Bearera' }],
    ['a tab', { authorization: 'Bearer\ta' }],
    ['too long', { authorization: `Bearer ${'a'.repeat(9000)}` }],
  ])('%s', async (_name, headers) => expect((await whoami(server, undefined, headers)).status).toBe(401))

  test('a token in the address is not looked at', async () => {
    expect((await fetch(`${server.url}/whoami?access_token=${await own()}`)).status).toBe(401)
  })
})

describe('accepted tokens', () => {
  test('behind several spaces, the scheme in any case (RFC 9110 11.1, 11.4)', async () => {
    const authorization = `bEARER   ${await own()}`
    expect((await whoami(server, undefined, { authorization })).status).toBe(200)
  })

  test('the ones that the cases spoil', async () => {
    expect((await whoami(server, await own())).status).toBe(200)
    expect((await whoami(server, await forged({}))).status).toBe(200)
    expect((await whoami(server, await sign({ ...external(research), iss: 'https://other.example' }, sso.other.private))).status).toBe(200)
  })

  test('of an external issuer: who it is comes from the registration', async () => {
    const claims = { ...iua({ purpose_of_use: 'TREAT', subject_organization_id: 'U1', subject_role: 'admin' }), party: 'operator' }
    expect((await whoami(server, await signed(claims))).body).toEqual({
      clientId: 'h1-ward',
      party: 'hospital',
      organization: 'H1',
      role: 'clinician',
      purpose: 'TREAT',
      form: 'IDENT',
      scopes: [{ level: 'user', type: '*', permissions: 'rs' }],
      user: 'Practitioner/D1',
    })
  })

  test('of an external issuer: scopes never exceed the registration', async () => {
    const answer = await whoami(server, await signed({ ...research, scope: 'system/*.cruds' }))
    expect(answer.body).toMatchObject({ scopes: [{ level: 'system', type: '*', permissions: 'rs' }], form: 'PSEUD', foreign: true })
  })

  test('of an external issuer: broken glass, for minutes', async () => {
    const claims = { break_glass_reason: '昏迷', exp: now() + 600, ...iua({ purpose_of_use: 'BTG' }) }
    expect((await whoami(server, await signed(claims))).body).toMatchObject({ purpose: 'BTG', breakGlassReason: '昏迷' })
  })

  test('all of these tokens cost two fetches of keys, and one more a minute at most', () => {
    expect(sso.requests).toBeLessThanOrEqual(4)
  })
})
