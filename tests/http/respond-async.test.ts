/** `Prefer: respond-async` (RFC 7240; R4 async.html, answers as R5 async-bundle.html says): what is put off, and what comes of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { asyncJobsOf } from '../../server/interactions/async-jobs.ts'
import { custody, observation, patient, putAll } from '../consent/resources.ts'
import { putOff, resultAt } from '../support/later.ts'
import { type Answer, type CallOptions, startTestServer, type TestServer } from '../support/server.ts'

const ASYNC = { Prefer: 'respond-async' }
let server: TestServer
let engine: string
let other: string

beforeAll(async () => {
  server = await startTestServer()
  const observations = ['o1', 'o2', 'o3'].map((id) => observation(id, 'p', 'x'))
  await putAll(server, await server.token('loader'), [patient('p', { meta: custody('H1') }), ...observations])
  engine = await server.token('h1-engine')
  other = await server.token('h2-engine')
}, 60_000)
afterAll(() => server.stop())

const get = (path: string, options: CallOptions = {}): Promise<Answer> => server.call('GET', path, { token: engine, ...options })
const later = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  resultAt(server, await putOff(server, method, path, { token: engine, ...options }), { token: engine })
const code = (outcome: { issue: { details: { coding: { code: string }[] } }[] }): string | undefined =>
  outcome.issue[0]?.details.coding[0]?.code
/** Page tokens are made anew each time. */
const plain = (bundle: object): string => JSON.stringify(bundle).replace(/_page=[\w-]+/g, '_page=[token]')

