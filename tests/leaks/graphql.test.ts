/** What $graphql tells of hidden resources, and by which scopes, masks and parameters it reads (L47). */
import { describe, expect, test } from '@jest/globals'
import { BROAD, condition, custody, encounter, give, observation, patient, putAll, relabelled } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { asAbsent, codeOf, neutral, setting, type World, WORLDS } from './worlds.ts'

const sensitive = { meta: custody('H1', 'HIV') }
const held = setting(
  (w) => [
    encounter(`shared-${w}`, `p1-${w}`, 'H1', 'Practitioner/doc-1'),
    ...[1, 2, 3].map((n) =>
      observation(`o${n}-${w}`, `p1-${w}`, `lab-${w}`, { note: [{ text: '李四' }], encounter: { reference: `Encounter/shared-${w}` } }),
    ),
    observation(`own-${w}`, `p2-${w}`, `lab-${w}`, {
      meta: custody('H2'),
      hasMember: [`h9-${w}`, `o1-${w}`].map((id) => ({ reference: `Observation/${id}` })),
    }),
  ],
  (w) => [
    ...[0, 1, 2].map((n) =>
      observation(`h${n}-${w}`, `p1-${w}`, `lab-${w}`, { ...sensitive, encounter: { reference: `Encounter/shared-${w}` } }),
    ),
    observation(`h9-${w}`, `p2-${w}`, `lab-${w}`),
    condition(`hc-${w}`, `p1-${w}`, `lab-${w}`, sensitive),
  ],
)

const ask = (query: string, token = held.doctor, path = '$graphql'): Promise<Answer> =>
  held.server.call('POST', `/fhir/${path}`, { token, body: { query }, headers: { 'Content-Type': 'application/json' } })

/** Names of the worlds stand in the query, so they are no part of what is compared. */
async function same(query: string): Promise<Answer> {
  const inWorld = (w: World) => ask(query.replaceAll('{w}', w))
  const [a, b] = [await inWorld('a'), await inWorld('b')]
  // A cursor is sealed, and other than every other one.
  const plain = (answer: Answer) => neutral(answer).replace(/"next":"[^"]+"/g, '"next":"[cursor]"')
  expect(plain(a)).toBe(plain(b))
  return a
}

describe('the same in both worlds', () => {
  test.each([
    '{ ObservationList(code: "lab-{w}") { id status } }',
    '{ ObservationList(code: "lab-{w}", _count: 2, _sort: "_id") { id } }',
    '{ ObservationList(code: "lab-{w}", _offset: 1) { id } }',
    '{ ObservationConnection(code: "lab-{w}") { count edges { resource { id } } next } }',
    '{ ObservationConnection(code: "lab-{w}", patient: "p1-{w}", _count: 1) { count edges { resource { id } } next } }',
    '{ ConditionList(patient: "p1-{w}") { id } }',
    '{ Encounter(id: "shared-{w}") { ObservationList(_reference: encounter) { id } ObservationConnection(_reference: encounter) { count } } }',
    '{ Observation(id: "own-{w}") { hasMember { reference resource(optional: true) { id } } } }',
    '{ Observation(id: "own-{w}") { hasMember { reference resource { id } } } }',
    '{ Observation(id: "h9-{w}") { id } }',
    '{ Condition(id: "hc-{w}") { id } o: Observation(id: "o1-{w}") { id } }',
    '{ ObservationList(_security: "HIV", patient: "p1-{w}") { id } }',
    '{ ObservationList(_id: ["h0-{w},o1-{w}"]) { id } }',
  ])('%s', async (query) => {
    const answer = await same(query)
    expect([answer.status, /"(?:h\d|hc)-a"/.test(answer.text)]).toEqual([200, false])
  })

  test('and what is visible is there', async () => {
    const list = await same(
      '{ ObservationList(code: "lab-{w}", patient: "p1-{w}") { id } own: Observation(id: "own-{w}") { hasMember { resource(optional: true) { id } } } }',
    )
    expect(list.json.data.ObservationList).toHaveLength(3)
    expect(list.json.data.own.hasMember).toEqual([{ resource: null }, { resource: { id: 'o1-a' } }])
  })
})

test('a hidden resource at its own address is as an absent one', async () => {
  const call = { method: 'POST', body: { query: '{ id }' }, headers: { 'Content-Type': 'application/json' } }
  const answer = await asAbsent(held, (name) => `/fhir/Observation/${name}/$graphql`, { hidden: 'h0-a', absent: 'h0-z' }, call)
  expect([answer.status, codeOf(answer)]).toEqual([404, 'not-found'])
})

