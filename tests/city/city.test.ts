/** The invented city in small (`npm run check:city` is the whole): who is one with whom, and that nothing is lost or there twice. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isValidIdNumber } from '../../server/fhir/identity-number.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { randomOf } from '../faults/support/random.ts'
import { cityOf } from './city.ts'
import { cityServer, feed, quarantinedOf } from './feeding.ts'
import { peopleOf } from './people.ts'
import { linking, resultsOf } from './results.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(await cityServer(26))
}, 60_000)
afterAll(() => server.stop())

test('a city is linked, and each of its events stands there once', async () => {
  const city = cityOf({ seed: 7, people: 80, visits: 100 })
  const fed = await feed(server, city)
  expect(fed.failures).toEqual([])
  expect(fed.refused).toBe(city.payloads.filter(({ broken }) => broken).length)
  const results = await resultsOf(server.database.uri, server.database.database, city)
  expect(results).toMatchObject({ wrongPairs: 0, unknown: 0, lost: 0, duplicates: 0, strange: 0 })
  expect(results.events).toBeGreaterThan(150)
  // Of so few people one record is more than a hundredth of all pairs.
  expect(results.recall).toBeGreaterThanOrEqual(0.95)
  const quarantined = await quarantinedOf(server, 50)
  expect([quarantined.items > 0, quarantined.bad]).toEqual([true, 0])
}, 300_000)

test('the same seed gives the same people, each with a number of their own', () => {
  const [one, again] = [peopleOf(randomOf(5), 2_000), peopleOf(randomOf(5), 2_000)]
  expect(one.map(({ name, number }) => name + number)).toEqual(again.map(({ name, number }) => name + number))
  expect(new Set(one.map(({ number }) => number)).size).toBe(2_000)
  expect(one.filter(({ number }) => !isValidIdNumber(number))).toEqual([])
})

test('precision and recall are those of pairs', () => {
  // Two of three records of 1 are found together, with one of 2: of three found pairs one is right, of three true ones one is found.
  const placed = [
    { person: 'a', truth: 1 },
    { person: 'a', truth: 1 },
    { person: 'a', truth: 2 },
    { person: 'b', truth: 1 },
  ]
  expect(linking(placed)).toEqual({ precision: 1 / 3, recall: 1 / 3, truePairs: 3, foundPairs: 3, wrongPairs: 2 })
})
