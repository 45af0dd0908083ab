import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { JOIN_LINES_MAX, readTable, type TableEvent, type TableLayout } from '../../../mappings/parsers/delimited.ts'
import { splitFields } from '../../../mappings/parsers/delimited-fields.ts'
import { ROW_BYTES_MAX } from '../../../mappings/parsers/delimited-lines.ts'

const LAYOUT: TableLayout = { name: 'TB_TEST', columns: ['YLJGYQDM', 'KH', 'XM', 'BZ'], required: ['YLJGYQDM', 'KH'] }

async function* inPieces(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(
  content: string | Uint8Array,
  options: { charset?: string; fileName?: string; size?: number } = {},
): Promise<TableEvent[]> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const events: TableEvent[] = []
  const chunks = inPieces(bytes, options.size)
  const { charset = 'auto', fileName } = options
  for await (const event of readTable(chunks, { layouts: [LAYOUT], charset, ...(fileName !== undefined && { fileName }) }))
    events.push(event)
  return events
}

const rows = (events: TableEvent[]) => events.flatMap((event) => (event.kind === 'row' ? [event.row.values] : []))
const bad = (events: TableEvent[]) =>
  events.flatMap((event) => (event.kind === 'bad' ? [[event.row, event.code, Buffer.from(event.raw).toString('latin1')]] : []))

describe('files that are refused as a whole', () => {
  test.each([
    ['an empty file', '', 'table-empty'],
    ['blank lines and nothing else', '\r\n \r\n', 'table-empty'],
    ['a header alone', 'YLJGYQDM,KH\n', 'table-no-rows'],
    ['a header and blank lines', 'YLJGYQDM,KH\n\n\u001a', 'table-no-rows'],
    ['no known columns', 'A,B,C\n1,2,3\n', 'table-unknown'],
    ['a zip archive', Buffer.from('PK\u0003\u0004rest'), 'payload-archive'],
    ['a gzip archive', Buffer.from([0x1f, 0x8b, 8, 0]), 'payload-archive'],
    ['UTF-16', Buffer.from('\ufeffYLJGYQDM,KH', 'utf16le'), 'payload-charset'],
    ['a column twice', 'YLJGYQDM,KH,KH\n1,2,3\n', 'table-column-repeated'],
  ])('%s', async (_, content, code) => {
    const events = await read(content)
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ kind: 'refused', code })
  })

  test('a missing required column is named', async () => {
    expect(await read('YLJGYQDM,XM,BZ\n1,2,3\n')).toEqual([{ kind: 'refused', code: 'table-column-missing', column: 'KH of TB_TEST' }])
  })

  test('an unknown charset name', async () => {
    expect(await read('YLJGYQDM,KH\n1,2\n', { charset: 'big5' })).toEqual([{ kind: 'refused', code: 'payload-charset' }])
  })
})

describe('rows', () => {
  test('blank lines before the header are passed over', async () => {
    expect(rows(await read('\n\nYLJGYQDM,KH\n1,2\n'))).toEqual([{ YLJGYQDM: '1', KH: '2' }])
  })

  test.each([[','], ['|'], ['\t'], ['^']])('delimiter %j, any order of columns, CRLF, no line end at the end', async (d) => {
    const events = await read(['KH,YLJGYQDM,XM', 'C1,0001,王建国', 'C2,0002,李秀兰'].join('\r\n').replaceAll(',', d))
    expect(rows(events)).toEqual([
      { KH: 'C1', YLJGYQDM: '0001', XM: '王建国' },
      { KH: 'C2', YLJGYQDM: '0002', XM: '李秀兰' },
    ])
  })

  test.each([
    ['GB 18030 without a name', 'gb18030', 'auto', false],
    ['GBK by name', 'gbk', 'GBK', false],
    ['UTF-8', 'utf8', 'auto', false],
    ['UTF-8 with a byte order mark', 'utf8', 'auto', true],
    ['a byte order mark goes before the declared charset', 'utf8', 'gb18030', true],
  ])('%s', async (_, encoding, charset, bom) => {
    const text = 'YLJGYQDM,KH,XM\n1,2,王建国\n3,4,李秀兰\n'
    const bytes = iconv.encode(text, encoding, { addBOM: bom })
    expect(rows(await read(bytes, { charset })).map((row) => row.XM)).toEqual(['王建国', '李秀兰'])
  })

  test('unknown columns are said once, with the first good row', async () => {
    const events = await read('YLJGYQDM,KH,NEU\n1\n2,3,4\n5,6,7\n')
    expect(events.flatMap((event) => (event.kind === 'row' ? [event.row.unknownColumns] : []))).toEqual([['NEU'], []])
  })

  test('what stands in a header by mistake is told by its place: it may be of a person', async () => {
    const events = await read('YLJGYQDM,王建国,KH,C10000012345,110100195803120019,A.B_2\n1,2,3,4,5,6\n', { fileName: 'TB_TEST.csv' })
    expect(events.flatMap((event) => (event.kind === 'row' ? event.row.unknownColumns : []))).toEqual([
      'column 2',
      'column 4',
      'column 5',
      'A.B_2',
    ])
  })

  test('a formula cell is data', async () => {
    expect(rows(await read('YLJGYQDM,KH,XM\n1,2,"=cmd|\'/C calc\'!A0"\n'))[0]?.XM).toBe("=cmd|'/C calc'!A0")
  })
})

