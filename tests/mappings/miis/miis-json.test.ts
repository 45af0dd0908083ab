import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { JsonRefused, MIIS_DEPTH_MAX, parseMiisJson } from '../../../mappings/parsers/miis-json.ts'

const problem = (text: string): string => {
  try {
    parseMiisJson(text)
    return 'none'
  } catch (error) {
    if (error instanceof JsonRefused) return error.problem
    throw error
  }
}

describe('refused', () => {
  test.each([
    ['', 'json-invalid'],
    ['[]', 'json-not-object'],
    ['1', 'json-not-object'],
    ['{"a":1}x', 'json-invalid'],
    ['{"a":01}', 'json-invalid'],
    ['{"a":1,}', 'json-invalid'],
    ["{'a':1}", 'json-invalid'],
    ['{"a":"\u0001"}', 'json-invalid'],
    ['{"a":"\\x"}', 'json-invalid'],
    ['{"a":"', 'json-invalid'],
    ['{"a":1,"a":2}', 'json-duplicate-key'],
    ['{"a":1,"\\u0061":2}', 'json-duplicate-key'],
    ['{"__proto__":{}}', 'json-forbidden-key'],
    [`${'{"a":'.repeat(MIIS_DEPTH_MAX + 2)}1${'}'.repeat(MIIS_DEPTH_MAX + 2)}`, 'json-depth'],
  ])('%j: %s', (text, expected) => {
    expect(problem(text)).toBe(expected)
  })
})

test('numbers are text with their digits; null is absent', () => {
  expect(parseMiisJson('{"a":128.50,"b":"128.5","c":-0.0100,"d":1E+3,"e":null,"f":[1,null,2],"g":true}')).toEqual({
    a: '128.50',
    b: '128.5',
    c: '-0.0100',
    d: '1E+3',
    f: ['1', '2'],
    g: true,
  })
})

test('an object that JSON.stringify wrote comes back, with numbers as text', () => {
  const key = fc.string({ maxLength: 6 }).filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text))
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), fc.array(tie('any')), fc.dictionary(key, tie('any'))),
  })).any
  const asText = (node: unknown): unknown => {
    if (typeof node === 'number') return String(node)
    if (Array.isArray(node)) return node.map(asText)
    return typeof node === 'object' && node !== null
      ? Object.fromEntries(Object.entries(node).map(([name, child]) => [name, asText(child)]))
      : node
  }
  fc.assert(
    fc.property(fc.dictionary(key, value), (object) => {
      expect(parseMiisJson(JSON.stringify(object, null, 1))).toEqual(asText(object))
    }),
  )
})

test('any text either parses or is refused', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', '\\', 'a', ' ') }),
      (text) => typeof problem(text) === 'string',
    ),
  )
})
