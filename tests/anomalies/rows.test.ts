/** Each of the 50 anomalies is named by tests that are there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ANOMALIES } from './rows.ts'

const TESTS = join(import.meta.dirname, '..')

test('all fifty, and no others', () => {
  expect(Object.keys(ANOMALIES).map(Number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
})

test.each(Object.entries(ANOMALIES))('%s', (_number, { shown }) => {
  expect(shown.length).toBeGreaterThan(0)
  for (const [file, title] of shown) {
    const path = join(TESTS, file)
    expect([file, existsSync(path)]).toEqual([file, true])
    const text = readFileSync(path, 'utf8')
    // Of a file that is about nothing else no single test is named.
    const isThere =
      title === '' ? /\btest(?:\.each|\()/.test(text) : [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted))
    expect([file, title, isThere]).toEqual([file, title, true])
  }
})
