/** $graphql over HTTP: R4 graphql.html; what is expected is written by hand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const post = (query: string, more: object = {}, path = '$graphql'): Promise<Answer> =>
  server.call('POST', `/fhir/${path}`, { body: { query, ...more }, headers: { 'Content-Type': 'application/json' } })
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code
const ref = (reference: string) => ({ reference })
const observation = (id: string, day: number, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:s', code: 'x' }] },
  subject: ref('Patient/a'),
  effectiveDateTime: `2024-05-0${day}`,
  ...more,
})

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    {
      resourceType: 'Patient',
      id: 'a',
      active: true,
      name: [
        { use: 'official', family: '王', given: ['建', '国'] },
        { use: 'usual', text: '小王', given: ['王'] },
        { use: 'usual', text: '老王' },
      ],
      birthDate: '1970-01-01',
      _birthDate: { extension: [{ url: 'urn:e', valueDecimal: 1 }] },
      generalPractitioner: [ref('Practitioner/doc'), ref('Organization/none')],
      managingOrganization: ref('Organization/org'),
      contained: [{ resourceType: 'Organization', id: 'in', name: 'inside' }],
      contact: [{ organization: ref('#in') }],
    },
    { resourceType: 'Patient', id: 'b', name: [{ family: '李' }] },
    { resourceType: 'Practitioner', id: 'doc', name: [{ text: '医生' }] },
    { resourceType: 'Organization', id: 'org', name: '医院' },
    observation('o1', 1),
    observation('o2', 2),
    observation('o3', 3, { status: 'amended' }),
    { resourceType: 'Condition', id: 'c', code: { text: 'x' }, subject: ref('Patient/a') },
  ])
  const text = JSON.stringify(observation('o4', 4, { valueQuantity: { value: 7, unit: 'mmol/L' } })).replace('"value":7', '"value":1.50')
  expect((await server.call('PUT', '/fhir/Observation/o4', { body: text })).status).toBe(201)
}, 60_000)
afterAll(() => server.stop())

const data = async (query: string, more: object = {}, path?: string): Promise<unknown> => {
  const { status, json, text } = await post(query, more, path)
  expect([status, json?.errors ?? (status === 200 ? undefined : text)]).toEqual([200, undefined])
  return json.data
}

describe('of one resource', () => {
  test('elements, lists, and what has no value', async () => {
    const found = await data(
      '{ Patient(id: "a") { resourceType id active gender name { use family given } birthDate _birthDate { extension { url } } } }',
    )
    expect(found).toEqual({
      Patient: {
        resourceType: 'Patient',
        id: 'a',
        active: true,
        gender: null,
        name: [
          { use: 'official', family: '王', given: ['建', '国'] },
          { use: 'usual', family: null, given: ['王'] },
          { use: 'usual', family: null, given: null },
        ],
        birthDate: '1970-01-01',
        _birthDate: { extension: [{ url: 'urn:e' }] },
      },
    })
  })

  test.each<[string, unknown]>([
    ['name(use: official) { family }', { name: [{ family: '王' }] }],
    ['name(use: "usual", text: "老王") { text }', { name: [{ text: '老王' }] }],
    ['name(use: usual, _offset: 1, _count: 1) { text }', { name: [{ text: '老王' }] }],
    ['name(_count: 1) { given(_offset: 1) }', { name: [{ given: ['国'] }] }],
    ['name(use: nickname) { text }', { name: [] }],
    ['first: name @first { family }', { first: { family: '王' } }],
    ['name @first { given @first }', { name: { given: '建' } }],
    ['name @flatten { given use }', { given: [['建', '国'], ['王'], null].flat().filter(Boolean), use: ['official', 'usual', 'usual'] }],
    ['name @first @flatten { given family }', { given: ['建', '国'], family: '王' }],
    ['name @first @flatten { given @singleton }', { given: '建' }],
    ['name(use: usual) @slice(path: "text") { use }', { 'name.小王': { use: 'usual' }, 'name.老王': { use: 'usual' } }],
    ['name @slice(path: "$index") { use }', { 'name.0': { use: 'official' }, 'name.1': { use: 'usual' }, 'name.2': { use: 'usual' } }],
    ['name @slice(path: "use") @flatten { given }', { 'given.official': ['建', '国'], 'given.usual': ['王'] }],
    [
      'managingOrganization { reference resource(type: Organization) { name } }',
      { managingOrganization: { reference: 'Organization/org', resource: { name: '医院' } } },
    ],
    [
      'managingOrganization { resource { id ... on Organization { name } ... on Patient { gender } } }',
      { managingOrganization: { resource: { id: 'org', name: '医院' } } },
    ],
    ['managingOrganization { resource(type: Practitioner) { id } }', { managingOrganization: { resource: null } }],
    [
      'generalPractitioner { resource(optional: true, type: Practitioner) { name { text } } }',
      { generalPractitioner: [{ resource: { name: [{ text: '医生' }] } }, { resource: null }] },
    ],
    [
      'contact { organization { resource(type: Organization) { name } } }',
      { contact: [{ organization: { resource: { name: 'inside' } } }] },
    ],
    ['contained { id ... on Organization { name } }', { contained: [{ id: 'in', name: 'inside' }] }],
    ['ConditionList(_reference: patient) { id }', { ConditionList: [{ id: 'c' }] }],
    ['ObservationList(_reference: subject, status: amended, _sort: "-date") { id }', { ObservationList: [{ id: 'o3' }] }],
    [
      'ObservationConnection(_reference: patient, _count: 2) { count edges { resource { id } } }',
      { ObservationConnection: { count: 4, edges: [{ resource: { id: 'o4' } }, { resource: { id: 'o3' } }] } },
    ],
  ])('%s', async (selection, expected) => {
    expect(await data(`{ Patient(id: "a") { ${selection} } }`)).toEqual({ Patient: expected })
    // At the resource itself it is the same without its name.
    expect(await data(`{ ${selection} }`, {}, 'Patient/a/$graphql')).toEqual(expected)
  })

  test('numbers keep their digits', async () => {
    const { text } = await post('{ Observation(id: "o4") { valueQuantity { value unit } } }')
    expect(text).toBe('{"data":{"Observation":{"valueQuantity":{"value":1.50,"unit":"mmol/L"}}}}')
  })
})

describe('searches', () => {
  test.each<[string, unknown]>([
    ['PatientList(name: "王") { id }', { PatientList: [{ id: 'a' }] }],
    ['PatientList(name: "nobody") { id }', { PatientList: [] }],
    [
      'ObservationList(code: "urn:s|x", date: ["ge2024-05-02", "lt2024-05-04"], _sort: "date") { id }',
      { ObservationList: [{ id: 'o2' }, { id: 'o3' }] },
    ],
    ['ObservationList(_sort: "date", _count: 2, _offset: 1) { id }', { ObservationList: [{ id: 'o2' }, { id: 'o3' }] }],
    [
      'ObservationConnection(patient: "a", status: amended) { count offset pagesize edges { mode resource { id } } next }',
      { ObservationConnection: { count: 1, offset: 0, pagesize: 20, edges: [{ mode: 'match', resource: { id: 'o3' } }], next: null } },
    ],
    ['a: PatientList(_id: "a") { id } b: PatientList(_id: "b") { id }', { a: [{ id: 'a' }], b: [{ id: 'b' }] }],
    ['ObservationList(value_quantity: "gt1") { id }', { ObservationList: [{ id: 'o4' }] }],
  ])('%s', async (selection, expected) => {
    expect(await data(`{ ${selection} }`)).toEqual(expected)
  })

  test('a connection goes on by its cursor', async () => {
    const pages: string[][] = []
    for (let cursor = ''; pages.length < 5; ) {
      const query = `query($c: String) { ObservationConnection(_sort: "date", _count: 3, _cursor: $c) { count edges { resource { id } } next } }`
      const { ObservationConnection: page } = (await data(query, { variables: { c: cursor } })) as {
        ObservationConnection: { count: number; edges: { resource: { id: string } }[]; next: string | null }
      }
      expect(page.count).toBe(4)
      pages.push(page.edges.map(({ resource }) => resource.id))
      if (page.next === null) break
      cursor = page.next
    }
    expect(pages).toEqual([['o1', 'o2', 'o3'], ['o4']])
  })
})

describe('the language', () => {
  test('variables, named operations, fragments, @include and @skip', async () => {
    const query = `
      query One($id: ID!, $with: Boolean!) { Patient(id: $id) { ...names birthDate @include(if: $with) active @skip(if: $with) } }
      query Two { PatientList(_id: "b") { ...names } }
      fragment names on Patient { name { family } }`
    expect(await data(query, { operationName: 'One', variables: { id: 'b', with: true } })).toEqual({
      Patient: { name: [{ family: '李' }], birthDate: null },
    })
    expect(await data(query, { operationName: 'Two' })).toEqual({ PatientList: [{ name: [{ family: '李' }] }] })
  })

  test('by GET, as application/graphql, and in Parameters', async () => {
    const query = '{ Patient(id: "b") { name { family } } }'
    const expected = { data: { Patient: { name: [{ family: '李' }] } } }
    const [got, plain] = [
      await server.call('GET', `/fhir/$graphql?query=${encodeURIComponent(query)}`),
      await server.call('POST', '/fhir/$graphql', { body: query, headers: { 'Content-Type': 'Application/GraphQL; charset=utf-8' } }),
    ]
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'query', valueString: query }] }
    const sent = await server.call('POST', '/fhir/$graphql', { body: parameters })
    expect([got.json, plain.json, sent.json]).toEqual([expected, expected, expected])
    expect(got.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const variables = encodeURIComponent('{"id":"b"}')
    const withVariables = await server.call(
      'GET',
      `/fhir/$graphql?query=${encodeURIComponent('query($id: ID!) { Patient(id: $id) { id } }')}&variables=${variables}`,
    )
    expect(withVariables.json).toEqual({ data: { Patient: { id: 'b' } } })
  })

  test('in a batch the answer stands in a Binary, in JSON and in XML', async () => {
    const url = `$graphql?query=${encodeURIComponent('{ Patient(id: "b") { id } }')}`
    const body = { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url } }] }
    const { json } = await server.call('POST', '/fhir', { body })
    const { resource, response } = json.entry[0]
    expect([response.status, resource.resourceType, resource.contentType]).toEqual(['200', 'Binary', 'application/json; charset=utf-8'])
    expect(JSON.parse(Buffer.from(resource.data, 'base64').toString())).toEqual({ data: { Patient: { id: 'b' } } })
    const xml = await server.call('POST', '/fhir', { body, headers: { Accept: 'application/fhir+xml' } })
    expect([xml.status, xml.text.includes('<Binary><contentType')]).toEqual([200, true])
  })

  test('introspection', async () => {
    const found = (await data(
      '{ __type(name: "HumanName") { kind fields { name type { name kind ofType { name } } } } __schema { directives { name } } }',
    )) as {
      __type: { kind: string; fields: object[] }
      __schema: { directives: { name: string }[] }
    }
    expect(found.__type.kind).toBe('OBJECT')
    expect(found.__type.fields).toContainEqual({ name: 'given', type: { name: null, kind: 'LIST', ofType: { name: 'String' } } })
    expect(found.__schema.directives.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['flatten', 'first', 'singleton', 'slice', 'include', 'skip']),
    )
  })
})

test('the operations that read are in the CapabilityStatement', async () => {
  const [rest] = (await server.call('GET', '/fhir/metadata')).json.rest as {
    operation: { name: string }[]
    resource: { type: string; operation: { name: string }[] }[]
  }[]
  const named = (type: string) => rest?.resource.find((one) => one.type === type)?.operation.map(({ name }) => name)
  expect(rest?.operation.map(({ name }) => name)).toEqual(expect.arrayContaining(['convert', 'diff', 'graphql']))
  expect(named('Observation')).toEqual(expect.arrayContaining(['lastn', 'stats', 'diff']))
  expect(named('Composition')).toEqual(expect.arrayContaining(['document', 'diff']))
  expect(named('Patient')).not.toContain('lastn')
})

describe('what goes wrong at a field stands there, and the rest is answered', () => {
  test.each([
    ['{ x: Patient(id: "nowhere") { id } b: Patient(id: "b") { id } }', ['x'], 'not-found', { x: null, b: { id: 'b' } }],
    ['{ x: Patient(id: "a b") { id } b: Patient(id: "b") { id } }', ['x'], 'not-found', { x: null, b: { id: 'b' } }],
    ['{ x: ObservationList(date: "x") { id } b: Patient(id: "b") { id } }', ['x'], 'parameter-invalid', { x: null, b: { id: 'b' } }],
    [
      '{ x: ObservationList(_count: 1, _offset: -1) { id } b: Patient(id: "b") { id } }',
      ['x'],
      'parameter-invalid',
      { x: null, b: { id: 'b' } },
    ],
    [
      '{ Patient(id: "a") { generalPractitioner { resource { id } } } }',
      ['Patient', 'generalPractitioner', 1, 'resource'],
      'reference-unresolved',
      { Patient: { generalPractitioner: [{ resource: { id: 'doc' } }, { resource: null }] } },
    ],
    [
      '{ Patient(id: "a") { ObservationList(_reference: code) { id } } }',
      ['Patient', 'ObservationList'],
      'parameter-invalid',
      { Patient: { ObservationList: null } },
    ],
    ['{ ObservationConnection(_cursor: "x") { count } }', ['ObservationConnection'], 'page-invalid', { ObservationConnection: null }],
  ])('%s', async (query, path, code, expected) => {
    const { status, json } = await post(query)
    expect([status, json.data]).toEqual([200, expected])
    expect(json.errors).toEqual([
      expect.objectContaining({ path, extensions: expect.objectContaining({ code, text: expect.any(String) }) }),
    ])
  })
})

describe('what is asked again and again under other names is bounded before it is made', () => {
  const names = (count: number, field: string): string => Array.from({ length: count }, (_, n) => `n${n}: ${field}`).join(' ')

  test('to learn what there is to ask for is none of that', async () => {
    const { __schema } = (await data('{ __schema { types { name fields { name args { name } } } } }')) as {
      __schema: { types: { name: string; fields: { name: string; args: object[] }[] | null }[] }
    }
    const names = __schema.types.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['Query', 'Patient', 'ObservationConnection', 'HumanName', '__Type']))
    const patient = __schema.types.find(({ name }) => name === 'Patient')
    expect(patient?.fields).toContainEqual({ name: 'birthDate', args: [] })
  }, 20_000)

  test('of errors: a few stand at their fields, with very many it is the whole that fails', async () => {
    const link = Array.from({ length: 300 }, () => ({ other: ref('Patient/nowhere'), type: 'seealso' }))
    expect((await server.call('PUT', '/fhir/Patient/links', { body: { resourceType: 'Patient', id: 'links', link } })).status).toBe(201)
    const few = await post(`{ Patient(id: "links") { n: link(_offset: -1) { type } link { other { resource { id } } } } }`)
    expect([few.status, few.json.errors.length]).toEqual([200, 301])
    const many = await post(`{ Patient(id: "links") { link { ${names(4, 'other { resource { id } }')} } } }`)
    expect([many.status, codeOf(many)]).toEqual([400, 'graphql-costly'])
    const optional = await post(`{ Patient(id: "links") { link { ${names(4, 'other { resource(optional: true) { id } }')} } } }`)
    expect([optional.status, optional.json.errors]).toEqual([200, undefined])
  })

  test('of elements, and of what is no element', async () => {
    const member = Array.from({ length: 2000 }, (_, n) => ({ entity: ref(`Patient/${n}`) }))
    const body = { resourceType: 'Group', id: 'many', type: 'person', actual: true, member }
    expect((await server.call('PUT', '/fhir/Group/many', { body })).status).toBe(201)
    for (const field of ['inactive', '__typename', 'id']) {
      const asked = (count: number) => post(`{ Group(id: "many") { member { ${names(count, field)} } } }`)
      const [few, many] = [await asked(90), await asked(900)]
      expect([few.status, few.json.data.Group.member.length]).toEqual([200, 2000])
      expect([many.status, codeOf(many)]).toEqual([400, 'graphql-costly'])
    }
  }, 20_000)
})

describe('is refused', () => {
  const nested = (depth: number): string => `${'{ extension '.repeat(depth)}{ url }${' }'.repeat(depth)}`
  test.each<[string, string, number]>([
    ['', 'parameter-missing', 400],
    ['{', 'graphql-invalid', 400],
    ['{ Patient(id: "a") { colour } }', 'graphql-invalid', 400],
    ['{ Patient { id } }', 'graphql-invalid', 400],
    ['{ __schema { types @flatten { name } } }', 'graphql-invalid', 400],
    ['{ __type(name: "Patient") { ...f } } fragment f on __Type { fields { name @first } }', 'graphql-invalid', 400],
    ['{ Patience(id: "a") { id } }', 'graphql-invalid', 400],
    ['{ PatientList(colour: "x") { id } }', 'graphql-invalid', 400],
    ['query($id: ID!) { Patient(id: $id) { id } }', 'graphql-invalid', 400],
    ['mutation { Patient(id: "a") { id } }', 'graphql-invalid', 400],
    ['query A { Patient(id: "a") { id } } query B { Patient(id: "a") { id } }', 'graphql-invalid', 400],
    ['{ Patient(id: "a") { ...f } } fragment f on Patient { ...f }', 'graphql-invalid', 400],
    ['{ Patient(id: "a") { name @slice(path: "use or true") { text } } }', 'graphql-invalid', 400],
    [`{ Patient(id: "a") ${nested(30)} }`, 'graphql-costly', 400],
    [`{ ${Array.from({ length: 4000 }, (_, n) => `a${n}: __typename`).join(' ')} }`, 'graphql-invalid', 400],
    [`{ ${Array.from({ length: 101 }, (_, n) => `a${n}: PatientList { id }`).join(' ')} }`, 'graphql-costly', 400],
  ])('%#', async (query, code, status) => {
    const answer = await post(query)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })

  test.each([
    ['Boolean!', '王建国'],
    ['Boolean!', null],
    ['Boolean!', undefined],
    ['Int', 'x'],
    ['Int', 1e300],
    ['ID!', { 王建国: 1 }],
    ['String', ['x', 'y']],
    ['Boolean', {}],
  ])('a variable of the type %s that is %j', async (type, x) => {
    const query = `query($x: ${type}) { Patient(id: "b") { id } PatientList(${type === 'Int' ? '_count' : '_id'}: ${/Boolean/.test(type) ? '"b"' : '$x'}) { id ${/Boolean/.test(type) ? '@skip(if: $x)' : ''} } }`
    const answer = await post(query, { variables: { x } })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'graphql-invalid'])
    expect(answer.text).not.toContain('王建国')
  })

  test('a query in two places: one of them would be passed over', async () => {
    const query = encodeURIComponent('{ Patient(id: "b") { id } }')
    for (const [path, code] of [
      [`$graphql?query=${query}&query=${query}`, 'parameter-repeated'],
      [`$graphql?query=${query}&variables={}&variables={}`, 'parameter-repeated'],
    ] as const) {
      const answer = await server.call('GET', `/fhir/${path}`)
      expect([answer.status, codeOf(answer)]).toEqual([400, code])
    }
    for (const [name, value] of Object.entries({ query, variables: '{}', operationName: 'A' })) {
      const answer = await post('{ Patient(id: "a") { id } }', {}, `$graphql?${name}=${value}`)
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, 'parameters-exclusive', [name]])
    }
  })

  test('values of the query are not repeated, names are', async () => {
    const { text } = await post('{ PatientList(_count: "王建国") { nothing } }')
    expect(text).toContain('nothing')
    expect(text).not.toContain('王建国')
  })

  test('one resource that is not there, with the status of a read', async () => {
    for (const [path, status] of [
      ['Patient/nowhere', 404],
      ['Patient/a b', 404],
      ['Patience/a', 404],
    ] as const)
      expect((await post('{ id }', {}, `${encodeURI(path)}/$graphql`)).status).toBe(status)
    const wrong = await server.call('POST', '/fhir/$graphql', { body: '{ x', headers: { 'Content-Type': 'application/json' } })
    expect([wrong.status, codeOf(wrong)]).toEqual([400, 'json-invalid'])
  })
})