describe('scopes', () => {
  const withScope = (scope: string) => held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
  const codes = ({ json }: Answer): string[] =>
    (json.errors ?? []).map(({ extensions }: { extensions: { code: string } }) => extensions.code)

  test('each read and each search needs its own', async () => {
    const [toRead, toSearch] = [await withScope('system/Observation.r'), await withScope('system/Observation.s')]
    const query =
      '{ Observation(id: "o1-a") { id } ObservationList(code: "lab-a") { id } EncounterList { id } Encounter(id: "shared-a") { id } }'
    const read = await ask(query, toRead)
    expect([read.json.data, codes(read)]).toEqual([
      { Observation: { id: 'o1-a' }, ObservationList: null, EncounterList: null, Encounter: null },
      ['forbidden', 'forbidden', 'forbidden'],
    ])
    const search = await ask(query, toSearch)
    expect([search.json.data.Observation, search.json.data.ObservationList.length]).toEqual([null, 4])
    expect((await ask('{ id }', toSearch, 'Observation/o1-a/$graphql')).status).toBe(403)
    expect((await held.server.call('POST', '/fhir/$graphql', { body: { query } })).status).toBe(401)
  })

  test('a reference to a type that may not be read leads nowhere, whether it is there or not', async () => {
    const token = await withScope('system/Observation.rs')
    const performer = ['doc-1', 'nowhere'].map((id) => ({ reference: `Practitioner/${id}` }))
    await putAll(held.server, held.loader, [observation('leads-a', 'p1-a', 'x', { performer })])
    const lead = (optional: boolean) =>
      ask(`{ Observation(id: "leads-a") { performer { resource(optional: ${optional}) { id } } } }`, token)
    for (const optional of [true, false]) {
      const { json } = await lead(optional)
      expect(json.data.Observation.performer).toEqual([{ resource: null }, { resource: null }])
      const [there, absent] = (json.errors ?? []).map(({ path: _, ...rest }: { path: unknown }) => rest)
      expect(there).toEqual(absent)
      expect(codes({ json } as Answer)).toEqual(optional ? [] : ['reference-unresolved', 'reference-unresolved'])
    }
  })
})

test('in a masked form there is nothing but the masked text, and no way by what it hides', async () => {
  for (const w of WORLDS) await give(held.server, `p1-${w}`, BROAD)
  await relabelled(held.server)
  const query =
    '{ ObservationList(_id: "o1-a") { id } x: ObservationList(code: "lab-a") { id subject { reference resource(optional: true) { id } } note { text } hasMember { reference resource(optional: true) { id } } } }'
  const { json, text } = await ask(query, held.researcher)
  expect(json.errors.map(({ path, extensions }: { path: string[]; extensions: { code: string } }) => [path[0], extensions.code])).toEqual([
    ['ObservationList', 'parameter-forbidden'],
  ])
  expect(json.data.x).toHaveLength(3)
  expect(json.data.x[0]).toMatchObject({ note: null, subject: { resource: null } })
  expect(text).not.toMatch(/p1-a|李四|"o1-a"/)
  const reverse = await ask('{ ObservationList(code: "lab-a") { ObservationList(_reference: has_member) { id } } }', held.researcher)
  expect(reverse.json.errors[0].extensions.code).toBe('parameter-forbidden')
})

test('a masked form is in the order of ids: that of times would tell whose dates are shifted by how much', async () => {
  const persons = [1, 2, 3, 4, 5, 6].map((n) => `shifted-${n}`)
  const measured = persons.map((id, n) => observation(`in-turn-${n}`, id, 'in-turn', { effectiveDateTime: `2024-05-0${n + 1}` }))
  await putAll(held.server, held.loader, [...persons.map((id) => patient(id)), ...measured])
  for (const person of persons) await give(held.server, person, BROAD)
  await relabelled(held.server)
  const rest = await held.server.call('GET', '/fhir/Observation?code=in-turn', { token: held.researcher })
  const ids = rest.json.entry.map(({ resource }: { resource: { id: string } }) => resource.id)
  expect(ids).toHaveLength(persons.length)
  const { json } = await ask(
    '{ all: ObservationList(code: "in-turn") { id } some: ObservationConnection(code: "in-turn", _offset: 1, _count: 2) { edges { resource { id } } } }',
    held.researcher,
  )
  expect(json.data.all.map(({ id }: { id: string }) => id)).toEqual(ids)
  expect(json.data.some.edges.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual(ids.slice(1, 3))
})

test('what was reached stands in the account of the patient, and nothing of the query', async () => {
  const token = await held.server.token('patient-app', { patient: 'p1-b' })
  const account = async (name: string): Promise<Answer> => held.server.call('GET', `/fhir/AuditEvent?subtype=${name}&_count=200`, { token })
  /** entries in which the resource is named */
  const about = async (interaction: string, name: string): Promise<number> =>
    ((await account(interaction)).json.entry ?? []).filter((entry: object) => JSON.stringify(entry).includes(`"${name}"`)).length
  const both = () => Promise.all([about('graphql', 'Encounter/shared-b'), about('search-type', 'Observation/o2-b')])
  const before = await both()
  await ask('{ secretAlias: Observation(id: "o1-b") { encounter { resource { id } } } ObservationList(patient: "p1-b") { id } }')
  expect(await both()).toEqual(before.map((n) => n + 1))
  const { text } = await account('graphql')
  expect(text).not.toContain('secretAlias')
})
