/** From token and header to an Actor: what the rest of the server believes. */
import { describe, expect, test } from '@jest/globals'
import type { Actor } from '../../server/auth/actor.ts'
import { createAuthenticator } from '../../server/auth/authenticator.ts'
import { allows, type Permission } from '../../server/auth/scopes.ts'
import { smartConfiguration } from '../../server/auth/smart-configuration.ts'
import { token, whoami } from './support/ask.ts'
import { running } from './support/server.ts'

const server = running()
const ward = async (parameters: Record<string, string> = {}) =>
  String((await token(server, 'h1-ward', server.keys.ward, parameters)).body.access_token)
const researcher = async (parameters: Record<string, string> = {}) =>
  String((await token(server, 'researcher', server.keys.research, parameters)).body.access_token)

describe('the actor', () => {
  test('of a doctor', async () => {
    const bearer = await ward({ user: 'D1', patient: 'P1', purpose_of_use: 'BTG', break_glass_reason: '昏迷' })
    expect((await whoami(server, bearer)).body).toEqual({
      clientId: 'h1-ward',
      party: 'hospital',
      organization: 'H1',
      role: 'clinician',
      purpose: 'BTG',
      form: 'IDENT',
      scopes: [{ level: 'user', type: '*', permissions: 'cruds' }],
      breakGlassReason: '昏迷',
      patient: 'P1',
      user: 'Practitioner/D1',
    })
  })

  test('of a researcher abroad', async () => {
    expect((await whoami(server, await researcher({ research_study: 'S1' }))).body).toEqual({
      clientId: 'researcher',
      party: 'researcher',
      organization: 'U1',
      role: 'researcher',
      purpose: 'HRESCH',
      form: 'PSEUD',
      scopes: [{ level: 'system', type: '*', permissions: 'rs' }],
      study: 'S1',
      foreign: true,
    })
  })

  test('headers do not make anybody of anybody', async () => {
    const bearer = await researcher()
    const claimed = { 'x-party': 'operator', 'x-organization': 'H1', 'x-patient-id': 'P1', 'x-role': 'clinician', 'x-user': 'D1' }
    expect((await whoami(server, bearer, claimed)).body).toEqual((await whoami(server, bearer)).body)
  })
})

describe('X-Purpose-Of-Use', () => {
  test.each<[string, string, number, string]>([
    ['the same', 'TREAT', 200, 'TREAT'],
    ['with its code system', 'http://terminology.hl7.org/CodeSystem/v3-ActReason|TREAT', 200, 'TREAT'],
    ['an emergency, registered', 'ETREAT', 200, 'ETREAT'],
    ['broken glass, for which the token has no reason', 'BTG', 403, ''],
    ['research', 'HRESCH', 403, ''],
    ['an unknown code', 'ANYTHING', 403, ''],
    ['nothing', '', 403, ''],
    ['two', 'TREAT, ETREAT', 403, ''],
    ['another code system', 'urn:x|TREAT', 403, ''],
  ])('treatment to %s', async (_name, header, status, purpose) => {
    const answer = await whoami(server, await ward({ user: 'D1' }), { 'x-purpose-of-use': header })
    expect(answer.status).toBe(status)
    if (purpose) expect(answer.body.purpose).toBe(purpose)
    else expect(answer.body.issue[0]).toMatchObject({ code: 'forbidden', expression: ['http.x-purpose-of-use'] })
  })

  test.each<[string, string, string, number]>([
    ['research to a clinical trial', 'HRESCH', 'CLINTRCH', 200],
    ['research to database research', 'HRESCH', 'DSRCH', 200],
    ['a clinical trial to research', 'CLINTRCH', 'HRESCH', 403],
    ['research to treatment', 'HRESCH', 'TREAT', 403],
  ])('%s', async (_name, held, header, status) => {
    const answer = await whoami(server, await researcher({ purpose_of_use: held }), { 'x-purpose-of-use': header })
    expect(answer.status).toBe(status)
  })

  test('holds for one request only', async () => {
    const bearer = await researcher()
    expect((await whoami(server, bearer, { 'x-purpose-of-use': 'CLINTRCH' })).body.purpose).toBe('CLINTRCH')
    expect((await whoami(server, bearer)).body.purpose).toBe('HRESCH')
  })
})

