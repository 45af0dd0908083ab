/** How files are written (formats.md C): separators, marks, charsets, with and without a header, and what a place's settings say of them. */
import { expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { rhipTables, rhipTablesIn } from '../../../mappings/rhip/tables/index.ts'
import type { Dialect } from '../../../mappings/rhip/tables/dialect.ts'
import { LIS_REPORT } from '../../../mappings/rhip/tables/layouts.ts'
import { ofType, plain, readAll } from '../support.ts'

const dialect = (format: Partial<Dialect>) => rhipTablesIn({ id: 'place', columns: [], values: [], ...format })

const COLUMNS = ['YLJGYQDM', 'BGRQ', 'BGDH', 'KH', 'KLX', 'SHSJ', 'BGDLB', 'XGBZ']
const VALUES = ['0001', '20260306', 'R1', 'C1', '0', '2026-03-06 08:15:00', '血常规', '1']
const table = (separator: string) => `${COLUMNS.join(separator)}\r\n${VALUES.join(separator)}\r\n`

const titles = async (bytes: Uint8Array, mapping = rhipTables, fileName = 'TB_LIS_REPORT_20260306.txt') => {
  const { mapped, rejected } = await readAll(mapping, bytes, { fileName })
  expect(rejected).toEqual([])
  return mapped.map((record) => plain(ofType(record, 'DiagnosticReport')[0]).code)
}

test.each([',', '|', '\t', '^'])('separated by %j, in each charset', async (separator) => {
  const text = table(separator)
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(`\ufeff${text}`),
    iconv.encode(text, 'gb18030'),
    iconv.encode(text.replaceAll('\r\n', '\n'), 'gbk'),
    Buffer.from(text.replaceAll('\r\n', '\r')),
  ])
    expect(await titles(bytes)).toEqual([{ text: '血常规' }])
})

test('quoted fields with the separator and quotes in them', async () => {
  const text = table(',').replace('血常规', '"血,常规 ""急"""')
  expect(await titles(Buffer.from(text))).toEqual([{ text: '血,常规 "急"' }])
  // Where quotes are nothing special, an open one is data.
  const inches = table('|').replace('血常规', '"急查')
  expect(await titles(Buffer.from(inches), dialect({ quotes: 'none' }))).toEqual([{ text: '"急查' }])
  expect((await readAll(rhipTables, inches, { fileName: 'TB_LIS_REPORT.txt' })).rejected).toMatchObject([
    { reason: { code: 'table-row-quote' } },
  ])
})

test('a separator of the place alone', async () => {
  expect(await titles(Buffer.from(table('§')), dialect({ delimiter: '§' }))).toEqual([{ text: '血常规' }])
  expect((await readAll(rhipTables, table('§'), { fileName: 'TB_LIS_REPORT.txt' })).rejected).toMatchObject([
    { reason: { code: 'table-unknown' } },
  ])
})

test('without a header the columns are those of the table in its order, and the name of the file says which', async () => {
  const named = Object.fromEntries(COLUMNS.map((column, at) => [column, VALUES[at]]))
  const row = LIS_REPORT.columns.map((column) => named[column] ?? '-')
  const bare = dialect({ header: 'none' })
  expect(await titles(Buffer.from(`${row.join('|')}\n`), bare)).toEqual([{ text: '血常规' }])
  const codes = async (text: string, fileName: string) =>
    (await readAll(bare, text, { fileName })).rejected.map(({ reason }) => [reason.code, reason.at])
  expect(await codes(`${row.join('|')}\n`, 'export.txt')).toEqual([['table-unknown', 'file']])
  expect(await codes(`${row.slice(1).join('|')}\n`, 'TB_LIS_REPORT.txt')).toEqual([
    ['table-columns-count', `header ${LIS_REPORT.columns.length}`],
  ])
  // A later line of another length is a bad row, as everywhere.
  expect(await codes(`${row.join('|')}\n${row.slice(1).join('|')}\n`, 'TB_LIS_REPORT.txt')).toEqual([['table-row-fields', 'row 2']])
})
