/** Observation/$lastn over HTTP: R4 observation-operation-lastn.html; expected values by its definition. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { idsIn, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const call = (method: string, path: string, body?: object): Promise<Answer> => server.call(method, `/fhir/${path}`, body ? { body } : {})
const get = (path: string): Promise<Answer> => call('GET', path)
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code
const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  json.link.find((one: { relation: string }) => one.relation === relation)?.url.slice(`${server.url}/fhir/`.length)
const names = (answer: Answer): string[] => idsIn(answer, 'match').map((name) => name.slice('Observation/'.length))

const LAB = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }]
const coded = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: 'urn:s', code })) })
/** `day` of May 2024, or a whole dateTime. */
const observed = (id: string, code: object, day: number | string | undefined, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: LAB,
  code,
  subject: { reference: 'Patient/a' },
  ...(day === undefined ? {} : { effectiveDateTime: typeof day === 'string' ? day : `2024-05-${String(day).padStart(2, '0')}` }),
  ...more,
})
const period = (start: number) => ({ effectivePeriod: { start: `2024-05-${start}`, end: '2024-05-31' } })

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    { resourceType: 'Patient', id: 'a' },
    { resourceType: 'Patient', id: 'b' },
    ...[1, 2, 3, 4].map((day) => observed(`x${day}`, coded('x'), day)),
    // The 3rd and the 4th newest of their code at the same time, said in two zones.
    ...['2024-05-09T08:00:00Z', '2024-05-08T08:00:00Z', '2024-05-07T08:00:00Z', '2024-05-07T16:00:00+08:00', '2024-05-06T08:00:00Z'].map(
      (time, at) => observed(`t${at}`, coded('t'), time),
    ),
    // Of two codes each, which a third joins: one group of four.
    observed('m1', coded('m', 'n'), 1),
    observed('m2', coded('o'), 2),
    observed('m3', coded('n', 'o'), 3),
    observed('m4', { coding: [{ system: 'urn:s', code: 'm', display: 'other words' }] }, 4),
    // The same code of another system, and of none.
    observed('s1', { coding: [{ system: 'urn:other', code: 'x' }] }, 1),
    observed('s2', { coding: [{ code: 'x' }] }, 1),
    // By words alone, as they are written; a code goes before the words beside it.
    observed('w1', { text: 'Text' }, 1),
    observed('w2', { text: 'text' }, 2),
    observed('w3', { text: 'text' }, 3),
    observed('w4', { ...coded('w'), text: 'text' }, 4),
    observed('u1', coded('u'), undefined),
    observed('u2', coded('u'), 1, { status: 'entered-in-error' }),
    // Says the word, but is none.
    observed('p0', coded('p'), 19, { note: [{ text: '"status":"entered-in-error"' }] }),
    { ...observed('p1', coded('p'), undefined), ...period(20) },
    { ...observed('p2', coded('p'), 21) },
    observed('other', coded('x'), 30, { subject: { reference: 'Patient/b' } }),
    observed('vital', coded('x'), 30, { category: [{ text: 'vital' }] }),
  ])
}, 60_000)
afterAll(() => server.stop())

test('the newest of each code, newest first', async () => {
  const answer = await get('Observation/$lastn?patient=a&category=laboratory')
  expect([answer.status, answer.json.type, answer.json.total]).toEqual([200, 'searchset', 10])
  expect(names(answer)).toEqual(['p2', 't0', 'm4', 'w4', 'x4', 'w3', 's1', 's2', 'u2', 'w1'])
  expect(linkOf(answer, 'self')).toBe('Observation/$lastn?patient=a&category=laboratory')
})

test.each<[string, string[]]>([
  ['code=x', ['vital', 's1', 's2']],
  ['code=urn:s|x', ['vital']],
  ['code=urn:s|x&category=laboratory&max=2', ['x4', 'x3']],
  ['code=t&max=2', ['t0', 't1']],
  ['code=t&max=3', ['t0', 't1', 't2', 't3']],
  ['code=t&max=4', ['t0', 't1', 't2', 't3']],
  ['code=t&max=9', ['t0', 't1', 't2', 't3', 't4']],
  ['code=m,n,o&max=2', ['m4', 'm3']],
  // Equivalence is that of what was found: without the one that joins them there are two groups.
  ['code=m,o&date=ne2024-05-03', ['m4', 'm2']],
  ['code=u&max=2', ['u2', 'u1']],
  ['code=u&status=final', ['u1']],
  ['code=p&max=2', ['p2', 'p1']],
  ['code:text=text&max=2', ['w4', 'w3', 'w2', 'w1']],
  ['category=laboratory&date=lt2024-05-02&code=m,n,o,x', ['m1', 's1', 's2', 'x1']],
  ['code=absent', []],
])('patient=a&%s', async (query, expected) => {
  const answer = await get(`Observation/$lastn?patient=a&${query}`)
  expect([names(answer), answer.json.total]).toEqual([expected, expected.length])
})

