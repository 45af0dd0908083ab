/** Sums of money: exact to the fen, whatever the number of parts. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { claimTotal, parseAmount } from '../../server/validation/rules/money.ts'

describe('amounts in ten-thousandths of a yuan', () => {
  test.each([
    ['0', 0n],
    ['128.50', 1_285_000n],
    ['-0.01', -100n],
    ['18.5000', 185_000n],
    ['0.00005', 1n],
    ['0.00004', 0n],
    ['1e2', 1_000_000n],
    ['1.5E-2', 150n],
    ['999999999999999999', 9_999_999_999_999_999_990_000n],
  ])('%s', (text, expected) => {
    expect(parseAmount(text)).toBe(expected)
  })

  test.each(['', 'abc', '1,000', '1e400', '.5', '12345678901234567890'])('"%s" is no amount', (text) => {
    expect(parseAmount(text)).toBeUndefined()
  })
})

const claim = (total: string, nets: readonly string[]): ReturnType<typeof parseResource> => {
  const money = (value: string): string => `{"value":${value},"currency":"CNY"}`
  return parseResource(`{"resourceType":"Claim","total":${money(total)},"item":[${nets.map((net) => `{"net":${money(net)}}`).join(',')}]}`)
}

const findings = (total: string, nets: readonly string[]): string[] => {
  const { resource, decimals } = claim(total, nets)
  return claimTotal(resource, decimals).map((finding) => finding.rule)
}

describe('total of a claim', () => {
  test('0.1 + 0.2 is 0.3', () => {
    expect(findings('0.3', ['0.1', '0.2'])).toEqual([])
  })

  test('a difference of one fen is rounding, of two is not', () => {
    expect(findings('100.00', ['50.00', '49.99'])).toEqual([])
    expect(findings('100.00', ['50.00', '49.98'])).toEqual(['cn-clm-1'])
  })

  test('digits beyond a double are counted', () => {
    expect(findings('90000000000000000.00', ['90000000000000000.05'])).toEqual(['cn-clm-1'])
  })

  test('nothing is said without a total, without items, or when an item has no amount', () => {
    expect(claimTotal({ resourceType: 'Claim', item: [{ net: { value: 1 } }] }, undefined)).toEqual([])
    expect(claimTotal({ resourceType: 'Claim', total: { value: 1 } }, undefined)).toEqual([])
    expect(claimTotal({ resourceType: 'Claim', total: { value: 5 }, item: [{ net: { value: 1 } }, {}] }, undefined)).toEqual([])
  })

  test('the sum of any fen amounts is sound, and two fen more are not', () => {
    const amounts = fc.array(fc.bigInt({ min: -10_000_000n, max: 10_000_000n }), { minLength: 1, maxLength: 50 })
    const yuan = (fen: bigint): string =>
      `${fen < 0n ? '-' : ''}${(fen < 0n ? -fen : fen) / 100n}.${String((fen < 0n ? -fen : fen) % 100n).padStart(2, '0')}`
    fc.assert(
      fc.property(amounts, (fen) => {
        const sum = fen.reduce((total, amount) => total + amount, 0n)
        expect(findings(yuan(sum), fen.map(yuan))).toEqual([])
        expect(findings(yuan(sum + 2n), fen.map(yuan))).toEqual(['cn-clm-1'])
      }),
    )
  })
})
