/** MLLP frames (HL7 v2 implementation guide, appendix C): whatever way the bytes are cut, the same messages come out. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FrameReader } from '../../../server/ingest/mllp/frames.ts'
import { frame } from '../../support/mllp.ts'

function read(bytes: Buffer, cuts: readonly number[], bytesMax = 1000): { messages: string[]; others: string[] } {
  const reader = new FrameReader(bytesMax)
  const places = [0, ...[...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b), bytes.length]
  const events = places.slice(1).flatMap((to, at) => reader.push(bytes.subarray(places[at], to)))
  const all = [...events, ...reader.end()]
  return {
    messages: all.flatMap((event) => (event.kind === 'message' ? [event.bytes.toString('latin1')] : [])),
    others: all.filter(({ kind }) => kind !== 'message' && kind !== 'stray').map(({ kind }) => kind),
  }
}

/** Every byte but those that frame. */
const content = fc
  .array(
    fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 0x0b && byte !== 0x1c),
    { maxLength: 60 },
  )
  .map((bytes) => Buffer.from(bytes))
const between = fc.constantFrom('', '\r', '\n', '\r\n', 'noise', ' ')

test('messages come out whole and in order, wherever packets begin and end', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(between, content), { maxLength: 6 }), fc.array(fc.nat(2000), { maxLength: 30 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.flatMap(([noise, message]) => [Buffer.from(noise), frame(message)]))
      expect(read(bytes, cuts)).toEqual({ messages: sent.map(([, message]) => message.toString('latin1')), others: [] })
    }),
    { numRuns: 300 },
  )
})

const bytewise = (bytes: Buffer): number[] => [...bytes.keys()]

test.each<[string, string, string[], string[]]>([
  ['FS within a message is content', '\u000bA\u001cB\u001c\r', ['A\u001cB'], []],
  ['two FS at the end', '\u000bA\u001c\u001c\r', ['A\u001c'], []],
  ['FS LF ends too', '\u000bA\u001c\n', ['A'], []],
  ['FS and the next message without CR between', '\u000bA\u001c\u000bB\u001c\r', ['A', 'B'], []],
  ['FS alone at the end of the connection', '\u000bA\u001c', ['A'], []],
  ['a message that does not end', '\u000bA', [], []],
  ['VT within a message is content', '\u000bA\u000bB\u001c\r', ['A\u000bB'], []],
  ['a message that began again', '\u000bMSH|1\u000bMSH|2\u001c\r', ['MSH|2'], ['broken-off']],
  ['a batch that began again', '\u000bFHS|1\rMSH|1\rPI\u000bFHS|1\rMSH|1\rPID|1\u001c\r', ['FHS|1\rMSH|1\rPID|1'], ['broken-off']],
  ['a batch behind a message that broke off', '\u000bMSH|1\u000bBHS|2\rMSH|2\u001c\r', ['BHS|2\rMSH|2'], ['broken-off']],
  ['a message that began again behind an end of line', '\u000b\r\nMSH|1\u000b\r\nMSH|2\u001c\r', ['\r\nMSH|2'], ['broken-off']],
  ['a message that began again with a mark', '\u000bMSH|1\u000b\xef\xbb\xbfMSH|2\u001c\r', ['\xef\xbb\xbfMSH|2'], ['broken-off']],
  ['a gene behind a VT that breaks a line', '\u000bMSH|1\rOBX|\u000bMSH2(+)\u000bMSH6\u001c\r', ['MSH|1\rOBX|\u000bMSH2(+)\u000bMSH6'], []],
  ['an empty frame', '\u000b\u001c\r', [''], []],
  ['no frame at all', 'MSH|^~\\&\r', [], []],
])('%s', (_name, text, messages, others) => {
  const bytes = Buffer.from(text, 'latin1')
  expect(read(bytes, [])).toEqual({ messages, others })
  expect(read(bytes, bytewise(bytes))).toEqual({ messages, others })
})

test('a message that is too long keeps its head alone, and the next one is whole', () => {
  const reader = new FrameReader(10_000)
  const long = Buffer.concat([Buffer.from('MSH|head'), Buffer.alloc(50_000, 'x')])
  const bytes = Buffer.concat([frame(long), frame('next')])
  const events = []
  for (let at = 0; at < bytes.length; at += 999) {
    events.push(...reader.push(bytes.subarray(at, at + 999)))
    expect(reader.held).toBeLessThanOrEqual(10_000)
  }
  expect(events.map(({ kind }) => kind)).toEqual(['too-long', 'message'])
  const [first, second] = events as { bytes: Buffer }[]
  expect(first?.bytes).toEqual(long.subarray(0, 4096))
  expect(second?.bytes.toString()).toBe('next')
})
