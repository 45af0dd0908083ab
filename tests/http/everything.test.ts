/** $everything over HTTP, without access control: R4 patient-operation-everything.html, encounter-operation-everything.html. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { idsIn } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let between: string
const call = (method: string, path: string, body?: object): Promise<Answer> => server.call(method, `/fhir/${path}`, body ? { body } : {})
const get = (path: string): Promise<Answer> => call('GET', path)
const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  json.link.find((one: { relation: string }) => one.relation === relation)?.url.slice(`${server.url}/fhir/`.length)
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

const subject = { reference: 'Patient/a' }
const encounter = { reference: 'Encounter/visit' }
const code = { text: 'x' }
const BEFORE: object[] = [
  { resourceType: 'Practitioner', id: 'doc' },
  { resourceType: 'Patient', id: 'a' },
  { resourceType: 'Patient', id: 'b' },
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: { code: 'AMB' },
    subject,
    period: { start: '2024-03-01', end: '2024-03-10' },
    participant: [{ individual: { reference: 'Practitioner/doc' } }],
  },
  { resourceType: 'Observation', id: 'march', status: 'final', code, subject, encounter, effectiveDateTime: '2024-03-05T08:00:00+08:00' },
  { resourceType: 'Observation', id: 'may', status: 'final', code, subject, effectiveDateTime: '2024-05-05' },
  // The last hour of the day in China is the next day in no zone but further east.
  { resourceType: 'Observation', id: 'night', status: 'final', code, subject, effectiveDateTime: '2024-04-30T16:30:00Z' },
  { resourceType: 'Observation', id: 'undated', status: 'final', code, subject },
  { resourceType: 'Observation', id: 'other', status: 'final', code, subject: { reference: 'Patient/b' }, effectiveDateTime: '2024-03-05' },
  { resourceType: 'Condition', id: 'long', code, subject, onsetDateTime: '2023', recordedDate: '2024-05-01' },
  // Has no date of care at all.
  { resourceType: 'Coverage', id: 'cover', status: 'active', beneficiary: subject, payor: [subject] },
]
const AFTER = { resourceType: 'Procedure', id: 'later', status: 'completed', subject, encounter, performedPeriod: { start: '2024-03-08' } }

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  const put = (body: object) => call('PUT', Object.values(body).slice(0, 2).join('/'), body)
  for (const body of BEFORE) expect((await put(body)).status).toBe(201)
  await new Promise((resolve) => setTimeout(resolve, 5))
  between = new Date().toISOString()
  expect((await put(AFTER)).status).toBe(201)
})
afterAll(() => server.stop())

const MATCHES = [
  'Patient/a',
  'Condition/long',
  'Coverage/cover',
  'Encounter/visit',
  'Observation/march',
  'Observation/may',
  'Observation/night',
  'Observation/undated',
  'Procedure/later',
]

test('the record with what it refers to, the patient first', async () => {
  const answer = await get('Patient/a/$everything')
  expect([answer.json.type, answer.json.total, linkOf(answer, 'next')]).toEqual(['searchset', 9, undefined])
  expect([idsIn(answer, 'match'), idsIn(answer, 'include')]).toEqual([MATCHES, ['Practitioner/doc']])
})

/** Matches page by page; a page that holds all of them tells how many there are. */
async function pagesOf(operation: string, count: number, all: number): Promise<string[][]> {
  const pages: string[][] = []
  for (let path: string | undefined = `${operation}?_count=${count}`; path !== undefined; ) {
    const page = await get(path)
    if (pages.length === 0) expect(linkOf(page, 'self')).toBe(path)
    expect([page.status, page.json.total]).toEqual([200, count >= all ? all : undefined])
    pages.push(idsIn(page, 'match'))
    path = linkOf(page, 'next')
  }
  return pages
}

test.each([1, 2, 3, 4, 8, 9, 50])('pages of %d: none is longer, each resource once', async (count) => {
  const pages = await pagesOf('Patient/a/$everything', count, 9)
  expect(pages.flat()).toEqual(MATCHES)
  expect(pages.slice(0, -1).every(({ length }) => length === count)).toBe(true)
  expect(pages.at(-1)?.length).toBeGreaterThan(0)
})

