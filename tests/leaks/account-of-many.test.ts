/** The account of uses has everybody's use: also where many were found, counted, or stood in an older version (L42, L43). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { custody, encounter, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const PERSONS = ['pa', 'pb'] as const
let server: TestServer
let engine: string
let glass: string
let last = new Map<string, number>()

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-1'),
    ...PERSONS.flatMap((id) => [
      patient(id, { meta: custody('H1') }),
      encounter(`visit-${id}`, id, 'H1', 'Practitioner/doc-1'),
      observation(`one-${id}`, id, 'sugar'),
      observation(`two-${id}`, id, 'sugar'),
    ]),
  ])
  engine = await server.token('h1-engine')
  glass = await server.token('h2-ward', { purpose_of_use: 'BTG', user: 'Practitioner/doc-2', break_glass_reason: '昏迷' })
}, 60_000)
afterAll(() => server.stop())

const get = (path: string, token = engine): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token })

interface Event {
  entity?: { what?: { reference?: string }; detail?: { type: string; valueString?: string }[]; type?: { code: string } }[]
}
async function eventsOf(person: string): Promise<Event[]> {
  const token = await server.token('patient-app', { patient: person })
  const answer = await get('AuditEvent?_count=500&_sort=date', token)
  return ((answer.json.entry ?? []) as { resource: Event }[]).map(({ resource }) => resource)
}

beforeEach(async () => {
  last = new Map(await Promise.all(PERSONS.map(async (person) => [person, (await eventsOf(person)).length] as const)))
})

/** What has come into each account since the test began, without the looks into the account itself. */
async function news(person: string): Promise<string[][]> {
  const events = (await eventsOf(person)).slice(last.get(person))
  const named = events.map(({ entity = [] }) => entity.flatMap(({ what }) => what?.reference ?? []).sort())
  return named.filter((names) => names.some((name) => name.startsWith('Observation/')) || names.length === 1)
}
const others = (person: string): string => (person === 'pa' ? 'pb' : 'pa')

test('a search that finds two persons stands in both accounts, with what is their own', async () => {
  expect((await get('Observation?code=sugar')).json.total).toBe(4)
  for (const person of PERSONS) {
    expect(await news(person)).toEqual([[`Observation/one-${person}`, `Observation/two-${person}`, `Patient/${person}`]])
    const account = JSON.stringify((await eventsOf(person)).slice(last.get(person)))
    expect(account).not.toMatch(new RegExp(`\\b${others(person)}\\b|(?:one|two)-${others(person)}`))
  }
})

test('nor can one who looks into it ask for the others', async () => {
  await get('Observation?code=sugar')
  const token = await server.token('patient-app', { patient: 'pa' })
  for (const query of ['entity=Observation/one-pb', 'entity=Patient/pb', 'patient=Patient/pb'])
    expect([query, (await get(`AuditEvent?${query}`, token)).json.total]).toEqual([query, 0])
})

test('broken glass with somebody else beside', async () => {
  expect((await get('Observation?patient=pa,pb', glass)).json.total).toBe(4)
  for (const person of PERSONS) expect(await news(person)).toHaveLength(1)
})

