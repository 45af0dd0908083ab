/** `_contained` and `_containedType` over HTTP (R4 search.html#contained): containers and what they contain, pages, refusals. */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { idsIn, putAll } from '../consent/resources.ts'
import { codeOf } from '../leaks/worlds.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const medication = (id: string, code: string): object => ({
  resourceType: 'Medication',
  id,
  code: { coding: [{ system: 'urn:drug', code }] },
})
const prescription = (id: string, contained: object[], extra: object = {}): object => ({
  resourceType: 'MedicationRequest',
  id,
  contained,
  status: 'active',
  intent: 'order',
  medicationReference: { reference: '#m1' },
  subject: { reference: 'Patient/p1' },
  ...extra,
})

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    { resourceType: 'Patient', id: 'p1', active: true },
    medication('alone', 'A'),
    {
      ...medication('mixed', 'B'),
      contained: [{ resourceType: 'Organization', id: 'maker', name: '示例药厂' }],
      manufacturer: { reference: '#maker' },
    },
    prescription('r1', [medication('m1', 'A')]),
    prescription('r2', [medication('m1', 'B'), medication('m2', 'A'), { resourceType: 'Organization', id: 'o', name: '示例药厂' }], {
      dispenseRequest: { performer: { reference: '#o' } },
      reasonReference: [{ reference: '#m2' }],
    }),
    prescription('r3', [medication('m1', 'C')]),
    { ...prescription('d1', [medication('m1', 'A')]), resourceType: 'MedicationDispense', status: 'completed', intent: undefined },
  ])
}, 60_000)
afterAll(() => server.stop())