describe('parameters', () => {
  const matches = async (query: string) => idsIn(await get(`Patient/a/$everything?${query}`), 'match')
  const UNDATED = ['Patient/a', 'Coverage/cover', 'Observation/undated']

  test.each<[string, string[]]>([
    ['start=2024-05-01', ['Condition/long', 'Observation/may', 'Observation/night', 'Procedure/later']],
    ['end=2024-02-28', ['Condition/long']],
    ['start=2024-03-01&end=2024-03-31', ['Encounter/visit', 'Observation/march', 'Procedure/later']],
    ['start=2024-03-10&end=2024-03-10', ['Encounter/visit', 'Procedure/later']],
    ['start=2024-03-05&end=2024-03-05', ['Encounter/visit', 'Observation/march']],
    ['start=2024-05-01T00:00:00+08:00', ['Condition/long', 'Observation/may', 'Observation/night', 'Procedure/later']],
    ['start=2024-05', ['Condition/long', 'Observation/may', 'Observation/night', 'Procedure/later']],
    ['end=2022', []],
  ])('%s: the time of care, and what has none', async (query, expected) => {
    expect((await matches(query)).sort()).toEqual([...UNDATED, ...expected].sort())
  })

  test('_type: nothing of other types, neither the patient nor what is referred to', async () => {
    expect(idsIn(await get('Patient/a/$everything?_type=Observation,Encounter'))).toEqual([
      'Encounter/visit',
      'Observation/march',
      'Observation/may',
      'Observation/night',
      'Observation/undated',
    ])
    expect(idsIn(await get('Patient/a/$everything?_type=Patient'))).toEqual(['Patient/a'])
    expect(idsIn(await get('Patient/a/$everything?_type=Encounter&_type=Practitioner'))).toEqual(['Encounter/visit', 'Practitioner/doc'])
    expect((await get('Patient/a/$everything?_type=Account')).json).toMatchObject({ total: 0 })
  })

  test('_since: what was stored from then on', async () => {
    expect(idsIn(await get(`Patient/a/$everything?_since=${between}`))).toEqual(['Procedure/later'])
    expect(await matches('_since=2020-01-01')).toEqual(MATCHES)
  })

  test('stay on the next page', async () => {
    const first = await get('Patient/a/$everything?start=2024-03-05&end=2024-03-05&_type=Observation,Encounter&_count=2')
    const second = await get(linkOf(first, 'next') ?? '')
    expect([idsIn(first), idsIn(second)]).toEqual([['Encounter/visit', 'Observation/march'], ['Observation/undated']])
  })

  test.each([
    ['start=x', 'start'],
    ['end=2024-02-31', 'end'],
    ['start=2024-03-02&end=2024-03-01', 'end'],
    ['_since=x', '_since'],
    ['_count=0', '_count'],
    ['_type=Nothing', '_type'],
  ])('%s is refused', async (query, name) => {
    const answer = await get(`Patient/a/$everything?${query}`)
    expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, 'parameter-invalid', [name]])
  })

  test('each but _type once: of two only one would be looked at', async () => {
    for (const [name, value] of Object.entries({ start: '2024-03-05', end: '2024-03-05', _since: '2020-01-01', _count: '5' })) {
      const answer = await get(`Patient/a/$everything?${name}=${value}&${name}=${value}`)
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, 'parameter-repeated', [name]])
    }
    const parameter = [{ name: 'start', valueDate: '2024-03-05' }]
    const beside = await call('POST', 'Patient/a/$everything?start=2024-03-05', { resourceType: 'Parameters', parameter })
    expect([beside.status, codeOf(beside)]).toEqual([400, 'parameter-repeated'])
  })

  test('by POST', async () => {
    const parameter = [
      { name: 'start', valueDate: '2024-03-05' },
      { name: 'end', valueDate: '2024-03-05' },
      { name: '_type', valueCode: 'Encounter' },
      { name: '_type', valueCode: 'Observation' },
    ]
    const answer = await call('POST', 'Patient/a/$everything', { resourceType: 'Parameters', parameter })
    expect(idsIn(answer)).toEqual(['Encounter/visit', 'Observation/march', 'Observation/undated'])
  })
})

