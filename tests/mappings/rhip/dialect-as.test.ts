/** Columns that a place has in another unit, in one text or in two, and files with rows of several tables. */
import { describe, expect, test } from '@jest/globals'
import type { Dialect, DialectColumn, DialectKind } from '../../../mappings/rhip/tables/dialect.ts'
import { problemsOf } from '../../../mappings/rhip/tables/dialect-problems.ts'
import { neededOf, rhipTablesIn } from '../../../mappings/rhip/tables/index.ts'
import { LAYOUTS } from '../../../mappings/rhip/tables/layouts.ts'
import { ofType, plain, readAll } from '../support.ts'

const VALUES = [
  { table: '*', column: 'YLJGYQDM', sent: '', means: '0001' },
  { table: '*', column: 'XGBZ', sent: '', means: '1' },
  { table: '*', column: 'KLX', sent: '', means: '0' },
]
const columnsOf = (file: string, table: string, columns: readonly [column: string, means: string, as?: string][]): DialectColumn[] =>
  columns.map(([column, means, as]) => ({ file, column, table, means, ...(as !== undefined && { as }) }))
const place = (columns: DialectColumn[], kinds: DialectKind[] = []): Dialect => ({ id: 'place', columns, values: VALUES, kinds })

const CHARGES = columnsOf('fee', 'TB_HIS_ZY_FEE_DETAIL_FS', [
  ['no', 'SFMXID'],
  ['back', 'STFBZ'],
  ['visit', 'JZLSH'],
  ['item', 'MXXMBM', 'before |'],
  ['item', 'MXXMMC', 'after |'],
  ['price', 'MXXMDJ', 'fen'],
  ['count', 'MXXMSL'],
  ['sum', 'MXXMJE', 'fen'],
])

describe('amounts and texts of two', () => {
  test('fen are yuan, to the last digit, and what is no amount is told', async () => {
    const file =
      'no,back,visit,item,price,count,sum\nF1,1,V1,B01|床位费,1250,2,2500\nF1,2,V1,B01|床位费,1250,1,1250\nF2,1,V1,B02,¥5.5,1,两元\nF3,2,V1,B03,1250 USD,1,1250 USD\n'
    const { mapped, rejected } = await readAll(rhipTablesIn(place(CHARGES)), file, { fileName: 'fee.csv' })
    expect(rejected).toEqual([])
    const [charge, refund, odd, foreign] = mapped.map((record) => plain(ofType(record, 'ChargeItem')[0]))
    expect(charge).toMatchObject({ priceOverride: { value: 25, currency: 'CNY' }, quantity: { value: 2 } })
    expect(JSON.stringify(ofType(mapped[0], 'ChargeItem')[0]?.resource)).toContain('"value":12.50,')
    expect(refund).toMatchObject({ priceOverride: { value: -12.5 } })
    expect(odd?.priceOverride).toBeUndefined()
    expect(foreign).toMatchObject({ priceOverride: { value: -12.5, currency: 'USD' } })
    expect(mapped[2]?.issues.map(({ code, at }) => `${code} ${at}`)).toContain('mapping-number-invalid MXXMJE')
  })

  test('a text is what stands before and behind the first separator; without one it is what stands before', async () => {
    const file = 'no,back,visit,item,price,count,sum\nF1,1,V1,B01 | 床位|单间,1,1,1\nF2,1,V1,B02,1,1,1\n'
    const { mapped } = await readAll(rhipTablesIn(place(CHARGES)), file, { fileName: 'fee.csv' })
    const own = mapped.map((record) => (plain(ofType(record, 'ChargeItem')[0]).code as { coding: object[] }).coding[0])
    expect(own).toMatchObject([{ code: 'B01', display: '床位|单间' }, { code: 'B02' }])
    expect(own[1]).not.toHaveProperty('display')
  })
})

const RESULT = 'TB_LIS_INDICATORS'
const RESULTS = columnsOf('lab', RESULT, [
  ['no+code', 'JYZBLSH'],
  ['no', 'BGDH'],
  ['at', 'SHSJ'],
  ['code', 'JYZBDM'],
  ['name', 'JYZBMC'],
  ['value', 'JYZBJG'],
  ['unit', 'JLDW'],
  ['low+high', 'CKZ', 'range'],
])

