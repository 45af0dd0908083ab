/** What a search of several types and a compartment tell besides their matches (L01-L06, L12, L16, L20-L23). */
import { describe, expect, test } from '@jest/globals'
import { condition, custody, encounter, give, idsIn, NOTHING, observation, putAll, relabelled, withdraw } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { asAbsent, codeOf, neutral, sameInBoth, setting } from './worlds.ts'

const held = setting(
  (w) => [
    encounter(`shared-${w}`, `p1-${w}`, 'H1', 'Practitioner/doc-1'),
    ...[1, 2, 3].map((n) => observation(`o${n}-${w}`, `p1-${w}`, `lab-${w}`, { encounter: { reference: `Encounter/shared-${w}` } })),
    condition(`c1-${w}`, `p1-${w}`, `lab-${w}`),
    { resourceType: 'RelatedPerson', id: `kin-${w}`, patient: { reference: `Patient/p1-${w}` } },
  ],
  (w) => [
    ...[0, 1, 2, 3, 4].map((n) => observation(`h${n}-${w}`, `p2-${w}`, `lab-${w}`)),
    // In the compartments of visible owners, and hidden.
    ...['h5', 'o0', 'o9'].map((id) =>
      observation(`${id}-${w}`, `p1-${w}`, `lab-${w}`, {
        meta: custody('H1', 'HIV'),
        encounter: { reference: `Encounter/shared-${w}` },
        performer: [{ reference: 'Practitioner/doc-2' }, { reference: `RelatedPerson/kin-${w}` }],
      }),
    ),
    condition(`hiv-${w}`, `p1-${w}`, `lab-${w}`, { meta: custody('H1', 'HIV') }),
    encounter(`hidden-${w}`, `p2-${w}`, 'H1', 'Practitioner/doc-1'),
  ],
)
const get = (path: string, token = held.doctor): Promise<Answer> => held.server.call('GET', `/fhir/${path}`, { token })
const TREATING = { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' }
const BOTH = '_type=Observation,Condition&code=lab-{w}'

describe('several types', () => {
  test.each([
    '',
    '&_total=accurate',
    '&_summary=count',
    '&_count=0',
    '&_count=1&_total=accurate',
    '&_count=2',
    '&_sort=_lastUpdated&_count=2',
    '&_sort=-_lastUpdated',
    '&_include=Observation:subject&_include=Condition:subject',
    '&patient=p2-{w}',
    '&_id=h1-{w},hiv-{w},o1-{w}',
    '&_security=HIV',
    '&subject:Patient._id=p2-{w}',
  ])('tell the same in both worlds: %s', async (query) => {
    const path = `/fhir?${BOTH}${query}`
    const answer = await sameInBoth(held, (w) => path.replaceAll('{w}', w))
    expect(answer.status).toBe(200)
    expect(answer.text.replaceAll(/"url":"[^"]*"/g, '')).not.toMatch(/\bh\d-a|hiv-a|o0-a|o9-a|Patient\/p2-a/)
    if (/count|total/.test(query) && !query.includes('_count=2')) expect(answer.json.total).toBe(4)
  })

  test('pages are full, and none is empty with a next one', async () => {
    for (const sort of ['', '&_sort=-_lastUpdated']) {
      const pages: number[] = []
      let path: string | undefined = `?_type=Observation,Condition&code=lab-a&_count=2${sort}`
      while (path !== undefined) {
        const page: Answer = await held.server.call('GET', `/fhir${path}`, { token: held.doctor })
        pages.push(idsIn(page, 'match').length)
        const next = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
        path = next?.url.slice(`${held.server.url}/fhir`.length)
      }
      expect(pages).toEqual([2, 2])
    }
  })

  test('a type of which only hidden ones are there is as one of which nothing is', async () => {
    const flag = { resourceType: 'Flag', id: 'flag-1', meta: custody('H1'), status: 'active', code: { text: 'x' } }
    await putAll(held.server, held.loader, [{ ...flag, subject: { reference: 'Patient/p2-a' } }])
    for (const query of ['', '&_include=Flag:subject', '&identifier=x', '&_sort=_lastUpdated'])
      expect(neutral(await get(`?_type=Flag${query}`)).replaceAll('Flag', 'Goal')).toBe(
        neutral(await get(`?_type=Goal${query.replace('Flag', 'Goal')}`)),
      )
  })

  test('scopes: types that are named, and those that are not', async () => {
    const token = (scope: string) => held.server.token('h1-engine', { scope })
    expect((await get('?_type=Observation,Condition', await token('system/Observation.rs'))).status).toBe(403)
    expect((await get('?_id=o1-a', await token('system/Observation.r'))).status).toBe(403)
    const found = idsIn(await get('?_id=o1-a,c1-a,p1-a', await token('system/Observation.s system/Condition.s')))
    expect(found).toEqual(['Condition/c1-a', 'Observation/o1-a'])
    const included = await get('?_type=Observation&_id=o1-a&_include=Observation:subject', await token('system/Observation.s'))
    expect(idsIn(included, 'include')).toEqual([])
  })
})

describe('a compartment', () => {
  const OWNERS: [string, string, string][] = [
    ['Patient', 'p2-a', 'p9-a'],
    ['Encounter', 'hidden-a', 'hidxxx-a'],
  ]
  test.each(
    OWNERS.flatMap(([type, hidden, absent]) =>
      ['Observation', '*', 'Observation?code=lab-a', 'Observation?_summary=count', '*?_type=Observation'].map(
        (rest) => [type, hidden, absent, rest] as const,
      ),
    ),
  )('of a hidden %s %s is as of one that is absent, %s: %s', async (type, hidden, absent, rest) => {
    const answer = await asAbsent(held, (id) => `/fhir/${type}/${id}/${rest}`, { hidden, absent })
    expect(answer.status).toBe(404)
  })

  test('also by form, and with what is refused', async () => {
    const form = { method: 'POST', body: 'code=lab-a', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
    const names = { hidden: 'p2-a', absent: 'p9-a' }
    for (const rest of ['Observation/_search', '_search', '*/_search'])
      await asAbsent(held, (id) => `/fhir/Patient/${id}/${rest}`, names, form)
    for (const rest of ['Observation?code:nonsense=1', 'Organization', 'Nothing', '*?_type=x'])
      await asAbsent(held, (id) => `/fhir/Patient/${id}/${rest}`, names)
  })

  test.each([
    'Patient/p1-{w}/Observation',
    'Patient/p1-{w}/Observation?_summary=count',
    'Patient/p1-{w}/Condition?_total=accurate',
    'Patient/p1-{w}/*',
    'Patient/p1-{w}/*?_count=2',
    'Patient/p1-{w}/*?_sort=-_lastUpdated&_count=3',
    'Patient/p1-{w}/Observation?_sort=date&_count=2',
    'Encounter/shared-{w}/Observation',
    'Encounter/shared-{w}/*?_summary=count',
    'RelatedPerson/kin-{w}/Observation',
    'RelatedPerson/kin-{w}/*',
  ])('of who is seen has no residue of what is hidden in it: %s', async (path) => {
    const answer = await sameInBoth(held, (w) => `/fhir/${path.replaceAll('{w}', w)}`)
    expect(answer.status).toBe(200)
    expect(answer.text).not.toMatch(/\bh\d-a|hiv-a|o0-a|o9-a/)
  })

  test('of a practitioner whom everybody sees', async () => {
    expect(idsIn(await get('Practitioner/doc-2/Observation'))).toEqual([])
    const engine = await held.server.token('h1-engine')
    expect(idsIn(await get('Practitioner/doc-2/Observation', engine)).sort()).toEqual([
      'Observation/h5-a',
      'Observation/o0-a',
      'Observation/o9-a',
    ])
  })

  test('closes with the consent', async () => {
    const consent = await give(held.server, 'p1-b', NOTHING)
    for (const rest of ['Observation', '*']) await asAbsent(held, (id) => `/fhir/Patient/${id}/${rest}`, { hidden: 'p1-b', absent: 'p9-b' })
    await withdraw(held.server, 'p1-b', consent)
    await relabelled(held.server)
    expect((await get('Patient/p1-b/Observation')).json.total).toBe(3)
  })

  test('needs the scope to read its owner, and to search what is in it', async () => {
    for (const [scope, status] of [
      ['system/Observation.s', 403],
      ['system/Patient.r', 403],
      ['system/Patient.s system/Observation.s', 403],
      ['system/Patient.r system/Observation.s', 200],
    ] as const) {
      const token = await held.server.token('h2-ward', { ...TREATING, scope })
      expect([scope, (await get('Patient/p1-a/Observation', token)).status]).toEqual([scope, status])
    }
    const some = await held.server.token('h2-ward', { ...TREATING, scope: 'system/Patient.r system/Condition.s' })
    expect(new Set(idsIn(await get('Patient/p1-a/*', some)).map((name) => name.split('/')[0]))).toEqual(new Set(['Condition']))
  })

  test('is nothing by which a masked form may be searched', async () => {
    for (const path of ['Patient/p1-a/Observation', 'Patient/p9-a/Observation', 'Patient/p1-a/*', 'Practitioner/doc-2/*'])
      expect([path, codeOf(await get(path, held.researcher))]).toEqual([path, 'not-permitted'])
  })
})

test('in a masked form several types are searched by what it shows alone', async () => {
  for (const query of [
    '_type=Observation,Condition&patient=p1-a',
    '_type=Observation,Condition&_id=o1-a',
    '_lastUpdated=gt2020',
    '_type=Observation,Condition&_sort=_lastUpdated',
  ]) {
    const answer = await get(`?${query}`, held.researcher)
    expect([query, answer.status, codeOf(answer)]).toEqual([query, 403, 'parameter-forbidden'])
  }
  expect((await get('?_type=Observation,Condition&code=lab-a', held.researcher)).json.total).toBe(0)
})

describe('the account of uses', () => {
  const account = async (patient: string, query: string): Promise<number> => {
    const token = await held.server.token('patient-app', { patient })
    return (await get(`AuditEvent?${query}&_summary=count`, token)).json.total
  }
  /** How much more stands in the account afterwards. */
  async function added(patient: string, query: string, use: () => Promise<Answer>): Promise<number> {
    const before = await account(patient, query)
    await use()
    return (await account(patient, query)) - before
  }
  const token = () => held.server.token('h1-engine')

  test('has a search of several types, and its count', async () => {
    const engine = await token()
    const query = 'subtype=search-system'
    expect(await added('p1-a', query, () => get('?_type=Observation,Condition&code=lab-a', engine))).toBe(1)
    expect(await added('p1-a', query, () => get('?_type=Observation,Condition&code=lab-a&_summary=count', engine))).toBe(1)
    expect(await added('p2-a', query, () => get('?_type=Observation,Condition&patient=p2-a&_summary=count', engine))).toBe(1)
    expect(await added('p2-a', query, () => get('?_type=Condition,Observation&code=lab-a&_count=1', engine))).toBe(0)
  })

  test('has a compartment, also where nothing of it was found', async () => {
    // The patient's own looks into his account are searches of a type too.
    const query = 'agent=Practitioner/doc-2&subtype='
    expect(await added('p1-a', `${query}search-type`, () => get('Patient/p1-a/Observation'))).toBe(1)
    expect(await added('p1-a', `${query}search-type`, () => get('Patient/p1-a/Procedure'))).toBe(1)
    expect(await added('p1-a', `${query}search-system`, () => get('Patient/p1-a/*?_summary=count'))).toBe(1)
    expect(await added('p2-a', query.slice(0, -9), () => get('Patient/p2-a/Observation'))).toBe(0)
  })
})
