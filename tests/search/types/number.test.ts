import { describe, expect, test } from '@jest/globals'
import { finds, refusal } from '../ask.ts'

const chance = (probabilityDecimal: number) => ({ resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal }] })
const weight = (...valueQuantity: object[]) => ({
  resourceType: 'Observation',
  component: valueQuantity.map((v) => ({ valueQuantity: v })),
})
const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const

describe('number', () => {
  // R4 search.html 3.1.1.4.6: 100 is [99.5, 100.5), 100.00 is [99.995, 100.005). Of 1e2 its example says [95, 105), against its own rule: one
  // significant figure is [50, 150).
  test.each([
    [100, '100', 'eq ge le ap'],
    [99.5, '100', 'eq lt le eb ap'],
    [99.499, '100', 'ne lt le eb ap'],
    [100.499, '100', 'eq gt ge sa ap'],
    [100.5, '100', 'ne gt ge sa ap'],
    [100.5, '100.00', 'ne gt ge sa ap'],
    [100.004, '100.00', 'eq gt ge sa ap'],
    [100.005, '100.00', 'ne gt ge sa ap'],
    [50, '1e2', 'eq lt le eb ap'],
    [149.9, '1e2', 'eq gt ge sa ap'],
    [150, '1e2', 'ne gt ge sa ap'],
    [5.35, '5.4', 'eq lt le eb ap'],
    [5.45, '5.4', 'ne gt ge sa ap'],
    [0.1, '0.1', 'eq ge le ap'],
    [0.3, '0.3', 'eq ge le ap'],
    [-3, '-3', 'eq ge le ap'],
    [-3.5, '-3', 'eq lt le eb ap'],
    [-2.5, '-3', 'ne gt ge sa ap'],
    [111, '100', 'ne gt ge sa'],
    [110, '100', 'ne gt ge sa ap'],
    [0, '0', 'eq ge le ap'],
  ])('%d against %s: %s', (stored, value, expected) => {
    expect(PREFIXES.filter((p) => finds(chance(stored), `probability=${p}${value}`)).join(' ')).toBe(expected)
  })

  // Half of the last digit is less than what a double can hold: the value itself is in the range all the same.
  test.each([
    ['66.89999999999999', 66.89999999999999],
    ['1000000000000000000', 1e18],
    ['-66.89999999999999', -66.89999999999999],
  ])('%s has more digits than a double', (text, stored) => {
    expect(finds(chance(stored), `probability=${text}`)).toBe(true)
    expect(finds(chance(stored), `probability=ne${text}`)).toBe(false)
  })

  test('a range has both ends', () => {
    const range = { resourceType: 'RiskAssessment', prediction: [{ probabilityRange: { low: { value: 10 }, high: { value: 20 } } }] }
    expect(PREFIXES.filter((p) => finds(range, `probability=${p}15`)).join(' ')).toBe('ne gt lt ge le ap')
    expect(PREFIXES.filter((p) => finds(range, `probability=${p}20`)).join(' ')).toBe('ne lt ge le ap')
    expect(PREFIXES.filter((p) => finds(range, `probability=${p}9`)).join(' ')).toBe('ne gt ge sa')
  })

  test.each(['abc', '', '1e', '--1', '1,', '1e999', '0x10', 'NaN', 'Infinity', '1'.repeat(60)])('%s is invalid', (value) => {
    expect(refusal('RiskAssessment', `probability=${value}`)).toBe('parameter-invalid')
  })
})

describe('quantity', () => {
  const UCUM = 'http://unitsofmeasure.org'
  const mmHg = { value: 120, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' }

  test.each([
    ['component-value-quantity=120', true],
    [`component-value-quantity=120|${UCUM}|mm[Hg]`, true],
    ['component-value-quantity=120||mm[Hg]', true],
    ['component-value-quantity=120||mmHg', true],
    ['component-value-quantity=120||kPa', false],
    ['component-value-quantity=120|http://other.example|mm[Hg]', false],
    [`component-value-quantity=gt100|${UCUM}|mm[Hg]`, true],
    [`component-value-quantity=lt100|${UCUM}|mm[Hg]`, false],
    ['component-value-quantity=1.2e2', true],
    ['component-value-quantity=119,120', true],
    ['component-value-quantity=119.4,120.6', false],
    ['combo-value-quantity=120', true],
    ['value-quantity:missing=true', true],
    ['component-value-quantity:missing=false', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(weight(mmHg), query)).toBe(expected)
  })

  test('value and unit must stand in one repetition', () => {
    const crossed = weight(mmHg, { value: 80, system: UCUM, code: 'kPa' })
    expect(finds(crossed, `component-value-quantity=lt100|${UCUM}|mm[Hg]`)).toBe(false)
    expect(finds(crossed, `component-value-quantity=lt100|${UCUM}|kPa`)).toBe(true)
    expect(finds(crossed, 'component-value-quantity=lt100')).toBe(true)
  })

  test('a comparator stands for all the values that it allows', () => {
    const below = (query: string) =>
      finds({ resourceType: 'Observation', valueQuantity: { value: 5, comparator: '<' } }, `value-quantity=${query}`)
    expect(PREFIXES.filter((p) => below(`${p}5`)).join(' ')).toBe('ne lt le eb ap')
    const over = (query: string) =>
      finds({ resourceType: 'Observation', valueQuantity: { value: 5, comparator: '>' } }, `value-quantity=${query}`)
    expect(PREFIXES.filter((p) => over(`${p}5`)).join(' ')).toBe('ne gt ge sa ap')
  })

  test('Age, Range, Money, Duration and SampledData', () => {
    expect(finds({ resourceType: 'Condition', onsetAge: { value: 56, code: 'a', system: UCUM } }, `onset-age=56|${UCUM}|a`)).toBe(true)
    expect(finds({ resourceType: 'Condition', onsetRange: { low: { value: 50 }, high: { value: 60 } } }, 'onset-age=ge55')).toBe(true)
    expect(finds({ resourceType: 'Invoice', totalGross: { value: 48, currency: 'CNY' } }, 'totalgross=48||CNY')).toBe(true)
    expect(finds({ resourceType: 'Invoice', totalGross: { value: 48, currency: 'CNY' } }, 'totalgross=48|urn:iso:std:iso:4217|CNY')).toBe(
      true,
    )
    expect(finds({ resourceType: 'Encounter', length: { value: 140, unit: 'min' } }, 'length=140||min')).toBe(true)
    const samples = { resourceType: 'Observation', valueSampledData: { origin: { value: 10 }, factor: 2, data: '0 5 E -3 U' } }
    expect(finds(samples, 'value-quantity=ge20')).toBe(true)
    expect(finds(samples, 'value-quantity=gt20')).toBe(false)
    expect(finds(samples, 'value-quantity=lt5')).toBe(true)
    expect(finds(samples, 'value-quantity=lt4')).toBe(false)
  })

  test.each(['120|mm', '|x|y', '120|a|b|c', '120|a|', 'x||mm'])('value-quantity=%s is invalid', (value) => {
    expect(refusal('Observation', `value-quantity=${value}`)).toBe('parameter-invalid')
  })
})
