/** POST /auth/token, introspection and key set, over real HTTP. */
import { describe, expect, test } from '@jest/globals'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { assertionClaims, post, sign, token, tokenWith, whoami } from './support/ask.ts'
import { running } from './support/server.ts'

const server = running()
type Client = 'h1-ward' | 'h1-rsa' | 'researcher' | 'patient-app' | 'guardian-app' | 'loader' | 'h1-engine'
const keyOf = (client: Client) => {
  const { ward, rsa, research, patient, guardian, loader, engine } = server.keys
  return {
    'h1-ward': ward,
    'h1-rsa': rsa,
    researcher: research,
    'patient-app': patient,
    'guardian-app': guardian,
    loader,
    'h1-engine': engine,
  }[client]
}
const ask = (client: Client, parameters: Record<string, string> = {}) => token(server, client, keyOf(client), parameters)
const claimsOf = async (client: Client, parameters: Record<string, string> = {}) => {
  const answer = await ask(client, parameters)
  expect(answer.body).toHaveProperty('access_token')
  return decodeJwt(answer.body.access_token) as Record<string, unknown>
}

describe('refused requests', () => {
  test.each<[string, Client, Record<string, string>, string, RegExp]>([
    ['a purpose of nobody', 'researcher', { purpose_of_use: 'X' }, 'invalid_request', /^purpose_of_use: not registered/],
    ['treatment for a researcher', 'researcher', { purpose_of_use: 'TREAT' }, 'invalid_request', /^purpose_of_use: not registered/],
    ['a kind of research that is not registered', 'researcher', { purpose_of_use: 'DSRCH' }, 'invalid_request', /^purpose_of_use/],
    ['two purposes in one', 'h1-ward', { purpose_of_use: 'TREAT ETREAT' }, 'invalid_request', /^purpose_of_use/],
    ['a form that is not registered', 'researcher', { data_form: 'IDENT' }, 'invalid_request', /^data_form: not registered/],
    ['a form that does not exist', 'h1-ward', { data_form: 'ident' }, 'invalid_request', /^data_form/],
    ['a study that is not registered', 'researcher', { research_study: 'S2' }, 'invalid_request', /^research_study: not registered/],
    ['a study that is no id', 'h1-ward', { research_study: 'S 1' }, 'invalid_request', /^research_study: not an id/],
    ['glass broken without a reason', 'h1-ward', { purpose_of_use: 'BTG' }, 'invalid_request', /^break_glass_reason: required/],
    [
      'glass broken for nothing that can be seen',
      'h1-ward',
      { purpose_of_use: 'BTG', break_glass_reason: '\u200b\u2060.' },
      'invalid_request',
      /required/,
    ],
    ['glass broken for a blank reason', 'h1-ward', { purpose_of_use: 'BTG', break_glass_reason: '  ' }, 'invalid_request', /required/],
    [
      'glass broken by a researcher',
      'researcher',
      { purpose_of_use: 'BTG', break_glass_reason: 'x' },
      'invalid_request',
      /^purpose_of_use/,
    ],
    ['an endless reason', 'h1-ward', { purpose_of_use: 'BTG', break_glass_reason: 'x'.repeat(501) }, 'invalid_request', /too long/],
    ['a reason for nothing', 'h1-ward', { break_glass_reason: 'x' }, 'invalid_request', /only with purpose_of_use BTG/],
    ['a user of a client that may not vouch', 'h1-rsa', { user: 'D1' }, 'invalid_request', /^user: this client is not registered/],
    ['a patient of a client that may not vouch', 'h1-rsa', { patient: 'P1' }, 'invalid_request', /^patient: not permitted/],
    ['a patient for a researcher', 'researcher', { patient: 'P1' }, 'invalid_request', /^patient: not permitted/],
    ['a user that is no id', 'h1-ward', { user: '../D1' }, 'invalid_request', /^user: must be/],
    ['a user that is an organisation', 'h1-ward', { user: 'Organization/H1' }, 'invalid_request', /^user: must be/],
    ['a patient that is no id', 'patient-app', { patient: 'P1,P2' }, 'invalid_request', /^patient: not an id/],
    ['a patient app without a patient', 'patient-app', {}, 'invalid_request', /^patient: required/],
    ['a patient app for another patient', 'patient-app', { patient: 'P1', user: 'P2' }, 'invalid_request', /^user: must be the patient/],
    [
      'a patient app for a doctor',
      'patient-app',
      { patient: 'P1', user: 'Practitioner/P1' },
      'invalid_request',
      /^user: must be the patient/,
    ],
    ['a guardian for nobody', 'guardian-app', {}, 'invalid_request', /^patient or user: required/],
    ['scopes that are not SMART', 'h1-ward', { scope: 'system/*.rsx' }, 'invalid_scope', /^scope: not SMART v2/],
    [
      'scopes with a constraint',
      'h1-ward',
      { scope: 'system/Observation.rs?category=laboratory' },
      'invalid_scope',
      /constraints .* not supported/,
    ],
    ['scopes of two versions', 'h1-ward', { scope: 'system/*.read system/*.rs' }, 'invalid_scope', /v1 and v2/],
    ['scopes of two contexts', 'h1-ward', { scope: 'system/*.rs user/*.rs', user: 'D1' }, 'invalid_scope', /patient, user and system/],
    ['only scopes that are not registered', 'researcher', { scope: 'system/Observation.cud' }, 'invalid_scope', /nothing of it/],
    ['scopes of another context', 'researcher', { scope: 'user/*.rs' }, 'invalid_scope', /nothing of it/],
    ['patient scopes without a patient', 'guardian-app', { scope: 'patient/*.rs', user: 'G1' }, 'invalid_scope', /need a patient/],
    ['patient scopes for a hospital', 'h1-ward', { scope: 'patient/*.rs', patient: 'P1' }, 'invalid_scope', /not supported for this party/],
    ['user scopes without a user', 'h1-ward', { scope: 'user/*.rs' }, 'invalid_scope', /need a user/],
    ['a parameter that does not exist', 'h1-ward', { party: 'operator' }, 'invalid_request', /^unknown parameter$/],
    ['an organisation of choice', 'h1-ward', { organization: 'H2' }, 'invalid_request', /^unknown parameter$/],
  ])('%s', async (_name, client, parameters, error, description) => {
    const answer = await ask(client, parameters)
    expect(answer).toMatchObject({ status: 400, body: { error, error_description: expect.stringMatching(description) } })
    expect(Object.keys(answer.body)).toEqual(['error', 'error_description'])
  })

  test.each([
    ['no grant type', '', 'invalid_request'],
    ['password', 'grant_type=password&username=a&password=b', 'invalid_request'],
    ['an authorization code', 'grant_type=authorization_code', 'unsupported_grant_type'],
    ['a parameter twice', 'grant_type=client_credentials&grant_type=client_credentials', 'invalid_request'],
    ['a client secret', 'grant_type=client_credentials&client_id=loader&client_secret=x', 'invalid_request'],
    ['a member of every object', 'grant_type=client_credentials&__proto__=x', 'invalid_request'],
    ['too large', `grant_type=client_credentials&scope=${'x'.repeat(40_000)}`, 'invalid_request'],
    ['no UTF-8', Buffer.from([0x67, 0xff, 0xfe]).toString('latin1'), 'invalid_request'],
  ])('%s', async (_name, form, error) => {
    expect(await post(`${server.url}/auth/token`, form)).toMatchObject({ status: 400, body: { error } })
  })

  test('JSON instead of a form', async () => {
    const answer = await post(`${server.url}/auth/token`, '{}', { 'content-type': 'application/json' })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('parameters in the address are not read', async () => {
    const answer = await post(`${server.url}/auth/token?grant_type=client_credentials`, 'scope=x')
    expect(answer).toMatchObject({ status: 400, body: { error_description: 'grant_type: required' } })
  })

  test('interactive sign-in says that it is not here', async () => {
    const response = await fetch(`${server.url}/auth/authorize?response_type=code`)
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([501, 'not-supported'])
  })
})

describe('a token', () => {
  test('has what the registration says, for five minutes', async () => {
    const answer = await ask('h1-ward', { user: 'D1', patient: 'P1', purpose_of_use: 'ETREAT', scope: 'user/*.rs user/Task.cu' })
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 300,
      scope: 'user/*.rs user/Task.cu',
      patient: 'P1',
    })
    expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
    const claims = decodeJwt(answer.body.access_token)
    expect(claims).toEqual({
      iss: `${server.url}/auth`,
      aud: `${server.url}/fhir`,
      sub: 'h1-ward',
      client_id: 'h1-ward',
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 300,
      jti: expect.any(String),
      scope: 'user/*.rs user/Task.cu',
      data_form: 'IDENT',
      patient: 'P1',
      fhirUser: 'Practitioner/D1',
      extensions: {
        ihe_iua: {
          subject_organization_id: 'H1',
          subject_role: [{ code: 'clinician' }],
          purpose_of_use: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'ETREAT' }],
          person_id: 'P1',
        },
      },
    })
  })

  test('is signed with the key that /auth/jwks shows, and that other processes have too', async () => {
    const { access_token } = (await ask('loader')).body
    expect(decodeProtectedHeader(access_token)).toMatchObject({ alg: 'ES384', typ: 'at+jwt' })
    const keys = createRemoteJWKSet(new URL(`${server.url}/auth/jwks`))
    expect((await jwtVerify(access_token, keys)).payload.client_id).toBe('loader')
    const shown = (await (await fetch(`${server.url}/auth/jwks`)).json()) as { keys: Record<string, unknown>[] }
    expect(shown.keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
    expect((await server.again()).key.jwks).toEqual(shown)
  })

  test.each<[string, Client, Record<string, string>, Record<string, unknown>]>([
    ['without parameters: first purpose, first form, all system scopes', 'researcher', {}, { scope: 'system/*.rs', data_form: 'PSEUD' }],
    ['a study', 'researcher', { research_study: 'ResearchStudy/S1', data_form: 'ANON' }, { research_study: 'S1', data_form: 'ANON' }],
    ['with a user: all user scopes', 'h1-ward', { user: 'D1' }, { scope: 'user/*.cruds', fhirUser: 'Practitioner/D1' }],
    ['with a patient: system scopes, and the context', 'h1-ward', { patient: 'P1' }, { scope: 'system/*.rs', patient: 'P1' }],
    ['a guardian without a patient: all user scopes', 'guardian-app', { user: 'G1' }, { scope: 'user/*.rs', fhirUser: 'RelatedPerson/G1' }],
    ['a patient acts as himself', 'patient-app', { patient: 'P1' }, { fhirUser: 'Patient/P1', scope: 'patient/*.rs patient/Consent.cru' }],
    ['a guardian', 'guardian-app', { patient: 'P1', user: 'G1' }, { scope: 'patient/*.rs', fhirUser: 'RelatedPerson/G1', patient: 'P1' }],
    ['never more than is registered', 'h1-rsa', { scope: 'system/*.cruds' }, { scope: 'system/Claim.rs system/Coverage.r' }],
    ['SMART v1 scopes', 'h1-rsa', { scope: 'system/Claim.read' }, { scope: 'system/Claim.rs' }],
    ['empty parameters count as absent', 'researcher', { scope: '', purpose_of_use: '' }, { scope: 'system/*.rs' }],
  ])('%s', async (_name, client, parameters, expected) => expect(await claimsOf(client, parameters)).toMatchObject(expected))

  test('that breaks the glass has the reason and lives for a quarter of an hour', async () => {
    const claims = await claimsOf('h1-ward', { user: 'D1', purpose_of_use: 'BTG', break_glass_reason: ' 昏迷，无法取得同意 ' })
    expect(claims.break_glass_reason).toBe('昏迷，无法取得同意')
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900)
  })
})

