/** Leak catalogue L54: a limit counts what the caller sees. What is hidden brings nobody nearer to one. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { encounter, observation, putAll, relabelled } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting } from './worlds.ts'

/** Beyond what is included (1,000), and beyond what a link follows as a list (2,000). */
const HIDDEN = 2050
const performedBy = (w: string) => ({ performer: [{ reference: `Practitioner/by-${w}` }] })

const held = setting((w) => [
  { resourceType: 'Practitioner', id: `by-${w}`, active: true },
  observation(`seen-${w}`, `p1-${w}`, `lab-${w}`, performedBy(w)),
  encounter(`in-${w}`, `p1-${w}`, 'H2', 'Practitioner/doc-2'),
])

beforeAll(async () => {
  const hidden = Array.from({ length: HIDDEN }, (_, n) => observation(`many${n}-a`, 'p2-a', 'lab-a', performedBy('a')))
  await putAll(held.server, held.loader, hidden)
  await relabelled(held.server)
}, 60_000)

describe('with 2,050 hidden resources and without', () => {
  test.each([
    ['_revinclude', 'Practitioner?_id=by-{w}&_revinclude=Observation:performer'],
    ['_revinclude:iterate', 'Practitioner?_id=by-{w}&_revinclude:iterate=Observation:performer'],
    ['_has', 'Practitioner?_has:Observation:performer:code=lab-{w}'],
    ['a chain behind _has', 'Patient?_has:Observation:patient:performer:Practitioner._id=by-{w}'],
    ['a count of many', 'Observation?code=lab-{w}&_summary=count'],
    ['a page of many', 'Observation?code=lab-{w}&_count=1000'],
    ['an estimate', 'Observation?code=lab-{w}&_total=estimate'],
    ['$lastn', 'Observation/$lastn?code=lab-{w}&max=1000'],
    ['$everything', 'Patient/p1-{w}/$everything'],
    ['several types', '?_type=Observation,Encounter&_id=seen-{w}'],
  ])('%s', async (name, query) => {
    const answer = await sameInBoth(held, (w) => `/fhir/${query.replaceAll('{w}', w)}`)
    expect([name, answer.status < 500, answer.text.includes('include-limit')]).toEqual([name, true, false])
  })

  test('GraphQL', async () => {
    const query = (w: string) => `{Practitioner(id: "by-${w}") {ObservationList(_reference: performer, _count: 1000){id}}}`
    const answer = await sameInBoth(held, (w) => `/fhir/$graphql?query=${encodeURIComponent(query(w))}`)
    expect(answer.json.data.Practitioner.ObservationList).toHaveLength(1)
  })

  test('who sees them is told of the limit', async () => {
    const { server } = held
    const answer = await server.call('GET', '/fhir/Practitioner?_id=by-a&_revinclude=Observation:performer', {
      token: await server.token('h1-engine'),
    })
    expect([answer.status, answer.text.includes('include-limit')]).toEqual([200, true])
  })
})

describe('what a client may have at a time', () => {
  const subscription = (n: number) => ({
    resourceType: 'Subscription',
    status: 'off',
    reason: `${n}`,
    criteria: 'Observation?code=x',
    channel: { type: 'websocket' },
  })

  test('Subscriptions: a full account of one client is no other one’s', async () => {
    const { server } = held
    const [one, other] = [await server.token('h1-engine'), await server.token('h2-engine')]
    const entry = Array.from({ length: 100 }, (_, n) => ({
      resource: subscription(n),
      request: { method: 'POST', url: 'Subscription' },
    }))
    const filled = await server.call('POST', '/fhir', { token: one, body: { resourceType: 'Bundle', type: 'transaction', entry } })
    expect(filled.status).toBe(200)
    const make = (token: string) => server.call('POST', '/fhir/Subscription', { token, body: subscription(100) })
    expect(codeOf(await make(one))).toBe('subscription-limit')
    expect((await make(other)).status).toBe(201)
  })

  test('no answer says how much is left, and none is 429', async () => {
    const { server, doctor } = held
    for (const id of ['seen-a', 'many1-a', 'absent']) {
      const answer = await server.call('GET', `/fhir/Observation/${id}`, { token: doctor })
      expect([...answer.headers.keys()].filter((name) => /limit|quota|remaining|retry-after/i.test(name))).toEqual([])
      expect(answer.status).toBe(id === 'seen-a' ? 200 : 404)
    }
  })
})