describe('a bad row is rejected alone, with its raw bytes', () => {
  test('too few and too many fields', async () => {
    const events = await read('YLJGYQDM,KH\n1,2\n1\n1,2,3\n3,4\n')
    expect(rows(events)).toHaveLength(2)
    expect(bad(events)).toEqual([
      [2, 'table-row-fields', '1'],
      [3, 'table-row-fields', '1,2,3'],
    ])
  })

  test('half a character at the end of a field', async () => {
    const good = iconv.encode('YLJGYQDM,KH,XM\n1,2,王建国\n', 'gb18030')
    const half = Buffer.concat([Buffer.from('3,'), iconv.encode('王建', 'gb18030').subarray(0, 3), Buffer.from(',x\n')])
    const events = await read(Buffer.concat([good, half, iconv.encode('5,6,李秀兰\n', 'gb18030')]))
    expect(rows(events).map((row) => row.XM)).toEqual(['王建国', '李秀兰'])
    expect(bad(events)).toEqual([[2, 'table-row-charset', half.subarray(0, -1).toString('latin1')]])
  })

  test('half a character that swallows the delimiter | leaves too few fields', async () => {
    const half = Buffer.concat([Buffer.from('3|'), iconv.encode('王建', 'gb18030').subarray(0, 3), Buffer.from('|x\n')])
    const events = await read(Buffer.concat([iconv.encode('YLJGYQDM|KH|XM\n1|2|王建国\n', 'gb18030'), half]))
    expect(bad(events).map(([row, code]) => [row, code])).toEqual([[2, 'table-row-fields']])
  })

  test('one damaged row does not turn a UTF-8 file into GB 18030', async () => {
    const damaged = Buffer.concat([Buffer.from('3,4,'), Buffer.from('王').subarray(0, 2), Buffer.from('\n')])
    const events = await read(Buffer.concat([Buffer.from('YLJGYQDM,KH,XM\n1,2,王建国\n'), damaged, Buffer.from('5,6,李秀兰\n')]))
    expect(rows(events).map((row) => row.XM)).toEqual(['王建国', '李秀兰'])
    expect(bad(events).map(([, code]) => code)).toEqual(['table-row-charset'])
  })

  test('a replacement character in the file is damage, not data', async () => {
    expect(bad(await read('YLJGYQDM,KH\n1,王\ufffd\n')).map(([, code]) => code)).toEqual(['table-row-charset'])
  })

  test('text behind a closing quote', async () => {
    expect(bad(await read('YLJGYQDM,KH\n1,"2"3\n4,5\n'))).toEqual([[1, 'table-row-quote', '1,"2"3']])
  })

  test('a line end inside quotes is part of the field', async () => {
    const events = await read('YLJGYQDM,KH,XM\r\n1,"a\r\n""b""\r\n\r\n2. c",d\r\n4,5,6\r\n')
    expect(events.map((event) => event.kind)).toEqual(['row', 'row'])
    expect(rows(events)).toEqual([
      { YLJGYQDM: '1', KH: 'a\n"b"\n\n2. c', XM: 'd' },
      { YLJGYQDM: '4', KH: '5', XM: '6' },
    ])
    expect(events.map((event) => 'raw' in event && Buffer.from(event.raw).toString())).toEqual(['1,"a\n""b""\n\n2. c",d', '4,5,6'])
  })

  test('two rows of which one has a quote too many and the next closes it are not one', async () => {
    const events = await read('YLJGYQDM,KH,XM\n1,"a,b\nc,d",e\n4,5,6\n')
    expect(bad(events)).toEqual([[1, 'table-row-newline', '1,"a,b\nc,d",e']])
    expect(rows(events)).toEqual([{ YLJGYQDM: '4', KH: '5', XM: '6' }])
  })

  test('a field of as many lines as the bound is read, and one of more costs its first line and those behind it', async () => {
    const text = (ends: number): string => `YLJGYQDM,KH\n1,"${'x\n'.repeat(ends)}"\n3,4\n`
    expect(rows(await read(text(JOIN_LINES_MAX))).map(({ YLJGYQDM }) => YLJGYQDM)).toEqual(['1', '3'])
    const events = await read(text(JOIN_LINES_MAX + 1))
    expect(bad(events)[0]).toEqual([1, 'table-row-quote', '1,"x'])
    expect(rows(events)).toEqual([{ YLJGYQDM: '3', KH: '4' }])
  })

  test('lines that close one quote and open the next are read one by one once they have more fields than a row', async () => {
    const events = await read(`YLJGYQDM,KH,XM\n1,2,"a\n${'b",c,"d\n'.repeat(4)}4,5,6\n`)
    expect(bad(events).map(([row, code]) => [row, code])).toEqual([1, 2, 3, 4, 5].map((row) => [row, 'table-row-quote']))
    expect(rows(events)).toEqual([{ YLJGYQDM: '4', KH: '5', XM: '6' }])
    // As many as a row has are one.
    expect(rows(await read('YLJGYQDM,KH,XM\n"1\n","2\n","3\n"\n'))).toEqual([{ YLJGYQDM: '1\n', KH: '2\n', XM: '3\n' }])
  })

  test('a quote that never closes costs its own row only', async () => {
    const events = await read(`YLJGYQDM,KH\n1,"2\n${'3,4\n'.repeat(30)}`)
    expect(bad(events)).toEqual([[1, 'table-row-quote', '1,"2']])
    expect(rows(events)).toHaveLength(30)
  })

  test('a line end without quotes: both halves are bad rows', async () => {
    expect(bad(await read('YLJGYQDM,KH,XM\n1,2\n,3\n')).map(([, code]) => code)).toEqual(['table-row-fields', 'table-row-fields'])
  })

  test('a row over the bound keeps its beginning and memory stays bounded', async () => {
    const events = await read(`YLJGYQDM,KH\n1,${'x'.repeat(ROW_BYTES_MAX + 10)}\n3,4\n`, { size: 65_536 })
    expect(events[0]).toMatchObject({ kind: 'bad', code: 'table-row-too-long' })
    expect((events[0] as { raw: Uint8Array }).raw).toHaveLength(ROW_BYTES_MAX)
    expect(rows(events)).toEqual([{ YLJGYQDM: '3', KH: '4' }])
  })
})

