import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readInterpretation } from '../../../../mappings/engine/values/interpretation.ts'
import { readLabValue } from '../../../../mappings/engine/values/lab-value.ts'
import { readRange } from '../../../../mappings/engine/values/range.ts'

/** JSON text, because only there do decimals show their digits. */
const text = (value: unknown): string => JSON.stringify(value)
const plain = (value: unknown): unknown => JSON.parse(text(value))

describe('laboratory results (D15)', () => {
  test.each([
    ['11.20', undefined, '{"valueQuantity":{"value":11.20}}'],
    ['<0.01', undefined, '{"valueQuantity":{"value":0.01,"comparator":"<"}}'],
    ['>=300', undefined, '{"valueQuantity":{"value":300,"comparator":">="}}'],
    ['≥300', undefined, '{"valueQuantity":{"value":300,"comparator":">="}}'],
    ['＜0.50', undefined, '{"valueQuantity":{"value":0.50,"comparator":"<"}}'],
    ['1:320', undefined, '{"valueRatio":{"numerator":{"value":1},"denominator":{"value":320}}}'],
    ['1：320', undefined, '{"valueRatio":{"numerator":{"value":1},"denominator":{"value":320}}}'],
    ['1.2×10^9', undefined, '{"valueQuantity":{"value":1.2e9}}'],
    ['1.20*10^-3', undefined, '{"valueQuantity":{"value":1.20e-3}}'],
    ['0-2', undefined, '{"valueRange":{"low":{"value":0},"high":{"value":2}}}'],
    ['标本溶血', undefined, '{"valueString":"标本溶血"}'],
    ['1/2', undefined, '{"valueString":"1/2"}'],
  ])('%s', (sent, unit, expected) => expect(text(readLabValue(sent, unit))).toBe(expected))

  test('an arrow becomes the interpretation, the unit its UCUM code', () => {
    expect(text(readLabValue('2.30 ↑', 'mmol/L'))).toBe(
      '{"valueQuantity":{"value":2.30,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},' +
        '"interpretation":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"H","display":"High"}],"text":"↑"}}',
    )
    expect(readLabValue('95↓').interpretation?.coding[0]?.code).toBe('L')
    expect(readLabValue('95 L').interpretation?.coding[0]?.code).toBe('L')
  })

  test.each([
    ['3+', '3+'],
    ['+++', '3+'],
    ['+', '1+'],
    ['阳性(++)', '2+'],
    ['±', 'trace'],
    ['阴性', 'negative'],
    ['阴性(-)', 'negative'],
    ['阴性（-）', 'negative'],
    ['(-)', 'negative'],
    ['未检出', 'negative'],
    ['阳性', 'positive'],
    ['阳性(+)', 'positive'],
    ['弱阳性', 'weak-positive'],
    ['Negative', 'negative'],
  ])('%s is %s, its text as sent', (sent, code) => {
    const { valueCodeableConcept } = readLabValue(sent)
    expect(valueCodeableConcept?.coding[0]?.code).toBe(code)
    expect(valueCodeableConcept?.text).toBe(sent)
  })

  test('every text gives exactly one value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (sent) => {
        const { interpretation, ...value } = readLabValue(sent)
        expect(Object.keys(value)).toHaveLength(1)
        expect(interpretation === undefined || interpretation.coding.length === 1).toBe(true)
      }),
    )
  })
})

describe('ranges (D17)', () => {
  test.each([
    ['3.5-9.5', 3.5, 9.5],
    ['3.5--9.5', 3.5, 9.5],
    ['130～175', 130, 175],
    ['130~175', 130, 175],
    ['3.9 — 6.1', 3.9, 6.1],
    ['(3.5-9.5)', 3.5, 9.5],
    ['＜8', undefined, 8],
    ['<=8', undefined, 8],
    ['≥5', 5, undefined],
    ['-2-2', -2, 2],
    ['阴性', undefined, undefined],
    ['男:4.3-5.8;女:3.8-5.1', undefined, undefined],
    ['9.5-3.5', undefined, undefined],
  ])('%s', (sent, low, high) => {
    const range = plain(readRange(sent)) as { low?: { value: number }; high?: { value: number }; text: string }
    expect([range.low?.value, range.high?.value, range.text]).toEqual([low, high, sent])
  })

  test('bounds keep their digits and have the unit of the result', () => {
    expect(text(readRange('3.50-9.50', 'g/L').low)).toBe('{"value":3.50,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}')
  })
})

describe('abnormal flags (D18, D19)', () => {
  test.each([
    ['H', 'H'],
    ['L', 'L'],
    ['↑', 'H'],
    ['↓', 'L'],
    ['↑↑', 'HH'],
    ['偏高', 'H'],
    ['偏低', 'L'],
    ['N', 'N'],
    ['正常', 'N'],
    ['危急值', 'AA'],
    ['ｈ', 'H'],
  ])('%s is %s', (flag, code) => {
    const found = readInterpretation(flag)
    expect([found?.coding[0]?.code, found?.text]).toEqual([code, flag])
  })

  test('digits mean something only by a table of the source', () => {
    expect(readInterpretation('3')).toBeUndefined()
    expect(readInterpretation('3', { '1': 'N', '2': 'A', '3': 'H' })?.coding[0]?.code).toBe('H')
    expect(readInterpretation('怪')).toBeUndefined()
  })
})