describe('of an Encounter', () => {
  test('what stands in it, and the patient and others beside', async () => {
    const answer = await get('Encounter/visit/$everything')
    expect([answer.json.total, idsIn(answer, 'match'), idsIn(answer, 'include').sort()]).toEqual([
      3,
      ['Encounter/visit', 'Observation/march', 'Procedure/later'],
      ['Patient/a', 'Practitioner/doc'],
    ])
    expect(idsIn(await get(`Encounter/visit/$everything?_since=${between}`))).toEqual(['Procedure/later'])
    expect(idsIn(await get('Encounter/visit/$everything?_type=Procedure'))).toEqual(['Procedure/later'])
  })

  test('in pages, and without a time of care', async () => {
    const first = await get('Encounter/visit/$everything?_count=1')
    const second = await get(linkOf(first, 'next') ?? '')
    const third = await get(linkOf(second, 'next') ?? '')
    expect([first, second, third].map((page) => idsIn(page, 'match')[0])).toEqual([
      'Encounter/visit',
      'Observation/march',
      'Procedure/later',
    ])
    expect(linkOf(third, 'next')).toBeUndefined()
    expect(codeOf(await get('Encounter/visit/$everything?start=2024-01-01'))).toBe('parameter-unsupported')
    const token = (linkOf(first, 'next') ?? '').split('_page=')[1]
    for (const path of ['Patient/a/$everything', 'Encounter/other/$everything', 'Encounter', 'Encounter/visit/*'])
      expect([path, codeOf(await get(`${path}?_page=${token}`))]).toEqual([path, 'page-invalid'])
  })

  test('that is not there', async () => {
    expect((await get('Encounter/nowhere/$everything')).status).toBe(404)
    expect(codeOf(await get('Observation/march/$everything'))).toBe('operation-unknown')
  })
})

describe('of all Patients, where the token has none of its own', () => {
  /** By type and id, as the pages go. */
  const ALL = [
    'Condition/long',
    'Coverage/cover',
    'Encounter/visit',
    'Observation/march',
    'Observation/may',
    'Observation/night',
    'Observation/other',
    'Observation/undated',
    'Patient/a',
    'Patient/b',
    'Procedure/later',
  ]

  test('what stands in their compartments, and what that refers to', async () => {
    // Nobody's: it stands in no Patient's compartment.
    await call('PUT', 'Observation/nobody', {
      resourceType: 'Observation',
      id: 'nobody',
      status: 'final',
      code,
      subject: { reference: 'Location/x' },
    })
    const answer = await get('Patient/$everything')
    expect([answer.status, answer.json.type, answer.json.total, linkOf(answer, 'next')]).toEqual([200, 'searchset', 11, undefined])
    expect([idsIn(answer, 'match'), idsIn(answer, 'include')]).toEqual([ALL, ['Practitioner/doc']])
  })

  test.each([1, 4, 10, 11, 50])('pages of %d: none is longer, each resource once', async (count) => {
    const pages = await pagesOf('Patient/$everything', count, 11)
    expect(pages.flat()).toEqual(ALL)
    expect(pages.slice(0, -1).every(({ length }) => length === count)).toBe(true)
  })

  test('by types, times of storing and of care', async () => {
    const matches = async (query: string) => idsIn(await get(`Patient/$everything?${query}`), 'match')
    expect(await matches('_type=Patient')).toEqual(['Patient/a', 'Patient/b'])
    expect(await matches(`_since=${between}&_type=Procedure,Condition`)).toEqual(['Procedure/later'])
    expect(await matches('start=2024-03-05&end=2024-03-05&_type=Observation,Encounter')).toEqual([
      'Encounter/visit',
      'Observation/march',
      'Observation/other',
      'Observation/undated',
    ])
    const parameter = [{ name: '_type', valueCode: 'Patient' }]
    expect(idsIn(await call('POST', 'Patient/$everything', { resourceType: 'Parameters', parameter }))).toEqual(['Patient/a', 'Patient/b'])
  })

  test('a page of one is none of the other', async () => {
    const [all, one] = [await get('Patient/$everything?_count=1'), await get('Patient/a/$everything?_count=1')]
    const token = (answer: Answer) => linkOf(answer, 'next')?.split('?')[1]
    for (const path of [`Patient/a/$everything?${token(all)}`, `Patient/$everything?${token(one)}`]) {
      const answer = await get(path)
      expect([answer.status, codeOf(answer)]).toEqual([400, 'page-invalid'])
    }
  })
})

test('both are in the CapabilityStatement', async () => {
  const resources = (await get('metadata')).json.rest[0].resource as { type: string; operation: { name: string; definition: string }[] }[]
  for (const type of ['Patient', 'Encounter']) {
    const found = resources.find((one) => one.type === type)?.operation.filter(({ name }) => name === 'everything')
    expect(found).toEqual([{ name: 'everything', definition: `http://hl7.org/fhir/OperationDefinition/${type}-everything` }])
  }
})
