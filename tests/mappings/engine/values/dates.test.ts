import { describe, expect, test } from '@jest/globals'
import { instantOf, readDate, readDateTime } from '../../../../mappings/engine/values/date.ts'

const ZONE = 'Asia/Shanghai'

describe('dates of source systems (formats.md D4 to D6)', () => {
  test.each([
    '20260231',
    '2026-13-01',
    '20260305250000',
    '20260305091561',
    '2026-02-29',
    '03/05/2026',
    '00260305',
    'yesterday',
    '2026-03-05 24:00:01',
  ])('%s is invalid and flagged', (text) => expect(readDateTime(text, ZONE)).toEqual({ flaw: 'date-invalid' }))

  test.each([
    '1900-01-01',
    '19000101',
    '1900-01-01 00:00:00',
    '9999-12-31',
    '99991231235959',
    '0000-00-00',
    '00000000',
    '0000-00-00 00:00:00',
  ])('%s is a sentinel: absent, not a flaw', (text) => {
    expect(readDateTime(text, ZONE)).toEqual({})
    expect(readDate(text)).toEqual({})
  })

  test.each([
    ['20260305091500', '2026-03-05T09:15:00+08:00'],
    ['202603050915', '2026-03-05T09:15:00+08:00'],
    ['20260305T091500', '2026-03-05T09:15:00+08:00'],
    ['2026-03-09 09:55:00', '2026-03-09T09:55:00+08:00'],
    ['2026-3-9 9:05', '2026-03-09T09:05:00+08:00'],
    ['2026/03/09 09:55:00', '2026-03-09T09:55:00+08:00'],
    ['2026年3月9日 9时55分', '2026-03-09T09:55:00+08:00'],
    ['2026-03-09T09:55:00Z', '2026-03-09T09:55:00Z'],
    ['20260305091500+0900', '2026-03-05T09:15:00+09:00'],
    ['20260305091500123', '2026-03-05T09:15:00.123+08:00'],
    ['2026-03-09 09:55:00.5', '2026-03-09T09:55:00.5+08:00'],
    ['２０２６０３０５', '2026-03-05'],
    ['20260305', '2026-03-05'],
    ['202603', '2026-03'],
    ['2026', '2026'],
    ['2026-03', '2026-03'],
    // Summer time was kept in China from 1986 to 1991.
    ['19880701120000', '1988-07-01T12:00:00+09:00'],
  ])('%s with its precision kept', (text, expected) => expect(readDateTime(text, ZONE)).toEqual({ value: expected }))

  test.each([
    ['20260305240000', '2026-03-06T00:00:00+08:00'],
    ['2026-02-28 24:00', '2026-03-01T00:00:00+08:00'],
    ['20251231240000', '2026-01-01T00:00:00+08:00'],
  ])('%s is the next day at 00:00', (text, expected) => expect(readDateTime(text, ZONE)).toEqual({ value: expected }))

  test('a date leaves the time out', () => {
    expect(readDate('19580312000000')).toEqual({ value: '1958-03-12' })
    expect(readDate('1958')).toEqual({ value: '1958' })
  })

  test('an instant of a date is its first moment in the zone', () => {
    expect(instantOf('2026-03-05', ZONE)).toBe('2026-03-04T16:00:00.000Z')
    expect(instantOf('2026-03-05T09:15:00+08:00', ZONE)).toBe('2026-03-05T01:15:00.000Z')
  })
})
