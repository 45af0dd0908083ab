/** What operations that read tell of hidden resources, and who may ask them (L46). */
import { describe, expect, test } from '@jest/globals'
import { BROAD, custody, give, idsIn, observation, putAll, relabelled } from '../consent/resources.ts'
import { asAbsent, codeOf, sameInBoth, setting, type World, WORLDS } from './worlds.ts'

/** `hour` of one day; the hidden ones are later than all others, of the same codes and of another one that would join them. */
const measured = (id: string, person: string, code: string, hour: number, more: object = {}) =>
  observation(id, person, code, {
    effectiveDateTime: `2024-05-01T${String(hour).padStart(2, '0')}:00:00Z`,
    valueQuantity: { value: hour, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    ...more,
  })
const sensitive = { meta: custody('H1', 'HIV') }

const composition = (id: string, person: string, hospital: string, observations: string[]) => ({
  resourceType: 'Composition',
  id,
  meta: custody(hospital),
  status: 'final',
  type: { text: 'x' },
  date: '2024-05-01',
  title: 'x',
  subject: { reference: `Patient/${person}` },
  author: [{ reference: 'Practitioner/doc-2' }],
  section: [{ title: 'x', entry: observations.map((name) => ({ reference: `Observation/${name}` })) }],
})

const held = setting(
  (w) => [
    ...[1, 2, 3].map((hour) => measured(`o${hour}-${w}`, `p1-${w}`, 'glucose', hour)),
    measured(`o4-${w}`, `p1-${w}`, 'other', 4),
    composition(`letter-${w}`, `p2-${w}`, 'H2', [`own-${w}`, `h15-${w}`, `h17-${w}`, `nowhere-${w}`]),
    measured(`own-${w}`, `p2-${w}`, 'glucose', 1, { meta: custody('H2') }),
  ],
  (w) => [
    ...[10, 11, 12].map((hour) => measured(`h${hour}-${w}`, `p1-${w}`, 'glucose', hour, sensitive)),
    measured(`h13-${w}`, `p1-${w}`, 'only-hidden', 13, sensitive),
    measured(`h14-${w}`, `p1-${w}`, 'joined', 0, {
      ...sensitive,
      code: { coding: ['glucose', 'other'].map((code) => ({ system: 'urn:test', code })) },
    }),
    measured(`h15-${w}`, `p2-${w}`, 'glucose', 15),
    // Stands in a document of another hospital, and refers to what would be visible.
    measured(`h17-${w}`, `p2-${w}`, 'glucose', 17, { hasMember: [{ reference: `Observation/o1-${w}` }] }),
    composition(`hidden-${w}`, `p2-${w}`, 'H1', [`own-${w}`]),
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
    ['patient=p2-{w}&code=glucose', ['own-a']],
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
    ['subject=Patient/p2-{w}&code=glucose', 1, [1, 1, 1, 1]],
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
    const panels = WORLDS.map((w) => observation(`panel-${w}`, `p2-${w}`, 'panel', { ...own, hasMember: hasMember(w) }))
    await putAll(held.server, held.loader, panels)
    const answer = await sameInBoth(held, inWorld(`Observation/$stats?subject=Patient/p2-{w}&code=panel&${statistic}`))
    const sums = answer.json.parameter.map(
      ({ resource }: { resource: { component: { valueQuantity: { value: number } }[] } }) => resource.component[2]?.valueQuantity.value,
    )
    expect(sums).toEqual([1])
  })
})