describe('introspection', () => {
  const introspect = async (client: Client, value: string, audience?: string) => {
    const claims = { ...assertionClaims(server, client), ...(audience ? { aud: audience } : {}) }
    const client_assertion = await sign(claims, keyOf(client).private)
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return post(`${server.url}/auth/introspect`, { token: value, client_assertion, client_assertion_type })
  }

  test('needs a client', async () => {
    expect(await post(`${server.url}/auth/introspect`, { token: 'x' })).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  test('tells the client of its own token, an operator of all, another client nothing', async () => {
    const { access_token } = (await ask('h1-ward', { patient: 'P1' })).body
    const known = { active: true, client_id: 'h1-ward', patient: 'P1', scope: 'system/*.rs' }
    expect(await introspect('h1-ward', access_token)).toMatchObject({ status: 200, body: known })
    expect(await introspect('h1-ward', access_token, `${server.url}/auth/introspect`)).toMatchObject({ status: 200, body: known })
    expect((await introspect('loader', access_token)).body).toMatchObject(known)
    expect((await introspect('researcher', access_token)).body).toEqual({ active: false })
  })

  test.each(['x', 'a.b.c', ''.padEnd(10_000, 'a')])('%.10s is not active', async (value) => {
    expect((await introspect('loader', value)).body).toEqual({ active: false })
  })

  test('an assertion is not an access token', async () => {
    const assertion = await sign(assertionClaims(server, 'loader'), server.keys.loader.private)
    expect((await introspect('loader', assertion)).body).toEqual({ active: false })
    expect((await whoami(server, assertion)).status).toBe(401)
    expect((await tokenWith(server, (await ask('loader')).body.access_token)).status).toBe(401)
  })
})
