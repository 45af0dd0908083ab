/** The REST interactions over HTTP, without access control: R4 http.html. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

const patient = (extra = '') => `{"resourceType":"Patient","name":[{"text":"王建国"}]${extra}}`

describe('bad input', () => {
  test.each([
    ['no JSON', 'POST', '/fhir/Patient', 'abc', 400, 'json-invalid'],
    ['an array', 'POST', '/fhir/Patient', '[]', 400, 'json-not-object'],
    ['a key twice', 'POST', '/fhir/Patient', '{"resourceType":"Patient","id":"a","id":"b"}', 400, 'json-duplicate-key'],
    ['too deep', 'POST', '/fhir/Patient', '['.repeat(70) + ']'.repeat(70), 400, 'json-depth'],
    ['another type', 'POST', '/fhir/Patient', '{"resourceType":"Group"}', 400, 'resource-type-mismatch'],
    ['an unknown type', 'POST', '/fhir/Patience', '{"resourceType":"Patience"}', 404, 'resource-type-unknown'],
    ['labels that are no list', 'POST', '/fhir/Patient', '{"resourceType":"Patient","meta":{"tag":{"code":"x"}}}', 400, 'type'],
    ['another id', 'PUT', '/fhir/Patient/a', '{"resourceType":"Patient","id":"b"}', 400, 'id-mismatch'],
    ['an unknown operation', 'POST', '/fhir/Patient/$nothing', '{}', 404, 'operation-unknown'],
  ])('%s is refused with its own code', async (_name, method, path, body, status, code) => {
    const answer = await server.call(method, path, { body })
    expect([answer.status, answer.json.resourceType, answer.json.issue[0].details.coding[0].code]).toEqual([
      status,
      'OperationOutcome',
      code,
    ])
  })

  test('an unknown element is named', async () => {
    const answer = await server.call('POST', '/fhir/Patient', { body: '{"resourceType":"Patient","nmae":"x"}' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(JSON.stringify(answer.json.issue)).toContain('Patient')
  })

  test('another media type is 415, another format asked for is 406', async () => {
    expect((await server.call('POST', '/fhir/Patient', { body: 'Patient', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415)
    expect((await server.call('GET', '/fhir/Patient', { headers: { Accept: 'application/pdf' } })).status).toBe(406)
  })

  test('a body of another version of FHIR is 415', async () => {
    const post = (type: string) => server.call('POST', '/fhir/Patient', { body: patient(), headers: { 'Content-Type': type } })
    for (const version of ['5.0', '3.0', '"4.3"'])
      expect((await post(`application/fhir+json; fhirVersion=${version}`)).json.issue[0].expression).toEqual(['http.Content-Type'])
    expect((await post('application/fhir+json; fhirVersion=5.0')).status).toBe(415)
    expect((await post('application/fhir+json; charset=utf-8; fhirVersion=4.0')).status).toBe(201)
  })

  test('JSON that breaks off says where', async () => {
    const answer = await server.call('POST', '/fhir/Patient', { body: '{"resourceType":"Patient",\n "active": tru}' })
    expect([answer.status, answer.json.issue[0].diagnostics]).toEqual([400, 'The body is not valid JSON (line 2, column 12)'])
  })

  test('a bad percent sign is 400, never a page of HTML', async () => {
    const answer = await server.call('GET', '/fhir/Patient?name=%E0%A4%A')
    expect([answer.status, answer.json.resourceType]).toEqual([400, 'OperationOutcome'])
  })
})

describe('one resource', () => {
  test('comes back with the same digits and order, and with its version headers', async () => {
    const sent =
      '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00,"unit":"mmol/L"},"note":[{"text":"1E-3"}]}'
    const created = await server.call('POST', '/fhir/Observation', { body: sent })
    expect(created.status).toBe(201)
    const id = created.json.id as string
    expect(created.headers.get('etag')).toBe('W/"1"')
    expect(created.headers.get('location')).toBe(`${server.url}/fhir/Observation/${id}/_history/1`)
    const read = await server.call('GET', `/fhir/Observation/${id}`)
    const stamp = `"id":"${id}","meta":{"versionId":"1","lastUpdated":"${read.json.meta.lastUpdated}"}`
    expect(read.text).toBe(sent.replace('"resourceType":"Observation"', `"resourceType":"Observation",${stamp}`))
    expect(new Date(read.headers.get('last-modified') ?? '').getTime()).toBe(
      Math.floor(Date.parse(read.json.meta.lastUpdated) / 1000) * 1000,
    )
  })

  test('update, version conflict, vread, delete, gone, history', async () => {
    const put = (body: string, headers = {}) => server.call('PUT', '/fhir/Patient/life', { body, headers })
    expect((await put(patient(',"id":"life"'))).status).toBe(201)
    expect((await put(patient(',"id":"life","active":true'), { 'If-Match': 'W/"1"' })).headers.get('etag')).toBe('W/"2"')
    expect((await put(patient(',"id":"life","active":false'), { 'If-Match': 'W/"1"' })).status).toBe(412)
    expect((await put(patient(',"id":"life","active":true'))).headers.get('etag')).toBe('W/"2"')
    expect((await server.call('GET', '/fhir/Patient/life/_history/1')).json.active).toBeUndefined()
    expect((await server.call('DELETE', '/fhir/Patient/life')).status).toBe(204)
    expect((await server.call('GET', '/fhir/Patient/life')).status).toBe(410)
    expect((await server.call('DELETE', '/fhir/Patient/life')).status).toBe(204)
    expect((await server.call('GET', '/fhir/Patient/life/_history/3')).status).toBe(410)
    const history = (await server.call('GET', '/fhir/Patient/life/_history')).json
    expect(history.entry.map((entry: { request: { method: string } }) => entry.request.method)).toEqual(['DELETE', 'PUT', 'PUT'])
    expect(history.entry[0].resource).toBeUndefined()
    expect((await put(patient(',"id":"life"'))).headers.get('etag')).toBe('W/"4"')
  })

  test('50 equal conditional creates make one resource', async () => {
    const body = '{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"once"}]}'
    const headers = { 'If-None-Exist': 'identifier=urn:x|once' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.call('POST', '/fhir/Patient', { body, headers })))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49)
    expect((await server.call('GET', '/fhir/Patient?identifier=urn:x|once')).json.total).toBe(1)
  })

  test('a conditional create after the resource was deleted makes a new one', async () => {
    const body = '{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"again"}]}'
    const headers = { 'If-None-Exist': 'identifier=urn:x|again' }
    const first = await server.call('POST', '/fhir/Patient', { body, headers })
    await server.call('DELETE', `/fhir/Patient/${first.json.id}`)
    expect((await server.call('POST', '/fhir/Patient', { body, headers })).status).toBe(201)
  })
})

describe('bundles', () => {
  const entry = (fullUrl: string, resource: unknown, method = 'POST', url = '') => ({ fullUrl, resource, request: { method, url } })

  test('a transaction resolves urn:uuid references in both directions', async () => {
    const [p, o] = ['urn:uuid:00000000-0000-4000-8000-000000000001', 'urn:uuid:00000000-0000-4000-8000-000000000002']
    const answer = await server.call('POST', '/fhir', {
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          entry(o, { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: p } }, 'POST', 'Observation'),
          entry(p, { resourceType: 'Patient', active: true }, 'POST', 'Patient'),
        ],
      },
    })
    expect([answer.status, answer.json.type]).toEqual([200, 'transaction-response'])
    const [observation, created] = answer.json.entry
    expect(observation.resource.subject.reference).toBe(`Patient/${created.resource.id}`)
    expect(observation.response.status).toBe('201')
  })

  test('a transaction that fails leaves nothing behind', async () => {
    const answer = await server.call('POST', '/fhir', {
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          entry(
            'urn:uuid:00000000-0000-4000-8000-000000000003',
            { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: 'nothing' }] },
            'POST',
            'Patient',
          ),
          entry(
            'urn:uuid:00000000-0000-4000-8000-000000000004',
            { resourceType: 'Observation', code: { text: 'x' } },
            'POST',
            'Observation',
          ),
        ],
      },
    })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.json.issue[0].expression[0]).toContain('Bundle.entry[1]')
    expect((await server.call('GET', '/fhir/Patient?identifier=urn:x|nothing')).json.total).toBe(0)
  })

  test('the same resource twice in a transaction is refused', async () => {
    const put = { resource: { resourceType: 'Patient', id: 'twice' }, request: { method: 'PUT', url: 'Patient/twice' } }
    const answer = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry: [put, put] } })
    expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([400, 'bundle-duplicate'])
  })

  test('in a batch one failure does not touch the others', async () => {
    const answer = await server.call('POST', '/fhir', {
      body: {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { request: { method: 'GET', url: 'Patient/absent' } },
          { resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
          { request: { method: 'BREW', url: 'x' } },
        ],
      },
    })
    expect(answer.json.entry.map(({ response }: { response: { status: string } }) => response.status)).toEqual(['404', '201', '400'])
    // "In a batch operation, the error will be in Bundle.entry.response" (R4 bundle-definitions.html, response.outcome).
    const failed = [0, 2].map((at) => answer.json.entry[at])
    expect(failed.map(({ resource, response }) => [resource, response.outcome.issue[0].details.coding[0].code])).toEqual([
      [undefined, 'not-found'],
      [undefined, 'bundle-invalid'],
    ])
  })

  test('the answers of a batch stand where their entries do, and what is written before is read behind', async () => {
    const get = (url: string) => ({ request: { method: 'GET', url } })
    const post = (value: string) => ({
      resource: { resourceType: 'Basic', code: { text: 'x' }, identifier: [{ system: 'urn:batch', value }] },
      request: { method: 'POST', url: 'Basic' },
    })
    const puts = ['1', '2'].map((text) => ({
      resource: { resourceType: 'Basic', id: 'batched', code: { text } },
      request: { method: 'PUT', url: 'Basic/batched' },
    }))
    const entry = [
      ...Array.from({ length: 20 }, (_, n) => post(String(n))),
      ...Array.from({ length: 40 }, (_, n) => get(n % 2 === 0 ? 'Patient/absent' : `Basic?identifier=urn:batch|${n % 20}`)),
      ...puts,
      get('Basic/batched'),
    ]
    const answer = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'batch', entry } })
    const told = answer.json.entry.map(({ response, resource }: { response: { status: string }; resource?: Record<string, never> }) => {
      const found = (resource as { entry?: { resource: { identifier: { value: string }[] } }[] } | undefined)?.entry
      return found ? found.map((one) => one.resource.identifier[0]?.value).join() : response.status
    })
    const expected = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? '404' : String(n % 20)))
    expect(told).toEqual([...Array(20).fill('201'), ...expected, '201', '200', '200'])
    expect(answer.json.entry.at(-1).resource.code.text).toBe('2')
  })

  test('a conditional reference is resolved, or fails the whole', async () => {
    await server.call('POST', '/fhir/Patient', { body: '{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"ref"}]}' })
    const bundle = (criteria: string) => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        entry(
          'urn:uuid:00000000-0000-4000-8000-000000000005',
          { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: criteria } },
          'POST',
          'Observation',
        ),
      ],
    })
    expect((await server.call('POST', '/fhir', { body: bundle('Patient?identifier=urn:x|ref') })).status).toBe(200)
    expect((await server.call('POST', '/fhir', { body: bundle('Patient?identifier=urn:x|none') })).status).toBe(400)
  })
})

describe('search', () => {
  test('pages are stable, linked, and end', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: Array.from({ length: 25 }, () => ({
        resource: { resourceType: 'Basic', code: { coding: [{ system: 'urn:p', code: 'page' }] } },
        request: { method: 'POST', url: 'Basic' },
      })),
    }
    await server.call('POST', '/fhir', { body: bundle })
    const seen: string[] = []
    let path = '/fhir/Basic?code=urn:p|page&_count=10&_sort=-_lastUpdated'
    for (let page = 0; page < 5 && path !== ''; page++) {
      const answer = await server.call('GET', path)
      expect(answer.json.total).toBe(25)
      seen.push(...answer.json.entry.map(({ resource }: { resource: { id: string } }) => resource.id))
      const next = answer.json.link.find(({ relation }: { relation: string }) => relation === 'next')
      path = next ? next.url.slice(server.url.length) : ''
    }
    expect([seen.length, new Set(seen).size, path]).toEqual([25, 25, ''])
  })

  test('a forged page link is refused', async () => {
    const answer = await server.call('GET', '/fhir/Basic?_page=AAAA')
    expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([400, 'page-invalid'])
  })

  test('a page link with something added is refused, and so is a token with something added', async () => {
    for (let n = 0; n < 3; n++) await server.call('POST', '/fhir/Basic', { body: '{"resourceType":"Basic","code":{"text":"added"}}' })
    const first = await server.call('GET', '/fhir/Basic?_count=1')
    const url = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url.slice(server.url.length) as string
    expect((await server.call('GET', url)).status).toBe(200)
    expect((await server.call('GET', `${url}&_format=json`)).status).toBe(200)
    // The size of the page stands outside as well: there is no other for this link.
    expect(url).toMatch(/_page=[\w-]+&_count=1$/)
    const bare = url.replace('&_count=1', '')
    expect((await server.call('GET', bare)).status).toBe(200)
    expect((await server.call('GET', `${bare}&_count=5`)).status).toBe(400)
    for (const added of ['&code=x', '&_count=5', '&_page=AAAA', '&nonsense=1', 'A', '=', '.', '%20', '!!']) {
      const answer = await server.call('GET', bare + added)
      expect([added, answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([added, 400, 'page-invalid'])
    }
  })

  test('an unknown parameter: an error when strict, else left out of the self link and named', async () => {
    expect((await server.call('GET', '/fhir/Patient?nonsense=1', { headers: { Prefer: 'handling=strict' } })).status).toBe(400)
    const lenient = (await server.call('GET', '/fhir/Patient?nonsense=1&active=true')).json
    expect(lenient.link[0].url).toBe(`${server.url}/fhir/Patient?active=true`)
    expect(lenient.entry.at(-1).search.mode).toBe('outcome')
  })

  test('_include and _revinclude bring each once, as include', async () => {
    await server.call('PUT', '/fhir/Patient/inc', { body: '{"resourceType":"Patient","id":"inc"}' })
    for (const id of ['o1', 'o2'])
      await server.call('PUT', `/fhir/Observation/inc-${id}`, {
        body: `{"resourceType":"Observation","id":"inc-${id}","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/inc"}}`,
      })
    const modes = (answer: { json: { entry: { resource: { id: string }; search: { mode: string } }[] } }) =>
      answer.json.entry.map(({ resource, search }) => `${resource.id} ${search.mode}`).sort()
    expect(modes(await server.call('GET', '/fhir/Observation?subject=Patient/inc&_include=Observation:subject'))).toEqual([
      'inc include',
      'inc-o1 match',
      'inc-o2 match',
    ])
    expect(modes(await server.call('GET', '/fhir/Patient?_id=inc&_revinclude=Observation:subject'))).toEqual([
      'inc match',
      'inc-o1 include',
      'inc-o2 include',
    ])
  })

  test.each(['_id[$ne]=x', 'name[$regex]=.*', '__proto__=1', 'constructor=1', 'code[$gt]='])(
    '%s is an unknown parameter, not an operator',
    async (query) => {
      expect((await server.call('GET', `/fhir/Patient?${query}`, { headers: { Prefer: 'handling=strict' } })).status).toBe(400)
    },
  )

  test('POST _search asks the same', async () => {
    const answer = await server.call('POST', '/fhir/Patient/_search', {
      body: '_id=inc',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect([answer.status, answer.json.total]).toEqual([200, 1])
  })
})

test('the CapabilityStatement lists every type with its search parameters and operations', async () => {
  const statement = (await server.call('GET', '/fhir/metadata')).json
  const resources = statement.rest[0].resource as { type: string; searchParam: { name: string }[]; operation: { name: string }[] }[]
  expect(resources).toHaveLength(146)
  const found = resources.find(({ type }) => type === 'Patient')
  expect(found?.searchParam.map(({ name }) => name)).toEqual(expect.arrayContaining(['_id', 'identifier', 'birthdate', 'name']))
  expect(statement.rest[0].documentation).toContain('only an operator creates by PUT')
  expect(found?.operation.map(({ name }) => name)).toEqual(expect.arrayContaining(['everything']))
})

describe('parameters of interactions that are no search', () => {
  const strict = { headers: { Prefer: 'handling=strict' } }
  beforeAll(async () => {
    for (const active of [true, false, true])
      await server.call('PUT', '/fhir/Patient/asked', { body: { resourceType: 'Patient', id: 'asked', active } })
  })

  test.each(['Patient/asked', 'Patient/asked/_history/1', 'Patient/asked/_history', 'Patient/asked/$everything'])(
    '%s: what is unknown is passed over, or refused by name when strict',
    async (path) => {
      expect((await server.call('GET', `/fhir/${path}?nonsense=1`)).status).toBe(200)
      const refused = await server.call('GET', `/fhir/${path}?nonsense=1`, strict)
      expect([refused.status, refused.json.issue[0].expression]).toEqual([400, ['nonsense']])
      expect((await server.call('GET', `/fhir/${path}?110101199003071233=1`, strict)).text).not.toContain('110101199003071233')
      expect((await server.call('GET', `/fhir/${path}?_format=json&_pretty=true`, strict)).status).toBe(200)
    },
  )

  test.each([
    ['$everything?start=x', 'start', 'parameter-invalid'],
    ['$everything?_count=x', '_count', 'parameter-invalid'],
    ['$everything?_type=Nothing', '_type', 'parameter-invalid'],
    ['_history?_at=x', '_at', 'parameter-invalid'],
    ['_history?_list=x', '_list', 'parameter-unsupported'],
    ['_history?_count=x', '_count', 'parameter-invalid'],
  ])('%s is refused', async (path, name, code) => {
    const answer = await server.call('GET', `/fhir/Patient/asked/${path}`)
    const [issue] = answer.json.issue
    expect([answer.status, issue.expression, issue.details.coding[0].code]).toEqual([400, [name], code])
  })

  test('$everything by POST reads its parameters as it does those of the address', async () => {
    const ask = (parameter: object[]) =>
      server.call('POST', '/fhir/Patient/asked/$everything', { body: { resourceType: 'Parameters', parameter } })
    expect((await ask([{ name: 'start', valueDate: 'x' }])).json.issue[0].expression).toEqual(['start'])
    expect((await ask([{ name: '_type', valueCode: 'Nothing' }])).json.issue[0].expression).toEqual(['_type'])
    expect((await ask([{ name: '_count', valueInteger: 5 }])).status).toBe(200)
    const types = [
      { name: '_type', valueCode: 'Observation' },
      { name: '_type', valueCode: 'Nothing' },
    ]
    expect((await ask(types)).json.issue[0].expression).toEqual(['_type'])
    expect((await ask([{ valueInteger: 5 }])).json.issue[0].expression).toEqual(['Parameters.parameter[0].name'])
    expect((await server.call('POST', '/fhir/Patient/asked/$everything')).status).toBe(200)
  })

  test('the next page of a history keeps to its time', async () => {
    for (const wrong of ['March 7', '2026-02-31', '2026-11-27T03:00:00', 'x'])
      expect([wrong, (await server.call('GET', `/fhir/Patient/asked/_history?_since=${wrong}`)).status]).toEqual([wrong, 400])
    const since = '2020-01-01T00:00:00.000Z'
    const first = await server.call('GET', `/fhir/Patient/asked/_history?_count=1&_since=${since}`)
    const next = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
    expect(new URL(next).searchParams.get('_since')).toBe(since)
    expect((await server.call('GET', next.slice(server.url.length), strict)).json.entry).toHaveLength(1)
  })
})
