/** `_summary` and `_elements` (R4 search.html#summary, #elements): expected parts by hand from the definitions of R4. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const TAG = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }
const TEXT = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">张三</div>' }
const PATIENT = {
  resourceType: 'Patient',
  id: 'p',
  meta: { tag: [{ system: 'urn:x', code: 'own' }] },
  text: TEXT,
  extension: [{ url: 'urn:ext', valueString: 'x' }],
  active: true,
  name: [{ text: '张三', period: { start: '2020' } }],
  birthDate: '1970-01-01',
  _birthDate: { extension: [{ url: 'urn:born', valueString: 'x' }] },
  maritalStatus: { text: '已婚' },
  photo: [{ contentType: 'image/png', data: 'AAAA' }],
  contact: [{ name: { text: '李四' } }],
}
const OBSERVATION = `{"resourceType":"Observation","id":"o","text":${JSON.stringify(TEXT)},"status":"final","code":{"text":"血糖"},
  "subject":{"reference":"Patient/p"},"valueQuantity":{"value":6.50,"unit":"mmol/L"},"interpretation":[{"text":"高"}],
  "referenceRange":[{"high":{"value":6.10}}],"component":[{"code":{"text":"a"},"valueQuantity":{"value":1.0},"interpretation":[{"text":"x"}]}]}`

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  for (const [name, body] of [
    ['Patient/p', PATIENT],
    ['Observation/o', OBSERVATION],
    [
      'DocumentReference/d',
      {
        resourceType: 'DocumentReference',
        id: 'd',
        status: 'current',
        description: 'x',
        content: [{ attachment: { contentType: 'text/plain', title: 'a', data: 'AAAA' } }],
      },
    ],
  ] as const)
    expect((await server.call('PUT', `/fhir/${name}`, { body })).text).toContain('versionId')
}, 60_000)
afterAll(() => server.stop())

const get = (path: string, headers = {}): Promise<Answer> => server.call('GET', `/fhir/${path}`, { headers })
/** Names of the elements, in their order. */
const names = (answer: Answer): string => Object.keys(answer.json).join(' ')

describe('reading a part', () => {
  test.each<[string, string]>([
    ['_summary=true', 'resourceType id meta active name birthDate _birthDate'],
    ['_summary=text', 'resourceType id meta text'],
    ['_summary=data', 'resourceType id meta extension active name birthDate _birthDate maritalStatus photo contact'],
    ['_elements=name,photo', 'resourceType id meta name photo'],
    ['_elements=birthDate', 'resourceType id meta birthDate _birthDate'],
    ['_elements=Patient.contact.name', 'resourceType id meta contact'],
    ['_elements=nothing', 'resourceType id meta'],
  ])('Patient?%s', async (query, expected) => {
    const answer = await get(`Patient/p?${query}`)
    expect([answer.status, names(answer), answer.headers.get('etag')]).toEqual([200, expected, 'W/"1"'])
    expect(answer.json.meta).toEqual({ versionId: '1', lastUpdated: expect.any(String), tag: [{ system: 'urn:x', code: 'own' }, TAG] })
  })

  test.each(['_summary=false', '_elements=Observation.code', ''])('Patient?%s is the whole, unmarked', async (query) => {
    const answer = await get(`Patient/p?${query}`)
    expect(answer.json).toEqual({ ...PATIENT, meta: { ...PATIENT.meta, versionId: '1', lastUpdated: expect.any(String) } })
  })

  test('a summary goes into elements of elements, and digits stay as they came', async () => {
    const { json, text } = await get('Observation/o?_summary=true')
    expect(Object.keys(json)).toEqual(['resourceType', 'id', 'meta', 'status', 'code', 'subject', 'valueQuantity', 'component'])
    expect(json.meta.tag).toEqual([TAG])
    expect(text).toContain('"valueQuantity":{"value":6.50,"unit":"mmol/L"}')
    expect(text).toContain('"component":[{"code":{"text":"a"},"valueQuantity":{"value":1.0}}]')
  })

  test('a choice of types by either name; what is mandatory is always there', async () => {
    for (const name of ['value', 'valueQuantity'])
      expect(names(await get(`Observation/o?_elements=${name}`))).toBe('resourceType id meta status code valueQuantity')
    expect(names(await get('Observation/o?_summary=text'))).toBe('resourceType id meta text status code')
  })

  test('what is mandatory, or holds a part of the summary, stays', async () => {
    const agent = [{ type: { text: 't' }, who: { display: 'w' } }]
    const body = { resourceType: 'Provenance', target: [{ reference: 'Patient/p' }], recorded: '2026-01-01T00:00:00Z', agent }
    const { id } = (await server.call('POST', '/fhir/Provenance', { body })).json
    expect((await get(`Provenance/${id}?_summary=true`)).json.agent).toEqual(agent)
  })

  test('a part is not written back as the whole', async () => {
    const part = await get('Patient/p?_summary=true')
    const answer = await server.call('PUT', '/fhir/Patient/p', { body: part.json })
    expect([answer.status, answer.json.issue[0].expression]).toEqual([422, ['Patient.meta.tag']])
  })

  test('a file does not stand in a summary', async () => {
    const { json } = await get('DocumentReference/d?_summary=true')
    expect(json.content).toEqual([{ attachment: { contentType: 'text/plain', title: 'a' } }])
  })

  test('what is stored stays whole, and a version too', async () => {
    expect((await get('Patient/p/_history/1?_elements=active')).json.meta.tag).toContainEqual(TAG)
    expect((await get('Patient/p/_history/1')).json.contact).toEqual(PATIENT.contact)
    expect((await get('Patient/p?_elements=active', { 'If-None-Match': 'W/"1"' })).status).toBe(304)
  })

  test.each(['_summary=count', '_summary=x', '_elements=', '_elements=a b', '_elements=$where'])('%s is refused', async (query) => {
    const answer = await get(`Patient/p?${query}`)
    expect([answer.status, answer.json.issue[0].expression]).toEqual([400, [query.split('=')[0]]])
  })
})

