/** Search parameters that an operator writes: from the POST to searches, chains, sorting, includes, and away again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { custody, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { codeOf } from '../leaks/worlds.ts'
import { parametersReady } from '../support/parameters.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let loader: string
let engine: string

const EXT = 'urn:test:ward'
const extension = (value: object) => ({ extension: [{ url: EXT, ...value }] })

beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  engine = await server.token('h1-engine')
  await putAll(server, loader, [
    practitioner('doc-1'),
    patient('p1', {
      meta: custody('H1'),
      multipleBirthInteger: 2,
      photo: [{ title: 'Anna' }],
      ...extension({ valueCoding: { system: 'urn:w', code: 'A' } }),
    }),
    patient('p2', {
      meta: custody('H1'),
      multipleBirthInteger: 3,
      photo: [{ title: 'Bert' }],
      ...extension({ valueCoding: { system: 'urn:w', code: 'B' } }),
    }),
    observation('o1', 'p1', 'x', { note: [{ text: '高热', authorReference: { reference: 'Practitioner/doc-1' } }] }),
    observation('o2', 'p2', 'x', { referenceRange: [{ low: { value: 5, unit: 'g' } }] }),
  ])
}, 60_000)
afterAll(() => server.stop())

const definition = (id: string, code: string, type: string, base: string | string[], expression: string, more: object = {}): object => ({
  resourceType: 'SearchParameter',
  id,
  url: `urn:test:${id}`,
  name: id.replaceAll('-', ''),
  status: 'active',
  description: 'x',
  code,
  base: [base].flat(),
  type,
  expression,
  ...more,
})
const put = (resource: object, token = loader): Promise<Answer> =>
  server.call('PUT', `/fhir/SearchParameter/${(resource as { id: string }).id}`, { token, body: resource })
const get = (path: string, headers = {}): Promise<Answer> => server.call('GET', `/fhir/${encodeURI(path)}`, { token: engine, headers })
const ids = async (path: string): Promise<string[]> => {
  const answer = await get(path)
  expect([path, answer.status, answer.status === 200 ? '' : answer.text]).toEqual([path, 200, ''])
  return (answer.json.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id)
}

const ready = (): Promise<void> => parametersReady(server, loader)

async function made(...definitions: object[]): Promise<void> {
  for (const one of definitions) {
    const answer = await put(one)
    expect([answer.status, answer.status === 201 ? '' : answer.text]).toEqual([201, ''])
  }
  await ready()
}

test('each type of search finds what was stored before', async () => {
  await made(
    definition('ward', 'ward', 'token', 'Patient', `Patient.extension('${EXT}').value.as(Coding)`),
    definition('births', 'births', 'number', 'Patient', 'Patient.multipleBirth.as(integer)'),
    definition('photo', 'photo-title', 'string', 'Patient', 'Patient.photo.title'),
    definition('noted-by', 'noted-by', 'reference', 'Observation', 'Observation.note.author.as(Reference)', { target: ['Practitioner'] }),
    definition('low', 'low', 'quantity', 'Observation', 'Observation.referenceRange.low'),
    definition('seen', 'seen', 'date', ['Observation', 'Condition'], 'Observation.effective | Condition.recordedDate'),
    definition('note', 'note', 'string', 'Observation', 'Observation.note.where(text.exists() and author.exists()).text'),
  )
  expect(await ids('Patient?ward=urn:w|A')).toEqual(['p1'])
  expect(await ids('Patient?ward:not=A')).toEqual(['p2'])
  expect(await ids('Patient?births=gt2')).toEqual(['p2'])
  expect(await ids('Patient?photo-title=ann')).toEqual(['p1'])
  expect(await ids('Observation?noted-by=doc-1')).toEqual(['o1'])
  expect(await ids('Observation?low=ge5')).toEqual(['o2'])
  expect((await ids('Observation?seen=2024-05-01')).sort()).toEqual(['o1', 'o2'])
  expect(await ids('Condition?seen=2024')).toEqual([])
  expect(await ids('Observation?note=高')).toEqual(['o1'])
})

test('chains, _has, sorting, includes and the CapabilityStatement know it', async () => {
  expect(await ids('Observation?subject:Patient.ward=B')).toEqual(['o2'])
  expect(await ids('Patient?_has:Observation:subject:low=5')).toEqual(['p2'])
  expect(await ids('Practitioner?_has:Observation:noted-by:subject=Patient/p1')).toEqual(['doc-1'])
  expect(await ids('Patient?_sort=-births')).toEqual(['p2', 'p1'])
  expect((await ids('Observation?_id=o1&_include=Observation:noted-by')).sort()).toEqual(['doc-1', 'o1'])
  const statement = await get('metadata')
  const known = statement.json.rest[0].resource.find(({ type }: { type: string }) => type === 'Observation')
  expect(known.searchParam).toContainEqual({ name: 'noted-by', type: 'reference', definition: 'urn:test:noted-by' })
  expect(known.searchInclude).toContain('Observation:noted-by')
})

test('what is written afterwards is found at once, and a link to a master as well', async () => {
  await putAll(server, loader, [patient('p3', { meta: custody('H1'), ...extension({ valueCoding: { system: 'urn:w', code: 'C' } }) })])
  expect(await ids('Patient?ward=C')).toEqual(['p3'])
})

test('a draft has no effect, nor has what is retired or deleted', async () => {
  const unknown = { Prefer: 'handling=strict' }
  const code = async (name: string) => codeOf(await get(`Patient?${name}=x`, unknown))
  const draft = definition('later', 'later', 'string', 'Patient', 'Patient.photo.contentType')
  expect((await put({ ...draft, status: 'draft' })).status).toBe(201)
  expect(await code('later')).toBe('parameter-unknown')
  expect((await put(draft)).status).toBe(200)
  await ready()
  expect(await ids('Patient?later=x')).toEqual([])
  expect((await put({ ...draft, status: 'retired' })).status).toBe(200)
  expect(await code('later')).toBe('parameter-unknown')
  await put(draft)
  await ready()
  expect((await server.call('DELETE', '/fhir/SearchParameter/later', { token: loader })).status).toBe(204)
  expect(await code('later')).toBe('parameter-unknown')
})

test('a link to the next page does not go on without a parameter that has gone', async () => {
  await made(definition('paged', 'paged', 'string', 'Patient', 'Patient.photo.title'))
  const first = await get('Patient?paged=anna,bert&_count=1')
  const next: string = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url
  await server.call('DELETE', '/fhir/SearchParameter/paged', { token: loader })
  const answer = await server.call('GET', new URL(next).pathname + new URL(next).search, { token: engine })
  expect([answer.status, codeOf(answer)]).toEqual([400, 'parameter-unknown'])
})

test('another expression is built anew, and then it finds by that one alone', async () => {
  await made(definition('moved', 'moved', 'string', 'Patient', 'Patient.photo.title'))
  expect(await ids('Patient?moved=anna')).toEqual(['p1'])
  expect((await put(definition('moved', 'moved', 'string', 'Patient', 'Patient.name.text'))).status).toBe(200)
  await ready()
  expect([await ids('Patient?moved=anna'), await ids('Patient?moved=名p1')]).toEqual([[], ['p1']])
})

describe('refused, and nothing of it is stored:', () => {
  test.each([
    ['a code that is taken', definition('bad', 'gender', 'token', 'Patient', 'Patient.gender'), 'search-parameter-code'],
    ['a path that leads nowhere', definition('bad', 'bad', 'token', 'Patient', 'Patient.nmae'), 'search-parameter-expression'],
  ])('%s', async (_, resource, code) => {
    const answer = await put(resource)
    expect([answer.status, codeOf(answer)]).toEqual([422, code])
    expect(answer.json.issue[0].expression[0]).toMatch(/^SearchParameter\./)
    expect((await server.call('GET', '/fhir/SearchParameter/bad', { token: loader })).status).toBe(404)
  })

  test('by whoever is no operator', async () => {
    const resource = definition('own', 'own', 'string', 'Patient', 'Patient.photo.contentType')
    const answer = await server.call('POST', '/fhir/SearchParameter', { token: engine, body: resource })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'not-permitted'])
    expect(codeOf(await get('Patient?own=x', { Prefer: 'handling=strict' }))).toBe('parameter-unknown')
  })

  test('the part of a composite that is in force', async () => {
    await made(
      definition('kind', 'kind', 'token', 'Observation', 'Observation.referenceRange.type'),
      definition('range', 'range', 'composite', 'Observation', 'Observation.referenceRange', {
        component: [
          { definition: 'urn:test:kind', expression: 'type' },
          { definition: 'urn:test:low', expression: 'low' },
        ],
      }),
    )
    const answer = await server.call('DELETE', '/fhir/SearchParameter/kind', { token: loader })
    expect([answer.status, codeOf(answer)]).toEqual([422, 'search-parameter-component'])
  })
})

test('several are written in one transaction, or none', async () => {
  const entry = (resource: object) => ({ resource, request: { method: 'PUT', url: `SearchParameter/${(resource as { id: string }).id}` } })
  const bundle = (...resources: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry: resources.map(entry) })
  const good = definition('good', 'good', 'string', 'Patient', 'Patient.photo.contentType')
  const same = definition('same', 'good', 'string', 'Patient', 'Patient.photo.title')
  const refused = await server.call('POST', '/fhir', { token: loader, body: bundle(good, same) })
  expect([refused.status, codeOf(refused)]).toEqual([422, 'search-parameter-code'])
  expect(codeOf(await get('Patient?good=x', { Prefer: 'handling=strict' }))).toBe('parameter-unknown')
  expect((await server.call('POST', '/fhir', { token: loader, body: bundle(good) })).status).toBe(200)
})

test('a second process indexes and searches by it, before the answer to whoever wrote it', async () => {
  const second = await startTestServer({ beside: server })
  try {
    await made(definition('far', 'far', 'string', 'Patient', 'Patient.photo.title'))
    const photo = { meta: custody('H1'), photo: [{ title: 'Zoe' }] }
    const written = await second.call('PUT', '/fhir/Patient/p9', { token: await second.token('loader'), body: patient('p9', photo) })
    expect(written.status).toBe(201)
    expect(await ids('Patient?far=zoe')).toEqual(['p9'])
    await server.call('DELETE', '/fhir/SearchParameter/far', { token: loader })
    const answer = await second.call('GET', '/fhir/Patient?far=zoe', {
      token: await second.token('h1-engine'),
      headers: { Prefer: 'handling=strict' },
    })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'parameter-unknown'])
  } finally {
    await second.stop()
  }
}, 60_000)
