/** Every consent case, decided by the pure function: decision, reason and obligations. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { decide } from '../../server/access/decide.ts'
import { resolveRules } from '../../server/access/resolve.ts'
import { type ConsentCase, factsOf, questionOf, rulesOf } from './case-notation.ts'

const cases = JSON.parse(readFileSync(new URL('../cases/consent-cases.json', import.meta.url), 'utf8')) as ConsentCase[]

describe('consent cases', () => {
  test('there are 67', () => expect(cases).toHaveLength(67))

  test.each(cases.map((one) => [one.n, one.name, one] as const))('%i %s', (_n, _name, one) => {
    const verdict = decide(resolveRules(rulesOf(one), factsOf(one)), questionOf(one))
    expect(verdict).toEqual({ decision: one.expect, reason: one.reason, obligations: one.obligations })
  })
})
