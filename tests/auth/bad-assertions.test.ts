/** Client assertions that must not be accepted (access.md L76, L77): all of them answer 401 invalid_client with the same text. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { base64url, exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { systemDecision } from '../../server/access/decision.ts'
import { clientAssertion } from '../../server/auth/client-assertion.ts'
import { verifyAssertion } from '../../server/auth/verify-assertion.ts'
import { assertionClaims, post, sign, token, tokenWith } from './support/ask.ts'
import { keyPair, type Running, running } from './support/server.ts'

const server = running()
const now = () => Math.floor(Date.now() / 1000)
const claims = (change: Record<string, unknown> = {}) => {
  const made: Record<string, unknown> = { ...assertionClaims(server, 'h1-ward'), ...change }
  for (const name of Object.keys(made)) if (made[name] === undefined) delete made[name]
  return made
}
const signed = (change: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  sign(claims(change), server.keys.ward.private, header)

/** Replaces a part of a compact JWT without signing it again. */
function tampered(jwt: string, part: 0 | 1 | 2, change: (text: string) => string): string {
  const parts = jwt.split('.')
  parts[part] =
    part === 2 ? change(parts[2] ?? '') : base64url.encode(change(new TextDecoder().decode(base64url.decode(parts[part] ?? ''))))
  return parts.join('.')
}

const flip = (signature: string) => (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)

async function withSharedSecret(running: Running): Promise<string> {
  const pem = await exportSPKI((await importJWK(running.keys.rsa.public, 'RS384')) as never)
  return new SignJWT(assertionClaims(running, 'h1-rsa')).setProtectedHeader({ alg: 'HS256', kid: 'r1' }).sign(new TextEncoder().encode(pem))
}

const BAD: [name: string, make: () => Promise<string> | string][] = [
  ['no algorithm', () => new UnsecuredJWT(claims()).encode()],
  [
    'no algorithm, written in another case',
    () => `${base64url.encode('{"alg":"NonE","kid":"w1"}')}.${base64url.encode(JSON.stringify(claims()))}.`,
  ],
  ['the public key as a shared secret', () => withSharedSecret(server)],
  [
    'PS384, which is not announced',
    async () => {
      const key = { ...server.keys.rsa.private, alg: 'PS384' }
      return sign(assertionClaims(server, 'h1-rsa'), key)
    },
  ],
  ['RS512, which is not announced', () => sign(assertionClaims(server, 'h1-rsa'), { ...server.keys.rsa.private, alg: 'RS512' })],
  ['an algorithm of another key', () => tampered(jwtOf.right, 0, (text) => text.replace('ES384', 'RS384'))],
  ['audience of another server', () => signed({ aud: 'https://other.example/auth/token' })],
  ['audience that only begins alike', () => signed({ aud: `${server.url}/auth/token.evil.example` })],
  ['audience in another case', () => signed({ aud: `${server.url}/AUTH/token` })],
  ['audience of the resource server', () => signed({ aud: `${server.url}/fhir` })],
  ['two audiences', () => signed({ aud: [`${server.url}/auth/token`, 'https://other.example/token'] })],
  ['no audience', () => signed({ aud: undefined })],
  ['issuer of another client', () => signed({ iss: 'researcher' })],
  ['issuer that is not registered', () => signed({ iss: 'nobody', sub: 'nobody' })],
  ['issuer that every object has', () => signed({ iss: 'constructor', sub: 'constructor' })],
  ['no issuer', () => signed({ iss: undefined })],
  ['issuer that is not a text', () => signed({ iss: ['h1-ward'] })],
  ['subject of another client', () => signed({ sub: 'loader' })],
  ['no subject', () => signed({ sub: undefined })],
  ['expired', () => signed({ exp: now() - 60, iat: now() - 300 })],
  ['thirty days', () => signed({ exp: now() + 30 * 86_400 })],
  ['six minutes', () => signed({ exp: now() + 360 })],
  ['no expiry', () => signed({ exp: undefined })],
  ['expiry as a text', () => signed({ exp: String(now() + 100) })],
  ['not yet valid', () => signed({ nbf: now() + 120 })],
  ['issued in the future', () => signed({ iat: now() + 120 })],
  ['no jti', () => signed({ jti: undefined })],
  ['empty jti', () => signed({ jti: '' })],
  ['jti that is not a text', () => signed({ jti: 7 })],
  ['endless jti', () => signed({ jti: 'x'.repeat(300) })],
  ['key id as a path', () => signed({}, { kid: '../../../../dev/null' })],
  ['key id as a query', () => signed({}, { kid: "w1' OR '1'='1" })],
  ['key id of nobody', () => signed({}, { kid: 'w2' })],
  ['key id of another client', () => signed({}, { kid: 'u1' })],
  ['no key id', () => signed({}, { kid: undefined })],
  ['endless key id', () => signed({}, { kid: 'w'.repeat(200) })],
  ['key address in the header', () => signed({}, { jku: `${server.url}/auth/jwks` })],
  [
    'key in the header',
    async () => {
      const own = await keyPair('ES384', 'w1')
      return sign(claims(), own.private, { jwk: own.public as never })
    },
  ],
  ['certificate address in the header', () => signed({}, { x5u: 'https://evil.example/c.pem' })],
  ['certificate in the header', () => signed({}, { x5c: ['MIIB'] })],
  ['an extension that we do not have', () => tampered(jwtOf.right, 0, (text) => text.replace('{', '{"crit":["urn:x"],"urn:x":1,'))],
  ['an empty list of extensions', () => tampered(jwtOf.right, 0, (text) => text.replace('{', '{"crit":[],'))],
  ['an access token as assertion', () => signed({}, { typ: 'at+jwt' })],
  ['signed with a key of somebody else under the same id', async () => sign(claims(), (await keyPair('ES384', 'w1')).private)],
  ['signed by another client', () => sign(claims(), server.keys.research.private)],
  ['changed claims', () => tampered(jwtOf.right, 1, (text) => text.replace('240', '241').replace('"h1-ward"', '"h1-ward" '))],
  ['changed signature', () => tampered(jwtOf.right, 2, flip)],
  ['signature cut off', () => tampered(jwtOf.right, 2, () => '')],
  [
    'DER signature',
    () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
      return tampered(jwtOf.right, 2, () => base64url.encode(privateKey.export({ type: 'sec1', format: 'der' })))
    },
  ],
  ['two parts', () => jwtOf.right.split('.').slice(0, 2).join('.')],
  ['five parts', () => `${jwtOf.right}.x.y`],
  ['no JWT', () => 'h1-ward'],
  ['too long', () => `${jwtOf.right}${'A'.repeat(9000)}`],
]

