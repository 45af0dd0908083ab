/** DBF files, from the description of dBase III PLUS and of what Visual FoxPro has beside it. */
import { describe, expect, test } from '@jest/globals'
import { isDbf, readDbf } from '../../../mappings/parsers/dbf.ts'
import type { TableEvent, TableLayout } from '../../../mappings/parsers/delimited.ts'
import { dbfOf, type DbfFileColumn, text } from './dbf-files.ts'

const LAYOUT: TableLayout = { name: 'PAGES', columns: ['NO', 'NAME', 'DAY', 'SUM', 'YES', '姓名'], required: ['NO'] }
const NO = text('NO', 6)
const NAME = text('NAME', 8)

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, { charset = 'auto', size = 7 } = {}): Promise<TableEvent[]> {
  const events: TableEvent[] = []
  for await (const event of readDbf(pieces(bytes, size), { layouts: [LAYOUT], charset })) events.push(event)
  return events
}
const values = (events: readonly TableEvent[]) =>
  events.map((event) => (event.kind === 'row' ? event.row.values : event.kind === 'bad' ? `${event.code} ${event.row}` : event.code))

test('texts, numbers, days and yes or no, in pieces of any size', async () => {
  const columns: DbfFileColumn[] = [
    NO,
    NAME,
    { name: 'DAY', type: 'D', size: 8 },
    { name: 'SUM', type: 'N', size: 10, decimals: 2 },
    { name: 'YES', type: 'L', size: 1 },
  ]
  const file = dbfOf(columns, [
    { NO: '1', NAME: '王建国', DAY: '20260306', SUM: '12.50', YES: 'T' },
    { NO: '2', NAME: '李', DAY: '00000000', SUM: '-3', YES: 'n' },
    { NO: '3', YES: '?', SUM: '**********' },
  ])
  expect(isDbf(file)).toBe(true)
  for (const size of [1, 7, 1000])
    expect(values(await read(file, { size }))).toEqual([
      { NO: '1', NAME: '王建国', DAY: '20260306', SUM: '12.50', YES: '1' },
      { NO: '2', NAME: '李', SUM: '-3', YES: '0' },
      // A number that did not fit is told by whoever reads it as one.
      { NO: '3', SUM: '**********' },
    ])
})

test('of Visual FoxPro: whole numbers, times, currency', async () => {
  const bytes = (write: (buffer: Buffer) => void, size: number): Buffer => {
    const buffer = Buffer.alloc(size)
    write(buffer)
    return buffer
  }
  const columns: DbfFileColumn[] = [
    NO,
    { name: 'DAY', type: 'T', size: 8 },
    { name: 'SUM', type: 'Y', size: 8 },
    { name: 'YES', type: 'I', size: 4 },
  ]
  const time = bytes((buffer) => {
    // 2026-03-06 is day 2461106 of the Julian count; 8:30 in milliseconds
    buffer.writeInt32LE(2_461_106, 0)
    buffer.writeInt32LE(30_600_000, 4)
  }, 8)
  const row = {
    NO: '1',
    DAY: time,
    SUM: bytes((buffer) => buffer.writeBigInt64LE(-123_456n), 8),
    YES: bytes((buffer) => buffer.writeInt32LE(-7), 4),
  }
  expect(values(await read(dbfOf(columns, [row], { version: 0x30 })))).toEqual([
    { NO: '1', DAY: '2026-03-06 08:30:00', SUM: '-12.3456', YES: '-7' },
  ])
})