describe('counting', () => {
  test.each<[string, string, string[]]>([
    ['of a patient', 'Observation?patient=pa&_summary=count', ['pa']],
    ['without entries', 'Observation?patient=pa&_count=0', ['pa']],
    ['of two patients', 'Observation?patient=pa,pb&code=sugar&_summary=count', ['pa', 'pb']],
    ['of few, by nothing but a code', 'Observation?code=sugar&_summary=count', ['pa', 'pb']],
    ['of one by a page of another', 'Observation?patient=pa,pb&_count=1&_total=accurate', ['pa', 'pb']],
  ])('%s is a use of their data', async (_name, path, persons) => {
    for (const token of [engine, glass]) {
      last = new Map(await Promise.all(PERSONS.map(async (person) => [person, (await eventsOf(person)).length] as const)))
      expect((await get(path, token)).json.total).toBeGreaterThan(0)
      for (const person of PERSONS) expect([person, (await news(person)).length]).toEqual([person, persons.includes(person) ? 1 : 0])
    }
  })

  test.each(['_total=accurate', '_total=none'])(
    'behind another one’s resource, with %s: the number or the next link tells of it',
    async (total) => {
      const answer = await get(`Observation?_id=one-pa,one-pb&code=sugar&_count=1&_sort=_id&${total}`)
      expect(answer.json.link.map(({ relation }: { relation: string }) => relation)).toContain('next')
      for (const person of PERSONS) expect(await news(person)).toEqual([[`Observation/one-${person}`, `Patient/${person}`]])
    },
  )

  test('what is said of one person has the number that was answered', async () => {
    await get('Observation?patient=pa&_summary=count')
    const entities = (await eventsOf('pa')).slice(last.get('pa')).map(({ entity = [] }) => entity)
    const counted = entities.filter((entity) =>
      /summary=count/.test(Buffer.from(JSON.stringify(entity).match(/"query":"([^"]+)"/)?.[1] ?? '', 'base64').toString()),
    )
    const counts = counted
      .flat()
      .flatMap(({ detail = [] }) => detail)
      .filter(({ type }) => type === 'count')
    expect(counts.map(({ valueString }) => valueString)).toEqual(['2'])
  })

  test('nothing is counted, nobody is named: an absent code tells no more than a hidden one', async () => {
    expect((await get('Observation?patient=pa&code=absent&_summary=count')).json.total).toBe(0)
    expect(await news('pa')).toEqual([])
  })
})

test('a link that leads to a crowd hides nobody to whom another one leads', async () => {
  const by = { performer: [{ reference: 'Practitioner/doc-1' }] }
  // More persons than a link tells of (`TOLD_PERSONS_MAX`).
  const crowd = Array.from({ length: 301 }, (_, n) => observation(`crowd-${n}`, `crowd-${n}`, 'crowd', by))
  await putAll(server, await server.token('loader'), [...crowd, observation('by-pa', 'pa', 'by', by)])
  const link = 'Practitioner?_has:Observation:performer:'
  for (const query of [`${link}patient=pa`, `${link}patient=pa&_has:Observation:performer:code=crowd`]) {
    last = new Map(await Promise.all(PERSONS.map(async (person) => [person, (await eventsOf(person)).length] as const)))
    expect((await get(query)).json.total).toBe(1)
    expect([query, await news('pa')]).toEqual([query, [['Observation/by-pa', 'Patient/pa', 'Practitioner/doc-1']]])
  }
})

test('history: everybody whom one of the versions is about', async () => {
  const body = observation('moved', 'pa', 'x', { id: undefined, meta: undefined })
  const made = await server.call('POST', '/fhir/Observation', { token: engine, body })
  const { id } = made.json
  const changed = { ...body, id, subject: { reference: 'Patient/pb' } }
  expect((await server.call('PUT', `/fhir/Observation/${id}`, { token: engine, body: changed })).status).toBe(200)
  last = new Map(await Promise.all(PERSONS.map(async (person) => [person, (await eventsOf(person)).length] as const)))
  expect((await get(`Observation/${id}/_history`)).json.entry).toHaveLength(2)
  for (const person of PERSONS) expect(await news(person)).toEqual([[`Observation/${id}`, `Patient/${person}`]])
})

test('what is about somebody who cannot be named does not stand in another one’s', async () => {
  const subject = { type: 'Patient', identifier: { system: 'urn:x', value: 'somebody' } }
  await putAll(server, await server.token('loader'), [
    observation('unnamed', 'pa', 'salt', { subject }),
    observation('named', 'pa', 'salt'),
  ])
  last = new Map(await Promise.all(PERSONS.map(async (person) => [person, (await eventsOf(person)).length] as const)))
  expect((await get('Observation?code=salt')).json.total).toBe(2)
  expect(await news('pa')).toEqual([['Observation/named', 'Patient/pa']])
})
