/** Leak catalogue L24, by `patient` (Bulk Data Access 2.0): an export of named patients holds what searches by them find, and tells of no others. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { linesOf } from '../consent/export.ts'
import { condition, custody, idsIn, observation, putAll, relabelled } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { neutral, setting, type World } from './worlds.ts'

const held = setting(
  (w) => [observation(`o1-${w}`, `p1-${w}`, 'lab'), observation(`o2-${w}`, `p1-${w}`, 'lab'), condition(`c1-${w}`, `p1-${w}`, 'x')],
  (w) => [observation(`h1-${w}`, `p2-${w}`, 'lab'), condition(`hiv-${w}`, `p1-${w}`, 'x', { meta: custody('H1', 'HIV') })],
)
let ward: string
beforeAll(async () => {
  const group = (id: string, ...members: string[]) => ({
    resourceType: 'Group',
    id,
    meta: custody('H2'),
    type: 'person',
    actual: true,
    member: members.map((one) => ({ entity: { reference: `Patient/${one}` } })),
  })
  await putAll(held.server, held.loader, [group('both', 'p1-a', 'p2-a'), group('one', 'p1-a')])
  await relabelled(held.server)
  ward = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope: 'system/*.rs' })
})

const ASYNC = { Prefer: 'respond-async' }
const named = (...ids: string[]): object => ({
  resourceType: 'Parameters',
  parameter: ids.map((id) => ({ name: 'patient', valueReference: { reference: `Patient/${id}` } })),
})
const start = (path: string, body?: object, token = ward, headers: Record<string, string> = ASYNC): Promise<Answer> =>
  held.server.call(body ? 'POST' : 'GET', `/fhir/${path}`, { token, headers, ...(body && { body }) })

async function idsOf(kickOff: Answer): Promise<string[]> {
  expect(kickOff.status).toBe(202)
  const status = kickOff.headers.get('content-location')?.slice(held.server.url.length) ?? ''
  for (;;) {
    const answer = await held.server.call('GET', status, { token: ward })
    if (answer.status === 200) {
      const files = answer.json.output.map(({ url }: { url: string }) => url.slice(held.server.url.length))
      const lines = (await linesOf(held.server, ward, { status, files })).map((line) => JSON.parse(line))
      return lines.map(({ resourceType, id }) => `${resourceType}/${id}`).sort()
    }
    expect(answer.status).toBe(202)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const TYPES = 'Condition,Observation,Patient'
const OF_P1 = (w: World): string[] => [`Condition/c1-${w}`, `Observation/o1-${w}`, `Observation/o2-${w}`, `Patient/p1-${w}`]

describe('what is exported', () => {
  test.each<[string, string, object | undefined]>([
    ['by POST', `Patient/$export?_type=${TYPES}`, named('p1-a')],
    ['by GET', `Patient/$export?_type=${TYPES}&patient=Patient/p1-a`, undefined],
    ['named twice', `Patient/$export?_type=${TYPES}&patient=Patient/p1-a`, named('p1-a')],
    ['of a Group', `Group/both/$export?_type=${TYPES}`, named('p1-a')],
  ])('%s: as searches by the patient', async (_way, path, body) => {
    expect(await idsOf(await start(path, body))).toEqual(OF_P1('a'))
    for (const type of ['Observation', 'Condition']) {
      const search = await held.server.call('GET', `/fhir/${type}?patient=p1-a`, { token: ward })
      expect(idsIn(search, 'match').sort()).toEqual(OF_P1('a').filter((name) => name.startsWith(type)))
    }
  })

  test('of several, and with a query', async () => {
    expect(await idsOf(await start(`Patient/$export?_type=${TYPES}`, named('p1-a', 'p1-b')))).toEqual([...OF_P1('a'), ...OF_P1('b')].sort())
    const query = encodeURIComponent('Observation?_id=o2-a,o2-b')
    expect(await idsOf(await start(`Patient/$export?_type=Observation&_typeFilter=${query}`, named('p1-a')))).toEqual(['Observation/o2-a'])
  })
})

describe('who is hidden is as one who is not there', () => {
  test.each<[string, (id: string) => [string, object]]>([
    ['of the type', (id) => ['Patient/$export', named(id)]],
    ['beside another', (id) => ['Patient/$export', named('p1-a', id)]],
    ['a member', (id) => ['Group/both/$export', named(id)]],
  ])('%s', async (_name, call) => {
    const [hidden, absent] = [await start(...call('p2-a')), await start(...call('p9-a'))]
    expect([hidden.status, neutral(hidden)]).toEqual([404, neutral(absent)])
  })

  test('who is no member of the Group, too', async () => {
    const [other, absent] = [await start('Group/one/$export', named('p1-b')), await start('Group/one/$export', named('p9-b'))]
    expect([other.status, neutral(other)]).toEqual([404, neutral(absent)])
  })
})

test.each<[string, string, object, number, string]>([
  ['of the system', '$export', named('p1-a'), 400, 'parameter-unknown'],
  ['another type', 'Patient/$export?patient=Observation/o1-a', named(), 400, 'parameter-invalid'],
  ['an id alone', 'Patient/$export?patient=p1-a', named(), 400, 'parameter-invalid'],
  ['another server', 'Patient/$export?patient=http://other.example/fhir/Patient/p1-a', named(), 400, 'parameter-invalid'],
  ['a version', 'Patient/$export?patient=Patient/p1-a/_history/1', named(), 400, 'parameter-invalid'],
  ['nothing', 'Patient/$export?patient=', named(), 400, 'parameter-invalid'],
])('refused: %s', async (_name, path, body, status, code) => {
  const answer = await start(path, body)
  expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([status, code])
})

test('left out of an export of the system under lenient handling', async () => {
  const kickOff = await start('$export?_type=Patient', named('p1-a'), ward, { Prefer: 'respond-async, handling=lenient' })
  expect(await idsOf(kickOff)).toEqual(expect.arrayContaining(['Patient/p1-a', 'Patient/p1-b']))
})

test('a masked form names nobody', async () => {
  for (const id of ['p1-a', 'p9-a']) {
    const answer = await start('Patient/$export', named(id), held.researcher)
    expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([403, 'forbidden'])
  }
})

test('that one was asked for is in his account', async () => {
  const own = await held.server.token('patient-app', { patient: 'p1-b' })
  const account = async (): Promise<number> =>
    (await held.server.call('GET', '/fhir/AuditEvent?subtype=export&entity=Patient/p1-b&_summary=count', { token: own })).json.total
  const before = await account()
  await idsOf(await start('Patient/$export?_type=Condition', named('p1-b')))
  expect(await account()).toBeGreaterThan(before)
})
