import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { justAbove, justBelow, parseDecimal } from '../../server/fhir/decimal.ts'
import { isId, isTypeName } from '../../server/fhir/ids.ts'
import { parseReference } from '../../server/fhir/reference.ts'

describe('parseDecimal', () => {
  test.each([
    ['5.4', 5.4, 5.35, 5.45],
    ['100', 100, 99.5, 100.5],
    ['100.0', 100, 99.95, 100.05],
    ['1e2', 100, 50, 150],
    ['1E-3', 0.001, 0.0005, 0.0015],
    ['0', 0, -0.5, 0.5],
    ['0.00', 0, -0.005, 0.005],
    ['-3', -3, -3.5, -2.5],
    ['+5', 5, 4.5, 5.5],
    ['0.1', 0.1, 0.05, 0.15],
  ])('%s is %d in [%d, %d)', (text, value, lo, hi) => {
    expect(parseDecimal(text)).toEqual({ value, lo, hi })
  })

  test.each(['', '.5', '5.', 'e5', '1e', 'NaN', 'Infinity', '0x1', '1_0', '1e301', '1'.repeat(41), ' 1', '１'])('%j is refused', (text) => {
    expect(parseDecimal(text)).toBeUndefined()
  })

  test('the bounds are the doubles of the exact decimals: no rounding of sums', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 1, max: 6 }), (n, places) => {
        const at = (tenths: number) => Number(`${tenths}e-${places + 1}`)
        const text = (n / 10 ** places).toFixed(places)
        expect(parseDecimal(text)).toEqual({ value: Number(text), lo: at(n * 10 - 5), hi: at(n * 10 + 5) })
      }),
    )
  })

  test('justBelow and justAbove are the neighbours', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), (x) => {
        expect(justBelow(x)).toBeLessThan(x)
        expect(justAbove(x)).toBeGreaterThan(x)
        expect(justAbove(justBelow(x)) === x).toBe(true)
      }),
    )
  })
})

describe('parseReference', () => {
  const OWN = 'https://yilian.example/fhir'
  test.each([
    ['Patient/1', { kind: 'local', type: 'Patient', id: '1' }],
    ['Patient/1/_history/2', { kind: 'local', type: 'Patient', id: '1', version: '2' }],
    [`${OWN}/Patient/a.b-C`, { kind: 'local', type: 'Patient', id: 'a.b-C' }],
    [`${OWN}x/Patient/1`, { kind: 'absolute', url: `${OWN}x/Patient/1`, type: 'Patient', id: '1' }],
    [
      'http://x.example/fhir/Patient/1/_history/3',
      { kind: 'absolute', url: 'http://x.example/fhir/Patient/1/_history/3', type: 'Patient', id: '1' },
    ],
    ['http://x.example/doc.pdf', { kind: 'absolute', url: 'http://x.example/doc.pdf' }],
    ['urn:uuid:1', { kind: 'urn', url: 'urn:uuid:1' }],
    ['#p1', { kind: 'contained', id: 'p1' }],
    ['#', { kind: 'contained', id: '' }],
    ['Patient?identifier=a|b', { kind: 'conditional', type: 'Patient', criteria: 'identifier=a|b' }],
    ['', undefined],
    ['1', undefined],
    ['patient/1', undefined],
    ['Patient/', undefined],
    ['Patient/1/2', undefined],
    ['Patient/1/_history', undefined],
    ['Patient/1/_history/', undefined],
    ['Patient/$everything', undefined],
    ['../Patient/1', undefined],
    ['__proto__/1', undefined],
  ])('%s', (text, expected) => {
    expect(parseReference(text, OWN)).toEqual(expected)
  })

  test('without an own base every address is foreign', () => {
    expect(parseReference(`${OWN}/Patient/1`, '')?.kind).toBe('absolute')
  })
})

describe('ids', () => {
  test.each([
    ['1', true],
    ['a-B.9', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['', false],
    ['a_b', false],
    ['a/b', false],
    ['a b', false],
    ['é', false],
    ['1\n', false],
  ])('%j: %s', (text, expected) => {
    expect(isId(text)).toBe(expected)
  })

  test('type names', () => {
    expect(['Patient', 'patient', 'P', 'Patient1', '$x', ''].map(isTypeName)).toEqual([true, false, false, false, false, false])
  })
})
