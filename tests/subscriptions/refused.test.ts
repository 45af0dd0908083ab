/** What may not be subscribed to, by whom, and where it may not be sent: refused by name, before anything is stored. */
import { describe, expect, test } from '@jest/globals'
import { mayReceive } from '../../server/subscriptions/endpoint.ts'
import { active, plain, setting, subscribe } from './setting.ts'

const held = setting()
const codes = (answer: { json: { issue?: { details?: { coding?: { code: string }[] } }[] } }): string[] =>
  (answer.json.issue ?? []).flatMap(({ details }) => details?.coding?.[0]?.code ?? [])

describe('addresses', () => {
  const client = { subscriptionEndpoints: ['https://a.example/hook', 'https://b.example/in/*', 'http://127.0.0.1:9/x/*'] }
  test.each([
    ['https://a.example/hook', true],
    ['https://b.example/in/x/y', true],
    ['https://b.example/in/x?y=1', true],
    ['http://127.0.0.1:9/x/1', true],
    ['https://a.example/hook/more', false],
    ['https://a.example/hook?x=1', false],
    ['https://a.example:443/hook', false],
    ['https://A.example/hook', false],
    ['https://a.example:8443/hook', false],
    ['http://a.example/hook', false],
    ['https://a.example.evil.example/hook', false],
    ['https://u:p@a.example/hook', false],
    ['https://b.example/in', false],
    ['https://b.example/inside', false],
    ['https://b.example/in/../out', false],
    ['https://b.example/in/%2e%2e/out', false],
    ['https://b.example/in/..%2fout', false],
    ['https://b.example/in/..;/out', false],
    ['https://b.example/in/%252e%252e/out', false],
    ['https://b.example/in\\out', false],
    ['https://b.example/in/x#y', false],
    ['https://b.example@evil.example/in/x', false],
    ['https://b.example/in/ x', false],
    ['//b.example/in/x', false],
    ['ftp://b.example/in/x', false],
    ['', false],
  ])('%s: %s', (endpoint, may) => {
    expect(mayReceive(client, endpoint)).toBe(may)
  })

  test('without registration, this machine alone', () => {
    expect([mayReceive(undefined, 'http://127.0.0.1:80/x'), mayReceive(undefined, 'http://127.0.0.1:8080/x')]).toEqual([false, true])
    expect(mayReceive(undefined, 'https://b.example/in/x')).toBe(false)
  })

  test('one that is not registered for this client is refused, and nothing is stored', async () => {
    const answer = await subscribe(held, plain(held, 'Observation?code=a', '/elsewhere'))
    expect([answer.status, codes(answer), answer.json.issue[0].expression]).toEqual([
      422,
      ['subscription-endpoint'],
      ['Subscription.channel.endpoint'],
    ])
    const ward = await held.server.token('h2-ward', { user: 'Practitioner/doc-2', scope: 'user/*.cruds' })
    expect(codes(await subscribe(held, plain(held, 'Observation?code=a', '/exact'), ward))).toEqual(['subscription-endpoint'])
    const found = await held.server.call('GET', '/fhir/Subscription', { token: held.engine })
    expect(found.json.total).toBe(0)
  })
})

describe('criteria', () => {
  test.each([
    ['Observation?nonsense=1', ['subscription-criteria', 'parameter-unknown']],
    ['Observation?date=yesterday', ['subscription-criteria', 'parameter-invalid']],
    ['Observation?code=a&_include=Observation:subject', ['subscription-criteria']],
    ['Observation?_sort=date', ['subscription-criteria']],
    ['Nonsense?code=a', ['subscription-criteria']],
    ['?code=a', ['subscription-criteria']],
    ['Observation?code=%', ['subscription-criteria', 'query-encoding']],
    ['AuditEvent?action=R', ['subscription-criteria']],
    ['Subscription?status=active', ['subscription-criteria']],
    [`Observation?code=${'a'.repeat(5000)}`, ['subscription-criteria']],
  ])('%s', async (criteria, expected) => {
    const answer = await subscribe(held, plain(held, criteria, '/exact'))
    expect([answer.status, codes(answer), answer.json.issue[0].expression]).toEqual([422, expected, ['Subscription.criteria']])
  })

  test('what a masked form hides cannot be subscribed by', async () => {
    const answer = await subscribe(held, plain(held, 'Observation?subject=Patient/open', '/exact'), held.researcher)
    expect([answer.status, codes(answer)[0]]).toEqual([422, 'subscription-criteria'])
  })
})

