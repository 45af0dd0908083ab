/** History of a resource, a type and the system over HTTP, without access control: R4 http.html#history. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type CallOptions, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const times: string[] = []

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> => server.call(method, `/fhir/${path}`, options)
const get = (path: string, headers = {}): Promise<Answer> => call('GET', path, { headers })

interface Entry {
  fullUrl: string
  resource?: { resourceType: string; id: string; meta: { versionId: string } }
  request: { method: string; url: string }
  response: { status: string; etag: string; lastModified: string }
}
const entriesOf = ({ json }: Answer): Entry[] => json.entry ?? []
/** `Type/id` and version, as the entry's address and tag say. */
const namesOf = (answer: Answer): string[] =>
  entriesOf(answer).map(({ fullUrl, response }) => `${fullUrl.slice(`${server.url}/fhir/`.length)} ${response.etag}`)
const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  json.link.find((one: { relation: string }) => one.relation === relation)?.url.slice(`${server.url}/fhir/`.length)
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

async function write(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await call(method, path, body ? { body } : {})
  // Times have milliseconds: what comes next is later.
  times.push(new Date().toISOString())
  await new Promise((resolve) => setTimeout(resolve, 5))
  return answer
}

let made: string
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await write('PUT', 'Patient/one', { resourceType: 'Patient', id: 'one', active: true })
  made = (await write('POST', 'Basic', { resourceType: 'Basic', code: { text: 'x' } })).json.id
  await write('PUT', 'Patient/one', { resourceType: 'Patient', id: 'one', active: false })
  await write('PUT', 'Patient/two', { resourceType: 'Patient', id: 'two' })
  await write('DELETE', 'Patient/one')
})
afterAll(() => server.stop())

const OF_PATIENTS = ['Patient/one W/"3"', 'Patient/two W/"1"', 'Patient/one W/"2"', 'Patient/one W/"1"']

test('of a type: every version of every resource, newest first, deleted ones without a resource', async () => {
  const answer = await get('Patient/_history')
  expect([answer.status, answer.json.resourceType, answer.json.type, answer.json.total]).toEqual([200, 'Bundle', 'history', 4])
  expect(namesOf(answer)).toEqual(OF_PATIENTS)
  const [deleted, created, , first] = entriesOf(answer)
  // By PUT, too, a first version is made.
  expect(entriesOf(answer).map(({ response }) => response.status)).toEqual(['204', '201', '200', '201'])
  expect(deleted).toEqual({
    fullUrl: `${server.url}/fhir/Patient/one`,
    request: { method: 'DELETE', url: 'Patient/one' },
    response: { status: '204', etag: 'W/"3"', lastModified: expect.stringMatching(/^\d{4}-/) },
  })
  expect([created?.resource?.id, created?.request]).toEqual(['two', { method: 'PUT', url: 'Patient/two' }])
  expect(first?.resource?.meta.versionId).toBe('1')
})

test('of the system: all types in one order', async () => {
  const answer = await get('_history?_type=Patient,Basic')
  const basic = `Basic/${made} W/"1"`
  expect(namesOf(answer)).toEqual([...OF_PATIENTS.slice(0, 3), basic, OF_PATIENTS[3]])
  expect(entriesOf(answer).find(({ fullUrl }) => fullUrl.includes('/Basic/'))?.request).toEqual({ method: 'POST', url: 'Basic' })
  // The organisations of the configuration are there too; the account of uses is not.
  const all = await get('_history?_count=1000')
  expect(new Set(entriesOf(all).map(({ fullUrl }) => fullUrl.split('/').at(-2)))).toEqual(new Set(['Patient', 'Basic', 'Organization']))
})

describe.each(['Patient/_history', '_history?_type=Patient'])('pages of %s', (path) => {
  test.each([1, 2, 3])('of %d', async (count) => {
    const seen: string[][] = []
    let next: string | undefined = `${path}${path.includes('?') ? '&' : '?'}_count=${count}`
    const asked = next
    while (next !== undefined) {
      const page = await get(next, { Prefer: 'handling=strict' })
      expect([page.status, page.json.total, linkOf(page, 'self')?.split('?')[0]]).toEqual([200, undefined, path.split('?')[0]])
      if (seen.length === 0) expect(decodeURIComponent(linkOf(page, 'self') ?? '')).toBe(asked)
      seen.push(namesOf(page))
      next = linkOf(page, 'next')
    }
    expect(seen.flat()).toEqual(OF_PATIENTS)
    expect(seen.map(({ length }) => length)).toEqual({ 1: [1, 1, 1, 1], 2: [2, 2], 3: [3, 1] }[count])
  })

  test('links are signed, and belong to what they were made for', async () => {
    const next = linkOf(await get(`${path}${path.includes('?') ? '&' : '?'}_count=1`), 'next') ?? ''
    const token = next.split('_page=')[1] ?? ''
    const wrong = [`${next}&_count=2`, `${next}A`, `Basic/_history?_page=${token}`, `Patient?_page=${token}`]
    for (const one of [...wrong, path.startsWith('_') ? `Patient/_history?_page=${token}` : `_history?_page=${token}`]) {
      const answer = await get(one)
      expect([one.split('?')[0], answer.status, codeOf(answer)]).toEqual([one.split('?')[0], 400, 'page-invalid'])
    }
  })
})

