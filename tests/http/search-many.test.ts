/** Search of several types and within compartments over HTTP, without access control: R4 http.html#search, compartmentdefinition.html. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { idsIn } from '../consent/resources.ts'
import { type Answer, type CallOptions, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> => server.call(method, `/fhir${path}`, options)
const get = (path: string, headers = {}): Promise<Answer> => call('GET', path, { headers })
const post = (path: string, body: string): Promise<Answer> =>
  call('POST', path, { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })
const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  json.link.find((one: { relation: string }) => one.relation === relation)?.url.slice(`${server.url}/fhir`.length)
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

async function pagesOf(first: string): Promise<string[][]> {
  const pages: string[][] = []
  for (let path: string | undefined = first; path !== undefined; ) {
    const page: Answer = await get(path, { Prefer: 'handling=strict' })
    expect([path, page.status]).toEqual([path, 200])
    pages.push(idsIn(page, 'match'))
    path = linkOf(page, 'next')
  }
  return pages
}

const about = (id: string) => ({ subject: { reference: `Patient/${id}` } })
const code = (text: string) => ({ code: { coding: [{ system: 'urn:t', code: text }] } })
/** In the order in which they are written, each at a time of its own. */
const RESOURCES: object[] = [
  { resourceType: 'Practitioner', id: 'doc' },
  { resourceType: 'Patient', id: 'a', meta: { tag: [{ system: 'urn:t', code: 'x' }] } },
  { resourceType: 'Patient', id: 'b' },
  { resourceType: 'Device', id: 'pump', patient: { reference: 'Patient/a' } },
  { resourceType: 'RelatedPerson', id: 'mother', patient: { reference: 'Patient/a' } },
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: { code: 'AMB' },
    ...about('a'),
    participant: [{ individual: { reference: 'Practitioner/doc' } }],
  },
  {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    ...code('sugar'),
    ...about('a'),
    encounter: { reference: 'Encounter/visit' },
    device: { reference: 'Device/pump' },
    effectiveDateTime: '2024-05-01',
  },
  { resourceType: 'Observation', id: 'o2', status: 'final', ...code('salt'), ...about('a'), effectiveDateTime: '2024-06-01' },
  // By another parameter of the definition than the subject.
  { resourceType: 'Observation', id: 'o3', status: 'final', ...code('sugar'), ...about('b'), performer: [{ reference: 'Patient/a' }] },
  {
    resourceType: 'Observation',
    id: 'o4',
    status: 'final',
    ...code('sugar'),
    ...about('b'),
    performer: [{ reference: 'Practitioner/doc' }],
  },
  { resourceType: 'Condition', id: 'c1', ...code('flu'), ...about('a'), encounter: { reference: 'Encounter/visit' } },
  {
    resourceType: 'Observation',
    id: 'o5',
    status: 'final',
    ...code('sugar'),
    ...about('b'),
    performer: [{ reference: 'RelatedPerson/mother' }],
    meta: { tag: [{ system: 'urn:t', code: 'x' }] },
  },
]

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  for (const body of RESOURCES) {
    const { resourceType, id } = body as { resourceType: string; id: string }
    expect((await call('PUT', `/${resourceType}/${id}`, { body })).status).toBe(201)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
})
afterAll(() => server.stop())

const OF_TWO_TYPES = ['Observation/o1', 'Observation/o2', 'Observation/o3', 'Observation/o4', 'Observation/o5', 'Patient/a', 'Patient/b']

