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
      expect(urlsIn(page).length).toBeLessThanOrEqual(2)
      found.push(...urlsIn(page))
      const next = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
      path = next?.url.slice(`${server.url}/fhir/`.length)
    }
    const all = await get(`Medication?code=A,B&_contained=both&_containedType=${kind}`)
    expect(found).toEqual(urlsIn(all))
    expect(found.length).toBe(kind === 'container' ? 5 : 6)
  }
})

/** R4 search.html#contained: "A chained condition will be evaluated inside contained resources." */
test('a chain goes into what is contained, by the reference that it names', async () => {
  await putAll(server, '', [
    {
      ...prescription('r4', [{ ...medication('m1', 'D'), ingredient: [{ itemCodeableConcept: { coding: [{ code: 'abc' }] } }] }]),
    },
    { resourceType: 'Device', id: 'scale', status: 'active' },
    {
      resourceType: 'Observation',
      id: 'weighed',
      contained: [
        { resourceType: 'Patient', id: 'p', name: [{ text: '内含人' }], birthDate: '1960-02-03' },
        { resourceType: 'Observation', id: 'part', status: 'final', code: { coding: [{ code: 'in' }] }, valueQuantity: { value: 9 } },
        { resourceType: 'Observation', id: 'other', status: 'final', code: { coding: [{ code: 'out' }] }, valueQuantity: { value: 7 } },
      ],
      status: 'final',
      code: { text: 'x' },
      subject: { reference: '#p' },
      device: { reference: 'Device/scale' },
      basedOn: [{ reference: 'MedicationRequest/r3' }],
      hasMember: [{ reference: '#part' }],
      derivedFrom: [{ reference: '#other' }],
    },
  ])
  const found: [query: string, ids: string[]][] = [
    ['MedicationRequest?medication.ingredient-code=abc', ['r4']],
    ['MedicationRequest?medication.code=A', ['r1']],
    ['MedicationRequest?medication:Medication.code=urn:drug|B', ['r2']],
    ['MedicationRequest?medication.code:not=A,B', ['r3', 'r4']],
    ['MedicationRequest?_filter=medication.code eq urn:drug|C', ['r3']],
    ['Observation?based-on:MedicationRequest.medication.code=C', ['weighed']],
    ['Observation?based-on:MedicationRequest.medication.code=A', []],
    ['MedicationRequest?medication.code=C&patient=p1', ['r3']],
    ['MedicationRequest?medication.code=C&patient=p2', []],
    // An id counts within its container only, and a link out of what is contained is not followed.
    ['MedicationRequest?medication._id=m1', []],
    ['Patient?_has:MedicationRequest:patient:medication.code=C', ['p1']],
    ['Patient?_has:MedicationRequest:patient:medication.code=E', []],
    ['Observation?subject:Patient.name=内含', ['weighed']],
    ['Observation?patient.birthdate=lt1961', ['weighed']],
    ['Observation?subject.name:contains=含人', ['weighed']],
    ['Observation?subject:Group.code=x', []],
    ['Observation?has-member:Observation.code-value-quantity=in$9', ['weighed']],
    ['Observation?has-member:Observation.code-value-quantity=out$7', []],
    ['Observation?derived-from:Observation.value-quantity=7', ['weighed']],
    ['Observation?derived-from:Observation.value-quantity=9', []],
  ]
  for (const [query, ids] of found) {
    const answer = await get(query)
    expect([
      query,
      answer.status,
      idsIn(answer, 'match')
        .map((name) => name.split('/')[1])
        .sort(),
    ]).toEqual([query, 200, ids])
  }
  // Ordered as any other search that keys narrow, and page by page.
  const pages = [await get('MedicationRequest?medication.code=A,B,C,D&_sort=_id&_count=3')]
  const next = pages[0]?.json.link.find(({ relation }: { relation: string }) => relation === 'next').url
  pages.push(await get(next.slice(`${server.url}/fhir/`.length)))
  expect(pages.flatMap((page) => idsIn(page))).toEqual(['r1', 'r2', 'r3', 'r4'].map((id) => `MedicationRequest/${id}`))
  for (const id of ['MedicationRequest/r4', 'Observation/weighed', 'Device/scale']) await server.call('DELETE', `/fhir/${id}`)
})

/** R4 search.html#count: "Servers SHALL NOT return more resources than requested". */
test('a page has no more contained resources than are asked for, also of one container', async () => {
  const several = (id: string, count: number): object => {
    const names = ['m1', 'm2', 'm3', 'm4', 'm5'].slice(0, count)
    const supportingInformation = names.map((name) => ({ reference: `#${name}` }))
    return prescription(
      id,
      names.map((name) => medication(name, 'S')),
      { supportingInformation },
    )
  }
  await putAll(server, '', [several('s1', 5), several('s2', 1), several('s3', 3)])
  const expected = ['s1#m1', 's1#m2', 's1#m3', 's1#m4', 's1#m5', 's2#m1', 's3#m1', 's3#m2', 's3#m3'].map(
    (name) => `MedicationRequest/${name}`,
  )
  for (const count of [1, 2, 3, 5, 6, 8, 9, 10]) {
    const found: string[] = []
    const sizes: number[] = []
    for (let path = `Medication?code=S&_contained=true&_containedType=contained&_count=${count}`; path !== ''; ) {
      const page = await get(path)
      sizes.push(urlsIn(page).length)
      found.push(...urlsIn(page))
      const next = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
      path = next?.url.slice(`${server.url}/fhir/`.length) ?? ''
      expect([count, page.json.total]).toEqual([count, count >= 9 ? 9 : undefined])
    }
    expect([count, found]).toEqual([count, expected])
    expect([count, sizes.slice(0, -1).every((size) => size === count), sizes.at(-1)]).toEqual([
      count,
      true,
      9 % count || Math.min(count, 9),
    ])
  }
  for (const id of ['s1', 's2', 's3']) await server.call('DELETE', `/fhir/MedicationRequest/${id}`)
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