/** Why, as the log says it: each case must fail for what is wrong with it and for nothing else. */
const REASON: Record<string, string> = Object.fromEntries(
  Object.entries({
    algorithm: [
      'no algorithm',
      'no algorithm, written in another case',
      'the public key as a shared secret',
      'PS384, which is not announced',
      'RS512, which is not announced',
    ],
    ERR_JWKS_NO_MATCHING_KEY: [
      'an algorithm of another key',
      'issuer of another client',
      'key id as a path',
      'key id as a query',
      'key id of nobody',
      'key id of another client',
      'signed by another client',
    ],
    ERR_JWT_CLAIM_VALIDATION_FAILED: [
      'audience of another server',
      'audience that only begins alike',
      'audience in another case',
      'audience of the resource server',
      'no audience',
      'subject of another client',
      'no subject',
      'expiry as a text',
      'not yet valid',
    ],
    'several audiences': ['two audiences'],
    'unknown client': ['issuer that is not registered', 'issuer that every object has', 'no issuer', 'issuer that is not a text'],
    ERR_JWT_EXPIRED: ['expired'],
    'exp too far': ['thirty days', 'six minutes'],
    'exp missing': ['no expiry'],
    'iat in the future': ['issued in the future'],
    jti: ['no jti', 'empty jti', 'jti that is not a text', 'endless jti'],
    kid: ['no key id', 'endless key id'],
    'key in header': ['key address in the header', 'key in the header', 'certificate address in the header', 'certificate in the header'],
    crit: ['an extension that we do not have', 'an empty list of extensions'],
    typ: ['an access token as assertion'],
    ERR_JWS_SIGNATURE_VERIFICATION_FAILED: [
      'signed with a key of somebody else under the same id',
      'changed claims',
      'changed signature',
      'signature cut off',
      'DER signature',
    ],
    'not a JWT': ['two parts', 'five parts', 'no JWT'],
    'too long': ['too long'],
  }).flatMap(([why, names]) => names.map((name) => [name, why])),
)

