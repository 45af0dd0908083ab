/** What stands around the resources of a Bundle: nothing in it is dropped in silence, least of all a condition. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const URN = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f01'
let server: TestServer
let stored: { id: string; meta: { versionId: string } }
let before = 0

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  stored = (await server.call('POST', '/fhir/Patient', { body: { resourceType: 'Patient', active: true } })).json
  before = await count()
})

const count = async (): Promise<number> => (await server.call('GET', '/fhir/Patient?_summary=count')).json.total
const send = (entry: unknown[], extra: object = {}): Promise<Answer> =>
  server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry, ...extra } })
const create = (request: object = {}, entry: object = {}) => ({
  ...entry,
  resource: { resourceType: 'Patient', active: false },
  request: { method: 'POST', url: 'Patient', ...request },
})
const update = (request: object) => ({
  resource: { resourceType: 'Patient', id: stored.id, active: false },
  request: { method: 'PUT', url: `Patient/${stored.id}`, ...request },
})
const placesOf = (answer: Answer) => answer.json.issue?.map(({ expression }: { expression?: string[] }) => expression?.[0])

/** Refused there, and nothing changed. */
async function refused(answer: Answer, place: string, status = 400): Promise<void> {
  expect([answer.status, placesOf(answer)]).toEqual([status, [place]])
  const now = await server.call('GET', `/fhir/Patient/${stored.id}`)
  expect([now.json.meta.versionId, await count()]).toEqual(['1', before])
}

describe('a condition that is not one', () => {
  test.each([5, true, {}, ['W/"9"'], null])('ifMatch %j', async (ifMatch) => {
    await refused(await send([update({ ifMatch })]), 'Bundle.entry[0].request.ifMatch')
  })

  test('ifNoneExist that is no text, and one that is misspelt', async () => {
    await refused(await send([create({ ifNoneExist: 5 })]), 'Bundle.entry[0].request.ifNoneExist')
    await refused(await send([create(), create({ ifNonExist: 'active=true' })]), 'Bundle.entry[1].request.?')
  })

  test('one that cannot be read, and one that fails', async () => {
    await refused(await send([update({ ifMatch: 'x' })]), 'Bundle.entry[0].request.ifMatch')
    await refused(await send([update({ ifMatch: 'W/"9"' })]), 'Bundle.entry[0].request.ifMatch', 412)
    await refused(await send([create(), create(), update({ ifNoneMatch: '*' })]), 'Bundle.entry[2].request.ifNoneMatch', 412)
    await refused(await send([create({ ifNoneExist: 'foo=1' })]), 'Bundle.entry[0].request.ifNoneExist')
  })

  test('one that its interaction does not have', async () => {
    const patch = { resourceType: 'Parameters' }
    const request = (method: string, url: string, condition: object, resource?: object) => ({
      ...(resource ? { resource } : {}),
      request: { method, url, ...condition },
    })
    const ifNoneExist = 'active=true'
    for (const [entry, element] of [
      [update({ ifNoneExist }), 'ifNoneExist'],
      [request('DELETE', `Patient/${stored.id}`, { ifNoneExist }), 'ifNoneExist'],
      [request('PATCH', `Patient/${stored.id}`, { ifNoneExist }, patch), 'ifNoneExist'],
      [request('DELETE', 'Patient?active=false', { ifNoneExist }), 'ifNoneExist'],
      [create({ ifMatch: 'W/"1"' }), 'ifMatch'],
      [create({ ifNoneMatch: '*' }), 'ifNoneMatch'],
    ] as const) {
      const answer = await send([create(), entry])
      await refused(answer, `Bundle.entry[1].request.${element}`)
      expect(answer.json.issue[0].details.coding[0].code).toBe('conditional-unsupported')
      const batch = await send([entry], { type: 'batch' })
      expect(batch.json.entry[0].response.status).toBe('400')
    }
  })

  test('two creates under the same condition', async () => {
    const ifNoneExist = 'identifier=urn:x|same'
    await refused(await send([create({ ifNoneExist }), create({ ifNoneExist })]), 'Bundle.entry[1].request.ifNoneExist')
  })
})

