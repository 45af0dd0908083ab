/** Searches by what is stored of codes: `:in`, `:not-in`, `:above`, `:below` (R4 search.html 3.1.1.4.10). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { idsIn, putAll } from '../consent/resources.ts'
import { ANIMALS, animals, SCT, snomed, valueSet } from '../terminology/worlds-of-codes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const get = (path: string) => server.call('GET', `/fhir/${path}`)
const seen = (code: string, system = ANIMALS) => ({
  resourceType: 'Observation',
  id: `o-${code}`,
  status: 'final',
  code: { coding: [{ system, code }] },
  subject: { reference: 'Patient/p' },
})
const found = async (path: string): Promise<string[]> => {
  const answer = await get(path)
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, ''])
  return idsIn(answer, 'match')
    .map((name) => name.split('/')[1]?.replace('o-', '') ?? '')
    .sort()
}

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    animals,
    snomed,
    { resourceType: 'Patient', id: 'p' },
    ...['mammal', 'whale', 'bat', 'bird'].map((code) => seen(code)),
    seen('stone', 'urn:other'),
    valueSet('flyers', { include: [{ system: ANIMALS, filter: [{ property: 'concept', op: 'is-a', value: 'flyer' }] }] }),
    valueSet('no-mammals', { include: [{ system: ANIMALS }], exclude: [{ valueSet: ['urn:test:vs:mammals'] }] }),
    valueSet('mammals', { include: [{ system: ANIMALS, filter: [{ property: 'concept', op: 'is-a', value: 'mammal' }] }] }),
    valueSet('whole', { include: [{ system: ANIMALS }, { system: 'urn:other' }] }),
    valueSet('broken', { include: [{ system: ANIMALS, filter: [{ property: 'wings', op: '=', value: '2' }] }] }),
    valueSet('of-fragment', { include: [{ system: SCT, filter: [{ property: 'concept', op: 'is-a', value: '22298006' }] }] }),
  ])
}, 60_000)
afterAll(() => server.stop())

test.each<[string, string[]]>([
  ['Observation?code:in=urn:test:vs:flyers', ['bat', 'bird']],
  ['Observation?code:not-in=urn:test:vs:flyers', ['mammal', 'stone', 'whale']],
  ['Observation?code:in=urn:test:vs:no-mammals', ['bird']],
  ['Observation?code:in=urn:test:vs:whole', ['bat', 'bird', 'mammal', 'stone', 'whale']],
  ['Observation?code:in=urn:test:vs:flyers&code:in=urn:test:vs:mammals', ['bat']],
  [`Observation?code:below=${ANIMALS}|mammal`, ['bat', 'mammal', 'whale']],
  [`Observation?code:below=${ANIMALS}|flyer`, ['bat', 'bird']],
  [`Observation?code:above=${ANIMALS}|bat`, ['bat', 'mammal']],
  ['Observation?_filter=code in urn:test:vs:flyers', ['bat', 'bird']],
  ['Patient?_has:Observation:subject:code:in=urn:test:vs:flyers', ['p']],
  ['?_type=Observation&code:in=urn:test:vs:flyers', ['bat', 'bird']],
])('%s finds %j', async (path, codes) => {
  expect(await found(path.replaceAll(' ', '%20'))).toEqual(codes)
})

test.each([
  ['code:in=urn:test:vs:broken', 'value-set-unknown'],
  ['code:in=urn:test:vs:of-fragment', 'value-set-unknown'],
  ['code:in=urn:nowhere', 'value-set-unknown'],
  [`code:below=${SCT}|235856003`, 'code-system-flat'],
])('%s is %s, and says of which parameter', async (query, code) => {
  const { status, json } = await get(`Observation?${query}`)
  expect([status, json.issue[0].details.coding[0].code, json.issue[0].expression]).toEqual([400, code, ['code']])
})

test('in a batch, and in the criteria of a transaction', async () => {
  const batch = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ request: { method: 'GET', url: 'Observation?code:in=urn:test:vs:flyers' } }],
  }
  const answer = await server.call('POST', '/fhir', { body: batch })
  expect(answer.json.entry[0].resource.total).toBe(2)
  const entry = [
    {
      resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' } },
      request: { method: 'POST', url: 'Observation', ifNoneExist: 'code:in=urn:test:vs:no-mammals' },
    },
  ]
  const written = await server.call('POST', '/fhir', { body: { resourceType: 'Bundle', type: 'transaction', entry } })
  expect([written.status, written.status === 200 ? '' : written.text]).toEqual([200, ''])
  expect(written.json.entry[0].response.status).toMatch(/^200/)
})

test('what is changed, or stored by another process, counts at once', async () => {
  const other = await startTestServer({ noAuth: true, beside: server })
  try {
    const set = (code: string) => valueSet('changing', { include: [{ system: ANIMALS, concept: [{ code }] }] })
    await other.call('PUT', '/fhir/ValueSet/changing', { body: set('bat') })
    expect(await found('Observation?code:in=urn:test:vs:changing')).toEqual(['bat'])
    await other.call('PUT', '/fhir/ValueSet/changing', { body: set('whale') })
    expect(await found('Observation?code:in=urn:test:vs:changing')).toEqual(['whale'])
    await other.call('DELETE', '/fhir/ValueSet/changing')
    expect((await get('Observation?code:in=urn:test:vs:changing')).status).toBe(400)
  } finally {
    await other.stop()
  }
})
