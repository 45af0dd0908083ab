import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { finds } from './ask.ts'
import {
  arbitraryCode,
  arbitraryDate,
  arbitraryDecimal,
  arbitrarySystem,
  arbitraryUnit,
  DATE_PREFIXES,
  madeOf,
  wholeIn,
} from './arbitrary.ts'

/**
 * The rules of R4 search once more, written as the specification says them and by other means than the code under test:
 * dates by Date arithmetic at +08:00, decimals as integers of ten-thousandths.
 */

type Span = { lo: number; hi: number }

function spanOf(text: string): Span {
  const [year = '', month, day] = text.slice(0, 10).split('-')
  const local = (y: number, m: number, d: number) => Date.UTC(y, m, d) - 8 * 3_600_000
  if (text.includes('T')) return { lo: Date.parse(text), hi: Date.parse(text) + (text.includes('.') ? 1 : 1000) }
  const [y, m, d] = [Number(year), Number(month ?? 1) - 1, Number(day ?? 1)]
  if (day !== undefined) return { lo: local(y, m, d), hi: local(y, m, d + 1) }
  return month === undefined ? { lo: local(y, 0, 1), hi: local(y + 1, 0, 1) } : { lo: local(y, m, 1), hi: local(y, m + 1, 1) }
}

function dateRule(prefix: string, target: Span, search: Span): boolean {
  const contained = search.lo <= target.lo && target.hi <= search.hi
  const above = target.hi > search.hi
  const below = target.lo < search.lo
  switch (prefix) {
    case 'eq':
      return contained
    case 'ne':
      return !contained
    case 'gt':
      return above
    case 'lt':
      return below
    case 'ge':
      return above || contained
    case 'le':
      return below || contained
    case 'sa':
      return target.lo >= search.hi
    default:
      return target.hi <= search.lo
  }
}

function numberRule(prefix: string, stored: string, value: string, storedUnit = '', valueUnit = ''): boolean {
  const places = value.split('.')[1]?.length ?? 0
  const half = 5n * 10n ** BigInt(5 - places) * madeOf(valueUnit).by
  const [s, v] = [wholeIn(stored, storedUnit), wholeIn(value, valueUnit)]
  if (madeOf(storedUnit).of !== madeOf(valueUnit).of) return false
  const equal = v - half <= s && s < v + half
  switch (prefix) {
    case 'eq':
      return equal
    case 'ne':
      return !equal
    case 'gt':
    case 'sa':
      return s > v
    case 'lt':
    case 'eb':
      return s < v
    case 'ge':
      return s >= v
    default:
      return s <= v
  }
}

const prefix = fc.constantFrom(...DATE_PREFIXES)

describe('plans agree with the rules of the specification', () => {
  test('date', () => {
    fc.assert(
      fc.property(arbitraryDate, arbitraryDate, prefix, (stored, value, p) => {
        const found = finds({ resourceType: 'Observation', effectiveDateTime: stored }, `date=${p}${value}`)
        expect(found).toBe(dateRule(p, spanOf(stored), spanOf(value)))
      }),
      { numRuns: 2000 },
    )
  })

  test('Period', () => {
    fc.assert(
      fc.property(arbitraryDate, arbitraryDate, arbitraryDate, prefix, (a, b, value, p) => {
        const [start, end] = spanOf(a).lo <= spanOf(b).lo ? [a, b] : [b, a]
        const target = { lo: spanOf(start).lo, hi: spanOf(end).hi }
        const found = finds({ resourceType: 'Encounter', period: { start, end } }, `date=${p}${value}`)
        expect(found).toBe(dateRule(p, target, spanOf(value)))
      }),
      { numRuns: 1000 },
    )
  })

  test('number', () => {
    fc.assert(
      fc.property(arbitraryDecimal, arbitraryDecimal, prefix, (stored, value, p) => {
        const resource = { resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal: Number(stored) }] }
        expect(finds(resource, `probability=${p}${value}`)).toBe(numberRule(p, stored, value))
      }),
      { numRuns: 2000 },
    )
  })

  test('quantity: number and unit of one repetition, across units', () => {
    const part = fc.record({ value: arbitraryDecimal, unit: arbitraryUnit })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), arbitraryDecimal, arbitraryUnit, prefix, (parts, value, unit, p) => {
        const component = parts.map((q) => ({
          valueQuantity: { value: Number(q.value), system: 'http://unitsofmeasure.org', code: q.unit },
        }))
        const expected = parts.some((q) => numberRule(p, q.value, value, q.unit, unit))
        const found = finds(
          { resourceType: 'Observation', component },
          `component-value-quantity=${p}${value}|http://unitsofmeasure.org|${unit}`,
        )
        expect(found).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  test('token: the four forms, and :not', () => {
    const coding = fc.record({ system: arbitrarySystem, code: arbitraryCode })
    const escaped = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
    fc.assert(
      fc.property(
        fc.array(coding, { maxLength: 3 }),
        arbitrarySystem,
        arbitraryCode,
        fc.constantFrom('c', 's|c', '|c', 's|'),
        (codings, system, code, form) => {
          const written = codings.map((c) => (c.system === '' ? { code: c.code } : c))
          const resource = { resourceType: 'Observation', code: { coding: written } }
          const value = { c: escaped(code), 's|c': `${system}|${escaped(code)}`, '|c': `|${escaped(code)}`, 's|': `${system}|` }[
            form
          ] as string
          fc.pre(value !== '|')
          const expected = codings.some((c) => {
            if (form === 'c') return c.code === code
            if (form === 's|') return c.system === system
            return c.code === code && c.system === (form === '|c' ? '' : system)
          })
          expect(finds(resource, `code=${value}`)).toBe(expected)
          expect(finds(resource, `code:not=${value}`)).toBe(!expected)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
