/** Points that new servers get wrong, 1 to 8: values, elements and references in searches (R4 search.html, json.html). One test each. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

let made = 0

/** Stores a resource of the type that has a tag of its own, and tells whether a query finds it. */
async function stored(resource: object, type = 'Observation'): Promise<{ id: string; finds(query: string): Promise<boolean> }> {
  const code = `t${++made}`
  const body = { resourceType: type, meta: { tag: [{ system: 'urn:points', code }] }, ...resource }
  const answer = await server.call('POST', `/fhir/${type}`, { body })
  expect(answer.status).toBe(201)
  return {
    id: answer.json.id,
    async finds(query) {
      const found = await server.call('GET', `/fhir/${type}?_tag=urn:points|${code}&${query}`)
      expect([query, found.status]).toEqual([query, 200])
      return found.json.total === 1
    },
  }
}

const observation = (more: object) => ({ status: 'final', code: { text: 'x' }, ...more })

async function eachFinds(finds: (query: string) => Promise<boolean>, expected: Record<string, boolean>): Promise<void> {
  const seen: Record<string, boolean> = {}
  for (const query of Object.keys(expected)) seen[query] = await finds(query)
  expect(seen).toEqual(expected)
}

test('1: decimals come back digit for digit and are searched by their precision', async () => {
  const numbers = ['1.00', '100.0', '1E-3', '0.1234567890123456789012', '-0.0']
  for (const number of numbers) {
    const body = `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":${number}}}`
    const { json } = await server.call('POST', '/fhir/Observation', { body })
    const read = await server.call('GET', `/fhir/Observation/${json.id}`)
    expect(read.text).toContain(`"valueQuantity":{"value":${number}}`)
  }
  const at = async (value: number) => (await stored(observation({ valueQuantity: { value } }))).finds
  await eachFinds(await at(5.43), { 'value-quantity=5.4': true, 'value-quantity=5.40': false, 'value-quantity=5.5': false })
  await eachFinds(await at(100.4), { 'value-quantity=100': true, 'value-quantity=100.0': false, 'value-quantity=1e2': true })
  await eachFinds(await at(149), { 'value-quantity=1e2': true, 'value-quantity=100': false })
})

test('2: dates are intervals on both sides, in the zone of the site where none is named', async () => {
  const at = async (effectiveDateTime: string) => (await stored(observation({ effectiveDateTime }))).finds
  await eachFinds(await at('2024-01-01T08:30:00+08:00'), {
    'date=2024-01-01T00:30:00Z': true,
    'date=2024-01-01T08:30:00%2B08:00': true,
    'date=2024-01-01T08:30:00': true,
    'date=2024-01-01': true,
    'date=2024-01': true,
    'date=2024': true,
    'date=2023-12-31': false,
    'date=ge2024-01-01T08:30:00%2B08:00': true,
    'date=gt2024-01-01T08:30:00%2B08:00': false,
    'date=lt2024-01-01T00:30:01Z': true,
    'date=sa2023-12-31': true,
    'date=eb2024-01-02': true,
    'date=ne2024-01-01': false,
    'date=ne2024-01-02': true,
  })
  // The first hours of a Chinese day are the day before in UTC.
  await eachFinds(await at('2024-01-01T00:30:00+08:00'), { 'date=2024-01-01': true, 'date=2023': false })
  // The asked range must hold all of the stored one.
  await eachFinds(await at('2024-01'), {
    'date=2024': true,
    'date=2024-01-15': false,
    'date=ge2024-01-15': true,
    'date=gt2024-01-31': false,
  })
  const { finds } = await stored(observation({ effectivePeriod: { start: '2024-01-10' } }))
  await eachFinds(finds, { 'date=ge2030-01-01': true, 'date=lt2024-01-10': false, 'date=2024': false, 'date=sa2024-01-09': true })
  for (const [bad, status] of [
    ['2024-01-01T24:00:00Z', 400],
    ['2024-02-30', 400],
    ['2024-1-1', 400],
    // An unescaped plus is a space.
    ['ge2024-01-01T08:30:00+08:00', 200],
  ] as const)
    expect([bad, (await server.call('GET', `/fhir/Observation?date=${bad}`)).status]).toEqual([bad, status])
})