test('of a subject in any form, by POST, with what belongs to them', async () => {
  const parameter = [
    { name: 'subject', valueString: 'Patient/a' },
    { name: 'code', valueString: 'urn:s|x' },
    { name: 'category', valueString: 'laboratory' },
    { name: 'max', valuePositiveInt: 3 },
    { name: '_include', valueString: 'Observation:subject' },
  ]
  const answer = await call('POST', 'Observation/$lastn', { resourceType: 'Parameters', parameter })
  expect([names(answer), idsIn(answer, 'include')]).toEqual([['x4', 'x3', 'x2'], ['Patient/a']])
  expect(names(await get(`Observation/$lastn?subject=${server.url}/fhir/Patient/a&code=p`))).toEqual(['p2'])
  expect(names(await get('Observation/$lastn?subject:Patient._id=b&code=x'))).toEqual(['other'])
})

// R4: "If not explicitly filtered by status then will include statuses of 'entered-in-error'".
describe('what was entered in error', () => {
  const noticed = async (query: string): Promise<[string[], string[]]> => {
    const answer = await get(`Observation/$lastn?patient=a&code=u&${query}`)
    const outcomes = (answer.json.entry ?? []).filter(({ search }: { search: { mode: string } }) => search.mode === 'outcome')
    return [names(answer), outcomes.map(({ resource }: { resource: object }) => codeOf({ json: resource } as Answer))]
  }
  test.each<[string, string[], string[]]>([
    ['max=1', ['u2'], ['lastn-retracted']],
    ['max=2', ['u2', 'u1'], ['lastn-retracted']],
    ['max=2&_count=1', ['u2'], ['lastn-retracted']],
    // One that is not asked for takes no place, and what is asked for by its status is no news.
    ['status:not=entered-in-error', ['u1'], []],
    ['status=final,amended', ['u1'], []],
    ['status=entered-in-error', ['u2'], []],
    ['max=1&_summary=count', [], []],
  ])('%s', async (query, found, notices) => {
    expect(await noticed(query)).toEqual([found, notices])
  })
  test('is not spoken of where there is none', async () => {
    expect((await get('Observation/$lastn?patient=a&code=p&max=3')).text).not.toContain('OperationOutcome')
  })
})

test('in pages', async () => {
  const pages: string[][] = []
  for (let path: string | undefined = 'Observation/$lastn?patient=a&code=t,u&max=4&_count=2'; path !== undefined; ) {
    const page = await get(path)
    expect(page.json.total).toBe(6)
    pages.push(names(page))
    path = linkOf(page, 'next')
  }
  expect(pages).toEqual([
    ['t0', 't1'],
    ['t2', 't3'],
    ['u2', 'u1'],
  ])
  const counted = await get('Observation/$lastn?patient=a&code=t&max=3&_summary=count')
  expect([counted.json.total, names(counted)]).toEqual([4, []])
})

describe('is refused', () => {
  test.each([
    ['Observation/$lastn', 400, 'parameter-missing', 'patient'],
    ['Observation/$lastn?code=x', 400, 'parameter-missing', 'patient'],
    ['Observation/$lastn?patient:missing=false&code=x', 400, 'parameter-missing', 'patient'],
    ['Observation/$lastn?patient=a', 400, 'parameter-missing', 'category'],
    ['Observation/$lastn?patient=a&status=final', 400, 'parameter-missing', 'category'],
    ['Observation/$lastn?patient=a&code=x&max=0', 400, 'parameter-invalid', 'max'],
    ['Observation/$lastn?patient=a&code=x&max=1&max=2', 400, 'parameter-repeated', 'max'],
    ['Observation/$lastn?patient=a&code=x&_sort=date', 400, 'parameter-unsupported', '_sort'],
    ['Observation/$lastn?patient=a&code=x&date=y', 400, 'parameter-invalid', 'date'],
  ])('%s', async (path, status, code, expression) => {
    const answer = await get(path)
    expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([status, code, [expression]])
  })

  test.each(['Patient/$lastn', '$lastn', 'Observation/x1/$lastn', 'Patient/a/foo/$everything', 'Patient/a/_history/1/$everything'])(
    '%s, where there is no such operation',
    async (path) => {
      const answer = await get(path)
      expect([answer.status, codeOf(answer)]).toEqual([404, 'operation-unknown'])
    },
  )
})

test('it is in the CapabilityStatement', async () => {
  const resources = (await get('metadata')).json.rest[0].resource as { type: string; operation?: object[] }[]
  expect(resources.find(({ type }) => type === 'Observation')?.operation).toContainEqual({
    name: 'lastn',
    definition: 'http://hl7.org/fhir/OperationDefinition/Observation-lastn',
  })
})
