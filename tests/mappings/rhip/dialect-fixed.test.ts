/** Columns that are a text which each row has, for files that say by the name of a column what stands in it: a report in one row, each item a column. */
import { describe, expect, test } from '@jest/globals'
import type { Dialect, DialectColumn } from '../../../mappings/rhip/tables/dialect.ts'
import { problemsOf } from '../../../mappings/rhip/tables/dialect-problems.ts'
import { neededOf, rhipTablesIn } from '../../../mappings/rhip/tables/index.ts'
import { LAYOUTS } from '../../../mappings/rhip/tables/layouts.ts'
import { ofType, plain, readAll } from '../support.ts'

const VALUES = [
  { table: '*', column: 'YLJGYQDM', sent: '', means: '0001' },
  { table: '*', column: 'XGBZ', sent: '', means: '1' },
]
const columnsOf = (file: string, table: string, lines: [column: string, means: string][]): DialectColumn[] =>
  lines.map(([column, means]) => ({ file, column, table, means }))
const place = (columns: DialectColumn[], more: Partial<Dialect> = {}): Dialect => ({ id: 'place', columns, values: VALUES, ...more })

const item = (n: number, column: string, code: string, name: string, unit: string): DialectColumn[] =>
  columnsOf('blood', `TB_LIS_INDICATORS#${n}`, [
    [`no+'${code}'`, 'JYZBLSH'],
    ['no', 'BGDH'],
    ['at', 'SHSJ'],
    [`'${code}'`, 'JYZBDM'],
    [`'${name}'`, 'JYZBMC'],
    [column, 'JYZBJG'],
    [`'${unit}'`, 'JLDW'],
  ])
const WIDE = [
  ...columnsOf('blood', 'TB_LIS_REPORT', [
    ['no', 'BGDH'],
    ['at', 'BGRQ'],
    ['at', 'SHSJ'],
    ['card', 'KH'],
    ["'2'", 'KLX'],
    ["'血常规'", 'BGDLB'],
  ]),
  ...item(1, 'WBC', 'WBC', '白细胞', '10^9/L'),
  ...item(2, 'K+', 'K', '钾', 'mmol/L'),
]

describe('a report in one row, with a column for each item', () => {
  test.each([
    ['by the names of its columns', 'at,K+,no,WBC,card\n2026-03-06 08:40,4.1,B1,7.7,C1\n2026-03-06 09:40,,B2,9.9,C2\n', {}],
    ['in the order of the list', 'B1,2026-03-06 08:40,C1,7.7,4.1\nB2,2026-03-06 09:40,C2,9.9,\n', { header: 'none' as const }],
  ])('is a report and its results, %s', async (_what, file, more) => {
    const { mapped, rejected } = await readAll(rhipTablesIn(place(WIDE, more)), file, { fileName: 'blood.csv' })
    expect(rejected).toEqual([])
    expect(mapped.map(({ deliveryId }) => deliveryId)).toEqual([
      'TB_LIS_REPORT|0001|2026-03-06 08:40|B1',
      'TB_LIS_INDICATORS|0001|B1-WBC',
      'TB_LIS_INDICATORS|0001|B1-K',
      'TB_LIS_REPORT|0001|2026-03-06 09:40|B2',
      'TB_LIS_INDICATORS|0001|B2-WBC',
    ])
    const results = mapped.flatMap((record) => ofType(record, 'Observation').map((one) => plain(one)))
    expect(results.map(({ code, valueQuantity }) => [code, valueQuantity])).toMatchObject([
      [{ text: '白细胞' }, { value: 7.7, unit: '10^9/L', code: '10*9/L' }],
      [{ text: '钾' }, { value: 4.1, unit: 'mmol/L' }],
      [{ text: '白细胞' }, { value: 9.9 }],
    ])
    expect(mapped[0]?.patient?.local[0]).toEqual({ kind: 'CARD', value: '2|H1|C1', strong: true })
    expect(ofType(mapped[0], 'DiagnosticReport').map((one) => plain(one).code)).toEqual([{ text: '血常规' }])
  })

  test('a text alone is no number: where the number of the report is missing, the row is told of', async () => {
    const { mapped, rejected } = await readAll(rhipTablesIn(place(item(1, 'WBC', 'WBC', '白细胞', ''))), 'no,at,WBC\n,2026-03-06,7.7\n', {
      fileName: 'blood.csv',
    })
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'JYZBLSH row 1']])
  })
})

test('a sign of addition at the end of a name is of the name', async () => {
  const columns = columnsOf('ions', 'TB_LIS_INDICATORS', [
    ['no+Na++Ca2+', 'JYZBLSH'],
    ['no', 'BGDH'],
    ['at', 'SHSJ'],
    ['Ca2+', 'JYZBMC'],
    ['Na+', 'JYZBJG'],
  ])
  const { mapped } = await readAll(rhipTablesIn(place(columns)), 'no,at,Na+,Ca2+\nB1,2026-03-06,140,x\n', { fileName: 'ions.csv' })
  expect(mapped.map(({ deliveryId }) => deliveryId)).toEqual(['TB_LIS_INDICATORS|0001|B1-140-x'])
})

test.each([["'WBC"], ["WBC'"], ["no+'a+b'"], ["''"], ["no+''"]])('%s is no text of each row', (column) => {
  const columns = [...WIDE, ...columnsOf('blood', 'TB_LIS_REPORT', [[column, 'BBMC']])]
  const told = problemsOf(place(columns), { layouts: LAYOUTS, neededOf }).map(({ at, en }) => `${at} ${en}`)
  expect(told).toEqual(["columns.csv:22 a text that each row has stands in '…', without + and quotes in it"])
})

test('nothing is wrong with the folder above', () => {
  expect(problemsOf(place(WIDE), { layouts: LAYOUTS, neededOf })).toEqual([])
})
