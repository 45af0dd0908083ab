/** Table files whose rows, columns and quotes are broken. */
import type { Random } from '../../support/random.ts'
import type { Mutant, Mutation } from '../mutate.ts'
import { doubledAt, insertedAt, oddValue, shuffled, textOf, without } from './values.ts'

type Rows = string[][]

const separatorOf = (head: string): string =>
  [',', '|', '\t', '^'].reduce((best, one) => (head.split(one).length > head.split(best).length ? one : best))

/** @param counted the rows behind the header are as many records, each of its own */
const onRows =
  (kind: string, change: (rows: Rows, random: Random) => Rows, counted = false): Mutation =>
  ({ bytes }, random): Mutant => {
    const { text, bytesOf } = textOf(bytes)
    const rows = text.split(/\r?\n/).filter((line) => line !== '')
    const separator = separatorOf(rows[0] ?? '')
    const changed = change(
      rows.map((line) => line.split(separator)),
      random,
    )
    const lines = changed.map((fields) => fields.join(separator))
    // A header without rows is said as one record that is refused; where there are quotes, a row may be more than a line.
    const records = counted && !text.includes('"') ? { records: Math.max(1, changed.length - 1) } : {}
    return { kind, bytes: bytesOf(`${lines.join('\r\n')}\r\n`), ...records }
  }

const onText =
  (kind: string, change: (text: string, random: Random) => string): Mutation =>
  ({ bytes }, random): Mutant => {
    const { text, bytesOf } = textOf(bytes)
    return { kind, bytes: bytesOf(change(text, random)) }
  }

/** One cell of one row of data. */
const onCell = (kind: string, change: (cell: string, random: Random) => string, counted = false): Mutation =>
  onRows(
    kind,
    (rows, random) => {
      const which = 1 + random.below(Math.max(1, rows.length - 1))
      const at = random.below(rows[0]?.length ?? 1)
      return rows.map((row, index) => (index === which ? row.map((cell, column) => (column === at ? change(cell, random) : cell)) : row))
    },
    counted,
  )

const column = (rows: Rows, change: (row: string[]) => string[]): Rows => rows.map(change)
/** No value that ends a row, opens a quote or parts fields; what is in it stays one cell, and the key of its row. */
const oneCell = (value: string): string => value.replaceAll(/[\r\n",|\t^]/g, '_')

const another = (row: string[], n: number): string[] =>
  row.map((cell) => (/^[A-Z]{1,2}\d{4,}[-\dA-Z]*$/.test(cell) ? `${cell}n${n}` : cell))

export const TABLE_MUTATIONS: readonly Mutation[] = [
  onRows('row dropped', (rows, random) => without(rows, 1 + random.below(Math.max(1, rows.length - 1))), true),
  onRows('row doubled', (rows, random) => doubledAt(rows, random.below(rows.length))),
  onRows('rows in another order', ([head = [], ...rows], random) => [head, ...shuffled(rows, random)], true),
  onRows('no header', (rows) => rows.slice(1)),
  onRows('header alone', (rows) => rows.slice(0, 1)),
  onRows('column dropped', (rows, random) => {
    const at = random.below(rows[0]?.length ?? 1)
    return column(rows, (row) => without(row, at))
  }),
  onRows('column doubled', (rows, random) => {
    const at = random.below(rows[0]?.length ?? 1)
    return column(rows, (row) => doubledAt(row, at))
  }),
  onRows(
    'columns in another order',
    (rows, random) => {
      const order = shuffled([...(rows[0] ?? []).keys()], random)
      return column(rows, (row) => order.map((at) => row[at] ?? ''))
    },
    true,
  ),
  onRows(
    'row with a field more or less',
    (rows, random) => {
      const which = 1 + random.below(Math.max(1, rows.length - 1))
      const less = random.below(2) === 0
      return rows.map((row, at) => (at === which ? (less ? row.slice(1) : [...row, 'x']) : row))
    },
    true,
  ),
  onRows('header named otherwise', ([head = [], ...rows], random) => {
    const at = random.below(head.length)
    return [
      head.map((name, index) =>
        index === at ? random.pick(['', name.toLowerCase(), ` ${name} `, '__proto__', '姓名', `${name}2`, 'XM']) : name,
      ),
      ...rows,
    ]
  }),
  onRows('very many rows', ([head = [], ...rows], random) => [
    head,
    ...Array.from({ length: 1 + random.below(60) }, (_, n) => rows.map((row) => another(row, n))).flat(),
  ]),
  onRows('very many columns', (rows, random) => {
    const more = random.below(600)
    return rows.map((row, at) => [...row, ...Array.from({ length: more }, (_, n) => (at === 0 ? `C${n}` : ''))])
  }),
  onCell('odd value', (_cell, random) => oneCell(oddValue(random))),
  onCell('odd value', (_cell, random) => oneCell(oddValue(random))),
  onCell('odd value in quotes', (_cell, random) => `"${oddValue(random).replaceAll('"', '""')}"`),
  onCell('open quote', (cell) => `"${cell}`),
  onCell('quote within', (cell, random) => insertedAt(cell, random.below(cell.length + 1), random.pick(['"', '""', '"""', '","']))),
  onCell('line end in quotes', (cell, random) => `"${cell}${random.pick(['\n', '\r\n', '\r', '\n'.repeat(30)])}${cell}"`),
  onCell('parted field', (cell, random) =>
    insertedAt(cell, random.below(cell.length + 1), random.pick([',', '\n', '\r\n', '|', '\t', '^'])),
  ),
  onCell('very long field', (_cell, random) =>
    random.pick(['9', '王', ' ', '"']).repeat(random.below(random.below(20) === 0 ? 1_200_000 : 100_000)),
  ),
  onText('another separator', (text, random) =>
    text.replaceAll(separatorOf(text.split('\n', 1)[0] ?? ''), random.pick(['|', '\t', '^', ';', '~', ', ', ',,', '\u0001'])),
  ),
  onText('separators mixed', (text, random) =>
    text.replaceAll(',', (found) => (random.below(40) === 0 ? random.pick(['|', '\t', ';']) : found)),
  ),
  onText('other line ends', (text, random) =>
    text.replaceAll(/\r?\n/g, random.pick(['\r', '\n', '\r\r\n', '\u2028', '\n\n\n', ' \r\n', '\u001a\r\n'])),
  ),
  onText('all in quotes', (text) => text.replaceAll(/[^,\r\n]+/g, '"$&"')),
  onText(
    'lines that are none',
    (text, random) =>
      random.pick(['', '#导出时间 2026\r\n', '﻿', '\r\n\r\n', 'sep=,\r\n', '共 2 条\r\n']) +
      text +
      random.pick(['', '\u001a', '合计,2\r\n', '(2 rows affected)', '\u0000\u0000']),
  ),
]
