/** An operator who sees more Subscriptions than one answer has room for. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, expect, test } from '@jest/globals'
import { SUBSCRIPTION_BOUNDS } from '../../server/subscriptions/bounds.ts'
import type { Answer } from '../support/server.ts'
import { observation } from '../consent/resources.ts'
import { active, plain, put, setting, statusOf, subscribe } from './setting.ts'

const held = setting()
const usual = { ...SUBSCRIPTION_BOUNDS }
afterAll(() => void Object.assign(SUBSCRIPTION_BOUNDS, usual))

const ask = (query: string): Promise<Answer> => held.server.call('GET', `/fhir/Subscription/${query}`, { token: held.loader })
const modesIn = ({ json }: Answer): string[] => json.entry.map(({ search }: { search: { mode: string } }) => search.mode)

test('is told that there are more, finds the few that he asks for, and has his own bound', async () => {
  Object.assign(SUBSCRIPTION_BOUNDS, { statusesAnswered: 3 })
  const ids: string[] = []
  for (const n of [1, 2, 3, 4, 5])
    ids.push((await subscribe(held, plain(held, `Observation?code=urn:test|many-${n}`, '/hook/many'))).json.id)
  const some = await ask('$status')
  expect([some.status, some.json.total, modesIn(some)]).toEqual([200, undefined, ['match', 'match', 'match', 'outcome']])
  expect(some.json.entry[3].resource.issue).toMatchObject([
    { severity: 'warning', code: 'incomplete', details: { coding: [{ code: 'subscription-statuses' }] } },
  ])
  // Behind all the others in the order of ids.
  const stopped = ids.toSorted().at(-1)
  const off = { ...(await ask(String(stopped))).json, status: 'off' }
  expect((await held.server.call('PUT', `/fhir/Subscription/${stopped}`, { token: held.loader, body: off })).status).toBe(200)
  const found = await ask('$status?status=off')
  expect([found.json.total, modesIn(found)]).toEqual([1, ['match']])
  expect((await ask(`$status?id=${ids.slice(0, 3).join(',')}`)).json.total).toBe(3)

  const own = {
    resourceType: 'Subscription',
    id: 'z-own',
    status: 'requested',
    reason: 'x',
    criteria: 'Observation',
    channel: { type: 'websocket' },
  }
  expect((await held.server.call('PUT', '/fhir/Subscription/z-own', { token: held.loader, body: own })).status).toBe(201)
  const token = await ask('$get-ws-binding-token')
  const named = token.json.parameter.filter(({ name }: { name: string }) => name === 'subscription')
  expect(named).toEqual([{ name: 'subscription', valueString: 'z-own' }])
}, 60_000)

test('is told that there are more dead letters', async () => {
  Object.assign(SUBSCRIPTION_BOUNDS, { deadLettersAnswered: 1 })
  const id = await active(held, plain(held, 'Observation?code=urn:test|dead', '/hook/dead'))
  held.receiver.answers = () => 500
  const names = async (): Promise<string[]> => (await ask('$dead-letters')).json.parameter.map(({ name }: { name: string }) => name)
  await put(held, observation('dead-1', 'open', 'dead'))
  await statusOf(held, id, 'error')
  expect(await names()).toEqual(['dead-letter'])
  await put(held, observation('dead-2', 'open', 'dead'))
  for (let tries = 0; tries < 400 && (await names()).length < 2; tries++) await setTimeout(25)
  expect(await names()).toEqual(['dead-letter', 'more'])
}, 60_000)