describe('the system', () => {
  test('types one after the other, with a total that needs no counting', async () => {
    const answer = await get('?_type=Patient,Observation')
    expect([answer.status, answer.json.type, answer.json.total, linkOf(answer, 'next')]).toEqual([200, 'searchset', 7, undefined])
    expect(idsIn(answer, 'match')).toEqual(OF_TWO_TYPES)
    expect(linkOf(answer, 'self')).toBe('?_type=Patient%2CObservation')
    expect(idsIn(await get('?_type=Patient&_type=Observation'))).toEqual(OF_TWO_TYPES)
    expect(idsIn(await post('/_search', '_type=Patient,Observation'))).toEqual(OF_TWO_TYPES)
  })

  test('without types: all of them, by what every resource has', async () => {
    const tagged = await get('?_tag=urn:t|x')
    expect(idsIn(tagged, 'match')).toEqual(['Observation/o5', 'Patient/a'])
    expect(idsIn(await get('?_id=a,o1,pump'))).toEqual(['Device/pump', 'Observation/o1', 'Patient/a'])
    const all = idsIn(await get('?_count=1000'))
    expect(all).toEqual(expect.arrayContaining(RESOURCES.map((one) => Object.values(one).slice(0, 2).join('/'))))
    expect(all.some((name) => name.startsWith('AuditEvent/'))).toBe(false)
  })

  test.each([1, 2, 3, 5, 6, 7, 50])('pages of %d', async (count) => {
    const pages = await pagesOf(`?_type=Patient,Observation&_count=${count}`)
    expect(pages.flat()).toEqual(OF_TWO_TYPES)
    expect(pages.slice(0, -1).every(({ length }) => length === count)).toBe(true)
    expect(pages.at(-1)?.length).toBeGreaterThan(0)
  })

  const IN_TIME = [
    'Patient/a',
    'Patient/b',
    'Observation/o1',
    'Observation/o2',
    'Observation/o3',
    'Observation/o4',
    'Condition/c1',
    'Observation/o5',
  ]
  test.each([1, 2, 3, 7, 50])('by time, pages of %d', async (count) => {
    const query = `_type=Patient,Observation,Condition&_count=${count}`
    expect((await pagesOf(`?${query}&_sort=_lastUpdated`)).flat()).toEqual(IN_TIME)
    expect((await pagesOf(`?${query}&_sort=-_lastUpdated`)).flat()).toEqual([...IN_TIME].reverse())
  })

  test.each(['_lastUpdated', '-_lastUpdated'])('of one time, by %s: each once', async (sort) => {
    const entry = ['Basic', 'Flag', 'Goal'].flatMap((type) =>
      [1, 2].map((n) => ({
        resource: {
          resourceType: type,
          id: `same-${n}`,
          ...(type === 'Basic' ? { code: { text: 'x' } } : {}),
          ...(type === 'Flag' ? { status: 'active', code: { text: 'x' }, ...about('a') } : {}),
          ...(type === 'Goal' ? { lifecycleStatus: 'active', description: { text: 'x' }, ...about('a') } : {}),
        },
        request: { method: 'PUT', url: `${type}/same-${n}` },
      })),
    )
    expect((await call('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } })).status).toBe(200)
    for (const count of [1, 2, 4]) {
      const found = (await pagesOf(`?_type=Basic,Flag,Goal&_sort=${sort}&_count=${count}`)).flat()
      expect([found.length, new Set(found).size]).toEqual([6, 6])
    }
  })

  test('criteria that the types share', async () => {
    expect(idsIn(await get('?_type=Observation,Condition&patient=a'))).toEqual(['Condition/c1', 'Observation/o1', 'Observation/o2'])
    expect(idsIn(await get('?_type=Observation,Condition&code=sugar,flu&encounter=visit'))).toEqual(['Condition/c1', 'Observation/o1'])
    expect(idsIn(await get('?_type=Observation,Condition&subject:Patient._tag=x'))).toEqual([
      'Condition/c1',
      'Observation/o1',
      'Observation/o2',
    ])
  })

  test('what one of them does not have is left out and named, or refused when strict', async () => {
    for (const query of ['_type=Observation,Patient&code=sugar', 'code=sugar&_id=o1,a', '_type=Observation,Patient&_sort=code']) {
      const lenient = await get(`?${query}`)
      const self = linkOf(lenient, 'self')
      expect([query, lenient.status, self?.includes('code'), lenient.json.entry.at(-1).search.mode]).toEqual([query, 200, false, 'outcome'])
      const strict = await get(`?${query}`, { Prefer: 'handling=strict' })
      expect([query, strict.status]).toEqual([query, 400])
    }
  })

  test('an empty parameter is left out by itself, and not with another of its name', async () => {
    const answer = await get('?_type=Observation,Condition&patient=&patient=a&code=')
    expect(idsIn(answer, 'match')).toEqual(['Condition/c1', 'Observation/o1', 'Observation/o2'])
    expect(linkOf(answer, 'self')).toBe('?_type=Observation%2CCondition&patient=a')
    expect(answer.json.entry.at(-1).resource.issue[0].diagnostics).toContain('patient, code')
    expect(codeOf(await get('?_type=Observation&patient=', { Prefer: 'handling=strict' }))).toBe('parameter-invalid')
  })

  test('counts', async () => {
    const count = await get('?_type=Observation,Patient&_summary=count')
    expect([count.json.total, count.json.entry]).toEqual([7, undefined])
    expect((await get('?_type=Observation,Patient&_count=0')).json.total).toBe(7)
    expect((await get('?_type=Observation,Patient&_count=2&_total=accurate')).json.total).toBe(7)
    expect((await get('?_type=Observation,Patient&_count=2')).json.total).toBeUndefined()
    expect((await get('?_type=Account')).json).toMatchObject({ type: 'searchset', total: 0 })
  })

  test('includes', async () => {
    const answer = await get(
      '?_type=Observation,Condition&code=sugar,flu&patient=a&_include=Observation:subject&_include=Condition:encounter',
    )
    expect([idsIn(answer, 'match'), idsIn(answer, 'include').sort()]).toEqual([
      ['Condition/c1', 'Observation/o1'],
      ['Encounter/visit', 'Patient/a'],
    ])
    const back = await get('?_type=Patient,Encounter&_id=visit,b&_revinclude=Observation:encounter&_revinclude=Observation:performer')
    expect(idsIn(back, 'include')).toEqual(['Observation/o1'])
  })

  test.each([
    ['_type=Nothing', 'parameter-invalid', '_type'],
    ['_type=', 'parameter-invalid', '_type'],
    ['_type:not=Patient', 'modifier-unsupported', '_type'],
    ['_type=Patient&_sort=_id', 'parameter-unsupported', '_sort'],
    ['_type=Patient,Observation&_sort=-_lastUpdated,_id', 'parameter-unsupported', '_sort'],
    ['_type=Patient&_include=Observation:subject', 'parameter-invalid', '_include'],
    ['_lastUpdated=x', 'parameter-invalid', '_lastUpdated'],
    ['_query=x', 'parameter-unsupported', '_query'],
  ])('%s is refused', async (query, expected, name) => {
    const answer = await get(`?${query}`)
    expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, expected, [name]])
  })

  test('links are signed, and belong to what they were made for', async () => {
    const token = (linkOf(await get('?_type=Patient,Observation&_count=1'), 'next') ?? '').split('_page=')[1]
    for (const path of [
      `?_page=${token}A`,
      `?_page=${token}&_count=2`,
      `/Patient?_page=${token}`,
      `/_history?_page=${token}`,
      `/Patient/a/*?_page=${token}`,
    ])
      expect([path.split('?')[0], codeOf(await get(path))]).toEqual([path.split('?')[0], 'page-invalid'])
  })

  test('is in the CapabilityStatement', async () => {
    const [rest] = (await get('/metadata')).json.rest
    expect(rest.interaction.map(({ code: one }: { code: string }) => one)).toContain('search-system')
    const names = rest.searchParam.map(({ name }: { name: string }) => name).sort()
    expect(names).toEqual(['_content', '_filter', '_id', '_lastUpdated', '_list', '_profile', '_security', '_source', '_tag', '_text'])
    // The urls of R4's own definitions.
    expect(rest.compartment).toEqual(
      ['patient', 'encounter', 'practitioner', 'relatedPerson', 'device'].map(
        (name) => `http://hl7.org/fhir/CompartmentDefinition/${name}`,
      ),
    )
  })
})

describe('a compartment', () => {
  test.each<[string, string[]]>([
    ['Patient/a/Observation', ['o1', 'o2', 'o3']],
    ['Patient/a/Observation?code=sugar', ['o1', 'o3']],
    ['Patient/a/Observation?patient=b', ['o3']],
    ['Patient/b/Observation', ['o3', 'o4', 'o5']],
    ['Patient/b/Condition', []],
    ['Patient/a/Patient', ['a']],
    ['Patient/a/Encounter?status=finished', ['visit']],
    ['Patient/a/RelatedPerson', ['mother']],
    ['Encounter/visit/Observation', ['o1']],
    ['Encounter/visit/Condition', ['c1']],
    ['Encounter/visit/Encounter', ['visit']],
    ['Practitioner/doc/Encounter', ['visit']],
    ['Practitioner/doc/Observation', ['o4']],
    ['RelatedPerson/mother/Observation', ['o5']],
    ['Device/pump/Observation', ['o1']],
    ['Device/pump/Device', ['pump']],
  ])('%s', async (path, expected) => {
    const type = (path.split('?')[0] ?? '').split('/').at(-1)
    const answer = await get(`/${path}`)
    expect([answer.status, idsIn(answer).sort(), answer.json.total]).toEqual([200, expected.map((id) => `${type}/${id}`), expected.length])
    const [address = '', form = ''] = path.split('?')
    expect(idsIn(await post(`/${address}/_search`, form)).sort()).toEqual(idsIn(answer).sort())
  })

  test('all of it', async () => {
    const whole = [
      'Condition/c1',
      'Encounter/visit',
      'Flag/same-1',
      'Flag/same-2',
      'Goal/same-1',
      'Goal/same-2',
      'Observation/o1',
      'Observation/o2',
      'Observation/o3',
      'Patient/a',
      'RelatedPerson/mother',
    ]
    const answer = await get('/Patient/a/*')
    expect(idsIn(answer)).toEqual(whole)
    for (const path of ['/Patient/a/*/_search', '/Patient/a/_search']) expect(idsIn(await post(path, ''))).toEqual(whole)
    expect((await pagesOf('/Patient/a/*?_count=2')).flat()).toEqual(whole)
    expect(idsIn(await get('/Patient/a/*?_type=Observation,Condition&code=flu,salt'))).toEqual(['Condition/c1', 'Observation/o2'])
    expect(idsIn(await get('/Encounter/visit/*'))).toEqual(['Condition/c1', 'Encounter/visit', 'Observation/o1'])
  })

  test('links go on within it', async () => {
    const first = await get('/Patient/a/Observation?_count=1&_sort=date')
    expect([linkOf(first, 'self'), linkOf(first, 'next')?.split('?')[0]]).toEqual([
      '/Patient/a/Observation?_count=1&_sort=date',
      '/Patient/a/Observation',
    ])
    expect((await pagesOf('/Patient/a/Observation?_count=1&_sort=date')).flat()).toEqual([
      'Observation/o1',
      'Observation/o2',
      'Observation/o3',
    ])
    const token = (linkOf(first, 'next') ?? '').split('_page=')[1]
    for (const path of ['/Observation', '/Patient/b/Observation', '/Patient/a/*'])
      expect([path, codeOf(await get(`${path}?_page=${token}`))]).toEqual([path, 'page-invalid'])
  })

  test.each([
    ['Patient/nobody/Observation', 404, 'not-found'],
    ['Patient/nobody/*', 404, 'not-found'],
    ['Patient/!/Observation', 404, 'not-found'],
    ['Organization/a/Observation', 404, 'not-found'],
    ['Patient/a/Nothing', 404, 'resource-type-unknown'],
    ['Patient/a/constructor', 404, 'resource-type-unknown'],
    ['Patient/a/Organization', 404, 'compartment-type'],
    ['Encounter/visit/Patient', 404, 'compartment-type'],
    ['Encounter/visit/*?_type=Patient', 404, 'compartment-type'],
  ])('%s is not there', async (path, status, expected) => {
    const answer = await get(`/${path}`)
    expect([answer.status, codeOf(answer)]).toEqual([status, expected])
  })

  test('of a deleted owner is none', async () => {
    await call('PUT', '/Patient/gone', { body: { resourceType: 'Patient', id: 'gone' } })
    expect((await get('/Patient/gone/Observation')).status).toBe(200)
    await call('DELETE', '/Patient/gone')
    for (const path of ['/Patient/gone/Observation', '/Patient/gone/*']) expect((await get(path)).status).toBe(404)
  })

  test('other methods are refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect([method, (await call(method, '/Patient/a/Observation', { body: {} })).status]).toEqual([method, 405])
    expect((await get('/Patient/a/Observation/o1')).status).toBe(404)
  })
})