test('3: tokens with and without system, unfolded, and escapes', async () => {
  const coding = [{ system: 'urn:a', code: 'X1' }, { system: 'urn:b', code: 'X,2' }, { code: 'bare' }]
  const { finds } = await stored({ status: 'final', code: { coding } })
  await eachFinds(finds, {
    'code=X1': true,
    'code=x1': false,
    'code=urn:a|X1': true,
    'code=urn:b|X1': false,
    'code=|X1': false,
    'code=|bare': true,
    'code=urn:a|': true,
    'code=urn:c|': false,
    'code=X\\,2': true,
    'code=X,2': false,
    'code=none,X1': true,
    'code:not=X1': false,
    'code:not=other': true,
    'value-concept:not=X1': true,
  })
  const patient = await stored({ active: true, identifier: [{ system: 'urn:i', value: 'Ａb|Ç' }] }, 'Patient')
  await eachFinds(patient.finds, {
    'active=true': true,
    'active=false': false,
    'identifier=urn:i|%EF%BC%A1b\\|%C3%87': true,
    'identifier=Ab\\|C': false,
    'identifier=%EF%BC%A1b\\|%C3%87': true,
  })
})

test('4: what belongs together holds within one repetition', async () => {
  const component = (code: string, value: number, unit: string) => ({
    code: { coding: [{ system: 'urn:s', code }] },
    valueQuantity: { value, unit, system: 'urn:u', code: unit },
  })
  const observed = await stored(observation({ component: [component('a', 1, 'mg'), component('b', 2, 'kg')] }))
  await eachFinds(observed.finds, {
    'component-code-value-quantity=a$1': true,
    'component-code-value-quantity=a$2': false,
    'component-value-quantity=1|urn:u|mg': true,
    'component-value-quantity=1|urn:u|kg': false,
  })
  const identifier = [
    { type: { coding: [{ system: 'urn:t', code: 'MR' }] }, system: 'urn:1', value: '12' },
    { type: { coding: [{ system: 'urn:t', code: 'SS' }] }, system: 'urn:2', value: '34' },
  ]
  const patient = await stored({ identifier }, 'Patient')
  await eachFinds(patient.finds, {
    'identifier:of-type=urn:t|MR|12': true,
    'identifier:of-type=urn:t|MR|34': false,
    'identifier=urn:1|12': true,
    'identifier=urn:1|34': false,
  })
})

test('5: strings by their beginnings, folded; exact and contained', async () => {
  const { finds } = await stored(
    {
      name: [
        { family: 'Müller', given: ['Anna Maria'] },
        { family: '张', given: ['三'] },
      ],
    },
    'Patient',
  )
  const q = encodeURIComponent
  await eachFinds(finds, {
    'name=mull': true,
    'name=MÜLLER': true,
    'name=ller': false,
    [`name=${q('ｍｕｌｌ')}`]: true,
    'name:contains=LLE': true,
    [`family:exact=${q('Müller')}`]: true,
    'family:exact=Muller': false,
    [`name=${q('张三')}`]: true,
    [`name=${q('张 三')}`]: true,
    'name=anna%20%20maria': true,
  })
})

