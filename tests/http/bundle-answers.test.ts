/** What the entries of a batch and a transaction are answered with (R4 http.html#transaction-response), and deletions of what is gone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { custody, encounter, give, NO_SHARING, observation, patient, putAll, relabelled } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let loader: string
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  engine = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

const KINDS = ['batch', 'transaction'] as const
const BASIC = { resourceType: 'Basic', code: { text: 'x' } }
const call = (method: string, path: string, body?: unknown, token = engine): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, { token, body })
const send = (type: string, entry: object[], token = engine, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call('POST', '/fhir', { token, body: { resourceType: 'Bundle', type, entry }, headers })
const entry = (method: string, url: string, resource?: object, more: object = {}) => ({
  ...(resource ? { resource } : {}),
  request: { method, url, ...more },
})

test.each(KINDS)('the time of what is written and read is that of its meta, to the millisecond: %s', async (kind) => {
  const { id } = (await call('POST', 'Basic', BASIC)).json
  const read = entry('GET', `Basic/${id}`)
  for (const prefer of ['representation', 'minimal', 'OperationOutcome']) {
    const answer = await send(kind, [entry('POST', 'Basic', BASIC), read], engine, { Prefer: `return=${prefer}` })
    for (const { resource, response } of answer.json.entry) {
      const [name = ''] = /Basic\/[^/]+/.exec(response.location ?? `Basic/${id}`) ?? []
      const stored = resource ?? (await call('GET', name)).json
      expect(response.lastModified).toBe(stored.meta.lastUpdated)
    }
  }
  const unchanged = entry('GET', `Basic/${id}`, undefined, { ifNoneMatch: 'W/"1"' })
  const { meta } = (await call('GET', `Basic/${id}`)).json
  expect((await send(kind, [unchanged])).json.entry[0].response).toEqual({ status: '304', etag: 'W/"1"', lastModified: meta.lastUpdated })
})

test.each(KINDS)('HEAD is answered as GET, without the resource: %s', async (kind) => {
  const { id } = (await call('POST', 'Basic', BASIC)).json
  const [get, head] = (await send(kind, [entry('GET', `Basic/${id}`), entry('HEAD', `Basic/${id}`)])).json.entry
  expect(get.resource.id).toBe(id)
  expect(head).toEqual({ response: get.response })
})

test('an entry of a batch that refers to another one is refused, the other is not', async () => {
  const fullUrl = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f51'
  const pointing = entry('POST', 'Basic', { ...BASIC, subject: { reference: fullUrl } })
  const answer = await send('batch', [{ fullUrl, ...entry('POST', 'Patient', { resourceType: 'Patient' }) }, pointing])
  const [made, refused] = answer.json.entry
  expect([made.response.status, refused.response.status]).toEqual(['201', '400'])
  const [issue] = refused.response.outcome.issue
  expect([issue.details.coding[0].code, issue.expression]).toEqual(['reference-unresolved', ['Bundle.entry[1].resource.subject.reference']])
})

test('an update by criteria that changes nothing makes no version, alone and in a Bundle', async () => {
  const resource = { ...BASIC, identifier: [{ system: 'urn:x', value: 'same' }] }
  const { id } = (await call('POST', 'Basic', resource)).json
  const alone = await call('PUT', 'Basic?identifier=urn:x%7Csame', resource)
  expect([alone.status, alone.headers.get('etag'), alone.json.meta.versionId]).toEqual([200, 'W/"1"', '1'])
  for (const kind of KINDS) {
    const [one] = (await send(kind, [entry('PUT', 'Basic?identifier=urn:x%7Csame', resource)])).json.entry
    expect([kind, one.response.status, one.response.etag, one.resource]).toEqual([kind, '200', 'W/"1"', alone.json])
  }
  expect((await call('GET', `Basic/${id}/_history`)).json.entry).toHaveLength(1)
})

test('to delete what is deleted has no effect, alone and in a transaction', async () => {
  for (const token of [engine, loader]) {
    const { id } = (await call('POST', 'Basic', BASIC, token)).json
    const remove = entry('DELETE', `Basic/${id}`)
    expect((await send('transaction', [remove], token)).json.entry[0].response.status).toBe('204')
    for (const _ of [1, 2]) {
      expect((await call('DELETE', `Basic/${id}`, undefined, token)).status).toBe(204)
      expect((await send('transaction', [remove, entry('POST', 'Basic', BASIC)], token)).json.entry[0].response).toEqual({ status: '204' })
      expect((await send('batch', [remove], token)).json.entry[0].response).toEqual({ status: '204' })
    }
    const versions = (await call('GET', `Basic/${id}/_history`)).json.entry ?? []
    if (token === engine) expect(versions.map(({ request }: { request: { method: string } }) => request.method)).toEqual(['DELETE', 'POST'])
    const asked = entry('DELETE', `Basic/${id}`, undefined, { ifMatch: 'W/"9"' })
    expect((await send('transaction', [asked], token)).status).toBe(412)
    // It is one of the two that mean the same resource all the same.
    const again = entry('PUT', `Basic/${id}`, { ...BASIC, id })
    expect((await send('transaction', [remove, again], token)).status).toBe(400)
  }
})

test('to delete what never was leaves nothing where it would have been', async () => {
  expect((await send('transaction', [entry('DELETE', 'Basic/never-was')], loader)).json.entry[0].response).toEqual({ status: '204' })
  expect((await call('GET', 'Basic/never-was')).status).toBe(404)
  expect((await send('transaction', [entry('DELETE', 'Basic/never-was'), entry('POST', 'Basic', BASIC)])).status).toBe(404)
})

test('what another one deleted, or what is hidden, is deleted by nobody as if it had been his', async () => {
  await putAll(server, loader, [
    patient('shy'),
    encounter('shy-1', 'shy', 'H1', 'Practitioner/doc-1'),
    encounter('shy-2', 'shy', 'H2', 'Practitioner/doc-2'),
    observation('gone-1', 'shy', 'x', { meta: custody('H1') }),
    observation('gone-2', 'shy', 'x', { meta: custody('H2') }),
  ])
  for (const id of ['gone-1', 'gone-2']) expect((await call('DELETE', `Observation/${id}`, undefined, loader)).status).toBe(204)
  await give(server, 'shy', NO_SHARING)
  await relabelled(server)
  const statuses = async (id: string) => [
    (await call('DELETE', `Observation/${id}`)).status,
    (await send('transaction', [entry('DELETE', `Observation/${id}`)])).status,
  ]
  expect(await statuses('gone-1')).toEqual([204, 200])
  expect(await statuses('gone-2')).toEqual(await statuses('absent-2'))
})
