/** One message, a list of them, one on each line: each read once, whatever the pieces that the bytes come in. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import type { DecodeResult } from '../../../mappings/engine/types.ts'
import { MIIS_BYTES_MAX, type Exchange } from '../../../mappings/miis/envelope.ts'
import { decodeExchanges } from '../../../mappings/miis/exchanges.ts'
import { jsonElements } from '../../../mappings/parsers/json-elements.ts'

interface Options {
  charset?: string
  fileName?: string
  /** bytes of a piece */
  size?: number
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const message = (no: number | string, name = '王建国'): string =>
  JSON.stringify({ infno: '2203', msgid: `M${no}`, inf_time: '2026-03-10 09:00:00', input: { mdtrtinfo: { psn_name: name } } })

const told = (result: DecodeResult): string =>
  result.ok ? `${result.at} ${(result.record as Exchange).request?.msgid}` : `${result.rejected.at} ${result.rejected.reason.code}`

async function results(payload: string | Uint8Array, { charset = 'auto', fileName, size = 65_536 }: Options = {}): Promise<DecodeResult[]> {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const all: DecodeResult[] = []
  const options = { charset, ...(fileName !== undefined && { fileName }) }
  for await (const result of decodeExchanges(pieces(bytes, size), options)) all.push(result)
  return all
}
const read = async (payload: string | Uint8Array, options?: Options): Promise<string[]> => (await results(payload, options)).map(told)

const THREE = ['message 1 M1', 'message 2 M2', 'message 3 M3']
const LIST = `[${message(1)}, ${message(2)},\n${message(3)}]\n`
const LINES = `${message(1)}\r\n\n${message(2)}\n  \n${message(3)}`

describe('how many messages a payload has', () => {
  test.each([
    ['one', message(1), THREE.slice(0, 1)],
    ['one on several lines', JSON.stringify(JSON.parse(message(1)), null, 2), THREE.slice(0, 1)],
    ['one with empty lines around it', `\n\n${message(1)}\n\n`, THREE.slice(0, 1)],
    ['a list', LIST, THREE],
    ['a list behind a byte order mark', `\ufeff${LIST}`, THREE],
    ['a line each', LINES, THREE],
    ['a line each behind a byte order mark', `\ufeff${LINES}`, THREE],
  ])('%s', async (_, payload, expected) => {
    for (const size of [1, 7, 65_536]) expect(await read(payload, { size })).toEqual(expected)
  })

  test('spaces ahead are not held, however many there are', async () => {
    const spaces = ' \r\n'.repeat(100_000)
    for (const size of [1000, 1_000_000]) {
      expect(await read(`${spaces}${LINES}`, { size })).toEqual(THREE)
      expect(await read(`${spaces}${LIST}`, { size })).toEqual(THREE)
    }
    expect(await read(spaces)).toEqual(['message 1 json-invalid'])
  })

  test('a file of lines may have but one, and it may be a broken one', async () => {
    expect(await read(message(1), { fileName: '20260310.jsonl' })).toEqual(['message 1 M1'])
    expect(await read(`{"infno":\n${message(2)}`, { fileName: '20260310.NDJSON' })).toEqual(['message 1 json-invalid', 'message 2 M2'])
  })
})

describe('what is broken is named by its place, and the others are read', () => {
  const bad = '{"infno":"2203","msgid":"M","msgid":"N","input":{}}'
  test.each([
    ['a line', `${message(1)}\n{"infno"\n${message(3)}`, ['message 1 M1', 'message 2 json-invalid', 'message 3 M3']],
    ['an element', `[${message(1)},${bad},${message(3)}]`, ['message 1 M1', 'message 2 json-duplicate-key', 'message 3 M3']],
    [
      'elements that are no objects',
      `[1,"]",${message(3)},[[]]]`,
      ['message 1 json-not-object', 'message 2 json-not-object', 'message 3 M3', 'message 4 json-not-object'],
    ],
    ['a list that does not end', `[${message(1)},${message(2).slice(0, 40)}`, ['message 1 M1', 'message 2 json-invalid']],
    ['a list without its bracket', `[${message(1)}`, ['message 1 M1', 'message 2 json-invalid']],
    ['something behind the list', `[${message(1)}]${message(2)}`, ['message 1 M1', 'message 2 json-invalid']],
    ['an empty list', '[ ]', ['message 1 json-not-object']],
    ['nothing at all', '', ['message 1 json-invalid']],
    ['spaces', ' \n ', ['message 1 json-invalid']],
  ])('%s', async (_, payload, expected) => {
    for (const size of [1, 65_536]) expect(await read(payload, { size })).toEqual(expected)
  })

  test('a message that is too long is left out', async () => {
    const long = message('long', 'x'.repeat(MIIS_BYTES_MAX))
    expect(await read([message(1), long, message(3)].join('\n'))).toEqual(['message 1 M1', 'message 2 payload-too-large', 'message 3 M3'])
    const kinds: string[] = []
    for await (const part of jsonElements(pieces(Buffer.from('[{"a":1},{"a":"12345678901234567890"},{"b":2}]'), 5), 'utf-8', 20))
      kinds.push(part.kind)
    expect(kinds).toEqual(['element', 'too-long', 'element'])
  })
})

describe('Chinese charsets', () => {
  /** Their second bytes are those of `\`, `[`, `]`, `{`, `}`; the last one has four bytes. */
  const NAME = '乗乕乚亄亇㐂'
  test('the second bytes of the name are what they are said to be', () => {
    const seconds = [...NAME].slice(0, 5).map((character) => String.fromCharCode(iconv.encode(character, 'gb18030')[1] as number))
    expect(new Set(seconds)).toEqual(new Set(['\\', '[', ']', '{', '}']))
    expect(iconv.encode('㐂', 'gb18030')).toHaveLength(4)
  })

  test.each(['auto', 'GB18030'])('%s: brackets within characters are none', async (charset) => {
    const list = iconv.encode(`[${[1, 2, 3].map((no) => message(no, NAME)).join(',')}]`, 'gb18030')
    const lines = iconv.encode([1, 2, 3].map((no) => message(no, NAME)).join('\n'), 'gb18030')
    for (const bytes of [list, lines])
      for (const size of [1, 3, 65_536]) {
        const all = await results(bytes, { charset, size })
        expect(all.map(told)).toEqual(THREE)
        for (const each of all) expect(each.ok && (each.record as Exchange).request?.input).toEqual({ mdtrtinfo: { psn_name: NAME } })
      }
  })
})

test('the elements of any list are those of JSON.parse, in pieces of any size', async () => {
  const value = fc.oneof(
    fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
    fc.array(fc.string({ unit: 'binary' })),
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(value), fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1), async (list, size, indent) => {
      const text = JSON.stringify(list, null, indent)
      const found: unknown[] = []
      for await (const part of jsonElements(pieces(Buffer.from(text), size), 'utf-8', 1_000_000))
        found.push(part.kind === 'element' ? JSON.parse(Buffer.from(part.bytes).toString()) : part.kind)
      expect(found).toEqual(JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})
