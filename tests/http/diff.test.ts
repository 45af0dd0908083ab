/** $diff over HTTP, as HAPI FHIR documents it (server_jpa/diff): a FHIRPath Patch with the values before. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const call = (method: string, path: string, body?: object | string): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, body ? { body, headers: { 'Content-Type': 'application/fhir+json' } } : {})
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

interface Part {
  name: string
  part?: Part[]
  [value: string]: unknown
}
/** Each operation as its parts by name: the value, the resource, or the parts of it. */
const operationsIn = ({ json }: Answer): Record<string, unknown>[] =>
  ((json.parameter ?? []) as Part[]).map(({ part = [] }) =>
    Object.fromEntries(
      part.map(({ name, ...rest }) => [name, rest.part ?? Object.entries(rest).map(([key, value]) => ({ [key]: value }))[0]]),
    ),
  )
const type = (valueCode: string) => ({ valueCode })
const path = (valueString: string) => ({ valueString })
const text = (valueString: string) => ({ valueString })

const FIRST = {
  resourceType: 'Patient',
  id: 'p',
  active: true,
  name: [{ family: 'Smyth', given: ['A', 'B'] }, { text: 'old' }],
  contact: [{ name: { text: 'm' } }],
  deceasedBoolean: false,
}
const SECOND = {
  resourceType: 'Patient',
  id: 'p',
  meta: { tag: [{ code: 't' }] },
  name: [{ family: 'SmithB', given: ['A', 'C', 'B'] }],
  birthDate: '1970-01-01',
  contact: [{ name: { text: 'm' } }, { name: { text: 'n' }, telecom: [{ system: 'phone', value: '1' }] }],
  deceasedDateTime: '2020',
}

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  for (const body of [FIRST, SECOND]) expect((await call('PUT', 'Patient/p', body)).text).toContain('versionId')
  await call('PUT', 'Patient/q', { resourceType: 'Patient', id: 'q', birthDate: '1970-01-01' })
  await call(
    'PUT',
    'Observation/o',
    '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0}}',
  )
  await call(
    'PUT',
    'Observation/o',
    '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00}}',
  )
  await call('PUT', 'Patient/gone', { resourceType: 'Patient', id: 'gone' })
  await call('DELETE', 'Patient/gone')
}, 60_000)
afterAll(() => server.stop())

describe('of two versions', () => {
  const EXPECTED = [
    { type: type('replace'), path: path('Patient.name[0].family'), previousValue: text('Smyth'), value: text('SmithB') },
    { type: type('insert'), path: path('Patient.name[0].given'), index: { valueInteger: 1 }, value: text('C') },
    { type: type('add'), path: path('Patient'), name: text('birthDate'), value: { valueDate: '1970-01-01' } },
    { type: type('replace'), path: path('Patient.deceased'), previousValue: { valueBoolean: false }, value: { valueDateTime: '2020' } },
    {
      type: type('insert'),
      path: path('Patient.contact'),
      index: { valueInteger: 1 },
      value: [
        { name: 'name', valueHumanName: { text: 'n' } },
        { name: 'telecom', valueContactPoint: { system: 'phone', value: '1' } },
      ],
    },
    { type: type('delete'), path: path('Patient.active') },
    { type: type('delete'), path: path('Patient.name[1]') },
  ]
  const sorted = (list: object[]) => list.map((one) => JSON.stringify(one)).sort()

  test.each([
    'Patient/p/$diff',
    'Patient/p/$diff?fromVersion=1',
    '$diff?from=Patient/p/_history/1&to=Patient/p',
    '$diff?from=Patient/p/_history/1&to=Patient/p/_history/2',
  ])('%s', async (address) => {
    const answer = await call('GET', address)
    expect([answer.status, answer.json.resourceType]).toEqual([200, 'Parameters'])
    expect(sorted(operationsIn(answer))).toEqual(sorted(EXPECTED))
  })

  test('the answer is a patch: it makes the one of the other', async () => {
    const { json } = await call('GET', 'Patient/p/$diff')
    await call('PUT', 'Patient/p2', { ...FIRST, id: 'p2' })
    const patched = await call('PATCH', 'Patient/p2', json)
    const { id: _, meta: __, ...rest } = patched.json
    const { id: ___, meta: ____, ...wanted } = SECOND
    expect([patched.status, rest]).toEqual([200, wanted])
  })

  test('with includeMeta what the server sets, too', async () => {
    const paths = operationsIn(await call('GET', 'Patient/p/$diff?includeMeta=true')).map(
      (one) => (one.path as { valueString: string }).valueString,
    )
    expect(paths).toEqual(expect.arrayContaining(['Patient.meta.versionId', 'Patient.meta.lastUpdated', 'Patient.meta']))
  })

  test('digits count; versions that are the same have no differences', async () => {
    const answer = await call('GET', 'Observation/o/$diff')
    expect(answer.text).toContain('"name":"previousValue","valueDecimal":1.0}')
    expect(answer.text).toContain('"name":"value","valueDecimal":1.00}')
    expect((await call('GET', 'Observation/o/$diff?fromVersion=2')).json).toEqual({ resourceType: 'Parameters' })
  })

  test('a first version is compared with nothing', async () => {
    const [first, ...others] = operationsIn(await call('GET', 'Patient/q/$diff'))
    expect([first, others]).toEqual([
      { type: type('add'), path: path('Patient'), name: text('id'), value: { valueId: 'q' } },
      [{ type: type('add'), path: path('Patient'), name: text('birthDate'), value: { valueDate: '1970-01-01' } }],
    ])
  })
})

test('of two resources of a type, by POST', async () => {
  const parameter = [
    { name: 'from', valueString: 'Patient/q' },
    { name: 'to', valueString: `${server.url}/fhir/Patient/p` },
  ]
  const found = operationsIn(await call('POST', '$diff', { resourceType: 'Parameters', parameter }))
  expect(found).toContainEqual({
    type: type('replace'),
    path: path('Patient.id'),
    previousValue: { valueId: 'q' },
    value: { valueId: 'p' },
  })
})

test.each([
  ['Patient/nowhere/$diff', 404, 'not-found'],
  ['Patient/p/$diff?fromVersion=9', 404, 'not-found'],
  ['Patient/p/$diff?fromVersion=x', 400, 'parameter-invalid'],
  ['Patient/p/$diff?includeMeta=x', 400, 'parameter-invalid'],
  ['Patient/gone/$diff', 410, 'gone'],
  ['$diff?from=Patient/p', 400, 'parameter-missing'],
  ['$diff?from=Patient/p&to=Observation/o', 400, 'parameter-invalid'],
  ['$diff?from=Patient/p&to=http://x.example/Patient/1', 400, 'parameter-invalid'],
  ['$diff?from=Patient/p&to=Patient/nowhere', 404, 'not-found'],
  ['$diff?from=Patient/p&to=Patient/p/_history/x', 404, 'not-found'],
  ['$diff?from=Patience/p&to=Patience/q', 404, 'resource-type-unknown'],
])('%s', async (address, status, issue) => {
  const answer = await call('GET', address)
  expect([answer.status, codeOf(answer)]).toEqual([status, issue])
})
