import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { HL7_BOUNDS, type Hl7Record, parseHl7 } from '../../../mappings/parsers/hl7v2.ts'
import { batchesOf, hasTooMany, messagesIn, miscounted } from '../../../mappings/parsers/hl7v2-batch.ts'

const MSH = 'MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306||ORU^R01|1|P|2.4'
const parse = (text: string | Uint8Array): Hl7Record => {
  const result = parseHl7(typeof text === 'string' ? Buffer.from(text) : text)
  if (!result.ok) throw new Error(`${result.flaw} at ${result.at}`)
  return result.record
}
const splitMessages = (bytes: Uint8Array): Uint8Array[] => messagesIn(batchesOf(bytes))
const obx = (record: Hl7Record) => record.segments.find((segment) => segment.name === 'OBX')

describe('what is no message', () => {
  test.each([
    ['', 'payload-structure', 'MSH-1'],
    ['PID|1', 'payload-structure', 'MSH-1'],
    ['MSH', 'payload-structure', 'MSH-1'],
    ['MSH||||||', 'payload-structure', 'MSH-1'],
    ['MSH|^^^^|', 'payload-structure', 'MSH-1'],
    ['MSHA^~\\&A', 'payload-structure', 'MSH-1'],
    ['MSH|^~\\&|LIS', 'payload-structure', 'MSH-9'],
    ['MSH|^~\\&|||||||oru^r01', 'payload-structure', 'MSH-9'],
  ])('%j', (text, flaw, at) => expect(parseHl7(Buffer.from(text))).toEqual({ ok: false, flaw, at }))

  test('half a character', () =>
    expect(parseHl7(Buffer.concat([Buffer.from(`${MSH}\rPID|1||`), Buffer.from([0xcd])]))).toEqual({
      ok: false,
      flaw: 'payload-charset',
      at: 'MSH-18',
    }))

  test('more than the bounds', () => {
    const many = `${MSH}${'\rNTE|1'.repeat(HL7_BOUNDS.segmentsMax)}`
    expect(parseHl7(Buffer.from(many))).toMatchObject({ ok: false, flaw: 'payload-too-large' })
    expect(parseHl7(Buffer.from(`${MSH}\rOBX${'|'.repeat(HL7_BOUNDS.fieldsMax + 1)}`))).toEqual({
      ok: false,
      flaw: 'payload-too-large',
      at: 'OBX',
    })
    expect(parseHl7(Buffer.from(`${MSH}\rPID|1||1|${'&'.repeat(HL7_BOUNDS.subcomponentsMax + 1)}`))).toEqual({
      ok: false,
      flaw: 'payload-too-large',
      at: 'PID',
    })
    // A third as many characters as bytes; a byte less is read.
    const long = (bytes: number): string => `${MSH}\rOBX|1|TX|A||${'王'.repeat(bytes / 3)}`
    const most = Math.floor((HL7_BOUNDS.segmentBytesMax - 12) / 3) * 3
    expect(parseHl7(Buffer.from(long(most)))).toMatchObject({ ok: true })
    expect(parseHl7(Buffer.from(long(most + 6)))).toEqual({ ok: false, flaw: 'payload-too-large', at: 'OBX' })
    const blank = `${MSH}${'\r'.repeat(HL7_BOUNDS.linesMax + 1)}`
    expect(parseHl7(Buffer.from(blank))).toEqual({ ok: false, flaw: 'payload-too-large', at: 'message' })
  })

  test('of beginnings without end only so many are looked for that it can be told', () => {
    expect(splitMessages(Buffer.from('MSH\r'.repeat(3 * HL7_BOUNDS.messagesMax)))).toHaveLength(HL7_BOUNDS.messagesMax + 1)
    expect(splitMessages(Buffer.from('MSH\r'.repeat(HL7_BOUNDS.messagesMax)))).toHaveLength(HL7_BOUNDS.messagesMax)
  })
})