/** A right assertion that is never sent as it is: the cases spoil copies of it. */
const jwtOf = { right: '' }

describe('refused assertions', () => {
  test('the one that the cases spoil is right', async () => {
    jwtOf.right = await signed()
    expect((await tokenWith(server, await signed())).status).toBe(200)
  })

  test.each(BAD)('%s', async (name, make) => {
    const answer = await tokenWith(server, await make())
    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({ error: 'invalid_client', error_description: 'client authentication failed' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(server.reasons.at(-1)).toBe(REASON[name])
  })

  test('client_id of somebody else beside a right assertion', async () => {
    expect((await tokenWith(server, await signed(), { client_id: 'loader' })).status).toBe(401)
    expect((await tokenWith(server, await signed(), { client_id: 'h1-ward' })).status).toBe(200)
  })

  test.each([
    ['no assertion', { grant_type: 'client_credentials' }],
    ['no type', { grant_type: 'client_credentials', client_assertion: 'x' }],
    [
      'another type',
      {
        grant_type: 'client_credentials',
        client_assertion: 'x',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
      },
    ],
  ])('%s', async (_name, form) => {
    expect(await post(`${server.url}/auth/token`, form)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })
})

describe('an assertion counts once', () => {
  test('the second time it is refused, on this and on another process', async () => {
    const assertion = await signed()
    expect((await tokenWith(server, assertion)).status).toBe(200)
    expect((await tokenWith(server, assertion)).status).toBe(401)
    const other = await server.again()
    const audience = [`${server.url}/auth/token`]
    expect(await verifyAssertion(other, assertion, audience)).toMatchObject({ ok: false, why: 'jti used before' })
  })

  test('of many at the same moment, one', async () => {
    const assertion = await signed()
    const [other, another] = await Promise.all([server.again(), server.again()])
    const audience = [`${server.url}/auth/token`]
    const all = await Promise.all([...Array(12).keys()].map((i) => verifyAssertion(i % 2 ? other : another, assertion, audience)))
    expect(all.filter((result) => result.ok)).toHaveLength(1)
  })

  test('the same jti signed anew is refused, that of another client is not', async () => {
    const jti = 'the-same'
    expect((await tokenWith(server, await signed({ jti }))).status).toBe(200)
    expect((await tokenWith(server, await signed({ jti, exp: now() + 100 }))).status).toBe(401)
    const research = { ...assertionClaims(server, 'researcher'), jti }
    expect((await tokenWith(server, await sign(research, server.keys.research.private))).status).toBe(200)
  })

  test('a jti is not used up by an assertion that was not right', async () => {
    const jti = 'kept'
    const stranger = await keyPair('ES384', 'w1')
    expect((await tokenWith(server, await sign(claims({ jti }), stranger.private))).status).toBe(401)
    expect((await tokenWith(server, await signed({ jti }))).status).toBe(200)
  })

  test('it is remembered for longer than it could be used', async () => {
    const exp = now() + 290
    expect((await tokenWith(server, await signed({ exp }))).status).toBe(200)
    const rows = await server.store.table<{ _id: string; until: Date }>(systemDecision('test'), 'jti').find({})
    expect(rows.some(({ until }) => until.getTime() >= (exp + 10) * 1000)).toBe(true)
  })
})

describe('accepted assertions', () => {
  test.each(['RS384', 'ES384', 'RS256'] as const)('%s', async (alg) => {
    const [client, key] = {
      RS384: ['h1-rsa', server.keys.rsa],
      ES384: ['h1-ward', server.keys.ward],
      RS256: ['h1-engine', server.keys.engine],
    }[alg] as [string, typeof server.keys.rsa]
    expect((await token(server, client, key)).status).toBe(200)
  })

  test('what our own client sends, and one without iat and typ', async () => {
    const own = await clientAssertion({ clientId: 'h1-ward', key: server.keys.ward.private, audience: `${server.url}/auth/token` })
    expect((await tokenWith(server, own)).status).toBe(200)
    expect((await tokenWith(server, await signed({ iat: undefined }, { typ: undefined }))).status).toBe(200)
    expect((await tokenWith(server, await signed({ aud: [`${server.url}/auth/token`] }))).status).toBe(200)
  })
})
