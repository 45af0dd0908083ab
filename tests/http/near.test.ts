/** Locations near a place over HTTP: found, at the other end of a reference, and how far they are (R4 location.html#positional). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encounter, idsIn, patient, practitioner, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from '../leaks/worlds.ts'

const place = (id: string, latitude?: number, longitude?: number): object => ({
  resourceType: 'Location',
  id,
  name: id,
  ...(latitude === undefined ? {} : { position: { longitude, latitude } }),
})
let server: TestServer
let doctor: string
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-2'),
    patient('pat'),
    place('haidian', 39.96, 116.3),
    place('chaoyang', 39.92, 116.44),
    place('shanghai', 31.2304, 121.4737),
    place('nowhere'),
    { ...encounter('visit', 'pat', 'H2', 'Practitioner/doc-2'), location: [{ location: { reference: 'Location/haidian' } }] },
  ])
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}, 60_000)
afterAll(() => server.stop())
const get = (query: string, token = doctor): Promise<Answer> => server.call('GET', `/fhir/${query}`, { token })

test('finds what is near, and tells how far it is', async () => {
  const answer = await get('Location?near=39.9042|116.4074|20|km&_sort=_id')
  expect(idsIn(answer)).toEqual(['Location/chaoyang', 'Location/haidian'])
  const [chaoyang, haidian] = answer.json.entry.map(
    ({ search }: { search: { extension: { url: string; valueDistance: object }[] } }) => search.extension[0],
  )
  expect(chaoyang.url).toBe('http://hl7.org/fhir/StructureDefinition/location-distance')
  expect(chaoyang.valueDistance).toMatchObject({ unit: 'km', system: 'http://unitsofmeasure.org', code: 'km' })
  // 1.76 km north and 2.78 km east; 6.20 km north and 9.16 km west.
  expect([chaoyang.valueDistance.value, haidian.valueDistance.value]).toEqual([expect.closeTo(3.29, 1), expect.closeTo(11.06, 1)])
})

test('of several places the nearest counts; without one nothing is told', async () => {
  const several = await get('Location?near=31.23|121.47|5,39.96|116.3|1&_sort=-_id')
  expect(idsIn(several)).toEqual(['Location/shanghai', 'Location/haidian'])
  expect(several.json.entry[1].search.extension[0].valueDistance.value).toBe(0)
  expect((await get('Location?_id=shanghai')).json.entry[0].search).toEqual({ mode: 'match' })
  expect(idsIn(await get('?_type=Location&near=31.23|121.47|5'))).toEqual(['Location/shanghai'])
})

test('at the other end of a reference', async () => {
  expect(idsIn(await get('Encounter?location.near=39.96|116.3|1'))).toEqual(['Encounter/visit'])
  expect(idsIn(await get('Encounter?location.near=31.23|121.47|5'))).toEqual([])
})

test('is refused in a masked form, and where it is no place', async () => {
  const masked = await server.token('ha', { purpose_of_use: 'PUBHLTH', data_form: 'PSEUD' })
  expect(codeOf(await get('Location?near=39.9|116.4', masked))).toBe('parameter-forbidden')
  expect(codeOf(await get('Location?near=139.9|116.4'))).toBe('parameter-invalid')
})