test('a range of two columns may have one end', async () => {
  const row = (code: string, low: string, high: string): string => `R1,2026-03-06 08:00:00,${code},甲,5,g/L,${low},${high}\n`
  const file = `no,at,code,name,value,unit,low,high\n${row('A', '3.5', '9.5')}${row('B', '', '8')}${row('C', '60', '-')}${row('D', '', '')}`
  const { mapped } = await readAll(rhipTablesIn(place(RESULTS)), file, { fileName: 'lab.csv' })
  const ranges = mapped.map((record) => plain(ofType(record, 'Observation')[0]).referenceRange)
  expect(ranges).toMatchObject([
    [{ low: { value: 3.5 }, high: { value: 9.5 } }],
    [{ high: { value: 8 }, text: '≤8' }],
    [{ low: { value: 60 }, text: '≥60' }],
    undefined as never,
  ])
  expect(ranges[1]).not.toHaveProperty('0.low')
})

test('a unit may stand behind its result, in a column of its own, or in either', async () => {
  const values = async (unit: string, file: string): Promise<unknown[]> => {
    const columns = [
      ...RESULTS.filter(({ means }) => means !== 'JLDW' && means !== 'CKZ'),
      ...columnsOf('lab', RESULT, [[unit, 'JLDW', 'unit']]),
    ]
    const { mapped, rejected } = await readAll(rhipTablesIn(place(columns)), `no,at,code,name,value,unit\n${file}`, { fileName: 'lab.csv' })
    expect([rejected, mapped.flatMap(({ unread }) => unread)]).toEqual([[], []])
    return mapped.map((record) => {
      const { valueQuantity, valueString, interpretation } = plain(ofType(record, 'Observation')[0])
      const { value, comparator, unit: told } = (valueQuantity ?? {}) as Record<string, unknown>
      return [
        valueString ?? [comparator, value, told].filter((one) => one !== undefined).join(' '),
        interpretation === undefined ? '' : 'flag',
      ]
    })
  }
  const rows = (...results: string[]): string => results.map((one, at) => `R1,2026-03-06,i${at},某项,${one}\n`).join('')
  // What is no number, or no unit that is known, stays what it was.
  expect(await values('value', rows('5.6 mmol/L,', '<0.5mg/L↓,', '210X10^9/L,', '3 次,', '7,', '复查3天,'))).toEqual([
    ['5.6 mmol/L', ''],
    ['< 0.5 mg/L', 'flag'],
    ['210 X10^9/L', ''],
    ['3 次', ''],
    ['7', ''],
    ['复查3天', ''],
  ])
  expect(await values('unit+value', rows('5.6 mmol/L,', '5.6,g/L', '5.6 mmol/L,g/L'))).toEqual([
    ['5.6 mmol/L', ''],
    ['5.6 g/L', ''],
    ['5.6 mmol/L', ''],
  ])
})

test('ends below zero are those that are sent, and a text in the column of one end is no end', async () => {
  const row = (code: string, low: string, high: string): string => `R1,2026-03-06 08:00:00,${code},甲,5,g/L,${low},${high}\n`
  const file = `no,at,code,name,value,unit,low,high\n${row('A', '-3', '-1')}${row('B', '-3', '3')}${row('C', '阴性', '')}${row('D', '', '<5')}${row('E', '-2.5', '')}`
  const { mapped } = await readAll(rhipTablesIn(place(RESULTS)), file, { fileName: 'lab.csv' })
  const ranges = mapped.map((record) => plain(ofType(record, 'Observation')[0]).referenceRange)
  expect(ranges).toMatchObject([
    [{ low: { value: -3 }, high: { value: -1 } }],
    [{ low: { value: -3 }, high: { value: 3 } }],
    [{ text: '阴性' }],
    [{ high: { value: 5 }, text: '<5' }],
    [{ low: { value: -2.5 }, text: '≥-2.5' }],
  ])
})

test('what is left of columns of which one is missing is listed as unread', async () => {
  const columns = columnsOf('person', 'TB_YL_PATIENT_INFORMATION', [
    ['card', 'KH'],
    ['at', 'YWSCSJ'],
    ['city+street', 'JZDZ'],
  ])
  const file = 'card,at,city,street\nC1,2026-03-06 08:00:00,示例市,示例路1号\nC2,2026-03-06 08:00:00,,示例路2号\n'
  const { mapped } = await readAll(rhipTablesIn(place(columns)), file, { fileName: 'person.csv' })
  expect(plain(ofType(mapped[0], 'Patient')[0]).address).toMatchObject([{ text: '示例市-示例路1号' }])
  expect(mapped.map(({ unread }) => unread)).toEqual([[], ['CITY+STREET']])
})

