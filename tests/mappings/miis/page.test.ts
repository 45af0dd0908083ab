/** docs/miis.md names every transaction, each where it belongs. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { TRANSACTIONS, UNSUPPORTED } from '../../../mappings/miis/transactions/index.ts'
import { WITHOUT_RECORD } from '../../../mappings/miis/transactions/without-record.ts'

const page = readFileSync(new URL('../../../docs/miis.md', import.meta.url), 'utf8')

/** `3401 3401A 3501–3507` */
function numbersIn(text: string): string[] {
  return [...text.matchAll(/\b(\d{4}A?)(?:–(\d{4}))?\b/g)].flatMap(([, first = '', last]) =>
    last === undefined ? [first] : Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => String(Number(first) + at)),
  )
}
const rows = page.split('\n').filter((line) => line.startsWith('| '))
const cellsOf = (row: string): string[] => row.split('|').map((cell) => cell.trim())

test('what becomes of each transaction', () => {
  const named = rows.map((row) => cellsOf(row)[1] ?? '').filter((cell) => /^\d{4}/.test(cell))
  expect(named.flatMap(numbersIn).sort()).toEqual(Object.keys(TRANSACTIONS).sort())
})

test.each(['miis-infno-insurance', 'miis-infno-institution'])('%s', (code) => {
  const row = rows.find((one) => one.startsWith(`| \`${code}\``)) ?? ''
  const listed = [...WITHOUT_RECORD].flatMap(([infno, why]) => (why === code ? [infno] : []))
  expect(numbersIn(cellsOf(row)[3] ?? '').sort()).toEqual(listed.sort())
})

test('what is not mapped', () => {
  const line = page.split('\n').find((one) => one.includes('exist and are not mapped')) ?? ''
  expect(numbersIn(line).sort()).toEqual([...UNSUPPORTED].sort())
})
