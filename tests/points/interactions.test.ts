/** Points that new servers get wrong, 9 to 18: totals, pages, versions, conditions, bundles, history (R4 http.html). One test each. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Answer, type CallOptions, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

interface Entry {
  resource: { id: string; resourceType: string }
  search: { mode: string }
  request: { method: string }
  response: { status: string; location?: string; outcome?: { resourceType: string } }
}

const fhir = (method: string, path: string, options?: CallOptions): Promise<Answer> => server.call(method, `/fhir${path}`, options)
const put = (type: string, id: string, more: object = {}) => fhir('PUT', `/${type}/${id}`, { body: { resourceType: type, id, ...more } })
const nextOf = ({ json }: Answer): string | undefined =>
  json.link.find((link: { relation: string; url: string }) => link.relation === 'next')?.url.slice(`${server.url}/fhir`.length)
const idsOf = ({ json }: Answer): string[] =>
  (json.entry ?? []).filter(({ search }: Entry) => search.mode === 'match').map(({ resource }: Entry) => resource.id)

/** All pages of a query; `between` runs after the first. */
async function pagesOf(query: string, between: () => Promise<unknown> = async () => undefined): Promise<Answer[]> {
  const pages = [await fhir('GET', query)]
  await between()
  for (let next = nextOf(pages[0] as Answer); next !== undefined; next = nextOf(pages.at(-1) as Answer)) pages.push(await fhir('GET', next))
  return pages
}

async function family(tag: string, count: number, more: (n: number) => object = () => ({})): Promise<void> {
  for (let n = 0; n < count; n++) await put('Patient', `${tag}-${n}`, { meta: { tag: [{ system: 'urn:points', code: tag }] }, ...more(n) })
}

test('9: a total is the same on each page; a count has no entries', async () => {
  await family('p9', 5)
  const pages = await pagesOf('/Patient?_tag=urn:points|p9&_count=2&_total=accurate')
  expect(pages.map(({ json }) => json.total)).toEqual([5, 5, 5])
  for (const query of ['_summary=count', '_count=0']) {
    const { json } = await fhir('GET', `/Patient?_tag=urn:points|p9&${query}`)
    expect([json.total, json.entry]).toEqual([5, undefined])
  }
  expect((await fhir('GET', '/Patient?_tag=urn:points|p9&_count=2&_total=none')).json.total).toBeUndefined()
})

test('10: pages neither repeat nor skip while others write, and end', async () => {
  await family('p10', 7, (n) => ({ birthDate: n < 4 ? '2000-01-01' : '2001-01-01' }))
  const pages = await pagesOf('/Patient?_tag=urn:points|p10&_count=2&_sort=-birthdate', async () => {
    await put('Patient', 'p10-new', { meta: { tag: [{ system: 'urn:points', code: 'p10' }] }, birthDate: '2002-01-01' })
    await fhir('DELETE', '/Patient/p10-6')
  })
  const ids = pages.flatMap(idsOf)
  expect(new Set(ids).size).toBe(ids.length)
  const stayed = ['p10-0', 'p10-1', 'p10-2', 'p10-3', 'p10-4', 'p10-5']
  expect(ids.filter((id) => stayed.includes(id)).sort()).toEqual(stayed)
  expect(nextOf(pages.at(-1) as Answer)).toBeUndefined()
  const next = nextOf(pages[0] as Answer) as string
  expect(next).not.toContain('birthdate')
  const broken = next.replace(/(_page=.{20})(.)/, (_all, head: string, char: string) => `${head}${char === 'A' ? 'B' : 'A'}`)
  expect((await fhir('GET', broken)).status).toBe(400)
})

test('11: an order has the missing last, lists by their lowest or highest, and Chinese names by pinyin', async () => {
  const names = [['张三'], ['阿明'], ['李四', '王五'], []]
  await family('p11', names.length, (n) => (n === 3 ? {} : { name: (names[n] as string[]).map((text) => ({ text })) }))
  const sorted = async (sort: string) => idsOf(await fhir('GET', `/Patient?_tag=urn:points|p11&_sort=${sort}`))
  // ā míng, lǐ sì (wáng wǔ), zhāng sān; without a name at the end of both.
  expect(await sorted('name')).toEqual(['p11-1', 'p11-2', 'p11-0', 'p11-3'])
  expect(await sorted('-name')).toEqual(['p11-0', 'p11-2', 'p11-1', 'p11-3'])
})