/**
 * A line of spaces, which is no row, in one of the charsets that a file may have: A1 A1 is the ideographic space in GB 18030.
 * @param line one character a byte
 */
function isBlank(line: string): boolean {
  const bytes = Buffer.from(line, 'latin1')
  const texts = ['utf-8', 'gb18030'].map((charset) => new TextDecoder(charset).decode(bytes))
  return texts.some((text) => text.replaceAll('\u001a', '').trim() === '')
}

describe('laws', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '王', ',', '"', ' ', '-', '1', '国') })
  const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

  test('what is quoted by RFC 4180 comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
        expect(splitFields(fields.map(quoted).join(','), ',')).toEqual(fields)
      }),
    )
  })

  test('no line of data is lost, whatever the bytes: rows and the lines in bad rows add up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        const body = Buffer.concat([Buffer.from('YLJGYQDM,KH,XM\n'), bytes])
        const events = (await read(body, { size })).filter((event) => event.kind !== 'refused' || event.code !== 'table-no-rows')
        const found = events.reduce(
          (sum, event) => sum + (event.kind === 'refused' ? 1 : Buffer.from(event.raw).toString('latin1').split('\n').length),
          0,
        )
        const lines = Buffer.from(bytes).toString('latin1').split('\n')
        if (lines.at(-1) === '') lines.pop()
        const blank = lines.filter(isBlank).length
        expect(found).toBeGreaterThanOrEqual(lines.length - blank)
        expect(found).toBeLessThanOrEqual(lines.length)
      }),
      { numRuns: 300, examples: [[new Uint8Array([0xa1, 0xa1]), 1]] },
    )
  })
})