describe('times', () => {
  test('_since: from then on', async () => {
    expect(namesOf(await get(`Patient/_history?_since=${times[1]}`))).toEqual(OF_PATIENTS.slice(0, 3))
    expect(namesOf(await get(`_history?_type=Patient,Basic&_since=${times[3]}`))).toEqual(OF_PATIENTS.slice(0, 1))
    expect((await get('Patient/_history?_since=2100-01-01')).json).toMatchObject({ type: 'history', total: 0 })
  })

  test('_since is inclusive', async () => {
    const at = entriesOf(await get('Patient/_history'))[1]?.response.lastModified
    expect(namesOf(await get(`Patient/_history?_since=${at}`))).toEqual(OF_PATIENTS.slice(0, 2))
  })

  test('_at: what was current at some moment of it', async () => {
    const at = async (path: string, moment: string | undefined) => namesOf(await get(`${path}_at=${moment}`))
    expect(await at('Patient/one/_history?', times[0])).toEqual(['Patient/one W/"1"'])
    expect(await at('Patient/one/_history?', times[2])).toEqual(['Patient/one W/"2"'])
    expect(await at('Patient/_history?', times[1])).toEqual(['Patient/one W/"1"'])
    expect(await at('Patient/_history?', times[3])).toEqual(['Patient/two W/"1"', 'Patient/one W/"2"'])
    expect(await at('_history?_type=Patient,Basic&', times[2])).toEqual(['Patient/one W/"2"', `Basic/${made} W/"1"`])
    const day = (times[0] ?? '').slice(0, 4)
    for (const path of ['Patient/_history?', '_history?_type=Patient&']) expect(await at(path, day)).toEqual(OF_PATIENTS)
    for (const path of ['Patient/one/_history?', 'Patient/_history?', '_history?']) expect(await at(path, '2001-02')).toEqual([])
  })

  test('a plus that was not percent-encoded', async () => {
    for (const path of ['Patient/one/_history', 'Patient/_history', '_history?_type=Patient'])
      for (const name of ['_since', '_at']) {
        const ask = (zone: string) => get(`${path}${path.includes('?') ? '&' : '?'}${name}=2001-02-03T04:05:06${zone}`)
        expect([(await ask('+08:00')).status, namesOf(await ask('+08:00'))]).toEqual([200, namesOf(await ask('%2B08:00'))])
      }
  })

  test('_at stays on the next page of one resource', async () => {
    const first = await get(`Patient/one/_history?_count=1&_at=${(times[0] ?? '').slice(0, 4)}`)
    const second = await get(linkOf(first, 'next') ?? '')
    expect([namesOf(first), namesOf(second)]).toEqual([['Patient/one W/"3"'], ['Patient/one W/"2"']])
    expect(linkOf(second, 'next')).toContain('_at=')
  })

  test.each(['Patient/one/_history', 'Patient/_history', '_history'])('of %s: two values of one are refused', async (path) => {
    for (const [name, one, other] of [
      ['_since', '2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z'],
      ['_at', '2020', '2030'],
      ['_count', '1', '2'],
    ]) {
      const answer = await get(`${path}?${name}=${one}&${name}=${other}`)
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, 'parameter-repeated', [name]])
    }
  })

  test.each(['Patient/one/_history', 'Patient/_history', '_history'])('of %s: what is no time is refused by name', async (path) => {
    for (const name of ['_since', '_at'])
      for (const wrong of ['March', '2026-02-31', 'gt2020', '']) {
        const answer = await get(`${path}?${name}=${wrong}`)
        expect([name, wrong, answer.status, answer.json.issue[0].expression]).toEqual([name, wrong, 400, [name]])
      }
  })
})