describe('a token that was seen before', () => {
  test('is refused from the moment it ends', async () => {
    const bearer = await ward({ user: 'D1' })
    expect((await whoami(server, bearer)).status).toBe(200)
    server.ahead = 299_000
    expect((await whoami(server, bearer)).status).toBe(200)
    server.ahead = 301_000
    expect((await whoami(server, bearer)).status).toBe(401)
    server.ahead = 0
  })

  test('costs little', async () => {
    const authorization = `Bearer ${await ward({ user: 'D1' })}`
    await server.authenticate({ headers: { authorization } })
    const from = performance.now()
    for (let i = 0; i < 2000; i++) await server.authenticate({ headers: { authorization } })
    // An ES384 verification takes about a millisecond; 2,000 of them would take seconds.
    expect(performance.now() - from).toBeLessThan(500)
  })

  test('cannot be changed by whoever got its actor', async () => {
    const authorization = `Bearer ${await ward({ user: 'D1' })}`
    const actor = await server.authenticate({ headers: { authorization } })
    expect(() => {
      actor.party = 'operator'
    }).toThrow(TypeError)
    expect(() => (actor.scopes as unknown[]).push({})).toThrow(TypeError)
  })
})

describe('YILIAN_NO_AUTH', () => {
  test('everybody is an operator without limits, whatever is sent', async () => {
    const authenticate = createAuthenticator({ ...server.parts, config: { ...server.config, noAuth: true } })
    const actor = await authenticate({ headers: { authorization: 'Bearer x', 'x-purpose-of-use': 'TREAT' } })
    expect(actor).toMatchObject({ party: 'operator', unrestricted: true })
    expect(allows(actor, 'Patient', 'd')).toBe(true)
  })

  test('otherwise nobody is', async () => {
    expect((await whoami(server, await ward({ user: 'D1' }))).body).not.toHaveProperty('unrestricted')
  })
})

describe('allows', () => {
  const actor = (type: string, permissions: string) => ({ scopes: [{ level: 'system', type, permissions }] }) as unknown as Actor
  test.each<[string, string, string, Permission, boolean]>([
    ['*', 'rs', 'Observation', 'r', true],
    ['*', 'rs', 'Observation', 's', true],
    ['*', 'rs', 'Observation', 'c', false],
    ['Observation', 'r', 'Observation', 's', false],
    ['Observation', 's', 'Observation', 'r', false],
    ['Observation', 'cruds', 'Observation', 'd', true],
    ['Observation', 'cruds', 'Patient', 'r', false],
    ['Observation', 'cruds', 'ObservationDefinition', 'r', false],
    ['Observation', 'cruds', '*', 'r', false],
  ])('%s.%s for %s %s: %s', (type, permissions, asked, letter, expected) =>
    expect(allows(actor(type, permissions), asked, letter)).toBe(expected),
  )

  test('nothing without scopes', () => expect(allows({ scopes: [] } as unknown as Actor, 'Patient', 'r')).toBe(false))
})

test('what is announced is what there is', async () => {
  const announced = smartConfiguration(server.url)
  expect(announced).toMatchObject({
    token_endpoint: `${server.url}/auth/token`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384', 'RS256'],
    grant_types_supported: ['client_credentials'],
    capabilities: expect.arrayContaining(['client-confidential-asymmetric', 'permission-v2']),
  })
  expect(announced).not.toHaveProperty('authorization_endpoint')
  for (const name of ['jwks_uri', 'token_endpoint', 'introspection_endpoint']) {
    expect((await fetch(String(announced[name]), { method: name === 'jwks_uri' ? 'GET' : 'POST' })).status).not.toBe(404)
  }
})
