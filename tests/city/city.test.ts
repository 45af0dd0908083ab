/** The invented city in small (`npm run check:city` is the whole): who is one with whom, and that nothing is lost or there twice. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isValidIdNumber } from '../../server/fhir/identity-number.ts'
import { randomOf } from '../faults/support/random.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cityOf, EVENT, WORD } from './city.ts'
import { FoundEvents } from './events.ts'
import { cityConfig, feed } from './feeding.ts'
import { linking, mixed, splitOff } from './linking-truth.ts'
import { peopleOf } from './people.ts'
import { openPartsOf, quarantinedOf, replayMended } from './quarantine.ts'
import { resultsOf } from './results.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ config: await cityConfig(26), noAuth: true })
}, 60_000)
afterAll(() => server.stop())

test('a city is linked, each of its events stands there once, and what is in quarantine can be played again', async () => {
  const city = cityOf({ seed: 7, people: 80, visits: 100 })
  const fed = await feed(server.url, city)
  expect(fed.failures).toEqual([])
  expect(fed.until).toBe(city.length)
  const results = await resultsOf(server.database.uri, server.database.database, city)
  expect(results).toMatchObject({ wrongPairs: 0, mixed: [], unknown: 0, byNumberAlone: 0, lost: 0, duplicates: 0, strange: 0, silent: 0 })
  // A hundred visits, whoever tells of them, and every other one has a report.
  expect(results.events).toBeGreaterThan(130)
  // Of so few people one record is more than a hundredth of all pairs.
  expect(results.recall).toBeGreaterThanOrEqual(0.95)
  const quarantined = await quarantinedOf(server.url)
  expect(quarantined.payloads).toBeGreaterThan(0)
  expect(quarantined).toMatchObject({ silent: 0, bad: 0, replayed: quarantined.payloads, parts: results.quarantine })
  // A source whose charset was registered wrongly: once that is mended, its files are played again and stored.
  expect(await openPartsOf(server.url)).toBeGreaterThan(0)
  const mended = await startTestServer({ beside: server, config: await cityConfig(26, true), noAuth: true })
  expect(await replayMended(mended.url)).toBe(0)
  await mended.stop()
  const again = await resultsOf(server.database.uri, server.database.database, city)
  expect(again).toMatchObject({ wrongPairs: 0, lost: 0, duplicates: 0, strange: 0, events: results.events })
}, 300_000)

test('the same seed gives the same city, whatever was asked of it before, and a part of it is what its first payloads tell', () => {
  const size = { seed: 11, people: 300, visits: 900 }
  const [one, again] = [cityOf(size), cityOf(size)]
  const places = [...Array(one.length).keys()]
  const backwards = places.toReversed().map((place) => again.at(place))
  expect(places.map((place) => one.at(place))).toEqual(backwards.toReversed())
  const [none, some, all] = [one.told(0), one.told(one.length / 2), one.told(one.length)]
  expect(none.some((bits) => bits > 0)).toBe(false)
  // Every visit has its admission.
  expect(all.every((bits) => (bits & 1) === 1)).toBe(true)
  expect(some.every((bits, n) => (bits & ~(all[n] as number)) === 0)).toBe(true)
  expect(some.filter((bits) => bits > 0).length).toBeLessThan(900)
})

test('three in a hundred messages have something wrong, of every kind', () => {
  const city = cityOf({ seed: 3, people: 500, visits: 5_000 })
  const faults = new Map<string, number>()
  for (let place = 0; place < city.length; place++) {
    const { fault } = city.at(place)
    if (fault) faults.set(fault, (faults.get(fault) ?? 0) + 1)
  }
  const kinds = ['broken', 'charset', 'code', 'contradicted', 'corrected', 'late', 'organization', 'repeated', 'unreadable']
  expect([...faults.keys()].sort()).toEqual(kinds)
  const share = [...faults.values()].reduce((sum, one) => sum + one, 0) / city.length
  expect(share).toBeGreaterThan(0.025)
  expect(share).toBeLessThan(0.035)
})

test('the same seed gives the same people, each with a number of their own', () => {
  const [one, again] = [peopleOf(randomOf(5), 2_000), peopleOf(randomOf(5), 2_000)]
  expect(one.map(({ name, number }) => name + number)).toEqual(again.map(({ name, number }) => name + number))
  expect(new Set(one.map(({ number }) => number)).size).toBe(2_000)
  expect(one.filter(({ number }) => !isValidIdNumber(number))).toEqual([])
})

describe('events', () => {
  const own = { system: 'https://fhir-cn.example/sid/H1/visit-no', value: 'VH10' }
  const repeated = { system: 'https://fhir-cn.example/sid/H1/outpatient-no', value: 'VH10' }
  const insured = { system: 'urn:mdtrt', value: 'MH10' }
  const encounter = (person: string, ...identifier: { system: string; value: string }[]) => ({
    identifier,
    subject: { reference: `Patient/${person}` },
  })
  const of = (told: number, ...encounters: Parameters<FoundEvents['encounter']>[0][]) => {
    const found = new FoundEvents(1)
    for (const one of encounters) found.encounter(one, (patient) => patient)
    return found.events(Uint8Array.of(told))
  }
  const hospital = EVENT.V
  const both = EVENT.V | EVENT.M

  test('two Encounters are one too many once it was told that they are one visit, and not before', () => {
    const two = [encounter('a', own), encounter('a', insured, repeated)]
    expect(of(both, ...two)).toMatchObject({ events: 1, duplicates: 0, apart: 0, lost: 0 })
    // Of that number the hospital has not told at that time yet.
    expect(of(both | WORD.record, ...two)).toMatchObject({ duplicates: 0 })
    expect(of(both | WORD.record | WORD.inTime, ...two)).toMatchObject({ duplicates: 1, apart: 0, named: { doubled: ['V0'] } })
    expect(of(both | WORD.serial, ...two)).toMatchObject({ duplicates: 1 })
    expect(of(both | WORD.serial, encounter('a', own, insured))).toMatchObject({ duplicates: 0 })
  })

  test('under two persons it stands apart', () => {
    const two = [encounter('a', own), encounter('b', insured)]
    expect(of(both, ...two)).toMatchObject({ duplicates: 0, apart: 0 })
    expect(of(both | WORD.serial, ...two)).toMatchObject({ duplicates: 0, apart: 1, named: { apart: ['V0'] } })
  })

  test('one number twice is one too many, whatever was told', () => {
    expect(of(hospital, encounter('a', own), encounter('a', own))).toMatchObject({ duplicates: 1 })
    expect(of(both, encounter('a', own, insured), encounter('a', insured))).toMatchObject({ duplicates: 1 })
    expect(of(hospital, encounter('a', own), encounter('b', own))).toMatchObject({ duplicates: 0, apart: 1 })
  })

  test('what was told and stands nowhere is lost; what nobody told is strange', () => {
    expect(of(both, encounter('a', insured, repeated))).toMatchObject({ lost: 1, named: { lost: ['V0'] } })
    expect(of(hospital)).toMatchObject({ events: 1, lost: 1 })
    expect(of(0, encounter('a', { system: 's', value: 'VH11' }))).toMatchObject({ events: 0, strange: 1 })
    const void_ = { status: 'entered-in-error', partOf: {} }
    expect(of(hospital, encounter('a', own), void_)).toMatchObject({ duplicates: 0, strange: 0 })
  })

  test('reports count once each', () => {
    const found = new FoundEvents(1)
    for (const value of ['RH10', 'RH10']) found.report({ identifier: [{ value }] })
    expect(found.events(Uint8Array.of(EVENT.R))).toMatchObject({ events: 1, duplicates: 1, lost: 0, named: { doubled: ['R0'] } })
    expect(new FoundEvents(1).events(Uint8Array.of(EVENT.R))).toMatchObject({ lost: 1, named: { lost: ['R0'] } })
  })
})

test('precision and recall are those of pairs', () => {
  // Two of three records of 1 are found together, with one of 2: of three found pairs one is right, of three true ones one is found.
  const placed = [
    { person: 'a', truth: 1, slips: [] },
    { person: 'a', truth: 1, slips: [] },
    { person: 'a', truth: 2, slips: [] },
    { person: 'b', truth: 1, slips: ['masked'] },
  ]
  expect(linking(placed)).toEqual({ precision: 1 / 3, recall: 1 / 3, truePairs: 3, foundPairs: 3, wrongPairs: 2 })
  expect(splitOff(placed)).toEqual({ masked: 1 })
  expect(mixed(placed, 5)).toEqual([[1, 2]])
})
