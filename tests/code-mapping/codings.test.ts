/** Lists of codings as texts: what is changed, and that nothing else is, to the last character. */
import { describe, expect, test } from '@jest/globals'
import { changeCodings, changeCodingsIn, type CodingChange, codingName, codingsIn, hasCoding } from '../../server/ingest/codings.ts'

const source = { system: 'urn:s', code: 'X' }
const change: CodingChange = { source, target: { system: 'urn:t', code: 'T', display: '名' }, former: [{ system: 'urn:t', code: 'OLD' }] }
const TARGET = '{"system":"urn:t","code":"T","display":"名"}'
const X = '{"system":"urn:s","code":"X"}'

test.each([
  ['the target goes before the source', `{"code":{"coding":[${X}],"text":"a"}}`, `{"code":{"coding":[${TARGET},${X}],"text":"a"}}`],
  ['a former target gives way', `{"coding":[{"code":"OLD","system":"urn:t"},${X}]}`, `{"coding":[${TARGET},${X}]}`],
  ['other systems stay', `{"coding":[{"system":"urn:u","code":"1"},${X}]}`, `{"coding":[{"system":"urn:u","code":"1"},${TARGET},${X}]}`],
  [
    'every list',
    `[{"coding":[${X}]},{"v":1.00,"a":{"coding":[${X}]}}]`,
    `[{"coding":[${TARGET},${X}]},{"v":1.00,"a":{"coding":[${TARGET},${X}]}}]`,
  ],
  ['escaped letters', '{"coding":[{"system":"urn:s","code":"\\u0058"}]}', `{"coding":[${TARGET},{"system":"urn:s","code":"\\u0058"}]}`],
])('%s', (_, before, after) => {
  expect(changeCodings(before, change)).toBe(after)
  const value = JSON.parse(before)
  changeCodingsIn(value, change)
  expect(value).toEqual(JSON.parse(after))
  expect(changeCodings(after, change)).toBeUndefined()
})

test.each([
  ['what is so already', `{"coding":[${TARGET},${X}]}`],
  ['another code of the target system, which somebody said', `{"coding":[{"system":"urn:t","code":"OTHER"},${X}]}`],
  ['the code under another system', '{"coding":[{"system":"urn:z","code":"X"}]}'],
  ['a coding alone', `{"class":${X}}`],
  ['text that looks like one', '{"text":"\\"coding\\":[{\\"system\\":\\"urn:s\\",\\"code\\":\\"X\\"}]"}'],
])('%s stays', (_, text) => {
  expect(changeCodings(text, change)).toBeUndefined()
})

describe('withdrawn', () => {
  const withdrawn: CodingChange = { source, former: [{ system: 'urn:t', code: 'T' }] }
  test('the target goes, the source stays', () => {
    expect(changeCodings(`{"coding":[${TARGET},${X}]}`, withdrawn)).toBe(`{"coding":[${X}]}`)
    expect(changeCodings(`{"coding":[${X}]}`, withdrawn)).toBeUndefined()
    expect(changeCodings(`{"coding":[${TARGET}]}`, withdrawn)).toBeUndefined()
  })
})

test('whether it is there', () => {
  expect(hasCoding(`{"a":{"coding":[${TARGET},${X}]}}`, source)).toBe(true)
  expect(hasCoding(`{"a":{"coding":[${TARGET}]}}`, source)).toBe(false)
})

test('all that are there, in lists alone', () => {
  const [x, target] = [JSON.parse(X), JSON.parse(TARGET)]
  const found = codingsIn([{ a: { coding: [x] }, class: target }, { b: [{ c: { coding: [{ system: 's', code: 'c', display: 'd' }] } }] }])
  expect([...found].sort()).toEqual([codingName(x), codingName({ system: 's', code: 'c' })].sort())
  expect(codingsIn(null).size).toBe(0)
})
