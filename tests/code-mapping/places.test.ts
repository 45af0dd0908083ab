/** What a job looks at: what carries the code, wherever in a resource it stands and whoever indexed it, and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { custody, observation, patient, putAll } from '../consent/resources.ts'
import type { TestServer } from '../support/server.ts'
import { agree, EQUIVALENT, get, idOf, labItems, LEUKOCYTES, type People, settled, siteWith } from './sending.ts'

let server: TestServer
let who: People
const X = { coding: [{ system: labItems('H1'), code: 'X1' }] }
const H1 = { meta: custody('H1') }
const body = (method: object) => ({ ...observation('o', 'p1', 'C'), ...H1, ...method })
/** places that no search parameter looks into, but for the last */
const places: [id: string, element: object][] = [
  ['body-site', { bodySite: X }],
  ['range', { referenceRange: [{ type: X, text: 'r' }] }],
  ['extension', { extension: [{ url: 'urn:e', valueCodeableConcept: X }] }],
  ['contained', { contained: [{ resourceType: 'Specimen', id: 's', collection: { method: X } }], specimen: { reference: '#s' } }],
  ['method', { method: X }],
]

beforeAll(async () => {
  ;({ server, who } = await siteWith(['X1', 'X2']))
  const many = Array.from({ length: 150 }, (_, at) => ({ ...body({}), id: `other-${at}` }))
  await putAll(server, who.loader, [patient('p1', H1), ...many, ...places.map(([id, element]) => ({ ...body(element), id }))])
}, 60_000)
afterAll(() => server.stop())

const read = async (id: string) => (await server.call('GET', `/fhir/Observation/${id}`, { token: who.engine })).json
const translated = { coding: [expect.objectContaining({ code: LEUKOCYTES }), X.coding[0]] }

// Before any other job has seen that nothing of the kind is left.
test('what an older server indexed, without these keys, is found too', async () => {
  const { systemDecision } = await import('../../server/access/decision.ts')
  const { store } = server.running
  const later = { coding: [{ system: labItems('H1'), code: 'X2' }] }
  await putAll(server, who.loader, [{ ...body({ method: later }), id: 'old' }])
  const row = await store.read(systemDecision('test'), 'Observation', 'old')
  const index = { keys: ['code:C'], dates: {}, nums: {}, ix: 1 }
  await store.restamp(systemDecision('test'), 'Observation', [{ id: 'old', v: row?.v ?? 0, index }])
  await agree(server, who, idOf('X2'), EQUIVALENT)
  expect(await settled(server, who.wang, idOf('X2'))).toMatchObject({ status: 'completed', failed: 0 })
  expect((await read('old')).method.coding.map(({ code }: { code: string }) => code)).toEqual([LEUKOCYTES, 'X2'])
})

test('every place is translated, and withdrawn again, and the rest is not looked at', async () => {
  await agree(server, who, idOf('X1'), EQUIVALENT)
  // The report's own result is one of them.
  const carrying = places.length + 1
  expect(await settled(server, who.loader, idOf('X1'))).toMatchObject({ written: carrying, expected: carrying, seen: carrying })
  expect(await read('body-site')).toMatchObject({ bodySite: translated })
  expect(await read('range')).toMatchObject({ referenceRange: [{ type: translated }] })
  expect(await read('extension')).toMatchObject({ extension: [{ valueCodeableConcept: translated }] })
  expect(await read('contained')).toMatchObject({ contained: [{ collection: { method: translated } }] })
  expect(await read('method')).toMatchObject({ method: translated })
  await agree(server, who, idOf('X1'), undefined)
  expect(await settled(server, who.wang, idOf('X1'))).toMatchObject({ status: 'completed', written: carrying })
  for (const [id, element] of places) expect(await read(id)).toMatchObject(element)
  expect((await read('method')).meta.versionId).toBe('3')
})

test('history and Provenance say of a withdrawal who took back what, by which version of the map', async () => {
  const { entry } = (await server.call('GET', '/fhir/Observation/method/_history', { token: who.engine })).json
  expect(entry.map(({ resource }: { resource: { method: { coding: object[] } } }) => resource.method.coding.length)).toEqual([1, 2, 1])
  const found = await server.call('GET', '/fhir/Provenance?target=Observation/method&_sort=recorded', { token: who.engine })
  const made = found.json.entry.map(({ resource }: { resource: { entity: { what: { reference: string } }[] } }) => resource)
  const versions = made.map(({ entity }: { entity: { what: { reference: string } }[] }) => entity[0]?.what.reference)
  expect(versions).toEqual([expect.stringMatching(/^ConceptMap\/codes-.*\/_history\/2$/), expect.stringMatching(/\/_history\/3$/)])
  for (const one of made)
    expect(one.agent.map(({ who: by }: { who: { reference: string } }) => by.reference)).toEqual(['Practitioner/wang', 'Practitioner/li'])
  const [before, after] = await Promise.all(
    versions.map(async (path: string) => (await server.call('GET', `/fhir/${path}`, { token: who.engine })).json),
  )
  const codesIn = ({ group }: { group: { element: { code: string }[] }[] }) =>
    group.flatMap(({ element }) => element.map(({ code }) => code))
  expect([before.version, codesIn(before)]).toEqual(['2', ['X1', 'X2']])
  expect([after.version, codesIn(after)]).toEqual(['3', ['X2']])
})

test('of how much is stored a terminologist learns what carries his own code', async () => {
  const jobs = (await get(server, who.wang, `jobs?id=${encodeURIComponent(idOf('X2'))}`)).json.jobs
  expect(jobs).toHaveLength(1)
  expect(Object.keys(jobs[0]).sort()).toEqual(['ended', 'expected', 'failed', 'id', 'source', 'started', 'status', 'written'])
  const [foreign, none] = await Promise.all(['X2', 'NO'].map((code) => get(server, who.zhao, `jobs?id=${encodeURIComponent(idOf(code))}`)))
  expect([foreign?.status, foreign?.text]).toEqual([404, none?.text.replaceAll('NO', 'X2')])
})
