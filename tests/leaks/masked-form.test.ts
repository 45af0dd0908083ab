/** What the pseudonymised form hides is not found by either, and the time at which a record came is not told (L20, L21, L49). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { custody, encounter, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './worlds.ts'

const LOCAL = 'https://fhir-cn.example/sid/H1/lab-item'
const codings = [
  { system: 'http://loinc.org', code: '718-7', display: '张三的血红蛋白' },
  { system: LOCAL, code: 'L77', display: '本院编码' },
]
let server: TestServer
let authority: string
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    { ...practitioner('doctor-m'), gender: 'female' },
    patient('person-m', { meta: custody('H1') }),
    // The hospital's number is the public code too: that one is shown.
    observation('both', 'person-m', 'x', {
      code: { coding: [codings[1], { system: 'urn:public', code: 'L77' }].map((one) => ({ ...one, code: 'L79' })) },
    }),
    observation('coded', 'person-m', 'x', { code: { coding: codings, text: '李四的检查' }, valueCodeableConcept: { text: '王五' } }),
    observation('other', 'person-m', 'x', { code: { coding: [codings[0], { system: LOCAL, code: 'L78' }] } }),
  ])
  authority = await server.token('ha', { purpose_of_use: 'PUBHLTH', data_form: 'PSEUD' })
  engine = await server.token('h1-engine')
})
afterAll(() => server.stop())

const get = (path: string, token = authority, headers = {}): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token, headers })

describe('a search', () => {
  test.each([
    'Observation?code:text=李四',
    'Observation?code:text=无人',
    'Observation?value-concept:text=王五',
    'Observation?category:text=x',
    'Observation?code:code-text=L7',
    'Observation?status:code-text=f',
    'Observation?_sort=code',
    'Observation?_sort=-code',
    'Practitioner?gender=female',
    'Group?code=x',
    'Group?type=person',
    'Group?characteristic=x',
  ])('by %s is refused', async (query) => {
    const answer = await get(encodeURI(query))
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test.each([`code=${LOCAL}|L77`, `code=${LOCAL}|`, 'code=L77', `code=718-7&code=L77`, `code=nothing,L77`])(
    'by %s, a code of the hospital, finds nothing for who does not see it',
    async (query) => {
      const [masked, seen] = [await get(`Observation?${query}`), await get(`Observation?${query}`, engine)]
      expect([masked.status, masked.json.total]).toEqual([200, 0])
      expect(seen.json.total).toBe(query.endsWith('|') ? 3 : 1)
    },
  )

  test('by a public code finds as ever, and what is not such a code is all', async () => {
    const total = async (query: string, token = authority) => (await get(`Observation?${query}`, token)).json.total
    for (const query of ['code=718-7', 'code=http://loinc.org|718-7']) expect([query, await total(query)]).toEqual([query, 2])
    for (const query of ['code:not=L77', `code:not=${LOCAL}|L77`]) expect([query, await total(query)]).toEqual([query, 3])
    expect([await total('code=L79'), await total('code=L79', engine), await total('code:not=L77', engine)]).toEqual([1, 1, 2])
    expect((await get('Observation?code:text=%E6%9D%8E%E5%9B%9B', engine)).json.total).toBe(1)
  })
})

describe('what leads from an element that the form leaves out', () => {
  beforeAll(async () => {
    await putAll(server, await server.token('loader'), [
      { resourceType: 'Organization', id: 'ward-m', name: '病区' },
      { resourceType: 'PractitionerRole', id: 'role-m', practitioner: { reference: 'Practitioner/doctor-m' } },
      { ...encounter('visit-m', 'person-m', 'H1', 'Practitioner/doctor-m'), serviceProvider: { reference: 'Organization/ward-m' } },
      observation('led', 'person-m', 'led', {
        performer: [{ reference: 'Practitioner/doctor-m' }],
        encounter: { reference: 'Encounter/visit-m' },
      }),
    ])
  })

  const found = (answer: Answer): string[] =>
    (answer.json.entry ?? []).map(({ resource, search }: { resource: { resourceType: string }; search: { mode: string } }) =>
      [search.mode, resource.resourceType].join(' '),
    )
  const included = async (query: string, token = authority) => [...new Set(found(await get(query, token)))].sort()

  test.each([
    'Observation?_include=Observation:performer',
    'Observation?_include=Observation:performer:Practitioner',
    'Observation?_include:iterate=Observation:performer',
    'Practitioner?_revinclude=Observation:performer',
    'Encounter?_include=Encounter:practitioner',
    'Practitioner?_revinclude=Encounter:participant',
    'Patient?_include=Patient:general-practitioner',
    'Patient?_revinclude=RelatedPerson:patient',
    'Patient?_revinclude:iterate=Group:member',
    '?_type=Observation,Condition&_include=Observation:performer',
  ])('%s is refused, as a search by it is', async (query) => {
    const answer = await get(query)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
    expect((await get(query, engine)).status).toBe(200)
  })

  test.each<[string, string[]]>([
    ['_include=*', []],
    ['_include=Observation:*', []],
    ['_include:iterate=*', ['include Organization']],
    ['_include=*&_include:iterate=*', ['include Organization']],
  ])('%s passes it over', async (query, more) => {
    const path = `Observation?code=led&${query}`
    const shown = ['match Observation', 'include Encounter', 'include Patient', ...more]
    expect(await included(path)).toEqual(shown.sort())
    expect(await included(path, engine)).toEqual([...shown, 'include Practitioner'].sort())
  })

  test('_revinclude of all parameters passes it over too', async () => {
    expect(await included('Practitioner?_revinclude=PractitionerRole:*')).toEqual(['include PractitionerRole', 'match Practitioner'])
    expect(found(await get('Practitioner?_revinclude=Observation:*'))).toEqual([])
  })

  test('a chain does not go into what is contained, of which the form shows nothing', async () => {
    const visit = {
      resourceType: 'Encounter',
      id: 'e',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    }
    const loader = await server.token('loader')
    await putAll(server, loader, [observation('inside', 'person-m', 'inside', { contained: [visit], encounter: { reference: '#e' } })])
    const query = 'Observation?code=inside&encounter:Encounter.status=finished'
    expect(found(await get(query, engine))).toEqual(['match Observation'])
    expect(found(await get('Observation?code=inside'))).toEqual(['match Observation'])
    expect((await get(query)).json.entry).toBeUndefined()
  })

  test('$everything has beside the record what its form names', async () => {
    expect(await included('Patient/person-m/$everything')).toEqual(
      ['match Encounter', 'match Observation', 'match Patient', 'include Organization'].sort(),
    )
    expect(await included('Patient/person-m/$everything', engine)).toContain('include Practitioner')
  })
})

test('without _sort the order does not tell whose dates are shifted by how much', async () => {
  const persons = Array.from({ length: 6 }, (_, n) => `order-${n}`)
  const day = (n: number) => ({ effectiveDateTime: `2024-03-0${n + 1}` })
  // Of ids and dates one goes up where the other goes down.
  await putAll(server, await server.token('loader'), [
    ...persons.map((id) => patient(id, { meta: custody('H1') })),
    ...persons.map((id, n) => observation(`z-${n}`, id, 'ordered', day(n))),
  ])
  const ids = async (query: string, token: string) => {
    const { entry } = (await get(query, token)).json as { entry: { resource: { id: string; resourceType: string } }[] }
    return entry.flatMap(({ resource }) => (resource.resourceType === 'Observation' ? [resource.id] : []))
  }
  const newest = ['z-5', 'z-4', 'z-3', 'z-2', 'z-1', 'z-0']
  const masked = async (name: string) => (await get(`Observation/${name}`)).json.id
  const byId = await Promise.all([...newest].reverse().map(masked))
  expect(await ids('Observation?code=ordered', engine)).toEqual(newest)
  expect(await ids('Observation?code=ordered', authority)).toEqual(byId)
  const pages = await get('Observation?code=ordered&_count=4')
  const next = pages.json.link.find(({ relation }: { relation: string }) => relation === 'next').url.replace(`${server.url}/fhir/`, '')
  expect([...(await ids('Observation?code=ordered&_count=4', authority)), ...(await ids(next, authority))]).toEqual(byId)
})

describe('_since', () => {
  const PATHS = ['Observation/coded/_history', 'Patient/person-m/$everything', '$export', 'Patient/$export']
  // What is answered later is refused when it is fetched: respond-async.test.ts.
  const headersOf = (path: string): Record<string, string> => (path.includes('$export') ? { Prefer: 'respond-async' } : {})

  test.each(PATHS)('of %s is refused, whatever it says', async (path) => {
    for (const since of ['2020-01-01', '2030-01-01T00:00:00Z', 'x']) {
      const answer = await get(`${path}?_since=${since}`, authority, headersOf(path))
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([403, 'parameter-forbidden', ['_since']])
    }
    expect([200, 202]).toContain((await get(path, authority, headersOf(path))).status)
  })

  test('nor is _at', async () => {
    for (const at of ['2020', 'x']) {
      const answer = await get(`Observation/coded/_history?_at=${at}`)
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([403, 'parameter-forbidden', ['_at']])
    }
  })

  test.each(PATHS)('of %s is understood in the identified form', async (path) => {
    expect([200, 202]).toContain((await get(`${path}?_since=2020-01-01T00:00:00Z`, engine, headersOf(path))).status)
    expect((await get(`${path}?_since=x`, engine, headersOf(path))).status).toBe(400)
  })
})