describe('segments and fields', () => {
  test.each(['\r', '\n', '\r\n', '\r\n\r\n'])('segment end %j', (end) => {
    const record = parse(`${MSH}${end}PID|1||a^b&c~d^^e${end}OBX|1|ST|x${end}`)
    expect(record.type).toBe('ORU^R01')
    expect(record.segments.map((segment) => segment.name)).toEqual(['MSH', 'PID', 'OBX'])
    const pid = record.segments[1]
    expect([pid?.repetitions(3), pid?.text(3, 1), pid?.text(3, 2), pid?.text(3, 2, 0, 2), pid?.text(3, 3, 1)]).toEqual([
      2,
      'a',
      'b',
      'c',
      'e',
    ])
    expect([pid?.text(99, 1), pid?.text(3, 9, 9), pid?.raw(99)]).toEqual(['', '', ''])
  })

  test('a segment goes on in those of addenda (ADD), in the field in which it broke off', () => {
    const record = parse(`${MSH}\rOBX|1|FT|C||出院小结：\rADD|患者好转\rADD|出院。||||||F\rNTE|1||x`)
    expect(record.segments.map((segment) => segment.name)).toEqual(['MSH', 'OBX', 'NTE'])
    expect([obx(record)?.raw(5), obx(record)?.raw(11)]).toEqual(['出院小结：患者好转出院。', 'F'])
    // Nothing goes before it that it could go on with.
    expect(parse(`${MSH}\rADD|x`).segments.map((segment) => segment.name)).toEqual(['MSH', 'ADD'])
  })

  test('a NUL behind the last segment is no part of it', () => {
    expect(parse(`${MSH}\rOBX|1|TX|C||x||||||F\r\u0000\r\u0000\u0000`).segments[1]?.raw(11)).toBe('F')
  })

  test('separators are those that MSH-1 and MSH-2 say', () => {
    const record = parse('MSH#*!?%#LIS#0001#####ORU*R01#1\rPID#1##a*b%c!d')
    expect([record.type, record.segments[1]?.text(3, 2, 0, 2), record.segments[1]?.text(3, 1, 1)]).toEqual(['ORU^R01', 'c', 'd'])
  })

  test('MSH without a subcomponent separator', () =>
    expect(parse('MSH|^~\\|LIS||||||ORU^R01\rPID|1||a&b').segments[1]?.text(3, 1, 0, 2)).toBe('b'))

  test('MSH fields count from MSH-1', () => {
    const msh = parse(MSH).segments[0]
    expect([msh?.text(3, 1), msh?.text(9, 2), msh?.text(10, 1), msh?.text(12, 1)]).toEqual(['LIS', 'R01', '1', '2.4'])
  })

  test('a line break inside a text does not end the segment', () => {
    const record = parse(`${MSH}\rOBX|1|TX|C||胸片：\n双肺纹理增粗\r\nPACS 提示 | 建议复查\rNTE|1||x`)
    expect(record.segments.map((segment) => segment.name)).toEqual(['MSH', 'OBX', 'NTE'])
    expect(obx(record)?.raw(5)).toBe('胸片：\n双肺纹理增粗\nPACS 提示 ')
  })

  test('a line of a text that is but a marker’s name is no segment; empty segments are', () => {
    const record = parse(`${MSH}\rPV1\rABS\rOBX|1|TX|C||免疫组化：\nCK7\n阳性\nCD3\rNTE\rZ01\rOBX|2|TX|D||x\rORC\rOBR`)
    expect(record.segments.map((segment) => segment.name)).toEqual(['MSH', 'PV1', 'ABS', 'OBX', 'NTE', 'Z01', 'OBX', 'ORC', 'OBR'])
    expect(obx(record)?.raw(5)).toBe('免疫组化：\nCK7\n阳性\nCD3')
  })

  test('separators that senders do not escape stay in the whole field', () => {
    const record = parse(`${MSH}\rOBX|1|NM|WBC||11.20|10^9/L|3.5~9.5`)
    expect([obx(record)?.whole(6), obx(record)?.whole(7)]).toEqual(['10^9/L', '3.5~9.5'])
  })

  test('MLLP framing left in the body', () => expect(splitMessages(Buffer.from(`\u000b${MSH}\r\u001c\r`))).toHaveLength(1))
})

describe('escapes (D37)', () => {
  const escaped = (text: string) => obx(parse(`${MSH}\rOBX|1|TX|C||${text}`))?.raw(5)
  test.each([
    ['a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f', 'a|b^c&d~e\\f'],
    ['一\\.br\\二', '一\n二'],
    ['一\\.sp2\\二', '一\n\n二'],
    ['\\H\\重要\\N\\', '重要'],
    ['\\.in4\\缩进', '缩进'],
    ['\\X41\\\\X42\\', 'AB'],
    ['\\XE78E8B\\', '王'],
    ['\\XCDF5\\', '王'],
    ['C:\\lab\\x', 'C:\\lab\\x'],
    ['50\\', '50\\'],
    ['\\Zxx\\', '\\Zxx\\'],
    ['\\\\server\\F\\x', '\\\\server|x'],
  ])('%s', (sent, text) => expect(escaped(sent)).toBe(text))
})

