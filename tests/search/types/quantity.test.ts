/** Quantities across units of UCUM (R4 search.html 3.1.1.4.11): what is found, with every prefix, to the border of its precision. */
import { describe, expect, test } from '@jest/globals'
import { finds, refusal } from '../ask.ts'

const UCUM = 'http://unitsofmeasure.org'
const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const
const of = (value: number, code: string, extra: object = {}) => ({
  resourceType: 'Observation',
  valueQuantity: { value, code, system: UCUM, ...extra },
})

describe('a value in another unit', () => {
  // 5.4 mmol/L is [5.35, 5.45) mmol/L, which is [5350, 5450) umol/L; the comparing prefixes take it as exact.
  test.each([
    [5400, 'umol/L', '5.4', 'eq ge le ap'],
    [5350, 'umol/L', '5.4', 'eq lt le eb ap'],
    [5349.999, 'umol/L', '5.4', 'ne lt le eb ap'],
    [5449.999, 'umol/L', '5.4', 'eq gt ge sa ap'],
    [5450, 'umol/L', '5.4', 'ne gt ge sa ap'],
    [5400, 'umol/L', '5.40', 'eq ge le ap'],
    [5395, 'umol/L', '5.40', 'eq lt le eb ap'],
    [5405, 'umol/L', '5.40', 'ne gt ge sa ap'],
    [0.54, 'mmol/dL', '5.4', 'eq ge le ap'],
    [5.4, 'mol/m3', '5.4', 'eq ge le ap'],
    [5940, 'umol/L', '5.4', 'ne gt ge sa ap'],
    [5941, 'umol/L', '5.4', 'ne gt ge sa'],
    [5.4, 'umol/L', '5.4', 'ne lt le eb'],
    [54, 'umol/L', '5.4e-2', 'eq ge le ap'],
  ])('%d %s against %s mmol/L: %s', (value, code, asked, expected) => {
    expect(PREFIXES.filter((p) => finds(of(value, code), `value-quantity=${p}${asked}|${UCUM}|mmol/L`)).join(' ')).toBe(expected)
  })

  // 98.6 °F is 37 °C; 37.0 °C is [36.95, 37.05), which is [98.51, 98.69) °F. A tenth of 37 is 3.7 degrees and not 31.
  test.each([
    [98.6, '37.0', 'eq ge le ap'],
    [98.51, '37.0', 'eq lt le eb ap'],
    [98.69, '37.0', 'ne gt ge sa ap'],
    [105.27, '37', 'ne gt ge sa'],
    [105.2, '37', 'ne gt ge sa ap'],
  ])('%d [degF] against %s Cel: %s', (value, asked, expected) => {
    expect(PREFIXES.filter((p) => finds(of(value, '[degF]'), `value-quantity=${p}${asked}|${UCUM}|Cel`)).join(' ')).toBe(expected)
  })

  test.each([
    ['60|U|/min', 1, 'Hz', true],
    ['80|U|/min', 80, '{beats}/min', true],
    ['16.0|U|kPa', 120, 'mm[Hg]', true],
    ['30|U|[degF]', -1.1, 'Cel', true],
    // Mass and substance: only where UCUM converts, which knows no weights of molecules.
    ['5.4|U|mmol/L', 97.3, 'mg/dL', false],
    ['1|U|g', 1, '[iU]', false],
    ['1|U|k[iU]', 1000, '[IU]', true],
    ['1|U|[iU]', 1, "[USP'U]", false],
    ['7.4|U|[pH]', 7.4, '[pH]', true],
    ['40|U|nmol/L', 7.4, '[pH]', false],
    ['2|U|B', 20, 'dB', true],
    ['20|U|dB', 20, 'B[SPL]', false],
    ['5|U|10*9/L', 5000, '/uL', true],
    // A power of ten is written either way in UCUM.
    ['5|U|10*9/L', 5, '10^9/L', true],
  ])('%s and %d %s: %s', (asked, value, code, expected) => {
    expect(finds(of(value, code), `value-quantity=${asked.replace('U', UCUM)}`)).toBe(expected)
  })
})

