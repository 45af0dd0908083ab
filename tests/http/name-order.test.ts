/** `_sort` by names that are found from each of their parts on: the order is that of the whole value (R4 search.html#_sort). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  const names = ['Zeta Alpha Hospital', 'Mu Clinic', 'mu', "N'Alpha", 'Beta', '王府医院']
  for (const [at, name] of names.entries()) {
    await server.call('PUT', `/fhir/Organization/o${at}`, { body: { resourceType: 'Organization', id: `o${at}`, name } })
    const body = { resourceType: 'Patient', id: `p${at}`, name: [{ family: name }] }
    await server.call('PUT', `/fhir/Patient/p${at}`, { body })
  }
})
afterAll(() => server.stop())

// 王 has its place by its pinyin, wang.
const ORDER = ['Beta', 'mu', 'Mu Clinic', "N'Alpha", '王府医院', 'Zeta Alpha Hospital']

test.each([
  ['Organization', 'name'],
  ['Patient', 'family'],
])('%s by %s, upwards and downwards, on pages too', async (type, param) => {
  for (const [sort, expected] of [
    [param, ORDER],
    [`-${param}`, ORDER.toReversed()],
  ] as const) {
    const found: string[] = []
    // The organisations of the configuration are there too.
    const ids = ORDER.map((_, at) => `${type === 'Patient' ? 'p' : 'o'}${at}`).join()
    for (let url = `/fhir/${type}?_id=${ids}&_sort=${sort}&_count=2`; url; ) {
      const { json } = await server.call('GET', url)
      for (const { resource } of json.entry) found.push(type === 'Patient' ? resource.name[0].family : resource.name)
      url = json.link.find(({ relation }: { relation: string }) => relation === 'next')?.url.slice(server.url.length) ?? ''
    }
    expect(found).toEqual(expected)
  }
})

test('it is still found from a later part on', async () => {
  const { json } = await server.call('GET', '/fhir/Organization?name=alpha')
  expect(json.entry.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual(['o0'])
})