describe('$document', () => {
  const post = (persist: boolean) => () => ({
    method: 'POST',
    body: { resourceType: 'Parameters', parameter: [{ name: 'persist', valueBoolean: persist }] },
  })

  test('references to what is hidden lead nowhere', async () => {
    const answer = await sameInBoth(held, inWorld('Composition/letter-{w}/$document'))
    expect(idsIn(answer).sort()).toEqual(['Composition/letter-a', 'Observation/own-a', 'Practitioner/doc-2'])
  })

  test('a hidden composition is as one that is absent', async () => {
    const names = { hidden: 'hidden-a', absent: 'hidden-z' }
    expect((await asAbsent(held, (name) => `/fhir/Composition/${name}/$document`, names)).status).toBe(404)
    expect((await asAbsent(held, (name) => `/fhir/Composition/$document?id=${name}`, names)).status).toBe(404)
  })

  test('persist: without the right to create there is none, whatever is there', async () => {
    const names = { hidden: 'hidden-a', absent: 'hidden-z' }
    const token = await held.server.token('patient-app', { patient: 'p2-a' })
    for (const name of ['letter-a', ...Object.values(names)]) {
      const path = `/fhir/Composition/${name}/$document`
      const answer = await held.server.call('POST', path, { token, body: post(true)().body })
      expect([answer.status, ['forbidden', 'not-permitted']]).toEqual([403, expect.arrayContaining([codeOf(answer)])])
    }
    const answer = await sameInBoth(held, inWorld('Composition/letter-{w}/$document'), post(false))
    expect(answer.status).toBe(200)
  })

  test('persist: the copy is as closed as what is in it', async () => {
    const answer = await held.server.call('POST', '/fhir/Composition/letter-a/$document', { token: held.doctor, body: post(true)().body })
    const path = `/fhir/Bundle/${answer.json.id}`
    expect([answer.status, answer.headers.get('location')]).toEqual([200, `${held.server.url}${path}/_history/1`])
    const status = async (token: string) => (await held.server.call('GET', path, { token })).status
    const foreign = await held.server.token('h3-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-3' })
    expect([await status(held.doctor), await status(foreign), await status(held.researcher)]).toEqual([200, 404, 404])
    expect(await status(await held.server.token('patient-app', { patient: 'p2-a' }))).toBe(200)
  })

  test('each step needs the scope of its type; a masked form has no documents', async () => {
    const token = await held.server.token('h2-ward', {
      purpose_of_use: 'TREAT',
      user: 'Practitioner/doc-2',
      scope: 'system/Composition.rs system/Observation.rs',
    })
    const answer = await held.server.call('GET', '/fhir/Composition/letter-a/$document', { token })
    expect(idsIn(answer).sort()).toEqual(['Composition/letter-a', 'Observation/own-a'])
    for (const name of ['letter-a', 'nowhere']) {
      const masked = await held.server.call('GET', `/fhir/Composition/${name}/$document`, { token: held.researcher })
      expect([masked.status, codeOf(masked)]).toEqual([403, 'not-permitted'])
    }
  })
})

describe('$diff', () => {
  const names = { hidden: 'h10-a', absent: 'h10-z' }
  test.each([
    'Observation/{name}/$diff',
    'Observation/{name}/$diff?fromVersion=1',
    '$diff?from=Observation/{name}&to=Observation/o1-a',
    '$diff?from=Observation/o1-a&to=Observation/{name}',
    '$diff?from=Observation/{name}/_history/1&to=Observation/{name}',
  ])('%s of a hidden one answers as of an absent one', async (path) => {
    expect((await asAbsent(held, (name) => `/fhir/${path.replaceAll('{name}', name)}`, names)).status).toBe(404)
  })

  test('a hidden version is none: the one before it is compared', async () => {
    const versions = (w: World) => [
      measured(`v-${w}`, `p1-${w}`, 'v', 1),
      // About another person for a time, who does not share.
      ...(w === 'a' ? [measured('v-a', 'p2-a', 'v', 2)] : []),
      measured(`v-${w}`, `p1-${w}`, 'v', 3),
    ]
    for (const w of WORLDS) for (const one of versions(w)) await putAll(held.server, held.loader, [one])
    await relabelled(held.server)
    const answer = await sameInBoth(held, inWorld('Observation/v-{w}/$diff'))
    const values = answer.text.match(/"valueDecimal":\d+/g)
    expect([answer.status, values]).toEqual([200, ['"valueDecimal":1', '"valueDecimal":3']])
    const version = await held.server.call('GET', '/fhir/Observation/v-a/$diff?fromVersion=2', { token: held.doctor })
    expect([version.status, codeOf(version)]).toEqual([404, 'not-found'])
  })

  test('in a masked form no more is different than is shown', async () => {
    await give(held.server, 'p1-b', BROAD)
    await putAll(held.server, held.loader, [measured('o1-b', 'p1-b', 'glucose', 1, { note: [{ text: '李四' }], method: { text: '王五' } })])
    await relabelled(held.server)
    const { status, text } = await held.server.call('GET', '/fhir/Observation/o1-b/$diff', { token: held.researcher })
    expect([status, text]).toEqual([200, '{"resourceType":"Parameters"}'])
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
  ['diff', 'Observation/o2-b/$diff'],
  ['document', 'Composition/letter-b/$document', 'p2-b'],
  ['stats', 'Observation/$stats?subject=Patient/p1-b&coding=urn:test|glucose&statistic=count'],
])('each use of %s stands in the account of the patient', async (name, path, patient = 'p1-b') => {
  const token = await held.server.token('patient-app', { patient })
  const about = async (): Promise<number> =>
    (await held.server.call('GET', `/fhir/AuditEvent?subtype=${name}&_count=200`, { token })).json.entry?.length ?? 0
  const before = await about()
  await held.server.call('GET', `/fhir/${path}`, { token: held.doctor })
  expect(await about()).toBe(before + 1)
})