test('12: versions, ETags and conditions; no update is lost', async () => {
  const first = await put('Patient', 'p12', { meta: { versionId: '77', lastUpdated: '1999-01-01T00:00:00Z' } })
  expect([first.status, first.headers.get('etag'), first.json.meta.versionId]).toEqual([201, 'W/"1"', '1'])
  expect(first.json.meta.lastUpdated > '2020').toBe(true)
  expect(first.headers.get('location')).toBe(`${server.url}/fhir/Patient/p12/_history/1`)
  const update = (headers: Record<string, string>, birthDate: string) =>
    fhir('PUT', '/Patient/p12', { headers, body: { resourceType: 'Patient', id: 'p12', birthDate } })
  expect((await update({ 'If-Match': 'W/"9"' }, '2000-01-01')).status).toBe(412)
  expect((await update({ 'If-None-Match': '*' }, '2000-01-01')).status).toBe(412)
  const raced = await Promise.all(Array.from({ length: 50 }, (_, n) => update({ 'If-Match': 'W/"1"' }, `20${String(n + 10)}-01-01`)))
  expect(raced.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(raced.every(({ status }) => status === 200 || status === 412)).toBe(true)
  expect((await fhir('GET', '/Patient/p12', { headers: { 'If-None-Match': 'W/"2"' } })).status).toBe(304)
  expect((await fhir('PUT', '/Patient/p12', { body: { resourceType: 'Patient', id: 'another' } })).status).toBe(400)
  const same = await fhir('GET', '/Patient/p12')
  await fhir('PUT', '/Patient/p12', { body: same.text })
  expect((await fhir('GET', '/Patient/p12')).headers.get('etag')).toBe('W/"2"')
})

test('13: deleted is gone, its versions and its numbers stay', async () => {
  await put('Patient', 'p13', { birthDate: '2000-01-01' })
  const statuses = async (...asked: [string, string][]) => {
    const seen: number[] = []
    for (const [method, path] of asked) seen.push((await fhir(method, path)).status)
    return seen
  }
  const path = '/Patient/p13'
  const [first, second] = await statuses(['DELETE', path], ['DELETE', path])
  expect([200, 204]).toContain(first)
  expect(second).toBe(first)
  expect(await statuses(['GET', path], ['GET', `${path}/_history/2`], ['GET', `${path}/_history/1`])).toEqual([410, 410, 200])
  expect(idsOf(await fhir('GET', '/Patient?_id=p13'))).toEqual([])
  const history = (await fhir('GET', `${path}/_history`)).json.entry as Entry[]
  expect(history.map(({ request, resource }) => [request.method, resource !== undefined])).toEqual([
    ['DELETE', false],
    ['PUT', true],
  ])
  expect((await put('Patient', 'p13', { birthDate: '2001-01-01' })).headers.get('etag')).toBe('W/"3"')
})

test('14: fifty creates on one condition make one resource', async () => {
  const create = (value: string) =>
    fhir('POST', '/Patient', {
      headers: { 'If-None-Exist': `identifier=urn:p14|${value}` },
      body: { resourceType: 'Patient', identifier: [{ system: 'urn:p14', value }] },
    })
  const made = await Promise.all(Array.from({ length: 50 }, () => create('a')))
  expect(made.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(made.filter(({ status }) => status === 200)).toHaveLength(49)
  expect(new Set(made.map(({ headers }) => headers.get('location'))).size).toBe(1)
  for (const id of ['p14-x', 'p14-y']) await put('Patient', id, { identifier: [{ system: 'urn:p14', value: 'b' }] })
  expect((await create('b')).status).toBe(412)
})

test('15: conditional update, patch and delete by none, one and several matches; criteria that say nothing are refused', async () => {
  const resource = (value: string, more: object = {}) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:p15', value }], ...more })
  const update = (value: string, more?: object) => fhir('PUT', `/Patient?identifier=urn:p15|${value}`, { body: resource(value, more) })
  expect((await update('a')).status).toBe(201)
  const changed = await update('a', { gender: 'male' })
  expect([changed.status, changed.headers.get('etag')]).toEqual([200, 'W/"2"'])
  expect((await update('a', { id: 'p15-else' })).status).toBe(400)
  for (const id of ['p15-x', 'p15-y']) await put('Patient', id, resource('b'))
  expect((await update('b')).status).toBe(412)
  const patch = (value: string) =>
    fhir('PATCH', `/Patient?identifier=urn:p15|${value}`, {
      headers: { 'Content-Type': 'application/json-patch+json' },
      body: JSON.stringify([{ op: 'add', path: '/active', value: true }]),
    })
  expect([(await patch('none')).status, (await patch('a')).status, (await patch('b')).status]).toEqual([404, 200, 412])
  const remove = async (criteria: string) => (await fhir('DELETE', `/Patient?${criteria}`)).status
  expect(await remove('identifier=urn:p15|b')).toBe(412)
  expect([200, 204]).toContain(await remove('identifier=urn:p15|a'))
  const before = (await fhir('GET', '/Patient?_summary=count')).json.total
  for (const criteria of ['typo=1', '', '_pretty=true']) expect([400, 405, 412]).toContain(await remove(criteria))
  expect((await fhir('GET', '/Patient?_summary=count')).json.total).toBe(before)
})

const transaction = (entry: object[], type = 'transaction') => fhir('POST', '', { body: { resourceType: 'Bundle', type, entry } })
const post = (fullUrl: string, resource: object, more: object = {}) => ({
  fullUrl,
  resource,
  request: { method: 'POST', url: (resource as { resourceType: string }).resourceType, ...more },
})

test('16: a transaction is whole or nothing, in the order of its verbs, with references of every kind rewritten', async () => {
  await put('Patient', 'p16-old', { identifier: [{ system: 'urn:p16', value: 'old' }] })
  const [a, b, c] = ['a', 'b', 'c'].map((_, n) => `urn:uuid:00000000-0000-4000-8000-00000000016${n}`) as [string, string, string]
  const organization = { resourceType: 'Organization', name: 'x' }
  const made = await transaction([
    { request: { method: 'GET', url: 'Organization?name=p16-made' } },
    post(a, { ...organization, name: 'p16-made', partOf: { reference: b } }),
    post(b, { ...organization, partOf: { reference: a } }),
    post(c, { resourceType: 'Patient', identifier: [{ system: 'urn:p16', value: 'old' }] }, { ifNoneExist: 'identifier=urn:p16|old' }),
    post('urn:uuid:00000000-0000-4000-8000-000000000169', {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: c },
      author: [{ reference: 'Organization?name=p16-none' }],
      content: [{ attachment: { url: a } }],
      extension: [{ url: 'urn:e', valueReference: { reference: b } }],
    }),
  ])
  // A conditional reference without a match undoes all, and says which entry.
  expect(made.status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(made.json.issue)).toContain('entry[4]')
  expect((await fhir('GET', '/Organization?name=p16-made&_summary=count')).json.total).toBe(0)

  const whole = await transaction([
    { request: { method: 'GET', url: 'Organization?name=p16-made' } },
    post(a, { ...organization, name: 'p16-made', partOf: { reference: b } }),
    post(b, { ...organization, partOf: { reference: a } }),
    post(c, { resourceType: 'Patient', identifier: [{ system: 'urn:p16', value: 'old' }] }, { ifNoneExist: 'identifier=urn:p16|old' }),
    post('urn:uuid:00000000-0000-4000-8000-000000000168', {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: c },
      author: [{ reference: 'Patient?identifier=urn:p16|old' }],
      content: [{ attachment: { url: a } }],
      extension: [{ url: 'urn:e', valueReference: { reference: b } }],
    }),
  ])
  expect(whole.status).toBe(200)
  const entries = whole.json.entry as Entry[]
  expect(entries.map(({ response }) => response.status.slice(0, 3))).toEqual(['200', '201', '201', '200', '201'])
  const [idA, idB] = [1, 2].map((at) => entries[at]?.response.location?.match(/Organization\/[^/]+/)?.[0])
  // GET comes last, whatever its place.
  expect((entries[0] as unknown as { resource: { total: number } }).resource.total).toBe(1)
  const document = await fhir('GET', `/${entries[4]?.response.location?.match(/DocumentReference\/[^/]+/)?.[0]}`)
  expect(document.json).toMatchObject({
    subject: { reference: 'Patient/p16-old' },
    author: [{ reference: 'Patient/p16-old' }],
    content: [{ attachment: { url: idA } }],
    extension: [{ valueReference: { reference: idB } }],
  })
  expect((await fhir('GET', `/${idA}`)).json.partOf.reference).toBe(idB)
  const twice = { resource: { resourceType: 'Patient', id: 'p16-t' }, request: { method: 'PUT', url: 'Patient/p16-t' } }
  expect((await transaction([twice, twice])).status).toBe(400)
})

