import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseExact, serialise } from '../../../../mappings/engine/serialise.ts'
import { Decimal, add, compare, multiply, negate, readDecimal, within } from '../../../../mappings/engine/values/decimal.ts'
import { currencyOf } from '../../../../mappings/engine/values/currency.ts'
import { readMoney } from '../../../../mappings/engine/values/money.ts'
import { ISO_4217 } from '../../../../profiles/r4/iso-4217.ts'
import { readUnit, toUcum } from '../../../../mappings/engine/values/unit.ts'

const d = (text: string) => new Decimal(text)

describe('decimals keep their digits', () => {
  test.each([
    ['2.30', '2.30'],
    ['.5', '0.5'],
    ['+1.0', '1.0'],
    ['007', '7'],
    ['-0.50', '-0.50'],
    ['1,234.50', '1234.50'],
    ['1.2E+9', '1.2e9'],
    ['5.', '5'],
    ['123456789012345678.90', '123456789012345678.90'],
    ['1e308', '1e308'],
    ['0e-400', '0e-400'],
  ])('%s', (text, expected) => expect(readDecimal(text)?.text).toBe(expected))

  test.each(['', '.', '+', '1.2.3', '1,23', '0x10', 'NaN', '１', '1e309', '1e400', '-1e999', '1e-400', `${'9'.repeat(41)}`])(
    '%j is no number',
    (text) => expect(readDecimal(text)).toBeUndefined(),
  )

  test('JSON text as written, there and back', () => {
    const text = '{"resourceType":"X","a":1.00,"b":12345678901234567890,"c":[0.10,3],"d":-0.50}'
    expect(serialise(parseExact(text) as never)).toBe(text)
  })

  test('0.1 + 0.2 is 0.3, and a negative fraction keeps its sign', () => {
    expect(add(d('0.1'), d('0.2')).text).toBe('0.3')
    expect(add(d('-0.50'), d('0.25')).text).toBe('-0.25')
    expect(multiply(d('3'), d('0.0333')).text).toBe('0.0999')
    expect(negate(d('6.00')).text).toBe('-6.00')
    expect(compare(d('1.0'), d('1.00'))).toBe(0)
    expect(compare(d('-1'), d('0.5'))).toBe(-1)
    expect(within(d('128.50'), d('128.51'), d('0.01'))).toBe(true)
    expect(within(d('128.50'), d('128.52'), d('0.01'))).toBe(false)
    expect(add(d('1.2e2'), d('1')).text).toBe('121')
  })

  test('sums of fen are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -10_000_000, max: 10_000_000 }), { minLength: 1, maxLength: 20 }), (fen) => {
        const yuan = fen.map((f) => multiply(d(String(f)), d('0.01')))
        const sum = BigInt(fen.reduce((a, b) => a + b, 0))
        expect(compare(multiply(add(...yuan), d('100')), d(String(sum)))).toBe(0)
      }),
    )
  })
})

describe('money (D31, D33, D34)', () => {
  test.each([
    ['128.50', 'yuan', '128.50'],
    ['¥6.00', 'yuan', '6.00'],
    ['6元', 'yuan', '6'],
    ['0.1234', 'yuan', '0.1234'],
    ['12850', 'fen', '128.50'],
    ['1.5', 'wan', '15000.0'],
    ['-20.00', 'yuan', '-20.00'],
  ] as const)('%s in %s', (text, unit, expected) => expect(readMoney(text, unit)?.value.text).toBe(expected))

  test('no number is no amount, never 0', () => expect(readMoney('待定')).toBeUndefined())

  test.each([
    ['100', undefined, '100 CNY'],
    ['100元', undefined, '100 CNY'],
    ['¥100元', undefined, '100 CNY'],
    ['USD 1,000.50', undefined, '1000.50 USD'],
    ['-5.00港币', undefined, '-5.00 HKD'],
    ['100美元', undefined, '100 USD'],
    ['100', 'USD', '100 USD'],
    ['100', 'rmb', '100 CNY'],
    ['100元', 'CNY', '100 CNY'],
    ['100', '贝壳', '100 undefined'],
    ['100元', 'USD', undefined],
    ['¥100 USD', undefined, undefined],
    ['100 贝壳', undefined, undefined],
    ['$100', undefined, undefined],
    ['1.2.3', undefined, undefined],
  ])('%s, said to be in %s, is %s', (text, currency, expected) => {
    const money = readMoney(text, 'yuan', currency)
    expect(money && `${money.value.text} ${money.currency}`).toBe(expected)
  })

  test('currencies are those of R4', () => {
    const codes = (ISO_4217.concept ?? []).map(({ code }) => code)
    expect(codes.filter((code) => currencyOf(code) !== code)).toEqual([])
    expect(['DEM', 'AAA', 'ZZZ'].map(currencyOf)).toEqual([undefined, undefined, undefined])
  })
})

describe('units (D16)', () => {
  test.each([
    ['10^9/L', '10*9/L'],
    ['10*9/L', '10*9/L'],
    ['10E9/L', '10*9/L'],
    ['×10^12/L', '10*12/L'],
    ['x10^9/L', '10*9/L'],
    ['X10^9/L', '10*9/L'],
    ['×10⁹/L', '10*9/L'],
    ['10¹²/L', '10*12/L'],
    ['U/L', 'U/L'],
    ['IU/ml', '[IU]/mL'],
    ['次/分', '/min'],
    ['次/min', '/min'],
    ['岁', 'a'],
    ['mmHg', 'mm[Hg]'],
    ['℃', 'Cel'],
    ['g/L', 'g/L'],
    ['g/l', 'g/L'],
    ['mg/dl', 'mg/dL'],
    ['mmol/L', 'mmol/L'],
    ['μmol/L', 'umol/L'],
    ['ng/ml', 'ng/mL'],
    ['ｍｇ／Ｌ', 'mg/L'],
    ['%', '%'],
    ['fl', 'fL'],
    ['pg', 'pg'],
    ['/HP', '/[HPF]'],
  ])('%s is %s', (sent, ucum) => expect(toUcum(sent)).toBe(ucum))

  test.each(['个', '倍', '-x', 'abc/L', ''])('%j stays without a code', (sent) => expect(toUcum(sent)).toBeUndefined())

  test('the original stays in unit', () => {
    expect(readUnit('10^9/L')).toEqual({ unit: '10^9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' })
    expect(readUnit('个')).toEqual({ unit: '个' })
    expect(readUnit(undefined)).toEqual({})
  })
})