describe('elements that there are none of, or of another type', () => {
  test.each<[string, unknown[], object, string]>([
    ['in the Bundle', [create()], { foo: 1 }, 'Bundle.?'],
    ['a total', [create()], { total: 'x' }, 'Bundle.total'],
    ['in an entry', [create({}, { resuorce: 1 })], {}, 'Bundle.entry[0].?'],
    ['a fullUrl', [create({}, { fullUrl: 5 })], {}, 'Bundle.entry[0].fullUrl'],
    ['an entry', [create(), 'x'], {}, 'Bundle.entry[1]'],
    ['an empty fullUrl', [create(), create({}, { fullUrl: '' })], {}, 'Bundle.entry[1].fullUrl'],
    ['an empty address', [create(), create({ url: '' })], {}, 'Bundle.entry[1].request.url'],
    ['an empty condition', [create({ ifNoneExist: '' })], {}, 'Bundle.entry[0].request.ifNoneExist'],
    ['an empty type of Bundle', [create()], { type: '' }, 'Bundle.type'],
    ['no resource', [create(), { request: { method: 'POST', url: 'Patient' } }], {}, 'Bundle.entry[1].resource'],
    ['no resource to look for', [{ request: { method: 'POST', url: 'Patient', ifNoneExist: '_id=x' } }], {}, 'Bundle.entry[0].resource'],
  ])('%s', async (_name, entry, extra, place) => refused(await send(entry, extra), place))

  test('an unknown type is named where it stands', async () => {
    const unknown = { resource: { resourceType: 'Foo' }, request: { method: 'POST', url: 'Foo' } }
    await refused(await send([create(), unknown]), 'Bundle.entry[1].request.url', 404)
  })

  test('an empty address in a batch is the answer of its entry', async () => {
    const answer = await send([create({ url: '' }), create({}, { fullUrl: '' })], { type: 'batch' })
    const issues = answer.json.entry.map(
      (one: { response: { outcome: { issue: { expression: string[] }[] } } }) => one.response.outcome.issue[0],
    )
    expect(issues.map(({ expression }: { expression: string[] }) => expression)).toEqual([
      ['Bundle.entry[0].request.url'],
      ['Bundle.entry[1].fullUrl'],
    ])
  })

  test('in a batch it is the answer of its entry', async () => {
    const answer = await send([create({ ifNonExist: 'x' }), create()], { type: 'batch' })
    expect(answer.json.entry.map((one: { response: { status: string } }) => one.response.status)).toEqual(['400', '201'])
  })
})

