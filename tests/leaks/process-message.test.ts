/**
 * A message is carried out with the sender's right: what it may not see is to it as absent, whether the message names it by an address, by
 * an identifier or by a reference. See `worlds.ts`; ids of answers are made of the message's id and are none of the content's.
 */
import { expect, test } from '@jest/globals'
import { custody, idsIn, observation } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { codeOf, neutral, setting } from './worlds.ts'

const SYSTEM = 'https://fhir-cn.example/CodeSystem/yilian-message-event'
const numbered = (value: string): object => ({ identifier: [{ system: 'urn:lab', value }] })

const held = setting(
  (w) => [observation(`o1-${w}`, `p1-${w}`, `lab-${w}`, numbered(`n1-${w}`))],
  (w) => [
    observation(`h1-${w}`, `p2-${w}`, `lab-${w}`, numbered(`n2-${w}`)),
    observation(`h2-${w}`, `p1-${w}`, `lab-${w}`, { ...numbered(`n3-${w}`), meta: custody('H1', 'HIV') }),
  ],
)

let last = 0
const message = (...entry: object[]): object => ({
  resourceType: 'Bundle',
  type: 'message',
  entry: [
    {
      resource: {
        resourceType: 'MessageHeader',
        id: `leak-${++last}`,
        eventCoding: { system: SYSTEM, code: 'laboratory-result' },
        source: { endpoint: 'urn:x:lab' },
      },
    },
    ...entry,
  ],
})
const own = (path: string): string => `${held.server.url}/fhir/${path}`
const result = (value: string, subject: string, extra: object = {}): object => ({
  resource: {
    resourceType: 'Observation',
    status: 'final',
    code: { text: '血糖' },
    ...numbered(value),
    subject: { reference: own(`Patient/${subject}`) },
    ...extra,
  },
})
const send = (body: object, token = held.doctor): Promise<Answer> => held.server.call('POST', '/fhir/$process-message', { token, body })
const statusOf = ({ status, json }: Answer): unknown[] => [status, json.entry?.[0].resource.response.code]
const codesIn = ({ json }: Answer): string[] =>
  json.entry[1].resource.issue.map((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]?.code)
/** Without the ids of the answer, and the names that the question had. */
const plain = (answer: Answer, ...names: string[]): string =>
  names
    .reduce((text, name) => text.replaceAll(name, '[name]'), neutral(answer))
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '[uuid]')
    .replace(/leak-\d+/g, '[message]')

test('by identifier: a hidden match is no match, in both worlds', async () => {
  for (const value of ['n2', 'n3']) {
    const [a, b] = [await send(message(result(`${value}-a`, 'p1-a'))), await send(message(result(`${value}-b`, 'p1-b')))]
    expect(plain(a)).toBe(plain(b))
    expect(statusOf(a)).toEqual([200, 'ok'])
  }
  const engine = await held.server.token('h1-engine')
  const untouched = await held.server.call('GET', '/fhir/Observation/h1-a', { token: engine })
  expect([untouched.json.meta.versionId, untouched.json.subject.reference]).toEqual(['1', 'Patient/p2-a'])
})

test('by address: a hidden resource is as an absent one', async () => {
  for (const [hidden, absent] of [
    ['h1-a', 'h9-a'],
    ['h2-a', 'h8-a'],
  ] as const) {
    const ask = (id: string) => send(message({ fullUrl: own(`Observation/${id}`), ...result(`x-${id}`, 'p1-a', { id }) }))
    const [stored, missing] = [await ask(hidden), await ask(absent)]
    expect(plain(stored, hidden)).toBe(plain(missing, absent))
    expect([...statusOf(stored), ...codesIn(stored)]).toEqual([404, 'fatal-error', 'not-found'])
  }
})

test('by reference: a person whom the sender does not treat is as one who is nowhere', async () => {
  const engine = await held.server.token('h1-engine')
  const stranger = { resourceType: 'Patient', id: 'far-1', meta: custody('H3'), name: [{ text: '远' }] }
  expect((await held.server.call('PUT', '/fhir/Patient/far-1', { token: held.loader, body: stranger })).status).toBe(201)
  const [stored, missing] = [await send(message(result('y-1', 'far-1')), engine), await send(message(result('y-2', 'far-9')), engine)]
  expect(plain(stored, 'far-1')).toBe(plain(missing, 'far-9'))
  expect([...statusOf(stored), ...codesIn(stored)]).toEqual([403, 'fatal-error', 'not-permitted'])
})

test('scopes: without the right to create, update or look up nothing is looked for', async () => {
  const ask = async (scope: string, body = message(result('n1-a', 'p1-a'))): Promise<unknown[]> => {
    const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
    const answer = await send(body, token)
    return [...statusOf(answer), ...codesIn(answer)]
  }
  for (const scope of ['user/Observation.rs', 'user/Observation.crs', 'user/Observation.rus', 'user/Observation.cu', 'user/Patient.rs'])
    expect([scope, ...(await ask(scope))]).toEqual([scope, 403, 'fatal-error', 'forbidden'])
})

test('a masked form sends nothing', async () => {
  const answer = await send(message(result('n1-a', 'p1-a')), held.researcher)
  expect([answer.status, codeOf(answer)]).toEqual([403, 'not-permitted'])
})

test("another sender's message of the same id is its own", async () => {
  const body = message(result('same-1', 'p1-a'))
  const other = { ...body, entry: [(body as { entry: object[] }).entry[0], result('same-2', 'p1-a')] }
  const engine = await held.server.token('h1-engine')
  expect(statusOf(await send(body))).toEqual([200, 'ok'])
  const answer = await send(other, engine)
  expect(plain(answer)).not.toContain('message-reused')
})

test('what it wrote stands in the account of the person', async () => {
  const token = await held.server.token('patient-app', { patient: 'p1-b' })
  const account = async (subtype: string): Promise<number> =>
    (await held.server.call('GET', `/fhir/AuditEvent?subtype=${subtype}&_summary=count`, { token })).json.total
  const before = await account('create')
  expect(statusOf(await send(message(result('told-1', 'p1-b'))))).toEqual([200, 'ok'])
  expect(await account('create')).toBe(before + 1)
  expect(idsIn(await held.server.call('GET', '/fhir/Observation?identifier=urn:lab|told-1', { token: held.doctor }))).toHaveLength(1)
})
