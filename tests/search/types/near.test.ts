/** `near` of Location (R4 location.html#positional). Distances by hand: a degree of a great circle is 111.195 km. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DecimalTexts } from '../../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../../server/fhir/types.ts'
import { metresBetween } from '../../../server/search/types/near.ts'
import { opened, put, SYSTEM } from '../../store/fixture.ts'
import { finds, parse, refusal, search } from '../ask.ts'
import { matches } from '../naive.ts'

const at = (latitude: number, longitude: number): FhirResource => ({ resourceType: 'Location', position: { latitude, longitude } })
const BEIJING = at(39.9042, 116.4074)

test.each<[FhirResource, string, boolean]>([
  [BEIJING, '39.9042|116.4074', true],
  [BEIJING, '39.9042|116.4074|0', true],
  // Without a distance: 10 km.
  [BEIJING, '39.99|116.4074', true],
  [BEIJING, '40.00|116.4074', false],
  // To Shanghai it is 1,067 km.
  [BEIJING, '31.2304|121.4737|1060', false],
  [BEIJING, '31.2304|121.4737|1075', true],
  [BEIJING, '31.2304|121.4737|1075|km', true],
  [BEIJING, '31.2304|121.4737|1075|m', false],
  [BEIJING, '31.2304|121.4737|1075000|m', true],
  // 663.1 miles, 576.2 nautical ones.
  [BEIJING, '31.2304|121.4737|660|[mi_i]', false],
  [BEIJING, '31.2304|121.4737|668|mi', true],
  [BEIJING, '31.2304|121.4737|580|[nmi_i]', true],
  [BEIJING, '31.2304|121.4737|573|[nmi_i]', false],
  [BEIJING, '0|0|1,31.2304|121.4737|1075', true],
  // Over the date line, and over a pole.
  [at(0, 179.95), '0|-179.95|11.2', true],
  [at(0, 179.95), '0|-179.95|11', false],
  [at(89.95, 0), '89.95|180|11.2', true],
  [at(89.95, 0), '89.95|180|11', false],
  [at(0, 0), '0|180|20015', false],
  [at(0, 0), '0|180|20016', true],
  [{ resourceType: 'Location' }, '0|0|30000', false],
  [{ resourceType: 'Location', position: { latitude: 91, longitude: 0 } } as FhirResource, '90|0|200', false],
])('%j near=%s: %s', (location, value, expected) => {
  expect(finds(location, `near=${value}`)).toBe(expected)
})

test('a Location without a place has none', () => {
  expect([finds(BEIJING, 'near:missing=false'), finds({ resourceType: 'Location' }, 'near:missing=true')]).toEqual([true, true])
})

test.each([
  ['near=39.9', 'parameter-invalid'],
  ['near=39.9|', 'parameter-invalid'],
  ['near=91|0', 'parameter-invalid'],
  ['near=0|181', 'parameter-invalid'],
  ['near=0|0|-1', 'parameter-invalid'],
  ['near=0|0|1|furlong', 'parameter-invalid'],
  ['near=0|0|1|km|x', 'parameter-invalid'],
  ['near=0|0|1e400', 'parameter-invalid'],
  ['near=NaN|0', 'parameter-invalid'],
  ['near:exact=0|0', 'modifier-unsupported'],
  ['_sort=near', 'parameter-unsupported'],
])('%s is refused as %s', (query, code) => {
  expect([refusal('Location', query, true), refusal('Location', query, false)]).toEqual([code, code])
})

test('one degree of a great circle', () => {
  const [a, b] = [
    { latitude: 10, longitude: 20 },
    { latitude: 11, longitude: 20 },
  ]
  expect(Math.round(metresBetween(a, b))).toBe(111_195)
})

/** Latitudes and longitudes of a grid that has the poles, the equator and the date line. */
const degrees = (most: number) =>
  fc.oneof(
    fc.constantFrom(-most, 0, most),
    fc.integer({ min: -most * 10, max: most * 10 }).map((n) => n / 10),
  )
const place = fc.tuple(degrees(90), degrees(180))

describe('the database', () => {
  const context = opened()
  const locations = fc
    .sample(place, { numRuns: 120, seed: 5 })
    .map(([latitude, longitude], n) => ({ ...at(latitude, longitude), id: `r${n}` }))
  const documents = locations.map((one) => ({ id: one.id, at: new Date(0), entry: search.index(one, new DecimalTexts()) }))
  beforeAll(async () => {
    const writes = documents.map(({ id, entry }) => put(id, '{}', { type: 'Location', index: entry }))
    expect((await context.store.commit({ writes })).ok).toBe(true)
  })

  test('measures as the angle of two vectors does', async () => {
    let found = 0
    const queries = fc.sample(fc.tuple(place, fc.constantFrom(1, 37, 111, 800, 5000, 12_345, 19_999, 21_000)), { numRuns: 150, seed: 6 })
    for (const [[latitude, longitude], distance] of queries) {
      // A metre more: no grid place stands just there.
      const { plan } = parse('Location', `near=${latitude}|${longitude}|${distance}.001`)
      const page = await context.store.search(SYSTEM, { type: 'Location', plan, sort: [], count: 200, total: 'none' })
      const expected = documents.filter((doc) => matches(plan, doc)).map(({ id }) => id)
      expect([latitude, longitude, distance, page.rows.map(({ id }) => id).sort()]).toEqual([
        latitude,
        longitude,
        distance,
        expected.sort(),
      ])
      found += expected.length
    }
    expect(found).toBeGreaterThan(1000)
  })
})