describe('addresses', () => {
  test('two entries under one: a reference would be to either', async () => {
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: URN } }
    const pointing = { resource: observation, request: { method: 'POST', url: 'Observation' } }
    await refused(await send([create({}, { fullUrl: URN }), create({}, { fullUrl: URN }), pointing]), 'Bundle.entry[1].fullUrl')
  })

  test.each([
    'Patient/$validate',
    'Patient/_search',
    'Patient/a1',
    'Patient/../../x',
    'Patient?x=y',
    'Patient?name=%ff',
    'Patient?name=\ud800',
  ])('POST %s is no create', async (url) => refused(await send([create({ url })]), 'Bundle.entry[0].request.url'))

  test('an operation or a search by POST is told to belong in a batch, at each level', async () => {
    for (const url of ['Patient/$validate', `Patient/${stored.id}/$meta-add`, '$convert', 'Patient/_search', '_search']) {
      const answer = await send([create(), create({ url })])
      await refused(answer, 'Bundle.entry[1].request.url')
      expect([url, answer.json.issue[0].details.coding[0].code]).toEqual([url, 'transaction-operation'])
    }
  })

  test.each(['history', 'collection', 'searchset', 'document'])('a Bundle of the type %s is not carried out', async (type) => {
    const answer = await send([create()], { type })
    await refused(answer, 'Bundle.type')
    expect(answer.json.issue[0].details.coding[0].code).toBe('bundle-type')
  })

  describe('the whole address of what stands under this server', () => {
    const read = (url: string) => ({ request: { method: 'GET', url } })
    const statuses = ({ json }: Answer) => json.entry.map((one: { response: { status: string } }) => one.response.status)

    test.each(['batch', 'transaction'])('is the relative one, in a %s', async (type) => {
      const base = `${server.url}/fhir`
      const shouted = base.replace('http:', 'HTTP:')
      const answer = await send(
        [
          read(`${base}/Patient/${stored.id}`),
          read(`${shouted}/Patient?_id=${stored.id}`),
          update({ url: `${base}/Patient/${stored.id}` }),
          create({ url: `${base}/Patient` }),
          { request: { method: 'DELETE', url: `${base}/Patient?identifier=urn:x%7Cnobody` } },
        ],
        { type },
      )
      expect(statuses(answer)).toEqual(['200', '200', '200', '201', '204'])
      expect([answer.json.entry[0].resource.id, answer.json.entry[1].resource.total]).toEqual([stored.id, 1])
    })

    test('of another one is refused by its name', async () => {
      const { host, port } = new URL(server.url)
      const others = [
        `http://127.0.0.2:${port}/fhir/Patient/${stored.id}`,
        `https://${host}/fhir/Patient/${stored.id}`,
        `http://somebody@${host}/fhir/Patient/${stored.id}`,
        `http://${host}/fhirs/Patient/${stored.id}`,
        `http://${host}/Patient/${stored.id}`,
        'http://[/fhir/Patient/1',
        'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f01',
      ]
      for (const url of others) {
        const answer = await send([create(), update({ url })])
        await refused(answer, 'Bundle.entry[1].request.url')
        expect(answer.json.issue[0].details.coding[0].code).toBe('entry-elsewhere')
      }
      const batch = await send([read(others[0] ?? ''), read(`Patient/${stored.id}`)], { type: 'batch' })
      expect(statuses(batch)).toEqual(['400', '200'])
    })
  })

  test('what a GET does not find or understand is told of its entry', async () => {
    const get = (url: string) => ({ request: { method: 'GET', url } })
    await refused(await send([get(`Patient/${stored.id}`), get('Patient/absent')]), 'Bundle.entry[1]', 404)
    await refused(await send([get('Patient?birthdate=x')]), 'Bundle.entry[0].request.url')
    await refused(await send([get('Patient?name=%ff')]), 'Bundle.entry[0].request.url')
  })

  test('a GET that fails keeps the writes beside it from being stored', async () => {
    const get = (url: string) => ({ request: { method: 'GET', url } })
    await refused(await send([create(), update({}), get('Patient/absent')]), 'Bundle.entry[2]', 404)
    await refused(await send([get('Patient?birthdate=x'), create()]), 'Bundle.entry[0].request.url')
  })

  test('of what the transaction itself writes a GET sees what is stored', async () => {
    const get = (url: string) => ({ request: { method: 'GET', url } })
    const remove = { request: { method: 'DELETE', url: `Patient/${stored.id}` } }
    const answer = await send([get(`Patient/${stored.id}`), remove, create()])
    expect([answer.status, answer.json.entry.map((one: { response: { status: string } }) => one.response.status)]).toEqual([
      200,
      ['410', '204', '201'],
    ])
    const put = { resource: { resourceType: 'Patient', id: 'made-here' }, request: { method: 'PUT', url: 'Patient/made-here' } }
    const made = await send([get('Patient/made-here'), put])
    expect([made.status, made.json.entry[0].resource.id]).toEqual([200, 'made-here'])
  })

  test('an id with more behind it names nothing, and least of all the resource before it', async () => {
    const remove = (url: string) => ({ request: { method: 'DELETE', url } })
    await refused(await send([remove(`Patient/${stored.id}%2Fx`)]), 'Bundle.entry[0]', 404)
  })

  test.each(['$export', 'Patient/$export', 'Group/g/$export', '$export-status/x', '$export-file/x/Patient.ndjson'])(
    '%s is no answer of an entry, in JSON and in XML',
    async (url) => {
      const entry = [{ request: { method: 'GET', url } }]
      await refused(await send(entry), 'Bundle.entry[0].request.url')
      const batch = await send(entry, { type: 'batch' })
      expect(batch.json.entry[0].response.status).toBe('400')
      const body = { resourceType: 'Bundle', type: 'batch', entry }
      const xml = await server.call('POST', '/fhir', { body, headers: { Accept: 'application/fhir+xml' } })
      expect([xml.status, xml.text]).toEqual([200, expect.stringContaining('<code value="bundle-invalid"/>')])
    },
  )
})

describe('references', () => {
  const observation = (subject: string) => {
    const resource = { resourceType: 'Observation', status: 'final', code: { text: 'x:"y\\' }, subject: '{subject}' }
    return JSON.stringify({ resource, request: { method: 'POST', url: 'Observation' } }).replace('"{subject}"', subject)
  }
  const sendText = (...entries: string[]) =>
    server.call('POST', '/fhir', { body: `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join()}]}` })

  test('a key with an escape in it is the same key', async () => {
    const answer = await sendText(JSON.stringify(create({}, { fullUrl: URN })), observation(`{"r\\u0065ference":"${URN}"}`))
    expect(answer.status).toBe(200)
    const [made, pointing] = answer.json.entry.map((one: { response: { location: string } }) => one.response.location)
    const kept = (await server.call('GET', `/fhir/${pointing.split('/').slice(-4, -2).join('/')}`)).json
    expect([kept.code.text, made]).toEqual(['x:"y\\', expect.stringContaining(kept.subject.reference)])
  })

  test.each([
    `{"r\\u0065ference":"${URN}"}`,
    '{"reference":"\\u0075rn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f01"}',
    '{"reference":"Patient?"}',
  ])('%s leads nowhere', async (subject) => refused(await sendText(observation(subject)), 'Bundle.entry[0].resource.subject.reference'))
})
