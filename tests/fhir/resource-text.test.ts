import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DEPTH_MAX, ITEMS_MAX, members, parseMade, parseResource, stampText } from '../../server/fhir/resource-text.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const value = (number: string) => parseResource(`{"resourceType":"Observation","valueQuantity":{"value":${number}}}`)

function refusal(input: string | Uint8Array): string | undefined {
  try {
    parseResource(input)
    return undefined
  } catch (error) {
    if (error instanceof OutcomeError) return error.issues[0]?.code
    throw error
  }
}

describe('parseMade: what the server has just made', () => {
  test('is read as it would be from outside, digits of numbers too', () => {
    const text =
      '{"resourceType":"Observation","valueQuantity":{"value":1.00},"note":[{"text":"{[ \\"x\\" ]}"}],"referenceRange":[{"low":{"value":3.50}}]}'
    const [made, read] = [parseMade(text), parseResource(text)]
    expect([made.text, made.resource]).toEqual([read.text, read.resource])
    expect(made.decimals.text(made.resource.valueQuantity as object, 'value')).toBe('1.00')
  })

  test.each([
    ['json-depth', (n: number) => `{"resourceType":"X","a":${'['.repeat(n)}${']'.repeat(n)}}`, DEPTH_MAX],
    ['json-items', (n: number) => `{"resourceType":"X","a":[${Array(n).fill('1').join(',')}]}`, ITEMS_MAX + 1],
  ])('%s is refused as from outside', (code, textOf, n) => {
    let thrown: unknown
    try {
      parseMade(textOf(n))
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(OutcomeError)
    expect((thrown as OutcomeError).issues[0]?.code).toBe(code)
  })
})

describe('parseResource', () => {
  test.each([
    '1.00',
    '100.0',
    '1E-3',
    '1e5',
    '0.000001',
    '0.1',
    '123456789012345678.90',
    '12345678901234567890',
    '-0',
    '-0.0',
    '7',
    '-7.5',
    '0.30',
    '1.5',
  ])('keeps the digits of %s', (number) => {
    const { resource, decimals, text } = value(number)
    expect(decimals.text(resource.valueQuantity as object, 'value')).toBe(number)
    expect(text).toBe(`{"resourceType":"Observation","valueQuantity":{"value":${number}}}`)
  })

  test('keeps the digits of numbers in arrays, and with white space around', () => {
    const { resource, decimals } = parseResource('{"resourceType":"X", "a" : [ 1.10 , 2, 3.0\n] }')
    const a = resource.a as object
    expect([0, 1, 2].map((i) => decimals.text(a, i))).toEqual(['1.10', '2', '3.0'])
  })

  test('every number keeps its text', () => {
    const number = fc.tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.option(fc.stringMatching(/^\d{1,20}$/)),
      fc.option(fc.integer({ min: -30, max: 30 })),
    )
    fc.assert(
      fc.property(number, ([sign, whole, fraction, exponent]) => {
        const text = `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`
        const { resource, decimals } = value(text)
        expect(decimals.text(resource.valueQuantity as object, 'value')).toBe(text)
      }),
    )
  })

  test('removes white space between tokens and nothing else', () => {
    const parsed = parseResource('\t{ "resourceType" : "Basic",\r\n "text" : "a  b\\n \\" , {" , "l" : [ 1 , true , null ] } \n')
    expect(parsed.text).toBe('{"resourceType":"Basic","text":"a  b\\n \\" , {","l":[1,true,null]}')
  })

  test('is the value that JSON.parse gives, for any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ depthSize: 'small' })), fc.integer({ min: 0, max: 3 }), (rest, space) => {
        const source = JSON.stringify({ ...rest, resourceType: 'Basic' }, undefined, space)
        // This one key is refused, at any depth: see the test of forbidden keys.
        fc.pre(!source.includes('"__proto__"'))
        const { resource, text } = parseResource(bytes(source))
        expect(resource).toEqual(JSON.parse(source))
        expect(text).toBe(JSON.stringify(JSON.parse(source)))
      }),
    )
  })

  test('a byte order mark is not part of the text', () => {
    expect(parseResource(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('{"resourceType":"Basic"}')])).text).toBe('{"resourceType":"Basic"}')
  })

  test('depth is counted over objects and arrays', () => {
    const nested = (depth: number) => `{"resourceType":"Basic","a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    expect(refusal(nested(DEPTH_MAX - 1))).toBeUndefined()
    expect(refusal(nested(DEPTH_MAX))).toBe('json-depth')
  })

  test.each([
    ['[1 2]', 'json-invalid'],
    ['{"resourceType":"Basic","a":1 2}', 'json-invalid'],
    ['{"resourceType":"Basic","a":tr ue}', 'json-invalid'],
    ['{"resourceType":"Basic","a":- 1}', 'json-invalid'],
    ['', 'json-invalid'],
    ['{', 'json-invalid'],
    ['{"resourceType":"Basic"}}', 'json-invalid'],
    ['{"resourceType":"Basic"} x', 'json-invalid'],
    ['{"resourceType":"Basic","a":"', 'json-invalid'],
    ['{"resourceType":"Basic","a":"\\"}', 'json-invalid'],
    ['{"resourceType":"Basic","a":NaN}', 'json-invalid'],
    ['{"resourceType":"Basic",}', 'json-invalid'],
    ["{'resourceType':'Basic'}", 'json-invalid'],
    ['{"resourceType":"Basic","a":01}', 'json-invalid'],
    ['\u00a0{"resourceType":"Basic"}', 'json-invalid'],
    ['null', 'json-not-object'],
    ['[]', 'json-not-object'],
    ['"Basic"', 'json-not-object'],
    ['{}', 'resource-type-missing'],
    ['{"resourceType":1}', 'resource-type-missing'],
    ['{"resourceType":"Basic","a":1,"a":2}', 'json-duplicate-key'],
    ['{"resourceType":"Basic","a":1,"\\u0061":2}', 'json-duplicate-key'],
    ['{"resourceType":"Basic","l":[{"a":1},{"a":1,"b":{},"a":2}]}', 'json-duplicate-key'],
    ['{"resourceType":"Basic","__proto__":{}}', 'json-forbidden-key'],
    ['{"resourceType":"Basic","a":{"\\u005f_proto__":1}}', 'json-forbidden-key'],
  ])('%s is refused as %s', (text, code) => {
    expect(refusal(text)).toBe(code)
  })

  test('the same key in different objects, and keys as values, are no duplicates', () => {
    expect(refusal('{"resourceType":"Basic","a":{"b":1},"b":[{"b":2},{"b":3}],"c":["a","a"]}')).toBeUndefined()
  })

  test('bad UTF-8', () => {
    expect(refusal(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toBe('charset-invalid')
    expect(refusal(new Uint8Array([0x7b, 0xc0, 0x80]))).toBe('charset-invalid')
    expect(refusal(Buffer.from('{"resourceType":"Basic","a":"中"}').subarray(0, -3))).toBe('charset-invalid')
  })
})

describe('stampText', () => {
  const stamp = { id: 'i1', versionId: '2', lastUpdated: '2024-01-01T00:00:00.000Z' }
  const META = '{"versionId":"2","lastUpdated":"2024-01-01T00:00:00.000Z"}'
  test.each([
    ['{"resourceType":"Basic"}', `{"resourceType":"Basic","id":"i1","meta":${META}}`],
    ['{"resourceType":"Basic","x":1.00}', `{"resourceType":"Basic","id":"i1","meta":${META},"x":1.00}`],
    ['{"x":[1.00],"resourceType":"Basic"}', `{"x":[1.00],"resourceType":"Basic","id":"i1","meta":${META}}`],
    ['{"id":"old","resourceType":"Basic"}', `{"id":"i1","meta":${META},"resourceType":"Basic"}`],
    [
      '{"resourceType":"Basic","meta":{"tag":[{"code":"a}"}],"versionId":"1"},"id":"old"}',
      '{"resourceType":"Basic","meta":{"lastUpdated":"2024-01-01T00:00:00.000Z","tag":[{"code":"a}"}],"versionId":"2"},"id":"i1"}',
    ],
    ['{"resourceType":"Basic","meta":null}', `{"resourceType":"Basic","id":"i1","meta":${META}}`],
    ['{"resourceType":"Basic","meta":{}}', `{"resourceType":"Basic","id":"i1","meta":${META}}`],
    ['{"resourceType":"Basic","id":"i1","meta":{},"x":1.00}', `{"resourceType":"Basic","id":"i1","meta":${META},"x":1.00}`],
    [
      '{"resourceType":"Basic","id":"i1","meta":{"source":"s","tag":[{"code":"}"}]}}',
      '{"resourceType":"Basic","id":"i1","meta":{"versionId":"2","lastUpdated":"2024-01-01T00:00:00.000Z","source":"s","tag":[{"code":"}"}]}}',
    ],
    [
      '{"resourceType":"Basic","id":"i1","meta":{"source":"s","versionId":"1"}}',
      '{"resourceType":"Basic","id":"i1","meta":{"lastUpdated":"2024-01-01T00:00:00.000Z","source":"s","versionId":"2"}}',
    ],
    [
      '{"resourceType":"Basic","id":"i1","meta":{"version\\u0049d":"1"}}',
      '{"resourceType":"Basic","id":"i1","meta":{"lastUpdated":"2024-01-01T00:00:00.000Z","version\\u0049d":"2"}}',
    ],
    [
      '{"resourceType":"Basic","id":"i1","meta":{"source":"s"},"x":{"versionId":"1"}}',
      '{"resourceType":"Basic","id":"i1","meta":{"versionId":"2","lastUpdated":"2024-01-01T00:00:00.000Z","source":"s"},"x":{"versionId":"1"}}',
    ],
    [
      '{"resourceType":"Basic","id":"other","meta":{"source":"s"}}',
      '{"resourceType":"Basic","id":"i1","meta":{"versionId":"2","lastUpdated":"2024-01-01T00:00:00.000Z","source":"s"}}',
    ],
  ])('%s', (text, expected) => {
    expect(stampText(text, stamp)).toBe(expected)
  })

  test('changes id, version and instant of any resource, and nothing else', () => {
    const resource = fc.dictionary(
      fc.string().filter((k) => !['__proto__', 'id', 'meta', 'resourceType'].includes(k)),
      fc.jsonValue({ depthSize: 'small' }),
    )
    fc.assert(
      fc.property(resource, (rest) => {
        const source = { ...rest, resourceType: 'Basic' }
        const text = JSON.stringify(source)
        const stamped = JSON.parse(stampText(text, stamp)) as Record<string, unknown>
        expect(stamped).toEqual({ ...JSON.parse(text), id: 'i1', meta: JSON.parse(META) })
        const parts = members(text).map((m) => [m.key, JSON.parse(text.slice(m.valueStart, m.valueEnd))])
        expect(Object.fromEntries(parts)).toEqual(JSON.parse(text))
      }),
    )
  })
})

describe('what is refused is named by its place, not by its content', () => {
  const issueOf = (input: string) => {
    try {
      parseResource(input)
    } catch (error) {
      if (error instanceof OutcomeError) return error.issues[0]
      throw error
    }
    return undefined
  }

  test.each([
    ['', 1, 1],
    ['abc', 1, 1],
    ['{', 1, 2],
    ['{"resourceType":"Basic",}', 1, 25],
    ['{"resourceType":"Basic"} x', 1, 26],
    ['{"resourceType":"Basic",\n  "a": 01}', 2, 9],
    ['{"resourceType":"Basic",\n  "a": [1 2]}', 2, 11],
    ['{"resourceType":"Basic",\n\n"a": tru}', 3, 6],
    ['{"resourceType":"Basic","a":"王\n"}', 1, 31],
    ['{"resourceType":"Basic","a":"\\x"}', 1, 30],
    ['{"resourceType":"Basic","a":"', 1, 30],
    ['{"resourceType":"Basic","a" 1}', 1, 29],
    ['{"resourceType":"Basic","a":[}', 1, 30],
    ['{"a","a"', 1, 5],
    ['{"a" 1,"a":2}', 1, 6],
  ])('%j stops being JSON at line %i, column %i', (text, line, column) => {
    expect(issueOf(text)).toEqual({ code: 'json-invalid', params: { line, column }, place: { line, column } })
  })

  test('a text that V8 refuses has a fault before its end or at it', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '.5', 'e3', 'true', 'nul', ' ', '\n', '\\')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        try {
          JSON.parse(text)
        } catch {
          const { line = 0, column = 0 } = (issueOf(text)?.params ?? {}) as { line?: number; column?: number }
          const lines = text.split('\n')
          expect(line).toBeGreaterThan(0)
          expect(line).toBeLessThanOrEqual(lines.length)
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1)
          // What stands before it is the beginning of some JSON text: cut there, it ends too early, and nothing else is wrong.
          const before = [...lines.slice(0, line - 1), lines[line - 1]?.slice(0, column - 1)].join('\n')
          expect(issueOf(before)?.params ?? { line, column }).toEqual({ line, column })
        }
      }),
    )
  })

  test.each([
    ['{"resourceType":"Patient","name":[{"text":"a"},{"given":["x"],"given":["y"]}]}', 'json-duplicate-key', 'name[1].given'],
    ['{"resourceType":"Patient","id":"a","id":"b"}', 'json-duplicate-key', 'id'],
    ['{"resourceType":"Patient","110101":1,"110101":2}', 'json-duplicate-key', '?'],
    ['{"resourceType":"Patient","contact":[{"name":{"__proto__":{}}}]}', 'json-forbidden-key', 'contact[0].name.?'],
  ])('%s', (text, code, place) => {
    expect(issueOf(text)).toMatchObject({ code, expression: [place] })
  })

  test('depth and length of lists say where and how much', () => {
    expect(issueOf(`{"resourceType":"X","a":[0,${'['.repeat(DEPTH_MAX)}`)).toEqual({
      code: 'json-depth',
      expression: [`a[1]${'[0]'.repeat(DEPTH_MAX - 2)}`],
      params: { max: DEPTH_MAX },
    })
    expect(issueOf(`{"resourceType":"X","a":[${'0,'.repeat(ITEMS_MAX)}0]}`)).toMatchObject({
      code: 'json-items',
      expression: [`a[${ITEMS_MAX}]`],
      params: { max: ITEMS_MAX },
    })
  })
})
