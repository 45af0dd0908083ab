/** What a place's folder can say of its dates, and of files that are several tables; what is wrong with it. */
import { describe, expect, test } from '@jest/globals'
import type { Dialect, DialectColumn } from '../../../mappings/rhip/tables/dialect.ts'
import { dateForm, disagree } from '../../../mappings/rhip/tables/dialect-dates.ts'
import { problemsOf } from '../../../mappings/rhip/tables/dialect-problems.ts'
import { hospitalTablesIn, neededOf, rhipTablesIn } from '../../../mappings/rhip/tables/index.ts'
import { LAYOUTS } from '../../../mappings/rhip/tables/layouts.ts'
import { context, ofType, plain, readAll } from '../support.ts'

describe('dates', () => {
  test.each<[pattern: string, text: string, read: string | undefined]>([
    ['DD/MM/YYYY', '09/03/2026', '2026-03-09'],
    ['DD/MM/YYYY', '9/3/2026', undefined],
    ['D/M/YYYY', '9/3/2026', '2026-03-09'],
    ['M/D/YYYY H:mm', '3/9/2026 8:05', '2026-03-09 08:05'],
    ['DD.MM.YYYY HH:mm:ss', '09.03.2026 08:05:06', '2026-03-09 08:05:06'],
    ['DD.MM.YYYY', '09x03x2026', undefined],
    ['DDMMYYYY', '09032026', '2026-03-09'],
    ['DD-M月-YYYY', '09-3月-2026', '2026-03-09'],
    ['DD/MM/YYYY', '09/03/2026 08:05', undefined],
    // That no such day is there is said where the date is used.
    ['DD/MM/YYYY', '31/02/2026', '2026-02-31'],
  ])('%s reads %s', (pattern, text, read) => expect(dateForm(pattern)?.read(text)).toBe(read))

  test.each(['DD/MM', 'DD/MM/YY', 'DD/DD/YYYY', 'DD/MM/YYYY mm', 'DD/MM/YYYY HH:ss', 'DMYYYY', 'DMMYYYY', 'DD MON YYYY', ''])(
    '%j is no form of a date',
    (pattern) => expect(dateForm(pattern)).toBeUndefined(),
  )

  test('two forms that read one text as two days', () => {
    expect(disagree('DD/MM/YYYY', 'MM/DD/YYYY')).toBe(true)
    expect(disagree('D/M/YYYY', 'MM/DD/YYYY')).toBe(true)
    expect(disagree('DD/MM/YYYY', 'DD.MM.YYYY')).toBe(false)
    expect(disagree('DD/MM/YYYY', 'D/M/YYYY')).toBe(false)
  })
})

const line = (file: string, column: string, table: string, means: string): DialectColumn => ({ file, column, table, means })
const REPORT = 'TB_LIS_REPORT'
const RESULT = 'TB_LIS_INDICATORS'
const FLAT = [
  line('lab', 'no', REPORT, 'BGDH'),
  line('lab', 'time', REPORT, 'BGRQ'),
  line('lab', 'card', REPORT, 'KH'),
  line('lab', 'no+item', RESULT, 'JYZBLSH'),
  line('lab', 'no', RESULT, 'BGDH'),
  line('lab', 'time', RESULT, 'BGRQ'),
  line('lab', 'name', RESULT, 'JYZBMC'),
  line('lab', 'value', RESULT, 'JYZBJG'),
]
const DEFAULTS = [
  { table: '*', column: 'YLJGYQDM', sent: '', means: '0001' },
  { table: '*', column: 'XGBZ', sent: '', means: '1' },
  { table: '*', column: 'KLX', sent: '', means: '2' },
]
const FILE = 'no,time,card,item,name,value,more\nR1,20260306,C1,i1,甲,1,x\nR1,20260306,C1,i2,乙,2,x\nR1,20260306,C1,i2,乙,2,x\n'