test('17: an entry of a batch stands for itself', async () => {
  const { status, json } = await transaction(
    [
      { resource: { resourceType: 'Patient', id: 'p17' }, request: { method: 'PUT', url: 'Patient/p17' } },
      { resource: { resourceType: 'Patient', nonsense: 1 }, request: { method: 'POST', url: 'Patient' } },
      { request: { method: 'GET', url: 'Patient/p17-absent' } },
      { request: { method: 'GET', url: 'Patient/p17' } },
    ],
    'batch',
  )
  expect([status, json.type]).toEqual([200, 'batch-response'])
  const statuses = json.entry.map(({ response }: Entry) => Number(response.status.slice(0, 3)))
  expect([statuses[0], statuses[2], statuses[3]]).toEqual([201, 404, 200])
  expect([400, 422]).toContain(statuses[1])
  const failed = json.entry[1] as Entry
  expect([failed.resource, failed.response.outcome?.resourceType]).toEqual([undefined, 'OperationOutcome'])
})

test('18: history newest first, since inclusively, at, in pages; of a resource, a type, the system', async () => {
  const times: string[] = []
  for (const year of ['2001', '2002', '2003']) times.push((await put('Basic', 'p18', { code: { text: year } })).json.meta.lastUpdated)
  const versions = async (query: string) =>
    (await pagesOf(query)).flatMap(({ json }) =>
      (json.entry ?? []).map(({ resource }: { resource: { meta: { versionId: string } } }) => resource.meta.versionId),
    )
  for (const path of ['/Basic/p18/_history', '/Basic/_history', '/_history']) {
    const of = (query: string) => versions(`${path}?${path === '/_history' ? '_type=Basic&' : ''}${query}`)
    expect([path, await of('_count=2')]).toEqual([path, ['3', '2', '1']])
    expect([path, await of(`_since=${encodeURIComponent(times[1] as string)}`)]).toEqual([path, ['3', '2']])
    expect([path, await of(`_at=${encodeURIComponent(times[1] as string)}`)]).toEqual([path, ['2']])
  }
})
