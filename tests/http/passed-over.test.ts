/** What a request says is kept to, refused, or told to be left out: nothing of it is passed over in silence. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

const basic = (value: string, extra: object = {}): object => ({
  resourceType: 'Basic',
  identifier: [{ system: 'urn:x', value }],
  code: { text: 'x' },
  ...extra,
})
const made = async (value: string): Promise<string> => (await server.call('POST', '/fhir/Basic', { body: basic(value) })).json.id
const issueOf = ({ status, json }: Answer) => [status, json.issue?.[0].details.coding[0].code, json.issue?.[0].expression]

describe('criteria of a conditional create', () => {
  const create = (value: string, criteria: string) =>
    server.call('POST', '/fhir/Basic', { body: basic(value), headers: { 'If-None-Exist': criteria } })
  const bundle = (type: string, value: string, ifNoneExist: string) =>
    server.call('POST', '/fhir', {
      body: { resourceType: 'Bundle', type, entry: [{ resource: basic(value), request: { method: 'POST', url: 'Basic', ifNoneExist } }] },
    })

  test('are those of its type on this server, in each way in which clients write them', async () => {
    const id = await made('one?a|b')
    const query = 'identifier=urn:x|one?a\\|b'
    for (const criteria of [query, `?${query}`, `Basic?${query}`, `${server.url}/fhir/Basic?${query}`]) {
      const answer = await create('one?a|b', criteria)
      expect([criteria, answer.status, answer.json.id]).toEqual([criteria, 200, id])
      for (const type of ['batch', 'transaction'])
        expect((await bundle(type, 'one?a|b', criteria)).json.entry[0].response.status).toBe('200')
    }
  })

  test.each(['Observation?_id=%', 'http://elsewhere.example/fhir/Basic?_id=%', 'Basic/1?_id=%', 'fhir/Basic?_id=%'])(
    'are refused where they are of something else: %s',
    async (template) => {
      const criteria = template.replace('%', await made('standing'))
      expect(issueOf(await create('elsewhere', criteria))).toEqual([400, 'criteria-elsewhere', ['http.If-None-Exist']])
      const failed = await bundle('transaction', 'elsewhere', criteria)
      expect(issueOf(failed)).toEqual([400, 'criteria-elsewhere', ['Bundle.entry[0].request.ifNoneExist']])
      expect((await bundle('batch', 'elsewhere', criteria)).json.entry[0].response.status).toBe('400')
      expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|elsewhere')).json.total).toBe(0)
    },
  )
})

test('a condition that an interaction does not have is refused over HTTP as it is of an entry', async () => {
  const id = await made('idle')
  const ask = (method: string, path: string, header: string, body?: object) =>
    server.call(method, path, { headers: { [header]: header === 'If-None-Exist' ? '_id=none' : 'W/"1"' }, ...(body ? { body } : {}) })
  const same = basic('idle', { id })
  for (const [method, path, header, body] of [
    ['POST', '/fhir/Basic', 'If-Match', basic('more')],
    ['POST', '/fhir/Basic', 'If-None-Match', basic('more')],
    ['PUT', `/fhir/Basic/${id}`, 'If-None-Exist', same],
    ['PUT', `/fhir/Basic?_id=${id}`, 'If-None-Exist', same],
    ['DELETE', `/fhir/Basic/${id}`, 'If-None-Exist', undefined],
    ['POST', '/fhir', 'If-None-Exist', { resourceType: 'Bundle', type: 'batch' }],
  ] as const)
    expect([method, header, ...issueOf(await ask(method, path, header, body))]).toEqual([
      method,
      header,
      400,
      'conditional-unsupported',
      [`http.${header}`],
    ])
  expect((await server.call('GET', `/fhir/Basic/${id}`)).headers.get('etag')).toBe('W/"1"')
  expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|more')).json.total).toBe(0)
})

test('a parameter that an update or a deletion does not have is refused where handling is strict', async () => {
  const id = await made('strict')
  const headers = { Prefer: 'handling=strict' }
  const put = (query: string) => server.call('PUT', `/fhir/Basic/${id}?${query}`, { body: basic('strict', { id }), headers })
  expect(issueOf(await put('nonsense=1'))).toEqual([400, 'parameter-unknown', ['nonsense']])
  expect((await put('_format=json')).status).toBe(200)
  const remove = await server.call('DELETE', `/fhir/Basic/${id}?nonsense=1`, { headers })
  expect(issueOf(remove)).toEqual([400, 'parameter-unknown', ['nonsense']])
  expect((await server.call('GET', `/fhir/Basic/${id}`)).status).toBe(200)
})

describe('Parameters', () => {
  const ask = (path: string, parameters: object) =>
    server.call('POST', `/fhir/${path}`, { body: { resourceType: 'Parameters', ...parameters } })
  const of = (...parameter: unknown[]) => ({ parameter })

  test.each([
    ['unknown-element', 'Parameters.parameters', { parameters: [{ name: '_count', valueInteger: 1 }] }],
    ['type', 'Parameters.parameter', { parameter: { name: '_count', valueInteger: 1 } }],
    ['type', 'Parameters.parameter[1]', of({ name: '_type', valueString: 'Basic' }, 'x')],
    ['unknown-element', 'Parameters.parameter[0].value', of({ name: '_count', value: 1 })],
    ['unknown-element', 'Parameters.parameter[0].?', of({ name: '_count', '王 小明': 1 })],
    ['parameter-invalid', 'Parameters.parameter[0]', of({ name: '_count', valueInteger: 1, valueString: '2' })],
  ])('are refused for what they do not have: %s at %s', async (code, place, parameters) => {
    const patient = await server.call('POST', '/fhir/Patient', { body: { resourceType: 'Patient' } })
    const path = `Patient/${patient.json.id}`
    for (const operation of ['$everything', '$meta-add', '$validate'])
      expect([operation, ...issueOf(await ask(`${path}/${operation}`, parameters))]).toEqual([operation, 400, code, [place]])
    expect(issueOf(await ask('Patient/$match', parameters))).toEqual([400, code, [place]])
    expect(issueOf(await ask('Subscription/$status', parameters))).toEqual([400, code, [place]])
    const patched = await server.call('PATCH', `/fhir/${path}`, { body: { resourceType: 'Parameters', ...parameters } })
    expect(issueOf(patched)).toEqual([400, 'patch-invalid', [place]])
    expect(
      (await ask(`${path}/$everything`, { id: 'x', meta: {}, parameter: [{ id: 'y', name: '_count', valueInteger: 5 }] })).status,
    ).toBe(200)
  })

  test('$meta-add and $meta-delete know the elements of a meta, and no others', async () => {
    const path = `Basic/${await made('meta')}`
    const change = (operation: string, valueMeta: object) => ask(`${path}/${operation}`, of({ name: 'meta', valueMeta }))
    const tag = [{ system: 'urn:x', code: 'a' }]
    for (const operation of ['$meta-add', '$meta-delete']) {
      const misspelt = await change(operation, { tags: tag })
      expect(issueOf(misspelt)).toEqual([400, 'unknown-element', ['Parameters.parameter[0].valueMeta.tags']])
      const inLabel = await change(operation, { tag: [{ ...tag[0], codes: 'b' }] })
      expect(issueOf(inLabel)).toEqual([400, 'unknown-element', ['Parameters.parameter[0].valueMeta.tag[0].codes']])
    }
    // As it is read back: only the three lists count.
    const added = await change('$meta-add', { versionId: '9', tag: [{ ...tag[0], display: 'A' }] })
    expect([added.status, added.json.parameter[0].valueMeta.versionId]).toEqual([200, '2'])
  })
})

const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

describe('$everything', () => {
  const NAME = { text: '王小明' }
  let path: string
  beforeAll(async () => {
    const patient = await server.call('POST', '/fhir/Patient', {
      body: { resourceType: 'Patient', name: [NAME], maritalStatus: { text: 'x' } },
    })
    path = `/fhir/Patient/${patient.json.id}/$everything`
    const subject = { reference: `Patient/${patient.json.id}` }
    await server.call('POST', '/fhir/Observation', { body: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject } })
  })

  test('answers the part of each resource that is asked for', async () => {
    const summary = await server.call('GET', `${path}?_summary=true`)
    const [patient] = summary.json.entry
    expect([patient.resource.name, patient.resource.maritalStatus, patient.resource.meta.tag]).toEqual([[NAME], undefined, [SUBSETTED]])
    const elements = await server.call('GET', `${path}?_elements=Patient.name&_count=1`)
    expect([Object.keys(elements.json.entry[0].resource).sort(), elements.json.entry.length]).toEqual([
      ['id', 'meta', 'name', 'resourceType'],
      1,
    ])
    const next = elements.json.link.find(({ relation }: { relation: string }) => relation === 'next').url.slice(server.url.length)
    const second = await server.call('GET', next)
    expect(second.json.entry[0].resource.status).toBe('final')
    for (const query of ['_summary=count', '_summary=x', '_elements='])
      expect(issueOf(await server.call('GET', `${path}?${query}`))).toEqual([400, 'parameter-invalid', [query.split('=')[0]]])
    expect(issueOf(await server.call('GET', `${path}?_summary=true&_summary=text`))).toEqual([400, 'parameter-repeated', ['_summary']])
  })

  test('tells in its outcome what it left out', async () => {
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'nonsense', valueString: 'x' }] }
    for (const answer of [
      await server.call('GET', `${path}?nonsense=x&_pretty=false`),
      await server.call('POST', path, { body: parameters }),
    ]) {
      const { search, resource } = answer.json.entry.at(-1)
      expect([search.mode, resource.issue[0].details.coding[0].code, resource.issue[0].diagnostics]).toEqual([
        'outcome',
        'search-outcome',
        expect.stringMatching(/: nonsense$/),
      ])
      expect(answer.json.total).toBe(2)
    }
    expect((await server.call('GET', path)).json.entry).toHaveLength(2)
  })
})

describe('metadata', () => {
  test.each(['full', 'terminology'])('answers the part that is asked for, mode %s', async (mode) => {
    const path = `/fhir/metadata?mode=${mode}`
    const whole = await server.call('GET', path)
    const part = await server.call('GET', `${path}&_elements=software`)
    expect([part.json.resourceType, part.json.status, part.json.rest, part.json.codeSystem, part.json.meta.tag]).toEqual([
      whole.json.resourceType,
      'active',
      undefined,
      undefined,
      [SUBSETTED],
    ])
    expect((await server.call('GET', `${path}&_summary=true`)).json.meta.tag).toEqual([SUBSETTED])
    expect((await server.call('GET', `${path}&_summary=false`)).text).toBe(whole.text)
    const held = await server.call('GET', path, { headers: { 'If-None-Match': `"x", ${whole.headers.get('etag')}` } })
    expect([held.status, held.text]).toEqual([304, ''])
    expect((await server.call('GET', path, { headers: { 'If-None-Match': 'W/"1"' } })).status).toBe(200)
  })

  test.each([
    ['_summary=count', 'parameter-invalid', '_summary'],
    ['mode=full&mode=terminology', 'parameter-repeated', 'mode'],
    ['nonsense=1', 'parameter-unknown', 'nonsense'],
  ])('%s is refused where handling is strict', async (query, code, name) => {
    const answer = await server.call('GET', `/fhir/metadata?${query}`, { headers: { Prefer: 'handling=strict' } })
    expect(issueOf(answer)).toEqual([400, code, [name]])
  })
})

test('of a part that is asked for twice, a read would keep to one only', async () => {
  const path = `/fhir/Basic/${await made('twice')}`
  expect(issueOf(await server.call('GET', `${path}?_elements=code&_elements=author`))).toEqual([400, 'parameter-repeated', ['_elements']])
  expect(issueOf(await server.call('GET', `${path}/_history?_summary=true&_summary=text`))).toEqual([
    400,
    'parameter-repeated',
    ['_summary'],
  ])
})

describe('a reference that leads nowhere is told at its own place', () => {
  const URN = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f01'
  const holding = (reference: string, beside: object = {}): object => ({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    performer: [{ display: 'x' }, { reference: 'Practitioner/1' }, { reference }],
    ...beside,
  })
  const post = (type: string, resource: object, more: object[] = []) =>
    server.call('POST', '/fhir', {
      body: { resourceType: 'Bundle', type, entry: [{ resource, request: { method: 'POST', url: 'Observation' } }, ...more] },
    })
  const PLACE = 'Observation.performer[2].reference'
  const IN_ENTRY = 'Bundle.entry[0].resource.performer[2].reference'

  test.each([
    [URN, 400, 'reference-unresolved'],
    ['Patient?identifier=urn:x|nobody', 400, 'reference-unresolved'],
    ['Patient?', 400, 'reference-unresolved'],
    ['Patient?nonsense=1', 400, 'parameter-unknown'],
    ['Basic?code:text=x', 412, 'criteria-multiple'],
  ])('in a transaction: %s', async (reference, status, code) => {
    await made('one')
    await made('two')
    expect(issueOf(await post('transaction', holding(reference)))).toEqual([status, code, [IN_ENTRY]])
  })

  test('in a choice of types, in what is contained, and beside names that are none of FHIR', async () => {
    const value = holding('Practitioner/1', { extension: [{ url: 'urn:x', valueReference: { reference: URN } }] })
    expect((await post('transaction', value)).json.issue[0].expression).toEqual(['Bundle.entry[0].resource.extension[0].value.reference'])
    const contained = holding('#c', { contained: [{ resourceType: 'Patient', id: 'c', managingOrganization: { reference: URN } }] })
    expect((await post('transaction', contained)).json.issue[0].expression).toEqual([
      'Bundle.entry[0].resource.contained[0].managingOrganization.reference',
    ])
    const strange = holding('Practitioner/1', { '王 小明/x': [[{ reference: URN }]] })
    expect((await post('transaction', strange)).json.issue[0].expression).toEqual(['Bundle.entry[0].resource.?[0][0].reference'])
  })

  test('in a batch, and outside of a Bundle', async () => {
    const other = { fullUrl: URN, resource: { resourceType: 'Practitioner' }, request: { method: 'POST', url: 'Practitioner' } }
    const batch = await post('batch', holding(URN), [other])
    expect(batch.json.entry[0].response.outcome.issue[0].expression).toEqual([IN_ENTRY])
    const alone = await server.call('POST', '/fhir/Observation', { body: holding('Practitioner?identifier=urn:x|y') })
    expect(issueOf(alone)).toEqual([400, 'reference-conditional', [PLACE]])
  })
})

describe('what is refused before anything is looked for has a place', () => {
  test.each([
    ['POST', 'Basic', { 'If-None-Exist': '_count=1' }, 'criteria-empty', 'http.If-None-Exist'],
    ['PUT', 'Basic?_count=1', {}, 'criteria-empty', 'http.query'],
    ['DELETE', 'Basic', {}, 'criteria-empty', 'http.query'],
    ['POST', 'Basic', { 'Content-Type': 'application/fhir+json; charset=gbk' }, 'content-type-unsupported', 'http.Content-Type'],
    ['POST', 'Basic/_search', { 'Content-Type': 'application/fhir+json' }, 'content-type-unsupported', 'http.Content-Type'],
  ])('%s %s %j', async (method, path, headers, code, place) => {
    const body = method === 'DELETE' ? {} : { body: basic('placed') }
    const { json } = await server.call(method, `/fhir/${path}`, { headers: headers as Record<string, string>, ...body })
    expect([json.issue[0].details.coding[0].code, json.issue[0].expression]).toEqual([code, [place]])
  })

  test('of an entry its element', async () => {
    for (const [request, place] of [
      [{ method: 'POST', url: 'Basic', ifNoneExist: '_count=1' }, 'ifNoneExist'],
      [{ method: 'PUT', url: 'Basic?_count=1' }, 'url'],
      [{ method: 'DELETE', url: 'Basic?_count=1' }, 'url'],
    ] as const) {
      const entry = [{ request, ...(request.method === 'DELETE' ? {} : { resource: basic('placed') }) }]
      const answer = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
      expect(issueOf(answer)).toEqual([400, 'criteria-empty', [`Bundle.entry[0].request.${place}`]])
    }
  })
})

test('a write that brings a Provenance in a header is refused, since it would not be kept', async () => {
  const id = await made('provenance')
  const headers = { 'X-Provenance': '{"resourceType":"Provenance","agent":[{"who":{"display":"x"}}]}' }
  for (const [method, path] of [
    ['POST', 'Basic'],
    ['PUT', `Basic/${id}`],
  ] as const) {
    const answer = await server.call(method, `/fhir/${path}`, { body: basic('provenance', { id }), headers })
    expect(issueOf(answer)).toEqual([400, 'header-unsupported', ['http.X-Provenance']])
  }
  expect((await server.call('GET', '/fhir/Basic?identifier=urn:x|provenance')).json.total).toBe(1)
  expect((await server.call('GET', `/fhir/Basic/${id}`, { headers })).headers.get('etag')).toBe('W/"1"')
})