describe('a file that is several tables', () => {
  const place = (more: Partial<Dialect> = {}): Dialect => ({ id: 'place', columns: FLAT, values: DEFAULTS, ...more })

  test('each line is a row of each, what is the same as in the line before is said once', async () => {
    const { mapped, rejected } = await readAll(rhipTablesIn(place()), FILE, { fileName: 'lab20260306.csv' })
    expect(rejected).toEqual([])
    expect(mapped.map(({ deliveryId }) => deliveryId)).toEqual([
      'TB_LIS_REPORT|0001|20260306|R1',
      'TB_LIS_INDICATORS|0001|R1-i1',
      'TB_LIS_INDICATORS|0001|R1-i2',
      // The line itself was sent twice.
      'TB_LIS_INDICATORS|0001|R1-i2',
    ])
    expect(mapped[0]?.issues.map(({ code, at }) => `${code} ${at}`)).toEqual(['table-column-unknown header MORE'])
    expect(mapped[0]?.patient?.local[0]).toEqual({ kind: 'CARD', value: '2|H1|C1', strong: true })
  })

  test('without a header its columns are those of the list, in their order', async () => {
    const text = 'R1|20260306|C1|i1|甲|1\n'
    const bare = rhipTablesIn(place({ header: 'none' }))
    const { mapped, rejected } = await readAll(bare, text, { fileName: 'LAB.txt' })
    expect([rejected, mapped.map(({ recordType }) => recordType)]).toEqual([[], [REPORT, RESULT]])
  })

  test('one that lacks a column of a key is refused', async () => {
    const { rejected } = await readAll(rhipTablesIn(place()), FILE.replace('item', 'thing'), { fileName: 'lab.csv' })
    expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['table-column-missing', 'header ITEM']])
  })

  test('a day and a time in two columns are one; without the time it is the day', async () => {
    const table = 'TB_YL_MZ_MEDICAL_RECORD'
    const columns = Object.entries({ no: 'JZLSH', card: 'KH', kind: 'JZLX', 'day+clock': 'JZKSRQ' })
    const visits = place({ columns: columns.map(([name, means]) => line('visit', name, table, means)), dates: ['YYYYMMDD-HHmm'] })
    const file = 'no,day,clock,card,kind\nV1,20260306,0805,C1,100\nV2,20260306,,C1,100\nV3,20260306,-,C1,100\nV4,,0805,C1,100\n'
    const { mapped, rejected } = await readAll(rhipTablesIn(visits), file, { fileName: 'visits.csv' })
    expect(rejected).toEqual([])
    const periods = mapped.map((record) => plain(ofType(record, 'Encounter')[0]).period)
    expect(periods).toEqual([{ start: '2026-03-06T08:05:00+08:00' }, { start: '2026-03-06' }, { start: '2026-03-06' }, undefined])
  })

  test('what nothing means in a column is no field that was sent and not read', async () => {
    const values = [
      ...DEFAULTS,
      { table: '*', column: 'BBMC', sent: '', means: '血清' },
      // Read of a report that has a visit alone.
      { table: '*', column: 'MZZYBZ', sent: '', means: '2' },
      { table: '*', column: 'MXXMMC', sent: '', means: '某' },
    ]
    const { mapped } = await readAll(rhipTablesIn(place({ values })), FILE, { fileName: 'lab.csv' })
    expect(mapped.map(({ recordType, unread }) => [recordType, unread])).toEqual([
      [REPORT, []],
      [RESULT, []],
      [RESULT, []],
      [RESULT, []],
    ])
    expect(ofType(mapped[0], 'Specimen').map((one) => plain(one).type)).toMatchObject([{ text: '血清' }])
  })

  test('of a hospital’s own systems has the numbers of its messages', async () => {
    const mapping = hospitalTablesIn(place())
    expect([mapping.id, mapping.kind]).toEqual(['hospital/tables/place', 'hospital'])
    const { mapped } = await readAll(mapping, FILE, { fileName: 'lab.csv', context: context('hospital', 'H1') })
    expect(mapped[0]?.patient?.local[0]).toEqual({ kind: 'PI', value: 'C1', strong: true })
  })

  test('of a hospital’s own systems is of the hospital, whatever code it has there; one that is known as another’s stays that one’s', async () => {
    const of = async (code: string, kind: 'hospital' | 'rhip', own = 'H1'): Promise<unknown[]> => {
      const values = DEFAULTS.map((one) => (one.column === 'YLJGYQDM' ? { ...one, means: code } : one))
      const mapping = (kind === 'hospital' ? hospitalTablesIn : rhipTablesIn)(place({ values }))
      const { mapped } = await readAll(mapping, FILE, { fileName: 'lab.csv', context: context(kind, own) })
      return [mapped[0]?.patient?.local[0]?.value, ofType(mapped[1], 'Observation').map((one) => plain(one).identifier)]
    }
    const numbered = (scope: string) => [[{ system: `https://fhir-cn.example/sid/${scope}/lab-result-no`, value: 'R1-i1' }]]
    expect(await of('LISYY', 'hospital')).toEqual(['C1', numbered('H1')])
    expect(await of('0001', 'hospital', 'H9')).toEqual(['2|H1|C1', numbered('H1')])
    expect(await of('LISYY', 'rhip')).toEqual(['2|H1~LISYY|C1', numbered('H1~LISYY')])
  })
})