const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
const HEARTBEAT = `${GUIDE}/backport-heartbeat-period`
const ID_ONLY = { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: 'id-only' }] }

test.each([
  ['another channel', { type: 'email', endpoint: 'mailto:a@b.example' }, 'subscription-channel'],
  ['another payload', { payload: 'text/plain' }, 'subscription-payload'],
  ['a header that is none', { header: ['no colon'] }, 'subscription-header'],
  ['a header with another in it', { header: ['A: b\r\nC: d'] }, 'subscription-header'],
  ["a header that is the server's", { header: ['Host: evil.example'] }, 'subscription-header'],
  ["a heartbeat, which R4's own form has none of", { extension: [{ url: HEARTBEAT, valueUnsignedInt: 10 }] }, 'subscription-extension'],
  ["less of the resource, which R4's own form cannot send", { _payload: ID_ONLY }, 'subscription-extension'],
  ['too many headers', { header: Array.from({ length: 21 }, (_, at) => `H${at}: x`) }, 'subscription-header'],
])('%s', async (_, channel, code) => {
  const answer = await subscribe(held, plain(held, 'Observation?code=a', '/exact', channel))
  expect([answer.status, codes(answer)[0]]).toEqual([422, code])
})

test("a filter of the backport, which R4's own form would pass over", async () => {
  const _criteria = { extension: [{ url: `${GUIDE}/backport-filter-criteria`, valueString: 'Observation?status=final' }] }
  const answer = await subscribe(held, { ...plain(held, 'Observation?code=a', '/exact'), _criteria })
  expect([answer.status, codes(answer), answer.json.issue[0].expression]).toEqual([
    422,
    ['subscription-extension'],
    ['Subscription.criteria'],
  ])
})

test('an end that has passed', async () => {
  const answer = await subscribe(held, { ...plain(held, 'Observation?code=a', '/exact'), end: '2020-01-01T00:00:00Z' })
  expect(codes(answer)).toEqual(['subscription-end'])
})

describe('scopes, purposes, forms', () => {
  test.each([
    ['system/Subscription.cruds system/Patient.rs', 403],
    ['system/Observation.rs', 403],
    ['system/Subscription.crud system/Observation.s', 201],
  ])('%s: %d', async (scope, status) => {
    const token = await held.server.token('h2-engine', { scope, purpose_of_use: 'TREAT' })
    expect((await subscribe(held, plain(held, 'Observation?code=a', '/exact'), token)).status).toBe(status)
  })

  test('broken glass and the anonymous form do not last', async () => {
    const glass = await held.server.token('h2-ward', {
      user: 'Practitioner/doc-2',
      scope: 'user/*.cruds',
      purpose_of_use: 'BTG',
      break_glass_reason: 'x',
    })
    const body = plain(held, 'Observation?code=a', '', { type: 'websocket', payload: undefined, endpoint: undefined })
    expect((await subscribe(held, body, glass)).status).toBe(403)
    const anon = await held.server.token('researcher', { data_form: 'ANON', research_study: 'study-1' })
    expect((await subscribe(held, plain(held, 'Observation?code=a', '/exact'), anon)).status).toBe(403)
  })
})

test('an operator stops the Subscription of another, and changes nothing else of it', async () => {
  const body = plain(held, 'Observation?code=op', '/hook/op', { header: ['Authorization: Bearer secret-2'] })
  const id = await active(held, body)
  const read = await held.server.call('GET', `/fhir/Subscription/${id}`, { token: held.loader })
  expect(read.json.channel.header).toEqual(['Authorization: [hidden]'])
  const change = (more: object) =>
    held.server.call('PUT', `/fhir/Subscription/${id}`, { token: held.loader, body: { ...read.json, ...more } })
  expect(codes(await change({ criteria: 'Patient?name=a' }))).toEqual(['subscription-others'])
  const stopped = await change({ status: 'off' })
  expect([stopped.status, stopped.json.status, stopped.text.includes('secret-2')]).toEqual([200, 'off', false])
  const own = await held.server.call('GET', `/fhir/Subscription/${id}`, { token: held.engine })
  expect([own.json.status, own.json.channel.header]).toEqual(['off', ['Authorization: Bearer secret-2']])
})
