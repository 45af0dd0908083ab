/** What operations that read tell of hidden resources, and who may ask them (L46). */
import { describe, expect, test } from '@jest/globals'
import { custody, idsIn, observation, putAll } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting, type World, WORLDS } from './worlds.ts'

/** `hour` of one day; the hidden ones are later than all others, of the same codes and of another one that would join them. */
const measured = (id: string, person: string, code: string, hour: number, more: object = {}) =>
  observation(id, person, code, {
    effectiveDateTime: `2024-05-01T${String(hour).padStart(2, '0')}:00:00Z`,
    valueQuantity: { value: hour, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    ...more,
  })
const sensitive = { meta: custody('H1', 'HIV') }

const held = setting(
  (w) => [...[1, 2, 3].map((hour) => measured(`o${hour}-${w}`, `p1-${w}`, 'glucose', hour)), measured(`o4-${w}`, `p1-${w}`, 'other', 4)],
  (w) => [
    ...[10, 11, 12].map((hour) => measured(`h${hour}-${w}`, `p1-${w}`, 'glucose', hour, sensitive)),
    measured(`h13-${w}`, `p1-${w}`, 'only-hidden', 13, sensitive),
    measured(`h14-${w}`, `p1-${w}`, 'joined', 0, {
      ...sensitive,
      code: { coding: ['glucose', 'other'].map((code) => ({ system: 'urn:test', code })) },
    }),
    measured(`h15-${w}`, `p2-${w}`, 'glucose', 15),
  ],
)
const inWorld = (path: string) => (w: World) => `/fhir/${path.replaceAll('{w}', w)}`
const HIDDEN = /\bh1\d-a/

describe('$lastn', () => {
  test.each<[string, string[]]>([
    ['patient=p1-{w}&code=glucose', ['o3-a']],
    ['patient=p1-{w}&code=glucose,other', ['o4-a', 'o3-a']],
    ['patient=p1-{w}&code=glucose&max=3', ['o3-a', 'o2-a', 'o1-a']],
    ['patient=p1-{w}&code=glucose,other&max=9&_count=2', ['o4-a', 'o3-a']],
    ['patient=p1-{w}&code=only-hidden', []],
    ['patient=p2-{w}&code=glucose', []],
    ['patient=p9-{w}&code=glucose', []],
    ['subject=Patient/p1-{w}&code=glucose&_include=Observation:subject&_security=HIV', []],
    ['subject:Patient._id=p2-{w}&code=glucose&_summary=count', []],
  ])('%s', async (query, expected) => {
    const answer = await sameInBoth(held, inWorld(`Observation/$lastn?${query}`))
    expect([answer.status, idsIn(answer, 'match')]).toEqual([200, expected.map((id) => `Observation/${id}`)])
    expect(answer.text).not.toMatch(HIDDEN)
  })
})

describe('$stats', () => {
  const statistic = 'statistic=count,total-count,sum,maximum&system=urn:test'
  test.each<[string, number, number[]]>([
    ['subject=Patient/p1-{w}&code=glucose', 1, [3, 3, 6, 3]],
    ['subject=Patient/p1-{w}&code=glucose&include=true', 4, [3, 3, 6, 3]],
    ['subject=Patient/p1-{w}&code=glucose,only-hidden', 2, [3, 3, 6, 3]],
    ['subject=Patient/p1-{w}&code=only-hidden', 1, [0, 0]],
    ['subject=Patient/p2-{w}&code=glucose', 1, [0, 0]],
    ['subject=Patient/p9-{w}&code=glucose', 1, [0, 0]],
  ])('%s', async (query, parameters, values) => {
    const answer = await sameInBoth(held, inWorld(`Observation/$stats?${query}&${statistic}`))
    const [first] = answer.json.parameter
    const found = first.resource.component.flatMap((one: { valueQuantity?: { value: number } }) => one.valueQuantity?.value ?? [])
    expect([answer.status, answer.json.parameter.length, found]).toEqual([200, parameters, values])
    expect(answer.text).not.toMatch(HIDDEN)
  })

  test('a hidden member of a panel is as one that is not there', async () => {
    const own = { meta: custody('H2') }
    const hasMember = (w: World) => [`own-${w}`, `h15-${w}`].map((id) => ({ reference: `Observation/${id}` }))
    const panels = WORLDS.flatMap((w) => [
      measured(`own-${w}`, `p2-${w}`, 'glucose', 1, own),
      observation(`panel-${w}`, `p2-${w}`, 'panel', { ...own, hasMember: hasMember(w) }),
    ])
    await putAll(held.server, held.loader, panels)
    const answer = await sameInBoth(held, inWorld(`Observation/$stats?subject=Patient/p2-{w}&code=panel&${statistic}`))
    const sums = answer.json.parameter.map(
      ({ resource }: { resource: { component: { valueQuantity: { value: number } }[] } }) => resource.component[2]?.valueQuantity.value,
    )
    expect(sums).toEqual([1])
  })
})

const ASKED = [
  'Observation/$lastn?patient=p1-a&code=glucose',
  'Observation/$stats?subject=Patient/p1-a&coding=urn:test|glucose&statistic=count',
]

describe('who may ask', () => {
  test.each(ASKED)('%s: not a masked form, in which nobody is named', async (path) => {
    const answer = await held.server.call('GET', `/fhir/${path}`, { token: held.researcher })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test.each(ASKED)('%s: only with the scope to search', async (path) => {
    const token = await held.server.token('h2-engine', { scope: 'system/Observation.r' })
    const answer = await held.server.call('GET', `/fhir/${path}`, { token })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'forbidden'])
  })
})

test.each([
  ['lastn', 'Observation/$lastn?patient=p1-b&code=glucose&_summary=count'],
  ['stats', 'Observation/$stats?subject=Patient/p1-b&coding=urn:test|glucose&statistic=count'],
])('each use of %s stands in the account of the patient', async (name, path) => {
  const token = await held.server.token('patient-app', { patient: 'p1-b' })
  const about = async (): Promise<number> =>
    (await held.server.call('GET', `/fhir/AuditEvent?subtype=${name}&_count=200`, { token })).json.entry?.length ?? 0
  const before = await about()
  await held.server.call('GET', `/fhir/${path}`, { token: held.doctor })
  expect(await about()).toBe(before + 1)
})