describe('charset', () => {
  test.each(['GB 18030-2000', 'GBK', 'CHN', 'UNICODE', '', 'UNICODE UTF-8'])('GB 18030 bytes under %j', (said) => {
    const record = parse(iconv.encode(`${MSH}||||||${said}\rPID|1||||王建国`, 'gb18030'))
    expect(record.segments[1]?.text(5, 1)).toBe('王建国')
    expect(record.misdeclared).toBe(said === 'UNICODE UTF-8')
  })

  test.each([
    // 王建国 in GB 18030 is 卼膘弊 in Big5, 拢 is £ in UTF-8: nothing in the bytes says so.
    ['BIG-5', '王建国'],
    ['UNICODE UTF-8', '拢'],
    ['GBK', '王建国'],
    ['CHN', '王建国'],
  ])('the registered charset goes before %j', (said, name) => {
    const bytes = iconv.encode(`${MSH}||||||${said}\rPID|1||||${name}`, 'gb18030')
    const result = parseHl7(bytes, 'gb18030')
    expect(result).toMatchObject({ ok: true, record: { misdeclared: false } })
    expect(result.ok && result.record.segments[1]?.text(5, 1)).toBe(name)
  })

  test.each([
    ['utf-8', 'GBK', 'gb18030', false],
    ['utf-8', 'BIG-5', 'gb18030', true],
    ['gb18030', 'UNICODE UTF-8', 'utf-8', false],
    ['gb18030', 'GBK', 'utf-8', true],
    ['utf-16le', 'UNICODE UTF-8', 'utf-8', false],
    ['auto', 'UNICODE UTF-8', 'gb18030', true],
    ['auto', 'UNICODE UTF-16', 'utf-8', true],
    ['auto', 'UNICODE UTF-16', 'gb18030', true],
    ['utf-16le', 'UNICODE UTF-16', 'utf-8', true],
    ['gb18030', 'UNICODE UTF-16', 'gb18030', false],
  ])('registered %j, under %j, in %j: read as it is', (registered, said, real, misdeclared) => {
    const result = parseHl7(iconv.encode(`${MSH}||||||${said}\rPID|1||||王建国`, real), registered)
    expect(result).toMatchObject({ ok: true, record: { misdeclared } })
    expect(result.ok && result.record.segments[1]?.text(5, 1)).toBe('王建国')
  })

  test('a trail byte that is a separator does not split the field', () => {
    // 淺 is 9C 5C in GBK, and 5C is the escape character; 畖 is AE 7C, and 7C is the field separator.
    const record = parse(iconv.encode(`${MSH}||||||GBK\rPID|1||||畖淺~x`, 'gb18030'))
    expect([record.segments[1]?.text(5, 1), record.segments[1]?.text(5, 1, 1)]).toEqual(['畖淺', 'x'])
  })
})