describe('a value as it is stored', () => {
  test.each([
    ['5.4||mmol/L', of(5400, 'umol/L'), false],
    ['5400||umol/L', of(5400, 'umol/L'), true],
    ['5400', of(5400, 'umol/L'), true],
    ['5.4', of(5400, 'umol/L'), false],
    // Of another system, or of none, it is another unit.
    ['5.4|urn:units|mmol/L', of(5400, 'umol/L'), false],
    [`5.4|${UCUM}|mmol/L`, of(5400, 'umol/L', { system: 'urn:units' }), false],
    [`5.4|${UCUM}|mmol/L`, of(5.4, 'mmol/L', { system: 'urn:units' }), false],
    ['5.4|urn:units|mmol/L', of(5.4, 'mmol/L', { system: 'urn:units' }), true],
    // What laboratories write beside UCUM, also where they say that it is UCUM.
    ...['μmol/L', 'mmHg', '次/分', '％', '个/HP', 'mg/l/'].flatMap((code): [string, object, boolean][] => [
      [`5.4|${UCUM}|${code}`, of(5.4, code), true],
      [`5.4||${code}`, of(5.4, code, { system: undefined }), true],
      [`5.4||${code}`, of(5.4, 'x', { unit: code }), true],
      [`5.4|${UCUM}|${code}`, of(5.5, code), false],
    ]),
    ['5.4||10^9/L', of(5.4, '10^9/L', { system: 'urn:units' }), true],
    ['5.4||10*9/L', of(5.4, '10^9/L', { system: 'urn:units' }), false],
  ] as [string, { resourceType: string }, boolean][])('%s: %j: %s', (asked, resource, expected) => {
    expect(finds(resource, `value-quantity=${asked}`)).toBe(expected)
  })

  test('a unit that UCUM does not know is found, or not, and never refused', () => {
    for (const code of ['', 'x'.repeat(1500), '(((', '10*999999', 'constructor'])
      expect([code, refusal('Observation', `value-quantity=5|${UCUM}|${code}`)]).toEqual([
        code,
        code === '' ? 'parameter-invalid' : undefined,
      ])
  })
})

describe('what is no single value', () => {
  test('a comparator stands for its values in every unit', () => {
    const below = of(500, 'umol/L', { comparator: '<' })
    expect(PREFIXES.filter((p) => finds(below, `value-quantity=${p}0.5|${UCUM}|mmol/L`)).join(' ')).toBe('ne lt le eb ap')
    const over = of(500, 'umol/L', { comparator: '>' })
    expect(PREFIXES.filter((p) => finds(over, `value-quantity=${p}0.5|${UCUM}|mmol/L`)).join(' ')).toBe('ne gt ge sa ap')
  })

  test('a range whose ends have units of their own', () => {
    const q = (value: number, code: string) => ({ value, code, system: UCUM })
    const aged = (low: object | undefined, high: object | undefined) => ({
      resourceType: 'Condition',
      onsetRange: { ...(low ? { low } : {}), ...(high ? { high } : {}) },
    })
    const found = (resource: { resourceType: string }, asked: string) =>
      PREFIXES.filter((p) => finds(resource, `onset-age=${p}${asked.replace('U', UCUM)}`)).join(' ')
    expect(found(aged(q(12, 'mo'), q(2, 'a')), '1.5|U|a')).toBe('ne gt lt ge le ap')
    expect(found(aged(q(12, 'mo'), q(2, 'a')), '2|U|a')).toBe('ne lt ge le ap')
    expect(found(aged(q(12, 'mo'), undefined), '1|U|a')).toBe('ne gt ge le ap')
    expect(found(aged(undefined, q(24, 'mo')), '3|U|a')).toBe('ne lt le eb')
    // No length of time and a mass: what is said of it is said as stored.
    expect(found(aged(q(1, 'a'), q(2, 'g')), '1|U|a')).toBe('')
    expect(finds(aged(q(1, 'a'), q(2, 'g')), 'onset-age=ge1')).toBe(true)
  })

  test('SampledData from its lowest to its highest reading, in decimals', () => {
    const samples = {
      resourceType: 'Observation',
      valueSampledData: { origin: { value: 0, code: 'mV', system: UCUM }, factor: 0.1, data: '1 3 E -2' },
    }
    for (const [asked, expected] of [
      ['le0.3|U|mV', true],
      ['gt0.3|U|mV', false],
      ['ge300|U|uV', true],
      ['gt300|U|uV', false],
      ['lt-0.0002|U|V', false],
      ['le-0.0002|U|V', true],
      ['gt0.3', false],
    ] as const)
      expect([asked, finds(samples, `value-quantity=${asked.replace('U', UCUM)}`)]).toEqual([asked, expected])
  })

  test('in one component, and in a composite', () => {
    const pressure = {
      resourceType: 'Observation',
      component: [
        { code: { coding: [{ code: 'sys' }] }, valueQuantity: { value: 150, code: 'mm[Hg]', system: UCUM } },
        { code: { coding: [{ code: 'dia' }] }, valueQuantity: { value: 10, code: 'kPa', system: UCUM } },
      ],
    }
    for (const [query, expected] of [
      [`component-code-value-quantity=sys$gt19|${UCUM}|kPa`, true],
      [`component-code-value-quantity=dia$gt19|${UCUM}|kPa`, false],
      [`component-code-value-quantity=dia$75.01|${UCUM}|mm[Hg]`, true],
      [`combo-code-value-quantity=sys$20|${UCUM}|kPa`, true],
      [`component-value-quantity=gt140|${UCUM}|mm[Hg]`, true],
      [`component-value-quantity=gt160|${UCUM}|mm[Hg]`, false],
      [`component-value-quantity=gt140|${UCUM}|mg`, false],
    ] as const)
      expect([query, finds(pressure, query)]).toEqual([query, expected])
  })
})
