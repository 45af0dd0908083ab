/** L25-L28 for results that are fetched later: decided when they are fetched, for their caller only, and on record. */
import { describe, expect, test } from '@jest/globals'
import { BROAD, condition, custody, give, NO_SHARING, observation } from '../consent/resources.ts'
import { putOff, resultAt } from '../support/later.ts'
import type { CallOptions } from '../support/server.ts'
import { neutral, setting, WORLDS } from './worlds.ts'

const held = setting(
  (w) => [observation(`o1-${w}`, `p1-${w}`, `lab-${w}`), observation(`o2-${w}`, `p1-${w}`, `lab-${w}`)],
  (w) => [observation(`hidden-${w}`, `p2-${w}`, `lab-${w}`), condition(`hiv-${w}`, `p1-${w}`, `lab-${w}`, { meta: custody('H1', 'HIV') })],
)
const start = (method: string, path: string, options: CallOptions = {}) =>
  putOff(held.server, method, path, { token: held.doctor, ...options })
const fetched = (status: string, token = held.doctor) => resultAt(held.server, status, { token })
const get = (path: string, token = held.doctor) => held.server.call('GET', path, { token })
const bundle = (...entry: object[]) => ({ body: { resourceType: 'Bundle', type: 'batch', entry } })
const read = (url: string) => ({ request: { method: 'GET', url } })

describe('both worlds tell the same', () => {
  test.each<[string, string, (w: string) => string]>([
    ['a search', 'GET', (w) => `/fhir/Observation?code=lab-${w}&_total=accurate&_count=1`],
    ['a count', 'GET', (w) => `/fhir/Observation?code=lab-${w}&_summary=count`],
    ['several types', 'GET', (w) => `/fhir?_type=Observation,Condition&code=lab-${w}`],
    ['$everything', 'GET', (w) => `/fhir/Patient/p1-${w}/$everything`],
    ['$everything of who hides everything', 'GET', (w) => `/fhir/Patient/p2-${w}/$everything`],
  ])('%s', async (_name, method, path) => {
    const answers = []
    for (const w of WORLDS) answers.push(await fetched(await start(method, path(w))))
    const [a, b] = answers.map((answer) => neutral(answer).replace(/\d+ \w+ \d{4}/g, ''))
    expect(a).toBe(b)
    expect(answers[0]?.text).not.toMatch(/hidden-|hiv-/)
  })

  test('reads in a batch', async () => {
    const answers = []
    for (const w of WORLDS) {
      const reads = [`Observation/hidden-${w}`, `Observation?code=lab-${w}&_summary=count`, `Condition?subject=Patient/p1-${w}`]
      answers.push(neutral(await fetched(await start('POST', '/fhir', bundle(...reads.map(read))))))
    }
    expect(answers[0]).toBe(answers[1])
  })
})

test('of another user of the same client, and of another client, it is absent', async () => {
  const status = await start('GET', '/fhir/Observation?code=lab-a')
  const absent = await get('/fhir/_async/00000000-0000-4000-8000-000000000000')
  const others = [
    await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' }),
    await held.server.token('h1-engine'),
    held.researcher,
  ]
  for (const token of others) {
    const answer = await get(status, token)
    expect([answer.status, answer.text]).toEqual([absent.status, absent.text])
  }
})

test('a masked form is masked, by what the caller may search by', async () => {
  await give(held.server, 'p1-a', BROAD)
  const path = '/fhir/Observation?code=lab-a'
  const [atOnce, later] = [
    await get(path, held.researcher),
    await fetched(await start('GET', path, { token: held.researcher }), held.researcher),
  ]
  expect(atOnce.json.entry.length).toBe(2)
  expect(later.json.entry[0].resource).toEqual(atOnce.json)
  expect(later.text).not.toMatch(/o1-a|p1-a/)
  const refused = await fetched(await start('GET', '/fhir/Observation?date=2024', { token: held.researcher }), held.researcher)
  expect(refused.json.entry[0].response.status).toBe((await get('/fhir/Observation?date=2024', held.researcher)).status.toString())
})

test('each fetching stands in the account of the patient', async () => {
  const own = await held.server.token('patient-app', { patient: 'p1-b' })
  const account = async (subtype: string): Promise<number> =>
    (await get(`/fhir/AuditEvent?subtype=${subtype}&_summary=count`, own)).json.total
  const [search, status] = [await account('search-type'), await start('GET', '/fhir/Observation?code=lab-b')]
  // To look is a search of the patient's own, on record as well.
  expect(await account('search-type')).toBe(search + 1)
  await fetched(status)
  expect(await account('search-type')).toBe(search + 3)
  await fetched(status)
  expect(await account('search-type')).toBe(search + 5)
  const before = await account('async-download')
  const made = { resource: observationOf('p1-b', 'accounted'), request: { method: 'POST', url: 'Observation' } }
  const answer = await fetched(await start('POST', '/fhir', bundle(made)))
  expect(answer.json.entry[0].resource.entry[0].response.status).toBe('201')
  expect(await account('async-download')).toBe(before + 1)
})

/** As a doctor writes it: without id and custodian. */
function observationOf(subject: string, code: string): object {
  const { id: _id, meta: _meta, ...rest } = observation('x', subject, code) as { id: string; meta: object }
  return rest
}

test('what was taken away between acceptance and fetching is not in it', async () => {
  const search = await start('GET', '/fhir/Observation?code=lab-a&_total=accurate')
  const everything = await start('GET', '/fhir/Patient/p1-a/$everything')
  const match = { resource: observationOf('p1-a', 'lab-a'), request: { method: 'POST', url: 'Observation', ifNoneExist: '_id=o1-a' } }
  const written = await start('POST', '/fhir', bundle(match, read('Observation/o1-a'), read('Observation?code=lab-a&_summary=count')))
  const entriesOf = async () => (await fetched(written)).json.entry[0].resource.entry
  const [found, one, count] = await entriesOf()
  expect([found.resource.id, found.response.status, one.resource.id, count.resource.total]).toEqual(['o1-a', '200', 'o1-a', 2])
  await give(held.server, 'p1-a', NO_SHARING)
  for (const [status, path] of [
    [search, '/fhir/Observation?code=lab-a&_total=accurate'],
    [everything, '/fhir/Patient/p1-a/$everything'],
  ] as const) {
    const [now, atOnce] = [await fetched(status), await get(path)]
    const { resource, response } = now.json.entry[0]
    expect([response.status, resource ?? response.outcome]).toEqual([String(atOnce.status), atOnce.json])
    expect(now.text).not.toContain('o1-a')
  }
  const after = await entriesOf()
  expect([after[0], after[1].response.status, after[2].resource.total]).toEqual([{ response: { status: '200' } }, '404', 0])
})