describe('batches', () => {
  test('several messages, each in its own charset, envelope left out', () => {
    const first = iconv.encode(`${MSH}||||||GBK\rPID|1||||王建国\r`, 'gb18030')
    const second = Buffer.from(`${MSH}||||||UNICODE UTF-8\rPID|1||||李秀兰\r`)
    const parts = splitMessages(Buffer.concat([Buffer.from('FHS|^~\\&|x\rBHS|^~\\&|x\r'), first, second, Buffer.from('BTS|2\rFTS|1\r')]))
    expect(parts.map((part) => parse(part).segments.map((segment) => segment.name))).toEqual([
      ['MSH', 'PID'],
      ['MSH', 'PID'],
    ])
    expect(parts.map((part) => parse(part).segments[1]?.text(5, 1))).toEqual(['王建国', '李秀兰'])
  })

  const texts = (file: string) => {
    const { head, batches } = batchesOf(Buffer.from(file))
    const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()
    return [text(head), batches.map((batch) => [text(batch.head), batch.messages.map(text), batch.count])]
  }

  test('the batches of a file, with what their trailers say', () =>
    expect(texts('FHS|^~\\&|f\rBHS|^~\\&|a\rMSH|1\rMSH|2\rBTS|2\rBHS|^~\\&|b\rMSH|3\rBTS|004|x\rMSH|4\rBTS|many\rFTS|3\r')).toEqual([
      'FHS|^~\\&|f',
      [
        ['BHS|^~\\&|a', ['MSH|1\r', 'MSH|2\r'], 2],
        ['BHS|^~\\&|b', ['MSH|3\r'], 4],
        [undefined, ['MSH|4\r'], undefined],
      ],
    ]))

  test('a message without its MSH is one where there is an envelope, from its first segment on', () => {
    expect(texts('BHS|^~\\&\r\rPID|1\rOBX|1\rMSH|1\rBTS|2\r注\rOBX|2\rNTE|1')).toEqual([
      undefined,
      [
        ['BHS|^~\\&', ['PID|1\rOBX|1\r', 'MSH|1\r'], 2],
        [undefined, ['OBX|2\rNTE|1'], undefined],
      ],
    ])
    expect(texts('PID|1\rMSH|1\r')).toEqual([undefined, [[undefined, ['MSH|1\r'], undefined]]])
  })

  test('a batch that should have messages and has none is one all the same', () => {
    expect(miscounted(batchesOf(Buffer.from('MSH|1\rBTS|1\rBHS|^~\\&\rBTS|1\r')))).toEqual([1])
    expect(miscounted(batchesOf(Buffer.from('MSH|1\rBTS|1\rBHS|^~\\&\rBTS|0\rFTS|2')))).toEqual([])
  })

  test.each([
    ['BHS|^~\\&\rMSH|1\rBTS|1\rFTS|1', undefined],
    ['BHS|^~\\&\rMSH|1\rBTS|1\rFTS|2', true],
    ['BHS|^~\\&\rMSH|1\rBTS|1\rFTS|', undefined],
    ['BHS|^~\\&\rBTS|0\rFTS|0', true],
    // Without a BHS there is no batch, or the one that goes without saying.
    ['FHS|^~\\&\rMSH|1\rMSH|2\rFTS|0', undefined],
    ['FHS|^~\\&\rMSH|1\rMSH|2\rFTS|1', undefined],
    ['FHS|^~\\&\rMSH|1\rMSH|2\rFTS|2', true],
    // Two files behind each other.
    ['BHS|^~\\&\rMSH|1\rFTS|1\rBHS|^~\\&\rMSH|2\rFTS|1', undefined],
    ['BHS|^~\\&\rMSH|1\rFTS|1\rBHS|^~\\&\rMSH|2\rFTS|2', true],
  ])('the number of batches that a trailer says, of %j', (file, isMiscounted) =>
    expect(batchesOf(Buffer.from(file)).isMiscounted).toBe(isMiscounted),
  )

  test('a gene or a substance that begins a line of a text is no message', () => {
    const report = `${MSH}\rOBX|1|TX|IHC||MLH1(+)\rMSH2(+)\rMSH 12\rMSH：阴性\rMSH6(+)\r`
    expect(splitMessages(Buffer.from(`${report}${MSH}`)).map((bytes) => Buffer.from(bytes).toString())).toEqual([report, MSH])
    // What it lost of its own first line is told of it.
    expect(splitMessages(Buffer.from('MSH2|1\r'))).toHaveLength(1)
  })

  test('envelopes without end are looked for only so far that it can be told', () =>
    expect(hasTooMany(batchesOf(Buffer.from('BHS|\r'.repeat(3 * HL7_BOUNDS.messagesMax))))).toBe(true))

  test('MSH inside a field is no message', () => expect(splitMessages(Buffer.from(`${MSH}\rNTE|1||MSH|x`))).toHaveLength(1))
  test('nothing in it', () => expect(splitMessages(Buffer.from('hello'))).toEqual([]))
})

describe('whatever comes, the parser answers', () => {
  const piece = fc.constantFrom(
    '|',
    '^',
    '~',
    '\\',
    '&',
    '\r',
    '\n',
    'MSH',
    'PID',
    'OBX',
    'BTS',
    '王',
    '\\.br\\',
    '\\X4',
    '10',
    '\u0000',
    '\ufeff',
  )
  const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 60 }).map((parts) => parts.join(''))

  test('any text behind a header', () => {
    fc.assert(
      fc.property(text, (tail) => {
        const result = parseHl7(Buffer.from(`${MSH}\r${tail}`))
        if (!result.ok) return expect(result.flaw).toMatch(/^payload-/)
        for (const segment of result.record.segments) {
          for (let field = 0; field <= segment.fields + 1; field++) expect(typeof segment.raw(field)).toBe('string')
        }
      }),
      { numRuns: 500 },
    )
  })

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const part of splitMessages(bytes)) expect(typeof parseHl7(part).ok).toBe('boolean')
        expect(typeof parseHl7(bytes).ok).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })
})
