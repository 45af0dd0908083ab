/** Units of UCUM: by hand, by the arithmetic of the package that holds the definitions, and exactly at the borders of decimals. */
import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { toDouble } from '../../server/fhir/rational.ts'
import { inBase, type UcumUnit, ucumUnit } from '../../server/fhir/ucum.ts'

const unit = (code: string): UcumUnit => ucumUnit(code) as UcumUnit
const base = (value: number, code: string): number | undefined => inBase(value, unit(code))

describe('codes', () => {
  test.each([
    ['mg', 'g'],
    ['mg/dL', 'g.m-3'],
    ['kg/m2', 'g.m-2'],
    ['mm[Hg]', 'g.m-1.s-2'],
    ['/min', 's-1'],
    ['{beats}/min', 's-1'],
    ['10*9/L', 'm-3'],
    // Mole is a number in UCUM, as the dozen is.
    ['mmol/L', 'm-3'],
    ['%', '1'],
    ['{score}', '1'],
    ['/100{WBCs}', '1'],
    ['[iU]/L', '[iU].m-3'],
    ['m[IU]/mL', '[iU].m-3'],
    ['[degF]', 'K'],
    ['dB', 'B'],
    ['[pH]', '[pH]'],
    ['mL/min/{1.73_m2}', 'm3.s-1'],
    ['g/(24.h)', 'g.s-1'],
    ['m2{a}', 'm2'],
  ])('%s is measured in %s', (code, expected) => {
    expect(ucumUnit(code)?.base).toBe(expected)
  })

  test.each([
    ...['', 'mmHg', 'μmol/L', 'umol/l/', '(m', 'm)', 'm.', '//m', 'm-', 'MMOL', 'xyz', '次/分', '％', 'm g', '{a', '{次}/min', '1.5m'],
    // Scales take no part in products, and no power is without bounds.
    ...['W/Cel', 'Cel2', '/[pH]', '10*400', 'km9999', `${'('.repeat(50)}m${')'.repeat(50)}`, 'm.'.repeat(60).slice(0, -1)],
    ...['constructor', '__proto__', 'toString'],
  ])('%j is none', (code) => {
    expect(ucumUnit(code)).toBeUndefined()
  })
})

describe('values in base units', () => {
  test.each([
    [37, 'Cel', 98.6, '[degF]'],
    [36500, 'mCel', 97.7, '[degF]'],
    [0, 'K', -273.15, 'Cel'],
    [5.4, 'mmol/L', 5400, 'umol/L'],
    [60, '/min', 1, 'Hz'],
    [120, 'mm[Hg]', 15.99864, 'kPa'],
    [1, '[lb_av]', 453.59237, 'g'],
    [1, '[in_i]', 2.54, 'cm'],
    [1, 'wk', 168, 'h'],
    [1, 'kcal', 4184, 'J'],
    [4.5, '10*12/L', 4500, '10*3/mm3'],
    [20, 'dB', 2, 'B'],
    [3, 'k[iU]/L', 3, '[IU]/mL'],
    [48, 'mmol/mol', 4.8, '%'],
    [1, 'Oe', 250, '/[pi].A/m'],
  ])('%d %s is %d %s, to the last bit', (one, from, other, to) => {
    expect([unit(from).base, base(one, from)]).toEqual([unit(to).base, base(other, to)])
  })

  test.each(['mmol/L', 'Cel', '/min', 'mm[Hg]'])('what is open stays open in %s', (code) => {
    expect([base(Number.POSITIVE_INFINITY, code), base(Number.NEGATIVE_INFINITY, code)]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ])
    expect(base(1e300, 'Ym')).toBeUndefined()
  })

  // The same decimal, written in a unit that is a power of ten apart: moving the point is all that is done.
  test('no decimal loses a digit by its prefix', () => {
    const pairs = fc.constantFrom(
      ...[
        ['mmol/L', 'umol/L'],
        ['g/L', 'mg/L'],
        ['L', 'mL'],
        ['kPa', 'Pa'],
        ['k[iU]/L', '[iU]/L'],
        ['Cel', 'mCel'],
        ['mg/min', 'ug/min'],
      ],
    )
    fc.assert(
      fc.property(
        pairs,
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 0, max: 7 }),
        ([large = '', small = ''], digits, places) => {
          expect(base(Number(`${digits}e${-places}`), large)).toBe(base(Number(`${digits}e${3 - places}`), small))
        },
      ),
      { seed: 7, numRuns: 2000 },
    )
  })

  test('the order of values is kept', () => {
    const codes = fc.constantFrom('mmol/L', '[degF]', '/min', 'mm[Hg]', 'deg', 'mg/dL')
    fc.assert(
      fc.property(codes, fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (code, a, b) => {
        const [x, y] = [base(Math.min(a, b), code), base(Math.max(a, b), code)] as [number, number]
        expect(x).toBeLessThanOrEqual(y)
      }),
      { seed: 7, numRuns: 2000 },
    )
  })
})

describe('the package beside it', () => {
  interface Packaged {
    csCode_: string
    magnitude_: number
    dim_: { dimVec_: number[] | null } | null
    isSpecial_: boolean
    isArbitrary_: boolean
  }
  const { UcumLhcUtils, UnitTables } = createRequire(import.meta.url)('@lhncbc/ucum-lhc')
  UcumLhcUtils.getInstance()
  const all = UnitTables.getInstance().allUnitsByDef() as Packaged[]
  /** Its table has lost the numbers of these definitions, or of what they are made of. */
  const WRONG = new Set(['[LPF]', '/[LPF]', '{#}/[LPF]'])

  test('knows no other units, and means the same by them to nine digits', () => {
    const names = ['m', 's', 'g', 'rad', 'K', 'C', 'cd']
    let compared = 0
    for (const { csCode_: code, magnitude_, dim_, isSpecial_, isArbitrary_ } of all) {
      if (code !== code.trim()) continue
      const made = ucumUnit(code)
      expect([code, made === undefined]).toEqual([code, false])
      if (!made || isSpecial_ || isArbitrary_ || WRONG.has(code)) continue
      const powers = names.map((name, at) => [name, dim_?.dimVec_?.[at] ?? 0] as const).filter(([, to]) => to !== 0)
      const expected = powers.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, to]) => (to === 1 ? name : name + to))
      expect([code, made.base.replace(/\.?\[[^\]]*U\]/, '').replace(/^\./, '') || '1']).toEqual([code, expected.join('.') || '1'])
      expect([code, Math.abs(toDouble(made.factor) / magnitude_ - 1) < 1e-9]).toEqual([code, true])
      compared++
    }
    expect(compared).toBeGreaterThan(600)
  })
})
