/** Leak catalogue: what a notification, its absence, its number or a Subscription itself could tell. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { BROAD, consentOf, custody, encounter, give, NO_SHARING, observation, patient, relabelled } from '../consent/resources.ts'
import { asAbsent, codeOf } from '../leaks/worlds.ts'
import type { Answer } from '../support/server.ts'
import { parametersReady } from '../support/parameters.ts'
import { active, plain, put, setting, subscribe } from './setting.ts'

const held = setting()
const namesAt = (path: string): string[] => held.receiver.at(path).map((one) => one.path.split('/').pop() ?? '')

test('what the consent hides is not sent: of a hidden patient, of a hidden label, of whom nobody there treats', async () => {
  await active(held, plain(held, 'Observation?code=urn:test|leak', '/hook/leak'))
  await put(
    held,
    observation('leak-1', 'hidden', 'leak'),
    observation('leak-2', 'open', 'leak', { meta: custody('H1', 'HIV') }),
    { resourceType: 'Patient', id: 'untreated' },
    observation('leak-3', 'untreated', 'leak'),
  )
  await put(held, observation('leak-4', 'open', 'leak'))
  await held.receiver.until(() => namesAt('/hook/leak').includes('leak-4'))
  expect(namesAt('/hook/leak')).toEqual(['leak-4'])
})

test('withdrawn between the event and a later attempt: not one byte more', async () => {
  await active(held, plain(held, 'Observation?code=urn:test|turn', '/hook/turn'))
  let consent = Promise.resolve<unknown>(undefined)
  held.receiver.answers = ({ path }) => {
    if (!path.startsWith('/hook/turn') || namesAt('/hook/turn').length > 1) return 200
    // The first attempt arrives, and fails: by the time of the next one the patient has said no.
    consent = give(held.server, 'turned', NO_SHARING)
    return consent.then(() => 503)
  }
  await put(held, observation('turn-1', 'turned', 'turn'))
  await held.receiver.until(() => namesAt('/hook/turn').length >= 1)
  await consent
  const acknowledged = Date.now()
  await put(held, observation('turn-2', 'open', 'turn'), observation('turn-3', 'turned', 'turn'))
  await held.receiver.until(() => namesAt('/hook/turn').includes('turn-2'))
  expect(namesAt('/hook/turn')).toEqual(['turn-1', 'turn-2'])
  expect(held.receiver.at('/hook/turn').filter(({ body, at }) => at > acknowledged && body.includes('turned'))).toEqual([])
  held.receiver.answers = () => 200
})

test('after one that failed and was withdrawn, the next one is told at once', async () => {
  await put(held, patient('said-no'), encounter('visit-said-no', 'said-no', 'H2', 'Practitioner/doc-2'))
  await active(held, plain(held, 'Observation?code=urn:test|next', '/hook/next'))
  held.receiver.answers = ({ path }) => (path.includes('next-1') ? give(held.server, 'said-no', NO_SHARING).then(() => 503) : 200)
  await put(held, observation('next-1', 'said-no', 'next'))
  await held.receiver.until(() => namesAt('/hook/next').length >= 1)
  // Long enough for the second attempt, of which nothing is left.
  await setTimeout(3000)
  await put(held, observation('next-2', 'open', 'next'))
  await held.receiver.until(() => namesAt('/hook/next').length >= 2)
  expect(namesAt('/hook/next')).toEqual(['next-1', 'next-2'])
  held.receiver.answers = () => 200
})

describe('a Subscription', () => {
  test('is not found by the values of its headers, which only its client sees', async () => {
    const header = ['Authorization: Bearer verysecretword']
    await active(held, plain(held, 'Observation?code=urn:test|secret', '/hook/secret', { header }))
    const about = { url: 'urn:test:header', name: 'x', status: 'active', description: 'x', base: ['Subscription'], type: 'string' }
    const expressions = { hdr: 'Subscription.channel.header', hdrs: "Subscription.channel.where(type = 'rest-hook').header" }
    for (const [code, expression] of Object.entries(expressions))
      await put(held, { resourceType: 'SearchParameter', id: code, ...about, code, expression })
    await parametersReady(held.server, held.loader)
    const search = async (query: string, token: string): Promise<Answer> => {
      const answer = await held.server.call('GET', `/fhir/Subscription?${query}`, { token })
      // This process hears of it a moment later.
      return codeOf(answer) === 'parameter-building' ? setTimeout(50).then(() => search(query, token)) : answer
    }
    const totals = async (token: string) => {
      const queries = ['_content=verysecretword', 'hdr:contains=verysecret', 'hdrs:missing=false', 'hdr:missing=false']
      const answers = await Promise.all(queries.map((query) => search(query, token)))
      return answers.map(({ json }) => json.total)
    }
    expect([await totals(held.loader), await totals(held.engine)]).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
    expect((await search('_content=test', held.loader)).json.total).toBeGreaterThan(0)
  })

  test('of another client answers as one that is absent, whatever is done to it', async () => {
    const id = await active(held, plain(held, 'Observation?code=urn:test|own', '/hook/own'))
    const { server } = held
    const other = await server.token('h1-engine', { purpose_of_use: 'HOPERAT' })
    const sameOrganization = await server.token('h2-ward', { user: 'Practitioner/doc-2', scope: 'user/*.cruds' })
    const absent = 'f1c5a2c4-1f5c-4a5f-9d58-0c3a5b1c7e11'
    for (const token of [other, sameOrganization]) {
      const leak = { server, loader: held.loader, doctor: token, researcher: token }
      const asked = (path: string, call: object = {}) => asAbsent(leak, (name) => path.replace('{id}', name), { hidden: id, absent }, call)
      expect((await asked('/fhir/Subscription/{id}')).status).toBe(404)
      expect((await asked('/fhir/Subscription/{id}/_history')).status).toBe(404)
      expect((await asked('/fhir/Subscription/{id}/_history/1')).status).toBe(404)
      expect((await asked('/fhir/Subscription?_id={id}')).json.total).toBe(0)
      expect((await asked('/fhir/Subscription/{id}', { method: 'DELETE' })).status).toBe(404)
      const body = { ...plain(held, 'Observation?code=x', '/exact'), id: '{name}' }
      expect((await asked('/fhir/Subscription/{id}', { method: 'PUT', body })).status).toBe(404)
      const found = await server.call('GET', '/fhir/Subscription', { token })
      expect([found.json.total, found.text.includes(id)]).toEqual([0, false])
      expect((await server.call('GET', '/fhir/Subscription/_history', { token })).text).not.toContain(id)
    }
    expect((await server.call('GET', '/fhir/Subscription?criteria=Observation', { token: held.engine })).status).toBe(200)
    expect((await server.call('GET', `/fhir/Subscription?_id=${id}`, { token: held.engine })).json.total).toBe(1)
  })

  test('of one patient is not shown to another who uses the same app, and tells each of himself', async () => {
    const [own, other] = [
      await held.server.token('patient-app', { patient: 'open' }),
      await held.server.token('patient-app', { patient: 'hidden' }),
    ]
    const id = await active(held, plain(held, 'Observation?code=urn:test|mine', '/hook/mine'), own)
    const leak = { server: held.server, loader: held.loader, doctor: other, researcher: other }
    const names = { hidden: id, absent: 'f1c5a2c4-1f5c-4a5f-9d58-0c3a5b1c7e11' }
    expect((await asAbsent(leak, (name) => `/fhir/Subscription/${name}`, names)).status).toBe(404)
    expect((await held.server.call('GET', '/fhir/Subscription', { token: other })).json.total).toBe(0)
    await put(held, observation('mine-1', 'hidden', 'mine'), observation('mine-2', 'open', 'mine'))
    await held.receiver.until(() => namesAt('/hook/mine').includes('mine-2'))
    expect(namesAt('/hook/mine')).toEqual(['mine-2'])
  })

  test('shows its secrets to its client only, in no version and no answer', async () => {
    const secret = 'very-secret-3'
    const id = await active(held, plain(held, 'Observation?code=urn:test|s', '/hook/s', { header: [`X-Key: ${secret}`] }))
    for (const path of [`Subscription/${id}`, `Subscription/${id}/_history`, 'Subscription', `Subscription?_id=${id}&_elements=channel`]) {
      const answer = await held.server.call('GET', `/fhir/${path}`, { token: held.loader })
      expect([path, answer.status, answer.text.includes(secret), answer.text.includes('[hidden]')]).toEqual([path, 200, false, true])
    }
    const headers = { 'Content-Type': 'application/json-patch+json' }
    const test = [{ op: 'test', path: '/channel/header/0', value: `X-Key: ${secret}` }]
    const patched = await held.server.call('PATCH', `/fhir/Subscription/${id}`, { token: held.loader, body: test, headers })
    expect(patched.status).toBe(422)
    expect((await held.server.call('GET', `/fhir/Subscription/${id}`, { token: held.engine })).text).toContain(secret)
  })
})

test('in the pseudonymised form ids are pseudonyms, in the address too, and nothing else is there than in a search', async () => {
  await active(held, plain(held, 'Observation?code=urn:test|study', '/hook/study'), held.researcher)
  await put(held, observation('study-no', 'turned', 'study'))
  await give(held.server, 'open', BROAD)
  await relabelled(held.server)
  await put(held, observation('study-yes', 'open', 'study'))
  await held.receiver.until(() => held.receiver.at('/hook/study').length >= 1)
  const [got, ...others] = held.receiver.at('/hook/study')
  expect(others).toEqual([])
  const found = await held.server.call('GET', '/fhir/Observation?code=urn:test|study', { token: held.researcher })
  const [only] = found.json.entry
  expect(got?.json).toEqual(only.resource)
  expect(got?.path).toBe(`/hook/study/Observation/${only.resource.id}`)
  expect(JSON.stringify(got)).not.toMatch(/study-yes|study-no|Patient\/open/)
})

test('each notification is in the account of uses of whom it told, with what it told', async () => {
  await active(held, plain(held, 'Observation?code=urn:test|account', '/hook/account'))
  await put(held, observation('account-1', 'open', 'account'), observation('account-2', 'hidden', 'account'))
  await held.receiver.until(() => held.receiver.at('/hook/account').length >= 1)
  for (const [person, total] of [
    ['open', 1],
    ['hidden', 0],
  ] as const) {
    const own = await held.server.token('patient-app', { patient: person })
    const answer = await held.server.call(
      'GET',
      '/fhir/AuditEvent?subtype=subscription-notification&entity=Observation/account-1&_count=5',
      { token: own },
    )
    expect([person, (answer.json.entry ?? []).length]).toEqual([person, total])
  }
  const none = await held.server.token('patient-app', { patient: 'hidden' })
  const answer = await held.server.call('GET', '/fhir/AuditEvent?subtype=subscription-notification', { token: none })
  expect(answer.json.total).toBe(0)
})

test('a Consent cannot be subscribed to by who may not read it', async () => {
  await active(held, plain(held, 'Consent?status=active', '/hook/consents'), held.engine)
  await subscribe(held, plain(held, 'Consent?status=active', '/hook/researched'), held.researcher)
  const token = await held.server.token('patient-app', { patient: 'open' })
  await held.server.call('POST', '/fhir/Consent', { token, body: consentOf('open', { series: 'x', policy: 'OPTIN' }) })
  await held.receiver.until(() => held.receiver.at('/hook/consents').length >= 1)
  expect([held.receiver.at('/hook/consents').length, held.receiver.at('/hook/researched').length]).toEqual([1, 0])
})