describe('rows of several tables in one file', () => {
  const OUT = 'TB_YL_MZ_MEDICAL_RECORD'
  const IN = 'TB_YL_ZY_MEDICAL_RECORD'
  const shared: [string, string][] = [
    ['no', 'JZLSH'],
    ['card', 'KH'],
  ]
  const VISITS = [
    ...columnsOf('visit', OUT, [...shared, ['start', 'JZKSRQ'], ['kind', 'JZLX']]),
    ...columnsOf('visit', IN, [...shared, ['start', 'RYSJ'], ['end', 'CYSJ']]),
    ...columnsOf('visit', 'TB_YL_PATIENT_INFORMATION', [
      ['card', 'KH'],
      ['name', 'XM'],
      ['start', 'YWSCSJ'],
    ]),
  ]
  const kind = (sent: string, table: string): DialectKind => ({ file: 'VISIT', column: 'Kind', sent, table })
  const KINDS = [kind('门诊', OUT), kind('急诊', OUT), kind('住院', IN)]

  test('each is of the tables of its kind and of those of all; one of another kind is quarantined', async () => {
    const file =
      'no,card,name,kind,start,end\nM1,C1,甲,门诊,2026-03-06,\nZ1,C2,乙,住院,2026-03-01,2026-03-06\nT1,C3,丙,体检,2026-03-06,\nT2,C4,丁,,2026-03-06,\n'
    const { mapped, rejected } = await readAll(rhipTablesIn(place(VISITS, KINDS)), file, { fileName: 'visits.csv' })
    expect(mapped.map(({ deliveryId }) => deliveryId)).toEqual([
      `${OUT}|0001|M1`,
      'TB_YL_PATIENT_INFORMATION|0001|C1|0',
      `${IN}|0001|Z1`,
      'TB_YL_PATIENT_INFORMATION|0001|C2|0',
    ])
    expect(
      rejected.map(({ at, reason, raw }) => [
        at,
        reason.code,
        reason.at,
        Buffer.from(raw ?? [])
          .toString()
          .slice(0, 2),
      ]),
    ).toEqual([
      ['row 3', 'mapping-value-unknown', 'KIND row 3', 'T1'],
      ['row 4', 'mapping-value-unknown', 'KIND row 4', 'T2'],
    ])
  })

  test('a file without the column that tells them apart is refused', async () => {
    const { rejected } = await readAll(rhipTablesIn(place(VISITS, KINDS)), 'no,card,name,start,end\nM1,C1,甲,2026-03-06,\n', {
      fileName: 'visits.csv',
    })
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['table-column-missing', 'header KIND']])
  })
})