describe('what is wrong with a folder', () => {
  const told = (dialect: Partial<Dialect>): string[] =>
    problemsOf({ columns: [], values: [], ...dialect }, { layouts: LAYOUTS, neededOf }).map(({ at, en }) => `${at} ${en.slice(0, 90)}`)

  test('nothing with one that is right', () =>
    expect(told({ columns: FLAT, values: DEFAULTS, dates: ['DD/MM/YYYY', 'D.M.YYYY'] })).toEqual([]))

  test.each<[string, Partial<Dialect>, RegExp]>([
    [
      'a column that no table has',
      { values: [{ table: '*', column: 'KLXX', sent: '', means: '1' }] },
      /^values.csv:2 no table has a column KLXX/,
    ],
    [
      'a state that is none',
      { values: [{ table: '*', column: 'XGBZ', sent: 'Y', means: '0' }] },
      /^values.csv:2 XGBZ can only be 1 \(stands\) or 2/,
    ],
    [
      'a value that is said twice',
      { values: [...DEFAULTS, { ...DEFAULTS[0], means: '0002', line: 9 } as never] },
      /^values.csv:9 repeats line 2/,
    ],
    [
      'a column that is said twice',
      { columns: [...FLAT, line('LAB', 'other', REPORT, 'KH')], values: DEFAULTS },
      /^columns.csv:10 repeats line 4/,
    ],
    [
      'a column without a name',
      { columns: [...FLAT, line('lab', '+no', REPORT, 'JZLSH')], values: DEFAULTS },
      /^columns.csv:10 a file and a column/,
    ],
    [
      'a key that nothing fills',
      { columns: FLAT, values: DEFAULTS.slice(1) },
      /^columns.csv:2 no column of the file lab is YLJGYQDM or YLJGDM of TB_LIS_REPORT/,
    ],
    ['a date that is none', { dates: ['DD/MM'] }, /^dialect.json dates DD\/MM is no form of a date: it is made of YYYY/],
    ['dates that disagree', { dates: ['DD/MM/YYYY', 'MM/DD/YYYY'] }, /^dialect.json dates DD\/MM\/YYYY and MM\/DD\/YYYY read one text/],
  ])('%s', (_name, dialect, expected) => expect(told(dialect)[0]).toMatch(expected))

  test('of files without a header the keys are asked for at the start, of one with a header when it comes', () => {
    const columns = [line('person', 'card', 'TB_YL_PATIENT_INFORMATION', 'KH')]
    expect(told({ columns })).toEqual([])
    expect(told({ columns, header: 'none' }).map((text) => text.split(' is ')[1]?.split(' of ')[0])).toEqual([
      'YLJGYQDM or YLJGDM',
      'KLX',
      'XGBZ or CXBZ',
      'YWSCSJ',
    ])
  })
})