describe('searching and history', () => {
  const parts = (answer: Answer): string[] =>
    answer.json.entry.map(({ resource }: { resource: object }) =>
      Object.keys(resource)
        .filter((name) => name !== 'meta')
        .join(' '),
    )

  test('every match and what is included with it', async () => {
    const both = await get('Observation?_include=Observation:subject&_summary=true')
    expect(parts(both)).toEqual([
      'resourceType id status code subject valueQuantity component',
      'resourceType id active name birthDate _birthDate',
    ])
    const own = await get('Observation?_include=Observation:subject&_elements=Observation.code')
    expect(parts(own)[0]).toBe('resourceType id status code')
    expect(own.json.entry[1].resource.contact).toEqual(PATIENT.contact)
  })

  // R4 search.html#elements: "The list of elements does not apply to included resources."
  test.each([
    ['_elements=code', 'resourceType id text extension active name birthDate _birthDate maritalStatus photo contact'],
    ['_elements=code,Patient.active', 'resourceType id active'],
    ['_elements=code&_summary=true', 'resourceType id active name birthDate _birthDate'],
  ])('names of elements are those of the matches, not of what is included: %s', async (query, expected) => {
    const forward = await get(`Observation?_include=Observation:subject&${query}`)
    expect(parts(forward)).toEqual(['resourceType id status code', expected])
    const backward = await get('Patient?_id=p&_revinclude=Observation:subject&_elements=active')
    expect(parts(backward)[0]).toBe('resourceType id active')
    expect(backward.json.entry[1].resource).toMatchObject({ id: 'o', interpretation: [{ text: '高' }] })
  })

  test.each(['_include=Observation:subject', '_revinclude=Observation:has-member'])(
    'narratives alone come without %s',
    async (included) => {
      const answer = await get(`Observation?${included}&_summary=text`)
      expect([answer.status, answer.json.issue[0].expression]).toEqual([400, ['_summary']])
      expect((await get(`Observation?${included}&_summary=data`)).status).toBe(200)
    },
  )

  test('the next pages too', async () => {
    await server.call('PUT', '/fhir/Patient/p2', { body: { ...PATIENT, id: 'p2' } })
    const first = await get('Patient?_elements=active&_count=1&_sort=_id')
    const next = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
    const second = await get(next.slice(next.indexOf('/fhir/') + 6))
    expect([...parts(first), ...parts(second)]).toEqual(['resourceType id active', 'resourceType id active'])
  })

  test('history, with its next link', async () => {
    await server.call('PUT', '/fhir/Patient/p2', { body: { ...PATIENT, id: 'p2', active: false } })
    const first = await get('Patient/p2/_history?_elements=active&_count=1')
    const next = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
    const second = await get(next.slice(next.indexOf('/fhir/') + 6))
    expect([...parts(first), ...parts(second)]).toEqual(['resourceType id active', 'resourceType id active'])
  })

  test('_summary=count has no entries', async () => {
    const answer = await get('Observation?_summary=count')
    expect([answer.json.total, answer.json.entry]).toEqual([1, undefined])
  })
})