describe('several rows of one table in one row', () => {
  const numbered = (n: number) =>
    columnsOf('stay', `TB_IH_DIAGNOSIS_DETAIL#${n}`, [
      [`no+code${n}`, 'ZYZDLSH'],
      ['no', 'JZLSH'],
      [`code${n}`, 'ZDBM'],
      [`name${n}`, 'ZDSM'],
    ])
  const STAYS = [
    ...columnsOf('stay', 'TB_YL_ZY_MEDICAL_RECORD', [
      ['no', 'JZLSH'],
      ['card', 'KH'],
      ['start', 'RYSJ'],
    ]),
    ...numbered(1),
    ...numbered(2),
  ]
  const HEADER = 'no,card,start,code1,name1,code2,name2\n'

  test('each is one of its table; of what is not filled there is none, and one without its key is told', async () => {
    const file = `${HEADER}Z1,C1,2026-03-01,I10.x00,高血压,E11.900,糖尿病\nZ2,C2,2026-03-01,I10.x00,高血压,,\nZ3,C3,2026-03-01,-,,,糖尿病\n`
    const { mapped, rejected } = await readAll(rhipTablesIn(place(STAYS)), file, { fileName: 'stay.csv' })
    expect(mapped.map(({ deliveryId }) => deliveryId)).toEqual([
      'TB_YL_ZY_MEDICAL_RECORD|0001|Z1',
      'TB_IH_DIAGNOSIS_DETAIL|0001|Z1-I10.x00',
      'TB_IH_DIAGNOSIS_DETAIL|0001|Z1-E11.900',
      'TB_YL_ZY_MEDICAL_RECORD|0001|Z2',
      'TB_IH_DIAGNOSIS_DETAIL|0001|Z2-I10.x00',
      'TB_YL_ZY_MEDICAL_RECORD|0001|Z3',
    ])
    expect(mapped.flatMap((record) => ofType(record, 'Condition').map((one) => plain(one).code))).toMatchObject([
      { text: '高血压' },
      { text: '糖尿病' },
      { text: '高血压' },
    ])
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'ZYZDLSH row 3']])
  })

  test('the first may stand in the row of the visit as well', async () => {
    const also = [
      ...STAYS,
      ...columnsOf('stay', 'TB_YL_MZ_MEDICAL_RECORD', [
        ['no', 'JZLSH'],
        ['card', 'KH'],
        ['code1', 'JZZDBM'],
        ['name1', 'JZZDSM'],
      ]),
    ]
    const file = `${HEADER}Z1,C1,2026-03-01,I10.x00,高血压,E11.900,糖尿病\nZ2,C2,2026-03-01,,,,\n`
    const { mapped, rejected } = await readAll(rhipTablesIn(place(also)), file, { fileName: 'stay.csv' })
    expect(rejected).toEqual([])
    const diagnoses = mapped.filter(({ recordType }) => recordType === 'TB_IH_DIAGNOSIS_DETAIL')
    expect(diagnoses.map(({ deliveryId }) => deliveryId)).toEqual([
      'TB_IH_DIAGNOSIS_DETAIL|0001|Z1-I10.x00',
      'TB_IH_DIAGNOSIS_DETAIL|0001|Z1-E11.900',
    ])
  })

  test('one of which no column is its own is not passed over', async () => {
    const columns = [
      ...columnsOf('stay', 'TB_YL_ZY_MEDICAL_RECORD', [
        ['no', 'JZLSH'],
        ['card', 'KH'],
        ['code1', 'ZYZDBM'],
        ['name1', 'ZYZDSM'],
      ]),
      ...numbered(1),
    ]
    const file = 'no,card,code1,name1\nZ1,C1,I10.x00,高血压\n'
    const { mapped } = await readAll(rhipTablesIn(place(columns)), file, { fileName: 'stay.csv' })
    expect(mapped.map(({ recordType }) => recordType)).toContain('TB_IH_DIAGNOSIS_DETAIL')
  })

  test('a row of which nothing would come is told of', async () => {
    const alone = [...numbered(1), ...numbered(2)]
    const { mapped, rejected } = await readAll(rhipTablesIn(place(alone)), 'no,code1,name1,code2,name2\nZ1,,,,\n', { fileName: 'stay.csv' })
    expect(mapped).toEqual([])
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'ZYZDLSH row 1']])
  })

  test('are of a kind as the table is', async () => {
    const kinds = [
      { file: 'stay', column: 'card', sent: 'C1', table: 'TB_IH_DIAGNOSIS_DETAIL' },
      { file: 'stay', column: 'card', sent: 'C2', table: 'TB_YL_ZY_MEDICAL_RECORD' },
    ]
    const file = `${HEADER}Z1,C1,2026-03-01,I10.x00,高血压,E11.900,糖尿病\nZ2,C2,2026-03-01,I10.x00,高血压,,\n`
    const { mapped } = await readAll(rhipTablesIn(place(STAYS, kinds)), file, { fileName: 'stay.csv' })
    expect(mapped.map(({ recordType }) => recordType)).toEqual([
      'TB_IH_DIAGNOSIS_DETAIL',
      'TB_IH_DIAGNOSIS_DETAIL',
      'TB_YL_ZY_MEDICAL_RECORD',
    ])
  })
})

test('a column that a file has twice, or not, has the name of the file; a header of one column is said to be one', async () => {
  const person = columnsOf('person', 'TB_YL_PATIENT_INFORMATION', [
    ['card', 'KH'],
    ['at', 'YWSCSJ'],
  ])
  const mapping = rhipTablesIn({ ...place(person), delimiter: '\t' })
  const refusal = async (header: string, fileName = 'person.txt'): Promise<(string | undefined)[]> => {
    const { rejected } = await readAll(mapping, `${header}\n${header}\n`, { fileName })
    return rejected.flatMap(({ reason }) => [reason.code, reason.at])
  }
  expect(await refusal('card\tat\tcard')).toEqual(['table-column-repeated', 'header CARD'])
  expect(await refusal('at\tname')).toEqual(['table-column-missing', 'header CARD'])
  expect(await refusal('card\tname')).toEqual(['table-column-missing', 'header AT'])
  // A file of another name is guessed at.
  expect(await refusal('card\tname', 'desk.txt')).toEqual(['table-column-missing', 'header AT of person'])
  expect(await refusal('card,at')).toEqual(['table-unknown', 'header (1 column)'])
})