describe('charset', () => {
  const rows = [{ NO: '1', NAME: '甲乙' }]
  test('the language driver says GBK, or nothing and the texts do', async () => {
    for (const [charset, driver] of [
      ['gbk', 0x4d],
      ['gbk', 0x7a],
      ['gbk', 0],
      ['utf8', 0],
      ['gbk', 0x03],
      ['utf8', 0x03],
    ] as const)
      expect(values(await read(dbfOf([NO, NAME], rows, { charset, driver })))).toEqual([{ NO: '1', NAME: '甲乙' }])
  })
  test('that of the source goes first; one that nobody can read refuses the file', async () => {
    expect(values(await read(dbfOf([NO, NAME], rows, { charset: 'utf8', driver: 0x4d }), { charset: 'utf-8' }))).toEqual([
      { NO: '1', NAME: '甲乙' },
    ])
    expect(values(await read(dbfOf([NO, NAME], rows, { driver: 0x78 })))).toEqual(['payload-charset'])
    expect(values(await read(dbfOf([NO, NAME], rows), { charset: 'koi8-r' }))).toEqual(['payload-charset'])
  })
  test('half of a character that the width cut off: that row alone', async () => {
    const cut = [
      { NO: '1', NAME: '甲乙丙丁戊' },
      { NO: '2', NAME: 'a甲乙丙丁' },
      { NO: '3', NAME: '甲' },
    ]
    expect(values(await read(dbfOf([NO, NAME], cut)))).toEqual([
      { NO: '1', NAME: '甲乙丙丁' },
      'table-row-charset 2',
      { NO: '3', NAME: '甲' },
    ])
  })
  test('a column with a Chinese name', async () => {
    expect(values(await read(dbfOf([NO, text('姓名', 8)], [{ NO: '1', 姓名: '甲' }])))).toEqual([{ NO: '1', 姓名: '甲' }])
  })
})

describe('rows', () => {
  const rows = ['1', '2', '3'].map((NO) => ({ NO }))
  test('a deleted one is none, and the others keep their numbers; a mark that is none is that row’s', async () => {
    const file = dbfOf([NO], rows, { deleted: [0], marks: { 1: 'x' } })
    const events = await read(file)
    expect(values(events)).toEqual(['table-row-flag 2', { NO: '3' }])
    expect(events.map((event) => (event.kind === 'row' ? event.row.row : 0))).toEqual([0, 3])
  })
  test('fewer than the head says, or more: it is told behind those that are there', async () => {
    expect(values(await read(dbfOf([NO], rows, { count: 5 })))).toEqual([...rows, 'table-rows-count'])
    expect(values(await read(dbfOf([NO], rows, { count: 2 })))).toEqual([...rows.slice(0, 2), 'table-rows-count'])
    expect(values(await read(dbfOf([NO], rows).subarray(0, -4)))).toEqual([...rows.slice(0, 2), 'table-rows-count'])
    expect(values(await read(dbfOf([NO], rows, { end: '' })))).toEqual(rows)
  })
  test('none, or none that stands', async () => {
    expect(values(await read(dbfOf([NO], [])))).toEqual(['table-no-rows'])
    expect(values(await read(dbfOf([NO], rows, { deleted: [0, 1, 2] })))).toEqual(['table-no-rows'])
  })
})

test('memos stand in another file: their column is one that nobody knows', async () => {
  const [event] = await read(dbfOf([NO, { name: 'NAME', type: 'M', size: 10 }], [{ NO: '1', NAME: '0000000001' }], { version: 0x83 }))
  expect(event).toMatchObject({ kind: 'row', row: { values: { NO: '1' }, unknownColumns: ['NAME'] } })
})

describe('what is no DBF', () => {
  test('texts are none', () => {
    for (const one of [
      'NO,NAME\n1,王\n',
      '0001,1\n0002,2\n0003,3\n0004,4\n',
      '0\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t',
      '',
    ])
      expect(isDbf(Buffer.from(one))).toBe(false)
  })
  test('a head that contradicts itself', async () => {
    const good = dbfOf([NO, NAME], [{ NO: '1' }])
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(good)
      copy[at] = value
      return copy
    }
    for (const bad of [good.subarray(0, 40), changed(10, 3), changed(8, 40), changed(32 + 16, 200), changed(96, 0x20)])
      expect(values(await read(bad))).toEqual(['dbf-damaged'])
  })
  test('columns of no known table, or without the one that must be there', async () => {
    expect(values(await read(dbfOf([text('A', 2), text('B', 2)], [{ A: '1' }])))).toEqual(['table-unknown'])
    expect(values(await read(dbfOf([NAME], [{ NAME: '1' }])))).toEqual(['table-column-missing'])
  })
})