const get = (path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`)
const urlsIn = ({ json }: Answer): string[] =>
  (json.entry ?? []).map(({ fullUrl }: { fullUrl: string }) => fullUrl.replace(/^.*\/fhir\//, ''))

test('finds nothing contained unless it is asked for', async () => {
  for (const query of ['', '&_contained=false', '&_contained=false&_containedType=contained', '&_containedType=container'])
    expect(idsIn(await get(`Medication?code=A${query}`))).toEqual(['Medication/alone'])
})

test('true answers the containers, of every type that has one', async () => {
  const answer = await get('Medication?code=urn:drug|A&_contained=true')
  expect(idsIn(answer, 'match')).toEqual(['MedicationDispense/d1', 'MedicationRequest/r1', 'MedicationRequest/r2'])
  expect(answer.json.total).toBe(3)
  expect(answer.json.link[0].url).toContain('/fhir/Medication?code=urn%3Adrug%7CA&_contained=true')
  expect(idsIn(await get('Medication?_contained=true&_id=m2'))).toEqual(['MedicationRequest/r2'])
  expect(idsIn(await get('Organization?name=示例药厂&_contained=true'))).toEqual(['Medication/mixed', 'MedicationRequest/r2'])
  expect(idsIn(await get('Organization?_contained=true'))).toEqual(['Medication/mixed', 'MedicationRequest/r2'])
  expect(idsIn(await get('Medication?_filter=code eq urn:drug|C&_contained=true'))).toEqual(['MedicationRequest/r3'])
  expect((await get('Medication?code=none&_contained=true')).json.total).toBe(0)
})

test('both answers those that stand by themselves too', async () => {
  expect(urlsIn(await get('Medication?code=A&_contained=both'))).toEqual([
    'Medication/alone',
    'MedicationDispense/d1',
    'MedicationRequest/r1',
    'MedicationRequest/r2',
  ])
  expect(urlsIn(await get('Medication?code=A&_contained=both&_containedType=contained'))).toEqual([
    'Medication/alone',
    'MedicationDispense/d1#m1',
    'MedicationRequest/r1#m1',
    'MedicationRequest/r2#m2',
  ])
})

test('containedType=contained answers the resources themselves, at [container]#[id]', async () => {
  const answer = await get('Medication?code=A,B&_contained=true&_containedType=contained')
  expect(urlsIn(answer)).toEqual([
    'MedicationDispense/d1#m1',
    'MedicationRequest/r1#m1',
    'MedicationRequest/r2#m1',
    'MedicationRequest/r2#m2',
  ])
  expect(answer.json.total).toBe(4)
  expect(answer.json.entry[2].resource).toEqual(medication('m1', 'B'))
  expect(answer.json.entry[2].search).toEqual({ mode: 'match' })
  const part = await get('Medication?code=B&_contained=true&_containedType=contained&_elements=status')
  expect(part.json.entry[0].resource).toEqual({
    resourceType: 'Medication',
    id: 'm1',
    meta: { tag: [expect.objectContaining({ code: 'SUBSETTED' })] },
  })
})

test('pages go on where they ended, container by container', async () => {
  for (const kind of ['container', 'contained']) {
    const found: string[] = []
    let path: string | undefined = `Medication?code=A,B&_contained=both&_containedType=${kind}&_count=2`
    while (path !== undefined) {
      const page: Answer = await get(path)
      expect(page.status).toBe(200)
      found.push(...urlsIn(page))
      const next = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
      path = next?.url.slice(`${server.url}/fhir/`.length)
    }
    const all = await get(`Medication?code=A,B&_contained=both&_containedType=${kind}`)
    expect(found).toEqual(urlsIn(all))
    expect(found.length).toBe(kind === 'container' ? 5 : 6)
  }
})

test('a container that changes is found by what it contains now; by form too', async () => {
  const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
  const ask = async () =>
    idsIn(await server.call('POST', '/fhir/Medication/_search', { ...form, body: '_contained=true&code=Z' as unknown as object }))
  expect(await ask()).toEqual([])
  await putAll(server, '', [prescription('r3', [medication('m1', 'Z')])])
  expect(await ask()).toEqual(['MedicationRequest/r3'])
  await putAll(server, '', [prescription('r3', [medication('m1', 'C')])])
  expect(await ask()).toEqual([])
})

test('what was indexed before is found after $reindex', async () => {
  const client = new MongoClient(server.database.uri)
  const rows = client.db(server.database.database).collection<{ _id: string }>('MedicationDispense')
  await rows.updateOne({ _id: 'd1' }, [
    { $set: { keys: { $filter: { input: '$keys', cond: { $ne: ['$$this', '_contained:Medication'] } } } } },
    { $unset: ['contained', 'ix'] },
  ])
  const ask = async () => idsIn(await get('Medication?code=A&_contained=true&_id=m1'))
  expect(await ask()).toEqual(['MedicationRequest/r1'])
  const begun = await server.call('POST', '/fhir/MedicationDispense/$reindex')
  const status = new URL(begun.headers.get('content-location') ?? '').pathname
  while ((await server.call('GET', status)).status === 202) await setTimeout(20)
  expect(await ask()).toEqual(['MedicationDispense/d1', 'MedicationRequest/r1'])
  await client.close()
})

test.each([
  ['_contained=maybe', 'parameter-invalid'],
  ['_contained=true&_contained=both', 'parameter-repeated'],
  ['_contained=true&_containedType=x', 'parameter-invalid'],
  ['_contained:x=true', 'parameter-unsupported'],
  ['_contained=true&manufacturer.name=x', 'contained-parameter'],
  ['_contained=true&manufacturer:Organization.name=x', 'contained-parameter'],
  ['_contained=true&_has:MedicationRequest:medication:status=active', 'contained-parameter'],
  ['_contained=true&_filter=manufacturer.name eq x', 'contained-parameter'],
  ['_contained=true&_list=1', 'contained-parameter'],
  ['_contained=true&_sort=code', 'contained-parameter'],
  ['_contained=true&_include=Medication:manufacturer', 'contained-parameter'],
  ['_contained=true&_revinclude=MedicationRequest:medication', 'contained-parameter'],
  ['_contained=true&_text=x', 'contained-parameter'],
  ['_contained=true&_lastUpdated=gt2020', 'contained-parameter'],
  ['_contained=true&_total=accurate', 'contained-parameter'],
  ['_contained=true&_summary=count', 'contained-parameter'],
  ['_contained=true&_count=0', 'contained-parameter'],
])('%s is refused by name: %s', async (query, code) => {
  const answer = await get(`Medication?${query}`)
  expect([answer.status, codeOf(answer)]).toEqual([400, code])
  expect(answer.json.issue[0].expression[0]).toMatch(/^[_a-z]/)
})

test('it is asked of one type: not of several, nor of compartments, nor by conditions', async () => {
  for (const path of ['?_type=Medication&_contained=true', 'Patient/p1/Observation?_contained=true'])
    expect(codeOf(await get(path))).toBe('parameter-unsupported')
  expect(codeOf(await get('AuditEvent?_contained=both'))).toBe('parameter-unsupported')
  const created = await server.call('POST', '/fhir/Medication', {
    body: { resourceType: 'Medication' },
    headers: { 'If-None-Exist': '_contained=true&code=A' },
  })
  expect(codeOf(created)).toBe('parameter-unsupported')
})

test('an unknown parameter is named as in any search', async () => {
  const answer = await get('Medication?_contained=true&code=C&nonsense=1')
  expect(idsIn(answer, 'match')).toEqual(['MedicationRequest/r3'])
  expect(answer.json.entry.at(-1).search.mode).toBe('outcome')
})