describe('what is wrong with a folder', () => {
  const told = (columns: DialectColumn[], more: Partial<Dialect> = {}): string[] =>
    problemsOf({ ...place(columns), ...more }, { layouts: LAYOUTS, neededOf }).map(({ at, en }) => `${at} ${en}`)
  const charge = (column: string, means: string, as: string): DialectColumn[] => [
    ...CHARGES.slice(0, 3),
    ...columnsOf('fee', 'TB_HIS_ZY_FEE_DETAIL_FS', [[column, means, as]]),
  ]
  const kind = (more: Partial<DialectKind>): Partial<Dialect> => ({
    kinds: [{ file: 'fee', column: 'kind', sent: 'a', table: 'TB_HIS_ZY_FEE_DETAIL_FS', ...more }],
  })

  test('nothing with those above', () => {
    expect([...told(CHARGES), ...told(RESULTS), ...told(CHARGES, kind({}))]).toEqual([])
  })

  test.each<[string, DialectColumn[], Partial<Dialect>, RegExp]>([
    ['a reading that there is not', charge('sum', 'MXXMJE', 'jiao'), {}, /^columns.csv:5 there is no reading as jiao; known: fen, wan, /],
    ['fen of what is no amount', charge('count', 'MXXMSL', 'fen'), {}, /^columns.csv:5 MXXMSL is no amount/],
    ['a range of one column', charge('low', 'CKZ', 'range'), {}, /range is two columns, lower\+upper, that are CKZ/],
    ['a unit of what has none', charge('count', 'MXXMSL', 'unit'), {}, /unit is the column of the result, or unit\+result, that is JLDW/],
    [
      'a unit behind what is no result',
      [...RESULTS.filter(({ means }) => means !== 'JLDW'), ...columnsOf('lab', RESULT, [['code', 'JLDW', 'unit']])],
      {},
      /^columns.csv:9 no line of the file lab says that CODE is JYZBJG/,
    ],
    ['a table that has no rows to number', columnsOf('page', 'HQMS#2', [['no', 'A48']]), {}, /^columns.csv:2 there is no table HQMS#2/],
    [
      'a numbered row without its key',
      columnsOf('stay', 'TB_IH_DIAGNOSIS_DETAIL#2', [['no', 'JZLSH']]),
      {},
      /^columns.csv:2 no column of the file stay is ZYZDLSH of TB_IH_DIAGNOSIS_DETAIL#2/,
    ],
    [
      'a table whose rows have a time, without it',
      columnsOf('card', 'TB_YL_PATIENT_INFORMATION', [['no+more', 'KH']]),
      {},
      /^columns.csv:2 no column of the file card is YWSCSJ of TB_YL_PATIENT_INFORMATION/,
    ],
    ['kinds of a file that is not listed', CHARGES, kind({ file: 'fees' }), /^rows.csv:2 columns.csv has no file fees/],
    [
      'kinds of a table that is not in it',
      CHARGES,
      kind({ table: 'TB_LIS_REPORT' }),
      /^rows.csv:2 columns.csv has no TB_LIS_REPORT of the/,
    ],
    ['kinds without a column', CHARGES, kind({ column: '' }), /^rows.csv:2 a column must be named/],
    [
      'a column of kinds that a file without a header has not',
      CHARGES,
      { ...kind({}), header: 'none' },
      /^rows.csv:2 the file has no header/,
    ],
  ])('%s', (_what, columns, more, expected) => {
    expect(told(columns, more).join('\n')).toMatch(expected)
  })

  test.each([
    ['*', 'KLX', '社保卡', 'KLX has no code 社保卡'],
    ['TB_HIS_ZY_FEE_DETAIL_FS', 'STFBZ', '7', 'STFBZ has no code 7'],
    ['TB_OPRATION_DETAIL', 'ZQSSBZ', '择期', 'ZQSSBZ has no code 择期'],
    ['TB_RIS_REPORT', 'SFYYY', '-', undefined],
    ['*', 'KLX', '99', undefined],
  ])('what %s.%s means: %s', (table, column, means, expected) => {
    const values = [...VALUES, { table, column, sent: 'x', means }]
    expect(told(CHARGES, { values })).toEqual(expected === undefined ? [] : [`values.csv:5 ${expected}`])
  })

  test('two columns of kinds, and a kind that is said twice', () => {
    const [one] = kind({}).kinds as [DialectKind]
    expect(told(CHARGES, { kinds: [one, { ...one, sent: 'b', column: 'other' }, { ...one, column: 'KIND' }] })).toEqual([
      'rows.csv:2 one column tells the rows of a file apart: kind or other',
      'rows.csv:3 one column tells the rows of a file apart: other or kind',
      'rows.csv:4 repeats line 2',
    ])
  })
})
