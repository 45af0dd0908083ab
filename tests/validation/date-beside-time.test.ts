/** per-1 of a date and a time: the date is in the site's zone, whatever the zone of the process. Days by hand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const ZONES = ['Asia/Shanghai', 'UTC', 'America/New_York']
const validators = ZONES.map((timezone) => createValidator({ timezone }))
const observation = (effectivePeriod: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  effectivePeriod,
})

describe('a period ends before it begins', () => {
  test.each([
    // In UTC the end is on the ninth; in New York the day before, too.
    ['2026-03-10', '2026-03-10T06:00:00+08:00', [false, true, true]],
    // In Shanghai the beginning is half past one in the afternoon of the tenth, in UTC half past three in the morning.
    ['2026-03-09T23:30:00-04:00', '2026-03-09', [true, true, false]],
    ['2026-03', '2026-02-28T23:59:59.999Z', [false, true, true]],
    ['2026-01-01T00:00:00+08:00', '2025', [true, false, false]],
    ['2026', '2025-12-31T23:00:00Z', [false, true, true]],
    ['2026-03-11', '2026-03-10T12:00:00+08:00', [true, true, true]],
    ['2026-03-10', '2026-03-12T12:00:00+08:00', [false, false, false]],
    // What is less exact says nothing against it.
    ['2026-03-10T12:00:00+08:00', '2026', [false, false, false]],
    ['2026-03-10', '2026-03', [false, false, false]],
  ])('%s to %s', (start, end, expected) => {
    const found = validators.map((validator) =>
      validator.validate(observation({ start, end }) as FhirResource, { mode: 'create' }).some(({ rule }) => rule === 'per-1'),
    )
    expect(found).toEqual(expected)
  })
})

describe('a site in New York', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({ noAuth: true, environment: { DEFAULT_TIMEZONE: 'America/New_York' } })
  }, 60_000)
  afterAll(() => server.stop())

  test('judges by its own days', async () => {
    const [day, next] = [
      { start: '2026-03-09T23:30:00-04:00', end: '2026-03-09' },
      { start: '2026-03-10T00:30:00-04:00', end: '2026-03-09' },
    ].map((period) => server.call('POST', '/fhir/Observation', { body: observation(period) }))
    expect((await day)?.status).toBe(201)
    expect((await next)?.status).toBe(422)
  })
})