test('6: a reference in each of its spellings', async () => {
  const own = await stored({ subject: { reference: 'Patient/p6' }, ...observation({}) })
  const base = `${server.url}/fhir`
  await eachFinds(own.finds, {
    'subject=p6': true,
    'subject=Patient/p6': true,
    'subject:Patient=p6': true,
    'subject=Group/p6': false,
    [`subject=${base}/Patient/p6`]: true,
    'subject=https://other.example/fhir/Patient/p6': false,
    'subject=Patient/p6/_history/1': false,
  })
  const foreign = await stored(observation({ subject: { reference: 'https://other.example/fhir/Patient/p6' } }))
  await eachFinds(foreign.finds, { 'subject=https://other.example/fhir/Patient/p6': true, 'subject=Patient/p6': false })
  const versioned = await stored(observation({ subject: { reference: 'Patient/p6/_history/2' } }))
  await eachFinds(versioned.finds, {
    'subject=Patient/p6': true,
    'subject=Patient/p6/_history/2': true,
    'subject=Patient/p6/_history/3': false,
  })
  const named = await stored(observation({ subject: { identifier: { system: 'urn:org', value: '7' } } }))
  await eachFinds(named.finds, { 'subject:identifier=urn:org|7': true, 'subject:identifier=urn:org|8': false, 'subject=7': false })
  const canonical = await stored({ status: 'completed', questionnaire: 'https://q.example/Q|2' }, 'QuestionnaireResponse')
  await eachFinds(canonical.finds, { 'questionnaire=https://q.example/Q|2': true, 'questionnaire=https://q.example/Q|1': false })
})

test('7: and, or, repeats; what is unknown is told and never widens an answer', async () => {
  const { finds, id } = await stored({ name: [{ given: ['一', '二'] }], gender: 'female' }, 'Patient')
  await eachFinds(finds, {
    'given=一&given=二': true,
    'given=一&given=三': false,
    'given=三,二': true,
    'gender=female&given=三': false,
  })
  const lenient = await server.call('GET', `/fhir/Patient?_id=${id}&gendre=male`)
  const outcomes = lenient.json.entry.filter((one: { search: { mode: string } }) => one.search.mode === 'outcome')
  expect(lenient.json.total).toBe(1)
  expect(lenient.json.link[0].url).not.toContain('gendre')
  expect(JSON.stringify(outcomes[0].resource.issue)).toContain('gendre')
  const strict = await server.call('GET', `/fhir/Patient?_id=${id}&gendre=male`, { headers: { Prefer: 'handling=strict' } })
  expect([strict.status, strict.json.resourceType]).toEqual([400, 'OperationOutcome'])
  for (const name of ['__proto__', 'constructor', '_id[$ne]', 'name[$regex]'])
    expect((await server.call('GET', `/fhir/Patient?${name}=1`, { headers: { Prefer: 'handling=strict' } })).status).toBe(400)
})

test('8: what is included stands there once, beside the matches and not among them', async () => {
  const put = (resource: { resourceType: string; id: string }) =>
    server.call('PUT', `/fhir/${resource.resourceType}/${resource.id}`, { body: resource })
  const organization = (id: string, partOf: string) => ({
    resourceType: 'Organization',
    id,
    name: id,
    partOf: { reference: `Organization/${partOf}` },
  })
  // Two that are part of each other.
  for (const [id, of] of [
    ['o8-a', 'o8-b'],
    ['o8-b', 'o8-a'],
  ] as const)
    await put(organization(id, of))
  const about = {
    managingOrganization: { reference: 'Organization/o8-a' },
    name: [{ text: '包含' }],
    generalPractitioner: [{ reference: 'Practitioner/missing' }],
  }
  for (const id of ['p8-a', 'p8-b', 'p8-c']) await put({ resourceType: 'Patient', id, ...about } as { resourceType: string; id: string })
  const query =
    'organization=o8-a&_count=2&_total=accurate&_include=Patient:organization&_include:iterate=Organization:partof&_include=Patient:general-practitioner'
  const { json } = await server.call('GET', `/fhir/Patient?${query}`)
  const modes = json.entry.map((one: { search: { mode: string }; resource: { id: string } }) => [one.search.mode, one.resource.id])
  expect(json.total).toBe(3)
  expect(modes.filter(([mode]: [string]) => mode === 'match')).toHaveLength(2)
  expect(modes.filter(([mode]: [string]) => mode === 'include').sort()).toEqual([
    ['include', 'o8-a'],
    ['include', 'o8-b'],
  ])
  // A match that is also referred to is a match only.
  const both = await server.call('GET', '/fhir/Organization?_id=o8-a,o8-b&_include=Organization:partof')
  expect(both.json.entry.map((one: { search: { mode: string } }) => one.search.mode)).toEqual(['match', 'match'])
})
