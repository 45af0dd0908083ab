/** Leak catalogue L14-L18, L35-L37, L40, L42, L43, L52, L53: one resource, its headers, its versions, its neighbours. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { comparable, condition, custody, idsIn, observation, putAll, relabelled, withdraw, give, NOTHING } from '../consent/resources.ts'
import { asAbsent, codeOf, neutral, setting } from './worlds.ts'

const held = setting(
  (w) => [observation(`open-${w}`, `p1-${w}`, `lab-${w}`)],
  (w) => [
    observation(`hidden-${w}`, `p2-${w}`, `lab-${w}`),
    condition(`hiv-${w}`, `p1-${w}`, `diagnosis-${w}`, { meta: custody('H1', 'HIV') }),
  ],
)
const NAMES = { hidden: 'hidden-a', absent: 'hidden-z' }
const get = (path: string, token = held.doctor, headers = {}) => held.server.call('GET', path, { token, headers })

describe('L16, L35, L36 one hidden resource', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('%s answers as for an absent one', async (method) => {
    const body = { PUT: observation('{name}', 'p2-a', 'x'), PATCH: [{ op: 'test', path: '/status', value: 'final' }] }[method]
    const headers = method === 'PATCH' ? { 'Content-Type': 'application/json-patch+json' } : {}
    const answer = await asAbsent(held, (id) => `/fhir/Observation/${id}`, NAMES, { method, headers, ...(body ? { body } : {}) })
    expect(answer.status).toBe(404)
  })

  test.each(['_history', '_history/1', '_history/2', '_history/x', '$everything', '$nothing'])('%s too', async (rest) => {
    await asAbsent(held, (id) => `/fhir/Observation/${id}/${rest}`, NAMES)
  })

  const conditions = [
    { 'If-None-Match': 'W/"1"' },
    { 'If-None-Match': '*' },
    { 'If-Modified-Since': new Date(Date.now() + 60_000).toUTCString() },
    { 'If-Match': 'W/"1"' },
    { 'If-Match': 'W/"7"' },
  ]
  test.each(conditions.flatMap((headers) => ['GET', 'PUT', 'DELETE'].map((method) => [method, headers] as const)))(
    '%s with %o',
    async (method, headers) => {
      const body = method === 'PUT' ? observation('{name}', 'p2-a', 'x') : undefined
      const answer = await asAbsent(held, (id) => `/fhir/Observation/${id}`, NAMES, { method, headers, ...(body ? { body } : {}) })
      expect(answer.status).toBe(404)
    },
  )

  test('no header speaks of a version', async () => {
    const { headers } = await get('/fhir/Observation/hidden-a')
    for (const name of ['etag', 'last-modified', 'location', 'content-location']) expect(headers.get(name)).toBeNull()
  })
})

describe('L17 history', () => {
  test('follows the decision of now for every version', async () => {
    await putAll(held.server, held.loader, [observation('open-a', 'p1-a', 'lab-a', { note: [{ text: '二' }] })])
    expect((await get('/fhir/Observation/open-a/_history')).json.entry).toHaveLength(2)
    const consent = await give(held.server, 'p1-a', NOTHING)
    const hidden = { hidden: 'open-a', absent: 'open-z' }
    await asAbsent(held, (id) => `/fhir/Observation/${id}/_history`, hidden)
    await asAbsent(held, (id) => `/fhir/Observation/${id}/_history/1`, hidden)
    await withdraw(held.server, 'p1-a', consent)
    await relabelled(held.server)
    expect((await get('/fhir/Observation/open-a/_history/1')).status).toBe(200)
  })

  test('a label that comes later hides the versions before it', async () => {
    await putAll(held.server, held.loader, [observation('late-1', 'p1-a', 'late')])
    expect((await get('/fhir/Observation/late-1/_history/1')).status).toBe(200)
    await putAll(held.server, held.loader, [observation('late-1', 'p1-a', 'late', { meta: custody('H1', 'HIV') })])
    await asAbsent(held, (id) => `/fhir/Observation/${id}/_history/1`, { hidden: 'late-1', absent: 'late-9' })
    await asAbsent(held, (id) => `/fhir/Observation/${id}/_history`, { hidden: 'late-1', absent: 'late-9' })
  })

  test('a deletion of what was hidden stays hidden', async () => {
    await putAll(held.server, held.loader, [observation('gone-1', 'p2-a', 'gone')])
    expect((await held.server.call('DELETE', '/fhir/Observation/gone-1', { token: held.loader })).status).toBe(204)
    await asAbsent(held, (id) => `/fhir/Observation/${id}`, { hidden: 'gone-1', absent: 'gone-9' })
    await asAbsent(held, (id) => `/fhir/Observation/${id}/_history`, { hidden: 'gone-1', absent: 'gone-9' })
  })
})

test('L18 a version about somebody else is decided for him', async () => {
  await putAll(held.server, held.loader, [observation('moved-1', 'p2-a', 'moved')])
  await putAll(held.server, held.loader, [observation('moved-1', 'p1-a', 'moved')])
  expect((await get('/fhir/Observation/moved-1')).status).toBe(200)
  await asAbsent(held, (version) => `/fhir/Observation/moved-1/_history/${version}`, { hidden: '1', absent: '7' })
  const history = await get('/fhir/Observation/moved-1/_history')
  expect([history.json.entry.length, history.text.includes('p2-a')]).toEqual([1, false])
})

describe('references', () => {
  test('L14 ids that the server gives are random, and pointing at something does not open it', async () => {
    const body = observation('x', 'p1-a', 'pointing', { id: undefined, hasMember: [{ reference: 'Observation/hidden-a' }] })
    const answers = await Promise.all([1, 2].map(() => held.server.call('POST', '/fhir/Observation', { token: held.loader, body })))
    const ids = answers.map(({ json }) => json.id as string)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(ids[0]).not.toBe(ids[1])
    const included = await get('/fhir/Observation?code=pointing&_include=Observation:has-member')
    expect(idsIn(included, 'include')).toEqual([])
    expect((await get('/fhir/Observation/hidden-a')).status).toBe(404)
  })

  test('L15 a resource that names two persons needs the permission of both', async () => {
    const performer = [{ reference: 'Patient/p2-a', display: '名p2-a' }]
    await putAll(held.server, held.loader, [observation('both-1', 'p1-a', 'both', { performer })])
    await asAbsent(held, (id) => `/fhir/Observation/${id}`, { hidden: 'both-1', absent: 'both-9' })
    expect((await get('/fhir/Observation?code=both')).json.total).toBe(0)
  })

  test('L15 one that names a patient by words alone is for its custodian', async () => {
    await putAll(held.server, held.loader, [observation('words-1', 'p1-a', 'words', { subject: { display: '某甲' } })])
    await asAbsent(held, (id) => `/fhir/Observation/${id}`, { hidden: 'words-1', absent: 'words-9' })
  })
})

describe('L40 Binary', () => {
  const binary = (id: string, context?: string) => ({
    resourceType: 'Binary',
    id,
    meta: custody('H1'),
    contentType: 'text/plain',
    data: Buffer.from('病历').toString('base64'),
    ...(context ? { securityContext: { reference: context } } : {}),
  })
  beforeAll(() =>
    putAll(held.server, held.loader, [
      binary('bin-open', 'Patient/p1-a'),
      binary('bin-hid', 'Patient/p2-a'),
      binary('bin-via', 'Observation/hidden-a'),
      binary('bin-own'),
    ]),
  )

  test('is decided as what it belongs to', async () => {
    expect((await get('/fhir/Binary/bin-open')).status).toBe(200)
    await asAbsent(held, (id) => `/fhir/Binary/${id}`, { hidden: 'bin-hid', absent: 'bin-zzz' })
    await asAbsent(held, (id) => `/fhir/Binary/${id}`, { hidden: 'bin-via', absent: 'bin-zzz' })
  })

  test('is nobody elses when it belongs to nothing', async () => {
    await asAbsent(held, (id) => `/fhir/Binary/${id}`, { hidden: 'bin-own', absent: 'bin-zzz' })
  })
})

describe('what tells about access itself', () => {
  test('L42 accounts of uses are the patients own', async () => {
    await get('/fhir/Observation/open-b')
    const of = (token: string) => get('/fhir/AuditEvent?patient=p1-b', token)
    expect((await of(held.doctor)).json.total).toBe(0)
    const researched = await get('/fhir/AuditEvent?action=R', held.researcher)
    expect([researched.status === 403 || researched.json.total === 0]).toEqual([true])
    const own = await of(await held.server.token('patient-app', { patient: 'p1-b' }))
    expect(own.json.total).toBeGreaterThan(0)
    expect((await of(await held.server.token('patient-app', { patient: 'p2-b' }))).json.total).toBe(0)
    const provenance = await get('/fhir/Provenance', held.researcher)
    expect(provenance.json.total ?? 0).toBe(0)
  })

  test.each(['researcher', 'insurer', 'mia', 'ha', 'pharma'])('L43 no Consent for %s', async (client) => {
    const consents = await get('/fhir/Consent', await held.server.token('patient-app', { patient: 'p2-a' }))
    const id = idsIn(consents)[0] ?? ''
    const parameters = client === 'researcher' ? { data_form: 'PSEUD', research_study: 'study-1' } : { data_form: 'IDENT' }
    const token = await held.server.token(client, parameters)
    expect(id).toMatch(/^Consent\//)
    const all = await get('/fhir/Consent', token)
    expect([all.status, all.json.total]).toEqual([200, 0])
    const read = await get(`/fhir/${id}`, token)
    expect(comparable(read, id)).toBe(comparable(await get(`/fhir/${id.slice(0, -2)}zz`, token), `${id.slice(0, -2)}zz`))
  })
})

describe('headers and statements', () => {
  test('L52 nothing may be kept by a cache', async () => {
    for (const path of ['/fhir/Observation/open-b', '/fhir/Observation?code=lab-b', '/fhir/Observation/hidden-a', '/fhir/metadata']) {
      const { headers } = await get(path)
      expect([path, headers.get('cache-control'), headers.get('vary')]).toEqual([
        path,
        'no-store',
        'Authorization, Accept, Accept-Encoding',
      ])
    }
  })

  test('L53 the CapabilityStatement does not depend on data or asker', async () => {
    const before = await held.server.call('GET', '/fhir/metadata')
    await putAll(held.server, held.loader, [condition('new-1', 'p1-a', 'x')])
    expect(neutral(await get('/fhir/metadata'))).toBe(neutral(before))
  })

  test('L37 an outcome holds codes and places, never values', async () => {
    const secret = '110100195803120019'
    const bodies = [
      observation('x', 'p1-a', secret, { id: undefined, status: secret }),
      observation('x', 'p1-a', 'x', { id: undefined, [`f${secret}`]: secret }),
      observation('x', 'p1-a', 'x', { id: undefined, effectiveDateTime: secret }),
    ]
    for (const body of bodies) {
      const { status, text } = await held.server.call('POST', '/fhir/Observation', { token: held.loader, body })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(text).not.toMatch(/Mongo|E11000|dup key|at .*\.ts:\d|node_modules/)
      expect(text.replaceAll(`f${secret}`, '')).not.toContain(secret)
    }
    const search = await get(`/fhir/Observation?date=${secret}x`)
    expect([search.status, codeOf(search) !== '', search.text.includes(secret)]).toEqual([400, true, false])
  })
})