describe('reads', () => {
  const FORM = { body: 'code=urn:test|x&_count=2', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
  const SINCE = { resourceType: 'Parameters', parameter: [{ name: '_since', valueInstant: '2020-01-01T00:00:00Z' }] }
  test.each<[string, string, CallOptions]>([
    ['GET', '/fhir/Observation?code=urn:test|x&_count=2&_total=accurate', {}],
    ['POST', '/fhir/Observation/_search', FORM],
    ['GET', '/fhir?_type=Patient,Observation&_count=2', {}],
    ['GET', '/fhir/Patient/p/Observation?_count=1', {}],
    ['GET', '/fhir/Patient/p/*', {}],
    ['GET', '/fhir/Patient/p/$everything?_count=2', {}],
    ['POST', '/fhir/Patient/p/$everything', { body: SINCE }],
  ])('%s %s: one entry with what is answered at once', async (method, path, options) => {
    const [atOnce, answer] = [await server.call(method, path, { token: engine, ...options }), await later(method, path, options)]
    expect([atOnce.status, atOnce.json.entry.length > 0]).toEqual([200, true])
    const { resourceType, type, entry } = answer.json
    expect([answer.status, resourceType, type, entry.length, entry[0].response.status]).toEqual([200, 'Bundle', 'batch-response', 1, '200'])
    expect(plain(entry[0].resource)).toBe(plain(atOnce.json))
    expect(Date.parse(answer.headers.get('expires') ?? '')).toBeGreaterThan(Date.now())
  })

  test('what is wrong with it stands in the entry', async () => {
    const { entry } = (await later('GET', '/fhir/Observation?date=x')).json
    expect([entry[0].response.status, code(entry[0].response.outcome)]).toEqual(['400', 'parameter-invalid'])
    const strict = (await later('GET', '/fhir/Observation?nonsense=1', { headers: { Prefer: 'handling=strict; respond-async' } })).json
    expect([strict.entry[0].response.status, code(strict.entry[0].response.outcome)]).toEqual(['400', 'parameter-unknown'])
    const absent = (await later('GET', '/fhir/Patient/nobody/$everything')).json
    expect([absent.entry[0].response.status, code(absent.entry[0].response.outcome)]).toEqual(['404', 'not-found'])
  })

  test('accepted with the address in header and body, and the preference is said to be kept', async () => {
    const answer = await get('/fhir/Observation', { headers: { Prefer: 'return=minimal, Respond-Async' } })
    const address = answer.headers.get('content-location') ?? ''
    expect([answer.status, answer.headers.get('preference-applied'), code(answer.json)]).toEqual([202, 'respond-async', 'accepted'])
    expect(address).toMatch(new RegExp(`^${server.url}/fhir/_async/[0-9a-f-]{36}$`))
    expect(answer.json.issue[0].diagnostics).toContain(address)
  })

  test('in XML', async () => {
    const status = await putOff(server, 'GET', '/fhir/Observation?_id=o1', { token: engine })
    const { text } = await get(status, { headers: { Accept: 'application/fhir+xml' } })
    expect(text).toMatch(/<Bundle [^>]+><type value="batch-response"\/><entry><resource><Bundle><type value="searchset"\/>/)
  })

  test.each([
    ['GET', '/fhir/Patient/p', 200],
    ['GET', '/fhir/Patient/p/_history', 200],
    ['GET', '/fhir/metadata', 200],
    ['GET', '/fhir/Patient/p/$meta', 200],
    ['POST', '/fhir/Observation', 201],
  ])('what is not long is answered at once: %s %s', async (method, path, status) => {
    const { id: _, ...body } = observation('new', 'p', 'y') as { id: string }
    const answer = await server.call(method, path, { token: engine, headers: ASYNC, ...(method === 'POST' ? { body } : {}) })
    expect([answer.status, answer.headers.get('content-location')]).toEqual([status, null])
  })
})

describe('Bundles', () => {
  const bundle = (type: string, ...entry: object[]) => ({ body: { resourceType: 'Bundle', type, entry } })
  const read = (url: string) => ({ request: { method: 'GET', url } })
  const make = (value: string, more: object = {}, request: object = {}) => ({
    resource: {
      resourceType: 'Observation',
      identifier: [{ system: 'urn:later', value }],
      status: 'final',
      code: { text: '血糖' },
      subject: { reference: 'Patient/p' },
      valueQuantity: { value: 6.5 },
      ...more,
    },
    request: { method: 'POST', url: 'Observation', ...request },
  })
  const statuses = (answer: Answer): string[] =>
    answer.json.entry[0].resource.entry.map(({ response }: { response: { status: string } }) => response.status)
  const countOf = async (value: string): Promise<number> => (await get(`/fhir/Observation?identifier=urn:later|${value}`)).json.total

  test('a batch: each entry as at once, writes with their content', async () => {
    const answer = await later(
      'POST',
      '/fhir',
      bundle(
        'batch',
        make('b1'),
        read('Observation?_id=o1,o2&_sort=_id'),
        make('b1', {}, { ifNoneExist: 'identifier=urn:later|b1' }),
        make('b2', { status: 'nonsense' }),
        read('Patient/nobody'),
        { request: { method: 'DELETE', url: 'Observation/o3' } },
        { request: { method: 'NONSENSE', url: 'Observation/o3' } },
      ),
    )
    const inner = answer.json.entry[0].resource
    expect([answer.json.entry[0].response.status, inner.type]).toEqual(['200', 'batch-response'])
    expect(statuses(answer)).toEqual(['201', '200', '200', '422', '404', '204', '400'])
    const [made, found, match, wrong] = inner.entry
    expect([made.resource.valueQuantity.value, made.response.etag]).toEqual([6.5, 'W/"1"'])
    expect(made.response.location).toBe(`${server.url}/fhir/Observation/${made.resource.id}/_history/1`)
    expect(found.resource.entry.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual(['o1', 'o2'])
    expect([match.resource.id, match.response.location]).toEqual([made.resource.id, made.response.location])
    expect([code(wrong.response.outcome), wrong.resource, await countOf('b1')]).toEqual(['binding', undefined, 1])
  })

  test('a transaction: all of it, once, however often the result is fetched', async () => {
    const person = 'urn:uuid:7e1fdf1c-8e0b-4b6c-9d7a-0d3d3b0a7a11'
    const entry = [
      { fullUrl: person, resource: { resourceType: 'Patient', name: [{ text: '新' }] }, request: { method: 'POST', url: 'Patient' } },
      make('t1', { subject: { reference: person } }),
      read('Observation?identifier=urn:later|t1'),
    ]
    const status = await putOff(server, 'POST', '/fhir', { token: engine, ...bundle('transaction', ...entry) })
    const answers = [await resultAt(server, status, { token: engine }), await get(status)]
    for (const answer of answers) {
      expect(statuses(answer)).toEqual(['201', '201', '200'])
      const { type, entry: entries } = answer.json.entry[0].resource
      expect([type, entries[1].resource.subject.reference]).toEqual(['transaction-response', `Patient/${entries[0].resource.id}`])
      expect(entries[2].resource.total).toBe(1)
    }
    expect(answers[0]?.text).toBe(answers[1]?.text)
    expect(await countOf('t1')).toBe(1)
  })

  test('a transaction that fails says so, and nothing is written', async () => {
    const { entry } = (await later('POST', '/fhir', bundle('transaction', make('t2'), make('t3', { status: 'nonsense' })))).json
    expect([entry.length, entry[0].response.status, code(entry[0].response.outcome)]).toEqual([1, '422', 'binding'])
    expect(entry[0].response.outcome.issue[0].expression).toEqual(['Bundle.entry[1].resource.status'])
    expect([await countOf('t2'), await countOf('t3')]).toEqual([0, 0])
  })

  test('an operation that writes is carried out once, and its result is read; one that only reads is made when it is fetched', async () => {
    const letter = { status: 'final', type: { text: 'x' }, date: '2024-05-01', title: 'x', subject: { reference: 'Patient/p' } }
    const author = [{ reference: 'Patient/p' }]
    await putAll(server, await server.token('loader'), [
      { resourceType: 'Composition', id: 'letter', meta: custody('H1'), ...letter, author },
    ])
    const ask = (persist: unknown) => ({
      resource: { resourceType: 'Parameters', parameter: [{ name: 'persist', valueBoolean: persist }] },
      request: { method: 'POST', url: 'Composition/letter/$document' },
    })
    const status = await putOff(server, 'POST', '/fhir', { token: engine, ...bundle('batch', ask(true), ask(false), ask('x')) })
    const answers = [await resultAt(server, status, { token: engine }), await get(status)]
    for (const answer of answers) {
      expect(statuses(answer)).toEqual(['200', '200', '400'])
      const [stored, read] = answer.json.entry[0].resource.entry
      expect(stored.response.location).toBe(`${server.url}/fhir/Bundle/${stored.resource.id}/_history/1`)
      expect([stored.resource.type, read.resource.type]).toEqual(['document', 'document'])
    }
    expect((await get('/fhir/Bundle?type=document')).json.total).toBe(1)
  })

  test('many entries keep their order', async () => {
    const entries = Array.from({ length: 110 }, (_, at) => (at % 50 === 7 ? read('Patient/p') : make(`many-${at}`)))
    const answer = await later('POST', '/fhir', bundle('transaction', ...entries))
    const values = answer.json.entry[0].resource.entry.map(
      ({ resource }: { resource: { resourceType: string; identifier?: { value: string }[] } }) =>
        resource.resourceType === 'Patient' ? 'read' : resource.identifier?.[0]?.value,
    )
    expect(values).toEqual(entries.map((_, at) => (at % 50 === 7 ? 'read' : `many-${at}`)))
  })

  test('Prefer: return=minimal is kept to', async () => {
    const answer = await later('POST', '/fhir', { ...bundle('batch', make('m1')), headers: { Prefer: 'respond-async; return=minimal' } })
    const [entry] = answer.json.entry[0].resource.entry
    expect([entry.response.status, entry.resource]).toEqual(['201', undefined])
  })

  test('a version that was replaced since is shown as it was written', async () => {
    const status = await putOff(server, 'POST', '/fhir', { token: engine, ...bundle('batch', make('v1')) })
    const [first] = (await resultAt(server, status, { token: engine })).json.entry[0].resource.entry
    const body = { ...first.resource, status: 'amended' }
    expect((await server.call('PUT', `/fhir/Observation/${first.resource.id}`, { token: engine, body })).status).toBe(200)
    expect((await get(status)).json.entry[0].resource.entry[0]).toEqual(first)
    // As vread shows it: an old version outlives its resource.
    await server.call('DELETE', `/fhir/Observation/${first.resource.id}`, { token: engine })
    expect((await get(`/fhir/Observation/${first.resource.id}/_history/1`)).json).toEqual(first.resource)
    expect((await get(status)).json.entry[0].resource.entry[0]).toEqual(first)
  })

  test('what can be told of it at once is: no Bundle, another type of one', async () => {
    for (const [expected, body] of [
      ['bundle-invalid', { resourceType: 'Patient' }],
      ['bundle-type', { resourceType: 'Bundle', type: 'searchset' }],
    ] as const) {
      const answer = await server.call('POST', '/fhir', { token: engine, headers: ASYNC, body })
      expect([answer.status, code(answer.json)]).toEqual([400, expected])
    }
    expect(code((await server.call('POST', '/fhir', { token: engine, headers: ASYNC, body: '{' })).json)).toBe('json-invalid')
  })

  test('nothing in it is put off once more, and no status is read in it', async () => {
    const own = await putOff(server, 'GET', '/fhir/Observation', { token: engine })
    const answer = await later('POST', '/fhir', bundle('batch', read('$export'), read(own.replace('/fhir/', ''))))
    type Failed = { response: { outcome: Parameters<typeof code>[0] } }
    const codes = answer.json.entry[0].resource.entry.map(({ response }: Failed) => code(response.outcome))
    expect(codes).toEqual(['bundle-invalid', 'resource-type-unknown'])
  })
})

describe('the status', () => {
  const absent = '/fhir/_async/00000000-0000-4000-8000-000000000000'
  const jobs = () => asyncJobsOf(server.running.store)
  const idOf = (status: string): string => status.split('/').at(-1) ?? ''
  const made = () => putOff(server, 'GET', '/fhir/Observation', { token: engine })

  test('while it is not done: 202 with X-Progress and when to ask again', async () => {
    const status = await made()
    for (const progress of ['queued', 'running'] as const) {
      await jobs().update({ _id: idOf(status) }, { set: { status: progress, beat: new Date() } })
      const answer = await get(status)
      expect([answer.status, answer.headers.get('x-progress'), answer.headers.get('retry-after'), answer.text]).toEqual([
        202,
        progress,
        '1',
        '',
      ])
    }
  })

  test('of one whose process ended: it is not known what was done', async () => {
    const status = await made()
    await jobs().update({ _id: idOf(status) }, { set: { status: 'running', beat: new Date(Date.now() - 60_000) } })
    const { entry } = (await get(status)).json
    expect([entry[0].response.status, code(entry[0].response.outcome)]).toEqual(['503', 'async-interrupted'])
  })

  test('taken away, expired, never there, and of another caller: all the same', async () => {
    const [taken, expired, foreign] = [await made(), await made(), await made()]
    const deletion = await server.call('DELETE', taken, { token: engine })
    expect([deletion.status, deletion.text]).toEqual([202, ''])
    await jobs().update({ _id: idOf(expired) }, { set: { expires: new Date(Date.now() - 1000) } })
    const narrower = await server.token('h1-engine', { purpose_of_use: 'TREAT' })
    const answers = [
      await get(absent),
      await get(taken),
      await get(expired),
      await get(foreign, { token: other }),
      await get(foreign, { token: narrower }),
      await server.call('DELETE', foreign, { token: other }),
      await server.call('DELETE', taken, { token: engine }),
    ]
    const seen = answers.map((answer) => [answer.status, answer.text])
    expect(seen).toEqual(seen.map(() => [404, answers[0]?.text]))
    expect((await get(foreign)).status).toBe(200)
    expect((await server.call('GET', foreign)).status).toBe(401)
  })

  test('methods', async () => {
    const status = await made()
    const allow = 'GET, HEAD, DELETE, OPTIONS'
    expect((await server.call('OPTIONS', status)).headers.get('allow')).toBe(allow)
    const answer = await server.call('PUT', status, { token: engine, body: '{}' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
    const head = await server.call('HEAD', status, { token: engine })
    expect([head.status, head.text]).toEqual([200, ''])
  })

  test('what a Bundle did that was taken away stays, its result is gone', async () => {
    const status = await putOff(server, 'POST', '/fhir', {
      token: engine,
      body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'DELETE', url: 'Observation/o2' } }] },
    })
    await resultAt(server, status, { token: engine })
    expect((await server.call('DELETE', status, { token: engine })).status).toBe(202)
    expect([(await get(status)).status, (await get('/fhir/Observation/o2')).status]).toEqual([404, 410])
  })
})
