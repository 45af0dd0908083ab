import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FUTURE, parseDate, parsePeriod, PAST } from '../../server/fhir/date.ts'
import { zoneOf } from '../../server/fhir/zone.ts'

const SHANGHAI = zoneOf('Asia/Shanghai')
const NEW_YORK = zoneOf('America/New_York')
const span = (text: string, zone = SHANGHAI) => {
  const d = parseDate(text, zone)
  return d && [new Date(d.lo).toISOString(), new Date(d.hi).toISOString(), d.precision, d.zoned]
}

describe('parseDate', () => {
  test.each([
    ['2024', '2023-12-31T16:00:00.000Z', '2024-12-31T16:00:00.000Z', 'year', false],
    ['2024-02', '2024-01-31T16:00:00.000Z', '2024-02-29T16:00:00.000Z', 'month', false],
    ['2024-12', '2024-11-30T16:00:00.000Z', '2024-12-31T16:00:00.000Z', 'month', false],
    ['2024-02-29', '2024-02-28T16:00:00.000Z', '2024-02-29T16:00:00.000Z', 'day', false],
    ['2024-01-01T08:30', '2024-01-01T00:30:00.000Z', '2024-01-01T00:31:00.000Z', 'minute', false],
    ['2024-01-01T08:30:00', '2024-01-01T00:30:00.000Z', '2024-01-01T00:30:01.000Z', 'second', false],
    ['2024-01-01T08:30:00+08:00', '2024-01-01T00:30:00.000Z', '2024-01-01T00:30:01.000Z', 'second', true],
    ['2024-01-01T08:30:00Z', '2024-01-01T08:30:00.000Z', '2024-01-01T08:30:01.000Z', 'second', true],
    ['2024-01-01T08:30:00-05:30', '2024-01-01T14:00:00.000Z', '2024-01-01T14:00:01.000Z', 'second', true],
    ['2024-01-01T08:30:00.5Z', '2024-01-01T08:30:00.500Z', '2024-01-01T08:30:00.501Z', 'millisecond', true],
    ['2024-01-01T08:30:00.1239Z', '2024-01-01T08:30:00.123Z', '2024-01-01T08:30:00.124Z', 'millisecond', true],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z', '2017-01-01T00:00:01.000Z', 'second', true],
    // Summer time in China, 4 May 1986 02:00 to 14 September 1986.
    ['1986-05-04', '1986-05-03T16:00:00.000Z', '1986-05-04T15:00:00.000Z', 'day', false],
    ['1986-07-01T12:00:00', '1986-07-01T03:00:00.000Z', '1986-07-01T03:00:01.000Z', 'second', false],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', '0001-01-01T00:00:01.000Z', 'second', true],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z', '+010000-01-01T00:00:00.000Z', 'second', true],
  ])('%s', (text, ...expected) => {
    expect(span(text)).toEqual(expected)
  })

  test('gaps and overlaps of summer time take the offset before the change', () => {
    // 10 March 2024 02:30 does not exist in New York; 3 November 2024 01:30 is there twice.
    expect(span('2024-03-10T02:30:00', NEW_YORK)?.[0]).toBe('2024-03-10T07:30:00.000Z')
    expect(span('2024-11-03T01:30:00', NEW_YORK)?.[0]).toBe('2024-11-03T05:30:00.000Z')
    expect(span('2024-03-10', NEW_YORK)?.slice(0, 2)).toEqual(['2024-03-10T05:00:00.000Z', '2024-03-11T04:00:00.000Z'])
  })

  test.each([
    '',
    '24',
    '2024-',
    '2024-1',
    '2024-13',
    '2024-00',
    '2023-02-29',
    '2024-02-30',
    '2024-04-31',
    '2024-01-01T',
    '2024-01-01T10',
    '2024-01-01T24:00:00',
    '2024-01-01T10:60',
    '2024-01-01T10:00:61',
    '2024-01-01T10:00:00+14:01',
    '2024-01-01T10:00:00+08',
    '2024-01-01T10:00:00+08:60',
    '2024-01-01 10:00:00',
    '2024-01-01T10:00:00,5',
    '2024-01Z',
    '2024-01-01Z',
    '0000-01-01',
    '-2024',
    '20240101',
    '2024-01-01T10:00:00.',
    ' 2024',
    '2024\n',
    '２０２４',
  ])('%j is no date', (text) => {
    expect(parseDate(text, SHANGHAI)).toBeUndefined()
  })

  test('agrees with Date on any instant with a zone', () => {
    const range = { min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(range), (d) => {
        const parsed = parseDate(d.toISOString(), SHANGHAI)
        expect([parsed?.lo, parsed?.hi]).toEqual([d.getTime(), d.getTime() + 1])
      }),
    )
  })

  test('the day, month and year of an instant hold it, in any zone', () => {
    const range = { min: new Date('1850-01-02'), max: new Date('2150-12-30'), noInvalidDate: true }
    fc.assert(
      fc.property(
        fc.date(range),
        fc.constantFrom('Asia/Shanghai', 'Asia/Urumqi', 'America/New_York', 'Europe/London', 'UTC'),
        (d, name) => {
          const zone = zoneOf(name)
          const local = new Date(d.getTime() + zone.offsetAt(d.getTime())).toISOString()
          for (const text of [local.slice(0, 4), local.slice(0, 7), local.slice(0, 10)]) {
            const parsed = parseDate(text, zone)
            expect(parsed && parsed.lo <= d.getTime() && d.getTime() < parsed.hi).toBe(true)
          }
        },
      ),
    )
  })
})

describe('parsePeriod', () => {
  const day = (text: string) => parseDate(text, SHANGHAI)
  test('from the beginning of the start to the end of the end; a missing side is open', () => {
    expect(parsePeriod('2024-01-01', '2024-01-31', SHANGHAI)).toEqual({ lo: day('2024-01-01')?.lo, hi: day('2024-01-31')?.hi })
    expect(parsePeriod('2024', undefined, SHANGHAI)).toEqual({ lo: day('2024')?.lo, hi: FUTURE })
    expect(parsePeriod(undefined, '2024', SHANGHAI)).toEqual({ lo: PAST, hi: day('2024')?.hi })
    expect(parsePeriod(undefined, undefined, SHANGHAI)).toBeUndefined()
    expect(parsePeriod('x', 7, SHANGHAI)).toBeUndefined()
  })
})

describe('zoneOf', () => {
  test('the table agrees with Intl at any instant', () => {
    const names = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'UTC')
    fc.assert(
      fc.property(fc.integer({ min: -2_800_000_000, max: 4_090_000_000 }), names, (second, name) => {
        const text = new Date(second * 1000).toLocaleString('sv-SE', { timeZone: name })
        expect(zoneOf(name).offsetAt(second * 1000)).toBe(Date.parse(`${text.replace(' ', 'T')}Z`) - second * 1000)
      }),
    )
  })

  test('an unknown zone stops the start', () => {
    expect(() => zoneOf('Asia/Nowhere')).toThrow(RangeError)
  })
})
