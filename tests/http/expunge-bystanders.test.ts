/** What names somebody else outlives a deletion by law, however short the id that is deleted; what names the one goes, however it does. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { EXPUNGE_BOUNDS } from '../../server/expunge/bounds.ts'
import { patient, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const usual = { ...EXPUNGE_BOUNDS }
const ORDER = 'basis=court-order&reference=(2026)京01民初12号'
const NUMBER = '11010519491231002X'
const SYSTEM = 'urn:oid:2.16.156.10011.1.3'
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
let server: TestServer

beforeAll(async () => {
  Object.assign(EXPUNGE_BOUNDS, { settleMs: 200, sweepMs: 100, jobPollMs: 20 })
  server = await startTestServer({ noAuth: true })
  const numbered = patient('a1', { identifier: [{ system: SYSTEM, value: NUMBER }], gender: 'female', birthDate: '1949-12-31' })
  await putAll(server, '', [numbered, patient('a10'), patient('example')])
}, 60_000)
afterAll(async () => {
  Object.assign(EXPUNGE_BOUNDS, usual)
  await server.stop()
})

async function subscribe(criteria: string, more: object = {}): Promise<string> {
  const body = { resourceType: 'Subscription', status: 'requested', reason: 'x', criteria, channel: { type: 'websocket' }, ...more }
  const answer = await server.call('POST', '/fhir/Subscription', { body })
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)])
  return answer.json.id
}

/** With a topic, whose address has a word in it that is an id of a Patient too. */
const ofTopic = (filter: string): Promise<string> =>
  subscribe('https://fhir-cn.example/SubscriptionTopic/encounter-start', {
    meta: { profile: [`${GUIDE}/backport-subscription`] },
    _criteria: { extension: [{ url: `${GUIDE}/backport-filter-criteria`, valueString: filter }] },
    channel: {
      type: 'websocket',
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: 'empty' }] },
    },
  })

async function ended(begun: Answer): Promise<Answer> {
  expect(begun.status).toBe(202)
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  for (;;) {
    const answer = await server.call('GET', path)
    if (answer.status !== 202) return answer
    await setTimeout(20)
  }
}

const expunge = async (id: string): Promise<void> =>
  void expect((await ended(await server.call('POST', `/fhir/Patient/${id}/$expunge?${ORDER}`))).status).toBe(200)

async function exported(id: string): Promise<string> {
  const headers = { Prefer: 'respond-async' }
  const begun = await server.call('GET', `/fhir/Patient/$export?_type=Patient&patient=${encodeURIComponent(`Patient/${id}`)}`, { headers })
  expect((await ended(begun)).status).toBe(200)
  return new URL(begun.headers.get('content-location') ?? '').pathname
}

async function standing(paths: readonly string[]): Promise<number[]> {
  const answers = await Promise.all(paths.map((path) => server.call('GET', path)))
  return answers.map(({ status }) => status)
}
const subscriptions = (ids: readonly string[]): Promise<number[]> => standing(ids.map((id) => `/fhir/Subscription/${id}`))

test('by its id', async () => {
  const others = [await subscribe('Observation?patient=a10'), await subscribe('Observation?code=urn:x|a1'), await ofTopic('patient=a10')]
  const exportOfOther = await exported('a10')
  const named = [
    await subscribe('Observation?patient=a1'),
    await subscribe('Observation?patient=Patient/a10,Patient/a1'),
    await subscribe('Observation?subject=Patient%2Fa1&code=x'),
    await subscribe(`Observation?subject:Patient.identifier=${encodeURIComponent(`${SYSTEM}|${NUMBER}`)}`),
    await ofTopic('Encounter?patient=a1'),
  ]
  // Its first version is of the one, the second of nobody.
  const changed = await subscribe('Observation?patient=a1')
  const { json } = await server.call('GET', `/fhir/Subscription/${changed}`)
  expect((await server.call('PUT', `/fhir/Subscription/${changed}`, { body: { ...json, criteria: 'Observation?code=x' } })).status).toBe(
    200,
  )
  const exportOfOne = await exported('a1')
  await expunge('a1')
  expect(await subscriptions(named)).toEqual([404, 404, 404, 404, 404])
  expect(await subscriptions([...others, changed])).toEqual([200, 200, 200, 200])
  const history = await server.call('GET', `/fhir/Subscription/${changed}/_history`)
  expect([history.status, history.text.includes('patient=a1'), history.text.includes('code=x')]).toEqual([200, false, true])
  expect(await standing([exportOfOne, exportOfOther])).toEqual([404, 200])
  await expunge('example')
  expect(await subscriptions(others)).toEqual([200, 200, 200])
}, 60_000)
