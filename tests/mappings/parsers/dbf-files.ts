/** DBF files for tests, written byte by byte from the description of dBase III PLUS, so that each can be wrong in one way. */
import iconv from 'iconv-lite'

export interface DbfFileColumn {
  name: string
  type: string
  size: number
  decimals?: number
}

export type DbfFileRow = Readonly<Record<string, string | Uint8Array>>

export interface DbfOptions {
  charset?: string
  driver?: number
  version?: number
  /** of rows, instead of how many there are */
  count?: number
  end?: string
  deleted?: readonly number[]
  /** mark of the row with this number, from 0 */
  marks?: Readonly<Record<number, string>>
}

export const text = (name: string, size: number): DbfFileColumn => ({ name, type: 'C', size })

export function dbfOf(
  columns: readonly DbfFileColumn[],
  rows: readonly DbfFileRow[],
  { charset = 'gbk', driver = 0x4d, version = 0x03, count = rows.length, end = '\u001a', deleted = [], marks = {} }: DbfOptions = {},
): Buffer {
  const head = Buffer.alloc(32)
  head[0] = version
  head[1] = 126
  head[2] = 3
  head[3] = 15
  head.writeUInt32LE(count, 4)
  head.writeUInt16LE(32 + 32 * columns.length + 1, 8)
  head.writeUInt16LE(1 + columns.reduce((sum, { size }) => sum + size, 0), 10)
  head[29] = driver
  const described = columns.map(({ name, type, size, decimals = 0 }) => {
    const column = Buffer.alloc(32)
    iconv.encode(name, charset).copy(column)
    column.write(type, 11, 'latin1')
    column[16] = size
    column[17] = decimals
    return column
  })
  const records = rows.flatMap((row, at) => [
    Buffer.from(marks[at] ?? (deleted.includes(at) ? '*' : ' '), 'latin1'),
    ...columns.map((column) => fieldOf(column, row[column.name] ?? '', charset)),
  ])
  return Buffer.concat([head, ...described, Buffer.from('\r'), ...records, Buffer.from(end, 'latin1')])
}

function fieldOf({ type, size }: DbfFileColumn, value: string | Uint8Array, charset: string): Buffer {
  const bytes = typeof value === 'string' ? iconv.encode(value, charset) : Buffer.from(value)
  const room = Buffer.alloc(size, 0x20)
  const cut = bytes.subarray(0, size)
  cut.copy(room, type === 'N' || type === 'F' ? size - cut.byteLength : 0)
  return room
}
