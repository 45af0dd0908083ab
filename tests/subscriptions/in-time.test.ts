/** What becomes of a Subscription by and by: heartbeats that nobody answers, its end, a stop and a start right behind it. */
import { setTimeout } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { observation } from '../consent/resources.ts'
import { active, plain, put, setting, statusOf, subscribe } from './setting.ts'

const held = setting()
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
const names = (path: string): (string | undefined)[] => held.receiver.at(path).map(({ path: at }) => at.split('/').pop())
const typesAt = (path: string): string[] =>
  held.receiver
    .at(path)
    .map(({ json }) => json.entry[0].resource.parameter.find(({ name }: { name: string }) => name === 'type').valueCode as string)

const beating = (path: string): object => ({
  resourceType: 'Subscription',
  meta: { profile: [`${GUIDE}/backport-subscription`] },
  status: 'requested',
  reason: 'test',
  criteria: 'https://fhir-cn.example/SubscriptionTopic/document-new',
  channel: {
    extension: [{ url: `${GUIDE}/backport-heartbeat-period`, valueUnsignedInt: 10 }],
    type: 'rest-hook',
    endpoint: `${held.receiver.url}${path}`,
    payload: 'application/fhir+json',
    _payload: { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: 'empty' }] },
  },
})

test('heartbeats that keep failing end in an error, and the next that is answered ends it', async () => {
  const id = await active(held, beating('/hook/unheard'))
  held.receiver.answers = ({ path }) => (path.startsWith('/hook/unheard') ? 503 : 200)
  await held.receiver.until((got) => got.filter(({ path }) => path === '/hook/unheard').length >= 3, 20_000)
  const failed = await statusOf(held, id, 'error')
  expect([failed.json.status, failed.json.error]).toEqual(['error', expect.stringContaining('(503)')])
  held.receiver.answers = () => 200
  const well = await statusOf(held, id, 'active')
  expect([well.json.status, well.json.error]).toEqual(['active', undefined])
  expect(new Set(typesAt('/hook/unheard').slice(1))).toEqual(new Set(['heartbeat']))
}, 60_000)

test('behind its end nothing is sent, not even what happened before it', async () => {
  const end = new Date(Date.now() + 4000)
  const body = { ...plain(held, 'Observation?code=urn:test|ends', '/hook/ends'), end: end.toISOString() }
  const id = await active(held, body)
  // Each takes a second and a half: the third would leave behind the end.
  held.receiver.answers = async ({ path }) => {
    if (path.startsWith('/hook/ends')) await setTimeout(1500)
    return 200
  }
  await put(held, ...[1, 2, 3, 4, 5, 6, 7].map((n) => observation(`ends-${n}`, 'open', 'ends')))
  const off = await statusOf(held, id, 'off')
  expect(off.json.status).toBe('off')
  await setTimeout(3500)
  const sent = held.receiver.at('/hook/ends')
  held.receiver.answers = () => 200
  expect(sent.length).toBeGreaterThan(0)
  // What had left before it comes a moment later.
  expect(sent.filter(({ at }) => at > end.getTime() + 500)).toEqual([])
  expect(off.json.error).toBeUndefined()
}, 60_000)

test('one that waits to try again is off at its end, and so is one whose endpoint never took it', async () => {
  held.receiver.answers = ({ path }) => (path.startsWith('/hook/late') ? 503 : 200)
  const end = new Date(Date.now() + 3000).toISOString()
  const never = await subscribe(held, { ...beating('/hook/late/never'), end })
  expect((await statusOf(held, never.json.id, 'error')).json.status).toBe('error')
  expect((await statusOf(held, never.json.id, 'off')).json.status).toBe('off')
  held.receiver.answers = () => 200
}, 60_000)

test('stopped and started again at once, it does not send what waited before', async () => {
  const body = plain(held, 'Observation?code=urn:test|anew', '/hook/anew')
  const id = await active(held, body)
  const change = (status: string) =>
    held.server.call('PUT', `/fhir/Subscription/${id}`, { token: held.engine, body: { ...body, id, status } })
  let release = (_status: number): void => undefined
  held.receiver.answers = ({ path }) => (path.startsWith('/hook/anew') ? new Promise((resolve) => (release = resolve)) : 200)
  await put(held, observation('anew-1', 'open', 'anew'), observation('anew-2', 'open', 'anew'), observation('anew-3', 'open', 'anew'))
  await held.receiver.until(() => names('/hook/anew').length >= 1)
  // Its turn is busy with the first one meanwhile.
  expect((await change('off')).json.status).toBe('off')
  expect((await change('requested')).json.status).toBe('requested')
  held.receiver.answers = () => 200
  release(200)
  await statusOf(held, id, 'active')
  await put(held, observation('anew-9', 'open', 'anew'))
  await held.receiver.until(() => names('/hook/anew').includes('anew-9'))
  expect(names('/hook/anew')).toEqual(['anew-1', 'anew-9'])
}, 60_000)

test('what was given up stays where its Subscription is off, and says so', async () => {
  const id = await active(held, plain(held, 'Observation?code=urn:test|kept', '/hook/kept'))
  held.receiver.answers = ({ path }) => (path.startsWith('/hook/kept') ? 500 : 200)
  await put(held, observation('kept-1', 'open', 'kept'))
  await statusOf(held, id, 'error')
  held.receiver.answers = () => 200
  const change = async (status: string) => {
    const { json } = await held.server.call('GET', `/fhir/Subscription/${id}`, { token: held.loader })
    return held.server.call('PUT', `/fhir/Subscription/${id}`, { token: held.loader, body: { ...json, status } })
  }
  expect((await change('off')).json.status).toBe('off')
  const again = () => held.server.call('POST', `/fhir/Subscription/${id}/$redeliver`, { token: held.loader })
  const refused = await again()
  expect([refused.status, refused.json.issue[0].details.coding[0].code]).toEqual([422, 'subscription-not-started'])
  await setTimeout(1500)
  expect((await change('requested')).json.status).toBe('requested')
  await statusOf(held, id, 'active')
  expect((await again()).json.parameter).toEqual([{ name: 'count', valueInteger: 1 }])
  await held.receiver.until(() => names('/hook/kept').length >= 3)
  expect(names('/hook/kept')).toEqual(['kept-1', 'kept-1', 'kept-1'])
}, 60_000)

test('an operator stops one by a patch of its status, whatever narrative it has', async () => {
  const div = '<div xmlns="http://www.w3.org/1999/xhtml">订阅</div>'
  const id = await active(held, { ...plain(held, 'Observation?code=urn:test|told', '/hook/told'), text: { status: 'generated', div } })
  const headers = { 'Content-Type': 'application/json-patch+json' }
  const patch = (body: object) => held.server.call('PATCH', `/fhir/Subscription/${id}`, { token: held.loader, body, headers })
  const stopped = await patch([{ op: 'replace', path: '/status', value: 'off' }])
  expect([stopped.status, stopped.json.status]).toEqual([200, 'off'])
  expect((await held.server.call('GET', `/fhir/Subscription/${id}`, { token: held.engine })).json.status).toBe('off')
  const other = await patch([{ op: 'replace', path: '/reason', value: 'other' }])
  expect(other.status).toBe(422)
}, 60_000)
