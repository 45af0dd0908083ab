/** `_typeFilter` of an export (Bulk Data Access 2.0): queries of which one must be met, type by type. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportAll, linesOf } from '../consent/export.ts'
import { condition, custody, observation, patient, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let engine: string

beforeAll(async () => {
  server = await startTestServer()
  engine = await server.token('h1-engine')
  await putAll(server, await server.token('loader'), [
    patient('m', { meta: custody('H1'), gender: 'male' }),
    patient('f', { meta: custody('H1'), gender: 'female' }),
    observation('old', 'm', 'x', { effectiveDateTime: '2018-06-30' }),
    observation('new', 'm', 'x', { effectiveDateTime: '2018-07-02' }),
    observation('kept', 'f', 'y', { status: 'amended', effectiveDateTime: '2018-06-30' }),
    observation('comma', 'f', 'a,Patient?b'),
    condition('c', 'm', 'x'),
    condition('d', 'f', 'y'),
  ])
}, 60_000)
afterAll(() => server.stop())

const filters = (...queries: string[]): string => queries.map((query) => `_typeFilter=${encodeURIComponent(query)}`).join('&')
async function exported(query: string, path = '$export'): Promise<string[]> {
  const run = await exportAll(server, engine, `/fhir/${path}?${query}`)
  const resources = (await linesOf(server, engine, run)).map((line) => JSON.parse(line) as { resourceType: string; id: string })
  return resources.map(({ resourceType, id }) => `${resourceType}/${id}`).sort()
}
const ask = (query: string, prefer = 'respond-async', token = engine): Promise<Answer> =>
  server.call('GET', `/fhir/$export?${query}`, { token, headers: { Prefer: prefer } })
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

test.each<[string, string, string[]]>([
  ['one query', filters('Observation?status=amended'), ['kept']],
  ['several criteria of one', filters('Observation?code=x&date=gt2018-07-01'), ['new']],
  [
    'several queries in one list',
    filters('Observation?status=amended,Observation?status=final&date=gt2018-07-01T00:00:00Z&code=x'),
    ['kept', 'new'],
  ],
  ['several parameters', filters('Observation?status=amended', 'Observation?code=x&date=lt2018-07-01'), ['kept', 'old']],
  ['a list of values within a query', filters('Observation?code=x,y&date=2018-06-30'), ['kept', 'old']],
  ['an escaped comma', filters('Observation?code=a\\,Patient?b'), ['comma']],
  ['a space behind the comma of a list', filters('Observation?code=x&date=2018-06-30, Observation?status=amended'), ['kept', 'old']],
  ['an escaped backslash before the comma of a list', filters('Observation?code=a\\\\,Observation?status=amended'), ['kept']],
  ['a query that is encoded itself', filters('Observation?code=urn%3Atest%7Cx&date=2018-06-30'), ['old']],
  ['a chain', filters('Observation?subject:Patient.gender=female'), ['comma', 'kept']],
  ['what refers to it', filters('Observation?patient:Patient._has:Condition:patient:code=x'), ['new', 'old']],
  ['codes of a value set', filters('Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status&code=y'), ['kept']],
  ['_filter', filters('Observation?_filter=code eq y or (date gt 2018-07-01 and code eq x)'), ['kept', 'new']],
  ['nothing', filters('Observation?code=absent'), []],
])('%s', async (_name, query, ids) => {
  expect(await exported(`_type=Observation&${query}`)).toEqual(ids.map((id) => `Observation/${id}`))
})

test('a type without a query is exported whole, also where no type is named', async () => {
  expect(await exported(`_type=Observation,Condition&${filters('Observation?code=y')}`)).toEqual([
    'Condition/c',
    'Condition/d',
    'Observation/kept',
  ])
  const all = await exported(filters('Observation?code=y', 'Condition?code=x'))
  expect(all.filter((name) => /^(?:Condition|Observation|Patient)/.test(name))).toEqual([
    'Condition/c',
    'Observation/kept',
    'Patient/f',
    'Patient/m',
  ])
})

test('with the members of a Group, and with a time', async () => {
  const member = [{ entity: { reference: 'Patient/m' } }]
  const { id } = (
    await server.call('POST', '/fhir/Group', { token: engine, body: { resourceType: 'Group', type: 'person', actual: true, member } })
  ).json
  const query = `_type=Observation&${filters('Observation?date=2018-06-30')}`
  expect(await exported(query, `Group/${id}/$export`)).toEqual(['Observation/old'])
  expect(await exported(query, 'Patient/$export')).toEqual(['Observation/kept', 'Observation/old'])
  expect(await exported(`_since=2999-01-01T00:00:00Z&${query}`)).toEqual([])
})

test('by POST, in pages behind one another', async () => {
  const many = Array.from({ length: 501 }, (_, n) => observation(`z${n}`, 'm', n % 250 === 0 ? 'few' : 'many'))
  await putAll(server, await server.token('loader'), many)
  expect(await exported(`_type=Observation&${filters('Observation?code=few,many')}`)).toHaveLength(501)
  expect(await exported(`_type=Observation&${filters('Observation?code=few')}`)).toEqual(
    ['z0', 'z250', 'z500'].map((id) => `Observation/${id}`),
  )
  const parameter = [
    { name: '_type', valueString: 'Observation' },
    { name: '_typeFilter', valueString: 'Observation?code=few&_id=z250' },
  ]
  const headers = { Prefer: 'respond-async' }
  const answer = await server.call('POST', '/fhir/$export', { token: engine, headers, body: { resourceType: 'Parameters', parameter } })
  expect(answer.status).toBe(202)
}, 60_000)

describe('refused', () => {
  test.each([
    ['Observation', 400, 'parameter-invalid', '_typeFilter'],
    ['Observation?', 400, 'parameter-invalid', '_typeFilter'],
    ['', 400, 'parameter-invalid', '_typeFilter'],
    ['Observations?code=x', 400, 'parameter-invalid', '_typeFilter'],
    ['Condition?code=x', 400, 'parameter-invalid', '_typeFilter'],
    ['AuditEvent?type=rest', 400, 'parameter-invalid', '_typeFilter'],
    ['Observation?code=%zz', 400, 'query-encoding', '_typeFilter'],
    ['Observation?_include=Observation:subject', 400, 'parameter-unsupported', '_include'],
    ['Observation?_revinclude:iterate=Provenance:target', 400, 'parameter-unsupported', '_revinclude:iterate'],
    ['Observation?code=x&_count=1', 400, 'parameter-unsupported', '_count'],
    ['Observation?code=x&_sort=date', 400, 'parameter-unsupported', '_sort'],
    ['Observation?code=x&_summary=count', 400, 'parameter-unsupported', '_summary'],
    ['Observation?code=x&_elements=id', 400, 'parameter-unsupported', '_elements'],
    ['Observation?code=x&_contained=true', 400, 'parameter-unsupported', '_contained'],
    ['Observation?code=x&nonsense=y', 400, 'parameter-unknown', 'nonsense'],
    ['Observation?date=y', 400, 'parameter-invalid', 'date'],
  ])('%s', async (query, status, code, expression) => {
    const answer = await ask(`_type=Observation&${filters(query)}`)
    expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([status, code, [expression]])
  })

  test('more than a hundred queries', async () => {
    const queries = (n: number) => filters(Array.from({ length: n }, () => 'Observation?code=x').join(','))
    expect(codeOf(await ask(`_type=Observation&${queries(101)}`))).toBe('parameters-many')
    expect((await ask(`_type=Observation&${queries(100)}`)).status).toBe(202)
  })

  test('more than 16 Ki characters', async () => {
    const parameter = (length: number) => [
      { name: '_type', valueString: 'Observation' },
      { name: '_typeFilter', valueString: `${`Observation?code=${'x'.repeat(983)},`.repeat(16)}Observation?code=${'x'.repeat(length)}` },
    ]
    // 16 queries of 1,000 characters with their comma, and one of 17 and more.
    const send = (length: number) =>
      server.call('POST', '/fhir/$export', {
        token: engine,
        headers: { Prefer: 'respond-async' },
        body: { resourceType: 'Parameters', parameter: parameter(length) },
      })
    const [all, more] = [await send(384 - 16 - 17), await send(384 - 16 - 17 + 1)]
    expect([all.status, more.status, codeOf(more)]).toEqual([202, 400, 'parameter-length'])
  })

  test('a link to a type that the token may not search', async () => {
    const token = await server.token('h1-engine', { scope: 'system/Observation.rs' })
    const query = `_type=Observation&${filters('Observation?subject:Patient.gender=male')}`
    expect((await ask(query, 'respond-async', token)).status).toBe(403)
  })
})

test('lenient handling leaves out what is not understood, and says so', async () => {
  const query = `_type=Observation&_elements=id&${filters('Observation?code=y&_count=1&nonsense=x')}`
  const kickOff = await ask(query, 'respond-async, handling=lenient')
  expect(kickOff.status).toBe(202)
  const status = new URL(kickOff.headers.get('content-location') ?? '').pathname
  let manifest = await server.call('GET', status, { token: engine })
  for (; manifest.status === 202; manifest = await server.call('GET', status, { token: engine }))
    await new Promise((resolve) => setTimeout(resolve, 20))
  const pathOf = ({ url }: { url: string }) => url.slice(server.url.length)
  const { output, error } = manifest.json
  const [line, ...others] = await linesOf(server, engine, { status, files: output.map(pathOf) })
  expect([JSON.parse(line ?? '').id, others]).toEqual(['kept', []])
  expect(error.map(({ type }: { type: string }) => type)).toEqual(['OperationOutcome'])
  const told = (await linesOf(server, engine, { status, files: error.map(pathOf) })).map((text) => JSON.parse(text).issue)
  expect(told.map(([issue]) => [issue.severity, issue.diagnostics.split(': ')[1]])).toEqual([
    ['warning', '_elements'],
    ['warning', '_count'],
    ['warning', 'nonsense'],
  ])
  // What is understood, and wrong, is refused in either handling; so is more than can be named.
  expect(codeOf(await ask(`_type=Observation&${filters('Observation?date=y')}`, 'respond-async, handling=lenient'))).toBe(
    'parameter-invalid',
  )
  const many = Array.from({ length: 65 }, (_, n) => `nonsense${n}=x`).join('&')
  expect(codeOf(await ask(many, 'respond-async, handling=lenient'))).toBe('parameters-many')
  expect(codeOf(await ask('_type=Observation&_elements=id', 'respond-async, handling=strict'))).toBe('parameter-unknown')
})
