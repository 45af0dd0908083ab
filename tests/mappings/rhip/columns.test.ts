/** Every column of every table is read by a mapping or named as kept in the original only, in both generations of names. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { LAYOUTS } from '../../../mappings/rhip/tables/layouts.ts'
import { ORIGINAL_ONLY } from '../../../mappings/rhip/tables/original-only.ts'
import { brokenRules, readAll } from '../support.ts'

/** A value that a column could hold, by what its name says. */
function filledValue(column: string): string {
  if (/^(XGBZ|CXBZ|STFBZ)$/.test(column)) return '1'
  if (/^(BGRQ|CSRQ)$/.test(column)) return '20260306'
  if (/SJ$|KSRQ$/.test(column)) return '2026-03-06 08:15:00'
  if (/^(MXXMDJ|MXXMSL|MXXMJE|XMMXSL|ZYTS|BRNL)$/.test(column)) return '1.000'
  if (column === 'ZJHM') return '110100195803120019'
  return /^(YLJGYQDM|YLJGDM)$/.test(column) ? '0001' : '1'
}

const file = (columns: readonly string[]): string => `${columns.join('\t')}\n${columns.map(filledValue).join('\t')}\n`

const OLDER: Record<string, string> = { YLJGYQDM: 'YLJGDM', XGBZ: 'CXBZ' }
const NEWER: Record<string, string> = { YLJGDM: 'YLJGYQDM', CXBZ: 'XGBZ' }
const named = (columns: readonly string[], names: Record<string, string>): string[] => columns.map((column) => names[column] ?? column)

test.each(LAYOUTS.map(({ name, columns }) => ({ name, columns })))('$name', async ({ name, columns }) => {
  for (const generation of [NEWER, OLDER]) {
    const { mapped, rejected } = await readAll(rhipTables, file(named(columns, generation)), { fileName: `${name}.txt` })
    expect(rejected).toEqual([])
    expect(mapped).toHaveLength(1)
    expect(mapped.flatMap(brokenRules)).toEqual([])
    const unread = mapped[0]?.unread.toSorted()
    // One value of EXAMTYPE or YZLX is one kind of row; the others have tests of their own.
    expect(unread).toEqual(ORIGINAL_ONLY[name]?.toSorted())
  }
})

test('nothing is named that no table has', () => {
  const known = new Map(LAYOUTS.map(({ name, columns }) => [name, columns]))
  expect(Object.keys(ORIGINAL_ONLY).sort()).toEqual([...known.keys()].sort())
  for (const [name, only] of Object.entries(ORIGINAL_ONLY)) expect(known.get(name)).toEqual(expect.arrayContaining([...only]))
})
