import { describe, expect, test } from '@jest/globals'
import { writtenOtherwise } from '../../server/fhir/number-texts.ts'
import { parseStored } from '../../server/fhir/resource-text.ts'

const written = (text: string) => writtenOtherwise(text, JSON.parse(text))?.map(({ key, text: of }) => [key, of])

describe('texts of numbers that JavaScript would print differently', () => {
  test.each<[string, [string, string][]]>([
    [
      '{"a":1.00,"b":2,"c":[0.10,3,-0],"d":{"e":1E-3}}',
      [
        ['a', '1.00'],
        ['0', '0.10'],
        ['2', '-0'],
        ['e', '1E-3'],
      ],
    ],
    ['{"a":"1.00","b":12345678901234567890}', [['b', '12345678901234567890']]],
    [
      '{"a":1e400,"b":[[1.50]]}',
      [
        ['a', '1e400'],
        ['0', '1.50'],
      ],
    ],
    ['{"a":"x:1.00","b":"\\\\","c":2.50}', [['c', '2.50']]],
    ['{"a":1,"b":[true,null]}', []],
  ])('%s', (text, expected) => {
    expect(written(text)).toEqual(expected)
  })

  test.each(['{"b":1.00,"0":2.50}', '{"a":"\\",2,\\"","b":2.50}', '{"a":"1,2,3","b":2.50}', '{"a":"[1]","b":{"c":2.50}}'])(
    'cannot be told by their order: %s',
    (text) => {
      expect(written(text)).toBeUndefined()
    },
  )

  test.each([
    '{"resourceType":"X","b":1.00,"0":2.50}',
    '{"resourceType":"X","a":"1,2,3","b":1.00,"0":2.50}',
    '{"resourceType":"X","b":1.00,"c":{"0":2.50}}',
  ])('are kept all the same: %s', (text) => {
    const { resource, decimals } = parseStored(text)
    expect(decimals.text(resource, 'b')).toBe('1.00')
    const holder = (resource.c ?? resource) as object
    expect(decimals.text(holder, '0')).toBe('2.50')
  })
})