describe('what is not understood', () => {
  test.each(['Patient/_history', '_history'])('%s', async (path) => {
    const strict = { Prefer: 'handling=strict' }
    expect(linkOf(await get(`${path}?nonsense=1`), 'self')).toBe(path)
    expect([(await get(`${path}?nonsense=1`, strict)).status, (await get(`${path}?_format=json&_pretty=true`, strict)).status]).toEqual([
      400, 200,
    ])
    for (const [query, code] of [
      ['_list=x', 'parameter-unsupported'],
      ['_count=x', 'parameter-invalid'],
      ['_summary=count', 'parameter-invalid'],
    ]) {
      const answer = await get(`${path}?${query}`)
      expect([query, answer.status, codeOf(answer)]).toEqual([query, 400, code])
    }
    expect((await call('POST', path, { body: {} })).status).toBe(405)
  })

  test('types', async () => {
    for (const wrong of ['Nothing', 'Patient,', '', 'patient', 'constructor'])
      expect([wrong, codeOf(await get(`_history?_type=${wrong}`))]).toEqual([wrong, 'parameter-invalid'])
    expect(codeOf(await get('Nothing/_history'))).toBe('resource-type-unknown')
    expect(codeOf(await get('constructor'))).toBe('resource-type-unknown')
    // Nothing of it was ever stored.
    expect((await get('Account/_history')).json).toMatchObject({ type: 'history', total: 0 })
  })
})

test('parts of resources', async () => {
  const [, entry] = entriesOf(await get('Patient/_history?_elements=active'))
  expect(JSON.stringify(entry?.resource)).toContain('SUBSETTED')
})

test('in a batch', async () => {
  const urls = ['Patient/_history', '_history?_type=Patient']
  const body = { resourceType: 'Bundle', type: 'batch', entry: urls.map((url) => ({ request: { method: 'GET', url } })) }
  const { json } = await server.call('POST', '/fhir', { body })
  for (const { resource } of json.entry) expect([resource.type, resource.entry.length]).toEqual(['history', 4])
})

test('the CapabilityStatement says so', async () => {
  const [rest] = (await get('metadata')).json.rest
  const codes = ({ interaction }: { interaction: { code: string }[] }): string[] => interaction.map(({ code }) => code)
  expect(codes(rest)).toContain('history-system')
  for (const resource of rest.resource) expect(codes(resource)).toContain('history-type')
})

test('a page goes on where it was while versions come', async () => {
  const first = await get('Patient/_history?_count=2')
  await call('PUT', 'Patient/two', { body: { resourceType: 'Patient', id: 'two', active: true } })
  await call('PUT', 'Patient/three', { body: { resourceType: 'Patient', id: 'three' } })
  const second = await get(linkOf(first, 'next') ?? '')
  expect([...namesOf(first), ...namesOf(second)]).toEqual(OF_PATIENTS)
})

describe('of what was deleted and written again', () => {
  const PATHS = ['Basic/back/_history?', 'Basic/_history?', '_history?_type=Basic&']
  const statuses = async (path: string) =>
    entriesOf(await get(path)).flatMap(({ fullUrl, response }) => (fullUrl.endsWith('/Basic/back') ? [response.status] : []))
  const put = (text: string) => write('PUT', 'Basic/back', { resourceType: 'Basic', id: 'back', code: { text } })
  let again: Answer
  beforeAll(async () => {
    await put('1')
    await write('DELETE', 'Basic/back')
    again = await put('2')
    await put('3')
  })

  test('the version that brought it back made it, as its answer said', async () => {
    expect(again.status).toBe(201)
    for (const path of PATHS) expect([path, await statuses(path)]).toEqual([path, ['200', '201', '204', '201']])
  })

  test('also where the deletion before it is not on the page', async () => {
    const since = again.json.meta.lastUpdated
    for (const path of PATHS) {
      expect([path, await statuses(`${path}_count=2`)]).toEqual([path, ['200', '201']])
      expect([path, await statuses(`${path}_since=${since}`)]).toEqual([path, ['200', '201']])
    }
  })

  test('_count=0: how many versions there are, and none of them', async () => {
    for (const path of PATHS) {
      const all = entriesOf(await get(path)).length
      const none = await get(`${path}_count=0`)
      expect([none.json.type, none.json.total, none.json.entry, linkOf(none, 'next')]).toEqual(['history', all, undefined, undefined])
      expect([all >= 4, linkOf(none, 'self')]).toEqual([true, `${path}_count=0`])
    }
    const { length } = await statuses('Basic/back/_history?')
    expect([length, (await get('Basic/back/_history?_count=0')).json.total]).toEqual([4, 4])
    expect((await get(`Basic/back/_history?_count=0&_since=${again.json.meta.lastUpdated}`)).json.total).toBe(2)
  })
})
