import { describe, expect, test } from '@jest/globals'
import { finds, refusal } from '../ask.ts'

const at = (effectiveDateTime: string) => ({ resourceType: 'Observation', effectiveDateTime })
const during = (start?: string, end?: string) => ({
  resourceType: 'Observation',
  effectivePeriod: { ...(start ? { start } : {}), ...(end ? { end } : {}) },
})

/** Which prefixes find it, in the order below. */
const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const
const found = (resource: { resourceType: string }, value: string) => PREFIXES.filter((p) => finds(resource, `date=${p}${value}`)).join(' ')

describe('date', () => {
  // R4 search.html 3.1.1.4.5: eq contained, ne not contained, gt/lt overlap with what is above/below, sa/eb entirely so.
  test.each([
    ['the same day', at('2024-01-01'), '2024-01-01', 'eq ge le'],
    ['the day before', at('2023-12-31'), '2024-01-01', 'ne lt le eb'],
    ['the day after', at('2024-01-02'), '2024-01-01', 'ne gt ge sa'],
    ['a time on the day', at('2024-01-01T23:59:59+08:00'), '2024-01-01', 'eq ge le'],
    ['midnight after the day', at('2024-01-02T00:00:00+08:00'), '2024-01-01', 'ne gt ge sa'],
    ['the month that holds the day', at('2024-01'), '2024-01-15', 'ne gt lt ge le'],
    ['the month that begins with the day', at('2024-01'), '2024-01-01', 'ne gt ge'],
    ['the month that ends with the day', at('2024-01'), '2024-01-31', 'ne lt le'],
    ['a day in the month', at('2024-01-15'), '2024-01', 'eq ge le'],
    ['a day in the year', at('2024-01-15'), '2024', 'eq ge le'],
    ['a year before', at('2023'), '2024-01-01', 'ne lt le eb'],
    ['a period inside', during('2024-01-10', '2024-01-20'), '2024-01', 'eq ge le'],
    ['a period around', during('2023-12-01', '2024-02-01'), '2024-01', 'ne gt lt ge le'],
    ['a period that starts inside', during('2024-01-20', '2024-02-01'), '2024-01', 'ne gt ge'],
    ['a period that ends inside', during('2023-12-20', '2024-01-05'), '2024-01', 'ne lt le'],
    ['open to the future, from before', during('2023-01-01'), '2024-01', 'ne gt lt ge le'],
    ['open to the future, from behind', during('2024-03-01'), '2024-01', 'ne gt ge sa'],
    ['open to the past, until before', during(undefined, '2023-12-31'), '2024-01', 'ne lt le eb'],
    ['open to the past, until behind', during(undefined, '2024-03-01'), '2024-01', 'ne gt lt ge le'],
    ['no value at all', { resourceType: 'Observation' }, '2024-01', ''],
  ])('%s', (_, resource, value, expected) => {
    expect(found(resource, value)).toBe(expected)
  })

  // Values without a zone are resolved in Asia/Shanghai on both sides.
  test.each([
    ['2024-01-01T08:30:00+08:00', 'date=2024-01-01T00:30:00Z', true],
    ['2024-01-01T08:30:00', 'date=2024-01-01T00:30:00Z', true],
    ['2024-01-01T08:30:00+08:00', 'date=2024-01-01T08:30:00', true],
    ['2023-12-31T23:30:00Z', 'date=2024-01-01', true],
    ['2023-12-31T07:30:00+08:00', 'date=ge2024-01-01T00:00:00Z', false],
    ['2024-01', 'date=ge2024-01-01T00:00:00Z', true],
    ['2024-01-01T00:00:00Z', 'date=ge2024-01-01T00:00:00Z', true],
    ['2024-01-01T12:00:00+08:00', 'date=gt2024-01-01', false],
    ['2024-01-01T08:30:00+08:00', 'date=ge2024-01-01T08:30:00+08:00', true],
    ['2024-01-01T08:30:00.123+08:00', 'date=2024-01-01T08:30:00.123+08:00', true],
    ['2024-01-01T08:30:00.123+08:00', 'date=2024-01-01T08:30:00+08:00', true],
    ['2024-01-01T08:30:00.123+08:00', 'date=2024-01-01T08:30+08:00', true],
    ['2024-01-01T08:30:00+08:00', 'date=2024-01-01T08:30:00.123+08:00', false],
    ['2024-01-01T08:30:00.123456+08:00', 'date=2024-01-01T08:30:00.123+08:00', true],
    // `+` that arrived as a space
    ['2024-01-01T08:30:00+08:00', 'date=2024-01-01T08:30:00 08:00', true],
    ['2024-01-01T08:30:00+08:00', 'date=ge2024-01-01T08:30:00 08:00', true],
    ['2024-01-01', 'date=2023,2024', true],
    ['2024-01-01', 'date=ge2024&date=lt2025', true],
    ['2024-01-01', 'date=ge2024&date=lt2024', false],
  ])('%s, %s: %s', (stored, query, expected) => {
    expect(finds(at(stored), query)).toBe(expected)
  })

  test('ap: a tenth of the time between the date and now (1 July 2024, 08:00)', () => {
    // From noon of 2 April 2024 there are 89.83 days to now: 9 days either side.
    expect(finds(at('2024-04-10'), 'date=ap2024-04-02')).toBe(true)
    expect(finds(at('2024-03-25'), 'date=ap2024-04-02')).toBe(true)
    expect(finds(at('2024-04-12'), 'date=ap2024-04-02')).toBe(false)
    expect(finds(at('2024-03-23'), 'date=ap2024-04-02')).toBe(false)
  })

  test('both bounds hold for one period, not for two of them', () => {
    const plan = {
      resourceType: 'CarePlan',
      activity: [
        { detail: { scheduledPeriod: { start: '2020', end: '2021' } } },
        { detail: { scheduledPeriod: { start: '2028', end: '2029' } } },
      ],
    }
    expect(finds(plan, 'activity-date=2024')).toBe(false)
    expect(finds(plan, 'activity-date=ap2024')).toBe(false)
    expect(finds(plan, 'activity-date=2020,2028')).toBe(false)
  })

  test('of a Timing the outer limits count', () => {
    const request = {
      resourceType: 'ServiceRequest',
      occurrenceTiming: { event: ['2024-01-01', '2024-03-01'], repeat: { boundsPeriod: { end: '2024-05-01' } } },
    }
    expect(finds(request, 'occurrence=sa2024-05-01')).toBe(false)
    const events = { resourceType: 'ServiceRequest', occurrenceTiming: { event: ['2024-03-01', '2024-01-01'] } }
    expect(finds(events, 'occurrence=2024')).toBe(true)
    expect(finds(events, 'occurrence=2024-01')).toBe(false)
    expect(finds(events, 'occurrence=ap2024-02-10')).toBe(true)
    expect(finds(events, 'occurrence=eb2024-03-02')).toBe(true)
    expect(finds({ resourceType: 'ServiceRequest', occurrenceTiming: { code: { text: 'BID' } } }, 'occurrence:missing=true')).toBe(true)
  })

  test('the string form of a choice is no date', () => {
    expect(finds({ resourceType: 'Immunization', occurrenceString: '2024-01-01' }, 'date=2024')).toBe(false)
  })

  // _lastUpdated of a resource stored at 2024-07-01T00:00:00.000Z = 08:00 in China.
  test.each([
    ['_lastUpdated=2024-07-01', true],
    ['_lastUpdated=2024-07', true],
    ['_lastUpdated=2024-06', false],
    ['_lastUpdated=2024-07-01T08:00:00.000+08:00', true],
    ['_lastUpdated=2024-07-01T08:00:00.001+08:00', false],
    ['_lastUpdated=gt2024-07-01T07:59:59.999+08:00', true],
    ['_lastUpdated=gt2024-07-01T08:00:00.000+08:00', false],
    ['_lastUpdated=ge2024-07-01T08:00:00.000+08:00', true],
    ['_lastUpdated=lt2024-07-01T08:00:00.000+08:00', false],
    ['_lastUpdated=le2024-07-01T08:00:00.000+08:00', true],
    ['_lastUpdated=sa2024-06-30', true],
    ['_lastUpdated=sa2024-01-01', true],
    ['_lastUpdated=sa2024-07-01', false],
    ['_lastUpdated=eb2024-07-02', true],
    ['_lastUpdated=eb2024-07-01', false],
    ['_lastUpdated=ne2024-07-01', false],
    ['_lastUpdated=ne2024-06-01', true],
    ['_lastUpdated=ge2024-07-01&_lastUpdated=lt2024-07-02', true],
    ['_lastUpdated:missing=true', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(at('1990'), query)).toBe(expected)
  })

  test.each([
    '2024-13',
    '2024-02-30',
    '24',
    '2024-1-1',
    '2024-01-01T24:00:00',
    '2024-01-01T',
    '2024-01-01T10',
    'ge',
    'xx2024',
    'today',
    '2024-01-01T10:00:00+15:00',
    '2024-01-01 10:00',
    ' ',
    'gegt2024',
    '0000',
  ])('date=%s is invalid', (value) => {
    expect(refusal('Observation', `date=${value}`)).toBe('parameter-invalid')
    expect(refusal('Observation', `_lastUpdated=${value}`, false)).toBe('parameter-invalid')
  })
})
